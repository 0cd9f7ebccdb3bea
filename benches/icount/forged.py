"""What a forged delivery costs beside a good one of the same size, for every preset: no more than a fifth more, and less where the head
is at fault. Runs the program `forged`, whose path is the argument, under callgrind."""

import glob
import os
import re
import subprocess
import sys
import tempfile

MOST = 1.2
# Content that is dear to read, such as 512 parameters in 4 KiB, or a JSON list of 32,000 numbers, costs more than plain content of its
# size, whoever sends it: a sender's own delivery of it as much as a forged one. It is bounded by its size.
DEAR = 16


def counted(program):
    """(label, instructions) of every delivery."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        run = subprocess.run(["valgrind", "--tool=callgrind", "--cache-sim=no", "--dump-before=mark", "--callgrind-out-file=" + out, program],
                             capture_output=True, text=True, check=True)
        dumps = sorted(glob.glob(out + ".*"), key=lambda path: int(path.rsplit(".", 1)[1]))
        totals = [int(re.search(r"^(?:totals|summary): (\d+)", open(path).read(), re.M).group(1)) for path in dumps]
    # Before each first mark stands what made the delivery ready, before each second one what it cost.
    return list(zip(run.stdout.split("\n"), totals[1::2]))


def main():
    good, bad, worst = {}, [], {}
    for label, count in counted(sys.argv[1]):
        name, size, kind, length = label.split()
        if kind == "good":
            good[name, size] = (count, int(length))
            continue
        base, own = good[name, size]
        # By size, where a hostile one is not as long.
        ratio = count / base * (own / int(length))
        worst[kind] = max(worst.get(kind, (0, "")), (ratio, "%s at %s" % (name, size)))
        if ratio > {"mismatch": MOST, "hostile": DEAR}.get(kind, 1):
            bad.append("%s at %s bytes: %s costs %.2f of a good one (%d of %d instructions)" % (name, size, kind, ratio, count, base))
    print("%d presets; at most, by kind: %s" % (len({name for name, _ in good}), "; ".join("%s %.2f (%s)" % (kind, *at) for kind, at in sorted(worst.items()))))
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
