"""`scheme-configuration.json`: schemes that must be refused. `connection-scheme.json`: connections that name one."""

import json

from .build import BASE64, BASE64_URL, BODY, HEXA_DECIMAL, INFER, OTHER_SECRET, SECRET, VectorFile
from .presets import PRESETS, UNSUPPORTED
from .scheme_build import FORMATS, NAME, STAMP, Schemes, in_header, scheme, stamped
from .sender import NOW, Sent, example_secret

DELIVERY = [[NAME, "0" * 64]]
PAIRS, LIST, FIELDS = FORMATS["pairs"], FORMATS["list"], FORMATS["positional"]
ID = {"from": "header:X-Shop-Id"}


def changed(it, path, value):
    """The scheme with one part replaced."""
    it = json.loads(json.dumps(it))
    place = it
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return it


def without(it, *path):
    it = json.loads(json.dumps(it))
    place = it
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return it


def configuration():
    notes = {"Template": "A template with a fault.", "Header": "A header name with a fault.", "Format": "Parts of a format that are missing, faulty, or belong to another.", "Choice": "Values of a choice are written exactly so.", "Source": "A place of a timestamp or an id that there is not.",
             "Tolerance": "A tolerance that is none, or over a timestamp that is not signed.", "Field": "A field that does not exist or is missing.", "Type": "A value of another JSON type.", "Text": "JSON text with a fault.", "Good": "An unusual scheme that is fine."}
    out = Schemes("scheme-configuration.json", "Faulty schemes", "Schemes that must be refused before any delivery is verified. Where they are refused the deliveries are of no matter.", notes)
    counters = {}

    def refuse(group, comment, flag, it, **more):
        counters[group] = counters.get(group, 0) + 1
        out.add("config-%s-%d" % (group, counters[group]), comment, "invalid_config", flag, it, DELIVERY, **more)

    full = dict(timestamp=in_header(), id=ID)
    for template in ["", "text", "{timestamp}.", "{Body}", "{ body}", "{body }", "{BODY}", "{}{body}", "{ts}{body}", "{nonce}.{body}", "{body", "body}", "{body}}", "{{body}", "{body}{", "}{body}", "{body}{{{", "{{{body}}", "{body{timestamp}}", "{body}{body}", "{body}.{timestamp}.{body}",
                     "{{body}}", "{header}{body}", "{header:}{body}", "{header: X-A}{body}", "{header:X A}{body}", "{header:X-A:}{body}", "{header:X\u00e9}{body}", "{Header:X-A}{body}", "{body:x}", "{timestamp:s}{body}", "{signature}{body}", "{secret:a}{body}", "{query:a}{body}",
                     "{id}a" * 8 + "{body}", "a{id}" * 8 + "{body}"]:
        refuse("signed", "The template %s." % ascii(template), "Template", scheme(signed=template, **full))
    refuse("signed", "{timestamp} without a timestamp.", "Template", scheme(signed="{timestamp}.{body}", id=ID))
    refuse("signed", "{id} without an id.", "Template", scheme(signed="{id}.{body}", timestamp=in_header()))
    for name in ["", " ", "X Shop", "X-Shop:", "X-Shop ", " X-Shop", "X-Sh\u00f6p", "X-Shop\n", "X-Shop\u0000", "(X)", "X/Shop", "X=Shop", "X,Shop", "\"X\"", [], [""], ["X-A", "X B"], ["X-A", "X-A"], ["X-A", "x-a"], ["X-%d" % number for number in range(17)]]:
        refuse("header", "The signature's header is %s." % json.dumps(name), "Header", scheme(header=name))
    for value in [None, 1, True, {}, [1], [None], ["X-A", 1], [["X-A"]]]:
        refuse("header-type", "The signature's header is %s." % json.dumps(value), "Type", scheme(header=value))
    formats(refuse)
    places(refuse)
    overlaps(refuse)
    fields(refuse, out)
    good(out)
    return out.file()


def formats(refuse):
    for value in ["", "Bare", "BARE", "plain", "hex", "pair", "lists", "prefix", "bare "]:
        refuse("format", "The format %s." % json.dumps(value), "Choice", changed(scheme(), ["signature", "format"], value))
    for format, part in [("prefixed", "prefix"), ("pairs", "separator"), ("pairs", "key"), ("list", "separator"), ("list", "version"), ("positional", "separator"), ("positional", "fields")]:
        refuse("part-missing", "%s without %s." % (format, part), "Format", without(scheme(format), "signature", part))
    foreign = {"prefix": "v0=", "separator": ",", "key": "v1", "version": "v1", "fields": ["signature"]}
    belongs = {"bare": [], "labelled": [], "prefixed": ["prefix", "separator"], "pairs": ["separator", "key"], "list": ["separator", "version"], "positional": ["separator", "fields"]}
    for format, own in belongs.items():
        for part, value in foreign.items():
            if part not in own:
                refuse("part-foreign", "%s with %s." % (format, part), "Format", changed(scheme(format), ["signature", part], value))
    for format in ("pairs", "list", "positional", "prefixed-list"):
        for separator in ["", ",,", "a", "Z", "0", "\t", "\n", "\u00e9", "\u2028", "\u0000", "\u007f", "; "]:
            refuse("separator", "%s with the separator %s." % (format, ascii(separator)), "Format", changed(scheme(format), ["signature", "separator"], separator))
        for encoding, letters in [(BASE64, "+/="), (BASE64_URL, "-_=")]:
            for letter in letters:
                refuse("separator-encoding", "%s with the separator %s in %s." % (format, letter, encoding), "Format", changed(scheme(format, encoding=encoding), ["signature", "separator"], letter))
    refuse("separator-own", "An equals sign between pairs.", "Format", changed(scheme("pairs"), ["signature", "separator"], "="))
    refuse("separator-own", "A comma between the items of a list.", "Format", changed(scheme("list"), ["signature", "separator"], ","))
    refuse("prefix", "An empty prefix.", "Format", changed(scheme("prefixed"), ["signature", "prefix"], ""))
    refuse("prefix", "An empty prefix in front of a list.", "Format", changed(scheme("prefixed-list"), ["signature", "prefix"], ""))
    for key in ["", " ", "v 1", " v1", "v1\t", "v=1", "=", "v;1", ";"]:
        refuse("key", "The key %s." % ascii(key), "Format", changed(scheme("pairs"), ["signature", "key"], key))
    for version in ["", " ", "v 1", "v1 ", "v,1", ","]:
        refuse("version", "The version %s." % ascii(version), "Format", changed(scheme("list"), ["signature", "version"], version))
    refuse("version", "A version that holds the separator.", "Format", scheme(dict(LIST, separator=";", version="v;1")))
    for names in [[], ["timestamp"], ["timestamp", "Signature"], ["signature", "signature"], ["timestamp", "timestamp", "signature"], ["t", "signature", "t"]]:
        refuse("fields", "The fields %s." % json.dumps(names), "Format", changed(scheme("positional"), ["signature", "fields"], names))
    for format in ("prefixed", "prefixed-list", "pairs", "list", "positional"):
        refuse("infer", "An inferred algorithm with %s." % format, "Choice", scheme(format, INFER))
    for format in ("bare", "labelled"):
        refuse("infer-headers", "An inferred algorithm with two headers.", "Choice", scheme(format, INFER, header=["X-A", "X-B"]))
    for field, values in [("algorithm", ["", "sha_256", "SHA256", "SHA-256", "sha256", "SHA_3", "HS256", "ED25519", "INFER", "AUTO"]), ("encoding", ["", "hex", "HEX", "base64", "BASE64URL", "base64url", "BASE_64", "UTF_8"]), ("secret", ["", "utf8", "UTF-8", "base64", "HEX", "BASE64_URL", "WHSEC"]),
                          ("function", ["", "Twilio", "stripe", "sha256", "hubspot-v3", "trello"])]:
        for value in values:
            refuse(field, "%s is %s." % (field, json.dumps(value)), "Choice", dict(scheme(), **{field: value}))


def places(refuse):
    pairs = {"signature": dict({"header": NAME}, **PAIRS), "algorithm": "SHA_256", "encoding": HEXA_DECIMAL}
    for part, base in [("timestamp", {"unit": "s"}), ("id", {})]:
        signed = "{%s}.{body}" % part
        for place in ["", "header", "header:", "X-Shop", "Header:X-Shop", "headers:X-Shop", "header: X-Shop", "header:X Shop", "body:t", "query:", "json:t", "signature", "signature:", ":t", "url", "signature:v1"]:
            refuse("from-%s" % part, "%s from %s." % (part, json.dumps(place)), "Source", dict(pairs, signed=signed, **{part: dict(base, **{"from": place})}))
        for format in ("bare", "labelled", "prefixed", "prefixed-list", "list"):
            refuse("from-%s-format" % part, "%s from the signature header of format %s." % (part, format), "Source", scheme(format, signed=signed, **{part: dict(base, **{"from": "signature:t"})}))
        two = changed(pairs, ["signature", "header"], ["X-A", "X-B"])
        refuse("from-%s-headers" % part, "%s from the signature header, where there are two." % part, "Source", dict(two, signed=signed, **{part: dict(base, **{"from": "signature:t"})}))
        for field in ("signature", "t", "Note"):
            refuse("from-%s-field" % part, "%s from the field %s, which is none." % (part, field), "Source", scheme("positional", signed=signed, **{part: dict(base, **{"from": "signature:" + field})}))
        refuse("from-%s-missing" % part, "%s from nowhere." % part, "Field", dict(pairs, signed=signed, **{part: dict(base)}))
        refuse("from-%s-other" % part, "A part of %s that does not exist." % part, "Field", dict(pairs, signed=signed, **{part: dict(base, **{"from": "header:X-A", "form": "s"})}))
        for value in [None, "header:X-A", [], 1]:
            refuse("type-%s" % part, "%s is %s." % (part, json.dumps(value)), "Type", dict(pairs, signed=signed, **{part: value}))
        for value in [None, 1, ["header:X-A"]]:
            refuse("type-%s-from" % part, "%s from %s." % (part, json.dumps(value)), "Type", dict(pairs, signed=signed, **{part: dict(base, **{"from": value})}))
    for unit in ["", "S", "sec", "seconds", "us", "ns", "RFC3339", "rfc_3339", "iso8601", "http-date", None, 1]:
        refuse("unit", "The unit %s." % json.dumps(unit), "Choice", changed(stamped(), ["timestamp", "unit"], unit))
    refuse("unit", "No unit.", "Field", without(stamped(), "timestamp", "unit"))
    for value in [-1, "300", "5m", 1.5, True, [], {}, {"past": 300, "future": 60, "now": 1}, {"past": -1, "future": 1}, {"past": 1, "future": "1"}, {"Past": 300, "future": 60}, [300, 60]]:
        refuse("tolerance", "The tolerance %s." % json.dumps(value), "Tolerance", changed(stamped(), ["timestamp", "tolerance"], value))
    for signed in ["{body}", "{header:X-Other}.{body}", "v0.{body}"]:
        refuse("tolerance-unsigned", "A tolerance over a timestamp that is not in %s." % signed, "Tolerance", scheme(signed=signed, timestamp=in_header("s", 300)))
    refuse("tolerance-unsigned", "A tolerance of zero over a timestamp that is not signed.", "Tolerance", scheme(timestamp=in_header("s", 0)))
    refuse("tolerance-unsigned", "Past and future over a timestamp that is not signed.", "Tolerance", scheme(timestamp=in_header("ms", {"past": 1, "future": 1})))
    refuse("tolerance-unsigned", "The id is signed, the timestamp is not.", "Tolerance", scheme(signed="{id}.{body}", id=ID, timestamp=in_header("s", 300)))
    refuse("tolerance-unsigned", "A timestamp among the pairs that is not signed.", "Tolerance", scheme("pairs", timestamp={"from": "signature:t", "unit": "s", "tolerance": 300}))
    refuse("override-unsigned", "The operator's tolerance over a timestamp that is not signed.", "Tolerance", scheme(timestamp=in_header()), tolerance=300)
    refuse("override-none", "The operator's tolerance without a timestamp.", "Tolerance", scheme(), tolerance=300)


def overlaps(refuse):
    """Two values in one place, and places where no sender can put what belongs there."""
    signed = "{timestamp}.{id}.{body}"
    for id in ("header:X-Time", "header:x-time"):
        refuse("from-same", "The id stands where the timestamp stands.", "Source", scheme(signed=signed, timestamp={"from": "header:X-Time", "unit": "s"}, id={"from": id}))
    refuse("from-same", "One key for the timestamp and the id.", "Source", scheme("pairs", signed=signed, timestamp={"from": "signature:t", "unit": "s"}, id={"from": "signature:t"}))
    for name in (NAME, NAME.upper()):
        refuse("from-own", "A timestamp in the header of the signature.", "Source", scheme(signed="{timestamp}.{body}", timestamp={"from": "header:" + name, "unit": "s"}))
        refuse("from-own", "An id in the header of the signature.", "Source", scheme(signed="{id}.{body}", id={"from": "header:" + name}))
        refuse("signed-own", "The header of the signature is signed.", "Template", scheme(signed="{header:%s}.{body}" % name))
    for prefix in (" v0=", "\tv0="):
        refuse("prefix", "The prefix %s." % ascii(prefix), "Format", changed(scheme("prefixed"), ["signature", "prefix"], prefix))
    for format in ("pairs", "positional"):
        for separator in ":-.+":
            it = changed(scheme(format, signed="{timestamp}.{body}", timestamp={"from": "signature:" + ("t" if format == "pairs" else "timestamp"), "unit": "rfc3339"}), ["signature", "separator"], separator)
            refuse("separator-date", "A date between separators %s." % separator, "Format", it)


def fields(refuse, out):
    for name in ["signatures", "Signature", "algoritm", "encodings", "sign", "template", "timestamps", "tolerance", "secrets", "header", "prefix", "format", "", "kind", "tokens", "functions"]:
        refuse("field", "The field %s does not exist." % json.dumps(name), "Field", dict(scheme(), **{name: "x"}))
    for name in ["headers", "Header", "name", "seperator", "separators", "keys", "versions", "field", "label", "encoding", "algorithm", ""]:
        refuse("field-signature", "The field %s of the signature does not exist." % json.dumps(name), "Field", changed(scheme(), ["signature", name], "x"))
    for name in ["tolerence", "units", "source", "header", ""]:
        refuse("field-timestamp", "The field %s of the timestamp does not exist." % json.dumps(name), "Field", changed(stamped(), ["timestamp", name], "s"))
    for path in [["signature"], ["algorithm"], ["encoding"], ["signature", "header"]]:
        refuse("missing", "%s is missing." % ".".join(path), "Field", without(scheme(), *path))
    refuse("missing", "Everything is missing.", "Field", {})
    for path, values in [(["signature"], ["X-Shop", None, [], 1]), (["algorithm"], [None, 256, ["SHA_256"]]), (["encoding"], [None, 64]), (["signed"], [1, ["{body}"], {}]), (["name"], [1, ["a"]]), (["secret"], [1, ["UTF_8"]]), (["function"], [1, {}]),
                         (["signature", "format"], [1, ["bare"]])]:
        for value in values:
            refuse("type", "%s is %s." % (".".join(path), json.dumps(value)), "Type", changed(scheme(), path, value))
    for path, format in [("prefix", "prefixed"), ("separator", "pairs"), ("key", "pairs"), ("version", "list"), ("fields", "positional")]:
        for value in [1, {}, [1]]:
            refuse("type-part", "%s is %s." % (path, json.dumps(value)), "Type", changed(scheme(format), ["signature", path], value))
    text = json.dumps(scheme())
    body = text[1:-1]
    for id, comment, value in [("empty", "No text.", ""), ("cut", "The last brace is missing.", text[:-1]), ("array", "A list.", "[%s]" % text), ("null", "null.", "null"), ("string", "A text.", '"stripe"'), ("comma", "A comma behind the last field.", "{%s,}" % body), ("twice", "The encoding twice.", '{%s, "encoding": "BASE64"}' % body),
                               ("twice-equal", "The same field and value twice.", '{%s, "algorithm": "SHA_256"}' % body), ("twice-inside", "A field of the signature twice.", text.replace('{"header"', '{"header": "X-A", "header"')), ("two", "Two schemes.", text + text), ("single", "Single quotes.", text.replace('"', "'"))]:
        out.add("text-%s" % id, comment, "invalid_config", "Text", None, DELIVERY, text=value)
    tag = Sent(scheme(), BODY, SECRET).sig()
    for id, comment, value in [("plain", "A good scheme as text.", text), ("blanks", "White space has no meaning.", "\n\t" + text.replace(", ", " ,\r\n ") + " "), ("escapes", "Escapes in names and values.", text.replace("bare", "\\u0062are").replace('"encoding"', '"enc\\u006fding"'))]:
        out.add("text-%s" % id, comment, "authentic", "Good", None, [[NAME, tag]], text=value)


def good(out):
    for id, it, more in [
        ("odd-header", scheme(header="!#$%&'*+-.^_`|~09azAZ"), {}), ("sixteen-headers", scheme(header=["X-%d" % number for number in range(16)]), {}), ("long-prefix", scheme({"format": "prefixed", "prefix": "HMAC "}), {}), ("prefix-blank", scheme({"format": "prefixed", "prefix": "sha256 = "}), {}),
        ("key-odd", scheme({"format": "pairs", "separator": ";", "key": "v,1"}), {}), ("version-odd", scheme({"format": "list", "separator": " ", "version": "v=1"}), {}), ("one-field", scheme({"format": "positional", "separator": ",", "fields": ["signature"]}), {}),
        ("field-first", scheme({"format": "positional", "separator": ",", "fields": ["signature", "note"]}), {"value": lambda s: s.sig() + ",x"}), ("header-only-value", scheme(header="Authorization"), {}), ("separator-blank", scheme({"format": "pairs", "separator": " ", "key": "v1"}), {}),
        ("unused-id", scheme(id=ID), {}), ("unused-timestamp", scheme(timestamp=in_header()), {}), ("tolerance-zero", stamped("s", 0), {"now": NOW}), ("tolerance-pair", stamped("s", {"future": 0, "past": 0}), {"now": NOW}),
    ]:
        out.sent("good-" + id, "An unusual scheme.", "authentic", "Good", it, **more)


def connections():
    notes = {"Preset": "The connection names a preset.", "Own": "The connection holds a scheme of its own.", "Beside": "Fields that a scheme rules out.", "Method": "HMAC may be stated or left out; nothing else goes with a scheme.", "Unknown": "A preset that does not exist, or cannot be had.", "Tolerance": "The operator's tolerance.",
             "Rotation": "Secrets with bounds, in connections with a scheme and without.", "Secret": "A secret that is missing, empty or not in the form of the scheme.", "Scheme": "The scheme itself has a fault.", "Type": "A value of another JSON type.", "Delivery": "A fault of the delivery."}
    out = VectorFile("connection-scheme.json", "Connections with a scheme", "Connections that name a preset or hold a scheme, and secrets that count for a time.", notes)

    def add(id, comment, expect, flag, connection, sent=None, headers=None, body=None, index=0, now=None, **more):
        sent = sent or Sent(PRESETS["github"], BODY, SECRET)
        verdict = dict(algorithm=sent.algorithm, secret_index=index) if expect == "authentic" else {}
        out.add("connection-scheme-" + id, comment, connection, sent.headers() if headers is None else headers, sent.body if body is None else body, expect, flags=[flag], received_at=now, **verdict, **more)

    base = {"scheme": "github", "auth_secret": SECRET}
    for name in ("github", "shopify", "stripe", "slack", "standard-webhooks", "close", "recurly", "sanity", "github-legacy", "outpost"):
        secret = example_secret(PRESETS[name])
        sent = Sent(PRESETS[name], BODY, secret)
        connection = {"schema": "webhooks", "table": "events", "scheme": name, "auth_secret": secret}
        now = NOW if "timestamp" in PRESETS[name] else None
        add("preset-%s" % name, "The preset %s." % name, "authentic", "Preset", connection, sent, now=now)
        add("preset-%s-stated" % name, "The same with auth_method HMAC.", "authentic", "Method", dict(connection, auth_method="HMAC"), sent, now=now)
        add("preset-%s-tampered" % name, "The body was altered.", "mismatch", "Delivery", connection, sent, body=BODY + b" ", now=now)
        add("preset-%s-missing" % name, "No header.", "missing_signature", "Delivery", connection, sent, headers=[], now=now)
        add("preset-%s-second" % name, "The second secret signed.", "authentic", "Rotation", {"scheme": name, "auth_secret": example_secret(PRESETS[name], "another"), "secrets": [secret]}, sent, index=1, now=now)
    own = stamped("ms", {"past": 60, "future": 5})
    add("own", "A scheme of its own.", "authentic", "Own", {"scheme": own, "auth_secret": SECRET}, Sent(own, BODY, SECRET), now=NOW)
    add("own-stale", "A scheme of its own, a stale delivery.", "expired", "Own", {"scheme": own, "auth_secret": SECRET}, Sent(own, BODY, SECRET, seconds=NOW - 61), now=NOW)
    add("own-other-header", "The header of plain connections is not looked at.", "missing_signature", "Own", {"scheme": own, "auth_secret": SECRET}, headers=[["X-Fivetran-Hmac-Sign", "0" * 64], [STAMP, str(NOW)]], now=NOW)
    for field, values in [("algorithm", ["SHA_256", INFER]), ("signature_encoding", ["HEXA_DECIMAL", "BASE64"]), ("auth_header_key", ["X-Hub-Signature-256", "X-Sign"]), ("accept", [["SHA_256"], []]), ("algorithm_header_key", ["X-Algorithm"])]:
        for number, value in enumerate(values):
            add("beside-%s-%d" % (field.replace("_", "-"), number + 1), "%s beside a scheme." % field, "invalid_config", "Beside", dict(base, **{field: value}))
            add("beside-own-%s-%d" % (field.replace("_", "-"), number + 1), "%s beside a scheme of its own." % field, "invalid_config", "Beside", dict(base, scheme=scheme(), auth_method="HMAC", **{field: value}))
    for method in ("NONE", "TOKEN_BASED"):
        add("method-%s" % method.lower().replace("_", "-"), "auth_method %s beside a scheme." % method, "invalid_config", "Method", dict(base, auth_method=method))
    add("method-none-no-secret", "auth_method NONE beside a scheme, without a secret.", "invalid_config", "Method", {"scheme": "github", "auth_method": "NONE"})
    for name in UNSUPPORTED:
        add("unsupported-%s" % name, "%s is known, and there can be no preset for it." % name, "unsupported", "Unknown", dict(base, scheme=name))
    for number, name in enumerate(["", "githb", "GitHub", "stripe ", "hubspot-v4", "none", "HMAC"]):
        add("unknown-%d" % (number + 1), "A preset that does not exist.", "unknown_preset", "Unknown", dict(base, scheme=name))
    for number, value in enumerate([1, True, [], ["github"]]):
        add("type-%d" % (number + 1), "The scheme is %s." % json.dumps(value), "invalid_config", "Type", dict(base, scheme=value))
    for id, it in [("empty", {}), ("field", dict(scheme(), headers="x")), ("template", scheme(signed="{ts}{body}")), ("unsigned", scheme(timestamp=in_header("s", 300))), ("separator", changed(scheme("pairs"), ["signature", "separator"], "=")), ("prefix", changed(scheme("prefixed"), ["signature", "prefix"], ""))]:
        add("fault-%s" % id, "The scheme has a fault.", "invalid_config", "Scheme", dict(base, scheme=it))
    stripe = lambda seconds: Sent(PRESETS["stripe"], BODY, SECRET, seconds=NOW + seconds)  # noqa: E731
    for id, tolerance, seconds, expect in [("in", 10, -10, "authentic"), ("out", 10, -11, "expired"), ("future-out", 10, 11, "from_future"), ("zero", 0, 0, "authentic"), ("wide", 100000, -99999, "authentic"), ("pair-past", {"past": 5, "future": 500}, -5, "authentic"), ("pair-past-out", {"past": 5, "future": 500}, -6, "expired"),
                                           ("pair-future", {"past": 5, "future": 500}, 500, "authentic"), ("pair-future-out", {"past": 5, "future": 500}, 501, "from_future")]:
        add("tolerance-%s" % id, "A tolerance of %s." % json.dumps(tolerance), expect, "Tolerance", {"scheme": "stripe", "auth_secret": SECRET, "tolerance": tolerance}, stripe(seconds), now=NOW)
    for id, name in [("github", "github"), ("scalr", "scalr"), ("own", scheme()), ("own-unsigned", scheme(timestamp=in_header()))]:
        add("tolerance-unsigned-%s" % id, "A tolerance where no timestamp is signed.", "invalid_config", "Tolerance", {"scheme": name, "auth_secret": SECRET, "tolerance": 300})
    for number, value in enumerate([-1, "300", 1.5, True, [], {"past": -1, "future": 1}, {"past": 1, "future": 1, "more": 1}]):
        add("tolerance-bad-%d" % (number + 1), "The tolerance %s." % json.dumps(value), "invalid_config", "Tolerance", {"scheme": "stripe", "auth_secret": SECRET, "tolerance": value})
    connection_secrets(add, out)
    return out


def connection_secrets(add, out):
    webhooks = lambda secret: {"scheme": "standard-webhooks", "auth_secret": secret}  # noqa: E731
    add("no-secret", "No secret.", "empty_secret", "Secret", {"scheme": "github"})
    add("no-secrets", "An empty list.", "empty_secret", "Secret", {"scheme": "github", "secrets": []})
    add("empty-secret", "An empty secret.", "empty_secret", "Secret", {"scheme": "github", "auth_secret": ""})
    add("empty-whsec", "Nothing behind whsec_.", "empty_secret", "Secret", webhooks("whsec_"))
    add("empty-object", "An empty secret in an object.", "empty_secret", "Secret", {"scheme": "github", "secrets": [{"secret": ""}]})
    add("malformed-base64", "A secret that is no base64.", "malformed_secret", "Secret", webhooks("whsec_not base64"))
    add("malformed-hex", "A secret that is no hex.", "malformed_secret", "Secret", {"scheme": "close", "auth_secret": "zz"})
    add("nine", "Nine secrets.", "invalid_config", "Secret", {"scheme": "github", "secrets": ["s%d" % number for number in range(9)]})
    github, plain = Sent(PRESETS["github"], BODY, "new-secret"), {"auth_method": "HMAC", "signature_encoding": "HEXA_DECIMAL", "auth_header_key": "X-Hub-Signature-256"}
    token = {"auth_method": "TOKEN_BASED", "auth_header_key": "X-Token"}
    for id, base in [("preset", {"scheme": "github"}), ("plain", plain)]:
        bounded = dict(base, auth_secret="old-secret", secrets=[{"secret": "new-secret", "not_before": NOW, "not_after": "2025-10-09T08:54:20Z"}])
        for name, delta, expect in [("early", -1, "mismatch"), ("first", 0, "authentic"), ("last", 60, "authentic"), ("late", 61, "mismatch")]:
            add("bounds-%s-%s" % (id, name), "A secret that counts for a minute.", expect, "Rotation", bounded, github, index=1, now=NOW + delta)
        add("bounds-%s-none" % id, "An object without bounds.", "authentic", "Rotation", dict(base, secrets=[{"secret": "new-secret"}]), github, now=NOW)
        add("bounds-%s-mixed" % id, "Objects and texts.", "authentic", "Rotation", dict(base, secrets=["a", {"secret": "b", "not_after": 1}, "new-secret"]), github, index=2, now=NOW)
        for number, value in enumerate([{}, {"not_before": 1}, {"secret": 1}, {"secret": "a", "not_before": "yesterday"}, {"secret": "a", "not_after": "2025-10-09"}, {"secret": "a", "not_after": 1.5}, {"secret": "a", "not_before": True}, {"secret": "a", "not_before": [1]}, {"secret": "a", "not_befor": 1},
                                        {"secret": "a", "until": 1}, {"secret_base64": "QQ=="}, {"secret": "a", "not_after": "1760000000"}]):
            add("bounds-%s-bad-%d" % (id, number + 1), "The secret %s." % json.dumps(value), "invalid_config", "Rotation", dict(base, secrets=["good", value]))
    for id, value, expect in [("good", "a-token", "authentic"), ("wrong", "another", "mismatch"), ("empty", "", "malformed_signature")]:
        out.add("connection-scheme-token-%s" % id, "A preset whose sender repeats the secret.", {"scheme": "gitlab-token", "auth_secret": "a-token"}, [["X-Gitlab-Token", value]], BODY, expect, flags=["Preset"],
                secret_index=0 if expect == "authentic" else None)
    for name, delta, expect in [("in", 0, "authentic"), ("out", 1, "mismatch")]:
        out.add("connection-token-bounds-%s" % name, "A token that counts until now.", dict(token, secrets=[{"secret": "token", "not_after": NOW}]), [["X-Token", "token"]], BODY, expect, flags=["Rotation"], received_at=NOW + delta,
                secret_index=0 if expect == "authentic" else None)
    add("other-secret", "Another secret.", "mismatch", "Delivery", {"scheme": "github", "auth_secret": OTHER_SECRET}, github)


def files():
    return [configuration(), connections()]
