"""`explain/broken.json`: deliveries that were authentic until one thing went wrong on one side."""

import base64
import hashlib
import hmac
import json
import struct
import urllib.parse
import zlib

from . import explain_changes
from .build import BASE64, BASE64_URL, HEXA_DECIMAL, SIGN, encode
from .presets import PRESETS
from .scheme_build import scheme, stamped
from .sender import BY_NAME, NOW, Sent, example_secret, moment

CAUSES = {
    "clock_off": "The delivery is authentic but too old or from the future: a clock is wrong, or the delivery was kept.",
    "wrong_header": "The signature stands in another header of the delivery.",
    "missing_prefix": "The prefix, label, version or key in front of the signature was cut off.",
    "truncated_signature": "The end of the signature was cut off.",
    "doubled_signature": "The signature stands there twice.",
    "wrong_format": "The value of the header has other parts than the configuration says, such as pairs.",
    "extra_prefix": "Something stands in front of the signature that the configuration does not know.",
    "extra_suffix": "Something stands behind the signature.",
    "wrong_encoding": "The signature is in hex where base64 is configured, or the other way round, or has the escapes of a URL.",
    "url_alphabet": "The signature is in the url alphabet of base64 where the standard one is configured, or the other way round.",
    "wrong_algorithm": "The signature is made with another algorithm.",
    "secret_whitespace": "The configured secret has white space around it.",
    "secret_bom": "The configured secret begins with a byte order mark.",
    "secret_quotes": "The configured secret has quotes around it.",
    "secret_escaped": "The secret is escaped for HTML or a URL on one side.",
    "secret_is_base64": "The sender's key is what the secret becomes when it is decoded from base64.",
    "secret_is_hex": "The sender's key is what the secret becomes when it is decoded from hex.",
    "secret_is_text": "The sender's key is the text of the secret, which the configuration decodes.",
    "secret_whsec": "The sender's key is the text of the secret with or without the whsec_ in front.",
    "wrong_url": "The sender calls the URL in another spelling than the one that was given.",
    "body_newline_added": "A newline or other white space was added to an end of the body.",
    "body_newline_cut": "A newline or other white space was cut from the ends of the body.",
    "body_line_endings": "The line endings of the body were changed.",
    "body_bom": "A byte order mark was put in front of the body, or cut.",
    "body_utf16": "The body was turned from UTF-8 into UTF-16.",
    "body_charset": "The body was read in another character set than it was written in.",
    "body_base64": "The body is base64 of what was signed, or the other way round.",
    "body_json_string": "The body is a JSON string or an envelope that contains what was signed, or the other way round.",
    "body_reserialised": "The JSON of the body was parsed and written again.",
    "body_form_field": "The body is the decoded field of a form that was signed as a whole, or a form of which a field was signed.",
    "body_form_reencoded": "The form was parsed and written again.",
    "timestamp_not_signed": "The sender does not sign the timestamp.",
    "timestamp_signed": "The sender signs a timestamp or an id that the configuration does not name, or reads elsewhere.",
    "wrong_template": "The sender puts another separator between the signed parts.",
    "hash_kind": "A plain hash of the secret and the text where an HMAC is configured, or the other way round.",
    "timestamp_unit": "The timestamp is in another unit.",
    "another_preset": "The delivery comes from another sender, with the same secret.",
    "body_compressed": "The body was signed and then compressed, and is verified as it came.",
    "body_object": "The body is what a program prints for an object.",
    "body_characters_lost": "The body was decoded, and what could not be read was replaced.",
    "body_empty": "The body was not handed over.",
    "unexplained": "Nothing fits: another secret, or an altered body.",
}
BODY = b'{"id":"evt_1","type":"order.paid","total":1990}'
UNICODE = '{"name":"caf\u00e9 \u2013 K\u00f6ln","ok":true,"items":[1,2,{"b":null,"a":"\U0001f600"}]}'.encode()
VALUE = {"zone": "eu", "id": "evt_7", "amount": {"value": 1990, "currency": "EUR"}, "tags": ["a", "b"], "name": "caf\u00e9"}
FORM = b"token=x&team_id=T1&command=%2Fweather&text=94070"
COMPACT = {"separators": (",", ":"), "ensure_ascii": False}


def stored_gzip(data):
    """RFC 1952 with one stored block, since what zlib makes depends on its version."""
    length = struct.pack("<HH", len(data), len(data) ^ 0xFFFF)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01" + length + data + struct.pack("<II", zlib.crc32(data), len(data))


class Broken:
    """The file."""

    def __init__(self):
        self.vectors, self.counts = [], {}

    def add(self, cause, comment, expect, verifier, headers, body, now=None, also=None, **place):
        self.counts[cause] = self.counts.get(cause, 0) + 1
        delivery = dict(place, headers=[list(line) for line in headers])
        try:
            delivery["body"] = body.decode("utf-8")
        except UnicodeDecodeError:
            delivery["body_base64"] = base64.b64encode(body).decode("ascii")
        if now is not None:
            delivery["received_at"] = now
        id = "explain-%s-%d" % (cause.replace("_", "-"), self.counts[cause])
        vector = {"id": id, "comment": comment, "verifier": verifier, "delivery": delivery, "expect": expect, "cause": cause}
        self.vectors.append(dict(vector, also=also) if also else vector)

    def by(self, cause, comment, expect, name, secret=None, body=BODY, value=None, headers=None, received=None, now="own", configured=None, scheme=None, also=None, place=None, **sent):
        """A delivery to a preset (or to a scheme). `scheme` is how the sender signs, where that is not as the verifier thinks.
        `also` is the second mistake, `place` method and URL as they came."""
        it = PRESETS[name] if isinstance(name, str) else name
        secret = secret or example_secret(it)
        made = Sent(scheme or it, body, secret, **sent)
        verifier = dict({"preset": name} if isinstance(name, str) else {"scheme": name}, secrets=[configured or secret])
        lines = made.headers(value=value(made) if callable(value) else value) if headers is None else headers(made)
        moment_of = (NOW if "timestamp" in it or "timestamp" in (scheme or {}) else None) if now == "own" else now
        self.add(cause, comment, expect, verifier, lines, made.body if received is None else received, moment_of, also, **(place or {}))

    def plain(self, cause, comment, expect, connection, algorithm="SHA_256", encoding=BASE64, secret="example-secret", configured=None, header=SIGN, body=BODY, received=None, value=None, also=None):
        made = Sent(dict(scheme(encoding=encoding, algorithm=algorithm), encoding=encoding), body, secret)
        text = made.sig() if value is None else value(made)
        lines = [[header, item] for item in (text if isinstance(text, list) else [text])]
        self.add(cause, comment, expect, {"connection": dict({"auth_method": "HMAC", "auth_secret": configured or secret}, **connection)}, lines, body if received is None else received, also=also)

    def text(self):
        head = {"title": "Broken deliveries", "description": "Deliveries that were authentic until one thing went wrong on one side. Undoing the cause makes them authentic, and no cause before it in the list does. Where a second thing went wrong too, only undoing both does."}
        lines = ["{"] + ["%s: %s," % (json.dumps(key), json.dumps(value)) for key, value in head.items()]
        lines.append('"causes": [\n%s\n],' % ",\n".join(json.dumps([name, text]) for name, text in CAUSES.items()))
        lines.append('"vectors": [\n%s\n]' % ",\n".join(json.dumps(vector) for vector in self.vectors))
        return "\n".join(lines + ["}"]) + "\n"


def headers_and_signatures(out):
    by, plain = out.by, out.plain
    for name, delta, expect in [("stripe", 1200, "expired"), ("slack", -600, "from_future"), ("webflow", 361, "expired"), ("box", 3600, "expired"), ("standard-webhooks", 86400, "expired"), ("paddle", 6, "expired"), ("twitch", -7200, "from_future")]:
        by("clock_off", "%s: the clock is off by %d seconds." % (name, delta), expect, name, now=NOW + delta)
    made = Sent(PRESETS["stripe"], BODY, "whsec_example")
    out.add("clock_off", "A connection with a tolerance of its own.", "expired", {"connection": {"scheme": "stripe", "auth_secret": "whsec_example", "tolerance": 10}}, made.headers(), BODY, NOW + 30)

    rename = lambda name: lambda made: [[name if key == made.name() else key, value] for key, value in made.headers()]  # noqa: E731
    by("wrong_header", "gitea: the signature came under the name that Gogs uses.", "missing_signature", "gitea", headers=rename("X-Gogs-Signature"))
    by("wrong_header", "stripe: a gateway renamed the header.", "missing_signature", "stripe", headers=rename("X-Forwarded-Stripe-Signature"))
    by("wrong_header", "svix: a proxy put a prefix on the signature's header.", "missing_signature", "svix", headers=rename("x-original-svix-signature"))
    plain("wrong_header", "A plain connection: another header than the default one.", "missing_signature", {}, header="X-Signature")
    by("wrong_header", "shopify: a gateway signs for itself in that header and keeps the sender's beside it.", "mismatch", "shopify",
       headers=lambda made: [[made.name(), made.sig(bytes(32))], ["X-Original-Hmac", made.sig()]])

    for name in ("github", "slack", "typeform", "jira", "airtable"):
        by("missing_prefix", "%s: the prefix was cut off." % name, "malformed_signature", name, value=lambda made: made.sig())
    by("missing_prefix", "standard-webhooks: the version was cut off.", "malformed_signature", "standard-webhooks", value=lambda made: made.sig())
    by("missing_prefix", "pagerduty: the version was cut off.", "malformed_signature", "pagerduty", value=lambda made: made.sig())

    by("extra_prefix", "gitea: a version in front.", "unknown_algorithm", "gitea", value=lambda made: "v1=" + made.sig())
    by("extra_prefix", "linear: a version in front, with a colon.", "unknown_algorithm", "linear", value=lambda made: "v0:" + made.sig())
    by("extra_prefix", "github: the prefix twice.", "malformed_encoding", "github", value=lambda made: "sha256=sha256=" + made.sig())
    plain("extra_prefix", "A plain connection: the name of an authentication scheme in front.", "malformed_encoding", {}, value=lambda made: "HMAC " + made.sig())
    by("extra_prefix", "xero: a name in front.", "unknown_algorithm", "xero", value=lambda made: "sig=" + made.sig())

    by("truncated_signature", "github: half of the signature.", "wrong_length", "github", value=lambda made: made.value(made.sig()[:32]))
    by("truncated_signature", "stripe: the last digit is missing.", "malformed_encoding", "stripe", value=lambda made: made.value()[:-1])
    by("truncated_signature", "shopify: twenty letters.", "wrong_length", "shopify", value=lambda made: made.sig()[:20])
    plain("truncated_signature", "A plain connection: a column of 100 characters.", "wrong_length", {"algorithm": "SHA_512", "signature_encoding": HEXA_DECIMAL}, "SHA_512", HEXA_DECIMAL, value=lambda made: made.sig()[:100])

    by("doubled_signature", "github: two equal lines.", "repeated_signature", "github", headers=lambda made: made.headers() * 2)
    by("doubled_signature", "gitea: the signature twice in one value.", "wrong_length", "gitea", value=lambda made: made.sig() * 2)
    by("doubled_signature", "slack: two lines joined with a comma.", "malformed_encoding", "slack", value=lambda made: made.value() + "," + made.value())
    plain("doubled_signature", "A plain connection: two lines joined with a comma and a blank.", "unknown_algorithm", {}, value=lambda made: made.sig() + ", " + made.sig())
    plain("doubled_signature", "A plain connection: two lines.", "repeated_signature", {"signature_encoding": HEXA_DECIMAL}, encoding=HEXA_DECIMAL, value=lambda made: [made.sig(), made.sig()])

    plain("wrong_encoding", "A plain connection: hex where base64 is configured.", "wrong_length", {}, encoding=HEXA_DECIMAL)
    plain("wrong_encoding", "A plain connection: base64 where hex is configured.", "malformed_encoding", {"signature_encoding": HEXA_DECIMAL})
    by("wrong_encoding", "shopify: hex.", "wrong_length", "shopify", value=lambda made: made.tag.hex())
    by("wrong_encoding", "gitea: base64.", "malformed_encoding", "gitea", value=lambda made: encode(BASE64, made.tag))
    by("wrong_encoding", "github: base64 behind the prefix.", "malformed_encoding", "github", value=lambda made: "sha256=" + encode(BASE64, made.tag))
    by("wrong_encoding", "stripe: base64 among the pairs.", "malformed_encoding", "stripe", value=lambda made: made.value(encode(BASE64, made.tag)))

    odd = varied("example-secret")
    plain("url_alphabet", "A plain connection: the url alphabet.", "malformed_encoding", {}, encoding=BASE64_URL, body=odd)
    by("url_alphabet", "shopify: the url alphabet.", "malformed_encoding", "shopify", secret="example-secret", body=odd, value=lambda made: encode(BASE64_URL, made.tag))
    by("url_alphabet", "A scheme of the url alphabet, and a signature in the standard one.", "malformed_encoding", scheme(encoding=BASE64_URL), secret="example-secret", body=odd, value=lambda made: encode(BASE64, made.tag))

    plain("wrong_algorithm", "A plain connection: SHA_512 where SHA_256 is configured.", "wrong_length", {}, "SHA_512")
    plain("wrong_algorithm", "A plain connection: SHA_1.", "wrong_length", {"signature_encoding": HEXA_DECIMAL}, "SHA_1", HEXA_DECIMAL)
    plain("wrong_algorithm", "A plain connection: the label names another algorithm.", "algorithm_not_accepted", {"signature_encoding": HEXA_DECIMAL}, "SHA_1", HEXA_DECIMAL, value=lambda made: "sha1=" + made.sig())
    by("wrong_algorithm", "vercel: SHA_256.", "wrong_length", "vercel", algorithm=BY_NAME["SHA_256"])
    by("wrong_algorithm", "A scheme of SHA_384 with a timestamp, and a sender of SHA_256.", "wrong_length", stamped(algorithm="SHA_384"), secret="example-secret", algorithm=BY_NAME["SHA_256"])


def varied(secret):
    """A body whose tag has both letters that differ between the alphabets."""
    number = 0
    while True:
        body = b'{"id":"evt_%d"}' % number
        text = encode(BASE64, Sent(scheme(encoding=BASE64), body, secret).tag)
        if "+" in text and "/" in text:
            return body
        number += 1


def secrets(out):
    by, plain = out.by, out.plain
    for name, front, behind in [("github", "", "\n"), ("slack", "", "\r\n"), ("stripe", "\t", " "), ("shopify", " ", "")]:
        by("secret_whitespace", "%s: the secret was copied with white space." % name, "mismatch", name, secret="a-secret-of-theirs", configured=front + "a-secret-of-theirs" + behind)
    plain("secret_whitespace", "A plain connection: a newline behind the secret.", "mismatch", {}, configured="example-secret\n")
    key = b"\x01\x02-a-key-that-is-no-text-\xff\xfe"
    text, digits = base64.b64encode(key).decode("ascii"), key.hex()
    by("secret_is_base64", "github: the sender decodes its secret.", "mismatch", "github", secret=key, configured=text)
    plain("secret_is_base64", "A plain connection: the sender decodes its secret.", "mismatch", {"signature_encoding": HEXA_DECIMAL}, encoding=HEXA_DECIMAL, secret=key, configured=text)
    own = {"signature": {"header": "webhook-signature", "format": "list", "separator": " ", "version": "v1"}, "algorithm": "SHA_256", "encoding": BASE64, "signed": "{id}.{timestamp}.{body}",
           "timestamp": {"from": "header:webhook-timestamp", "unit": "s", "tolerance": 300}, "id": {"from": "header:webhook-id"}}
    by("secret_is_base64", "A scheme of its own that takes the secret for a text.", "mismatch", own, secret=key, configured="whsec_" + text)
    by("secret_is_hex", "gocardless: the sender decodes its secret.", "mismatch", "gocardless", secret=key, configured=digits)
    plain("secret_is_hex", "A plain connection: the sender decodes its secret.", "mismatch", {}, secret=key, configured=digits.upper())
    by("secret_is_hex", "slack: the sender decodes its secret.", "mismatch", "slack", secret=key, configured=digits)
    for name, configured in [("standard-webhooks", "whsec_" + text), ("svix", text), ("adyen-management", digits), ("close", digits), ("airtable", text)]:
        by("secret_is_text", "%s: the sender takes the secret for a text." % name, "mismatch", name, scheme=dict(PRESETS[name], secret="UTF_8"), secret=configured)
    by("secret_whsec", "stripe: the secret was pasted without its whsec_.", "mismatch", "stripe", secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", configured="MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    by("secret_whsec", "openai: the sender signs with the text behind whsec_.", "mismatch", "openai", scheme=dict(PRESETS["openai"], secret="UTF_8"), secret="MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", configured="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    plain("secret_whsec", "A plain connection: the sender signs with the text behind whsec_.", "mismatch", {}, secret="not-base64-at-all", configured="whsec_not-base64-at-all")


def bodies(out):
    by, plain = out.by, out.plain
    pretty = json.dumps(VALUE, indent=2, ensure_ascii=False).encode()
    windows = pretty.replace(b"\n", b"\r\n")
    for name, body, behind in [("github", BODY, b"\n"), ("slack", FORM, b"\n"), ("stripe", pretty, b"\r\n"), ("shopify", UNICODE, b"\n")]:
        by("body_newline_added", "%s: a newline was added." % name, "mismatch", name, body=body, received=body + behind)
    for name, body, behind in [("github", BODY, b"\n"), ("standard-webhooks", pretty, b"\n"), ("linear", UNICODE, b"\r\n")]:
        by("body_newline_cut", "%s: the newline at the end was cut." % name, "mismatch", name, body=body + behind, received=body)
    for name, front, behind in [("github", b"", b"  \n"), ("stripe", b"\n", b""), ("shopify", b"\r\n", b"\r\n"), ("slack", b"", b" ")]:
        by("body_newline_cut", "%s: the body was trimmed." % name, "mismatch", name, body=front + BODY + behind, received=BODY)
    for name, front, behind in [("github", b"", b" \n\n"), ("linear", b"\n  ", b""), ("shopify", b" ", b"\t")]:
        by("body_newline_added", "%s: white space was added." % name, "mismatch", name, received=front + BODY + behind)
    hashed = scheme()
    for id, signed in [("front", "{secret}{body}"), ("behind", "{body}{secret}"), ("dash", "{secret}-{body}")]:
        text = signed.replace("{secret}", "example-secret").replace("{body}", BODY.decode()).encode()
        out.add("hash_kind", "A plain hash, with the secret in this place: %s." % id, "mismatch", {"scheme": hashed, "secrets": ["example-secret"]}, [[hashed["signature"]["header"], hashlib.sha256(text).hexdigest()]], BODY)
    kind = dict({name: value for name, value in hashed.items() if name != "algorithm"}, plain_hash="SHA_256", signed="{secret}{body}")
    out.add("hash_kind", "An HMAC where a plain hash is configured.", "mismatch", {"scheme": kind, "secrets": ["example-secret"]}, [[kind["signature"]["header"], hmac.new(b"example-secret", BODY, "sha256").hexdigest()]], BODY)
    for name, expect, behind in [("gitea", "malformed_encoding", "###1"), ("github", "malformed_encoding", "#2")]:
        by("extra_suffix", "%s: the number of a key behind the signature." % name, expect, name, value=lambda made, behind=behind: made.value() + behind)
    by("wrong_encoding", "shopify: base64 with the escapes of a URL.", "malformed_encoding", "shopify", value=lambda made: urllib.parse.quote(made.sig(), safe=""))
    plain("body_newline_cut", "A plain connection: the newline at the end was cut.", "mismatch", {}, body=b"a=1\nb=2\n", received=b"a=1\nb=2")
    by("body_line_endings", "github: CRLF became LF.", "mismatch", "github", body=windows, received=pretty)
    by("body_line_endings", "stripe: LF became CRLF.", "mismatch", "stripe", body=pretty, received=windows)
    plain("body_line_endings", "A plain connection: CRLF became LF in a text.", "mismatch", {}, body=b"one\r\ntwo\r\nthree\r\n", received=b"one\ntwo\nthree\n")
    bom = b"\xef\xbb\xbf"
    by("body_bom", "github: a byte order mark was added.", "mismatch", "github", received=bom + BODY)
    by("body_bom", "slack: the byte order mark was cut.", "mismatch", "slack", body=bom + UNICODE, received=UNICODE)
    plain("body_bom", "A plain connection: a byte order mark was added.", "mismatch", {}, body=UNICODE, received=bom + UNICODE)
    by("body_utf16", "github: PowerShell wrote the body, with a byte order mark.", "mismatch", "github", body=UNICODE, received=b"\xff\xfe" + UNICODE.decode().encode("utf-16-le"))
    plain("body_utf16", "A plain connection: big-endian, without a byte order mark.", "mismatch", {}, body=UNICODE, received=UNICODE.decode().encode("utf-16-be"))
    by("body_compressed", "stripe: gzip.", "mismatch", "stripe", received=stored_gzip(BODY))
    by("body_compressed", "slack: gzip of a form.", "mismatch", "slack", body=FORM, received=stored_gzip(FORM))

    write = lambda **how: json.dumps(VALUE, **dict({"ensure_ascii": False}, **how)).encode()  # noqa: E731
    compact, spaced, ascii, sort = write(**COMPACT), write(), write(separators=(",", ":"), ensure_ascii=True), write(separators=(",", ":"), sort_keys=True)
    for name, comment, signed, received in [
        ("github", "compact was signed, pretty came", compact, pretty), ("stripe", "pretty was signed, compact came", pretty, compact), ("shopify", "compact was signed, with blanks came", compact, spaced), ("standard-webhooks", "compact was signed, four blanks deep came", compact, write(indent=4)),
        ("slack", "sorted was signed, another order came", sort, compact), ("linear", "sorted was signed, pretty came", sort, pretty), ("meta", "escapes were signed, letters came", ascii, compact), ("github", "letters were signed, escapes came", compact, ascii),
        ("notion", "pretty was signed, with blanks came", pretty, spaced), ("razorpay", "escapes were signed, pretty letters came", ascii, pretty),
    ]:
        by("body_reserialised", "%s: %s." % (name, comment), "mismatch", name, body=signed, received=received)
    plain("body_reserialised", "A plain connection: compact was signed, pretty came.", "mismatch", {}, body=compact, received=pretty)

    for name, value in [("github", BODY), ("github-legacy", UNICODE), ("slack", b'{"type":"block_actions","text":"two words"}')]:
        form = b"payload=" + urllib.parse.quote_plus(value, safe="").encode()
        by("body_form_field", "%s: the form was signed, its field came." % name, "mismatch", name, body=form, received=value)
    form = b"payload=" + urllib.parse.quote_plus(BODY, safe="").encode()
    by("body_form_field", "gitea: the field was signed, the form came.", "mismatch", "gitea", body=BODY, received=form)
    plain("body_form_field", "A plain connection: the field was signed, the form came.", "mismatch", {}, body=UNICODE, received=b"payload=" + urllib.parse.quote_plus(UNICODE, safe="").encode())


def parts(out):
    by = out.by
    for name in ("slack", "stripe", "webflow", "box", "close"):
        by("timestamp_not_signed", "%s: only the body was signed." % name, "mismatch", name, scheme=dict(PRESETS[name], signed="{body}"))
    own = stamped()
    by("timestamp_not_signed", "A scheme of its own: only the body was signed.", "mismatch", own, secret="example-secret", scheme=dict(own, signed="{body}"))
    for name, signed in [("stripe", "{timestamp}:{body}"), ("paddle", "{timestamp}.{body}"), ("webflow", "{timestamp}.{body}"), ("convoy-advanced", "{timestamp}.{body}"), ("svix", "{id}:{timestamp}:{body}"), ("close", "{timestamp}.{body}")]:
        by("wrong_template", "%s: the sender signs %s." % (name, signed), "mismatch", name, scheme=dict(PRESETS[name], signed=signed))
    by("wrong_template", "A scheme of its own: the sender puts nothing between.", "mismatch", own, secret="example-secret", scheme=dict(own, signed="{timestamp}{body}"))
    by("timestamp_unit", "stripe: milliseconds where seconds are due.", "from_future", "stripe", stamp=moment("ms"))
    by("timestamp_unit", "slack: milliseconds where seconds are due.", "from_future", "slack", stamp=moment("ms"))
    by("timestamp_unit", "webflow: seconds where milliseconds are due.", "expired", "webflow", stamp=moment("s"))
    by("timestamp_unit", "box: seconds where RFC 3339 is due.", "malformed_timestamp", "box", stamp=moment("s"))
    by("timestamp_unit", "A scheme of its own: RFC 3339 where seconds are due.", "malformed_timestamp", own, secret="example-secret", stamp=moment("rfc3339"))
    for name, sender, expect in [("stripe", "slack", "missing_signature"), ("github", "gitea", "missing_signature"), ("standard-webhooks", "svix", "missing_signature"), ("zoom", "slack", "missing_signature"), ("gitlab", "github", "missing_signature"), ("twitter", "sentry", "missing_signature")]:
        secret = example_secret(PRESETS["svix"]) if "standard-webhooks" in (name, sender) or name == "gitlab" else "example-secret"
        by("another_preset", "%s is configured, and %s sends." % (name, sender), expect, name, secret=secret, scheme=PRESETS[sender])
    made = Sent(PRESETS["stripe"], BODY, "example-secret")
    out.add("another_preset", "A plain connection, and stripe sends.", "missing_signature", {"connection": {"auth_method": "HMAC", "auth_secret": "example-secret"}}, made.headers(), BODY, NOW)
    for name, body in [("github", BODY), ("stripe", UNICODE), ("standard-webhooks", BODY), ("shopify", FORM)]:
        by("unexplained", "%s: another secret." % name, "mismatch", name, body=body, configured=example_secret(PRESETS[name], "another"))
    by("unexplained", "stripe: an altered body.", "mismatch", "stripe", received=BODY.replace(b"1990", b"0199"))
    by("unexplained", "slack: an altered form.", "mismatch", "slack", body=FORM, received=FORM.replace(b"94070", b"94071"))
    by("unexplained", "slack: an altered timestamp.", "mismatch", "slack", headers=lambda made: made.headers(change={"X-Slack-Request-Timestamp": str(NOW + 1)}))
    by("unexplained", "github: a signature of zeros.", "mismatch", "github", value=lambda made: made.value("0" * 64))
    out.plain("unexplained", "A plain connection: another secret.", "mismatch", {}, configured="another-secret")
    out.plain("unexplained", "A plain connection: a field was added to the body.", "mismatch", {"signature_encoding": HEXA_DECIMAL}, encoding=HEXA_DECIMAL, received=BODY[:-1] + b',"more":1}')


def broken():
    out = Broken()
    headers_and_signatures(out)
    secrets(out)
    bodies(out)
    parts(out)
    explain_changes.add(out)
    return out
