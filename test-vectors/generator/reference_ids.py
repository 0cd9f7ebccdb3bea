"""The id by which a repeated delivery is recognised, found the plain way: where it is, and whether the MAC covers it.

Written from the rules in README.md; `json` and `urllib.parse` of the standard library read bodies and queries.
"""

import json
import re
import unicodedata
import urllib.parse

from . import preset_ids, presets
from .reference_text import FIELD_NAME, Stop, raw_line, read_delivery

LONGEST = 1024
MOST = 8
ADYEN = ["pspReference", "originalReference", "merchantAccountCode", "merchantReference", "eventCode", "success", "amount/value", "amount/currency"]


class Absent(Exception):
    """There is nothing here; the next place counts."""


class Unusable(Exception):
    """This is no id, or could be read in two ways; no other place counts."""


class Number(str):
    """A number as it is written."""


class Pairs(list):
    """An object with all its names, in order."""


# What may be configured.

def need(good):
    if not good:
        raise Stop("invalid_config")


def check(value):
    """Stops unless this is an `id_from`."""
    if isinstance(value, str):
        return check_place(value)
    need(isinstance(value, list) and 1 <= len(value) <= MOST)
    for item in value:
        if isinstance(item, list):
            need(2 <= len(item) <= MOST)
        for place in item if isinstance(item, list) else [item]:
            check_place(place)


def check_place(place):
    need(isinstance(place, str))
    kind, colon, name = place.partition(":")
    need(colon and name and kind in ("header", "json", "query", "form"))
    need(kind != "header" or FIELD_NAME.fullmatch(name))
    need(kind != "json" or (name[0] == "/" and name.count("/") <= MOST and not re.search("~(?![01])", name)))


# Where it is.

def judge(vector):
    """What is found in the delivery of a vector: {"text", "is_signed"}, or None."""
    scheme, id_from = configured(vector["verifier"])
    if id_from is None:
        source = (scheme or {}).get("id", {}).get("from", "")
        id_from = source if source.startswith("header:") else []
    alternatives = [id_from] if isinstance(id_from, str) else id_from
    headers, body = read_delivery(vector["delivery"])
    for places in alternatives:
        places = [places] if isinstance(places, str) else places
        try:
            values = [value_at(place, headers, body, vector["delivery"].get("url", "")) for place in places]
        except Absent:
            continue
        except Unusable:
            return None
        text = values[0] if len(values) == 1 else ":".join(value.replace("%", "%25").replace(":", "%3A") for value in values)
        if len(text.encode()) > LONGEST:
            return None
        return {"text": text, "is_signed": all(covers(scheme, place) for place in places)}
    return None


def configured(description):
    """(the scheme, or None where a token or nothing is checked; `id_from`, or None)."""
    own = None
    if "preset" in description:
        scheme = description["preset"]
    elif "scheme" in description:
        scheme = description["scheme"]
    else:
        own = description["connection"].get("id_from")
        scheme = description["connection"].get("scheme")
        if scheme is None:
            return ({"signed": "{body}"} if description["connection"]["auth_method"] == "HMAC" else None), own
    found = preset_ids.ID_FROM.get(scheme) if isinstance(scheme, str) else scheme.get("id_from")
    scheme = presets.PRESETS[scheme] if isinstance(scheme, str) else scheme
    return (None if "token" in scheme else scheme), own or found


def value_at(place, headers, body, url):
    kind, _, name = place.partition(":")
    if kind == "header":
        try:
            line = raw_line(headers, name)
        except Stop:
            raise Unusable
        return text((line or b"").strip(b" \t"))
    if kind == "query":
        return parameter(url.split("#")[0].partition("?")[2].encode(), name)
    if any(header == "content-encoding" and value.strip(b" \t").lower() != b"identity" for header, value in headers):
        raise Absent
    return json_value(body, name) if kind == "json" else form_value(headers, body, name)


def text(value):
    try:
        found = value.decode("utf-8")
    except UnicodeDecodeError:
        raise Unusable
    if found == "":
        raise Absent
    if len(value) > LONGEST or any(unicodedata.category(letter) == "Cc" for letter in found):
        raise Unusable
    return found


def parameter(parameters, name):
    halves = [part.partition(b"=") for part in parameters.split(b"&")]
    plain = lambda escaped: urllib.parse.unquote_to_bytes(escaped.replace(b"+", b" "))  # noqa: E731
    values = [plain(value) for found, _, value in halves if plain(found) == name.encode()]
    if len(values) > 1:
        raise Unusable
    return text(values[0] if values else b"")


def form_value(headers, body, name):
    try:
        media_type = (raw_line(headers, "content-type") or b"").split(b";")[0]
    except Stop:
        raise Unusable
    if media_type.strip().lower() != b"application/x-www-form-urlencoded":
        raise Absent
    return parameter(body, name)


def json_value(body, pointer):
    def no_constant(name):
        raise ValueError(name)

    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=Pairs, parse_int=Number, parse_float=Number, parse_constant=no_constant)
    except ValueError:
        raise Unusable
    for name in pointer[1:].split("/"):
        value = child(value, name.replace("~1", "/").replace("~0", "~"))
    if value is None:
        raise Absent
    if not isinstance(value, str):
        raise Unusable
    try:
        return text(value.encode("utf-8"))
    except UnicodeEncodeError:  # half of a pair of surrogates
        raise Unusable


def child(value, name):
    if isinstance(value, Pairs):
        found = [item for key, item in value if key == name]
        if len(found) > 1:
            raise Unusable
    elif isinstance(value, list):
        found = value[int(name):][:1] if re.fullmatch("0|[1-9][0-9]*", name) else []
    else:
        found = []
    if not found:
        raise Absent
    return found[0]


# Whether it is signed.

def covers(scheme, place):
    if scheme is None:
        return False
    kind, _, name = place.partition(":")
    function, signed = scheme.get("function"), scheme.get("signed", "{body}").lower()
    # All other functions join fields of the body with nothing that no field can have between them.
    signs_body_whole = function is None or function == "contentful" or function == "hubspot"
    if scheme.get("ambiguous") or (kind == "form" and not signs_body_whole):
        return False
    # Doubled braces are literals.
    parts = re.findall(r"\{([^{}]*)\}", re.sub(r"\{\{|\}\}", "", signed))
    if kind == "header":
        source = "header:" + name.lower()
        named = [part for part in ("id", "timestamp") if part in scheme and scheme[part]["from"].lower() == source]
        return source in parts or any(part in parts for part in named)
    if kind == "query":
        return "url" in parts and url_ends(signed)
    if kind == "form" and "url" in parts and not url_ends(signed):
        return False
    if kind == "json" and function == "adyen":
        front = "/notificationItems/0/NotificationRequestItem/"
        return name.startswith(front) and name[len(front):] in ADYEN
    return function not in (["mandrill"] if kind == "json" else ["adyen"])


def url_ends(signed):
    """Whether something that no URL has stands beside each URL, on the side of the body."""
    marks = lambda literal: any(letter <= " " or letter == "\x7f" for letter in literal)  # noqa: E731
    before, _, behind = re.sub(r"\{\{|\}\}", "", signed).partition("{body}")
    literals_behind = re.findall(r"\{url\}([^{]*)", before)
    literals_in_front = re.findall(r"([^}]*)\{url\}", behind)
    return all(marks(literal) for literal in literals_behind + literals_in_front)
