"""Which causes explain a rejection: each is undone in turn, and the plain verifier asked again. Slow on purpose."""

import base64
import copy
import gzip
import hmac
import json
import re
import urllib.parse

from . import presets, reference, reference_changes as changes, reference_scheme, reference_secrets, reference_verify
from .reference_text import ALGORITHMS, Stop, read_delivery

PREFIXES = ["sha256=", "sha1=", "sha512=", "v0=", "v1="]
YEAR = 366 * 24 * 3600


class Case:
    """A scheme, its secrets as texts, and a delivery as headers and body."""

    def __init__(self, vector):
        verifier, delivery = vector["verifier"], vector["delivery"]
        self.tolerance = verifier.get("tolerance")
        if "connection" in verifier:
            config = verifier["connection"]
            self.secrets = ([config["auth_secret"]] if "auth_secret" in config else []) + config.get("secrets", [])
            self.tolerance = config.get("tolerance")
            self.scheme = copy.deepcopy(reference.named(config["scheme"])) if "scheme" in config else plain(config)
        else:
            self.secrets = verifier["secrets"]
            self.scheme = copy.deepcopy(reference.named(verifier["preset"]) if "preset" in verifier else verifier["scheme"])
        self.lines = [list(line) for line in delivery["headers"]]
        self.body = read_delivery(delivery)[1]
        self.rest = {name: delivery[name] for name in ("method", "url", "received_at") if name in delivery}

    def copy(self, **changes):
        other = copy.deepcopy(self)
        for name, value in changes.items():
            setattr(other, name, value)
        return other

    def verdict(self):
        try:
            scheme = reference_scheme.compiled(self.scheme, self.tolerance)
            keys = reference_secrets.check([reference_secrets.read(secret, True) for secret in self.secrets], scheme.secret, scheme.token)
            delivery = dict(self.rest, headers=self.lines, body_base64=base64.b64encode(self.body).decode("ascii"))
            reference_verify.verify(scheme, keys, delivery)
            return "authentic"
        except Stop as stop:
            return str(stop)

    def names(self):
        header = self.scheme["signature"]["header"]
        return [name.lower() for name in (header if isinstance(header, list) else [header])]

    def values(self):
        return [value for name, value in self.lines if name.lower() in self.names()]

    def with_value(self, value):
        """The same with one signature header of this value."""
        lines = [line for line in self.lines if line[0].lower() not in self.names()]
        return self.copy(lines=lines + [[self.names()[0], value]])

    def with_scheme(self, **changes):
        return self.copy(scheme=dict(self.scheme, **changes))


def plain(config):
    return {"signature": {"header": config.get("auth_header_key", "X-Fivetran-Hmac-Sign"), "format": "bare"}, "algorithm": config.get("algorithm", "SHA_256"),
            "encoding": config.get("signature_encoding", "BASE64"), "signed": "{body}"}


def fitting(vector):
    """The causes that make the delivery authentic when they are undone, in the fixed order."""
    case = Case(vector)
    return [name for name, undo in CAUSES if any(other.verdict() == "authentic" for other in undo(case))]


def fit_together(vector, first, second):
    """Whether undoing the first cause and then the second makes the delivery authentic."""
    undo = dict(CAUSES)
    return any(both.verdict() == "authentic" for one in undo[first](Case(vector)) if one.verdict() == "mismatch" for both in undo[second](one))


def clock_off(case):
    scheme = reference_scheme.compiled(case.scheme, case.tolerance)
    if scheme.timestamp is None or scheme.timestamp.past is None or case.verdict() not in ("expired", "from_future"):
        return
    free = copy.deepcopy(case)
    free.tolerance = YEAR
    yield free


def wrong_header(case):
    for name, value in case.lines:
        if name.lower() not in case.names():
            yield case.with_value(value)


def missing_prefix(case):
    signature = case.scheme["signature"]
    for value in case.values():
        fronts = {"prefixed": [signature.get("prefix")], "labelled": PREFIXES[:3], "list": ["%s," % signature.get("version")], "pairs": ["%s=" % signature.get("key")]}
        for front in fronts.get(signature.get("format", "bare"), []):
            yield case.with_value(front + value)


def extra_prefix(case):
    """A word with a mark behind it. What is as long as a signature is no prefix."""
    signature = case.scheme["signature"]
    for value in case.values()[:1] if len(case.values()) == 1 else []:
        for mark in "=:, ":
            front, found, rest = value.partition(mark)
            if found and len(front) <= 24:
                yield case.with_value(rest.lstrip())
                if "prefix" in signature:
                    yield case.with_value(signature["prefix"] + rest.lstrip())
                if signature.get("format") == "labelled":
                    yield case.with_value(rest.lstrip()).with_scheme(signature=dict(signature, format="bare"))


def truncated_signature(case):
    """The tag that came is the beginning of the right one. Judged here, since no full one is at hand."""
    class Cut:
        def verdict(self):
            return "authentic"
    scheme = reference_scheme.compiled(case.scheme)
    for value in case.values():
        try:
            candidates, found = reference_verify.split(scheme, value.encode())
            stamp = reference_verify.read_timestamp(scheme, [(name.lower(), text.encode()) for name, text in case.lines], found)
            text = reference_verify.message(scheme, [(name.lower(), text.encode()) for name, text in case.lines], found, stamp, case.rest.get("method", ""), case.rest.get("url", ""), case.body)
            keys = reference_secrets.check([reference_secrets.read(secret, True) for secret in case.secrets], scheme.secret)
        except Stop:
            continue
        for _, signature in candidates:
            for key in keys:
                algorithm = "SHA_256" if scheme.algorithm == "INFER_FROM_HEADER" else scheme.algorithm
                tag = hmac.new(key.key, text, algorithm.replace("_", "").lower()).digest()
                full = {"HEXA_DECIMAL": tag.hex().encode(), "BASE64": base64.b64encode(tag), "BASE64_URL": base64.urlsafe_b64encode(tag)}[scheme.encoding]
                short = signature.lower() if scheme.encoding == "HEXA_DECIMAL" else signature
                if 8 <= len(short) < len(full.rstrip(b"=")) and full.startswith(short):
                    yield Cut()


def doubled_signature(case):
    values = case.values()
    if len(values) > 1:
        yield case.with_value(values[0])
    for value in values:
        for mark in (", ", ",", " ", ";"):
            if mark in value:
                yield case.with_value(value.split(mark)[0])
        prefix = case.scheme["signature"].get("prefix", "")
        rest = value[len(prefix):]
        if rest[:len(rest) // 2] == rest[len(rest) // 2:]:
            yield case.with_value(prefix + rest[:len(rest) // 2])


def wrong_encoding(case):
    for value in case.values():
        if "%" in value:
            yield case.with_value(urllib.parse.unquote(value))
    yield case.with_scheme(encoding="BASE64" if case.scheme["encoding"] == "HEXA_DECIMAL" else "HEXA_DECIMAL")


def url_alphabet(case):
    other = {"BASE64": "BASE64_URL", "BASE64_URL": "BASE64"}.get(case.scheme["encoding"])
    if other:
        yield case.with_scheme(encoding=other)


def wrong_algorithm(case):
    for name in ALGORITHMS:
        field = "plain_hash" if "plain_hash" in case.scheme else "algorithm"
        if name != case.scheme[field]:
            yield case.with_scheme(**{field: name})


def with_secrets(case, change):
    yield case.copy(secrets=[change(secret) if isinstance(secret, str) else secret for secret in case.secrets])


def secret_whitespace(case):
    return with_secrets(case, str.strip)


def form_of(case):
    return case.scheme.get("secret", "UTF_8")


def secret_is(form):
    def undo(case):
        if form_of(case) != form:
            yield case.with_scheme(secret=form)
    return undo


def secret_whsec(case):
    text = case.with_scheme(secret="UTF_8")
    yield from with_secrets(text, lambda secret: secret[6:] if secret.startswith("whsec_") else secret)
    yield from with_secrets(text, lambda secret: "whsec_" + secret)


def with_bodies(*changes):
    def undo(case):
        for change in changes:
            body = change(case.body)
            if body is not None and body != case.body:
                yield case.copy(body=body)
    return undo


def utf16(case):
    for order in ("utf-16-le", "utf-16-be"):
        try:
            yield case.copy(body=case.body.decode(order).removeprefix("\ufeff").encode())
        except ValueError:
            pass


def printed(case):
    try:
        value = json.loads(case.body.decode("utf-8-sig"))
    except ValueError:
        return
    for sort in (False, True):
        for ascii in (False, True):
            for more in ({"separators": (",", ":")}, {}, {"indent": 2}, {"indent": 4}, {"indent": "\t"}):
                body = json.dumps(value, sort_keys=sort, ensure_ascii=ascii, **more).encode()
                if body != case.body:
                    yield case.copy(body=body)
    for body in (case.body.replace(b"[]", b"{}"), case.body.replace(b"{}", b"[]")):
        yield from changes.with_body(case, body)
    for body in changes.escaped(value):
        yield from changes.with_body(case, body)


def body_form_field(case):
    for quote in (urllib.parse.quote_plus, urllib.parse.quote):
        yield case.copy(body=b"payload=" + quote(case.body, safe="").encode())
    try:
        pairs = urllib.parse.parse_qsl(case.body.decode("utf-8"), keep_blank_values=True)
    except UnicodeDecodeError:
        return
    for _, value in pairs:
        yield case.copy(body=value.encode())


def timestamp_not_signed(case):
    if "{timestamp}" in case.scheme["signed"]:
        free = {name: value for name, value in case.scheme.items() if name != "timestamp"}
        yield case.copy(scheme=dict(free, signed="{body}"), tolerance=None)
        if "{id}" in free["signed"]:
            yield case.copy(scheme=dict(free, signed="{id}.{body}"), tolerance=None)


def wrong_template(case):
    parts = re.findall(r"\{[^{}]*\}", case.scheme["signed"])
    for mark in ["", ".", ":", ",", "|", ";", "-", "_", " ", "\n", "&", "/"]:
        yield case.with_scheme(signed=mark.join(parts))


def timestamp_unit(case):
    timestamp = case.scheme.get("timestamp")
    for unit in ("s", "ms", "rfc3339"):
        if timestamp and unit != timestamp["unit"]:
            yield case.with_scheme(timestamp=dict(timestamp, unit=unit))


def another_preset(case):
    for name, scheme in presets.PRESETS.items():
        if name != case.scheme.get("name"):
            yield case.copy(scheme=scheme, tolerance=None)


ENDS = [b"", b"\n", b"\r\n", b" ", b"  ", b"\n\n", b"\t", b" \n", b"  \n"]


def wrapped(front, end):
    return lambda body: front + body + end if body else None


def extra_suffix(case):
    """Each beginning of the value."""
    for value in case.values()[:1]:
        for length in range(20, len(value)):
            if not value[length].isalnum():
                yield case.with_value(value[:length])


def hash_kind(case):
    """The secret on either side of the text, and in place of the hash the HMAC."""
    signed = case.scheme.get("signed", "{body}")
    if "plain_hash" in case.scheme:
        scheme = {name: value for name, value in case.scheme.items() if name != "plain_hash"}
        yield case.copy(scheme=dict(scheme, algorithm=case.scheme["plain_hash"], signed=signed.replace("{secret}", "")))
    elif case.scheme.get("algorithm") in ALGORITHMS and "{secret}" not in signed and "secret" not in case.scheme:
        scheme = {name: value for name, value in case.scheme.items() if name not in ("algorithm", "key")}
        for mark in ("", ".", "-", ":", "|", "_", "&key=", "&"):
            for text in ("{secret}" + mark + signed, signed + mark + "{secret}"):
                yield case.copy(scheme=dict(scheme, plain_hash=case.scheme["algorithm"], signed=text))


CAUSES = [
    ("clock_off", clock_off), ("wrong_header", wrong_header), ("missing_prefix", missing_prefix), ("truncated_signature", truncated_signature), ("doubled_signature", doubled_signature),
    ("wrong_format", changes.wrong_format), ("extra_prefix", extra_prefix), ("extra_suffix", extra_suffix),
    ("wrong_encoding", wrong_encoding), ("url_alphabet", url_alphabet), ("wrong_algorithm", wrong_algorithm), ("secret_whitespace", secret_whitespace), ("secret_bom", changes.secret_bom), ("secret_quotes", changes.secret_quotes), ("secret_escaped", changes.secret_escaped), ("secret_is_base64", secret_is("BASE64")), ("secret_is_hex", secret_is("HEXA_DECIMAL")),
    ("secret_is_text", secret_is("UTF_8")), ("secret_whsec", secret_whsec), ("wrong_url", changes.wrong_url),
    ("body_newline_added", with_bodies(lambda body: body[:-2] if body.endswith(b"\r\n") else None, lambda body: body[:-1] if body.endswith(b"\n") else None, bytes.strip, bytes.lstrip, bytes.rstrip)),
    ("body_newline_cut", with_bodies(*[wrapped(front, end) for front in ENDS for end in ENDS])),
    ("body_line_endings", with_bodies(lambda body: body.replace(b"\r\n", b"\n"), lambda body: body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))),
    ("body_bom", with_bodies(lambda body: body[3:] if body.startswith(b"\xef\xbb\xbf") else b"\xef\xbb\xbf" + body)), ("body_utf16", utf16),
    ("body_charset", changes.body_charset), ("body_base64", changes.body_base64), ("body_json_string", changes.body_json_string), ("body_reserialised", printed), ("body_form_field", body_form_field), ("body_form_reencoded", changes.body_form_reencoded),
    ("timestamp_not_signed", timestamp_not_signed), ("timestamp_signed", changes.timestamp_signed), ("wrong_template", wrong_template), ("hash_kind", hash_kind), ("timestamp_unit", timestamp_unit), ("another_preset", another_preset),
    ("body_compressed", with_bodies(lambda body: gzip.decompress(body) if body.startswith(b"\x1f\x8b") else None)),
    ("body_object", changes.body_object), ("body_characters_lost", changes.body_characters_lost), ("body_empty", changes.body_empty),
]
