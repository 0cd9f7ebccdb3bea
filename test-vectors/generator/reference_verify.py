"""How a delivery is judged by a scheme, in the order that README.md of this folder gives."""

import hashlib
import hmac
import re

from . import reference_composition, reference_functions, reference_handshakes, reference_messages, reference_scheme, reference_times as times
from .reference_text import ALGORITHMS, LONGEST_VALUE, Stop, companion_label, one_line, raw_line, read_delivery, split_label, tag_of

MOST_CANDIDATES = 16


def verify(scheme, secrets, delivery):
    """(algorithm or None, secret_index), or a Stop."""
    if isinstance(scheme, reference_messages.Judge):
        return scheme.judge(secrets, delivery)
    headers, body = read_delivery(delivery)
    now = delivery.get("received_at", 0) * 1000
    usable = [secret if times.usable(secret, now) else None for secret in secrets]
    if scheme.composition:
        return verify_composed(scheme, secrets, delivery, headers, body, now)
    if scheme.token:
        if "from" in scheme.source["token"]:
            value = reference_composition.at(scheme.source["token"]["from"], delivery, headers, body)
        else:
            value = one_line(headers, scheme.headers[0])
        if value is None:
            raise Stop("missing_signature")
        return None, match_token(scheme.headers[0], value, secrets, now)
    if scheme.function == "adyen":
        values = reference_functions.adyen_signatures(body)
    else:
        values = signature_values(scheme, headers)
    candidates, found = [], {}
    for value in values:
        texts, pairs = split(scheme, value)
        candidates += texts
        found.update(pairs)
    if len(candidates) > MOST_CANDIDATES:
        raise Stop("malformed_signature")
    tags = well_formed(scheme, headers, candidates)
    stamp = read_timestamp(scheme, headers, found)
    method, url = delivery.get("method", ""), delivery.get("url", "")
    forms = reference_functions.forms(scheme.function, method, url, headers, body)
    messages = [message(scheme, headers, found, stamp, method, *form) for form in forms]
    usable = [secret and secret._replace(key=key_of(scheme, secret)) for secret in usable]
    index = match(usable, tags, messages)
    if reference_handshakes.refuses(scheme.source, body):
        raise Stop("mismatch")
    check_freshness(scheme, stamp, now)
    return tags[0][0], index


def verify_composed(scheme, secrets, delivery, headers, body, now):
    source = reference_composition.Delivery(scheme.composition, delivery, headers, body)
    values = reference_composition.signature_values(scheme.composition, source)
    ranks, outcomes = {"expired": 2, "from_future": 2, "mismatch": 1}, []
    for value in values:
        try:
            outcomes.append((3, verify_value(scheme, secrets, headers, source, value, now)))
        except Stop as stop:
            outcomes.append((ranks.get(str(stop), 0), stop))
    best = max(rank for rank, _ in outcomes)
    outcome = next(outcome for rank, outcome in outcomes if rank == best)
    if isinstance(outcome, Stop):
        raise outcome
    return outcome


def verify_value(scheme, secrets, headers, source, value, now):
    """The verdict by one value, in which signatures stand."""
    texts, found = split(scheme, value)
    if len(texts) > MOST_CANDIDATES:
        raise Stop("malformed_signature")
    tags = well_formed(scheme, headers, texts)
    # A sender that signs the text of the secret makes one signature.
    is_several = len(texts) > 1 and "secret" in scheme.composition.parts
    listed = None
    if "signed_headers" in scheme.source:
        key = scheme.source["signed_headers"]["from"].partition(":")[2].encode() + scheme.mark.encode()
        lists = [item[len(key):] for item in items(scheme, value) if item.startswith(key)]
        malformed_unless(len(lists) == 1 and lists[0])
        listed = lists[0]
    moved = {part: source.at(scheme.source[part]["from"]) for part in ("timestamp", "id")
             if scheme.source.get(part, {}).get("from", "").partition(":")[0] in reference_composition.PLACES}
    lines = headers + [("x-moved-" + part, text) for part, text in moved.items() if text is not None]
    stamp = read_timestamp(scheme, lines, found)
    id = None
    if scheme.id and "id" in scheme.composition.parts:
        place, name = scheme.id
        id = header_part(lines, name) if place == "header" else present(found.get(name.encode()))
        if moved.get("id", id) != id:
            raise Stop("missing_part")
    for index, secret in enumerate(secrets):
        text = reference_composition.message(scheme.composition, source, secret.key, listed, stamp and stamp[0], id)
        if times.usable(secret, now) and not is_several and any(tag_by(scheme, algorithm, secret, text) == expected for algorithm, expected in tags):
            check_freshness(scheme, stamp, now)
            return tags[0][0], index
    raise Stop("mismatch")


def tag_by(scheme, algorithm, secret, text):
    if "plain_hash" in scheme.source:
        return hashlib.new(digest(algorithm), text).digest()
    return hmac.new(key_of(scheme, secret), text, digest(algorithm)).digest()


def key_of(scheme, secret):
    return hashlib.new(digest(scheme.key_hash), secret.key).digest() if scheme.key_hash else secret.key


def digest(algorithm):
    return algorithm.replace("_", "").lower()


def match_token(header, value, secrets, now):
    readings = [value]
    if header.lower() == "authorization":
        bearer = re.match(rb"bearer +", value, re.IGNORECASE)
        readings += [value[bearer.end():]] if bearer else []
    for index, secret in enumerate(secrets):
        if times.usable(secret, now) and secret.key in readings:
            return index
    raise Stop("mismatch")


# The signature header.

def signature_values(scheme, headers):
    values = [one_line(headers, name) for name in scheme.headers]
    values = [value for value in values if value is not None]
    if not values:
        raise Stop("missing_signature")
    return values


def malformed_unless(good):
    if not good:
        raise Stop("malformed_signature")


def items(scheme, text):
    return [item.strip(b" \t") for item in text.split(scheme.separator.encode())]


def split(scheme, value):
    """(signature texts or labelled texts, values of other keys)."""
    if scheme.format in ("bare", "labelled"):
        label, signature = split_label(value)
        malformed_unless(label or scheme.format == "bare")
        return [(label, signature)], {}
    if scheme.format == "prefixed":
        prefix = scheme.prefix.encode()
        malformed_unless(value.startswith(prefix) and value != prefix)
        texts = items(scheme, value[len(prefix):]) if scheme.separator else [value[len(prefix):]]
        found = {}
    else:
        texts, found = {"pairs": from_pairs, "list": from_list, "positional": from_positions}[scheme.format](scheme, items(scheme, value))
    malformed_unless(texts)
    return [(None, text) for text in texts], found


def keys_in_use(scheme):
    sources = ([scheme.timestamp.source] if scheme.timestamp else []) + ([scheme.id] if scheme.id else [])
    return [name.encode() for kind, name in sources if kind == "signature"]


def from_pairs(scheme, pieces):
    texts, found = [], {}
    for piece in pieces:
        key, equals, text = piece.partition(scheme.mark.encode())
        malformed_unless(equals and key)
        if key == scheme.key.encode():
            texts.append(text)
        elif key in keys_in_use(scheme):
            malformed_unless(key not in found)
            found[key] = text
    return texts, found


def from_list(scheme, pieces):
    texts = []
    for piece in pieces:
        version, comma, text = piece.partition(b",")
        malformed_unless(comma)
        if version == scheme.version.encode():
            texts.append(text)
    return texts, {}


def from_positions(scheme, pieces):
    fields = [field.encode() for field in scheme.fields]
    malformed_unless(all(pieces[:len(fields)]) or fields[-1] == b"signature" and all(pieces[:len(fields) - 1]))
    malformed_unless(len(pieces) >= len(fields))
    malformed_unless(len(pieces) == len(fields) or fields[-1] == b"signature")
    fields += fields[-1:] * (len(pieces) - len(fields))
    texts = [piece for field, piece in zip(fields, pieces) if field == b"signature"]
    return texts, {field: piece for field, piece in zip(fields, pieces) if field != b"signature"}


def well_formed(scheme, headers, candidates):
    """The tags. A malformed signature counts as one that does not match, unless none is well-formed: then the first one's fault counts."""
    tags, faults = [], []
    for candidate in candidates:
        try:
            tags.append(tag(scheme, headers, candidate))
        except Stop as fault:
            faults.append(fault)
    if not tags:
        raise faults[0]
    return tags


def tag(scheme, headers, candidate):
    label, signature = candidate
    malformed_unless(signature)
    labels = [label] if label else []
    configured = scheme.algorithm
    if configured == "INFER_FROM_HEADER":
        companion = companion_label(headers, "X-Fivetran-Hmac-Algorithm")
        labels += [companion] if companion else []
        configured = None
    return tag_of(signature, scheme.encoding, configured, list(ALGORITHMS), labels)


# Timestamp, template, secrets, freshness.

def read_timestamp(scheme, headers, found):
    """(text, milliseconds), or None where the scheme has no timestamp."""
    if scheme.timestamp is None:
        return None
    kind, name = scheme.timestamp.source
    text = raw_line(headers, name) if kind == "header" else found.get(name.encode())
    if text is None:
        raise Stop("missing_timestamp")
    if scheme.digits is not None and len(text) != scheme.digits:
        raise Stop("malformed_timestamp")
    return text, times.parse(text, scheme.timestamp.unit)


def present(value):
    if value is None or value == b"":
        raise Stop("missing_part")
    return value


def header_part(headers, name):
    value = present((raw_line(headers, name) or b"").strip(b" \t"))
    malformed_unless(len(value) <= LONGEST_VALUE)
    return value


HTTP_DATE = re.compile(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} (?:GMT|UTC)")


def alone_beside(value, literal, before):
    """Whether the literal stands beside the value only."""
    return (value + literal).find(literal) == len(value) if before else (literal + value).rfind(literal) == 0


def dates_hold(literal, before):
    """Whether no date of RFC 9110 could stand alone beside the literal: these two share nothing but what all have."""
    return not any(alone_beside(date, literal, before) for date in [b"Mon, 44 Jan 4444 44:44:44 GMT", b"Wed, 55 Feb 5555 55:55:55 GMT"])


def bounded(value, part, beside, before, timestamp):
    """The value, if no other cut of the signed text ends or begins it elsewhere."""
    if part[0] not in ("id", "header") or reference_scheme.is_stamp(part, timestamp):
        return value
    is_date = part[0] == "header" and part[1].lower() == "date"
    if is_date and (beside[0] != "text" or dates_hold(beside[1].encode(), before)):
        alone = HTTP_DATE.fullmatch(value) is not None
    elif beside[0] == "text":
        literal = beside[1].encode()
        alone = alone_beside(value, literal, before)
    else:
        alone = b":" not in value
    if not alone:
        raise Stop("missing_part")
    return value


def message(scheme, headers, found, stamp, method, url, body):
    """The bytes that are signed."""
    pieces = []
    sides = iter(reference_scheme.sides(scheme.signed))
    for kind, text in scheme.signed:
        side = next(sides) if kind != "body" else None
        if kind == "text":
            pieces.append(text.encode())
        elif kind == "body":
            pieces.append(body)
        elif kind == "timestamp":
            pieces.append(stamp[0])
        elif kind == "method":
            pieces.append(present(method.encode()))
        elif kind == "url":
            pieces.append(present(url.encode()))
        else:
            place, name = ("header", text) if kind == "header" else scheme.id
            value = header_part(headers, name) if place == "header" else present(found.get(name.encode()))
            pieces.append(bounded(value, *side, scheme.timestamp))
    return b"".join(pieces)


def match(secrets, tags, messages):
    for index, secret in enumerate(secrets):
        for algorithm, expected in tags:
            for text in messages:
                if secret and hmac.new(secret.key, text, algorithm.replace("_", "").lower()).digest() == expected:
                    return index
    raise Stop("mismatch")


def check_freshness(scheme, stamp, now):
    if stamp is None or scheme.timestamp.past is None:
        return
    if now - stamp[1] > scheme.timestamp.past:
        raise Stop("expired")
    if stamp[1] - now > scheme.timestamp.future:
        raise Stop("from_future")
