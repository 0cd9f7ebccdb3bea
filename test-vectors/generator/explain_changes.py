"""More deliveries of `explain/broken.json`: other forms of the header, URLs, and bodies that are an encoding of what was signed."""

import base64
import html
import json
import urllib.parse

from .build import BASE64, HEXA_DECIMAL
from .presets import PRESETS
from .scheme_build import scheme, stamped
from .sender import NOW, Sent, moment

BODY = b'{"id":"evt_1","type":"order.paid","total":1990}'
RICH = {"url": "https://shop.example/caf\u00e9?a=1&b=<2>", "mail": "zoe@shop.example", "discount": "10%", "note": "it's \"new\" + good"}
LETTERS = '{"name":"caf\u00e9 \u2013 K\u00f6ln","city":"Z\u00fcrich"}'.encode()
FORM = b"payload=%7B%22text%22%3A%22*bold*%20words%20%7E%20(a)%22%7D&channel=C1&user=%40zoe"
HOOK = "https://shop.example/hook"


def compact(value, ascii=False):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=ascii)


def formats(out):
    """The header's value has other parts, or a label with a blank."""
    by, plain = out.by, out.plain
    stamp = str(NOW)
    plain("wrong_format", "A plain connection: the sender writes pairs with a time that it does not sign.", "unknown_algorithm", {"signature_encoding": HEXA_DECIMAL}, encoding=HEXA_DECIMAL, value=lambda made: "t=%s,v1=%s" % (stamp, made.sig()))
    plain("wrong_format", "A plain connection: the sender writes a list as Standard Webhooks do.", "malformed_encoding", {}, value=lambda made: "v1," + made.sig())
    by("wrong_format", "gitea: a time and a point stand in front.", "malformed_encoding", "gitea", value=lambda made: stamp + "." + made.sig())
    by("wrong_format", "stripe: a semicolon stands between the pairs.", "malformed_signature", "stripe", value=lambda made: made.value().replace(",", ";"))
    by("wrong_format", "stripe: the signature has another key.", "malformed_signature", "stripe", value=lambda made: made.value().replace("v1=", "s="))
    pairs = scheme({"format": "pairs", "separator": ",", "key": "v1"}, signed="{timestamp}.{body}", timestamp={"from": "signature:t", "unit": "s", "tolerance": 300})
    by("wrong_format", "A scheme of its own: time and signature stand in order, with a colon between.", "malformed_signature", pairs, secret="example-secret", value=lambda made: "%s:%s" % (made.stamp, made.sig()))

    by("extra_prefix", "A scheme with labels: a blank stands behind the label, and no mark.", "malformed_signature", scheme("labelled"), secret="example-secret", value=lambda made: "sha256 " + made.sig())
    by("extra_prefix", "github: a blank stands behind the prefix.", "malformed_encoding", "github", value=lambda made: "sha256= " + made.sig())
    plain("extra_prefix", "A plain connection: a blank stands behind the label.", "malformed_encoding", {}, value=lambda made: "sha256= " + made.sig())
    by("extra_prefix", "typeform: a blank stands behind the prefix.", "malformed_encoding", "typeform", value=lambda made: "sha256= " + made.sig())


def times(out):
    """A time is signed that the scheme does not name."""
    by = out.by
    pairs = scheme({"format": "pairs", "separator": ",", "key": "v1"})
    stamp = {"from": "signature:t", "unit": "s"}
    for signed in ("{timestamp}.{body}", "{timestamp}{body}"):
        by("timestamp_signed", "A scheme of pairs for the body: the sender signs %s." % signed, "mismatch", pairs, secret="example-secret", scheme=dict(pairs, signed=signed, timestamp=stamp))
    own = scheme({"format": "prefixed", "prefix": "sha256="})
    for unit, signed in [("s", "{timestamp}.{body}"), ("ms", "{timestamp}:{body}"), ("rfc3339", "{body}.{timestamp}"), ("s", "v0:{timestamp}:{body}"), ("s", "{body}{timestamp}")]:
        by("timestamp_signed", "A scheme for the body: the sender signs %s, the time in %s." % (signed, unit), "mismatch", own, secret="example-secret", scheme=dict(own, signed=signed, timestamp={"from": "header:X-Shop-Request-Timestamp", "unit": unit}))
    both = dict(own, signed="{id}.{timestamp}.{body}", timestamp={"from": "header:X-Shop-Timestamp", "unit": "s"}, id={"from": "header:X-Shop-Message-Id"})
    by("timestamp_signed", "A scheme for the body: the sender signs id, time and body.", "mismatch", own, secret="example-secret", scheme=both)
    by("timestamp_signed", "A scheme for the body: the sender signs a nonce and the body.", "mismatch", own, secret="example-secret", scheme=dict(own, signed="{id}.{body}", id={"from": "header:X-Shop-Nonce"}))
    here, there = stamped(), stamped()
    there["timestamp"] = {"from": "header:X-Shop-Time", "unit": "s"}
    by("timestamp_signed", "A scheme of its own: the time is in another header.", "missing_timestamp", here, secret="example-secret", scheme=there)


def secrets(out):
    by, plain = out.by, out.plain
    text = "a-secret-of-theirs"
    by("secret_bom", "github: the file of the secret begins with a byte order mark.", "mismatch", "github", secret=text, configured="\ufeff" + text)
    by("secret_bom", "stripe: the file of the secret begins with a byte order mark and ends with a line end.", "mismatch", "stripe", secret=text, configured="\ufeff%s\r\n" % text)
    plain("secret_bom", "A plain connection: the secret begins with a byte order mark.", "mismatch", {}, secret=text, configured="\ufeff" + text)
    for name, mark in [("github", '"'), ("stripe", "'"), ("slack", '"')]:
        by("secret_quotes", "%s: the secret has quotes around it." % name, "mismatch", name, secret=text, configured=mark + text + mark)
    plain("secret_quotes", "A plain connection: the secret has quotes around it, and a newline behind them.", "mismatch", {}, secret=text, configured='"%s"\n' % text)
    marks = "a&b<c>'d\";e"
    by("secret_escaped", "woocommerce: the sender's key has &amp; for each &.", "mismatch", "woocommerce", secret=html.escape("q&r;s&t"), configured="q&r;s&t")
    by("secret_escaped", "github: the secret was copied from the source of a page.", "mismatch", "github", secret=marks, configured=html.escape(marks))
    by("secret_escaped", "shopify: the apostrophe is escaped as PHP does it.", "mismatch", "shopify", secret="it's & theirs", configured="it&#039;s &amp; theirs")
    by("secret_escaped", "stripe: the secret was copied from a URL.", "mismatch", "stripe", secret="ab+cd/ef==", configured=urllib.parse.quote("ab+cd/ef==", safe=""))
    plain("secret_escaped", "A plain connection: the newlines in the secret are written as \\n.", "mismatch", {}, secret="line 1\nline 2", configured="line 1\\nline 2")


def urls(out):
    by = out.by
    for name, signed, came, comment in [
        ("square", HOOK, HOOK + "/", "a slash was added"), ("square", HOOK + "/", HOOK, "the slash at the end was cut"), ("trello", HOOK, HOOK.replace("https", "http"), "http came behind the proxy"),
        ("square", HOOK, "https://shop.example:443/hook", "the port was added"), ("square", HOOK, HOOK + "?source=proxy", "a parameter was added"),
        ("square", HOOK + "?b=2&a=1", HOOK + "?a=1&b=2", "the query was sorted"), ("trello", HOOK + "?to=%2B4912", HOOK + "?to=%2b4912", "escapes are in small letters"), ("square", HOOK + "?to=a@b.example", HOOK + "?to=a%40b.example", "an escape was added"),
        ("square", HOOK + "?q=two+words", HOOK + "?q=two%20words", "a blank is written in another way"),
    ]:
        by("wrong_url", "%s: %s." % (name, comment), "mismatch", name, url=came, signed_url=signed, place={"url": came})
    proxy = [["X-Forwarded-Proto", "https"], ["X-Forwarded-Host", "shop.example"]]
    for name in ("square", "trello"):
        by("wrong_url", "%s: scheme and host are those behind the proxy." % name, "mismatch", name, url="http://10.0.0.5:8080/hook", signed_url=HOOK, place={"url": "http://10.0.0.5:8080/hook"}, headers=lambda made: made.headers() + proxy)
    by("wrong_url", "square: a proxy took the first part of the path.", "mismatch", "square", url="https://shop.example/hook", signed_url="https://shop.example/api/hook", place={"url": "https://shop.example/hook"}, headers=lambda made: made.headers() + [["X-Forwarded-Prefix", "/api"]])
    by("wrong_url", "trello: the port was cut.", "mismatch", "trello", url=HOOK, signed_url="https://shop.example:8443/hook", place={"url": HOOK}, headers=lambda made: made.headers() + [["X-Forwarded-Port", "8443"]])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    by("wrong_url", "twilio: the query was sorted.", "mismatch", "twilio", body=b"Body=hi", signed_body=b"Bodyhi", extra=form, signed_url=HOOK + "?To=1&From=2", place={"url": HOOK + "?From=2&To=1", "method": "POST"})
    by("wrong_url", "hubspot: another host and scheme came behind the proxy.", "mismatch", "hubspot", url="http://10.0.0.5/hook", signed_url=HOOK, place={"url": "http://10.0.0.5/hook", "method": "POST"}, headers=lambda made: made.headers() + proxy)


def bodies(out):
    by, plain = out.by, out.plain
    windows = LETTERS.decode("cp1252").encode()
    by("body_charset", "slack: the body was read as Latin-1.", "mismatch", "slack", body=b"text=\xc3\xa9t\xc3\xa9", received="text=\u00c3\u00a9t\u00c3\u00a9".encode())
    by("body_charset", "github: the body was read as Windows-1252.", "mismatch", "github", body=LETTERS, received=windows)
    by("body_charset", "stripe: the body was read as Latin-1 twice.", "mismatch", "stripe", body=b'{"a":"\xc3\xa9"}', received=b'{"a":"\xc3\xa9"}'.decode("latin-1").encode().decode("latin-1").encode())
    plain("body_charset", "A plain connection: the body was written as Latin-1.", "mismatch", {}, body='{"a":"\u00e9"}'.encode(), received='{"a":"\u00e9"}'.encode("latin-1"))

    for name in ("github", "slack", "standard-webhooks"):
        by("body_base64", "%s: the gateway hands over base64." % name, "mismatch", name, body=LETTERS, received=base64.b64encode(LETTERS))
    plain("body_base64", "A plain connection: base64 in lines.", "mismatch", {}, body=LETTERS * 3, received=base64.encodebytes(LETTERS * 3))
    by("body_base64", "shopify: base64 was signed.", "mismatch", "shopify", body=base64.b64encode(LETTERS), received=LETTERS)

    by("body_json_string", "github: the JSON was printed as JSON again.", "mismatch", "github", received=json.dumps(BODY.decode()).encode())
    by("body_json_string", "stripe: the JSON was printed as JSON twice more.", "mismatch", "stripe", received=json.dumps(json.dumps(BODY.decode())).encode())
    by("body_json_string", "linear: the quotes are escaped.", "mismatch", "linear", received=json.dumps(BODY.decode())[1:-1].encode())
    event = {"version": "2.0", "rawPath": "/hook", "body": BODY.decode(), "isBase64Encoded": False}
    by("body_json_string", "github: the whole event of a function in the cloud.", "mismatch", "github", received=json.dumps(event).encode())
    event.update(body=base64.b64encode(BODY).decode(), isBase64Encoded=True)
    by("body_json_string", "shopify: the same, with base64.", "mismatch", "shopify", received=json.dumps(event).encode())
    by("body_json_string", "notion: a JSON string was signed.", "mismatch", "notion", body=json.dumps(BODY.decode()).encode(), received=BODY)

    kept, ascii = compact(RICH), compact(RICH, ascii=True)
    upper = "".join("\\u%04X" % ord(c) if ord(c) > 126 else c for c in kept)
    facebook = ascii.replace("/", "\\/").replace("@", "\\u0040").replace("<", "\\u003C").replace("%", "\\u0025")
    net = upper.replace('\\"', "\\u0022").replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026").replace("+", "\\u002B").replace("'", "\\u0027")
    for name, how, signed in [
        ("meta", "as Facebook", facebook), ("meta", "with \\u0040 for @ and \\/ for slashes", ascii.replace("/", "\\/").replace("@", "\\u0040")), ("github", "as Go", kept.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")),
        ("stripe", "as PHP", ascii.replace("/", "\\/")), ("slack", "as PHP, letters kept", kept.replace("/", "\\/")), ("linear", "as .NET", net), ("notion", "as Jackson", upper), ("shopify", "with \\u003C for < alone", kept.replace("<", "\\u003C")),
        ("github", "with \\u0026 for & and > kept", kept.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").replace("=", "\\u003d").replace("'", "\\u0027")),
    ]:
        by("body_reserialised", "%s: JSON was signed %s." % (name, how), "mismatch", name, body=signed.encode(), received=kept.encode())

    by("body_reserialised", "github: PHP made [] of an empty object.", "mismatch", "github", body=compact({"id": 7, "options": {}}).encode(), received=compact({"id": 7, "options": []}).encode())

    fields = urllib.parse.parse_qsl(FORM.decode())
    for name, comment, signed in [
        ("slack", "* was signed as it is", urllib.parse.urlencode(fields).replace("%2A", "*").encode()), ("slack", "blanks were signed as %20", urllib.parse.urlencode(fields, quote_via=urllib.parse.quote).encode()), ("github", "escapes were signed in small letters", lower(urllib.parse.urlencode(fields)).encode()),
        ("slack", "the fields were signed in the order of their names", urllib.parse.urlencode(sorted(fields)).encode()),
    ]:
        by("body_form_reencoded", "%s: %s." % (name, comment), "mismatch", name, body=signed, received=FORM)
    by("body_form_reencoded", "slack: a framework made JSON of the form.", "mismatch", "slack", body=urllib.parse.urlencode(fields).encode(), received=compact(dict(fields)).encode())
    by("body_form_reencoded", "linear: the form came without its escapes.", "mismatch", "linear", body=urllib.parse.urlencode([("a", "1:2"), ("b", "x/y")]).encode(), received=b"a=1:2&b=x/y")


def lower(form):
    pieces = form.split("%")
    return pieces[0] + "".join("%" + piece[:2].lower() + piece[2:] for piece in pieces[1:])


def lost(out):
    """What came cannot be made again."""
    by = out.by
    for name, text in [("github", "[object Object]"), ("stripe", "{}"), ("slack", "undefined"), ("linear", "{id=evt_1, type=order.paid}"), ("shopify", "[object Promise]"), ("meta", "<_io.BytesIO object at 0x7f2a>")]:
        by("body_object", "%s: the body is the text %s." % (name, text), "mismatch", name, received=text.encode())
    by("body_object", "github: a dict of Python.", "mismatch", "github", body=compact({"id": "evt_1", "ok": True, "more": None, "n": [1, 2]}).encode(), received=str({"id": "evt_1", "ok": True, "more": None, "n": [1, 2]}).encode())
    by("body_object", "stripe: bytes as Python prints them.", "mismatch", "stripe", received=repr(BODY).encode())
    by("body_object", "slack: a Buffer as Node prints it in JSON.", "mismatch", "slack", received=compact({"type": "Buffer", "data": list(BODY)}).encode())
    by("body_characters_lost", "github: a letter was cut in two when the pieces were decoded.", "mismatch", "github", body=LETTERS, received=LETTERS.decode().replace("\u00f6", "\ufffd\ufffd").encode())
    by("body_characters_lost", "slack: Latin-1 was decoded as UTF-8.", "mismatch", "slack", body="text=\u00e9".encode("latin-1"), received="text=\ufffd".encode())
    for name in ("github", "stripe", "shopify"):
        by("body_empty", "%s: the body was read before." % name, "mismatch", name, received=b"")


def two(out):
    """Two mistakes at once. Neither alone, once undone, makes the delivery authentic."""
    by, plain = out.by, out.plain
    pretty = json.dumps(RICH, indent=2, ensure_ascii=False).encode()
    text = "a-secret-of-theirs"
    for name in ("github", "stripe", "slack", "shopify"):
        by("secret_whitespace", "%s: the secret has a newline, and the JSON was printed again." % name, "mismatch", name, secret=text, configured=text + "\n", body=compact(RICH).encode(), received=pretty, also="body_reserialised")
    by("secret_whitespace", "linear: the secret has a newline, and the body too.", "mismatch", "linear", secret=text, configured=text + "\n", received=BODY + b"\n", also="body_newline_added")
    by("secret_quotes", "github: the secret has quotes, and the form was extracted.", "mismatch", "github", secret=text, configured='"%s"' % text, body=b"payload=" + urllib.parse.quote_plus(BODY.decode()).encode(), received=BODY, also="body_form_field")
    by("secret_whitespace", "square: the secret has a newline, and the URL a slash.", "mismatch", "square", secret=text, configured=text + "\n", url=HOOK + "/", signed_url=HOOK, place={"url": HOOK + "/"}, also="wrong_url")
    key = b"\x01\x02-a-key-that-is-no-text-\xff\xfe"
    by("secret_is_base64", "github: the sender decodes its secret, and the body lost its newline.", "mismatch", "github", secret=key, configured=base64.b64encode(key).decode(), body=BODY + b"\n", received=BODY, also="body_newline_cut")
    by("body_json_string", "github: the JSON was printed again and wrapped in a string.", "mismatch", "github", body=compact(RICH).encode(), received=json.dumps(json.dumps(RICH)).encode(), also="body_reserialised")
    by("body_base64", "slack: base64 of a body with a newline more.", "mismatch", "slack", received=base64.b64encode(BODY + b"\n"), also="body_newline_added")
    own = stamped()
    hexa = dict(own, encoding=BASE64)
    by("wrong_encoding", "A scheme of its own: hex, and only the body was signed.", "wrong_length", hexa, secret="example-secret", scheme=dict(own, signed="{body}"), also="timestamp_not_signed")
    plain("wrong_encoding", "A plain connection: hex, and the JSON was printed again.", "wrong_length", {}, encoding=HEXA_DECIMAL, body=compact(RICH).encode(), received=pretty, also="body_reserialised")
    plain("wrong_encoding", "A plain connection: base64, and the secret has a newline.", "malformed_encoding", {"signature_encoding": HEXA_DECIMAL}, secret=text, configured=text + "\n", also="secret_whitespace")
    plain("wrong_algorithm", "A plain connection: SHA_1, and the body has a newline.", "wrong_length", {}, "SHA_1", received=BODY + b"\n", also="body_newline_added")
    rename = lambda made: [["X-Original-Signature", value] for _, value in made.headers()]  # noqa: E731
    by("wrong_header", "gitea: another header, and the secret has a newline.", "missing_signature", "gitea", secret=text, configured=text + "\n", headers=rename, also="secret_whitespace")
    by("wrong_header", "shopify: another header, and the JSON was printed again.", "missing_signature", "shopify", headers=rename, body=compact(RICH).encode(), received=pretty, also="body_reserialised")
    made = Sent(dict(scheme(signed="{timestamp}.{body}"), timestamp={"from": "header:X-Time", "unit": "s"}), BODY, "example-secret")
    connection = {"auth_method": "HMAC", "auth_secret": "example-secret", "signature_encoding": HEXA_DECIMAL, "auth_header_key": "X-Shop-Signature"}
    for text_, comment in [("t=%s,v1=%s" % (moment("s"), made.sig()), "pairs with a time that is signed"), ("%s.%s" % (moment("s"), made.sig()), "a time in front that is signed")]:
        expect = "unknown_algorithm" if "=" in text_ else "malformed_encoding"
        out.add("wrong_format", "A plain connection: %s." % comment, expect, {"connection": connection}, [["X-Shop-Signature", text_]], BODY, NOW, also="timestamp_signed")
    body_only = scheme({"format": "prefixed", "prefix": "sha256="})
    sender = dict(body_only, signed="{timestamp}.{body}", timestamp={"from": "header:X-Shop-Timestamp", "unit": "s"})
    by("secret_whitespace", "A scheme for the body: the secret has a newline, and a time is signed.", "mismatch", body_only, secret="example-secret", configured="example-secret\n", scheme=sender, also="timestamp_signed")
    by("timestamp_signed", "A scheme for the body: a time is signed, and the body has a newline.", "mismatch", body_only, secret="example-secret", scheme=sender, received=BODY + b"\n", also="body_newline_added")
    svix = "whsec_" + base64.b64encode(b"example-secret-of-the-vectors").decode()
    by("another_preset", "standard-webhooks is configured, svix sends, and the JSON was printed again.", "missing_signature", "standard-webhooks", secret=svix, scheme=PRESETS["svix"], body=compact(RICH).encode(), received=pretty, also="body_reserialised")


def add(out):
    formats(out)
    times(out)
    secrets(out)
    urls(out)
    bodies(out)
    lost(out)
    two(out)
