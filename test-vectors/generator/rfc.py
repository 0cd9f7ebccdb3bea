"""`rfc2202.json` and `rfc4231.json`: published values only."""

from . import rfc_data as data
from .build import (HEXA_DECIMAL, MD5, SHA_1, SHA_224, SHA_256, SHA_384, SHA_512, SIGN, VectorFile,
                    hmac_connection, mac)

CASE_TITLES = {
    1: "a short key", 2: "a key shorter than the digest", 3: "key and data of one repeated byte",
    4: "a key of counting bytes", 5: "the input of the truncation example", 6: "a key longer than a block",
    7: "key and data longer than a block",
}


def check(algorithm, case, key, body, digest):
    """The published digest must be what Python computes (or its beginning, where it is cut)."""
    computed = mac(algorithm, key, body).hex()
    if not computed.startswith(digest):
        raise SystemExit("%s, case %d: Python's hmac gives %s, the RFC says %s" % (algorithm.name, case, computed, digest))


def add_case(out, rfc, algorithm, case, key, body, digest, source):
    check(algorithm, case, key, body, digest)
    whole = len(digest) == 2 * algorithm.length
    name = algorithm.name.lower().replace("_", "")
    arguments = dict(
        id="rfc%s-%s-case-%d%s" % (rfc, name, case, "" if whole else "-truncated"),
        comment="RFC %s test case %d: %s%s." % (rfc, case, CASE_TITLES[case], "" if whole else ", digest cut short"),
        headers=[[SIGN, digest]], body=body, source=source,
    )
    if key == b"Jefe":
        arguments.update(connection=hmac_connection(algorithm, HEXA_DECIMAL, secret="Jefe"))
    else:
        arguments.update(connection=hmac_connection(algorithm, HEXA_DECIMAL, secret=None), secrets_base64=[key])
    if whole:
        out.accept(algorithm=algorithm, flags=["Published"], **arguments)
    else:
        out.add(expect="wrong_length", flags=["Published", "Truncated"], **arguments)


NOTES = {
    "Published": "Key, data and digest are printed in the RFC; Python's hmac agrees with them.",
    "Truncated": "The RFC prints the digest cut short; a tag has its full length here, so it is rejected.",
}


def rfc2202():
    out = VectorFile("rfc2202.json", "RFC 2202", "The seven test cases of HMAC-MD5 and of HMAC-SHA-1.", NOTES, data.RFC_2202)
    for algorithm, inputs, digests, cut in [(MD5, data.MD5_INPUTS, data.MD5_DIGESTS, data.MD5_DIGEST_96),
                                            (SHA_1, data.SHA_1_INPUTS, data.SHA_1_DIGESTS, data.SHA_1_DIGEST_96)]:
        for case, key, body in inputs:
            add_case(out, "2202", algorithm, case, key, body, digests[case], data.RFC_2202)
            if case == 5:
                add_case(out, "2202", algorithm, case, key, body, cut, data.RFC_2202)
    return out


def rfc4231():
    out = VectorFile("rfc4231.json", "RFC 4231", "The seven test cases of HMAC-SHA-224, -256, -384 and -512.", NOTES, data.RFC_4231)
    for algorithm, digests in [(SHA_224, data.SHA_224_DIGESTS), (SHA_256, data.SHA_256_DIGESTS),
                               (SHA_384, data.SHA_384_DIGESTS), (SHA_512, data.SHA_512_DIGESTS)]:
        for case, key, body in data.SHA_2_INPUTS:
            add_case(out, "4231", algorithm, case, key, body, digests[case], data.RFC_4231)
    return out


def files():
    return [rfc2202(), rfc4231()]
