#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""validate.py cyclonedx|spdx FILE: check a bill of materials against its published schema.

Beyond what a schema can say, every reference must lead to exactly one element. Prints what is wrong
and ends with status 1.
"""

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")
import jsonschema  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def schema(name):
    with open(os.path.join(HERE, name + ".schema.json"), encoding="utf-8") as file:
        return json.load(file)


def schema_errors(kind, document):
    if kind == "spdx":
        return jsonschema.Draft201909Validator(schema("spdx-2.3")).iter_errors(document)
    top = schema("bom-1.5.SNAPSHOT")
    store = {
        "http://cyclonedx.org/schema/%s.schema.json" % name: schema(name)
        for name in ("jsf-0.82.SNAPSHOT", "spdx.SNAPSHOT")
    }
    resolver = jsonschema.RefResolver.from_schema(top, store=store)
    return jsonschema.Draft7Validator(
        top, resolver=resolver, format_checker=jsonschema.FormatChecker()
    ).iter_errors(document)


def components(value):
    """Every component with a bom-ref, however deep."""
    if isinstance(value, dict):
        if "bom-ref" in value:
            yield value["bom-ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from components(item)


def reference_errors(kind, document):
    if kind == "spdx":
        known = [package["SPDXID"] for package in document.get("packages", [])]
        known.append(document.get("SPDXID"))
        used = [
            relation[end]
            for relation in document.get("relationships", [])
            for end in ("spdxElementId", "relatedSpdxElement")
        ]
    else:
        known = list(components(document))
        used = []
        for dependency in document.get("dependencies", []):
            used += [dependency["ref"]] + dependency.get("dependsOn", [])
    for name in sorted({name for name in known if known.count(name) > 1}):
        yield "%s stands for two elements" % name
    for name in sorted(set(used) - set(known)):
        yield "%s is no element" % name


def main():
    kind, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    errors = ["%s: %s" % (list(e.path), e.message[:300]) for e in schema_errors(kind, document)]
    errors = errors or list(reference_errors(kind, document))
    print("\n".join(errors))
    sys.exit(1 if errors else 0)


main()
