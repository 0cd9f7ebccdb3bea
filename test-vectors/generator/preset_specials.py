"""`presets-special.json`: the senders that no template can describe, and their own traps."""

import hashlib
import json

from .build import VectorFile
from .preset_cases import NOTES as CASES
from .presets import PRESETS
from .sender import NOW, Sent, example_secret, moment

NOTES = dict(CASES, Canonical="How the sender rewrites the URL or the body before it signs.", Url="The URL as the sender knew it and as it is known here.")
FORM = [["Content-Type", "application/x-www-form-urlencoded"]]
JSON = [["Content-Type", "application/json"]]


class Special:
    """Signs `url` and `body` as they are given here, already rewritten, and sends others."""

    def __init__(self, out, name):
        self.out, self.name, self.scheme = out, name, PRESETS[name]
        self.secret, self.other = example_secret(self.scheme), example_secret(self.scheme, "another")

    def add(self, id, comment, expect, flag, sent, headers=None, body=None, secrets=None, index=0, now=None, **place):
        verdict = dict(algorithm=sent.algorithm, secret_index=index) if expect == "authentic" else {}
        self.out.add("preset-%s-%s" % (self.name, id), comment, None, sent.headers() if headers is None else headers, sent.body if body is None else body, expect, flags=[flag],
                     verifier={"preset": self.name, "secrets": secrets or [self.secret]}, received_at=now, **verdict, **dict({"url": sent.url, "method": sent.method}, **place))

    def faults(self, make, lines, name=None, **more):
        """The faults of the header, of the secret and of the body that every one of them has."""
        good = make()
        name = name or good.name()
        add = lambda id, comment, expect, flag, headers, **other: self.add(id, comment, expect, flag, good, headers, **dict(more, **other))  # noqa: E731
        with_value = lambda value: lines(good) + [[name, value]]  # noqa: E731
        add("accept", "A delivery as the sender makes it.", "authentic", "Accepted", with_value(good.value()))
        add("rotation", "The second of two secrets signed.", "authentic", "Rotation", with_value(good.value()), secrets=[self.other, self.secret], index=1)
        add("wrong-secret", "Signed with another secret.", "mismatch", "WrongSecret", with_value(good.sig(good.tag_by(self.other))))
        add("missing", "No signature header.", "missing_signature", "Missing", lines(good))
        add("repeated", "Two equal signature headers.", "repeated_signature", "Repeated", with_value(good.value()) + [[name, good.value()]])
        add("empty", "An empty signature header.", "malformed_signature", "Format", with_value(""))
        add("letter", "A letter that the encoding does not have.", "malformed_encoding", "Encoding", with_value("!" + good.value()[1:]))
        add("short", "The last byte of the signature is cut off.", "wrong_length", "Length", with_value(good.sig(good.tag[:-1])))
        return good


TWILIO_SPELLINGS = [
    ("sip", "?Caller=sip%3A100%40192.0.2.5", "?Caller=sip:100@192.0.2.5", "authentic"), ("sip-lower-case", "?Caller=sip%3a100%40192.0.2.5", "?Caller=sip:100@192.0.2.5", "authentic"), ("sip-escaped", "?Caller=sip:100@192.0.2.5", "?Caller=sip%3A100%40192.0.2.5", "authentic"),
    ("apostrophe", "?name=O'Hara", "?name=O%27Hara", "authentic"), ("apostrophe-plain", "?name=O%27Hara", "?name=O'Hara", "authentic"), ("apostrophe-alone", "?name=O'Hara&at=a@b", "?name=O%27Hara&at=a@b", "authentic"),
    ("ampersand", "?name=a%26b", "?name=a&b", "mismatch"), ("path", "/a%40b?x=1", "/a@b?x=1", "mismatch"), ("percent", "?name=%2540", "?name=%40", "mismatch"),
]


def twilio(out):
    it = Special(out, "twilio")
    url = "https://hooks.example.com/voice?shop=1"

    def make(signed="CallSidCA1From+14158675309", body=b"From=%2B14158675309&CallSid=CA1", signed_url=url, url=url, secret=None):
        return Sent(it.scheme, body, secret or it.secret, url=url, signed_url=signed_url, signed_body=signed.encode())

    good = it.faults(make, lambda sent: FORM)
    for id, known, signed_as, expect in TWILIO_SPELLINGS:
        base = "https://hooks.example.com"
        for where, front in [("", base), ("-port", base + ":443")]:
            made = make(signed_url=front + signed_as, url=base + known)
            it.add("spelling-%s%s" % (id, where), "Known as %s, signed as %s." % (known, front[len(base):] + signed_as), expect, "Url", made, FORM + [["X-Twilio-Signature", made.value()]])
    for id, comment, body, signed in [
        ("sorted", "Names are sorted, capital letters first.", b"b=2&a=1&B=3", "B3a1b2"), ("plus", "A plus sign is a blank.", b"Body=hello+world", "Bodyhello world"),
        ("percent", "Escapes are undone, as UTF-8.", b"Body=caf%C3%A9%20%F0%9F%98%80", "Bodycaf\u00e9 \U0001f600"), ("empty-value", "A parameter without a value.", b"Body=&From=1", "BodyFrom1"),
        ("two-values", "Two values of one name are sorted.", b"a=2&a=1", "a1a2"), ("same-twice", "The same name and value counts once.", b"a=1&a=1&b=2", "a1b2"),
        ("escaped-name", "Names have escapes too.", b"b=1&%61%5B%5D=2", "a[]2b1"), ("ampersand", "An escaped ampersand is part of a value.", b"a=1%262", "a1&2"),
        ("encoded-order", "Sorted once the escapes are undone.", b"%7A=1&y=2", "y2z1"), ("no-parameters", "A form without parameters.", b"", ""),
    ]:
        it.add("form-%s" % id, comment, "authentic", "Canonical", make(signed, body), FORM + [["X-Twilio-Signature", make(signed, body).value()]])
    charset = [["content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8"], ["X-Twilio-Signature", good.value()]]
    it.add("charset", "A media type in another case and with a parameter.", "authentic", "Canonical", good, charset)
    signed = FORM + [["X-Twilio-Signature", good.value()]]
    many = make("", b"&".join(b"a=%d" % number for number in range(1001)))
    it.add("too-many-parameters", "More parameters than are read.", "body_too_large", "Canonical", many, FORM + [["X-Twilio-Signature", many.value()]])
    it.add("head-first", "The same without a signature: the head is looked at first.", "missing_signature", "Missing", many, FORM)
    it.add("tampered", "A value was altered.", "mismatch", "Tampered", good, signed, body=good.body.replace(b"CA1", b"CA2"))
    it.add("added", "A parameter was added.", "mismatch", "Tampered", good, signed, body=good.body + b"&Extra=1")
    it.add("other-order", "The parameters in another order are the same parameters.", "authentic", "Canonical", good, signed, body=b"CallSid=CA1&From=%2B14158675309")
    it.add("other-url", "Another URL.", "mismatch", "Url", good, signed, url=url + "2")
    it.add("http", "The same URL over http.", "mismatch", "Url", good, signed, url=url.replace("https", "http"))
    it.add("no-url", "The URL is not known.", "missing_part", "Part", good, signed, url=None)
    for kind, port in [("https", ":443"), ("http", ":80")]:
        without = "%s://hooks.example.com/voice" % kind
        with_port = "%s://hooks.example.com%s/voice" % (kind, port)
        for id, comment, signed_url, known in [("port-signed", "Signed with the standard port.", with_port, without), ("port-known", "Known with the standard port.", without, with_port)]:
            sent = make(signed_url=signed_url, url=known)
            it.add("%s-%s" % (id, kind), comment, "authentic", "Url", sent, FORM + [["X-Twilio-Signature", sent.value()]])
    sent = make(signed_url="https://hooks.example.com:8443/voice", url="https://hooks.example.com/voice")
    it.add("other-port", "Signed with a port that is not known here.", "mismatch", "Url", sent, FORM + [["X-Twilio-Signature", sent.value()]])
    text = b'{"CallSid":"CA1"}'
    hashed = url + "&bodySHA256=" + hashlib.sha256(text).hexdigest()
    sent = make("", text, hashed, hashed)
    it.add("json", "A JSON body, whose hash stands in the URL.", "authentic", "Canonical", sent, JSON + [["X-Twilio-Signature", sent.value()]])
    it.add("json-no-type", "The same without a Content-Type.", "authentic", "Canonical", sent, [["X-Twilio-Signature", sent.value()]])
    it.add("json-tampered", "The JSON body was altered.", "mismatch", "Tampered", sent, JSON + [["X-Twilio-Signature", sent.value()]], body=text + b" ")
    plain = make("", text)
    it.add("json-no-hash", "A JSON body without its hash in the URL.", "missing_part", "Part", plain, JSON + [["X-Twilio-Signature", plain.value()]])
    wrong = make("", text, hashed[:-1] + ("0" if hashed[-1] != "0" else "1"), hashed[:-1] + ("0" if hashed[-1] != "0" else "1"))
    it.add("json-other-hash", "A JSON body and a signed hash of another one.", "mismatch", "Tampered", wrong, JSON + [["X-Twilio-Signature", wrong.value()]])


def mandrill(out):
    it = Special(out, "mandrill")
    url = "https://hooks.example.com/mandrill"
    body, signed = b"mandrill_events=%5B%7B%22event%22%3A%22send%22%7D%5D", 'mandrill_events[{"event":"send"}]'

    def make(body=body, signed=signed):
        return Sent(it.scheme, body, it.secret, url=url, signed_body=signed.encode())

    good = it.faults(make, lambda sent: FORM)
    lines = FORM + [["X-Mandrill-Signature", good.value()]]
    for id, comment, other, text in [("sorted", "Names are sorted.", b"b=2&a=1", "a1b2"), ("plus", "A plus sign is a blank.", b"mandrill_events=a+b", "mandrill_eventsa b"),
                                     ("utf8", "Escapes are undone, as UTF-8.", b"mandrill_events=%C3%A9", "mandrill_events\u00e9"), ("test", "What is sent when the webhook is created.", b"mandrill_events=%5B%5D", "mandrill_events[]")]:
        sent = make(other, text)
        it.add("form-%s" % id, comment, "authentic", "Canonical", sent, FORM + [["X-Mandrill-Signature", sent.value()]])
    for id, comment, count, expect in [("most", "As many parameters as are read.", 1000, "authentic"), ("too-many", "More parameters than are read.", 1001, "body_too_large")]:
        pairs = [("p%04d" % number, str(number)) for number in range(count)]
        sent = make("&".join("%s=%s" % pair for pair in pairs).encode(), "".join(name + value for name, value in pairs))
        it.add("%s-parameters" % id, comment, expect, "Canonical", sent, FORM + [["X-Mandrill-Signature", sent.value()]])
    it.add("tampered", "The events were altered.", "mismatch", "Tampered", good, lines, body=body.replace(b"send", b"open"))
    it.add("other-url", "A slash more.", "mismatch", "Url", good, lines, url=url + "/")
    it.add("no-url", "The URL is not known.", "missing_part", "Part", good, lines, url=None)
    raw = Sent(it.scheme, body, it.secret, url=url)
    it.add("raw-body", "Signed over the body as it is sent.", "mismatch", "Canonical", raw, FORM + [["X-Mandrill-Signature", raw.value()]])


def hubspot(out):
    it = Special(out, "hubspot")
    url = "https://hooks.example.com/hubspot"
    stamp_name = "X-HubSpot-Request-Timestamp"

    def make(secret=None, seconds=NOW, stamp=None, **more):
        return Sent(it.scheme, more.pop("body", b'{"eventId":1}'), secret or it.secret, seconds=seconds, stamp=stamp, url=more.pop("url", url), **more)

    good = it.faults(make, lambda sent: [[stamp_name, sent.stamp]], now=NOW)
    lines = good.headers()
    for text, escape in [(":", "%3A"), ("/", "%2F"), ("?", "%3F"), ("@", "%40"), ("!", "%21"), ("$", "%24"), ("'", "%27"), ("(", "%28"), (")", "%29"), ("*", "%2A"), (",", "%2C"), (";", "%3B")]:
        sent = make(url="%s?a=1%s2" % (url, escape), signed_url="%s?a=1%s2" % (url, text))
        it.add("decoded-%s" % escape[1:].lower(), "%s is decoded." % escape, "authentic", "Canonical", sent, now=NOW)
    for escape in ["%20", "%26", "%3D", "%25", "%23", "%2B", "%C3%A9"]:
        sent = make(url="%s?a=1%s2" % (url, escape))
        it.add("kept-%s" % escape[1:].replace("%", "").lower(), "%s is kept." % escape, "authentic", "Canonical", sent, now=NOW)
    twice = make(url=url + "?a=%253A")
    it.add("escaped-percent", "An escaped percent sign does not become another escape.", "authentic", "Canonical", twice, now=NOW)
    it.add("get", "Another method, without a body.", "authentic", "Accepted", make(method="GET", body=b""), now=NOW)
    it.add("other-method", "Another method.", "mismatch", "Tampered", good, lines, method="PUT", now=NOW)
    it.add("no-method", "The method is not known.", "missing_part", "Part", good, lines, method=None, now=NOW)
    it.add("no-url", "The URL is not known.", "missing_part", "Part", good, lines, url=None, now=NOW)
    it.add("other-url", "Another URL.", "mismatch", "Url", good, lines, url=url + "?x=1", now=NOW)
    it.add("tampered", "The body was altered.", "mismatch", "Tampered", good, lines, body=good.body + b" ", now=NOW)
    it.add("tampered-timestamp", "The timestamp was altered.", "mismatch", "Tampered", good, good.headers(change={stamp_name: moment("ms", NOW + 1)}), now=NOW)
    it.add("no-timestamp", "The timestamp is missing.", "missing_timestamp", "Timestamp", good, good.headers(drop=[stamp_name]), now=NOW)
    it.add("two-timestamps", "Two timestamps.", "repeated_signature", "Repeated", good, lines + [[stamp_name, good.stamp]], now=NOW)
    it.add("eight-digits", "A timestamp of eight digits: the digits of the body could be its own.", "malformed_timestamp", "Cut", make(stamp="15000000"), now=15000)
    it.add("cut-elsewhere", "The first digit of the timestamp moved into the body.", "malformed_timestamp", "Cut", good, good.headers(change={stamp_name: good.stamp[1:]}), body=good.body + good.stamp[:1].encode(), now=int(good.stamp[1:]) // 1000)
    moments(it, make, 300)


def moments(it, make, tolerance):
    for id, text in [("negative", "-1"), ("plus", "+%s" % moment("ms")), ("blank", " " + moment("ms")), ("fraction", "1.5"), ("forty", "1" * 40), ("empty", "")]:
        it.add("timestamp-%s" % id, "A timestamp that is none.", "malformed_timestamp", "Timestamp", make(stamp=text), now=NOW)
    for id, comment, expect, seconds, extra in [
        ("past-in", "As old as the tolerance allows.", "authentic", -tolerance, 0), ("past-out", "A millisecond too old.", "expired", -tolerance - 1, 999),
        ("future-in", "As far ahead as the tolerance allows.", "authentic", tolerance, 0), ("future-out", "A millisecond too far ahead.", "from_future", tolerance, 1),
    ]:
        it.add(id, comment, expect, "Edge", make(stamp=moment("ms", NOW + seconds, extra)), now=NOW)
    it.add("stale-and-wrong", "Old, and signed with another secret: first it must be authentic.", "mismatch", "WrongSecret", make(it.other, NOW - 10 ** 6), now=NOW)


def contentful(out):
    it = Special(out, "contentful")
    stamp_name, names_name = "x-contentful-timestamp", "x-contentful-signed-headers"
    path, host = "/api/v1/resources/1", "https://app.example.com"

    def make(secret=None, seconds=NOW, stamp=None, signed_path=path, url=host + path, front=(), behind=(), body=b'{"sys":{"id":"1"}}', method="POST", names=None):
        stamp = stamp if stamp is not None else moment("ms", seconds)
        named = [name for name, _ in front] + [names_name, stamp_name] + [name for name, _ in behind]
        names = ",".join(named) if names is None else names
        before = ";".join(["%s:%s" % pair for pair in list(front) + [(names_name, names)]] + [stamp_name + ":"])
        after = "".join(";%s:%s" % pair for pair in behind)
        sent = Sent(it.scheme, body, secret or it.secret, stamp=stamp, url=url, signed_url=signed_path + "\n" + before, signed_body=after.encode() + b"\n" + body, method=method)
        sent.lines = [list(pair) for pair in front] + [[names_name, names], [stamp_name, stamp]] + [list(pair) for pair in behind]
        sent.headers = lambda value=None: sent.lines + [[sent.name(), value or sent.value()]]
        return sent

    good = it.faults(make, lambda sent: sent.lines, now=NOW)
    app = [("x-contentful-app-id", "app"), ("x-contentful-environment-id", "master")]
    it.add("context", "Headers of the app are signed too.", "authentic", "Canonical", make(front=app), now=NOW)
    it.add("behind", "A header that sorts behind the timestamp.", "authentic", "Canonical", make(behind=[("x-contentful-user-id", "user"), ("z-last", "1")]), now=NOW)
    it.add("both", "Headers on both sides of the timestamp.", "authentic", "Canonical", make(front=[("authorization", "Bearer TOKEN")] + app, behind=[("z-zzzzz", "ronf ronf")]), now=NOW)
    sent = make(front=app)
    it.add("header-case", "Header names in another case.", "authentic", "Canonical", sent, [[name.upper(), value] for name, value in sent.headers()], now=NOW)
    it.add("header-blanks", "Blanks around a signed header are trimmed.", "authentic", "Canonical", sent, [[name, " app\t" if name == app[0][0] else value] for name, value in sent.headers()], now=NOW)
    it.add("unsigned", "A header that is not signed.", "authentic", "Canonical", sent, JSON + sent.headers(), now=NOW)
    it.add("tampered-header", "A signed header was altered.", "mismatch", "Tampered", sent, [[name, "other" if name == app[0][0] else value] for name, value in sent.headers()], now=NOW)
    it.add("two-headers", "A signed header stands there twice.", "repeated_signature", "Repeated", sent, sent.headers() + [list(app[0])], now=NOW)
    it.add("no-names", "The list of signed headers is missing.", "missing_part", "Part", good, [line for line in good.headers() if line[0] != names_name], now=NOW)
    held = make(front=[("x-a", "1;x-contentful-signed-headers:x-a"), ("x-b", "2")])
    it.add("cut-names", "A header that holds what looks like the list of headers.", "malformed_signature", "Cut", held, now=NOW)
    held = make(front=[("x-a", "1;x-b:2"), ("x-b", "3")])
    it.add("cut-next", "A header that holds the name of the next.", "malformed_signature", "Cut", held, now=NOW)
    held = make(front=[("content-type", "application/json; charset=utf-8"), ("x-b", "a;b:c")])
    it.add("semicolons", "Headers that hold semicolons, but not with what follows them.", "authentic", "Canonical", held, now=NOW)
    it.add("bad-name", "A name that no header can have.", "malformed_signature", "Format", make(front=[("x a", "1")]), now=NOW)
    it.add("eight-digits", "A timestamp of eight digits.", "malformed_timestamp", "Cut", make(stamp="15000000"), now=15000)
    it.add("names-without-timestamp", "The timestamp is not among the signed headers.", "missing_part", "Part", make(names=names_name), now=NOW)
    it.add("no-timestamp", "The timestamp is missing.", "missing_timestamp", "Timestamp", good, [line for line in good.headers() if line[0] != stamp_name], now=NOW)
    it.add("tampered-timestamp", "The timestamp was altered.", "mismatch", "Tampered", good, [[name, moment("ms", NOW + 1) if name == stamp_name else value] for name, value in good.headers()], now=NOW)
    it.add("get", "Another method, without a body.", "authentic", "Accepted", make(method="GET", body=b""), now=NOW)
    it.add("other-method", "Another method.", "mismatch", "Tampered", good, method="PUT", now=NOW)
    it.add("no-method", "The method is not known.", "missing_part", "Part", good, method=None, now=NOW)
    it.add("other-path", "Another path.", "mismatch", "Url", good, url=host + path + "0", now=NOW)
    it.add("other-host", "Another host: only the path is signed.", "authentic", "Url", good, url="https://other.example.com" + path, now=NOW)
    it.add("tampered", "The body was altered.", "mismatch", "Tampered", good, body=good.body + b" ", now=NOW)
    it.add("upper-case", "Upper-case hex.", "authentic", "Accepted", good, good.headers(value=good.value().upper()), now=NOW)
    moments(it, make, 30)


def adyen(out):
    it = Special(out, "adyen")
    item = {"amount": {"currency": "EUR", "value": 1130}, "eventCode": "AUTHORISATION", "eventDate": "2026-01-01T00:00:00+01:00", "merchantAccountCode": "TestMerchant",
            "merchantReference": "TestPayment-1", "originalReference": "", "pspReference": "7914073381342284", "success": "true"}
    text = "7914073381342284::TestMerchant:TestPayment-1:1130:EUR:AUTHORISATION:true"

    def make(signed=text, secret=None, signature=None, extra=(), drop=(), **change):
        content = {name: value for name, value in dict(item, **change).items() if name not in drop}
        sent = Sent(it.scheme, b"", secret or it.secret, signed_body=signed.encode())
        value = sent.value() if signature is None else signature
        if value is not False:
            content["additionalData"] = {"hmacSignature": value}
        sent.body = json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": content}] + list(extra)}, separators=(",", ":"), ensure_ascii=False).encode()
        return sent

    def add(id, comment, expect, flag, sent, **more):
        it.add(id, comment, expect, flag, sent, JSON, url=None, method=None, **more)

    good = make()
    add("accept", "A notification as the sender makes it.", "authentic", "Accepted", good)
    add("pretty", "The same JSON, written over several lines.", "authentic", "Canonical", good, body=json.dumps(json.loads(good.body), indent=2).encode())
    add("unsigned-field", "A field that is not signed was altered.", "authentic", "Canonical", make(eventDate="2027-01-01"))
    whole = good.body.decode()
    for id, comment, body in [
        ("folded-name", "A second field whose name folds to a signed one by the rules of Unicode.", whole.replace('"success":"true"', '"success":"true","ſuccess":"false"')),
        ("folded-name-first", "The same in front of the signed one.", whole.replace('"success":"true"', '"ſuccess":"false","success":"true"')),
        ("folded-name-escaped", "The same, escaped.", whole.replace('"success":"true"', '"success":"true","\\u017fuccess":"false"')),
        ("kelvin-name", "A folded name where the item is read.", whole.replace('"NotificationRequestItem"', '"NotificationRequeſtItem":{},"NotificationRequestItem"')),
        ("folded-items", "A folded name at the top.", whole.replace('"live"', '"notificationItemſ":[],"live"')),
        ("folded-data", "A folded name beside the signature.", whole.replace('{"hmacSignature"', '{"hmacſignature":"","hmacSignature"')),
        ("folded-twice", "A name that folds to a longer one.", whole.replace('"success":"true"', '"success":"true","succeß":"false"')),
        ("dotless-name", "A folded name of a letter without its dot.", whole.replace('"success":"true"', '"success":"true","orıginalReference":"1"')),
        ("dotted-name", "A folded name of a letter with a dot more.", whole.replace('"success":"true"', '"success":"true","orİginalReference":"1"')),
        ("other-case", "A field in another case.", whole.replace('"success":"true"', '"success":"true","Success":"false"')),
    ]:
        add(id, comment, "missing_part", "Trap", good, body=body.encode())
    for id, comment, body in [
        ("own-name", "The merchant's own names beside the signature.", whole.replace('{"hmacSignature"', '{"größe":"1","straße":"2","hmacSignature"')),
        ("look-alike", "A name with a letter that looks like one of ours, which no reader folds.", whole.replace('{"currency"', '{"сurrency":"USD","currency"')),
    ]:
        add(id, comment, "authentic", "Canonical", good, body=body.encode())
    add("rotation", "The second of two secrets signed.", "authentic", "Rotation", good, secrets=[it.other, it.secret], index=1)
    add("wrong-secret", "Signed with another secret.", "mismatch", "WrongSecret", make(secret=it.other))
    add("secret-case", "The secret in upper-case hex.", "authentic", "Secret", good, secrets=[it.secret.upper()])
    add("malformed-secret", "A secret that is no hex.", "malformed_secret", "Secret", good, secrets=["not hex"])
    add("original", "With an original reference.", "authentic", "Canonical", make(text.replace("::", ":991111:"), originalReference="991111"))
    add("no-original", "Without an original reference, as if it were empty.", "authentic", "Canonical", make(drop=["originalReference"]))
    add("colon", "A colon in a value is not escaped.", "authentic", "Canonical", make(text.replace("TestPayment-1", "INV:42"), merchantReference="INV:42"))
    add("backslash", "A backslash in a value is not escaped.", "authentic", "Canonical", make(text.replace("TestPayment-1", "x\\y"), merchantReference="x\\y"))
    add("unicode", "A value outside ASCII.", "authentic", "Canonical", make(text.replace("TestPayment-1", "caf\u00e9"), merchantReference="caf\u00e9"))
    add("escape", "The same value, escaped in the JSON.", "authentic", "Canonical", make(text.replace("TestPayment-1", "caf\u00e9"), merchantReference="caf\u00e9"),
        body=make(text.replace("TestPayment-1", "caf\u00e9"), merchantReference="caf\u00e9").body.decode().replace("\u00e9", "\\u00e9").encode())
    for id, change in [("reference", {"merchantReference": "TestPayment-2"}), ("amount", {"amount": {"currency": "EUR", "value": 1131}}), ("currency", {"amount": {"currency": "USD", "value": 1130}}),
                       ("success", {"success": "false"}), ("event", {"eventCode": "CAPTURE"}), ("psp", {"pspReference": "7914073381342285"}), ("account", {"merchantAccountCode": "Other"})]:
        add("tampered-%s" % id, "A signed field was altered.", "mismatch", "Tampered", make(**change))
    add("missing", "No signature in the body.", "missing_signature", "Missing", make(signature=False))
    add("empty", "An empty signature.", "malformed_signature", "Format", make(signature=""))
    add("letter", "A letter that the encoding does not have.", "malformed_encoding", "Encoding", make(signature="!" + good.value()[1:]))
    add("short", "The last byte of the signature is cut off.", "wrong_length", "Length", make(signature=good.sig(good.tag[:-1])))
    add("two-items", "Two items in one notification.", "malformed_signature", "Format", make(extra=[{"NotificationRequestItem": item}]))
    for id, comment, body in [("no-json", "A body that is no JSON.", b"live=false"), ("no-items", "JSON of another kind.", b'{"live":"false"}'), ("empty-body", "An empty body.", b""), ("list", "A list.", b"[]")]:
        add(id, comment, "missing_part", "Part", good, body=body)


def files():
    out = VectorFile("presets-special.json", "Presets with a function", "Senders that sign form parameters, a URL of their own spelling, or some fields of the body.", NOTES)
    for make in (twilio, mandrill, hubspot, contentful, adyen):
        make(out)
    used = {flag for vector in out.vectors for flag in vector["flags"]}
    out.notes = {flag: text for flag, text in out.notes.items() if flag in used}
    return [out]
