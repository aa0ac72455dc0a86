#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""daemon_life.py SOURCE PROGRAM DIRECTORY: what happens to a daemon besides its calls: its program is replaced, signals
come, the disk is full, clients send half of something. DIRECTORY has what daemon_life.sh made: a root with alpha whose
repository has beta, and rules; PROGRAM is a copy of pkgd that may be replaced."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time

source, program, directory = sys.argv[1:4]
sys.path.insert(0, os.path.join(source, "tests", "lib"))
import tap  # noqa: E402
from tap import equal, ok  # noqa: E402
from varlink import Client, wait_for  # noqa: E402

root = os.path.join(directory, "root")
path = os.path.join(directory, "socket")
rules = os.path.join(directory, "rules")
journal = os.path.join(directory, "journal")
good = program + ".good"
CANCELLED = "org.weld.pkgd.Cancelled"
started = []


def error(message):
    return message and message.get("error")


def client():
    return Client(path)


def log_text():
    with open(journal) as file:
        return file.read()


def start(*options):
    if os.path.exists(path):
        os.unlink(path)
    with open(journal, "wb") as log:
        process = subprocess.Popen([program, "--root", root, "--socket", path, "--rules", rules, "--check", "--stderr",
                                    *options], stderr=log)
    wait_for(lambda: os.path.exists(path) or process.poll() is not None)
    started.append(process)
    return process


def end(process):
    process.terminate()
    return process.wait(60)


class Held:
    """The root's lock, so that a change goes on as long as a test wants."""

    def __enter__(self):
        self.file = open(os.path.join(root, "lock"), "r+")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_):
        self.file.close()


def begin_change(mark):
    asker = client().send("Mark", {"names": ["alpha"], "mark": mark, "yes": True}, more=True)
    return asker, asker.event("operation")["operation"]


def replace(contents):
    """Another program at the path, as a package manager does it."""
    with open(program + ".new", "wb") as file:
        file.write(contents)
    os.chmod(program + ".new", 0o755)
    os.replace(program + ".new", program)


def good_contents():
    """A program that does the same, and is another file."""
    with open(good, "rb") as file:
        return file.read() + b"\0" * 16


def runs(process):
    """Whether the process is the program that stands at the path."""
    ours, theirs = os.stat(f"/proc/{process.pid}/exe"), os.stat(program)
    return (ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino)


def is_renewed(process):
    """Look often: the daemon does so when something comes."""
    return wait_for(lambda: error(client().call("List")) is None and runs(process))


def renewal():
    daemon = start()
    quiet = client()
    equal(error(quiet.call("List")), None, "a client asks, and stays")
    half = client()
    call = json.dumps({"method": "org.weld.pkgd.List"}).encode() + b"\0"
    half.socket.sendall(call[:20])
    with Held():
        first, number = begin_change("hold")
        second = client().send("Mark", {"names": ["alpha"], "mark": "unhold", "yes": True}, more=True)
        second.event("waiting")
        replace(good_contents())
        equal(error(client().call("List")), None, "the program is replaced in the middle of a change: questions go on")
        time.sleep(1)
        equal((error(client().call("List")), runs(daemon)), (None, False), "and the change is not ended for it")
    equal(error(first.last()), None, "the change that runs is finished")
    equal(error(second.last()), None, "the one that waits, too")
    ok(is_renewed(daemon), "then the process is the new program", log_text()[-800:])
    ok("the new program goes on" in log_text(), "and the log says so")
    equal(error(quiet.call("List")), None, "who was connected still is")
    half.socket.sendall(call[20:])
    equal(error(half.receive()), None, "half of a call that the old one got is not lost")
    late = client().call("Attach", {"operation": number})
    equal(late["parameters"]["operation"]["phase"] if not error(late) else late, "done",
          "a change that the old one did can still be asked for")
    third, other = begin_change("hold")
    ok(error(third.last()) is None and other > number + 1, "numbers go on", other)
    again = subprocess.run([good, "--root", root, "--socket", path, "--rules", rules], capture_output=True, text=True,
                           timeout=20, check=False)
    ok("another pkgd" in again.stderr, "the socket is still the daemon's alone", again)
    before = os.stat(f"/proc/{daemon.pid}/exe").st_ino
    crowd = [client() for _ in range(20)]
    replace(good_contents())
    answers = [one.call("List") for one in crowd for _ in range(3)]
    ok(all(error(answer) is None for answer in answers) and is_renewed(daemon) and
       os.stat(f"/proc/{daemon.pid}/exe").st_ino != before, "twenty clients that go on asking are all answered")
    equal(len([fd for fd in os.listdir(f"/proc/{daemon.pid}/fd")]) < 40, True, "no descriptor is left over")
    equal(end(daemon), 0, "the new program ends when it is told")
    ok(not os.path.exists(path), "and takes its socket away")


def bad_programs():
    daemon = start()
    pid = daemon.pid
    with open(good, "rb") as file:
        whole = file.read()
    for name, contents in (("empty", b""), ("damaged", b"\x7fELF" + b"\0" * 4000), ("cut off", whole[:len(whole) // 8]),
                           ("another program", b"#!/bin/sh\nexit 3\n"),
                           ("one that hangs", b"#!/bin/sh\nexec sleep 1000\n")):
        said = log_text().count("the old one goes on")
        replace(contents)
        ok(wait_for(lambda: error(client().call("List")) is None and log_text().count("the old one goes on") > said, 40),
           f"{name}: the old program stays, and says why", log_text()[-500:])
        equal((daemon.poll(), error(begin_change("hold")[0].last())), (None, None), f"{name}: and works")
    os.unlink(program)
    equal(error(client().call("List")), None, "none at all: the old one stays")
    replace(good_contents())
    os.chmod(rules, 0o666)
    said = log_text().count("the old one goes on")
    os.utime(program)
    ok(wait_for(lambda: error(client().call("List")) is None and log_text().count("the old one goes on") > said),
       "rules that the new one would not take: the old one stays", log_text()[-500:])
    os.chmod(rules, 0o644)
    replace(good_contents())
    ok(is_renewed(daemon) and daemon.pid == pid, "a good one takes over")
    equal(end(daemon), 0, "and ends when it is told")


def signals():
    daemon = start()
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD, signal.SIGPIPE, signal.SIGCONT,
                   signal.SIGWINCH, signal.SIGURG):
        for _ in range(200):
            daemon.send_signal(number)
        equal((error(client().call("List")), daemon.poll()), (None, None), f"200 times {number.name}: it goes on")
    daemon.send_signal(signal.SIGSTOP)
    asker = client().send("List")
    daemon.send_signal(signal.SIGCONT)
    equal(error(asker.last()), None, "stopped and continued: it answers")
    with Held():
        first, _ = begin_change("hold")
        begun = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        wait_for(lambda: "told to end" in log_text())
        daemon.send_signal(signal.SIGTERM)
        equal(error(first.last()), CANCELLED, "SIGTERM twice: the change is ended")
        equal(daemon.wait(30), 0, "and so is the daemon")
        ok(time.monotonic() - begun < 30, "at once")
    daemon = start()
    daemon.send_signal(signal.SIGINT)
    equal(daemon.wait(30), 0, "SIGINT ends it, too")


def slow_senders():
    daemon = start()
    half = client()
    half.socket.sendall(b'{"method"')
    drip = client()
    begun = time.monotonic()
    text = json.dumps({"method": "org.weld.pkgd.List"}).encode()
    at = 0
    while time.monotonic() - begun < 14:
        equal_now = error(client().call("List"))
        try:
            drip.socket.sendall(text[at:at + 1])
            at = min(at + 1, len(text) - 1)
        except OSError:
            break
        time.sleep(0.5)
    took = time.monotonic() - begun
    ok(9 < took < 13, "who sends a call byte by byte has ten seconds for it", took)
    equal(equal_now, None, "others are served meanwhile")
    equal(half.receive(), None, "who sends half of one is cut off, too")
    equal(end(daemon), 0, "the daemon ends")


def full_disk():
    global root
    small = os.path.join(directory, "small")
    if not os.path.ismount(small):
        print("# no file system can be mounted: no full disk")
        return
    kept, root = root, os.path.join(small, "root")
    shutil.copytree(kept, root, symlinks=True)
    daemon = start()
    filler = os.path.join(small, "filler")
    file = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(file, b"\0" * 4096)
    except OSError:
        os.close(file)
    before = os.readlink(os.path.join(root, "current"))
    failed = client().call("Install", {"names": ["beta"], "yes": True})
    message = failed["parameters"].get("message", "")
    ok(error(failed) == "org.weld.pkgd.Failed" and "nothing has changed" in message and
       failed["parameters"]["code"] == "no-space", "disk full: the change fails, and says so", failed)
    equal(os.readlink(os.path.join(root, "current")), before, "the old generation is current")
    equal(error(client().call("List")), None, "questions are answered")
    equal(error(client().call("Gc", {"keep": 1})), None, "room can be made through the daemon")
    os.unlink(filler)
    equal(error(client().call("Install", {"names": ["beta"], "yes": True})), None, "with room again it is done")
    equal(end(daemon), 0, "the daemon ends")
    root = kept


def full_log():
    """The log cannot be written: nobody's call fails for that."""
    if os.path.exists(path):
        os.unlink(path)
    with open("/dev/full", "wb") as log:
        daemon = subprocess.Popen([program, "--root", root, "--socket", path, "--rules", rules, "--stderr"], stderr=log)
    wait_for(lambda: os.path.exists(path))
    equal(error(begin_change("unhold")[0].last()), None, "the log is on a full disk: changes are done")
    equal(end(daemon), 0, "the daemon ends")
    said = subprocess.run([program, "--root", root, "--socket", "/proc/none/socket", "--rules", rules],
                          capture_output=True, text=True, timeout=20, check=False)
    ok(said.returncode == 1 and "/proc/none" in said.stderr, "no socket can be made: that is said", said)


def after_kills():
    """The daemon and its operation die at many moments; whoever comes next works."""
    reported = 0
    for moment in range(25):
        daemon = start()
        asker = client().send("Install" if moment % 2 else "Remove", {"names": ["beta"], "yes": True}, more=True)
        asker.event("operation")
        time.sleep(moment * 0.004)
        daemon.kill()
        daemon.wait()
        daemon = start()
        last = client().call("List")
        done = client().call("Mark", {"names": ["alpha"], "mark": "hold" if moment % 2 else "unhold", "yes": True})
        reported += "at the start: interrupted" in log_text()
        if error(last) or error(done) or end(daemon) != 0:
            ok(False, f"killed after {moment * 4} ms: the next one works", (last, done))
            return
    print(f"# {reported} of 25 left something that the next daemon settled")
    ok(True, "killed at 25 moments of a change: the next daemon works")


for part in (renewal, bad_programs, signals, slow_senders, full_disk, full_log, after_kills):
    try:
        part()
    except (OSError, KeyError, TypeError, IndexError, AssertionError, subprocess.TimeoutExpired) as problem:
        ok(False, f"{part.__name__} comes to its end", repr(problem))
    for left in started:
        left.kill()
        left.wait()
    started.clear()
    if not os.path.exists(program):
        shutil.copy(good, program)
sys.exit(tap.done())
