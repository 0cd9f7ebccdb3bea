"""Schemes as JSON: what may be configured, checked rule by rule, and what is left of it for verification."""

import re
from collections import namedtuple

from . import reference_composition, reference_handshakes, reference_ids, reference_messages
from .reference_text import ALGORITHMS, ENCODINGS, FIELD_NAME, Stop

Scheme = namedtuple("Scheme", "headers format prefix separator key version fields algorithm encoding signed timestamp id secret token function digits source mark key_hash composition")
Timestamp = namedtuple("Timestamp", "source unit past future")

MOST = 16
FIELDS = ["name", "signature", "algorithm", "encoding", "signed", "timestamp", "id", "secret", "token", "function", "id_from", "answer_within", "handshake", "key", "plain_hash"] + reference_composition.FIELDS
FUNCTIONS = ["twilio", "mandrill", "hubspot", "contentful", "adyen"]
PARTS = {  # what belongs to each format: True where it is required
    "bare": {}, "labelled": {}, "prefixed": {"prefix": True, "separator": False}, "pairs": {"separator": True, "key": True, "mark": False},
    "list": {"separator": True, "version": True}, "positional": {"separator": True, "fields": True},
}
WITH_KEYS = ["pairs", "positional"]
OWN_LETTERS = {"BASE64": "+/=", "BASE64_URL": "-_=", "HEXA_DECIMAL": ""}


def need(good):
    if not good:
        raise Stop("invalid_config")


def compiled(scheme, tolerance=None):
    """The scheme, checked. `tolerance` replaces that of the scheme."""
    if reference_messages.concerns(scheme):
        return reference_messages.compiled(scheme, tolerance)
    need(isinstance(scheme, dict) and all(field in FIELDS for field in scheme))
    need(scheme.get("key", "SHA_256") in ("SHA_256", "SHA_512") and ("key" not in scheme or scheme.get("secret", "UTF_8") == "UTF_8"))
    whole, composition = scheme, None
    if "plain_hash" in scheme:
        need(not any(field in scheme for field in ("algorithm", "function", "secret", "key", "token")))
        need(isinstance(scheme["plain_hash"], str) and scheme["plain_hash"] in ALGORITHMS and isinstance(scheme.get("signed"), str))
        need(("part", "secret") in (reference_composition.pieces(scheme["signed"]) or []))
    if "token" not in scheme and reference_composition.is_composed(scheme):
        scheme = reference_composition.plain(scheme)
    need(isinstance(scheme.get("name", ""), str))
    need(scheme.get("secret", "UTF_8") in ["UTF_8", "BASE64", "HEXA_DECIMAL"])
    if "id_from" in scheme:
        reference_ids.check(scheme["id_from"])
    answer = scheme.get("answer_within", 1)
    need(type(answer) is int and 0 < answer < 2 ** 32)
    if "token" in scheme:
        need(all(field in ("name", "token", "secret", "id_from", "answer_within", "handshake") for field in scheme) and tolerance is None)
        token = scheme["token"]
        need(isinstance(token, dict) and list(token) in (["header"], ["from"]))
        need(is_name(token["header"]) if "header" in token else isinstance(token["from"], str) and reference_composition.is_place(token["from"]))
        if "handshake" in scheme:
            reference_handshakes.check(scheme, None)
        return Scheme([token.get("header", token.get("from"))], *[None] * 11, scheme.get("secret", "UTF_8"), True, None, None, scheme, None, None, None)
    need("algorithm" in scheme and "encoding" in scheme)
    need(scheme["algorithm"] in list(ALGORITHMS) + ["INFER_FROM_HEADER"] and scheme["encoding"] in ENCODINGS)
    need(scheme.get("function", "twilio") in FUNCTIONS)
    headers, format, signature = signature_part(scheme)
    if scheme["algorithm"] == "INFER_FROM_HEADER":
        need(format in ("bare", "labelled") and len(headers) == 1)
    parts = template(scheme.get("signed", "{body}"))
    place = lambda value: source(value, format, headers, signature)  # noqa: E731
    timestamp = timestamp_part(scheme.get("timestamp"), place) if "timestamp" in scheme else None
    id = None
    if "id" in scheme:
        need(isinstance(scheme["id"], dict) and list(scheme["id"]) == ["from"])
        id = place(scheme["id"]["from"])
    separate(headers, signature, timestamp, id, parts)
    need(scheme.get("function") not in ("twilio", "hubspot", "contentful") or ("url", None) in parts)
    need(timestamp is not None or ("timestamp", None) not in parts)
    need(id is not None or ("id", None) not in parts)
    if tolerance is not None:
        need(timestamp is not None)
        timestamp = timestamp._replace(**tolerance_part(tolerance))
    if timestamp is not None and timestamp.past is not None:
        kind, name = timestamp.source
        need(("timestamp", None) in parts or (kind == "header" and any(part == "header" and text.lower() == name.lower() for part, text in parts if text)))
    digits = bounded(parts, timestamp)
    if whole is not scheme:
        composition = reference_composition.Composition(whole)
        if "secret" in composition.parts:
            need(len(headers) == 1 and format != "list" and not (format == "prefixed" and "separator" in signature))
        digits = composition.digits(timestamp) if timestamp is not None else None
    if "handshake" in scheme:
        reference_handshakes.check(scheme, parts)
    return Scheme(headers, format, signature.get("prefix"), signature.get("separator"), signature.get("key"), signature.get("version"),
                  signature.get("fields"), scheme["algorithm"], scheme["encoding"], parts, timestamp, id, scheme.get("secret", "UTF_8"),
                  False, scheme.get("function"), digits, whole, signature.get("mark", "="), scheme.get("key"), composition)


def is_name(value):
    return isinstance(value, str) and FIELD_NAME.fullmatch(value) is not None


def signature_part(scheme):
    signature = scheme.get("signature")
    need(isinstance(signature, dict) and "header" in signature)
    headers = signature["header"] if isinstance(signature["header"], list) else [signature["header"]]
    need(0 < len(headers) <= MOST and all(is_name(name) for name in headers))
    need(len({name.lower() for name in headers}) == len(headers))
    format = signature.get("format", "bare")
    need(isinstance(format, str) and format in PARTS)
    belongs = PARTS[format]
    need(all(field in belongs or field in ("header", "format") for field in signature))
    need(all(field in signature for field, required in belongs.items() if required))
    if "prefix" in signature:
        need(isinstance(signature["prefix"], str) and signature["prefix"] != "" and signature["prefix"][0] not in " \t")
    if "separator" in signature:
        check_separator(signature["separator"], format, scheme["encoding"], signature.get("mark", "="))
    if "mark" in signature:
        need(isinstance(signature["mark"], str) and len(signature["mark"]) == 1 and "!" <= signature["mark"] <= "~" and not signature["mark"].isalnum())
    for field, stop in [("key", signature.get("mark", "=")), ("version", ",")]:
        if field in signature:
            check_word(signature[field], stop + signature["separator"])
    if "fields" in signature:
        fields = signature["fields"]
        need(isinstance(fields, list) and all(isinstance(field, str) for field in fields))
        need("signature" in fields and len(set(fields)) == len(fields))
    return headers, format, signature


def check_separator(separator, format, encoding, mark):
    need(isinstance(separator, str) and len(separator) == 1 and " " <= separator <= "~" and not separator.isalnum())
    need(separator != {"pairs": mark, "list": ","}.get(format))
    need(separator not in OWN_LETTERS[encoding])


def check_word(word, forbidden):
    need(isinstance(word, str) and word != "" and not any(letter in " \t" + forbidden for letter in word))


def source(value, format, headers, signature):
    """Where a timestamp or an id is found: ("header", name) or ("signature", key)."""
    need(isinstance(value, str))
    kind, colon, name = value.partition(":")
    need(colon == ":" and kind in ("header", "signature") and name != "")
    if kind == "header":
        need(is_name(name))
        return kind, name
    need(format in WITH_KEYS and len(headers) == 1)
    need(name != (signature["key"] if format == "pairs" else "signature"))
    if format == "positional":
        need(name in signature["fields"])
    return kind, name


def separate(headers, signature, timestamp, id, parts):
    """What has a place of its own cannot stand where another value stands."""
    taken = {name.lower() for name in headers}
    for kind, name in [place for place in (timestamp and timestamp.source, id) if place]:
        need(kind != "header" or name.lower() not in taken)
    need(not any(kind == "header" and name.lower() in taken for kind, name in parts))
    if timestamp and id and timestamp.source[0] == id[0]:
        fold = str.lower if id[0] == "header" else str
        need(fold(timestamp.source[1]) != fold(id[1]))
    if timestamp and timestamp.source[0] == "signature" and timestamp.unit in ("rfc3339", "utc"):
        need(signature["separator"] not in ":-+.")


def timestamp_part(value, place):
    need(isinstance(value, dict) and all(field in ("from", "unit", "tolerance") for field in value))
    need("from" in value and value.get("unit") in ("s", "ms", "rfc3339", "utc"))
    timestamp = Timestamp(place(value["from"]), value["unit"], None, None)
    return timestamp._replace(**tolerance_part(value["tolerance"])) if "tolerance" in value else timestamp


def tolerance_part(value):
    """{past, future} in milliseconds."""
    pair = value if isinstance(value, dict) else {"past": value, "future": value}
    need(sorted(pair) == ["future", "past"])
    need(all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in pair.values()))
    return {"past": pair["past"] * 1000, "future": pair["future"] * 1000}


def sides(parts):
    """Each part with its neighbour on the side of the body, and whether the body is to come."""
    body = parts.index(("body", None))
    for at, part in enumerate(parts):
        if part[0] != "body":
            yield part, parts[at + 1 if at < body else at - 1], at < body


def is_stamp(part, timestamp):
    kind, name = part
    return timestamp is not None and (kind == "timestamp" or (kind == "header" and timestamp.source[0] == "header" and timestamp.source[1].lower() == name.lower()))


def bounded(parts, timestamp):
    """Whether the signed text can be cut in one way only, or an error. Gives the number of digits that a timestamp must have, if it must."""
    digits = None
    for part, beside, before in sides(parts):
        if is_stamp(part, timestamp):
            need(timestamp.unit != "utc" or not before or (beside[0] == "text" and beside[1][0] not in "0123456789."))
            if timestamp.unit in ("s", "ms") and (beside[0] != "text" or beside[1][0 if before else -1] in "0123456789"):
                digits = {"s": 10, "ms": 13}[timestamp.unit]
        elif part[0] in ("id", "header"):
            dated = before and is_stamp(beside, timestamp) and timestamp.unit == "rfc3339"
            need(beside[0] == "text" or dated or (part[0] == "header" and part[1].lower() == "date"))
    return digits


def template(text):
    """The parts of a template: ("text", …), ("body", None), ("header", name) and so on."""
    need(isinstance(text, str))
    parts, rest = [], text
    while rest:
        match = re.match(r"(?s)(?:[^{}]|\{\{|\}\})+", rest)
        if match:
            parts.append(("text", match.group().replace("{{", "{").replace("}}", "}")))
        else:
            match = re.match(r"\{([^{}]*)\}", rest)
            need(match)
            word, colon, name = match.group(1).partition(":")
            if word == "header":
                need(is_name(name))
                parts.append(("header", name))
            else:
                need(colon == "" and word in ("body", "timestamp", "id", "method", "url"))
                parts.append((word, None))
        rest = rest[match.end():]
    need(parts.count(("body", None)) == 1 and len(parts) <= MOST)
    return parts
