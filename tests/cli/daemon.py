#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""daemon.py WELD SOURCE PKGD DIRECTORY: pkgd with callers, good and bad. DIRECTORY has the repository that
daemon.sh made."""

import http.server
import json
import mmap
import os
import signal
import subprocess
import sys
import threading

weld, source, pkgd, directory = sys.argv[1:5]
sys.path.insert(0, os.path.join(source, "tests", "lib"))
import tap  # noqa: E402
from tap import equal, ok  # noqa: E402
from varlink import Client, wait_for  # noqa: E402

root = os.path.join(directory, "root")
path = os.path.join(directory, "socket")
rules = os.path.join(directory, "rules")
journal = os.path.join(directory, "journal")
is_root = os.geteuid() == 0
FRIEND, STRANGER = (1234, 4321) if is_root else (None, None)
NEEDS_CONSENT = "org.weld.pkgd.NeedsConsent"
DENIED = "org.weld.pkgd.Denied"
CANCELLED = "org.weld.pkgd.Cancelled"


def error(message):
    return message and message.get("error")


class Repository(http.server.SimpleHTTPRequestHandler):
    """The repository over HTTP. While `is_held` is clear, packages do not come: a change that fetches takes
    as long as a test wants."""

    is_open = threading.Event()
    is_asked = threading.Event()

    def __init__(self, *args):
        super().__init__(*args, directory=os.path.join(directory, "repo"))

    def do_GET(self):
        if "/targets/" in self.path and not self.path.endswith("index.json"):
            self.is_asked.set()
            self.is_open.wait(60)
        try:
            super().do_GET()
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *args):
        pass


class Daemon:
    def __init__(self, *options, environment=None, activated=False):
        arguments = [pkgd, "--root", root, "--socket", path, "--rules", rules, "--check", "--stderr", *options]
        variables = {**os.environ, **(environment or {})}
        if not activated and os.path.exists(path):
            os.unlink(path)
        with open(journal, "ab") as log:
            if activated:
                self.process = subprocess.Popen(
                    [sys.executable, "-c", ACTIVATE, path, *arguments], stderr=log, env=variables)
            else:
                self.process = subprocess.Popen(arguments, stderr=log, env=variables)
        self.is_there = wait_for(lambda: os.path.exists(path) or self.process.poll() is not None)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(60)


# Hands over a listening socket as a service manager does.
ACTIVATE = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
listener.listen()
if listener.fileno() != 3:
    os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = "1"
os.execv(sys.argv[2], sys.argv[2:])
"""


def client(uid=None):
    return Client(path, uid)


def write_rules(text):
    with open(rules, "w") as file:
        file.write(text)
    os.chmod(rules, 0o644)


def log_text():
    with open(journal) as file:
        return file.read()


def installed():
    return {p["name"] for p in client().call("List")["parameters"]["packages"]}


def begin_held(names, uid=None):
    """A change that does not get on: the client, and its operation's number."""
    # What is in the store already would not be fetched.
    client().call("Gc", {"keep": 1})
    Repository.is_open.clear()
    Repository.is_asked.clear()
    asker = client(uid).send("Install", {"names": names, "yes": True}, more=True)
    number = asker.event("operation")["operation"]
    Repository.is_asked.wait(30)
    return asker, number


def operation_process():
    """The process that carries out the change: the daemon's only child."""
    with open(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children") as file:
        return int(file.read().split()[0])


def memory():
    """What the daemon itself occupies: bytes."""
    with open(f"/proc/{daemon.process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def introspection():
    info = client().call("org.varlink.service.GetInfo")["parameters"]
    equal(info["interfaces"], ["org.varlink.service", "org.weld.pkgd"], "introspection: which interfaces")
    for name, file in (("org.weld.pkgd", "pkgd/org.weld.pkgd.varlink"),
                       ("org.varlink.service", "pkgd/server/org.varlink.service.varlink")):
        text = client().call("org.varlink.service.GetInterfaceDescription", {"interface": name})
        with open(os.path.join(source, file)) as described:
            equal(text["parameters"]["description"], described.read(), f"introspection: {name} is the file")
    equal(error(client().call("org.weld.other.List")), "org.varlink.service.InterfaceNotFound",
          "an interface that is none")
    equal(error(client().call("Nothing")), "org.varlink.service.MethodNotFound", "a method that is none")
    equal(error(client().call("org.varlink.service.Nothing")), "org.varlink.service.MethodNotFound",
          "nor has varlink's own interface one")
    wrong = client().call("org.varlink.service.GetInterfaceDescription", {"interface": 5})
    equal((error(wrong), wrong["parameters"]), ("org.varlink.service.InvalidParameter", {"parameter": "interface"}),
          "parameters of varlink's own methods are checked, too")
    equal(error(client().call("ImageRoot", {})), "org.varlink.service.MethodNotFound",
          "what works in the caller's directories is not served")
    wrong = client().call("List", {"root": root, "manual": 1})
    equal((error(wrong), wrong["parameters"]), ("org.varlink.service.InvalidParameter", {"parameter": "manual"}),
          "a parameter of another type is named")
    equal(error(client().call("List", {"root": "/"})), "org.weld.pkgd.Failed", "another root is refused")
    equal(client().call("List", {"manual": None}).get("error"), None, "null is a parameter that is not there")


def example():
    said = subprocess.run([sys.executable, os.path.join(source, "pkgd", "example.py"), path],
                          capture_output=True, text=True, check=False)
    equal(said.stdout, "alpha 1.0-1\n", "the example lists what is installed")


def command():
    said = subprocess.run([weld, "--root", root, "--yes", "install", "gamma"], env={**os.environ, "WELD_SOCKET": path},
                          capture_output=True, text=True, check=False)
    equal((said.returncode, "gamma" in installed()), (0, True), "weld asks the daemon")
    equal(said.stderr.count("weld attach --cancel"), 1, "and says once how it is ended")
    client().call("Remove", {"names": ["gamma"], "yes": True})


def consent():
    wish = {"names": ["alpha"]}
    first = client().call("Install", wish)
    equal(error(first), NEEDS_CONSENT, "a change without consent is not done")
    plan = first["parameters"]["plan"]
    equal([c["name"] for c in plan["changes"]], ["alpha"], "its plan comes with the refusal")
    equal(client().call("Install", {**wish, "dry_run": True})["parameters"]["digest"], plan["digest"],
          "a dry run gives the same digest")
    equal(error(client().call("Install", {**wish, "plan": "0" * 64})), NEEDS_CONSENT, "another digest is no consent")
    equal(installed(), set(), "nothing has changed so far")
    done = client().call("Install", {**wish, "plan": plan["digest"]})
    equal((error(done), installed()), (None, {"alpha"}), "with the plan's digest it is done")
    stale = client().call("Remove", {"names": ["alpha"], "dry_run": True})["parameters"]["digest"]
    client().call("Install", {"names": ["beta"], "yes": True})
    again = client().call("Remove", {"names": ["alpha"], "plan": stale, "may_remove": True})
    equal((error(again), installed()), (NEEDS_CONSENT, {"alpha", "beta"}),
          "bug class 9: a plan that is another by now is asked about again")
    client().call("Remove", {"names": ["beta"], "yes": True})


def authorization():
    if not is_root:
        print("# not root: no other callers")
        return
    equal(error(client(STRANGER).call("List")), None, "everybody may read")
    equal(error(client(STRANGER).call("Install", {"names": ["beta"], "dry_run": True})), None,
          "and ask what would be done")
    for method, parameters in (
            ("Install", {"names": ["beta"]}), ("Remove", {"names": ["alpha"]}), ("Autoremove", {}), ("Upgrade", {}),
            ("Mark", {"names": ["alpha"], "mark": "hold"}), ("Relink", {}), ("Rollback", {}), ("Gc", {}),
            ("Repair", {}), ("Repair", {"dry_run": True}), ("PolicySet", {"key": "sharing", "value": "never"}),
            ("RepoRemove", {"name": "test"}), ("Update", {}), ("Improve", {}), ("ImproveStop", {})):
        equal(error(client(STRANGER).call(method, {**parameters, "yes": True} if "key" not in parameters and
                                          method not in ("ImproveStop",) else parameters)), DENIED,
              f"default deny: {method} {parameters}")
    ok("denied: Gc for user 4321" in log_text(), "a denial is logged with who and what")
    held = client(FRIEND).call("Install", {"names": ["beta"], "yes": True})
    equal((error(held), installed()), (None, {"alpha", "beta"}), "a rule gives a verb to a user")
    equal(error(client(FRIEND).call("Rollback", {"yes": True})), DENIED, "rollback is a verb of its own")
    equal(error(client(FRIEND).call("Install", {"names": ["alpha"], "may_downgrade": True})), DENIED,
          "and so is going back")
    file = os.path.join(directory, "packages", "local-1.0-1.weld")
    equal(error(client(FRIEND).call("Install", {"files": [file], "yes": True})), DENIED,
          "bug class 10: a local file is not believed because an installer names it")
    equal(error(client(FRIEND).call("Install", {"files": [file], "dry_run": True})), DENIED,
          "bug class 10: nor opened to be looked at")
    for method, parameters in (("Audit", {"advisories": ["/etc/shadow"]}), ("Sbom", {"format": "spdx", "files": [file]}),
                               ("CanReplace", {"old": "alpha", "new": "/etc/shadow"})):
        equal(error(client(STRANGER).call(method, parameters)), DENIED, f"{method} opens no path of a stranger's")
    history = client().call("History")["parameters"]["events"]
    ok(any(e["command"].endswith("(user 1234)") for e in history), "history says who it was", history)
    forged = client(STRANGER).call("Install", {"names": ["beta"], "command": "weld install (user 0)", "yes": True})
    equal(error(forged), DENIED, "bug class 11: who it is does not follow from text")
    equal(error(client(STRANGER).send("Install", {"names": ["beta"], "uid": 0}).last()),
          "org.varlink.service.InvalidParameter", "bug class 11: nor can a call say so")
    gone = client(STRANGER)
    gone.send("Remove", {"names": ["beta"], "yes": True})
    gone.close()
    before = installed()
    ok(wait_for(lambda: log_text().count("denied: Remove for user 4321") >= 2) and installed() == before,
       "bug class 12: a caller who is gone by then is not taken for another")
    client().call("Remove", {"names": ["beta"], "yes": True})


def raw(data, then=None):
    """What comes back for bytes, and whether the connection ends."""
    bad = client(STRANGER)
    try:
        bad.socket.sendall(data)
        if then:
            then(bad)
    except (BrokenPipeError, ConnectionResetError):
        pass
    answer = bad.receive()
    return error(answer), answer is None or bad.receive() is None


def hostile():
    failed = "org.weld.pkgd.Failed"
    equal(raw(b"x" * (2 << 20)), (failed, True), "a message without an end")
    equal(raw(b"[" * 100000 + b"\0"), (failed, True), "a message that is too deep")
    equal(raw(b'{"method": "org.weld.pkgd.List", "method": "x"}\0'), (failed, True), "the same key twice")
    equal(raw(b"[]\0"), (failed, True), "a message that is no object")
    equal(raw(b"\0"), (failed, True), "an empty message")
    equal(raw(b'\xff{"method": 1}\0'), (failed, True), "a message that is no text")
    invalid = "org.varlink.service.InvalidParameter"
    equal(error(client().call("List", {}, root="/x")), invalid, "a member that varlink has not")
    for front in ("", "a"):
        equal(error(client().call("List", {}, **{front + "\u00e9" * 4000: 1})), invalid,
              "one whose name is too long to be told")
    equal(error(client().call("List", {}, more=1)), invalid, "a flag that is none")
    equal(error(client().call("List", {}, upgrade=True)), invalid, "an upgrade")
    bad = client()
    bad.socket.sendall(b'{"method": "org.weld.pkgd.List", "parameters": {"names": ["a\\u0000b"]}}\0')
    ok(error(bad.receive()) is not None, "a NUL inside of a string")
    one = client()
    for byte in json.dumps({"method": "org.varlink.service.GetInfo"}).encode() + b"\0":
        one.socket.sendall(bytes([byte]))
    ok(error(one.receive()) is None, "byte by byte is slow, and fine")
    two = client()
    two.send("org.varlink.service.GetInfo").send("List").send("org.varlink.service.GetInfo")
    ok([error(two.receive()) for _ in range(3)] == [None] * 3, "calls that are sent ahead are answered in turn")
    quiet = client().send("Gc", {}, oneway=True).send("org.varlink.service.GetInfo")
    ok("product" in quiet.receive()["parameters"], "a one-way call is not answered")
    if is_root:
        crowd = [client(STRANGER) for _ in range(80)]
        answers = [c.send("org.varlink.service.GetInfo") and None for c in crowd[:60]]
        ok(len(answers) == 60 and all(not error(c.receive()) for c in crowd[:60]), "sixty of one user's are served")
        equal(error(crowd[79].receive()), "org.weld.pkgd.Busy", "eighty are too many")
        equal(error(client().call("List")), None, "and keep nobody else out")
        for c in crowd:
            c.close()


def ahead():
    """Who asks and does not read waits: answers are not heaped up for him."""
    asker = client()
    call = json.dumps({"method": "org.varlink.service.GetInterfaceDescription",
                       "parameters": {"interface": "org.weld.pkgd"}}).encode() + b"\0"
    count = 2000
    sender = threading.Thread(target=lambda: asker.socket.sendall(call * count))
    before = memory()
    sender.start()
    ok(not wait_for(lambda: memory() - before > 16 << 20, 3), "answers that nobody reads do not fill the memory",
       f"{memory() - before} bytes more")
    got = sum(error(asker.receive()) is None for _ in range(count))
    sender.join()
    equal(got, count, "whoever reads gets all of them")


def queue():
    holder, number = begin_held(["beta"], FRIEND)
    ok(error(client().call("List")) is None, "readers are not blocked by a change")
    second = client().send("Mark", {"names": ["alpha"], "mark": "hold", "yes": True}, more=True)
    text = second.event("waiting")["text"]
    ok("'Install" in text and "since" in text, "who waits is told for whom", text)
    impatient = client().call("Mark", {"names": ["alpha"], "mark": "auto", "yes": True, "wait_s": 1})
    equal(error(impatient), "org.weld.pkgd.Busy", "who waits for a second only is told then")
    listed = client().call("Operations")["parameters"]["operations"]
    phases = [(o["method"], o["phase"]) for o in listed if o["phase"] != "done"]
    equal(phases, [("Install", "running"), ("Mark", "waiting")], "both are listed")
    said = subprocess.run([weld, "--root", root, "attach", "--list"], env={**os.environ, "WELD_SOCKET": path},
                          capture_output=True, text=True, check=False)
    ok("running" in said.stdout and "waiting" in said.stdout, "weld attach lists them", said)
    if is_root:
        equal(error(client(STRANGER).call("Cancel", {"operation": number})), DENIED, "a stranger cannot end it")
    ended = client(FRIEND).call("Cancel", {"operation": number})
    equal(ended["parameters"], {"operation": number, "cancelled": True}, "who began it can")
    last = holder.last()
    equal(error(last), CANCELLED, "and is told so")
    ok("beta" not in installed(), "nothing of it was done", last)
    equal(error(second.last()), None, "the next one has its turn")
    client().call("Mark", {"names": ["alpha"], "mark": "unhold", "yes": True})
    ok(f"operation {number}:" in log_text() and CANCELLED in log_text(), "the log says how it ended")


def lost_client():
    asker, number = begin_held(["beta"], FRIEND)
    asker.close()
    follower = client(STRANGER).send("Attach", {"operation": number}, more=True)
    equal(follower.event("plan")["changes"][0]["name"], "beta", "who attaches is told the plan")
    Repository.is_open.set()
    last = follower.last()
    equal(error(last), None, "a lost client loses nothing")
    ok("beta" in installed() and last["parameters"]["reply"]["generation"] > 0, "it was done", last)
    late = client().call("Attach", {"operation": number})["parameters"]
    equal(late["operation"]["phase"], "done", "and can be asked for afterwards")
    said = subprocess.run([weld, "--root", root, "attach", str(number)], env={**os.environ, "WELD_SOCKET": path},
                          capture_output=True, text=True, check=False)
    ok(said.returncode == 0 and "is done" in said.stderr, "by weld attach, too", said)
    client().call("Remove", {"names": ["beta"], "yes": True})


def crashes():
    asker, _ = begin_held(["beta"])
    os.kill(operation_process(), signal.SIGKILL)
    last = asker.last()
    equal(error(last), "org.weld.pkgd.Lost", "an operation that crashes is lost alone")
    ok("signal 9" in last["parameters"]["message"], "and says by what", last)
    equal(installed(), {"alpha"}, "the daemon goes on, nothing has changed")


def killed_daemon():
    global daemon
    asker, _ = begin_held(["beta"])
    child = operation_process()
    daemon.end(signal.SIGKILL)
    equal(asker.last(), None, "a daemon that is killed answers nobody")
    ok(wait_for(lambda: not os.path.exists(f"/proc/{child}")), "its operation ends with it")
    Repository.is_open.set()
    daemon = Daemon()
    equal(installed(), {"alpha"}, "the next one finds the old state")
    equal(error(client().call("Install", {"names": ["beta"], "yes": True})), None, "and can change it")
    client().call("Remove", {"names": ["beta"], "yes": True})
    second = subprocess.run([pkgd, "--root", root, "--socket", path, "--rules", rules], capture_output=True, text=True,
                            timeout=20, check=False)
    ok(second.returncode == 1 and "another pkgd" in second.stderr, "two daemons do not share a socket", second)


def swapped_file():
    file = os.path.join(directory, "swapped", "local-1.0-1.weld")
    client().call("Gc", {"keep": 1})
    Repository.is_open.clear()
    Repository.is_asked.clear()
    asker = client().send("Install", {"names": ["beta"], "files": [file], "yes": True}, more=True)
    equal(asker.event("plan") is None, False, "a file and a name in one change")
    Repository.is_asked.wait(30)
    with open(os.path.join(directory, "packages", "local-1.0-1.weld"), "rb") as other, open(file, "r+b") as target:
        target.write(other.read())
        target.truncate()
    Repository.is_open.set()
    last = asker.last()
    ok("changed while it was being installed" in last["parameters"].get("message", ""),
       "bug class 5: a file that was looked at and is another now", last)
    equal(installed(), {"alpha"}, "bug class 5: nothing of it is installed")


def signals():
    global daemon
    write_rules('allow { verbs = [fly]; users = ["*"] }\n')
    daemon.process.send_signal(signal.SIGHUP)
    ok(wait_for(lambda: "the old ones hold" in log_text()), "rules that cannot be read change nothing")
    ok(wait_for(lambda: error(client(STRANGER).call("List")) is None), "the old ones hold")
    if is_root:
        write_rules("allow { verbs = [gc]; users = [4321] }\n")
        daemon.process.send_signal(signal.SIGHUP)
        ok(wait_for(lambda: error(client(STRANGER).call("List")) == DENIED), "SIGHUP has them read again")
        equal(error(client(STRANGER).call("Gc", {})), None, "new rules count")
    write_rules(RULES)
    daemon.process.send_signal(signal.SIGHUP)
    wait_for(lambda: error(client(STRANGER).call("List")) is None)
    asker, _ = begin_held(["beta"])
    waiting = client().send("Mark", {"names": ["alpha"], "mark": "hold", "yes": True}, more=True)
    waiting.event("waiting")
    daemon.process.send_signal(signal.SIGTERM)
    equal(error(waiting.last()), CANCELLED, "SIGTERM: what waits is not begun")
    Repository.is_open.set()
    equal(error(asker.last()), None, "SIGTERM: what runs is finished")
    equal(daemon.process.wait(30), 0, "and then the daemon ends")
    daemon = Daemon("--stop", "1")
    asker, _ = begin_held(["gamma"])
    daemon.process.send_signal(signal.SIGTERM)
    equal(error(asker.last()), CANCELLED, "what does not finish in time is ended")
    equal(daemon.process.wait(30), 0, "and so does the daemon")
    Repository.is_open.set()


def activation():
    global daemon
    os.unlink(path) if os.path.exists(path) else None
    daemon = Daemon("--idle", "1", activated=True)
    ok(wait_for(lambda: os.path.exists(path)) and error(client().call("List")) is None,
       "a socket that is handed over is served")
    equal(daemon.process.wait(30), 0, "and left when there is nothing to do")
    ok(os.path.exists(path), "the socket stays: it is not the daemon's")
    os.unlink(path)


def begin_mapping(file, uid):
    """A process of a user that has mapped a file, as programs map their slots."""
    ready, told = os.pipe()
    process = os.fork()
    if process == 0:
        fd = os.open(file, os.O_RDONLY)
        kept = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
        os.close(fd)
        if uid is not None:
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        os.write(told, b"x")
        signal.pause()
        kept.close()
    os.read(ready, 1)
    os.close(ready)
    os.close(told)
    return process


def in_use():
    """What others run is not collected, whoever they are and whatever the daemon may see of them."""
    client().call("Install", {"names": ["gamma"], "yes": True})
    file = os.path.realpath(os.path.join(root, "current", "share", "gamma", "text"))
    users = [begin_mapping(file, uid) for uid in (None, STRANGER)]
    client().call("Remove", {"names": ["gamma"], "yes": True})
    for user in users:
        client().call("Gc", {"keep": 1})
        ok(os.path.exists(file), "what a process has mapped is not collected")
        os.kill(user, signal.SIGKILL)
        os.waitpid(user, 0)
    client().call("Gc", {"keep": 1})
    ok(not os.path.exists(file), "what nobody has any more is")


def surroundings():
    global daemon
    # The first write of any operation would fail, were the environment believed.
    daemon = Daemon(environment={"WELD_FAULT": "1:28", "WELD_LIBEXEC": "/nowhere", "TMPDIR": "/nowhere"})
    equal(error(client().call("Mark", {"names": ["alpha"], "mark": "hold", "yes": True})), None,
          "bug class 13: the environment decides nothing")
    client().call("Mark", {"names": ["alpha"], "mark": "unhold", "yes": True})
    # 14: names are data, wherever they go.
    for name in ("--root=/", "-y", "$(id)", "alpha; id", "../alpha"):
        last = client().call("Install", {"names": [name], "yes": True})
        equal(error(last), "org.weld.pkgd.Failed", f"bug class 14: {name!r} is a name that is none")
    with open(f"/proc/{daemon.process.pid}/status") as file:
        status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
    equal(status["NoNewPrivs"], "1", "there are no new privileges")
    ok(int(status["CapEff"], 16) & ~0xff == 0, "capabilities are those over files and workers", status["CapEff"])
    equal(os.readlink(f"/proc/{daemon.process.pid}/cwd"), "/", "it stands in /")
    with open(f"/proc/{daemon.process.pid}/smaps_rollup") as file:
        pss = next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    print(f"# idle: {pss} kB of its own share")
    # The address sanitizer reserves terabytes, and is no part of what is measured.
    is_sanitized = int(status["VmSize"].split()[0]) > 1 << 30
    ok(pss < 10240 or is_sanitized, "idle it takes less than 10 MB", pss)


RULES = """
allow { verbs = [read]; users = ["*"] }
allow { verbs = [install, remove]; users = [1234] }
"""
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Repository)
threading.Thread(target=server.serve_forever, daemon=True).start()
Repository.is_open.set()
write_rules(RULES)
daemon = Daemon()
ok(daemon.is_there and daemon.process.poll() is None, "the daemon starts", log_text()[-500:])
url = f"http://127.0.0.1:{server.server_address[1]}"
with open(os.path.join(directory, "repo", "metadata", "1.root.json")) as metadata:
    added = client().call("RepoAdd", {"name": "test", "url": url, "root_metadata": metadata.read()})
equal((error(added), error(client().call("Update"))), (None, None), "a repository is trusted")
for part in (command, consent, introspection, example, authorization, hostile, ahead, queue, lost_client, crashes, killed_daemon, swapped_file, in_use,
             signals, activation, surroundings):
    try:
        part()
    except (OSError, KeyError, TypeError, IndexError, AssertionError) as problem:
        ok(False, f"{part.__name__} comes to its end", repr(problem))
equal(daemon.end(), 0, "the daemon ends when told to")
sys.exit(tap.done())
