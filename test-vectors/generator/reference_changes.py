"""How more causes are undone for `reference_causes.py`: each function yields the case as it may have been. Slow on purpose."""

import ast
import base64
import binascii
import html
import itertools
import json
import re
import urllib.parse

TIME = re.compile(r"\d{10}|\d{13}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
MARKS = [".", ":", "", "|", "-", "_", ",", ";", "/", " ", "&", "+", "\n"]


class Recognised:
    """A cause that is seen, and cannot be undone."""

    def verdict(self):
        return "authentic"


def unit_of(text):
    return {10: "s", 13: "ms"}.get(len(text), "rfc3339")


def wrong_format(case):
    """The value is cut at each mark, into pairs or into values in order."""
    signed = case.scheme["signed"]
    for value in case.values()[:1]:
        for mark in ",;&| ":
            items = [item.strip() for item in value.split(mark)]
            if len(items) > 1 and all("=" in item for item in items):
                pairs = dict(item.split("=", 1) for item in items)
                stamp = next((key for key, text in pairs.items() if TIME.fullmatch(text)), None)
                for key in pairs:
                    yield cut(case, {"format": "pairs", "separator": mark, "key": key}, stamp, pairs.get(stamp), signed)
        if re.match(r"v\d[a-z]?,", value):
            yield cut(case, {"format": "list", "separator": " ", "version": value.split(",")[0]}, None, None, signed)
        for mark in ",.:;| ":
            items = [item.strip() for item in value.split(mark)]
            names = ["timestamp" if TIME.fullmatch(item) else "signature" for item in items]
            if sorted(names) == ["signature", "timestamp"]:
                yield cut(case, {"format": "positional", "separator": mark, "fields": names}, "timestamp", items[names.index("timestamp")], signed)


def cut(case, parts, stamp, text, signed):
    scheme = dict(case.scheme, signature=dict(parts, header=case.scheme["signature"]["header"]))
    if scheme["signature"] == case.scheme["signature"]:
        return case
    if "{timestamp}" in signed and stamp:
        scheme["timestamp"] = {"from": "signature:" + stamp, "unit": unit_of(text)}
    elif str(scheme.get("timestamp", {}).get("from", "")).startswith("signature:"):
        del scheme["timestamp"]
    return case.copy(scheme=scheme, tolerance=None)


def with_secrets(case, change):
    changed = [change(secret) for secret in case.secrets]
    if changed != case.secrets:
        yield case.copy(secrets=changed)


def texts(change):
    return lambda secret: change(secret) if isinstance(secret, str) else secret


def secret_bom(case):
    for change in (str, str.strip):
        yield from with_secrets(case, texts(lambda secret: change(secret[1:]) if secret[:1] == "\ufeff" else secret))


def secret_quotes(case):
    yield from with_secrets(case, texts(lambda secret: secret.strip()[1:-1] if secret.strip()[:1] in ("'", '"', "`") and secret.strip()[:1] == secret.strip()[-1:] else secret))


def secret_escaped(case):
    for change in (html.unescape, html.escape, urllib.parse.unquote, lambda text: text.replace("\\n", "\n")):
        yield from with_secrets(case, texts(change))


def wrong_url(case):
    """All parts of the URL in all ways, one with the other."""
    if "{url}" not in case.scheme.get("signed", "") or not case.rest.get("url"):
        return
    lines = {name.lower(): value for name, value in case.lines}
    url = urllib.parse.urlsplit(case.rest["url"])
    hosts = [url.netloc, url.hostname] + [lines[name] for name in ("x-forwarded-host", "host") if name in lines]
    hosts += [host + ":" + lines.get("x-forwarded-port", "443") for host in hosts]
    paths = [url.path, url.path + "/", url.path.rstrip("/"), lines.get("x-forwarded-prefix", "") + url.path]
    items = url.query.split("&")
    queries = {""} | {"&".join(order) for size in range(1, len(items) + 1) for order in itertools.permutations(items, size)}
    queries |= {urllib.parse.unquote(url.query), url.query.replace("+", "%20"), url.query.replace("%20", "+"), urllib.parse.quote(url.query, safe="=&+%"),
                re.sub("%..", lambda escape: escape.group().upper(), url.query), re.sub("%..", lambda escape: escape.group().lower(), url.query)}
    for scheme, host, path, query in itertools.product(("https", "http"), hosts, paths, sorted(queries)):
        other = "%s://%s%s%s" % (scheme, host, path, "?" + query if query else "")
        if other != case.rest["url"]:
            yield case.copy(rest=dict(case.rest, url=other))


def with_body(case, body):
    if body is not None and body != case.body:
        yield case.copy(body=body)


def attempt(change, *errors):
    try:
        return change()
    except (ValueError, LookupError, SyntaxError, TypeError) + errors:
        return None


def body_charset(case):
    for name in ("latin-1", "cp1252"):
        once = attempt(lambda: case.body.decode().encode(name))
        yield from with_body(case, once)
        yield from with_body(case, attempt(lambda: once.decode().encode(name), AttributeError))
        yield from with_body(case, attempt(lambda: case.body.decode(name).encode()))


def body_base64(case):
    yield from with_body(case, attempt(lambda: base64.b64decode(b"".join(case.body.split()), validate=True) or None, binascii.Error))
    yield from with_body(case, base64.b64encode(case.body))


def body_json_string(case):
    for text in (case.body, b'"' + case.body + b'"'):
        value = attempt(lambda: json.loads(text))
        for _ in range(2):
            if isinstance(value, str):
                yield from with_body(case, value.encode("utf-8", "replace"))
                value = attempt(lambda: json.loads(value))
    value = attempt(lambda: json.loads(case.body))
    for text in value.values() if isinstance(value, dict) else []:
        if isinstance(text, str):
            yield from with_body(case, text.encode("utf-8", "replace"))
            yield from with_body(case, attempt(lambda: base64.b64decode(text, validate=True) or None, binascii.Error))
    yield from with_body(case, attempt(lambda: json.dumps(case.body.decode(), ensure_ascii=False).encode()))


def escaped(value):
    """JSON in one line with escapes for some of the characters that occur in it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    there = [c for c in "/<>&@%'+=" if c in text] + (["\\\""] if "\\\"" in text else [])
    for letters in ("kept", "lower", "upper"):
        for number in range(2 ** len(there)):
            chosen = [c for index, c in enumerate(there) if number >> index & 1]
            for form in ("%04x", "%04X"):
                out = text
                for c in chosen:
                    out = out.replace(c, "\\/" if c == "/" else "\\u" + form % ord(c[-1]))
                if letters != "kept":
                    digits = "%04x" if letters == "lower" else "%04X"
                    out = "".join(c if ord(c) < 128 else "".join("\\u" + digits % unit for unit in units(c)) for c in out)
                yield out.encode()


def units(c):
    data = c.encode("utf-16-be")
    return [int.from_bytes(data[at:at + 2], "big") for at in range(0, len(data), 2)]


def body_form_reencoded(case):
    fields = attempt(lambda: urllib.parse.parse_qsl(case.body.decode(), keep_blank_values=True, strict_parsing=True))
    value = attempt(lambda: json.loads(case.body))
    if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()):
        fields = list(value.items())
    for order in (fields, sorted(fields)) if fields else ():
        for quote in (urllib.parse.quote_plus, urllib.parse.quote):
            for safe in ("", "*", "*!'()", "!*()", "/", ":$,*!'()"):
                for tilde in ("~", "%7E"):
                    form = urllib.parse.urlencode(order, safe=safe, quote_via=quote).replace("~", tilde)
                    yield from with_body(case, form.encode())
                    yield from with_body(case, re.sub("%..", lambda escape: escape.group().lower(), form).encode())


def timestamp_signed(case):
    """Times and ids in any header or in the pairs, in all orders, with all marks."""
    scheme = case.scheme
    if "{timestamp}" in scheme.get("signed", ""):
        if case.verdict() == "missing_timestamp":
            for name, value in case.lines:
                if TIME.fullmatch(value):
                    yield case.copy(scheme=dict(scheme, timestamp={"from": "header:" + name, "unit": unit_of(value)}), tolerance=None)
        return
    places = [("header:" + name, value) for name, value in case.lines if name.lower() not in case.names()]
    if scheme["signature"].get("format") == "pairs":
        pairs = [item.split("=", 1) for item in case.values()[0].split(scheme["signature"]["separator"]) if "=" in item]
        places += [("signature:" + key, value) for key, value in pairs if key != scheme["signature"]["key"]]
    if scheme["signature"].get("format") == "positional":
        items = case.values()[0].split(scheme["signature"]["separator"])
        places += [("signature:" + key, value) for key, value in zip(scheme["signature"]["fields"], items) if key != "signature"]
    times = [(place, unit_of(value)) for place, value in places if TIME.fullmatch(value)]
    ids = [place for place, value in places if not TIME.fullmatch(value)]
    for mark in MARKS:
        for time, unit in times:
            stamp = dict(scheme, timestamp={"from": time, "unit": unit})
            for order in (["{timestamp}", "{body}"], ["{body}", "{timestamp}"], ["v0", "{timestamp}", "{body}"], ["v1", "{timestamp}", "{body}"]):
                yield case.copy(scheme=dict(stamp, signed=mark.join(order)), tolerance=None)
            for id in ids:
                for order in itertools.permutations(["{id}", "{timestamp}", "{body}"]):
                    yield case.copy(scheme=dict(stamp, id={"from": id}, signed=mark.join(order)), tolerance=None)
        for id in ids:
            for order in (["{id}", "{body}"], ["{body}", "{id}"]):
                yield case.copy(scheme=dict(scheme, id={"from": id}, signed=mark.join(order)), tolerance=None)


def mismatches(case):
    return case.verdict() == "mismatch"


def body_object(case):
    """The text of an object; that of Python and of Node is turned back."""
    text = case.body.decode("utf-8", "replace").strip()
    value = attempt(lambda: ast.literal_eval(text))
    if isinstance(value, bytes):
        yield from with_body(case, value)
    elif isinstance(value, dict) and isinstance(value.get("data"), list):
        yield from with_body(case, bytes(value["data"]))
    elif isinstance(value, dict) and "'" in text:
        yield from with_body(case, json.dumps(value, separators=(",", ":")).encode())
    shapes = [r"\[object \w+\]", "undefined", r"\{\}", r"<.* object at 0x[0-9a-f]+>", r"\{\w+=.*\}"]
    if mismatches(case) and any(re.fullmatch(shape, text) for shape in shapes):
        yield Recognised()


def body_characters_lost(case):
    if mismatches(case) and b"\xef\xbf\xbd" in case.body:
        yield Recognised()


def body_empty(case):
    if mismatches(case) and not case.body and case.rest.get("method") != "GET":
        yield Recognised()
