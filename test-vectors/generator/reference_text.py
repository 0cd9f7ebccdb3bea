"""What the plain verifier reads out of headers: lines, labels, decoded tags. Shared by all kinds of verifiers."""

import base64
import re
import string

ALGORITHMS = {"MD5": 16, "SHA_1": 20, "SHA_224": 28, "SHA_256": 32, "SHA_384": 48, "SHA_512": 64}
BY_LENGTH = {length: name for name, length in ALGORITHMS.items()}
ENCODINGS = ["BASE64", "HEXA_DECIMAL", "BASE64_URL"]
LONGEST_VALUE = 4096
FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
LABEL = re.compile(rb"(?:hmac[-_]?)?(?:(md5)|sha[-_]?(1|224|256|384|512))(?:[-_](hex|base64))?", re.IGNORECASE)


class Stop(Exception):
    """Carries the name of a rejection or of a configuration error."""


def read_delivery(delivery):
    """(headers with lower-case names, body). Values are as they came; nothing is trimmed yet."""
    headers = []
    for name, value in delivery["headers"]:
        raw = base64.b64decode(value["base64"], validate=True) if isinstance(value, dict) else value.encode("utf-8")
        headers.append((name.lower(), raw))
    if "body" in delivery:
        return headers, delivery["body"].encode("utf-8")
    return headers, base64.b64decode(delivery["body_base64"], validate=True)


def raw_line(headers, name):
    """The only value of a header as it came, or None when it is absent."""
    values = [value for key, value in headers if key == name.lower()]
    if len(values) > 1:
        raise Stop("repeated_signature")
    return values[0] if values else None


def one_line(headers, name):
    """The only value of a header, trimmed, or None when it is absent."""
    value = raw_line(headers, name)
    if value is None:
        return None
    value = value.strip(b" \t")
    if value == b"" or len(value) > LONGEST_VALUE:
        raise Stop("malformed_signature")
    return value


def known_label(text):
    """(algorithm, suffix or None) of a known name, else None."""
    match = LABEL.fullmatch(text)
    if not match:
        return None
    name = "MD5" if match.group(1) else "SHA_" + match.group(2).decode("ascii")
    return name, match.group(3).lower().decode("ascii") if match.group(3) else None


def split_label(value):
    """(label or None, signature)."""
    match = re.search(rb"[=:]", value)
    if not match:
        return None, value
    label, rest = known_label(value[:match.start()]), value[match.end():]
    if label:
        if rest == b"":
            raise Stop("malformed_signature")
        return label, rest
    if value[match.start():].strip(b"=") == b"":
        return None, value
    raise Stop("unknown_algorithm")


def companion_label(headers, name):
    """The label in the header that names the algorithm, or None when that header is absent."""
    line = one_line(headers, name)
    if line is None:
        return None
    label = known_label(line)
    if label is None:
        raise Stop("unknown_algorithm")
    return label


def decode(encoding, text):
    if encoding == "HEXA_DECIMAL":
        if len(text) % 2 or any(chr(c) not in string.hexdigits for c in text):
            raise Stop("malformed_encoding")
        return bytes.fromhex(text.decode("ascii"))
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits
    letters += "+/" if encoding == "BASE64" else "-_"
    bare = text.rstrip(b"=")
    padding = len(text) - len(bare)
    if any(chr(c) not in letters for c in bare) or len(bare) % 4 == 1 or padding not in (0, -len(bare) % 4):
        raise Stop("malformed_encoding")
    number = 0
    for c in bare:
        number = number * 64 + letters.index(chr(c))
    spare = len(bare) * 6 % 8
    if number % 2 ** spare:
        raise Stop("malformed_encoding")
    return (number >> spare).to_bytes(len(bare) * 6 // 8, "big")


def tag_of(signature, encoding, algorithm, accepted, labels):
    """(algorithm, tag) of one signature. `algorithm` None: it is inferred from the labels, else from the length."""
    stated = ([algorithm] if algorithm else []) + [name for name, _ in labels]
    if len(set(stated)) > 1 or any(name not in accepted for name in stated):
        raise Stop("algorithm_not_accepted")
    for _, suffix in labels:
        if suffix and suffix != {"HEXA_DECIMAL": "hex", "BASE64": "base64"}.get(encoding):
            raise Stop("malformed_encoding")
    tag = decode(encoding, signature)
    if stated:
        if len(tag) != ALGORITHMS[stated[0]]:
            raise Stop("wrong_length")
        return stated[0], tag
    if len(tag) not in BY_LENGTH:
        raise Stop("wrong_length")
    if BY_LENGTH[len(tag)] not in accepted:
        raise Stop("algorithm_not_accepted")
    return BY_LENGTH[len(tag)], tag
