"""Labels in front of the signature: every known spelling, and the many that are not known."""

from .accepted import kebab
from .build import (ALGORITHMS, BASE64, BASE64_URL, BODY, ENCODINGS, HEXA_DECIMAL, INFER, MD5, SHA_256, SHORT, SIGN,
                    VectorFile, hmac_connection, sign)

PREFIXES = ["", "hmac", "hmac-", "hmac_"]
SEPARATORS = [("=", "equals"), (":", "colon")]
SUFFIXES = [("-hex", HEXA_DECIMAL), ("_base64", BASE64), ("_hex", HEXA_DECIMAL), ("-base64", BASE64)]


def bases(algorithm):
    if algorithm is MD5:
        return ["md5"]
    number = algorithm.digest[3:]
    return ["sha" + number, "sha-" + number, "sha_" + number]


def spellings():
    """(algorithm, spelling) for all 64 names without a suffix, in lower case."""
    return [(a, prefix + base) for a in ALGORITHMS for base in bases(a) for prefix in PREFIXES]


def word(text):
    """A spelling as part of an id: `-` and `_` must stay apart."""
    return text.replace("-", "-dash-").replace("_", "-line-")


def cased(text, number):
    return [text, text.upper(), text.title(), "".join(c.upper() if i % 2 else c for i, c in enumerate(text))][number % 4]


def accepted():
    notes = {
        "Spelling": "One of the known spellings of an algorithm's name.",
        "CaseIgnored": "Names are compared without ASCII case.",
        "EncodingSuffix": "The label ends in the name of the encoding, and it is the configured one.",
        "Inferred": "The algorithm is read from the label.",
        "Fixed": "The algorithm is configured and the label says the same.",
    }
    out = VectorFile("accepted-labels.json", "Accepted labels",
                     "Every spelling of every algorithm, behind every prefix, with `=` and `:`, with and without a suffix.", notes)
    for number, (algorithm, name) in enumerate(spellings()):
        for count, (separator, spoken) in enumerate(SEPARATORS):
            encoding = ENCODINGS[(number + count) % 3]
            out.accept("label-%s-%s-inferred" % (word(name), spoken), "Label %s%s, algorithm inferred." % (name, separator),
                       hmac_connection(INFER, encoding), [[SIGN, name + separator + sign(algorithm, encoding)]], BODY, algorithm,
                       flags=["Spelling", "Inferred"])
        separator, spoken = SEPARATORS[number % 2]
        encoding = ENCODINGS[(number + 2) % 3]
        shown = cased(name, number // 4 + number)
        out.accept("label-%s-%s-fixed" % (word(name), spoken), "Label %s%s, the same algorithm configured." % (shown, separator),
                   hmac_connection(algorithm, encoding), [[SIGN, shown + separator + sign(algorithm, encoding)]], BODY, algorithm,
                   flags=["Spelling", "Fixed"] + (["CaseIgnored"] if shown != name else []))
        for count in range(2):
            suffix, encoding = SUFFIXES[(number + number // 4 + 2 * count) % 4]
            separator, spoken = SEPARATORS[(number + count) % 2]
            out.accept("label-%s-%s-inferred" % (word(name + suffix), spoken), "Label %s%s%s, algorithm inferred." % (name, suffix, separator),
                       hmac_connection(INFER, encoding), [[SIGN, name + suffix + separator + sign(algorithm, encoding)]], BODY, algorithm,
                       flags=["Spelling", "EncodingSuffix", "Inferred"])
    for algorithm in ALGORITHMS:
        for number, (suffix, encoding) in enumerate(SUFFIXES):
            separator, spoken = SEPARATORS[number % 2]
            label = cased("hmac-" + algorithm.digest + suffix, number)
            out.accept("label-%s-fixed" % word("hmac-" + algorithm.digest + suffix), "Label %s%s, the same algorithm configured." % (label, separator),
                       hmac_connection(algorithm, encoding), [[SIGN, label + separator + sign(algorithm, encoding)]], BODY, algorithm,
                       flags=["Spelling", "EncodingSuffix", "Fixed"] + (["CaseIgnored"] if number else []))
        for number, base in enumerate(bases(algorithm)):
            for count in (1, 2, 3):
                label = cased(("hmac_" if count == 2 else "") + base, count)
                encoding = ENCODINGS[(number + count) % 3]
                out.accept("label-%s-case-%d" % (word(label.lower()), count), "Label %s= in another case." % label,
                           hmac_connection(INFER, encoding), [[SIGN, label + "=" + sign(algorithm, encoding)]], BODY, algorithm,
                           flags=["CaseIgnored", "Inferred"])
        for encoding in (BASE64, BASE64_URL):
            text = sign(algorithm, encoding)
            if text.endswith("="):
                for separator, spoken in SEPARATORS:
                    out.accept("label-%s-%s-%s-unpadded" % (kebab(algorithm), SHORT[encoding], spoken),
                               "A label in front of a signature without padding.", hmac_connection(INFER, encoding),
                               [[SIGN, algorithm.digest + separator + text.rstrip("=")]], BODY, algorithm, flags=["Inferred"])
        out.accept("label-%s-upper-hex" % kebab(algorithm), "A label in front of digits in upper case.", hmac_connection(INFER, HEXA_DECIMAL),
                   [[SIGN, algorithm.digest.upper() + "=" + sign(algorithm, HEXA_DECIMAL).upper()]], BODY, algorithm, flags=["CaseIgnored", "Inferred"])
    return out


UNKNOWN = [
    ("v0", "v0"), ("v1", "v1"), ("t", "t"), ("empty", ""), ("md-5", "md-5"), ("md-line-5", "md_5"), ("md4", "md4"), ("md2", "md2"),
    ("sha", "sha"), ("sha0", "sha0"), ("sha2", "sha2"), ("sha3-256", "sha3-256"), ("sha-slash", "sha512/256"), ("sha-2-256", "sha-2-256"),
    ("sha2-256", "sha2-256"), ("sha512-256", "sha512-256"), ("sha512t", "sha512_256"), ("sha257", "sha257"), ("sha2560", "sha2560"),
    ("sha0256", "sha0256"), ("sha-dash-dash", "sha--256"), ("sha-dash-line", "sha-_256"), ("sha-blank", "sha 256"), ("sha-dot", "sha.256"),
    ("hmac", "hmac"), ("hmac-dash", "hmac-"), ("hmac-twice", "hmac-hmac-sha256"), ("hmac-dash-dash", "hmac--sha256"),
    ("hmac-blank", "hmac sha256"), ("hmac-dot", "hmac.sha256"), ("sha256-hmac", "sha256-hmac"), ("hmac-sha", "hmac-sha"),
    ("suffix-empty", "sha256-"), ("suffix-hex-glued", "sha256hex"), ("suffix-base64-glued", "sha256base64"), ("suffix-b64", "sha256-b64"),
    ("suffix-base64url", "sha256-base64url"), ("suffix-hexa-decimal", "sha256-hexa_decimal"), ("suffix-twice", "sha256-hex-hex"),
    ("suffix-dash-dash", "sha256--hex"), ("hex", "hex"), ("base64", "base64"), ("signature", "signature"), ("hs256", "hs256"),
    ("rsa-sha256", "rsa-sha256"), ("with-rsa", "sha256withrsa"), ("ed25519", "ed25519"), ("ripemd160", "ripemd160"), ("blake2b", "blake2b"),
    ("x-front", "xsha256"), ("x-behind", "sha256x"), ("blank-behind", "sha256 "), ("tab-behind", "sha256\t"), ("nul-behind", "sha256\x00"),
    ("comma", "sha256,"), ("quote", '"sha256"'), ("bearer", "bearer"), ("enum-infer", INFER.lower()),
    ("long-s", "\u017fha256"), ("full-width", "\uff53\uff48\uff41256"), ("digits-arabic", "sha\u0662\u0665\u0666"),
    ("non-utf8", b"sha\xb2256"), ("bom", "\ufeffsha256"), ("high-bit", bytes([ord("s") | 0x80]) + b"ha256"),
]


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def rejected():
    notes = {
        "UnknownLabel": "The text in front of the first `=` or `:` names no algorithm we know.",
        "WrongLabel": "The label names another algorithm than the configured one.",
        "LabelAgainstLength": "The label names an algorithm whose tag has another length.",
        "SuffixDisagrees": "The label ends in the name of an encoding that is not the configured one.",
        "EmptySignature": "There is a label and nothing behind it.",
        "NotPadding": "A `=` that is neither behind a label nor padding at the end.",
        "SecondLabel": "Only one label is read; a second one is not of the alphabet.",
    }
    out = VectorFile("rejected-labels.json", "Rejected labels", "Labels that are not known, or that contradict what is known.", notes)
    for number, (id, label) in enumerate(UNKNOWN):
        for mode, configured in [("inferred", INFER), ("fixed", SHA_256)]:
            separator, spoken = SEPARATORS[(number + (mode == "fixed")) % 2]
            encoding = ENCODINGS[number % 3]
            value = as_bytes(label) + as_bytes(separator + sign(SHA_256, encoding))
            out.add("unknown-label-%s-%s" % (id, mode), "The label %s names no algorithm." % ascii(label), hmac_connection(configured, encoding),
                    [[SIGN, value]], BODY, "unknown_algorithm", flags=["UnknownLabel"])
    for algorithm in ALGORITHMS:
        add_contradictions(out, algorithm)
        add_suffixes(out, algorithm)
    for separator, spoken in SEPARATORS:
        for mode, configured in [("inferred", INFER), ("fixed", SHA_256)]:
            for form, label in [("plain", "sha256"), ("hmac", "HMAC-SHA-256"), ("blank", "sha256")]:
                value = label + separator + ("  " if form == "blank" else "")
                out.add("label-alone-%s-%s-%s" % (form, spoken, mode), "A label with no signature behind it.", hmac_connection(configured, HEXA_DECIMAL),
                        [[SIGN, value]], BODY, "malformed_signature", flags=["EmptySignature"])
    add_equals_signs(out)
    return out


def add_contradictions(out, algorithm):
    for number, other in enumerate(ALGORITHMS):
        if other is algorithm:
            continue
        encoding, (separator, _) = ENCODINGS[number % 3], SEPARATORS[number % 2]
        names = "%s-as-%s" % (kebab(algorithm), kebab(other))
        out.add("wrong-label-%s-fixed" % names, "A tag of the configured %s labelled %s." % (algorithm.name, other.name),
                hmac_connection(algorithm, encoding), [[SIGN, other.digest + separator + sign(algorithm, encoding)]], BODY,
                "algorithm_not_accepted", flags=["WrongLabel"])
        out.add("other-algorithm-%s-fixed" % names, "An honest %s signature where %s is configured." % (other.name, algorithm.name),
                hmac_connection(algorithm, encoding), [[SIGN, other.digest + separator + sign(other, encoding)]], BODY,
                "algorithm_not_accepted", flags=["WrongLabel"])
        out.add("label-against-length-%s-inferred" % names, "A tag of %s labelled %s." % (algorithm.name, other.name),
                hmac_connection(INFER, encoding), [[SIGN, other.digest + separator + sign(algorithm, encoding)]], BODY,
                "wrong_length", flags=["LabelAgainstLength"])


def add_suffixes(out, algorithm):
    cases = [("-hex", BASE64), ("_hex", BASE64_URL), ("-base64", HEXA_DECIMAL), ("_base64", BASE64_URL)]
    for number, (suffix, encoding) in enumerate(cases):
        for mode, configured in [("inferred", INFER), ("fixed", algorithm)]:
            out.add("suffix-%s-on-%s-%s" % (word(algorithm.digest + suffix), SHORT[encoding], mode),
                    "The suffix %s where %s is configured and used." % (suffix, encoding), hmac_connection(configured, encoding),
                    [[SIGN, algorithm.digest + suffix + SEPARATORS[number % 2][0] + sign(algorithm, encoding)]], BODY,
                    "malformed_encoding", flags=["SuffixDisagrees"])


def add_equals_signs(out):
    hexadecimal, base64 = sign(SHA_256, HEXA_DECIMAL), sign(SHA_256, BASE64)
    half = len(base64) // 2
    cases = [
        ("equals-in-front", BASE64, "=" + base64.rstrip("="), "unknown_algorithm", "NotPadding", "A `=` in front."),
        ("colon-in-front", BASE64, ":" + base64, "unknown_algorithm", "NotPadding", "A `:` in front."),
        ("equals-in-the-middle", BASE64, base64[:half] + "=" + base64[half:].rstrip("="), "unknown_algorithm", "NotPadding", "A `=` in the middle."),
        ("colon-in-the-middle", HEXA_DECIMAL, hexadecimal[:32] + ":" + hexadecimal[32:], "unknown_algorithm", "NotPadding", "A `:` in the middle."),
        ("colon-at-the-end", HEXA_DECIMAL, hexadecimal + ":", "unknown_algorithm", "NotPadding", "A `:` at the end."),
        ("hex-with-colons", HEXA_DECIMAL, ":".join(hexadecimal[i:i + 2] for i in range(0, 64, 2)), "unknown_algorithm", "NotPadding", "Pairs of digits with `:` between."),
        ("two-base64-joined", BASE64, base64 + base64, "unknown_algorithm", "NotPadding", "Two padded signatures one after the other."),
        ("two-values-joined", BASE64, base64 + ", " + base64, "unknown_algorithm", "NotPadding", "Two header lines joined by a comma."),
        ("quoted-base64", BASE64, '"%s"' % base64, "unknown_algorithm", "NotPadding", "Quotation marks around padded base64."),
        ("equals-at-the-end-of-hex", HEXA_DECIMAL, hexadecimal + "=", "malformed_encoding", "NotPadding", "A `=` behind hexadecimal digits."),
        ("two-equals-at-the-end-of-hex", HEXA_DECIMAL, hexadecimal + "==", "malformed_encoding", "NotPadding", "Two `=` behind hexadecimal digits."),
        ("equals-alone", BASE64, "=", "malformed_encoding", "NotPadding", "A `=` and nothing else."),
        ("four-equals-alone", BASE64_URL, "====", "malformed_encoding", "NotPadding", "Padding and nothing else."),
        ("equals-alone-in-hex", HEXA_DECIMAL, "==", "malformed_encoding", "NotPadding", "Two `=` and nothing else, in hexadecimal."),
        ("label-then-padding", BASE64, "sha256==", "malformed_encoding", "NotPadding", "A label, and padding behind it."),
        ("label-twice", HEXA_DECIMAL, "sha256=sha256=" + hexadecimal, "malformed_encoding", "SecondLabel", "The same label twice."),
        ("label-twice-colon", BASE64, "sha256:sha256:" + base64, "malformed_encoding", "SecondLabel", "The same label twice, with `:`."),
        ("label-then-other-label", HEXA_DECIMAL, "sha256=sha512=" + hexadecimal, "malformed_encoding", "SecondLabel", "Two labels."),
        ("label-and-both-separators", HEXA_DECIMAL, "sha256=:" + hexadecimal, "malformed_encoding", "SecondLabel", "A label with `=` and `:`."),
        ("label-and-blank", HEXA_DECIMAL, "sha256= " + hexadecimal, "malformed_encoding", "SecondLabel", "A blank between label and signature."),
        ("two-labelled-joined", HEXA_DECIMAL, "sha256=%s,sha256=%s" % (hexadecimal, hexadecimal), "malformed_encoding", "SecondLabel", "Two labelled signatures joined by a comma."),
    ]
    for id, encoding, value, expect, flag, comment in cases:
        for mode, configured in [("inferred", INFER), ("fixed", SHA_256)]:
            out.add("%s-%s" % (id, mode), comment, hmac_connection(configured, encoding), [[SIGN, value]], BODY, expect, flags=[flag])


def files():
    return [accepted(), rejected()]
