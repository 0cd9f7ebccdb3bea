"""The companion header that names the algorithm, and the list of algorithms that may be inferred."""

from .accepted import kebab
from .build import (ALGORITHMS, BASE64, BASE64_URL, BODY, COMPANION, ENCODINGS, HEXA_DECIMAL, INFER, MD5, SHA_1, SHA_256,
                    SHA_512, SHORT, SIGN, VectorFile, hmac_connection, sign)


def names(algorithm):
    """Spellings that are usual in such a header."""
    number = algorithm.digest[3:]
    if algorithm is MD5:
        return ["MD5", "HMACMD5", "HmacMD5", "md5", "hmac-md5", "HMAC_MD5"]
    return ["SHA_" + number, "HMACSHA" + number, "HmacSHA" + number, "sha" + number, "hmac-sha-" + number, "HMAC_SHA_" + number]


def accepted():
    notes = {
        "Companion": "A second header names the algorithm.",
        "Agreement": "Label and companion header are both there and name the same algorithm.",
        "EncodingSuffix": "The name ends in the configured encoding.",
        "OwnHeader": "The companion header has a name of the operator's choice.",
        "CompanionIgnored": "Another header, or any companion header beside a configured algorithm, is not looked at.",
    }
    out = VectorFile("accepted-companion.json", "Companion header", "Deliveries whose algorithm is named by a header of its own.", notes)
    for number, algorithm in enumerate(ALGORITHMS):
        short = kebab(algorithm)
        for count, name in enumerate(names(algorithm)):
            encoding = ENCODINGS[(number + count) % 3]
            out.accept("companion-%s-%d" % (short, count + 1), "The companion header says %s." % name, hmac_connection(INFER, encoding),
                       [[COMPANION, name], [SIGN, sign(algorithm, encoding)]], BODY, algorithm, flags=["Companion"])
            out.accept("companion-%s-%d-and-label" % (short, count + 1), "The companion header says %s and so does the label." % name,
                       hmac_connection(INFER, encoding), [[SIGN, algorithm.digest + "=" + sign(algorithm, encoding)], [COMPANION, name]],
                       BODY, algorithm, flags=["Companion", "Agreement"])
        for suffix, encoding in [("-hex", HEXA_DECIMAL), ("_HEX", HEXA_DECIMAL), ("-base64", BASE64), ("_BASE64", BASE64)]:
            out.accept("companion-%s-suffix%s" % (short, suffix.lower().replace("_", "-line-")), "The companion header says %s%s." % (algorithm.digest, suffix),
                       hmac_connection(INFER, encoding), [[COMPANION, algorithm.digest + suffix], [SIGN, sign(algorithm, encoding)]], BODY, algorithm,
                       flags=["Companion", "EncodingSuffix"])
        other = ALGORITHMS[(number + 1) % 6]
        for id, comment, value in [("other", "names another algorithm", other.name), ("unknown", "names nothing known", "v1"), ("empty", "is empty", "")]:
            out.accept("companion-%s-fixed-%s" % (short, id), "With a configured algorithm the companion header is ignored, even when it %s." % comment,
                       hmac_connection(algorithm, BASE64), [[SIGN, sign(algorithm, BASE64)], [COMPANION, value]], BODY, algorithm, flags=["CompanionIgnored"])
        out.accept("companion-%s-fixed-repeated" % short, "With a configured algorithm the companion header is ignored, even when it is there twice.",
                   hmac_connection(algorithm, BASE64), [[COMPANION, "MD5"], [SIGN, sign(algorithm, BASE64)], [COMPANION, "SHA_1"]], BODY, algorithm,
                   flags=["CompanionIgnored"])
    signed = [SIGN, sign(SHA_512, HEXA_DECIMAL)]
    own = hmac_connection(INFER, HEXA_DECIMAL, algorithm_header_key="X-Signature-Method")
    plain = hmac_connection(INFER, HEXA_DECIMAL)
    for id, comment, connection, header, flags in [
        ("own-header", "A companion header of another name.", own, ["X-Signature-Method", "HMAC-SHA512"], ["Companion", "OwnHeader"]),
        ("own-header-case", "The name of the companion header in another case.", own, ["x-signature-METHOD", "HMAC-SHA512"], ["Companion", "OwnHeader"]),
        ("own-header-absent", "The companion header may be absent.", own, ["X-Other", "1"], ["OwnHeader"]),
        ("own-header-default-name", "The default companion header is not looked at when another is configured.", own, [COMPANION, "MD5"], ["OwnHeader", "CompanionIgnored"]),
        ("header-case", "The name of the default companion header in another case.", plain, [COMPANION.lower(), "SHA_512"], ["Companion"]),
        ("blanks", "Blanks around the name of the algorithm.", plain, [COMPANION, " \tSHA_512 \t"], ["Companion"]),
        ("similar-header", "A header of a similar name is not the companion.", plain, [COMPANION + "s", "MD5"], ["CompanionIgnored"]),
    ]:
        out.accept("companion-%s" % id, comment, connection, [signed, header], BODY, SHA_512, flags=flags)
    return out


def rejected():
    notes = {
        "CompanionAgainstLabel": "The companion header and the label name different algorithms.",
        "CompanionAgainstLength": "The companion header names an algorithm whose tag has another length.",
        "UnknownCompanion": "The companion header names nothing we know.",
        "RepeatedCompanion": "The companion header is there more than once.",
        "EmptyCompanion": "The companion header has no value.",
        "LongCompanion": "The companion header is at or over the size limit of 4,096 bytes.",
        "SuffixDisagrees": "The companion header ends in the name of an encoding that is not the configured one.",
        "NoSignature": "A companion header is no signature.",
    }
    out = VectorFile("rejected-companion.json", "Rejected companion headers", "Companion headers that contradict, repeat, or say nothing known.", notes)
    for number, algorithm in enumerate(ALGORITHMS):
        for count, other in enumerate(ALGORITHMS):
            if other is algorithm:
                continue
            encoding, pair = ENCODINGS[count % 3], "%s-as-%s" % (kebab(algorithm), kebab(other))
            out.add("companion-against-label-%s" % pair, "A %s signature labelled so, with a companion header that says %s." % (algorithm.name, other.name),
                    hmac_connection(INFER, encoding), [[SIGN, algorithm.digest + "=" + sign(algorithm, encoding)], [COMPANION, other.name]], BODY,
                    "algorithm_not_accepted", flags=["CompanionAgainstLabel"])
            out.add("companion-against-length-%s" % pair, "A bare %s signature with a companion header that says %s." % (algorithm.name, other.name),
                    hmac_connection(INFER, encoding), [[COMPANION, other.name], [SIGN, sign(algorithm, encoding)]], BODY,
                    "wrong_length", flags=["CompanionAgainstLength"])
        for suffix, encoding in [("-hex", BASE64), ("_hex", BASE64_URL), ("-base64", HEXA_DECIMAL), ("_base64", BASE64_URL)]:
            out.add("companion-suffix-%s%s-on-%s" % (kebab(algorithm), suffix.replace("_", "-line-"), SHORT[encoding]),
                    "The companion header says %s%s where %s is configured and used." % (algorithm.digest, suffix, encoding),
                    hmac_connection(INFER, encoding), [[COMPANION, algorithm.digest + suffix], [SIGN, sign(algorithm, encoding)]], BODY,
                    "malformed_encoding", flags=["SuffixDisagrees"])
    connection, signed = hmac_connection(INFER, HEXA_DECIMAL), [SIGN, sign(SHA_256, HEXA_DECIMAL)]
    for id, value in [("v1", "v1"), ("none", "none"), ("sha3", "SHA3-256"), ("sha257", "SHA_257"), ("md-5", "MD-5"), ("infer", INFER), ("hmac", "HMAC"),
                      ("list", "SHA_256, SHA_512"), ("equals", "sha256="), ("colon", "sha256:"), ("quoted", '"SHA_256"'), ("inner-blank", "SHA 256"),
                      ("inner-nul", "SHA_256\x00"), ("newline", "SHA_256\n"), ("non-ascii", "\u017fha256"), ("non-utf8", b"SHA\xff256"), ("rsa", "RSA-SHA256")]:
        out.add("companion-unknown-%s" % id, "The companion header %s names no algorithm." % ascii(value), connection, [signed, [COMPANION, value]], BODY,
                "unknown_algorithm", flags=["UnknownCompanion"])
    for id, comment, lines in [
        ("equal", "Two equal companion lines.", [[COMPANION, "SHA_256"], [COMPANION, "SHA_256"]]),
        ("different", "Two different companion lines.", [[COMPANION, "SHA_256"], [COMPANION, "SHA_512"]]),
        ("case", "Two companion lines whose names differ in case.", [[COMPANION, "SHA_256"], [COMPANION.upper(), "SHA_256"]]),
        ("one-empty", "Two companion lines, one of them empty.", [[COMPANION, "SHA_256"], [COMPANION, ""]]),
    ]:
        out.add("companion-repeated-%s" % id, comment, connection, [signed] + lines, BODY, "repeated_signature", flags=["RepeatedCompanion"])
    for id, value in [("empty", ""), ("space", " "), ("tab", "\t"), ("blanks", " \t  ")]:
        out.add("companion-empty-%s" % id, "A companion header without a value.", connection, [signed, [COMPANION, value]], BODY,
                "malformed_signature", flags=["EmptyCompanion"])
    out.add("companion-4097-bytes", "A companion header one byte over the limit.", connection, [signed, [COMPANION, "s" * 4097]], BODY,
            "malformed_signature", flags=["LongCompanion"])
    out.add("companion-4096-bytes", "A companion header at the limit is read, and names nothing.", connection, [signed, [COMPANION, "s" * 4096]], BODY,
            "unknown_algorithm", flags=["LongCompanion"])
    out.add("companion-without-signature", "A companion header and no signature header.", connection, [[COMPANION, "SHA_256"]], BODY,
            "missing_signature", flags=["NoSignature"])
    return out


def accept_lists():
    notes = {
        "Listed": "The inferred algorithm is in the list `accept`.",
        "NotListed": "The inferred algorithm is not in the list `accept`.",
        "Label": "The algorithm comes from a label.",
        "Companion": "The algorithm comes from the companion header.",
        "LengthAlone": "The algorithm comes from the length of the tag alone.",
        "WrongLength": "The tag has not the length of the algorithm that is named, or of any.",
    }
    out = VectorFile("accept-list.json", "The list of algorithms that may be inferred", "`accept` narrows what may be inferred, whatever it is inferred from.", notes)
    every = [algorithm.name for algorithm in ALGORITHMS]
    for number, algorithm in enumerate(ALGORITHMS):
        encoding, short = ENCODINGS[number % 3], kebab(algorithm)
        signature = sign(algorithm, encoding)
        sources = [("label", "Label", [[SIGN, algorithm.digest + "=" + signature]]),
                   ("companion", "Companion", [[SIGN, signature], [COMPANION, algorithm.name]]),
                   ("length", "LengthAlone", [[SIGN, signature]])]
        for source, flag, headers in sources:
            for id, accept in [("alone", [algorithm.name]), ("all", every), ("last", [name for name in reversed(every) if name != algorithm.name] + [algorithm.name])]:
                out.accept("accept-%s-%s-%s" % (id, short, source), "%s by %s, with accept %s." % (algorithm.name, source, id),
                           hmac_connection(INFER, encoding, accept=accept), headers, BODY, algorithm, flags=["Listed", flag])
            for id, accept in [("others", [name for name in every if name != algorithm.name]), ("one-other", [every[(number + 3) % 6]])]:
                out.add("accept-%s-%s-%s" % (id, short, source), "%s by %s, which accept leaves out." % (algorithm.name, source),
                        hmac_connection(INFER, encoding, accept=accept), headers, BODY, "algorithm_not_accepted", flags=["NotListed", flag])
    strict = hmac_connection(INFER, HEXA_DECIMAL, accept=["SHA_256", "SHA_512"])
    for id, comment, headers in [
        ("label-wrong-length", "A listed label on a tag of 20 bytes.", [[SIGN, "sha256=" + sign(SHA_1, HEXA_DECIMAL)]]),
        ("companion-wrong-length", "A listed companion on a tag of 20 bytes.", [[SIGN, sign(SHA_1, HEXA_DECIMAL)], [COMPANION, "SHA_512"]]),
        ("no-length", "A tag of 24 bytes, the length of no algorithm.", [[SIGN, "ab" * 24]]),
    ]:
        out.add("accept-%s" % id, comment, strict, headers, BODY, "wrong_length", flags=["WrongLength"])
    return out


def files():
    return [accepted(), rejected(), accept_lists()]
