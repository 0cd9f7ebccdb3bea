"""How the signature header is found and trimmed, and how large it may be."""

from .build import (BASE64, BASE64_URL, BODY, HEXA_DECIMAL, INFER, MD5, SHA_1, SHA_256, SHA_512, SHORT, SIGN, VectorFile,
                    hmac_connection, sign)

TEXT = sign(SHA_256, HEXA_DECIMAL)
FIXED = hmac_connection(SHA_256, HEXA_DECIMAL)
OWN = hmac_connection(SHA_256, HEXA_DECIMAL, auth_header_key="X-Shop-Signature")


def accepted():
    notes = {
        "NameCase": "Header names are compared without case.",
        "OtherHeaders": "Other headers stand around the signature.",
        "OwnHeader": "The signature header has a name of the operator's choice.",
        "Blanks": "Spaces and tabs at the ends of the value are trimmed.",
        "BlanksNotCounted": "The limit of 4,096 bytes is measured after trimming.",
    }
    out = VectorFile("accepted-headers.json", "Header lookup and trimming", "The one signature header is found and its ends are trimmed.", notes)
    for id, name in [("lower", SIGN.lower()), ("upper", SIGN.upper()), ("mixed", "x-FIVETRAN-hmac-SIGN")]:
        out.accept("header-name-%s" % id, "The header name in another case.", FIXED, [[name, TEXT]], BODY, SHA_256, flags=["NameCase"])
    for id, configured, name in [("as-typed", "X-Shop-Signature", "X-Shop-Signature"), ("lower", "X-Shop-Signature", "x-shop-signature"),
                                 ("configured-lower", "x-shop-signature", "X-SHOP-SIGNATURE"), ("one-letter", "S", "s"),
                                 ("odd-characters", "!#$%&'*+-.^_`|~09azAZ", "!#$%&'*+-.^_`|~09AZaz"), ("authorization", "Authorization", "authorization"),
                                 ("content-type", "Content-Type", "Content-Type")]:
        out.accept("own-header-%s" % id, "A signature header of another name.", hmac_connection(SHA_256, HEXA_DECIMAL, auth_header_key=configured),
                   [[name, TEXT]], BODY, SHA_256, flags=["OwnHeader"])
    others = [["Host", "example.com"], ["Content-Type", "application/json"], ["X-Request-Id", "1"], ["X-Request-Id", "2"]]
    near = [["X-Fivetran-Hmac-Signature", "00"], ["X-Fivetran-Hmac-Sign-2", "00"], ["X_Fivetran_Hmac_Sign", "00"], ["Fivetran-Hmac-Sign", "00"], ["X-Fivetran-Hmac-Sig", "00"]]
    signed = [SIGN, TEXT]
    for id, comment, headers in [
        ("first", "The signature is the first of several headers.", [signed] + others),
        ("last", "The signature is the last of several headers.", others + [signed]),
        ("between", "The signature stands between others.", others[:2] + [signed] + others[2:]),
        ("similar-names", "Headers of similar names are not the signature.", near[:3] + [signed] + near[3:]),
        ("signature-elsewhere", "A forged signature in a header that is not configured.", [signed, ["X-Hub-Signature-256", "sha256=" + "0" * 64]]),
        ("non-utf8-neighbour", "Another header whose value is not UTF-8.", [["X-Name", b"Zo\xeb"], signed]),
        ("empty-neighbour", "Other headers without a value.", [["X-Empty", ""], signed, ["X-Blank", "  "]]),
        ("many", "The signature behind a hundred other headers.", [["X-Number-%d" % n, str(n)] for n in range(100)] + [signed]),
        ("default-name-too", "The default header is not looked at when another is configured.", None),
    ]:
        if headers is None:
            out.accept("headers-%s" % id, comment, OWN, [[SIGN, "00"], ["X-Shop-Signature", TEXT]], BODY, SHA_256, flags=["OwnHeader", "OtherHeaders"])
        else:
            out.accept("headers-%s" % id, comment, FIXED, headers, BODY, SHA_256, flags=["OtherHeaders"])
    for id, front, behind in [("space-front", " ", ""), ("space-behind", "", " "), ("tab-front", "\t", ""), ("tab-behind", "", "\t"),
                              ("both", " ", " "), ("many", " \t \t ", "\t\t  \t")]:
        for encoding in (HEXA_DECIMAL, BASE64):
            out.accept("blanks-%s-%s" % (id, SHORT[encoding]), "Blanks at the ends of the value.", hmac_connection(SHA_256, encoding),
                       [[SIGN, front + sign(SHA_256, encoding) + behind]], BODY, SHA_256, flags=["Blanks"])
        out.accept("blanks-%s-labelled" % id, "Blanks at the ends of a labelled value.", hmac_connection(INFER, HEXA_DECIMAL),
                   [[SIGN, front + "sha256=" + TEXT + behind]], BODY, SHA_256, flags=["Blanks"])
    for id, front, behind in [("front", " " * 4097, ""), ("behind", "", "\t" * 4097), ("both", " " * 3000, " " * 3000)]:
        out.accept("blanks-not-counted-%s" % id, "More blanks than the limit, around a value that is short.", FIXED,
                   [[SIGN, front + TEXT + behind]], BODY, SHA_256, flags=["BlanksNotCounted"])
    return out


def rejected():
    notes = {
        "Missing": "The signature header is absent.",
        "Repeated": "The signature header is there more than once, even when the lines are equal or one is empty.",
        "Empty": "The value is empty once it is trimmed.",
        "TooLong": "The value has more than 4,096 bytes once it is trimmed.",
        "AtTheLimit": "A value of exactly 4,096 bytes is read, and then judged by its length.",
        "OtherBlank": "Blanks other than space and tab are not trimmed, so the decoder meets them.",
    }
    out = VectorFile("rejected-headers.json", "Rejected headers", "Signature headers that are absent, repeated, empty or too long.", notes)
    for id, comment, connection, headers in [
        ("no-headers", "No header at all.", FIXED, []),
        ("others-only", "Other headers only.", FIXED, [["Content-Type", "application/json"], ["Host", "example.com"]]),
        ("longer-name", "A header whose name goes on.", FIXED, [[SIGN + "ature", TEXT]]),
        ("shorter-name", "A header whose name is cut.", FIXED, [[SIGN[:-1], TEXT]]),
        ("underscores", "A header name with underscores for dashes.", FIXED, [[SIGN.replace("-", "_"), TEXT]]),
        ("own-but-default-sent", "The signature is in the default header where another is configured.", OWN, [[SIGN, TEXT]]),
        ("default-but-own-sent", "The signature is in another header than the default one.", FIXED, [["X-Shop-Signature", TEXT]]),
        ("authorization", "The signature is in the header for tokens.", FIXED, [["Authorization", TEXT]]),
        ("inferred", "No header at all, algorithm inferred.", hmac_connection(INFER, HEXA_DECIMAL), []),
        ("base64", "No header at all, base64.", hmac_connection(MD5, BASE64), []),
    ]:
        out.add("missing-%s" % id, comment, connection, headers, BODY, "missing_signature", flags=["Missing"])
    signed, forged = [SIGN, TEXT], [SIGN, "0" * 64]
    for id, comment, headers in [
        ("equal", "Two equal lines.", [signed, signed]),
        ("good-first", "An authentic line, then a forged one.", [signed, forged]),
        ("good-last", "A forged line, then an authentic one.", [forged, signed]),
        ("names-in-two-cases", "Two lines whose names differ in case.", [signed, [SIGN.lower(), TEXT]]),
        ("three", "Three equal lines.", [signed, signed, signed]),
        ("empty-first", "An empty line, then an authentic one.", [[SIGN, ""], signed]),
        ("empty-last", "An authentic line, then an empty one.", [signed, [SIGN, ""]]),
        ("apart", "Two lines with other headers between.", [signed, ["Host", "example.com"], ["Content-Type", "application/json"], signed]),
    ]:
        for mode, connection in [("fixed", FIXED), ("inferred", hmac_connection(INFER, HEXA_DECIMAL))]:
            out.add("repeated-%s-%s" % (id, mode), comment, connection, headers, BODY, "repeated_signature", flags=["Repeated"])
    for id, value in [("nothing", ""), ("space", " "), ("tab", "\t"), ("blanks", " \t \t ")]:
        for encoding in (HEXA_DECIMAL, BASE64, BASE64_URL):
            for mode, algorithm in [("fixed", SHA_256), ("inferred", INFER)]:
                out.add("empty-%s-%s-%s" % (id, SHORT[encoding], mode), "A value of no characters but blanks.", hmac_connection(algorithm, encoding),
                        [[SIGN, value]], BODY, "malformed_signature", flags=["Empty"])
    for encoding, letter in [(HEXA_DECIMAL, "a"), (BASE64, "A"), (BASE64_URL, "A")]:
        for mode, algorithm, label in [("fixed", SHA_256, ""), ("inferred", INFER, ""), ("labelled", INFER, "hmac-sha256=")]:
            connection, name = hmac_connection(algorithm, encoding), "%s-%s" % (SHORT[encoding], mode)
            out.add("long-4097-%s" % name, "A value of 4,097 bytes.", connection, [[SIGN, label + letter * (4097 - len(label))]], BODY,
                    "malformed_signature", flags=["TooLong"])
            out.add("long-4096-%s" % name, "A value of exactly 4,096 bytes.", connection, [[SIGN, label + letter * (4096 - len(label))]], BODY,
                    "wrong_length", flags=["AtTheLimit"])
    out.add("long-4096-and-blanks", "A value of exactly 4,096 bytes with blanks around.", FIXED, [[SIGN, "  " + "a" * 4096 + "\t"]], BODY,
            "wrong_length", flags=["AtTheLimit"])
    out.add("long-64-kib", "A value of 65,536 bytes.", FIXED, [[SIGN, "a" * 65536]], BODY, "malformed_signature", flags=["TooLong"])
    out.add("long-repeated-tag", "An authentic tag, again and again, 4,160 bytes in all.", FIXED, [[SIGN, TEXT * 65]], BODY, "malformed_signature", flags=["TooLong"])
    for id, blank in [("newline", "\n"), ("carriage-return", "\r"), ("crlf", "\r\n"), ("vertical-tab", "\x0b"), ("form-feed", "\x0c"), ("nul", "\x00"),
                      ("no-break-space", "\u00a0"), ("em-space", "\u2003"), ("zero-width-space", "\u200b"), ("bom", "\ufeff"), ("latin1-no-break-space", b"\xa0")]:
        raw = blank if isinstance(blank, bytes) else blank.encode("utf-8")
        for where, value in [("front", raw + TEXT.encode()), ("behind", TEXT.encode() + raw)]:
            out.add("other-blank-%s-%s" % (id, where), "A blank that is not trimmed.", FIXED, [[SIGN, value]], BODY, "malformed_encoding", flags=["OtherBlank"])
    for id, value in [("newline", "\n"), ("no-break-space", "\u00a0")]:
        out.add("other-blank-%s-alone" % id, "A value of one blank that is not trimmed.", FIXED, [[SIGN, value]], BODY, "malformed_encoding", flags=["OtherBlank"])
    return out


def files():
    return [accepted(), rejected()]
