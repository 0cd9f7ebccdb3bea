"""Runs every peer in both directions and counts the answers; called by scripts/test-interop."""

import argparse
import sys
import tempfile
import time

import peers
from peers.javascript import Node
from program import Program
from trial import OURS, THEIRS, Trial

# How many peers there are, so that one that is left out is noticed.
PEERS = 17


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="the countersign program")
    parser.add_argument("--javascript", required=True, help="peers.mjs, in a folder with node_modules")
    parser.add_argument("--all", action="store_true", help="go on after a disagreement, and tell all of them")
    options = parser.parse_args()
    disagreements = []

    def disagreement(message):
        if not options.all:
            sys.exit(f"disagreement: {message}")
        disagreements.append(message)
        print(f"disagreement: {message}", file=sys.stderr)

    node = Node(options.javascript)
    try:
        with tempfile.TemporaryDirectory() as folder:
            total = run(peers.all_peers(node), Program(options.program, folder), disagreement)
    finally:
        node.close()
    if disagreements:
        sys.exit(f"{len(disagreements)} disagreements in {total} answers")
    print(f"{PEERS} peers, {total} answers, no disagreement")


def run(all_peers, program, disagreement):
    if len(all_peers) != PEERS or len({(peer.name, peer.preset) for peer in all_peers}) != PEERS:
        sys.exit(f"there must be {PEERS} peers, and there are {len(all_peers)}")
    total = 0
    for peer in all_peers:
        start = time.monotonic()
        counts = Trial(program, peer, disagreement).run()
        found = (counts[THEIRS], counts[OURS])
        if found != peer.expected:
            sys.exit(f"{peer.name}: {found} answers were compared, but there must be {peer.expected}")
        total += sum(found)
        print(f"{peer.name} {peer.version}, preset {peer.preset}: {found[0]} {THEIRS}, {found[1]} {OURS}, "
              f"{time.monotonic() - start:.1f} s", flush=True)
    return total


if __name__ == "__main__":
    main()
