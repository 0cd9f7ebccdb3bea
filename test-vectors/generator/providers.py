"""`providers.json`: examples that senders or other projects publish, seen through a plain connection."""

import json
import os
import re

from .build import ALGORITHMS, INFER, VectorFile, encode, hmac_connection, mac

NOTES = {
    "Published": "Secret, header and body are published at the source; Python's hmac agrees with the signature.",
    "Labelled": "The header carries the name of the algorithm in front of the signature.",
    "Inferred": "The algorithm is not configured but read from the header.",
    "OtherScheme": "Authentic in the sender's own scheme, which a plain connection does not speak, so it is rejected.",
}
BY_NAME = {algorithm.name: algorithm for algorithm in ALGORITHMS}


def examples():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "providers.json")
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def kebab(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def add_plain(out, example, id, comment, arguments):
    """An example a plain connection verifies: with the algorithm configured, and again with it inferred."""
    algorithm, encoding = BY_NAME[example["algorithm"]], example["encoding"]
    value = dict(example["headers"])[example["signature_header"]]
    signature = encode(encoding, mac(algorithm, example["secret"].encode("utf-8"), arguments["body"]))
    label = algorithm.digest + "="
    if value not in (signature, label + signature):
        raise SystemExit("providers.json: %s: Python's hmac does not give %s" % (id, value))
    flags = ["Published"] + (["Labelled"] if value != signature else [])
    for mode, configured, more in [("fixed", algorithm, []), ("inferred", INFER, ["Inferred"])]:
        connection = hmac_connection(configured, encoding, secret=example["secret"], auth_header_key=example["signature_header"])
        how = "%s is configured" % algorithm.name
        if more:
            how = "the algorithm is inferred from the %s" % ("label" if "Labelled" in flags else "length")
        out.accept(id="%s-%s" % (id, mode), comment="%s; %s." % (comment, how), connection=connection,
                   algorithm=algorithm, flags=flags + more, **arguments)


def add_other_scheme(out, example, id, comment, arguments):
    """An example whose scheme says more than a plain connection can."""
    connection = hmac_connection(BY_NAME[example["algorithm"]], example["encoding"], secret=example["secret"],
                                 auth_header_key=example["signature_header"])
    out.add(id=id + "-other-scheme", comment="%s. %s" % (comment, example["why"]), connection=connection,
            expect=example["plain"], flags=["OtherScheme"], method=example.get("method"), url=example.get("url"), **arguments)


def files():
    out = VectorFile("providers.json", "Published examples of providers",
                     "Deliveries as providers, or the tests of other projects, publish them. Each names its source.", NOTES)
    for example in examples():
        id = "provider-%s-%s" % (kebab(example["provider"]), kebab(example["example"]))
        comment = "%s, example \"%s\"" % (example["provider"], example["example"])
        if "body_source" in example:
            comment += ", body from %s" % example["body_source"]
        arguments = dict(headers=example["headers"], body=example["body"].encode("utf-8"), source=example["source"])
        if "plain" in example:
            add_other_scheme(out, example, id, comment, arguments)
        else:
            add_plain(out, example, id, comment, arguments)
    return [out]
