"""`scheme-formats*.json`: where signatures stand in their headers, what is found there, and how many."""

from .build import ALGORITHMS, BODY, ENCODINGS, HEXA_DECIMAL, INFER, OTHER_SECRET, SHORT
from .scheme_build import FORMATS, NAME, Schemes, scheme
from .sender import Sent

SECOND = "X-Shop-Signature-2"


def accepted():
    notes = {"Format": "Every form of the signature header, with every encoding and algorithm.", "Inferred": "The algorithm is read from the label or from the length.",
             "Default": "A part of the scheme is left out.", "Separator": "A separator of the scheme's own.", "PassedOver": "Items that have no meaning are passed over.", "Blanks": "Blanks around items are trimmed."}
    out = Schemes("scheme-formats.json", "Formats of the signature header", "Schemes of every format that accept what their sender makes.", notes)
    for format in FORMATS:
        for encoding in ENCODINGS:
            for algorithm in ALGORITHMS:
                out.sent("format-%s-%s-%s" % (format, SHORT[encoding], algorithm.digest), "%s, %s, %s." % (format, encoding, algorithm.name), "authentic", "Format",
                         scheme(format, algorithm.name, encoding))
    for format in ("bare", "labelled"):
        for encoding in ENCODINGS:
            for algorithm in ALGORITHMS:
                out.sent("infer-%s-%s-%s" % (format, SHORT[encoding], algorithm.digest), "%s, %s, %s by itself." % (format, encoding, algorithm.name), "authentic", "Inferred",
                         scheme(format, INFER, encoding), sign={"algorithm": algorithm})
    good = Sent(scheme(), BODY, "example-secret-of-the-vectors")
    line = [[NAME, good.sig()]]
    out.add("default-format", "No format means bare.", "authentic", "Default", {"signature": {"header": NAME}, "algorithm": "SHA_256", "encoding": HEXA_DECIMAL, "signed": "{body}"}, line)
    out.add("default-signed", "Nothing said of what is signed means the body.", "authentic", "Default", {"signature": {"header": NAME}, "algorithm": "SHA_256", "encoding": HEXA_DECIMAL}, line)
    out.add("named", "A name has no effect.", "authentic", "Default", scheme(name="my-shop"), line)
    out.add("companion", "The companion header agrees.", "authentic", "Inferred", scheme("bare", INFER), line + [["X-Fivetran-Hmac-Algorithm", "HmacSHA256"]])
    out.add("bare-label", "A label in front of a bare signature that agrees.", "authentic", "Inferred", scheme("bare", INFER), [[NAME, "hmac-sha256-hex=" + good.sig()]])
    out.add("fixed-bare-label", "A label that names the configured algorithm.", "authentic", "Format", scheme(), [[NAME, "SHA_256:" + good.sig()]])
    for number, separator in enumerate(";:|/.&!#$%*~ _-+^`'\"()<>?@[]\\{}"):
        for format in ("pairs", "list", "positional", "prefixed-list"):
            if (number + len(format)) % 4:
                continue
            parts = dict(FORMATS[format], separator=separator)
            out.sent("separator-%s-%02x" % (format, ord(separator)), "The separator %r." % separator, "authentic", "Separator", scheme(parts),
                     value=lambda sent: sent.value(sent.sig(bytes(32)), sent.sig()) if format != "positional" else sent.value())
    out.sent("separator-comma-pairs", "A comma between pairs.", "authentic", "Separator", scheme(dict(FORMATS["pairs"], separator=",")))
    out.sent("separator-equals-list", "An equals sign between the items of a list, in hex.", "authentic", "Separator", scheme(dict(FORMATS["list"], separator="=")))
    for id, format, value in [
        ("pairs-unknown-keys", "pairs", lambda s: "t=1;%s;v0=zz;v0=zz;note=a=b" % s.value()), ("pairs-empty-unknown", "pairs", lambda s: "note=;%s" % s.value()),
        ("pairs-unknown-case", "pairs", lambda s: "V1=zz;%s" % s.value()), ("list-unknown-versions", "list", lambda s: "v2,zz %s v1a,zz V1,zz ,zz" % s.value()),
        ("list-empty-unknown", "list", lambda s: "v2, %s" % s.value()), ("list-comma-behind", "list", lambda s: "v2,a,b,c %s" % s.value()),
    ]:
        out.sent(id, "Items that have no meaning.", "authentic", "PassedOver", scheme(format), value=value)
    for id, format, value in [
        ("pairs", "pairs", lambda s: " a=1 ;\tv1=%s \t" % s.sig()), ("prefixed-list", "prefixed-list", lambda s: "v0= %s , %s\t" % (s.sig(), s.sig())),
        ("positional", "positional", lambda s: "x | %s\t|%s" % (s.sig(), s.sig())), ("list", {"format": "list", "separator": ";", "version": "v1"}, lambda s: " v1,%s ; v1,%s" % (s.sig(), s.sig())),
    ]:
        out.sent("blanks-%s" % id, "Blanks around the items.", "authentic", "Blanks", scheme(format), value=value)
    return out.file()


def rejected():
    notes = {"Malformed": "The value does not have the form of the scheme.", "Label": "A label that names nothing, or what does not agree.", "Encoding": "A signature that is not in the encoding.",
             "Length": "A signature of another length.", "Repeated": "A header that stands there twice.", "Missing": "None of the headers is there.", "Mismatch": "Well formed, and another signature.", "Beside": "A malformed signature beside others counts as one that does not match."}
    out = Schemes("scheme-format-faults.json", "Faults of the signature header", "One fault each in the signature header of a scheme.", notes)
    cases = {
        "bare": [("label-alone", "sha256=", "malformed_signature"), ("unknown-label", "v1=%s", "unknown_algorithm"), ("other-label", "sha512=%s", "algorithm_not_accepted"), ("label-suffix", "sha256-base64=%s", "malformed_encoding")],
        "labelled": [("no-label", "%s", "malformed_signature"), ("label-alone", "sha256=", "malformed_signature"), ("unknown-label", "v1=%s", "unknown_algorithm"), ("other-label", "sha1=%s", "algorithm_not_accepted"),
                     ("label-blank", "sha256 =%s", "unknown_algorithm"), ("value-blank", "sha256= %s", "malformed_encoding"), ("label-suffix", "sha256_base64:%s", "malformed_encoding"), ("colon-alone", ":%s", "unknown_algorithm")],
        "prefixed": [("no-prefix", "%s", "malformed_signature"), ("alone", "sig1:", "malformed_signature"), ("case", "SIG1:%s", "malformed_signature"), ("cut", "sig1%s", "malformed_signature"),
                     ("blank-behind", "sig1: %s", "malformed_encoding"), ("blank-inside", "sig1 :%s", "malformed_signature"), ("twice", "sig1:sig1:%s", "malformed_encoding"), ("two", "sig1:%s,%s", "malformed_encoding")],
        "prefixed-list": [("empty-last", "v0=%s,", "authentic"), ("empty-first", "v0=,%s", "authentic"), ("empty-middle", "v0=%s,,%s", "authentic"), ("prefix-again", "v0=%s,v0=%s", "authentic"), ("both-empty", "v0=,", "malformed_signature"),
                          ("blank-item", "v0=%s, ,%s", "authentic"), ("alone", "v0=", "malformed_signature"), ("other-separator", "v0=%s;%s", "malformed_encoding")],
        "pairs": [("no-equals", "v1=%s;zz", "malformed_signature"), ("empty-key", "v1=%s;=zz", "malformed_signature"), ("empty-item", "v1=%s;", "malformed_signature"), ("empty-first", ";v1=%s", "malformed_signature"),
                  ("blank-item", "v1=%s; ;a=1", "malformed_signature"), ("no-key", "v2=%s", "malformed_signature"), ("key-case", "V1=%s", "malformed_signature"), ("empty-signature", "v1=", "malformed_signature"),
                  ("empty-beside", "v1=%s;v1=", "authentic"), ("bare", "%s", "malformed_signature"), ("blank-behind", "v1= %s", "malformed_encoding"), ("blank-before", "v1 =%s", "malformed_signature"),
                  ("equals-twice", "v1==%s", "malformed_encoding"), ("other-separator", "a=1,v1=%s", "malformed_signature"), ("longer-key", "v10=%s", "malformed_signature")],
        "list": [("no-comma", "v1%s", "malformed_signature"), ("no-comma-beside", "v1,%s zz", "malformed_signature"), ("no-version", ",%s", "malformed_signature"), ("other-version", "v2,%s", "malformed_signature"), ("case", "V1,%s", "malformed_signature"),
                 ("empty-signature", "v1,", "malformed_signature"), ("empty-beside", "v1,%s v1,", "authentic"), ("two-blanks", "v1,%s  v1,%s", "malformed_signature"), ("bare", "%s", "malformed_signature"), ("two-commas", "v1,,%s", "malformed_encoding"),
                 ("comma-between", "v1,%s,v1,%s", "malformed_encoding"), ("longer-version", "v1a,%s", "malformed_signature"), ("tab-between", "v1,%s\tv1,%s", "malformed_encoding"), ("equals", "v1=%s", "malformed_signature")],
        "positional": [("one-item", "%s", "malformed_signature"), ("empty-first", "|%s", "malformed_signature"), ("empty-last", "x|%s|", "authentic"), ("empty-signature", "x|", "malformed_signature"), ("blank-item", "x| |%s", "authentic"),
                       ("other-separator", "x,%s", "malformed_signature"), ("order", "%s|x", "malformed_encoding")],
    }
    for format, faults in cases.items():
        for id, pattern, expect in faults:
            flag = {"malformed_signature": "Malformed", "malformed_encoding": "Encoding", "authentic": "Beside"}.get(expect, "Label")
            out.sent("%s-%s" % (format, id), "%s: a value like %s." % (format, (pattern.replace("%s", "…")).encode("ascii", "replace").decode()), expect, flag, scheme(format),
                     value=lambda sent, pattern=pattern: pattern.replace("%s", sent.sig()))
        for encoding in ENCODINGS:
            for id, expect, make in [("letter", "malformed_encoding", lambda s: "!" + s.sig()[1:]), ("short", "wrong_length", lambda s: s.sig(s.tag[:-1])), ("long", "wrong_length", lambda s: s.sig(s.tag + b"\x00")),
                                     ("wrong", "mismatch", lambda s: s.sig(s.tag[:-1] + bytes([s.tag[-1] ^ 1])))]:
                flag = {"malformed_encoding": "Encoding", "wrong_length": "Length", "mismatch": "Mismatch"}[expect]
                out.sent("%s-%s-%s" % (format, SHORT[encoding], id), "%s, %s: %s." % (format, encoding, id), expect, flag, scheme(format, encoding=encoding), value=lambda s, make=make: s.value(make(s)))
        good = Sent(scheme(format), BODY, "example-secret-of-the-vectors")
        line = [NAME, good.value()]
        for id, expect, flag, lines in [("missing", "missing_signature", "Missing", []), ("repeated", "repeated_signature", "Repeated", [line, line]), ("empty", "malformed_signature", "Malformed", [[NAME, ""]]),
                                        ("blank", "malformed_signature", "Malformed", [[NAME, " \t"]]), ("too-long", "malformed_signature", "Malformed", [[NAME, good.value() + "a" * 4097]])]:
            out.add("%s-%s" % (format, id), "%s: %s." % (format, id), expect, flag, scheme(format), lines)
    good = Sent(scheme(), BODY, "example-secret-of-the-vectors")
    infer = scheme("labelled", INFER)
    for id, comment, expect, flag, lines in [
        ("infer-label-length", "A label that does not go with the length.", "wrong_length", "Length", [[NAME, "sha512=" + good.sig()]]),
        ("infer-companion-other", "A companion header that contradicts the label.", "algorithm_not_accepted", "Label", [[NAME, "sha256=" + good.sig()], ["X-Fivetran-Hmac-Algorithm", "sha1"]]),
        ("infer-companion-unknown", "A companion header that names nothing.", "unknown_algorithm", "Label", [[NAME, "sha256=" + good.sig()], ["X-Fivetran-Hmac-Algorithm", "sha3"]]),
        ("infer-companion-repeated", "Two companion headers.", "repeated_signature", "Repeated", [[NAME, "sha256=" + good.sig()]] + [["X-Fivetran-Hmac-Algorithm", "sha256"]] * 2),
        ("infer-no-label", "No label where one is due.", "malformed_signature", "Malformed", [[NAME, good.sig()]]),
    ]:
        out.add(id, comment, expect, flag, infer, lines)
    three = {"format": "positional", "separator": ",", "fields": ["signature", "note", "more"]}
    for id, comment, value, expect in [("three-two", "Two items for three fields.", "%s,x", "malformed_signature"), ("three-four", "Four items for three fields, the last of which is no signature.", "%s,x,y,%s", "malformed_signature"),
                                       ("three-empty", "An empty field that has no meaning.", "%s,,y", "malformed_signature"), ("three-good", "Three items.", "%s,x,y", "authentic")]:
        out.sent("positional-" + id, comment, expect, "Malformed", scheme(three), value=lambda s, value=value: value.replace("%s", s.sig()))
    return out.file()


def candidates():
    notes = {"Several": "Several signatures in one header.", "Headers": "Several signature headers.", "TooMany": "More than sixteen signatures.", "Fault": "No signature is well-formed, or the header has a fault, so that the delivery is rejected.", "Beside": "A malformed signature beside others counts as one that does not match."}
    out = Schemes("scheme-candidates.json", "Several signatures", "Every signature is tried against every secret; a malformed one counts as one that does not match.", notes)
    for format in ("prefixed-list", "pairs", "list", "positional"):
        for encoding in ENCODINGS:
            it, name = scheme(format, encoding=encoding), "%s-%s" % (format, SHORT[encoding])
            wrong = lambda s: s.sig(s.tag_by(OTHER_SECRET))  # noqa: E731
            for id, comment, expect, flag, make in [
                ("first", "The first of three is right.", "authentic", "Several", lambda s: [s.sig(), wrong(s), wrong(s)]), ("last", "The last of three is right.", "authentic", "Several", lambda s: [wrong(s), wrong(s), s.sig()]),
                ("none", "None of three is right.", "mismatch", "Several", lambda s: [wrong(s)] * 3), ("equal", "Twice the right one.", "authentic", "Several", lambda s: [s.sig()] * 2),
                ("bad-letter", "The right one, then one that is not in the encoding.", "authentic", "Beside", lambda s: [s.sig(), "!" + s.sig()[1:]]),
                ("bad-length", "One that is too short, then the right one.", "authentic", "Beside", lambda s: [s.sig(s.tag[:-1]), s.sig()]),
                ("bad-beside-wrong", "A malformed one, then one that does not match.", "mismatch", "Beside", lambda s: ["!" + s.sig()[1:], wrong(s)]),
                ("order", "Too short, then not in the encoding: the first fault counts.", "wrong_length", "Fault", lambda s: [s.sig(s.tag[:-1]), "!" + s.sig()[1:]]),
                ("order-2", "Not in the encoding, then too short: the first fault counts.", "malformed_encoding", "Fault", lambda s: ["!" + s.sig()[1:], s.sig(s.tag[:-1])]),
            ]:
                out.sent("several-%s-%s" % (name, id), comment, expect, flag, it, value=lambda s, make=make: s.value(*make(s)))
        for count, expect in [(16, "authentic"), (17, "malformed_signature")]:
            for where in ("first", "last"):
                out.sent("several-%s-%d-%s" % (format, count, where), "%d signatures, the %s is right." % (count, where), expect, "TooMany", scheme(format),
                         value=lambda s: s.value(*([s.sig()] + [wrong(s)] * (count - 1))[::1 if where == "first" else -1]))
        out.sent("several-%s-two-secrets" % format, "The second signature is by the second secret.", "authentic", "Several", scheme(format), secrets=["third-secret", OTHER_SECRET],
                 index=1, value=lambda s: s.value(s.sig(), wrong(s)))
        out.sent("several-%s-first-secret" % format, "Both secrets have signed: the first secret counts, not the first signature.", "authentic", "Several", scheme(format), secrets=[OTHER_SECRET, "example-secret-of-the-vectors"],
                 value=lambda s: s.value(s.sig(), wrong(s)))
    # The format of all that there is comes before the text of the first.
    for id, comment, expect, value in [
        ("text-then-format", "Not in the encoding, then no pair.", "malformed_signature", lambda s: "v1=zz;broken"), ("length-then-format", "Too short, then no pair.", "malformed_signature", lambda s: "v1=00;broken"),
        ("text-then-empty", "Not in the encoding, then an empty one.", "malformed_encoding", lambda s: "v1=zz;v1="), ("text-then-seventeen", "Seventeen that are not in the encoding.", "malformed_signature", lambda s: ";".join(["v1=zz"] * 17)),
        ("text-sixteen", "Sixteen that are not in the encoding.", "malformed_encoding", lambda s: ";".join(["v1=zz"] * 16)),
    ]:
        out.sent("several-faults-" + id, comment, expect, "Fault", scheme("pairs"), value=value)
    out.sent("several-passed-over", "Twenty items of other versions are not counted.", "authentic", "TooMany", scheme("list"), value=lambda s: " ".join(["v2,zz"] * 20 + [s.value()]))
    out.sent("several-other-keys", "Twenty pairs with other keys are not counted.", "authentic", "TooMany", scheme("pairs"), value=lambda s: ";".join(["a=zz"] * 20 + [s.value()]))
    headers(out)
    return out.file()


def headers(out):
    names = ["X-Sig-%d" % number for number in range(1, 17)]
    two = scheme(header=[NAME, SECOND])
    good = Sent(scheme(), BODY, "example-secret-of-the-vectors")
    right, wrong = good.sig(), good.sig(good.tag_by(OTHER_SECRET))
    for id, comment, expect, flag, lines in [
        ("first-only", "Only the first header.", "authentic", "Headers", [[NAME, right]]), ("second-only", "Only the second header.", "authentic", "Headers", [[SECOND, right]]),
        ("wrong-right", "The first is wrong, the second right.", "authentic", "Headers", [[NAME, wrong], [SECOND, right]]), ("right-wrong", "The first is right, the second wrong.", "authentic", "Headers", [[NAME, right], [SECOND, wrong]]),
        ("any-order", "The lines stand in another order.", "authentic", "Headers", [[SECOND, wrong], [NAME, right]]), ("both-wrong", "Both are wrong.", "mismatch", "Headers", [[NAME, wrong], [SECOND, wrong]]),
        ("none", "Neither is there.", "missing_signature", "Headers", [["X-Other", right]]), ("first-twice", "The first twice.", "repeated_signature", "Headers", [[NAME, right], [NAME, right]]),
        ("second-twice", "The second twice, the first right.", "repeated_signature", "Headers", [[NAME, right], [SECOND, wrong], [SECOND, wrong]]), ("second-empty", "The second is empty.", "malformed_signature", "Headers", [[NAME, right], [SECOND, ""]]),
        ("second-letter", "The second is not in the encoding.", "authentic", "Beside", [[NAME, right], [SECOND, "!" + right[1:]]]), ("first-short", "The first is too short.", "authentic", "Beside", [[NAME, right[:-2]], [SECOND, right]]),
        ("letter-then-twice", "The first is not in the encoding, the second stands twice.", "repeated_signature", "Fault", [[NAME, "zz"], [SECOND, right], [SECOND, right]]), ("letter-then-empty", "The first is not in the encoding, the second is empty.", "malformed_signature", "Fault", [[NAME, "zz"], [SECOND, ""]]),
        ("second-long", "The second is over 4,096 bytes.", "malformed_signature", "Headers", [[NAME, right], [SECOND, "a" * 4097]]), ("case", "Names in another case.", "authentic", "Headers", [[NAME.lower(), wrong], [SECOND.upper(), right]]),
    ]:
        out.add("headers-" + id, comment, expect, flag, two, lines)
    out.add("headers-sixteen", "Sixteen headers, all there, the last is right.", "authentic", "Headers", scheme(header=names), [[name, wrong] for name in names[:-1]] + [[names[-1], right]])
    out.add("headers-lists", "Two headers with eight signatures each.", "authentic", "Headers", scheme("prefixed-list", header=[NAME, SECOND]), [[NAME, "v0=" + ",".join([wrong] * 8)], [SECOND, "v0=" + ",".join([wrong] * 7 + [right])]])
    out.add("headers-lists-many", "Two headers with seventeen signatures together.", "malformed_signature", "TooMany", scheme("prefixed-list", header=[NAME, SECOND]),
            [[NAME, "v0=" + ",".join([right] * 9)], [SECOND, "v0=" + ",".join([right] * 8)]])
    out.add("headers-one-name", "A list of one name.", "authentic", "Headers", scheme(header=[NAME]), [[NAME, right]])


def files():
    return [accepted(), rejected(), candidates()]
