"""Compares counted instructions with limits.txt, or writes that file anew with --record. Called by scripts/test-icount."""

import json
import subprocess
import sys
from pathlib import Path

LIMITS = Path(__file__).with_name("limits.txt")
# Another build of the standard library or of the C library may differ a little.
MARGIN = 0.01
HEAD = """\
# Instructions of one call under callgrind, counted with {rustc}.
# One percent more fails scripts/test-icount; scripts/test-icount --record writes this file.
"""


def counts(text):
    """Name and instructions of each benchmark, from a line of JSON each."""
    for line in text.splitlines():
        bench = json.loads(line)
        yield bench["id"], instructions(bench)


def instructions(bench):
    [profile] = bench["profiles"]
    # Beside "new" there may be what was counted before.
    return profile["data"]["total"]["metrics"]["Ir"]["values"]["new"]


def main():
    counted = dict(counts(Path(sys.argv[1]).read_text()))
    rustc = " ".join(subprocess.run(["rustc", "--version"], capture_output=True, check=True, text=True).stdout.split()[:2])
    if not counted:
        sys.exit("scripts/test-icount: nothing was counted")
    if sys.argv[2:] == ["--record"]:
        rows = [f"{name} {count}\n" for name, count in counted.items()]
        LIMITS.write_text(HEAD.format(rustc=rustc) + "".join(rows))
        return
    text = LIMITS.read_text()
    known = {name: int(count) for name, count in (line.split() for line in text.splitlines() if line[:1] != "#")}
    faults = []
    for name, count in counted.items():
        limit = int(known.get(name, 0) * (1 + MARGIN))
        print(f"{name:24}{count:>12,} of {limit:>12,}")
        if count > limit:
            faults.append(f"{name} takes {count:,} instructions; {limit:,} are allowed")
        elif count < known[name] * (1 - MARGIN):
            print(f"{'':24}it has become faster: keep that with scripts/test-icount --record")
    faults += [f"{name} was not counted" for name in known.keys() - counted.keys()]
    for fault in faults:
        print(f"scripts/test-icount: {fault}", file=sys.stderr)
    if faults and rustc not in text:
        print(f"scripts/test-icount: the limits are not of {rustc}, which may be the reason", file=sys.stderr)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
