#!/usr/bin/env python3
"""Writes the test vectors of this folder, or with --check tells whether they are up to date.

Needs Python 3.9 or later and its standard library, nothing else.
"""

import argparse
import collections
import json
import os
import sys

sys.dont_write_bytecode = True

from generator import (accepted, companion, config, delivery_ids, draft_cavage, explain, handshake_requests, handshake_rules, headers, jwt_vectors, labels,  # noqa: E402
                       malformed, plain_hashes, preset_composed, preset_examples, preset_messages, preset_specials, preset_vectors, providers, reference, reference_causes,
                       reference_ids, rfc, rfc9421, scheme_composition, scheme_config, scheme_formats, scheme_functions, scheme_parts, scheme_secrets, tags, tokens)

FOLDER = os.path.dirname(os.path.abspath(__file__))
PARTS = [rfc, providers, accepted, labels, companion, tags, malformed, headers, tokens, config,
         scheme_formats, scheme_parts, scheme_secrets, scheme_functions, scheme_composition, scheme_config, rfc9421, draft_cavage, jwt_vectors, plain_hashes,
         preset_examples, preset_composed, preset_specials, preset_messages, preset_vectors, delivery_ids, handshake_requests, handshake_rules]


def build():
    """All files as (name, text, vectors), checked against the reference verifier."""
    files = [file for part in PARTS for file in part.files()]
    made, ids, bad = [], set(), []
    for file in files:
        text = file.text()
        content = json.loads(text)
        used = set()
        for vector in content["vectors"]:
            if vector["id"] in ids:
                bad.append("%s: the id %s is used twice" % (file.name, vector["id"]))
            ids.add(vector["id"])
            used.update(vector["flags"])
            stated = (vector["expect"], vector.get("algorithm"), vector.get("secret_index"))
            found = reference.judge(vector)
            if stated != found:
                bad.append("%s: %s: expected %s, the reference says %s" % (file.name, vector["id"], stated, found))
            if "delivery_id" in vector and vector["delivery_id"] != reference_ids.judge(vector):
                bad.append("%s: %s: the reference finds the id %s" % (file.name, vector["id"], reference_ids.judge(vector)))
            if "handshake" in vector and vector["handshake"] != reference.handshake(vector):
                bad.append("%s: %s: the reference answers %s" % (file.name, vector["id"], reference.handshake(vector)))
        for flag in sorted(used ^ set(content["notes"])):
            bad.append("%s: the flag %s is not both used and explained" % (file.name, flag))
        made.append((file.name, text, content["vectors"]))
    if bad:
        raise SystemExit("\n".join(bad))
    return made + [build_broken(ids)]


def build_broken(ids):
    """The file of broken deliveries, checked: the verdict, and that the cause is the first one that fits."""
    out, bad = explain.broken(), []
    for vector in out.vectors:
        found = reference.judge(vector)[0]
        if found != vector["expect"]:
            bad.append("%s: expected %s, the reference says %s" % (vector["id"], vector["expect"], found))
        fits = reference_causes.fitting(vector) or ["unexplained"]
        if "also" in vector:
            if fits != ["unexplained"] or not reference_causes.fit_together(vector, vector["cause"], vector["also"]):
                bad.append("%s: the causes that fit alone are %s, or both do not" % (vector["id"], fits))
        elif fits[0] != vector["cause"]:
            bad.append("%s: the causes that fit are %s" % (vector["id"], fits))
        if vector["id"] in ids:
            bad.append("%s: the id is used twice" % vector["id"])
    if list(explain.CAUSES) != [name for name, _ in reference_causes.CAUSES] + ["unexplained"]:
        bad.append("the causes are not those of the reference, in its order")
    for cause in explain.CAUSES:
        if sum(vector["cause"] == cause for vector in out.vectors) < 2:
            bad.append("there are not two deliveries of the cause %s" % cause)
    if bad:
        raise SystemExit("\n".join(bad))
    return "explain/broken.json", out.text(), out.vectors


def outdated(made):
    """Names of files that are missing, differ, or that nothing makes any more."""
    names = []
    for name, text, _ in made:
        try:
            with open(os.path.join(FOLDER, name), encoding="ascii", newline="") as file:
                same = file.read() == text
        except (OSError, UnicodeDecodeError):
            same = False
        if not same:
            names.append(name)
    return names + extra(made)


def extra(made):
    wanted = {name for name, _, _ in made} | {"vectors.schema.json", "explain/broken.schema.json"}
    there = os.listdir(FOLDER) + ["explain/" + name for name in os.listdir(os.path.join(FOLDER, "explain"))]
    return sorted(name for name in there if name.endswith(".json") and name not in wanted)


def report(made):
    """A count by file and by verdict."""
    verdicts = collections.Counter(vector["expect"] for _, _, vectors in made for vector in vectors)
    rows = [(name, len(vectors)) for name, _, vectors in made]
    total = sum(count for _, count in rows)
    width = max(len(name) for name, _ in rows)
    for title, table in [("file", rows), ("expect", verdicts.most_common())]:
        print("%-*s  vectors" % (width, title))
        for name, count in table:
            print("%-*s  %7d" % (width, name, count))
        print("%-*s  %7d\n" % (width, "total", total))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name each file that is not up to date")
    arguments = parser.parse_args()
    made = build()
    if arguments.check:
        names = outdated(made)
        for name in names:
            print("not up to date: %s" % name, file=sys.stderr)
        return 1 if names else 0
    for name, text, _ in made:
        with open(os.path.join(FOLDER, name), "w", encoding="ascii", newline="") as file:
            file.write(text)
    for name in extra(made):
        print("made by nothing, remove it by hand: %s" % name, file=sys.stderr)
    report(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
