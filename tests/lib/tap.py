# SPDX-License-Identifier: MIT
"""TAP for tests in Python: what tap.sh is for those in shell."""

count = 0
failures = 0


def ok(is_ok, name, got=None):
    """One check; `got` is shown when it fails."""
    global count, failures
    count += 1
    failures += not is_ok
    print(f"{'ok' if is_ok else 'not ok'} {count} - {name}", flush=True)
    if not is_ok and got is not None:
        print(f"# got: {got!r}"[:2000], flush=True)


def equal(got, wanted, name):
    """One check, of two values."""
    ok(got == wanted, name, f"{got!r}, wanted {wanted!r}")


def done():
    """The plan; the status to exit with."""
    print(f"1..{count}")
    return 1 if failures else 0
