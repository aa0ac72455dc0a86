#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lying_owner.py REPOSITORY KEY PACKAGE MEMBER VALUE: the owner of a repository, or who has the owner's key, lets its
index say something else of a package, VALUE in JSON, and signs all of it with KEY, a file of 'weld key generate'
without passphrase."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile

repository, key_file, package, member, value = sys.argv[1:]
with open(key_file) as file:
    seed = bytes.fromhex(json.load(file)["secret"])
# The seed as a private key of RFC 8410, which openssl reads.
DER_HEAD = bytes.fromhex("302e020100300506032b657004220420")


def canonical(data):
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign(data):
    with tempfile.TemporaryDirectory() as directory:
        names = [os.path.join(directory, name) for name in ("key", "data", "signature")]
        for name, contents in zip(names, (DER_HEAD + seed, data)):
            with open(name, "wb") as out:
                out.write(contents)
        subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", names[0],
                        "-in", names[1], "-out", names[2]], check=True)
        with open(names[2], "rb") as signature:
            return signature.read().hex()


def newest(role):
    directory = os.path.join(repository, "metadata")
    versions = [int(name.split(".")[0]) for name in os.listdir(directory) if name.endswith(f".{role}.json")]
    return os.path.join(directory, f"{max(versions)}.{role}.json")


def place(directory, name, contents):
    path = os.path.join(repository, directory, name)
    with open(path, "wb") as out:
        out.write(contents)


def described(contents, version=None):
    it = {"hashes": {"sha256": hashlib.sha256(contents).hexdigest()}, "length": len(contents)}
    return it if version is None else {**it, "version": version}


def publish(path, change, name_of):
    """Change a document's body, sign it as its next version, and give back what it is then."""
    with open(path) as document:
        whole = json.load(document)
    body = whole["signed"]
    body["version"] += 1
    change(body)
    whole["signatures"][0]["sig"] = sign(canonical(body))
    contents = json.dumps(whole, indent=2, sort_keys=True).encode()
    place("metadata", name_of(body["version"]), contents)
    return described(contents, body["version"])


targets = newest("targets")
with open(targets) as document:
    digest = json.load(document)["signed"]["targets"]["index.json"]["hashes"]["sha256"]
with open(os.path.join(repository, "targets", f"{digest}.index.json")) as old:
    index = json.load(old)
for entry in index["packages"]:
    if entry["name"] == package:
        entry[member] = json.loads(value)
lie = canonical(index)
place("targets", f"{hashlib.sha256(lie).hexdigest()}.index.json", lie)
new = publish(targets, lambda body: body["targets"].update({"index.json": described(lie)}),
              lambda version: f"{version}.targets.json")
new = publish(newest("snapshot"), lambda body: body["meta"].update({"targets.json": new}),
              lambda version: f"{version}.snapshot.json")
publish(os.path.join(repository, "metadata", "timestamp.json"),
        lambda body: body["meta"].update({"snapshot.json": new}), lambda version: "timestamp.json")
