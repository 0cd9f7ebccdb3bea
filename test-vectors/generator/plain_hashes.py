"""`scheme-plain-hash.json`: senders that hash the secret with the text, which is no HMAC."""

import base64
import hmac

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
    places(add)
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


def places(add):
    """Values of the body and the query, as payment services hash them."""
    one = b'{"order_id":"7","status_code":"200","gross_amount":"10.00","note":"x"}'
    fields = {"from": "json", "names": ["order_id", "status_code", "gross_amount"], "join": ""}
    more = lambda signed, **rest: dict(scheme(signed), covers_body=False, **rest)  # noqa: E731
    joined = more("{fields}{secret}", fields=fields, ambiguous=True)
    add("fields", "Listed fields, with the secret behind them.", "authentic", "Template", plain("sha256", "7", "200", "10.00", SECRET), joined, body=one)
    add("fields-altered", "One of the fields was altered.", "mismatch", "Tampered", plain("sha256", "7", "200", "10.00", SECRET), joined, body=one.replace(b"10.00", b"1.00"))
    add("fields-ambiguous", "A digit that moved to the next field, which the sender leaves open.", "authentic", "Cut", plain("sha256", "7", "200", "10.00", SECRET), joined, body=one.replace(b'"7"', b'"72"').replace(b"200", b"00"))
    add("fields-absent", "One of the fields is not there.", "missing_part", "Template", plain("sha256", "7", "200", "10.00", SECRET), joined, body=one.replace(b"status_code", b"status"))
    inside = dict(joined, signature={"from": "json:/sign"})
    value = plain("sha256", "7", "200", "10.00", SECRET)
    add("in-body", "The hash is a field of the body.", "authentic", "Template", None, inside, body=one[:-1] + b',"sign":"%s"}' % value.encode())
    both = dict(scheme("{secret}{fields}{secret}"), signature={"from": "form:sign"}, fields={"from": "form", "except": ["sign"], "pair": "=", "join": ""}, ambiguous=True)
    form = lambda sign: b"b=2&a=1&sign=" + sign.encode()  # noqa: E731
    add("both-sides", "The secret on both sides of the sorted fields of a form.", "authentic", "Template", None, both, body=form(plain("sha256", SECRET, "a=1b=2", SECRET)))
    add("one-side", "The secret on one of two sides.", "mismatch", "Template", None, both, body=form(plain("sha256", SECRET, "a=1b=2")))
    add("both-sides-rotation", "The second of two secrets on both sides.", "authentic", "Template", None, both, body=form(plain("sha256", SECRET, "a=1b=2", SECRET)), secrets=[OTHER_SECRET, SECRET], index=1)
    parted = more("{json:/order_id}{secret}{json:/status_code}")
    add("parted", "Two values with the secret between them.", "authentic", "Template", plain("sha256", "7", SECRET, "200"), parted, body=one)
    add("parted-moved", "The same text, cut elsewhere: whoever moves the cut has to write the secret.", "mismatch", "Cut", plain("sha256", "7", SECRET, "200"), parted, body=one.replace(b'"7"', b'"72"').replace(b'"200"', b'"00"'))
    literal = more("{json:/order_id}&key={secret}&{query:id}")
    add("parted-literal", "A value that contains the text in front of the secret: only with the secret does that text end it.", "authentic", "Cut", plain("sha256", "a&key=b&key=", SECRET, "&9"), literal, body=one.replace(b'"7"', b'"a&key=b"'), method="POST", url=URL + "&id=9")
    add("pairs", "Pairs.", "authentic", "Format", "t=%d,v1=%s" % (NOW, plain("sha256", "%d." % NOW, SECRET, BODY)), scheme("{timestamp}.{secret}{body}", timestamp={"from": "signature:t", "unit": "s", "tolerance": 300}, format="pairs", separator=",", key="v1"))
    add("pairs-several", "Several hashes, which no sender is known to send.", "mismatch", "Format", "t=%d,v1=%s,v1=%s" % ((NOW,) + (plain("sha256", "%d." % NOW, SECRET, BODY),) * 2), scheme("{timestamp}.{secret}{body}", timestamp={"from": "signature:t", "unit": "s", "tolerance": 300}, format="pairs", separator=",", key="v1"))
    add("nested", "The hash of the body and the secret.", "authentic", "Template", plain("sha256", plain("sha256", BODY), SECRET), scheme("{sha256:body}{secret}"))
    with_key = {"signature": {"header": NAME}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL", "signed": "{secret}{body}"}
    mac = lambda *parts: hmac.new(SECRET.encode(), b"".join(part.encode() if isinstance(part, str) else part for part in parts), "sha256").hexdigest()  # noqa: E731
    add("hmac", "An HMAC over the text of its own key and the body.", "authentic", "Template", mac(SECRET, BODY), with_key)
    add("hmac-without", "An HMAC over the body alone.", "mismatch", "Template", mac(BODY), with_key)
    add("hmac-rotation", "The same with the second of two secrets.", "authentic", "Template", mac(SECRET, BODY), with_key, secrets=[OTHER_SECRET, SECRET], index=1)


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
        ("no-secret", scheme("{body}")), ("no-body", scheme("{secret}")), ("two-bodies", scheme("{secret}{body}{body}")), ("unknown", scheme("{secret}{body}{id}")),
        ("no-signed", {key: value for key, value in it.items() if key != "signed"}), ("header-touches", scheme("{secret}{header:X-Kind}{body}")), ("two-headers-touch", scheme("{header:X-Kind}{header:X-Other}{secret}{body}")),
        ("own-header", scheme("{header:%s}{secret}{body}" % NAME)), ("too-many", scheme("{secret}{body}" + "{method}" * 15)), ("too-long", scheme("{secret}{body}" + "a" * 250)), ("brace", scheme("{secret}{body")),
        ("timestamp-unread", scheme("{timestamp}{secret}{body}")), ("timestamp-unsigned", dict(it, timestamp=stamp())), ("timestamp-from", scheme("{timestamp}{secret}{body}", timestamp={"from": "signature:t", "unit": "s"})),
        ("timestamp-own", scheme("{timestamp}{secret}{body}", timestamp={"from": "header:" + NAME, "unit": "s"})), ("algorithm", dict(it, algorithm="SHA_256")), ("infer", dict(it, plain_hash="INFER_FROM_HEADER")), ("yes", dict(it, plain_hash=True)),
        ("function", dict(it, function="twilio")), ("secret-form", dict(it, secret="BASE64")), ("list", scheme(format="list", separator=" ", version="v1")), ("several", scheme(format="prefixed", prefix="v1=", separator=",")), ("prefix-alone", scheme(prefix="v1=")), ("prefix-none", scheme(format="prefixed")), ("headers", scheme(header=[NAME, "X-Other"])),
        ("key", dict(it, key="SHA_256")), ("control", scheme("{secret}\x01{body}")), ("uncovered", scheme("{secret}{json:/id}")), ("moved-cut", scheme("{json:/a}{json:/b}{secret}{body}")),
    ]:
        out.add("plain-config-" + id, "A scheme with a fault.", "invalid_config", "Config", faulty, [[NAME, good]])
