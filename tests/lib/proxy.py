#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""proxy.py DIRECTORY PORT-FILE LOG USER:PASSWORD: an HTTP proxy that knows one host, repo.invalid, whose files are those
of DIRECTORY, and wants to be told the password. It writes its port to PORT-FILE, and to LOG what it is asked, a line each:
"407", "CONNECT host:port", or "GET url"."""

import base64
import http.server
import os
import sys
import urllib.parse

directory, port_file, log, secret = sys.argv[1:5]
wanted = "Basic " + base64.b64encode(secret.encode()).decode()


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_allowed(self):
        if self.headers.get("Proxy-Authorization") == wanted:
            return True
        self.note("407")
        self.answer(407, Proxy_Authenticate='Basic realm="house"')
        return False

    def note(self, text):
        with open(log, "a") as file:
            file.write(text + "\n")

    def do_CONNECT(self):
        if self.is_allowed():
            self.note("CONNECT " + self.path)
            self.answer(502)

    def do_GET(self):
        if not self.is_allowed():
            return
        self.note("GET " + self.path)
        url = urllib.parse.urlsplit(self.path)
        path = os.path.join(directory, urllib.parse.unquote(url.path).lstrip("/"))
        if url.hostname != "repo.invalid" or not os.path.isfile(path):
            self.answer(404)
            return
        with open(path, "rb") as file:
            self.answer(200, file.read())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
