"""Secrets of the kinds that senders hand out. They follow from their names, so that a failure can be repeated."""

import base64
import hashlib


def _bytes(name, length):
    return hashlib.shake_256(f"countersign interop {name}".encode()).digest(length)


def _text(name, length):
    return base64.b32encode(_bytes(name, length)).decode()[:length]


TEXT = {
    "short": lambda name: _text(name, 9),
    "usual": lambda name: "whsec_" + _text(name, 32),
    # HMAC hashes keys of more than one block.
    "block": lambda name: _text(name, 64),
    "long": lambda name: _text(name, 100),
    "unicode": lambda name: "ключ 🔑 " + _text(name, 16),
}
LENGTH_64 = {"usual": lambda name: _text(name, 64), "hex": lambda name: _bytes(name, 32).hex()}
BASE64 = {
    "usual": lambda name: "whsec_" + base64.b64encode(_bytes(name, 24)).decode(),
    "bare": lambda name: base64.b64encode(_bytes(name, 32)).decode(),
    "padded": lambda name: "whsec_" + base64.b64encode(_bytes(name, 64)).decode(),
    "long": lambda name: base64.b64encode(_bytes(name, 100)).decode(),
    "unpadded": lambda name: "whsec_" + base64.b64encode(_bytes(name, 32)).decode().rstrip("="),
}
HEX = {
    "usual": lambda name: _bytes(name, 32).hex().upper(),
    "lower": lambda name: _bytes(name, 32).hex(),
    "long": lambda name: _bytes(name, 80).hex(),
}
