#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""example.py [SOCKET]: what is installed, asked of pkgd without any library."""
import json
import socket
import sys

with socket.socket(socket.AF_UNIX) as pkgd:
    pkgd.connect(sys.argv[1] if len(sys.argv) > 1 else "/run/weld/pkgd.sock")
    pkgd.sendall(json.dumps({"method": "org.weld.pkgd.List"}).encode() + b"\0")
    reply = b"".join(iter(lambda: pkgd.recv(1), b"\0"))
for package in json.loads(reply)["parameters"]["packages"]:
    print(package["name"], package["version"])
