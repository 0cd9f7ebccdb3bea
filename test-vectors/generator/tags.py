"""Well-formed signatures that are not authentic: tampering, truncation, wrong secrets."""

import hashlib

from .accepted import kebab
from .build import (ALGORITHMS, BODY, ENCODINGS, HEXA_DECIMAL, INFER, OTHER_SECRET, SECRET, SHA_256, SHORT, SIGN, VectorFile,
                    encode, hmac_connection, mac, sign)

LENGTHS = [algorithm.length for algorithm in ALGORITHMS]


def flip(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << (bit % 8)
    return bytes(changed)


def faults(algorithm):
    """(id, comment, flag, tag, body, expect with the algorithm configured)"""
    tag = mac(algorithm, SECRET.encode(), BODY)
    size = algorithm.length
    yield "first-bit", "The first byte of the tag has one bit flipped.", "ModifiedTag", flip(tag, 7), BODY, "mismatch"
    yield "middle-bit", "A byte in the middle of the tag has one bit flipped.", "ModifiedTag", flip(tag, 4 * size), BODY, "mismatch"
    yield "last-bit", "The last byte of the tag has one bit flipped.", "ModifiedTag", flip(tag, 8 * size - 8), BODY, "mismatch"
    yield "zeros", "A tag of zeros.", "ModifiedTag", bytes(size), BODY, "mismatch"
    yield "ones", "A tag of ones.", "ModifiedTag", b"\xff" * size, BODY, "mismatch"
    yield "reversed", "The bytes of the tag in reverse order.", "ModifiedTag", tag[::-1], BODY, "mismatch"
    yield "digest", "A plain digest of the body in place of an HMAC.", "NotHmac", hashlib.new(algorithm.digest, BODY).digest(), BODY, "mismatch"
    yield ("prefix-digest", "A digest of secret and body in place of an HMAC.", "NotHmac",
           hashlib.new(algorithm.digest, SECRET.encode() + BODY).digest(), BODY, "mismatch")
    yield "body-first-byte", "The first byte of the body is another.", "ModifiedBody", tag, b"[" + BODY[1:], "mismatch"
    yield "body-last-bit", "The last byte of the body has one bit flipped.", "ModifiedBody", tag, flip(BODY, 8 * len(BODY) - 8), "mismatch"
    yield "body-longer", "A newline is added to the body.", "ModifiedBody", tag, BODY + b"\n", "mismatch"
    yield "body-shorter", "The last byte of the body is missing.", "ModifiedBody", tag, BODY[:-1], "mismatch"
    yield "body-empty", "The body is gone.", "ModifiedBody", tag, b"", "mismatch"
    yield ("other-secret", "Signed with another secret.", "WrongSecret", mac(algorithm, OTHER_SECRET.encode(), BODY), BODY, "mismatch")
    yield ("secret-newline", "Signed with the secret and a newline behind it.", "WrongSecret", mac(algorithm, SECRET.encode() + b"\n", BODY), BODY, "mismatch")
    yield "empty-secret", "Signed with an empty secret.", "WrongSecret", mac(algorithm, b"", BODY), BODY, "mismatch"
    yield "half", "The first half of the tag.", "TruncatedTag", tag[:size // 2], BODY, "wrong_length"
    yield "minus-one", "The tag without its last byte.", "TruncatedTag", tag[:-1], BODY, "wrong_length"
    yield "one-byte", "The first byte of the tag alone.", "TruncatedTag", tag[:1], BODY, "wrong_length"
    yield "plus-one", "The tag with one byte more.", "ExtendedTag", tag + b"\x00", BODY, "wrong_length"
    yield "twice", "The tag twice.", "ExtendedTag", tag + tag, BODY, "wrong_length"


def files():
    notes = {
        "ModifiedTag": "The tag is changed, its length is right.",
        "NotHmac": "The tag comes from another construction with the same hash.",
        "ModifiedBody": "The body was changed after it was signed.",
        "WrongSecret": "The tag was made with another secret.",
        "TruncatedTag": "The tag is cut short; what is left is right.",
        "ExtendedTag": "The tag is followed by more bytes.",
        "OtherAlgorithm": "An authentic tag of an algorithm that is not the configured one.",
        "Inferred": "The algorithm is read from the length of the tag, so a cut tag may pass for one of a shorter algorithm; it does not verify.",
        "Labelled": "The signature stands behind a label.",
    }
    out = VectorFile("rejected-tags.json", "Rejected tags", "Well-formed signatures that are not authentic, for every algorithm and encoding.", notes)
    for algorithm in ALGORITHMS:
        short = kebab(algorithm)
        for id, comment, flag, tag, body, expect in faults(algorithm):
            for encoding in ENCODINGS:
                out.add("tag-%s-%s-%s" % (short, SHORT[encoding], id), comment, hmac_connection(algorithm, encoding),
                        [[SIGN, encode(encoding, tag)]], body, expect, flags=[flag])
            inferred = "mismatch" if len(tag) in LENGTHS else "wrong_length"
            out.add("tag-%s-inferred-%s" % (short, id), comment, hmac_connection(INFER, HEXA_DECIMAL),
                    [[SIGN, encode(HEXA_DECIMAL, tag)]], body, inferred, flags=[flag, "Inferred"])
            if id in ("first-bit", "body-last-bit", "other-secret", "half", "minus-one", "plus-one"):
                out.add("tag-%s-labelled-%s" % (short, id), comment, hmac_connection(INFER, HEXA_DECIMAL),
                        [[SIGN, algorithm.digest + "=" + encode(HEXA_DECIMAL, tag)]], body, expect, flags=[flag, "Labelled"])
        tag = mac(algorithm, SECRET.encode(), BODY)
        for other in ALGORITHMS:
            if other is not algorithm:
                out.add("tag-of-%s-for-%s" % (kebab(other), short), "A bare signature of %s where %s is configured." % (other.name, algorithm.name),
                        hmac_connection(algorithm, HEXA_DECIMAL), [[SIGN, sign(other, HEXA_DECIMAL)]], BODY, "wrong_length", flags=["OtherAlgorithm"])
            if other.length < algorithm.length:
                out.add("tag-%s-cut-to-%s" % (short, kebab(other)), "A tag of %s cut to the length of %s, algorithm inferred." % (algorithm.name, other.name),
                        hmac_connection(INFER, HEXA_DECIMAL), [[SIGN, tag[:other.length].hex()]], BODY, "mismatch", flags=["TruncatedTag", "Inferred"])
    for size in (1, 8, 15, 17, 19, 21, 24, 27, 29, 31, 33, 40, 47, 49, 63, 65, 128, 2048):
        out.add("tag-inferred-%d-bytes" % size, "A value of %d bytes, the length of no algorithm." % size, hmac_connection(INFER, HEXA_DECIMAL),
                [[SIGN, (mac(SHA_256, SECRET.encode(), BODY) * 64)[:size].hex()]], BODY, "wrong_length", flags=["Inferred"])
    return [out]
