"""`scheme-plain-hash.json`: senders that hash the secret with the text, which is no HMAC."""

import base64

from .build import ALGORITHMS, BODY, OTHER_SECRET, SECRET
from .message_sender import plain
from .scheme_build import NAME, STAMP, Schemes
from .sender import NOW

URL = "https://hooks.example.com/in?shop=1"


def scheme(signed="{secret}{body}", algorithm="SHA_256", encoding="HEXA_DECIMAL", timestamp=None, **signature):
    it = {"signature": dict({"header": NAME}, **signature), "plain_hash": algorithm, "encoding": encoding, "signed": signed}
    return dict(it, timestamp=timestamp) if timestamp else it


def stamp(unit="s", tolerance=300):
    return {"from": "header:" + STAMP, "unit": unit, "tolerance": tolerance}


def files():
    notes = {"Accepted": "An authentic delivery.", "Format": "The value of the header.", "Template": "What is hashed, and where the secret stands in it.", "Time": "The time of sending.", "Tampered": "A part that is hashed was altered.",
             "Cut": "What could be cut in two ways.", "Extension": "What a plain hash cannot refuse, since it is no HMAC.", "Config": "A fault of the scheme."}
    out = Schemes("scheme-plain-hash.json", "Plain hashes", "Schemes with plain_hash: the sender hashes the secret with the text, without HMAC.", notes)

    def add(id, comment, expect, flag, value, it=None, body=BODY, lines=(), now=NOW, **more):
        out.add("plain-" + id, comment, expect, flag, it or scheme(), list(lines) + ([] if value is None else [[NAME, value]]), body, now=now, **more)

    good = plain("sha256", SECRET, BODY)
    for algorithm in ALGORITHMS:
        for id, encoding, text in [("hex", "HEXA_DECIMAL", lambda tag: tag.hex()), ("base64", "BASE64", lambda tag: base64.b64encode(tag).decode()), ("base64url", "BASE64_URL", lambda tag: base64.urlsafe_b64encode(tag).decode())]:
            value = text(bytes.fromhex(plain(algorithm.digest, SECRET, BODY)))
            add("%s-%s" % (algorithm.digest, id), "The secret in front of the body.", "authentic", "Accepted", value, scheme(algorithm=algorithm.name, encoding=encoding), algorithm=algorithm)
    add("upper-case", "Upper-case hex.", "authentic", "Format", good.upper())
    add("label", "A label that names the algorithm.", "authentic", "Format", "sha256=" + good)
    add("label-other", "A label that names another algorithm.", "algorithm_not_accepted", "Format", "sha1=" + good)
    add("prefix", "A prefix.", "authentic", "Format", "v1:" + good, scheme(format="prefixed", prefix="v1:"))
    add("prefix-missing", "The prefix is missing.", "malformed_signature", "Format", good, scheme(format="prefixed", prefix="v1:"))
    add("rotation", "The second of two secrets was hashed.", "authentic", "Accepted", good, secrets=[OTHER_SECRET, SECRET], index=1)
    add("wrong-secret", "Another secret was hashed.", "mismatch", "Tampered", plain("sha256", OTHER_SECRET, BODY))
    add("no-secret", "No secret was hashed.", "mismatch", "Tampered", plain("sha256", BODY))
    add("secret-behind", "The secret stands behind the body.", "mismatch", "Template", plain("sha256", BODY, SECRET))
    add("body", "The body was altered.", "mismatch", "Tampered", good, body=BODY + b" ")
    add("empty-body", "An empty body.", "authentic", "Accepted", plain("sha256", SECRET), body=b"")
    add("missing", "No signature.", "missing_signature", "Format", None)
    out.add("plain-repeated", "Two signatures.", "repeated_signature", "Format", scheme(), [[NAME, good], [NAME, good]])
    add("letter", "A letter that hex does not have.", "malformed_encoding", "Format", "!" + good[1:])
    add("short", "The last byte is cut off.", "wrong_length", "Format", good[:-2])
    add("empty-secret", "A secret without bytes.", "empty_secret", "Config", plain("sha256", BODY), secrets=[""])
    add("extension", "Bytes that anyone could append without the secret. The sender did not send them.", "authentic", "Extension", plain("sha256", SECRET, BODY + padding(len(SECRET) + len(BODY)) + b"more"), body=BODY + padding(len(SECRET) + len(BODY)) + b"more")
    templates(add)
    times(add)
    config(out, good)
    return [out.file()]


def padding(length):
    """What SHA-256 itself appends to a text of this length."""
    return b"\x80" + b"\x00" * ((55 - length) % 64) + (length * 8).to_bytes(8, "big")


def templates(add):
    kind = [["X-Kind", "a-b"]]
    for id, signed, lines, text, more in [
        ("behind", "{body}{secret}", [], (BODY, SECRET), {}), ("middle", "{method}{secret}{body}", [], ("POST", SECRET, BODY), {"method": "POST"}), ("url", "{secret}{method}{url}{body}", [], (SECRET, "POST", URL, BODY), {"method": "POST", "url": URL}),
        ("literals", "a{{{secret}}}.{body}\n", [], ("a{", SECRET, "}.", BODY, "\n"), {}), ("header", "{header:X-Kind}{secret}{body}", kind, ("a-b", SECRET, BODY), {}), ("header-behind", "{body}{secret}{header:X-Kind}", kind, (BODY, SECRET, "a-b"), {}),
        ("header-literal", "{secret}{header:X-Kind}.{body}", kind, (SECRET, "a-b.", BODY), {}), ("header-trimmed", "{secret}{header:X-Kind}.{body}", [["X-Kind", " a-b\t"]], (SECRET, "a-b.", BODY), {}),
    ]:
        add("template-" + id, "The secret in another place.", "authentic", "Template", plain("sha256", *text), scheme(signed), lines=lines, **more)
    add("no-method", "The method is not known.", "missing_part", "Template", plain("sha256", "POST", SECRET, BODY), scheme("{method}{secret}{body}"))
    add("no-url", "The URL is not known.", "missing_part", "Template", plain("sha256", SECRET, URL, BODY), scheme("{secret}{url}{body}"))
    add("no-header", "A header is not there.", "missing_part", "Template", plain("sha256", SECRET, BODY), scheme("{header:X-Kind}{secret}{body}"))
    add("empty-header", "A header is empty.", "missing_part", "Template", plain("sha256", SECRET, BODY), scheme("{header:X-Kind}{secret}{body}"), lines=[["X-Kind", " "]])
    add("two-headers", "A header stands there twice.", "repeated_signature", "Template", plain("sha256", "a-b", SECRET, BODY), scheme("{header:X-Kind}{secret}{body}"), lines=kind * 2)
    add("cut-literal", "A header that contains what ends it.", "missing_part", "Cut", plain("sha256", SECRET, "a-b-", BODY), scheme("{secret}{header:X-Kind}-{body}"), lines=kind)
    add("cut-secret", "A header and the body with the secret between them, moved.", "mismatch", "Cut", plain("sha256", "a-b", SECRET, BODY), scheme("{header:X-Kind}{secret}{body}"), lines=[["X-Kind", "a-"]], body=b"b" + BODY)


def times(add):
    it = scheme("{timestamp}{secret}{body}", timestamp=stamp())
    value = lambda text: plain("sha256", text, SECRET, BODY)  # noqa: E731
    sent = lambda text: dict(lines=[[STAMP, text]])  # noqa: E731
    for id, expect, seconds in [("past-in", "authentic", -300), ("past-out", "expired", -301), ("future-in", "authentic", 300), ("future-out", "from_future", 301)]:
        add(id, "At an edge of the tolerance.", expect, "Time", value(str(NOW + seconds)), it, **sent(str(NOW + seconds)))
    add("no-timestamp", "The time is missing.", "missing_timestamp", "Time", value(str(NOW)), it)
    add("two-timestamps", "Two times.", "repeated_signature", "Time", value(str(NOW)), it, lines=[[STAMP, str(NOW)]] * 2)
    for id, text in [("text", "now"), ("nine", "999999999"), ("eleven", "10000000000"), ("blank", " %d" % NOW), ("sign", "+%d" % NOW)]:
        add("timestamp-" + id, "A time that is none, or has another length.", "malformed_timestamp", "Time", value(text), it, **sent(text))
    add("timestamp-bounded", "A time with a literal that ends it may have any length.", "authentic", "Time", plain("sha256", "5.", SECRET, BODY), scheme("{timestamp}.{secret}{body}", timestamp=stamp()), lines=[[STAMP, "5"]], now=5)
    add("timestamp-ms", "Milliseconds.", "authentic", "Time", plain("sha256", BODY, "%d000" % NOW, SECRET), scheme("{body}{timestamp}{secret}", timestamp=stamp("ms")), lines=[[STAMP, "%d000" % NOW]])
    date = "2025-10-09T08:53:20Z"
    add("timestamp-rfc3339", "A date.", "authentic", "Time", plain("sha256", date, SECRET, BODY), scheme("{timestamp}{secret}{body}", timestamp=stamp("rfc3339")), **sent(date))
    add("stale-and-wrong", "Old, and with another body: first it must be authentic.", "mismatch", "Time", value(str(NOW - 999)), it, body=b"{}", **sent(str(NOW - 999)))
    add("unsigned-timestamp", "A time that is read and not hashed.", "authentic", "Time", plain("sha256", SECRET, BODY), dict(scheme(), timestamp={"from": "header:" + STAMP, "unit": "s"}), **sent(str(NOW)))
    add("tolerance", "Another tolerance.", "expired", "Time", value(str(NOW - 6)), it, tolerance=5, **sent(str(NOW - 6)))


def config(out, good):
    it = scheme()
    for id, faulty in [
        ("no-secret", scheme("{body}")), ("no-body", scheme("{secret}")), ("two-secrets", scheme("{secret}{secret}{body}")), ("two-bodies", scheme("{secret}{body}{body}")), ("unknown", scheme("{secret}{body}{id}")),
        ("no-signed", {key: value for key, value in it.items() if key != "signed"}), ("header-touches", scheme("{secret}{header:X-Kind}{body}")), ("two-headers-touch", scheme("{header:X-Kind}{header:X-Other}{secret}{body}")),
        ("own-header", scheme("{header:%s}{secret}{body}" % NAME)), ("too-many", scheme("{secret}{body}" + "{method}" * 15)), ("too-long", scheme("{secret}{body}" + "a" * 242)), ("brace", scheme("{secret}{body")),
        ("timestamp-unread", scheme("{timestamp}{secret}{body}")), ("timestamp-unsigned", dict(it, timestamp=stamp())), ("timestamp-from", scheme("{timestamp}{secret}{body}", timestamp={"from": "signature:t", "unit": "s"})),
        ("timestamp-own", scheme("{timestamp}{secret}{body}", timestamp={"from": "header:" + NAME, "unit": "s"})), ("algorithm", dict(it, algorithm="SHA_256")), ("infer", dict(it, plain_hash="INFER_FROM_HEADER")), ("yes", dict(it, plain_hash=True)),
        ("function", dict(it, function="twilio")), ("secret-form", dict(it, secret="BASE64")), ("pairs", scheme(format="pairs", separator=",", key="v1")), ("prefix-alone", scheme(prefix="v1=")), ("prefix-none", scheme(format="prefixed")), ("headers", scheme(header=[NAME])),
        ("hmac", {"signature": {"header": NAME}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL", "signed": "{secret}{body}"}),
    ]:
        out.add("plain-config-" + id, "A scheme with a fault.", "invalid_config", "Config", faulty, [[NAME, good]])
