"""The five senders that no template can describe: each rewrites the URL and the body before the template is read."""

import hashlib
import json
import re
import urllib.parse

from .reference_text import FIELD_NAME, Stop, one_line, raw_line

HUBSPOT_DECODED = {"%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";"}
STAMP = "x-contentful-timestamp"
NAMES = "x-contentful-signed-headers"
MOST_PARAMETERS = 1000


def forms(function, method, url, headers, body):
    """The pairs (url, body) that are put into the template; the message of any of them may be the signed one."""
    if function == "twilio":
        return [(variant, text) for variant, text in twilio(url, headers, body)]
    if function == "mandrill":
        pairs = sorted(parameters(body), key=lambda pair: pair[0])
        return [(url, "".join(name + value for name, value in pairs).encode())]
    if function == "hubspot":
        return [(re.sub("%[0-9A-Fa-f]{2}", lambda match: HUBSPOT_DECODED.get(match.group().upper(), match.group()), url), body)]
    if function == "contentful":
        return [contentful(url, headers, body)]
    if function == "adyen":
        return [(url, adyen_text(body))]
    return [(url, body)]


def parameters(body):
    if sum(1 for text in body.split(b"&") if text) > MOST_PARAMETERS:
        raise Stop("body_too_large")
    return urllib.parse.parse_qsl(body.decode("utf-8"), keep_blank_values=True)


# Twilio.

def twilio(url, headers, body):
    media_type = (one_line(headers, "content-type") or b"").decode("latin-1").split(";")[0].strip().lower()
    if media_type == "application/x-www-form-urlencoded":
        pairs = sorted(set(parameters(body)))
        text = "".join(name + value for name, value in pairs).encode()
    else:
        stated = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query).get("bodySHA256")
        if not stated:
            raise Stop("missing_part")
        if stated[0] != hashlib.sha256(body).hexdigest():
            raise Stop("mismatch")
        text = b""
    return [(variant, text) for spelling in spellings(url) for variant in ports(spelling)]


def spellings(url):
    """The URL as it is, and with some characters of its query escaped or not."""
    match = re.fullmatch(r"([^?#]*\?)([^#]*)(.*)", url, re.DOTALL)
    if not match:
        return [url]
    path, query, fragment = match.groups()
    plain = re.sub("%(27|3A|40)", lambda found: chr(int(found.group(1), 16)), query, flags=re.IGNORECASE)
    return [url] + [path + other + fragment for other in (query.replace("'", "%27"), urllib.parse.quote(query, safe="".join(chr(code) for code in range(33, 127) if chr(code) not in "':@")), plain)]


def ports(url):
    """The URL as it is, without the standard port, and with it."""
    match = re.fullmatch(r"(https?)://([^/?#:]*)(:[0-9]+)?(.*)", url)
    if not match:
        return [url]
    kind, host, port, rest = match.groups()
    standard = {"https": ":443", "http": ":80"}[kind]
    if port in (None, standard):
        return [url] + ["%s://%s%s%s" % (kind, host, other, rest) for other in ("", standard)]
    return [url]


# Contentful.

def contentful(url, headers, body):
    listed = (raw_line(headers, "x-contentful-signed-headers") or b"").strip(b" \t").decode("latin-1")
    names = [name.strip().lower() for name in listed.split(",")]
    if STAMP not in names:
        raise Stop("missing_part")
    if not all(FIELD_NAME.fullmatch(name) for name in names):
        raise Stop("malformed_signature")
    front, behind = "", ""
    for name, following in zip(names, names[1:] + [None]):
        value = raw_line(headers, name)
        if value is None:
            raise Stop("missing_part")
        value = value.strip(b" \t").decode("latin-1")
        if ";%s:" % NAMES in value or (following and ";%s:" % following in value):
            raise Stop("malformed_signature")
        item = name + ":" + value
        if name == STAMP:
            front += name + ":"
        elif STAMP in front:
            behind += ";" + item
        else:
            front += item + ";"
    return path_of(url) + "\n" + front, behind.encode("latin-1") + b"\n" + body


def path_of(url):
    return re.sub(r"^https?://[^/?#]*", "", url) or "/"


# Adyen.

ADYEN_NAMES = ["notificationItems", "NotificationRequestItem", "additionalData", "amount", "pspReference", "originalReference", "merchantAccountCode", "merchantReference",
               "eventCode", "success", "value", "currency", "hmacSignature"]


def plain_names(pairs):
    """An object whose names can be read in one way: none of ours in another case of Unicode or twice."""
    fold = lambda name: name.lower().upper().replace("\u0307", "")  # noqa: E731
    names = [name for name, _ in pairs]
    ours = [name for name in names if fold(name) in [fold(own) for own in ADYEN_NAMES]]
    return dict(pairs, **({"": None} if any(name not in ADYEN_NAMES for name in ours) or len(set(ours)) < len(ours) else {}))


def adyen_item(body):
    try:
        whole = json.loads(body, object_pairs_hook=plain_names)
        item = whole["notificationItems"][0]["NotificationRequestItem"]
        for level in (whole, whole["notificationItems"][0], item, item.get("amount") or {}, item.get("additionalData") or {}):
            if "" in level:
                raise Stop("missing_part")
        items = whole["notificationItems"]
        if len(items) != 1:
            raise Stop("malformed_signature")
        item = items[0]["NotificationRequestItem"]
        return item if isinstance(item, dict) else item[""]
    except (ValueError, KeyError, TypeError):
        raise Stop("missing_part")


def adyen_signatures(body):
    signature = (adyen_item(body).get("additionalData") or {}).get("hmacSignature")
    if signature is None:
        raise Stop("missing_signature")
    signature = signature.strip(" \t").encode()
    if signature == b"" or len(signature) > 4096:
        raise Stop("malformed_signature")
    return [signature]


def adyen_text(body):
    item = adyen_item(body)
    amount = item.get("amount") or {}
    values = [item.get("pspReference"), item.get("originalReference"), item.get("merchantAccountCode"), item.get("merchantReference"),
              amount.get("value"), amount.get("currency"), item.get("eventCode"), item.get("success")]
    return ":".join("" if value is None else str(value) for value in values).encode()
