# SPDX-License-Identifier: MIT
"""A varlink client for tests: every client that is asked for, badly behaved ones too."""

import json
import os
import socket
import time


class Client:
    """One connection; with `uid` it is made by a process of that user."""

    def __init__(self, path, uid=None):
        self.rest = b""
        self.socket = socket.socket(socket.AF_UNIX)
        # Credentials are taken from the thread that connects.
        own = os.geteuid()
        if uid is not None and own == 0:
            os.setgroups([])
            os.setegid(uid)
            os.seteuid(uid)
        try:
            self.socket.connect(path)
        finally:
            if uid is not None and own == 0:
                os.seteuid(0)
                os.setegid(0)
        self.socket.settimeout(60)

    def send(self, method, parameters=None, **flags):
        call = {"method": method if method.startswith("org.") else "org.weld.pkgd." + method, **flags}
        if parameters is not None:
            call["parameters"] = parameters
        self.socket.sendall(json.dumps(call).encode() + b"\0")
        return self

    def receive(self):
        """The next message; None when the connection is closed."""
        while b"\0" not in self.rest:
            try:
                got = self.socket.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                got = b""
            if not got:
                return None
            self.rest += got
        text, _, self.rest = self.rest.partition(b"\0")
        return json.loads(text)

    def event(self, kind):
        """Skip to the next event of a kind; None when there is none before the end."""
        while True:
            message = self.receive()
            if message is None or not message.get("continues"):
                return None
            if message["parameters"]["event"]["event"] == kind:
                return message["parameters"]["event"]

    def last(self):
        """The message that ends the call."""
        while True:
            message = self.receive()
            if message is None or not message.get("continues"):
                return message

    def call(self, method, parameters=None, **flags):
        return self.send(method, parameters, **flags).last()

    def close(self):
        self.socket.close()


def wait_for(condition, seconds=30):
    """Whether something becomes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
