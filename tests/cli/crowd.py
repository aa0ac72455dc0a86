#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""crowd.py SOURCE PKGD DIRECTORY SECONDS: fifty clients at once that ask and change, and vanish. For the first
half of the time operations and the daemon itself are killed at random; in the second half one daemon must
stay as small as it was. DIRECTORY has the repository that crowd.sh made."""

import collections
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

source, pkgd, directory, seconds = sys.argv[1:4] + [float(sys.argv[4])]
sys.path.insert(0, os.path.join(source, "tests", "lib"))
import tap  # noqa: E402
from tap import ok  # noqa: E402
from varlink import Client, wait_for  # noqa: E402

root = os.path.join(directory, "root")
path = os.path.join(directory, "socket")
NAMES = ["beta", "gamma", "delta", "epsilon"]
QUESTIONS = [("List", {}), ("History", {}), ("Generations", {}), ("Leaves", {}), ("Slots", {}),
             ("Search", {"text": "a"}), ("Files", {"names": ["alpha"]}), ("Operations", {}), ("RepoList", {}),
             ("Install", {"names": ["beta"], "dry_run": True}), ("Verify", {"names": ["alpha"]})]
READERS, WRITERS, VANISHERS = range(0, 36), range(36, 46), range(46, 50)
# What a change may end with when somebody kills at random, beside success.
EXPECTED = {"org.weld.pkgd.Busy", "org.weld.pkgd.Lost", "org.weld.pkgd.Cancelled"}


class Daemon:
    """The one that serves now; kill() puts another one in its place."""

    def __init__(self):
        self.lives = 0
        self.start()

    def start(self):
        """As a service manager does: again, when an operation of the one before is still ending."""
        if os.path.exists(path):
            os.unlink(path)
        if not wait_for(self.starts):
            raise TimeoutError("the daemon does not start")
        self.lives += 1

    def starts(self):
        with open(os.path.join(directory, "journal"), "ab") as log:
            self.process = subprocess.Popen(
                [pkgd, "--root", root, "--socket", path, "--check", "--stderr"], stderr=log)
        wait_for(lambda: os.path.exists(path) or self.process.poll() is not None)
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.start()

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [int(pid) for pid in file.read().split()]

    def is_sanitized(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmSize:")) > 1 << 30

    def size(self):
        """Resident memory of its own in kB, and open descriptors."""
        with open(f"/proc/{self.process.pid}/status") as file:
            memory = next(int(line.split()[1]) for line in file if line.startswith("RssAnon:"))
        return memory, len(os.listdir(f"/proc/{self.process.pid}/fd"))


class Crowd:
    """What the clients saw, under one lock."""

    def __init__(self):
        self.lock = threading.Lock()
        self.seen = collections.Counter()
        self.wrong = []
        self.stuck = []
        self.acknowledged = []  # (generation, name, whether it is in it)

    def note(self, what):
        with self.lock:
            self.seen[what] += 1

    def ask(self, chance):
        method, parameters = chance.choice(QUESTIONS)
        last = Client(path).call(method, parameters)
        # None: the daemon was killed.
        if last is None or last.get("error") in EXPECTED:
            self.note("lost question")
        elif last.get("error"):
            self.wrong.append((method, last))
        else:
            self.note("question")

    def change(self, chance):
        name = chance.choice(NAMES)
        method = chance.choice(["Install", "Remove"])
        last = Client(path).call(method, {"names": [name], "yes": True})
        parameters = last and last["parameters"]
        if last is None or last.get("error") in EXPECTED:
            self.note("lost change")
        elif last.get("error"):
            if method == "Remove" and "not installed" in parameters.get("message", ""):
                self.note("nothing to remove")
            else:
                self.wrong.append((method, last))
        elif parameters.get("nothing"):
            self.note("nothing to do")
        else:
            self.note("change")
            with self.lock:
                self.acknowledged.append((parameters["generation"], name, method == "Install"))

    def vanish(self, chance):
        one = Client(path)
        # A change goes on without who asked for it: too many of them would leave the others no turn.
        if chance.random() < 0.98:
            one.send(*chance.choice(QUESTIONS), more=True)
        else:
            one.send("Install", {"names": [chance.choice(NAMES)], "yes": True}, more=True)
        time.sleep(chance.random() / 20)
        one.close()
        self.note("vanished")

    def run(self, number, end):
        chance = random.Random(number)
        act = self.ask if number in READERS else self.change if number in WRITERS else self.vanish
        while time.monotonic() < end:
            try:
                act(chance)
            except TimeoutError as problem:
                self.stuck.append((number, repr(problem)))
            except OSError:
                # No daemon, or one that is just ending.
                self.note("not connected")
                time.sleep(0.02)


def kill_until(end):
    """Operations often, the daemon seldom."""
    chance = random.Random(1)
    kills = 0
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.05, 0.4))
        if chance.random() < 0.1:
            daemon.kill()
            continue
        children = daemon.children()
        if children:
            try:
                os.kill(chance.choice(children), signal.SIGKILL)
                kills += 1
            except ProcessLookupError:
                pass
    return kills


def lost(acknowledged):
    """Acknowledged changes that are not on the disk."""
    missing = []
    for generation, name, is_in in acknowledged:
        try:
            with open(os.path.join(root, "generations", str(generation), "manifest.json")) as file:
                names = {package["name"] for package in json.load(file)["packages"]}
        except OSError as problem:
            missing.append((generation, repr(problem)))
            continue
        if (name in names) != is_in:
            missing.append((generation, name, is_in))
    return missing


daemon = Daemon()
crowd = Crowd()
start = time.monotonic()
threads = [threading.Thread(target=crowd.run, args=(number, start + seconds)) for number in range(50)]
for thread in threads:
    thread.start()
kills = kill_until(start + seconds / 2)
# One that lives: what it needs for fifty clients it has after a while.
daemon.kill()
time.sleep(seconds / 10)
before = daemon.size()
for thread in threads:
    thread.join()
print(f"# {dict(crowd.seen)} in {seconds:.0f} s; {kills} operations and {daemon.lives - 1} daemons killed")
ok(crowd.seen["question"] >= 50 and crowd.seen["change"] > 0, "fifty clients at once are served", crowd.seen)
ok(not crowd.wrong, "with the answers that they should have", crowd.wrong[:3])
ok(not crowd.stuck, "nobody waits for ever", crowd.stuck)
ok(wait_for(lambda: all(o["phase"] == "done" for o in Client(path).call("Operations")["parameters"]["operations"]), 120),
   "nothing stays behind: operations")
ok(wait_for(lambda: not daemon.children()), "nor processes", daemon.children())
ok(wait_for(lambda: daemon.size()[1] < 16), "nor descriptors", daemon.size())
after = daemon.size()
print(f"# the daemon's own memory: {before[0]} kB among fifty clients, {after[0]} kB in the end")
# The address sanitizer reserves terabytes, and keeps what was freed.
ok(after[0] <= before[0] + 4096 or daemon.is_sanitized(), "nor memory", (before, after))
ok(lost(crowd.acknowledged) == [], "no change that was acknowledged is lost", lost(crowd.acknowledged)[:3])
newest = max([generation for generation, _, _ in crowd.acknowledged], default=0)
current = int(os.path.basename(os.readlink(os.path.join(root, "current"))))
ok(current >= newest, "the current generation is none before", (current, newest))
found = Client(path).call("Verify", {"all": True})
ok(found.get("error") is None and not found["parameters"]["findings"], "what is installed is as it should be", found)
last = Client(path).call("Install", {"names": ["alpha"], "reinstall": True, "yes": True})
ok(last.get("error") is None, "and can be changed", last)
daemon.process.terminate()
ok(daemon.process.wait(60) == 0, "the daemon ends when told to")
sys.exit(tap.done())
