#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mixed_load.py SOCKET: ten clients at once that ask, change, attach, send what is none, and vanish; the
same ones each time. Whoever started the daemon looks at what is left of it."""

import os
import random
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from varlink import Client  # noqa: E402

path = sys.argv[1]
CALLS = [
    lambda client: client.call("org.varlink.service.GetInfo"),
    lambda client: client.call("org.varlink.service.GetInterfaceDescription", {"interface": "org.weld.pkgd"}),
    lambda client: client.call("List"),
    lambda client: client.call("Install", {"names": ["nothing"], "yes": True}, more=True),
    lambda client: client.call("Attach", {}, more=True),
    lambda client: client.call("Cancel", {"operation": 999}),
    lambda client: client.call("List", {}, **{"\u00e9" * 4000: 1}),
    lambda client: client.send("List"),
    lambda client: client.socket.sendall(b"x" * 5000 + b"\0"),
]


def converse(number):
    chance = random.Random(number)
    for _ in range(12):
        client = Client(path)
        chance.choice(CALLS)(client)
        client.close()


threads = [threading.Thread(target=converse, args=(number,)) for number in range(10)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
