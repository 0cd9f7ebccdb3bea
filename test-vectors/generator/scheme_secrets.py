"""`scheme-secrets.json`: forms of secrets. `scheme-rotation.json`: which of them counts, and when. `scheme-tokens.json`."""

import base64

from .build import BODY, INFER, OTHER_SECRET, SECRET
from .scheme_build import NAME, Schemes, in_header, scheme, stamped
from .sender import NOW, Sent, moment


def raw(key):
    return {"secret_base64": base64.b64encode(key).decode("ascii")}


def forms():
    notes = {"Text": "The bytes of the text are the key, whatever they look like.", "Base64": "The text is base64, with or without whsec_ in front.", "Hex": "The text is hex.", "Empty": "A secret that is empty, or that nothing is left of.",
             "Malformed": "A text that is not in the form of the scheme.", "Forgiven": "Padding and spare bits are forgiven here, since others forgive them."}
    out = Schemes("scheme-secrets.json", "Forms of secrets", "How the text of a secret becomes a key.", notes)
    key = b"\x00\xff-a-key-of-the-vectors\x80"
    plain = base64.b64encode(key).decode("ascii")
    it = {form: scheme(secret=form) for form in ("UTF_8", "BASE64", "HEXA_DECIMAL")}

    def good(id, comment, flag, form, secret, key):
        tag = Sent(scheme(), BODY, key).sig()
        out.add("secret-" + id, comment, "authentic", flag, it[form] if form else scheme(), [[NAME, tag]], secrets=[secret])

    for id, text in [("plain", SECRET), ("whsec", "whsec_" + plain), ("base64", plain), ("hex", key.hex()), ("blank", " a secret "), ("newline", "secret\n"), ("unicode", "s\u00e9cret \U0001f600"), ("decomposed", "se\u0301cret"), ("one-byte", "k"), ("nul", "a\u0000b"),
                     ("block", "k" * 64), ("over-block", "k" * 65), ("long", "k" * 5000)]:
        good("text-" + id, "A text taken as it is.", "Text", "UTF_8", text, text.encode())
    good("default", "The text is the key unless the scheme says otherwise.", "Text", None, "whsec_" + plain, ("whsec_" + plain).encode())
    good("bytes", "A key that is no text.", "Text", "UTF_8", raw(key), key)
    good("bytes-base64", "The bytes of a text in base64.", "Base64", "BASE64", raw(plain.encode()), key)
    four = base64.b64encode(key[:4]).decode("ascii")
    for id, text, value in [("plain", plain, key), ("whsec", "whsec_" + plain, key), ("one-byte", "AQ==", b"\x01"), ("slash", "+/+/", b"\xfb\xff\xbf"), ("long", base64.b64encode(key * 40).decode("ascii"), key * 40)]:
        good("base64-" + id, "A secret in base64.", "Base64", "BASE64", text, value)
    for id, text in [("no-padding", four.rstrip("=")), ("one-of-two", four[:-1]), ("whsec-no-padding", "whsec_" + four.rstrip("=")), ("spare-bits", four.rstrip("=")[:-1] + chr(ord(four.rstrip("=")[-1]) + 1) + "==")]:
        good("base64-" + id, "Padding and spare bits are forgiven.", "Forgiven", "BASE64", text, key[:4])
    good("base64-extra-padding", "Padding where none is due.", "Forgiven", "BASE64", "QUJD=", b"ABC")
    good("hex-plain", "A secret in hex.", "Hex", "HEXA_DECIMAL", key.hex(), key)
    good("hex-upper-case", "A secret in upper-case hex.", "Hex", "HEXA_DECIMAL", key.hex().upper(), key)
    good("hex-one-byte", "One byte.", "Hex", "HEXA_DECIMAL", "01", b"\x01")

    def refuse(id, comment, flag, form, secret, expect):
        out.add("secret-" + id, comment, expect, flag, it[form], [[NAME, "0" * 64]], secrets=secret if isinstance(secret, list) else [secret])

    for id, text in [("letter", "a!bc"), ("url", "ab-_"), ("blank", "QU JD"), ("blank-behind", "QUJD "), ("newline", "QUJD\n"), ("padding-inside", "QU==QUJD"), ("three-pads", "QQ==="), ("one-letter", "Q"), ("five-letters", "QUJDR"), ("prefix-case", "WHSEC_QUJD"), ("prefix-twice", "whsec_whsec_QUJD"),
                     ("unicode", "\u00e9\u00e9"), ("prefix-behind", "QUJDwhsec_")]:
        refuse("base64-bad-" + id, "No base64.", "Malformed", "BASE64", text, "malformed_secret")
    for id, text in [("odd", "abc"), ("letter", "zz"), ("prefix", "0xab"), ("blank", "ab cd"), ("blank-behind", "ab "), ("newline", "ab\n"), ("whsec", "whsec_ab"), ("colons", "ab:cd")]:
        refuse("hex-bad-" + id, "No hex.", "Malformed", "HEXA_DECIMAL", text, "malformed_secret")
    refuse("bad-second", "The second secret has the fault.", "Malformed", "HEXA_DECIMAL", ["ab", "zz"], "malformed_secret")
    for form in it:
        refuse("empty-%s" % form.lower().replace("_", "-"), "An empty secret.", "Empty", form, "", "empty_secret")
        refuse("none-%s" % form.lower().replace("_", "-"), "No secret.", "Empty", form, [], "empty_secret")
    refuse("empty-second", "The second secret is empty.", "Empty", "UTF_8", ["a", ""], "empty_secret")
    for id, text in [("one", " "), ("three", "   "), ("newline", "\n"), ("crlf", "\r\n"), ("tab", "\t"), ("mixed", " \t\r\n")]:
        refuse("blank-" + id, "A secret of nothing but white space, which was never filled in.", "Empty", "UTF_8", text, "empty_secret")
    refuse("blank-second", "The second secret is nothing but white space.", "Empty", "UTF_8", ["a", " "], "empty_secret")
    for id, text in [("one", "*"), ("six", "******")]:
        refuse("mask-" + id, "What is shown in place of a secret.", "Empty", "UTF_8", text, "empty_secret")
    good("mask-beside", "A secret that begins and ends like what is shown in place of one.", "Text", "UTF_8", "*a*", b"*a*")
    for id, text in [("form-feed", "\f"), ("no-break-space", "\u00a0")]:
        good("text-" + id, "White space of other kinds is a text like any other.", "Text", "UTF_8", text, text.encode())
    refuse("empty-bytes", "A secret of no bytes.", "Empty", "UTF_8", raw(b""), "empty_secret")
    for length in (1, 32, 64, 65, 128, 129):
        refuse("zeros-%d" % length, "A secret of %d zeros, as HMAC fills an empty one up with." % length, "Empty", "UTF_8", raw(b"\x00" * length), "empty_secret")
        refuse("zeros-hex-%d" % length, "The same in hex.", "Empty", "HEXA_DECIMAL", "00" * length, "empty_secret")
        refuse("zeros-base64-%d" % length, "The same in base64.", "Empty", "BASE64", base64.b64encode(b"\x00" * length).decode("ascii"), "empty_secret")
    refuse("zeros-second", "The second secret is zeros.", "Empty", "HEXA_DECIMAL", ["ab", "0000"], "empty_secret")
    good("zeros-but-one", "Zeros and another byte.", "Hex", "HEXA_DECIMAL", "0" * 62 + "01", b"\x00" * 31 + b"\x01")
    refuse("empty-whsec", "Nothing behind whsec_.", "Empty", "BASE64", "whsec_", "empty_secret")
    return out.file()


def rotation():
    notes = {"Index": "Which secret matched, counted as they were given.", "Valid": "The moment is inside the bounds of the secret.", "Invalid": "The moment is outside of them, so that the secret does not count.", "Edge": "The bounds themselves are inside.",
             "Form": "A bound in seconds or in RFC 3339."}
    out = Schemes("scheme-rotation.json", "Rotation of secrets", "Several secrets, with the moments between which they count.", notes)
    secrets = ["example-secret-%d" % number for number in range(8)]
    for format in ("bare", "labelled", "pairs", "list"):
        for count in (2, 8):
            for index in sorted({0, count // 2, count - 1}):
                out.sent("rotation-%s-%d-of-%d" % (format, index, count), "Secret number %d of %d." % (index, count), "authentic", "Index", scheme(format), secret=secrets[index], secrets=secrets[:count], index=index)
            out.sent("rotation-%s-none-of-%d" % (format, count), "None of %d." % count, "mismatch", "Index", scheme(format), secret=OTHER_SECRET, secrets=secrets[:count])
    out.sent("rotation-equal", "Of equal secrets the first counts.", "authentic", "Index", scheme(), secret="same", secrets=["other", "same", "same"], index=1)
    out.sent("rotation-base64-equal", "Secrets that become the same key.", "authentic", "Index", scheme(secret="BASE64"), secret="QUJD", secrets=["whsec_QUJD", "QUJD"], index=0)
    inside, rfc = {"not_before": NOW - 10, "not_after": NOW + 10}, {"not_before": moment("rfc3339", NOW - 10), "not_after": moment("rfc3339", NOW + 10)}

    def one(id, comment, expect, flag, bounds, now=NOW, it=None, **more):
        out.sent("validity-" + id, comment, expect, flag, it or scheme(), secret=SECRET, secrets=more.pop("secrets", [dict({"secret": SECRET}, **bounds)]), now=now, **more)

    for name, bounds in [("seconds", inside), ("rfc3339", rfc)]:
        for id, delta, expect in [("before", -11, "mismatch"), ("first", -10, "authentic"), ("middle", 0, "authentic"), ("last", 10, "authentic"), ("after", 11, "mismatch")]:
            one("%s-%s" % (name, id), "%s of the time in which it counts." % id.capitalize(), expect, "Edge" if abs(delta) == 10 else "Valid" if expect == "authentic" else "Invalid", bounds, NOW + delta)
    for id, bounds, delta, expect in [("not-before-only-early", {"not_before": NOW}, -1, "mismatch"), ("not-before-only", {"not_before": NOW}, 0, "authentic"), ("not-before-only-late", {"not_before": NOW}, 10 ** 9, "authentic"),
                                      ("not-after-only-late", {"not_after": NOW}, 1, "mismatch"), ("not-after-only", {"not_after": NOW}, 0, "authentic"), ("not-after-only-early", {"not_after": NOW}, -10 ** 9, "authentic"),
                                      ("one-moment", {"not_before": NOW, "not_after": NOW}, 0, "authentic"), ("zero", {"not_before": 0}, 0, "authentic"), ("zero-after", {"not_after": 0}, 0, "mismatch"), ("no-bounds", {}, 0, "authentic")]:
        one(id, "One bound, or none.", expect, "Valid" if expect == "authentic" else "Invalid", bounds, NOW + delta)
    for id, bounds, delta, expect in [("offset", {"not_before": "2025-10-09T10:53:20+02:00"}, 0, "authentic"), ("offset-early", {"not_before": "2025-10-09T10:53:20+02:00"}, -1, "mismatch"), ("fraction-before", {"not_before": "2025-10-09T08:53:20.001Z"}, 0, "mismatch"),
                                      ("fraction-after", {"not_after": "2025-10-09T08:53:19.999Z"}, 0, "mismatch"), ("fraction-in", {"not_after": "2025-10-09T08:53:20.999Z"}, 0, "authentic"), ("mixed", {"not_before": NOW, "not_after": "2025-10-09t08:53:20z"}, 0, "authentic")]:
        one(id, "Bounds are moments, however they are written.", expect, "Form", bounds, NOW + delta)
    old, new = {"secret": "old-secret", "not_after": NOW + 100}, {"secret": "new-secret", "not_before": NOW - 100}
    for id, secret, delta, expect, index in [("old-before", "old-secret", -200, "authentic", 0), ("new-before", "new-secret", -200, "mismatch", 0), ("old-between", "old-secret", 0, "authentic", 0), ("new-between", "new-secret", 0, "authentic", 1), ("old-after", "old-secret", 200, "mismatch", 0),
                                             ("new-after", "new-secret", 200, "authentic", 1), ("old-edge", "old-secret", 100, "authentic", 0), ("new-edge", "new-secret", -100, "authentic", 1), ("other", OTHER_SECRET, 0, "mismatch", 0)]:
        out.sent("overlap-" + id, "An old and a new secret that overlap.", expect, "Valid" if expect == "authentic" else "Invalid", scheme(), secret=secret, secrets=[old, new], index=index, now=NOW + delta)
    out.sent("overlap-same-secret", "The same secret twice, the first no longer counts.", "authentic", "Index", scheme(), secret="same", secrets=[{"secret": "same", "not_after": NOW - 1}, "same"], index=1, now=NOW)
    out.sent("overlap-all-out", "None counts any more.", "mismatch", "Invalid", scheme(), secret="same", secrets=[{"secret": "same", "not_after": NOW - 1}, {"secret": "same", "not_before": NOW + 1}], now=NOW)
    one("bytes", "A key that is no text, with bounds.", "authentic", "Form", {}, secrets=[dict(raw(SECRET.encode()), **inside)])
    one("base64", "Bounds of a secret in base64.", "authentic", "Form", {}, it=None, secrets=[dict({"secret": SECRET}, **rfc)])
    wide = {"not_before": NOW - 10 ** 6}
    one("then-stale", "The secret counts, the delivery is stale.", "expired", "Valid", wide, it=stamped(), sign={"seconds": NOW - 301})
    one("outside-and-stale", "The secret does not count, so that nothing is said of freshness.", "mismatch", "Invalid", {"not_after": NOW - 1}, it=stamped(), sign={"seconds": NOW - 301})
    one("by-now-not-by-timestamp", "The moment of arrival counts, not the timestamp.", "mismatch", "Invalid", {"not_after": NOW - 1}, it=stamped(), sign={"seconds": NOW - 10})
    one("infer", "With an inferred algorithm.", "authentic", "Valid", inside, it=scheme("labelled", INFER))
    return out.file()


def tokens():
    notes = {"Good": "The secret is there.", "Wrong": "Another one is there.", "Header": "The header is missing, repeated, empty or too long.", "Validity": "Secrets with bounds.", "Bearer": "In Authorization, and nowhere else, Bearer is optional.", "Secret": "A secret that no header can carry.",
             "Fault": "Parts that do not belong to such a scheme."}
    out = Schemes("scheme-tokens.json", "Schemes of senders that repeat the secret", "The secret stands in a header as it is.", notes)
    own, bearer = {"token": {"header": "X-Shop-Token"}}, {"name": "by-bearer", "token": {"header": "Authorization"}}
    long = "t" * 4096
    for id, comment, expect, flag, it, lines, more in [
        ("good", "The secret.", "authentic", "Good", own, [["X-Shop-Token", SECRET]], {}), ("case", "The header in another case.", "authentic", "Good", own, [["x-shop-TOKEN", SECRET]], {}), ("trimmed", "Blanks around it.", "authentic", "Good", own, [["X-Shop-Token", "\t%s " % SECRET]], {}),
        ("second", "The second of two.", "authentic", "Good", own, [["X-Shop-Token", SECRET]], {"secrets": [OTHER_SECRET, SECRET], "index": 1}), ("utf8", "A secret outside ASCII.", "authentic", "Good", own, [["X-Shop-Token", "s\u00e9cret"]], {"secrets": ["s\u00e9cret"]}),
        ("inner-blank", "A blank inside.", "authentic", "Good", own, [["X-Shop-Token", "two words"]], {"secrets": ["two words"]}), ("long", "4,096 bytes.", "authentic", "Good", own, [["X-Shop-Token", long]], {"secrets": [long]}), ("body", "The body is of no matter.", "authentic", "Good", own, [["X-Shop-Token", SECRET]], {"body": b""}),
        ("wrong", "Another secret.", "mismatch", "Wrong", own, [["X-Shop-Token", OTHER_SECRET]], {}), ("cut", "A part of it.", "mismatch", "Wrong", own, [["X-Shop-Token", SECRET[:-1]]], {}), ("more", "More than it.", "mismatch", "Wrong", own, [["X-Shop-Token", SECRET + "x"]], {}),
        ("upper", "In another case.", "mismatch", "Wrong", own, [["X-Shop-Token", SECRET.upper()]], {}), ("missing", "No header.", "missing_signature", "Header", own, [["Authorization", SECRET]], {}), ("twice", "Two headers.", "repeated_signature", "Header", own, [["X-Shop-Token", SECRET]] * 2, {}),
        ("empty", "Nothing.", "malformed_signature", "Header", own, [["X-Shop-Token", ""]], {}), ("too-long", "4,097 bytes.", "malformed_signature", "Header", own, [["X-Shop-Token", long + "t"]], {}),
        ("bearer", "Bearer in front.", "authentic", "Bearer", bearer, [["Authorization", "Bearer " + SECRET]], {}), ("bearer-case", "Bearer in lower case.", "authentic", "Bearer", bearer, [["Authorization", "bearer  " + SECRET]], {}), ("bearer-none", "Without Bearer.", "authentic", "Bearer", bearer, [["Authorization", SECRET]], {}),
        ("bearer-elsewhere", "Bearer in another header.", "mismatch", "Bearer", own, [["X-Shop-Token", "Bearer " + SECRET]], {}),
        ("valid", "The secret counts now.", "authentic", "Validity", own, [["X-Shop-Token", SECRET]], {"secrets": [{"secret": SECRET, "not_after": NOW}], "now": NOW}), ("invalid", "The secret counts no more.", "mismatch", "Validity", own, [["X-Shop-Token", SECRET]], {"secrets": [{"secret": SECRET, "not_after": NOW}], "now": NOW + 1}),
        ("secret-blank", "A blank at its end.", "malformed_secret", "Secret", own, [], {"secrets": ["a "]}), ("secret-newline", "A newline inside.", "malformed_secret", "Secret", own, [], {"secrets": ["a\nb"]}), ("secret-long", "4,097 bytes.", "malformed_secret", "Secret", own, [], {"secrets": [long + "t"]}),
        ("secret-empty", "An empty secret.", "empty_secret", "Secret", own, [], {"secrets": [""]}),
        ("with-signature", "A signature beside it.", "invalid_config", "Fault", dict(scheme(), **own), [], {}), ("with-signed", "A template beside it.", "invalid_config", "Fault", dict(own, signed="{body}"), [], {}), ("with-algorithm", "An algorithm beside it.", "invalid_config", "Fault", dict(own, algorithm="SHA_256"), [], {}),
        ("with-encoding", "An encoding beside it.", "invalid_config", "Fault", dict(own, encoding="BASE64"), [], {}), ("with-timestamp", "A timestamp beside it.", "invalid_config", "Fault", dict(own, timestamp=in_header()), [], {}), ("with-id", "An id beside it.", "invalid_config", "Fault", dict(own, id={"from": "header:X-Id"}), [], {}),
        ("with-function", "A function beside it.", "invalid_config", "Fault", dict(own, function="twilio"), [], {}), ("no-header", "No header.", "invalid_config", "Fault", {"token": {}}, [], {}), ("bad-header", "A header that is no name.", "invalid_config", "Fault", {"token": {"header": "X Shop"}}, [], {}),
        ("other-part", "A part that does not exist.", "invalid_config", "Fault", {"token": {"header": "X-Shop", "prefix": "t"}}, [], {}), ("text", "A text for the object.", "invalid_config", "Fault", {"token": "X-Shop"}, [], {}), ("tolerance", "A tolerance.", "invalid_config", "Fault", own, [], {"tolerance": 300}),
    ]:
        out.add("token-" + id, comment, expect, flag, it, lines, algorithm=None, **more)
    return out.file()


def files():
    return [forms(), rotation(), tokens()]
