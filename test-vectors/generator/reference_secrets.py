"""Secrets as they stand in JSON, and the keys they become."""

import base64
import re
from collections import namedtuple

from . import reference_times as times
from .reference_text import LONGEST_VALUE, Stop

MOST_SECRETS = 8
Secret = namedtuple("Secret", "key not_before not_after")


def read(item, with_base64=False):
    """A secret of a list: a text, or an object with a text and the moments between which it counts."""
    if isinstance(item, str):
        return Secret(item.encode("utf-8"), None, None)
    names = ["secret", "not_before", "not_after"] + (["secret_base64"] if with_base64 else [])
    if not isinstance(item, dict) or any(name not in names for name in item):
        raise Stop("invalid_config")
    if with_base64 and "secret_base64" in item:
        key = base64.b64decode(item["secret_base64"], validate=True)
    elif isinstance(item.get("secret"), str):
        key = item["secret"].encode("utf-8")
    else:
        raise Stop("invalid_config")
    return Secret(key, times.bound(item.get("not_before")), times.bound(item.get("not_after")))


def check(secrets, form="UTF_8", sent=False):
    """The secrets with their keys decoded. `sent`: they are tokens, so a header must be able to carry them."""
    if not secrets or any(secret.key == b"" for secret in secrets):
        raise Stop("empty_secret")
    if len(secrets) > MOST_SECRETS:
        raise Stop("invalid_config")
    if sent and not all(is_sendable(secret.key) for secret in secrets):
        raise Stop("malformed_secret")
    return [secret._replace(key=undo(secret.key, form)) for secret in secrets]


def is_sendable(token):
    """Whether a header can carry it: no blanks at the ends, no control characters but the tab, not too long."""
    control = any((byte < 32 and byte != 9) or byte == 127 for byte in token)
    return token == token.strip(b" \t") and not control and len(token) <= LONGEST_VALUE


def undo(text, form):
    """The key that a text in this form stands for."""
    key = text
    if form == "UTF_8" and text and not text.strip(b" \t\r\n"):  # never filled in
        raise Stop("empty_secret")
    if form == "UTF_8" and text and not text.strip(b"*"):  # what is shown in place of a secret
        raise Stop("empty_secret")
    if form == "HEXA_DECIMAL":
        if not re.fullmatch(rb"(?:[0-9A-Fa-f]{2})*", text):
            raise Stop("malformed_secret")
        key = bytes.fromhex(text.decode("ascii"))
    elif form == "BASE64":
        bare = text[6:] if text.startswith(b"whsec_") else text
        match = re.fullmatch(rb"([A-Za-z0-9+/]*)={0,2}", bare)
        if not match or len(match.group(1)) % 4 == 1:
            raise Stop("malformed_secret")
        key = base64.b64decode(match.group(1) + b"=" * (-len(match.group(1)) % 4))
    if not any(key):  # HMAC fills keys up with zeros
        raise Stop("empty_secret")
    return key
