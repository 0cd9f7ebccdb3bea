"""Verifies a delivery with libcountersign from Python's standard library alone.

    python3 verify.py /usr/local/lib/libcountersign.so

A program in another language does the same: declare the structures of countersign.h, pass lengths with all pointers,
and take 0, and nothing but 0, for "authentic".
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_int64, c_size_t, c_uint32, c_void_p

AUTHENTIC = 0
INVALID_ARGUMENT = 64
SHA_256 = 4
ABI_NUMBER = 1


class Secret(ctypes.Structure):
    _fields_ = [
        ("data", c_char_p),
        ("length", c_size_t),
        ("not_before_ms", c_int64),
        ("not_after_ms", c_int64),
        ("bounds", c_uint32),
    ]


class Header(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("name_length", c_size_t), ("value", c_char_p), ("value_length", c_size_t)]


class Delivery(ctypes.Structure):
    _fields_ = [
        ("method", c_char_p),
        ("method_length", c_size_t),
        ("url", c_char_p),
        ("url_length", c_size_t),
        ("headers", POINTER(Header)),
        ("header_count", c_size_t),
        ("body", c_char_p),
        ("body_length", c_size_t),
    ]


class Verdict(ctypes.Structure):
    _fields_ = [("status", c_uint32), ("algorithm", c_uint32), ("secret_index", c_uint32)]


class Text(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("capacity", c_size_t), ("length", c_size_t)]


def load(path):
    """The library, with the types of the functions that are used here."""
    library = ctypes.CDLL(path)
    if library.countersign_abi_number() != ABI_NUMBER:
        raise RuntimeError(f"{path} has another binary interface")
    library.countersign_now_ms.argtypes = []
    library.countersign_now_ms.restype = c_int64
    library.countersign_status_name.argtypes = [c_uint32]
    library.countersign_status_name.restype = c_char_p
    library.countersign_verifier_preset.argtypes = [
        c_char_p, c_size_t, POINTER(Secret), c_size_t, c_void_p, POINTER(c_void_p), POINTER(Text),
    ]
    library.countersign_verifier_preset.restype = c_uint32
    library.countersign_verifier_free.argtypes = [c_void_p]
    library.countersign_verifier_free.restype = None
    library.countersign_verify.argtypes = [c_void_p, POINTER(Delivery), c_int64, POINTER(Verdict)]
    library.countersign_verify.restype = c_uint32
    return library


class Verifier:
    """A verifier of a preset. Free it with `with`."""

    def __init__(self, library, preset, *secrets):
        self.library = library
        self.handle = c_void_p()
        given = (Secret * len(secrets))(*(Secret(secret, len(secret)) for secret in secrets))
        room = ctypes.create_string_buffer(1024)
        error = Text(ctypes.addressof(room), len(room), 0)
        name = preset.encode()
        status = library.countersign_verifier_preset(
            name, len(name), given, len(secrets), None, byref(self.handle), byref(error)
        )
        if status != 0:
            raise ValueError(f"{self.name(status)}: {room.value.decode()}")

    def name(self, status):
        return self.library.countersign_status_name(status).decode()

    def verify(self, headers, body):
        """The name of the verdict, and the verdict."""
        lines = (Header * len(headers))(*(Header(name, len(name), value, len(value)) for name, value in headers))
        delivery = Delivery(None, 0, None, 0, lines, len(headers), body, len(body))
        verdict = Verdict()
        now = self.library.countersign_now_ms()
        status = self.library.countersign_verify(self.handle, byref(delivery), now, byref(verdict))
        return self.name(status), verdict

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.library.countersign_verifier_free(self.handle)
        self.handle = None


def main(path):
    library = load(path)
    # The published example of GitHub:
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    signature = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    headers = [(b"X-Hub-Signature-256", signature), (b"Content-Type", b"application/json")]
    with Verifier(library, "github", b"a newer one", b"It's a Secret to Everybody") as verifier:
        name, verdict = verifier.verify(headers, b"Hello, World!")
        print(f"as sent: {name}, secret {verdict.secret_index}")
        assert (verdict.status, verdict.algorithm, verdict.secret_index) == (AUTHENTIC, SHA_256, 1)
        name, verdict = verifier.verify(headers, b"Hello, World?")
        print(f"forged: {name}")
        assert name == "mismatch" and verdict.status != AUTHENTIC
        name, verdict = verifier.verify([], b"Hello, World!")
        print(f"without a signature: {name}")
        assert name == "missing_signature"
    try:
        Verifier(library, "githob", b"a secret")
    except ValueError as error:
        print(f"refused: {error}")
        assert str(error).startswith("unknown_preset: ") and "github" in str(error)
    else:
        raise AssertionError("a preset that there is none of")
    # What cannot be used is refused and not read.
    assert library.countersign_verify(None, None, 0, None) == INVALID_ARGUMENT


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} PATH-OF-LIBCOUNTERSIGN")
    main(sys.argv[1])
