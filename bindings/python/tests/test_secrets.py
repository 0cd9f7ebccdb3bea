"""Nothing that Python does with an object by itself shows a secret: printing, logging, tracebacks, pickles, copies."""

import copy
import dataclasses
import io
import logging
import pickle
import pprint
import traceback
from typing import Any

import pytest

from countersign_webhooks import ConfigError, Rejected, Secret, Signer, Verifier

MARKED = "s3cr3t-that-nobody-sees"


def holders():
    yield Secret(MARKED)
    yield Secret(MARKED.encode(), not_before=1, not_after=2**36)
    yield Verifier(MARKED)
    yield Verifier([Secret(MARKED), MARKED])
    yield Verifier.from_connection({"auth_method": "TOKEN_BASED", "auth_secret": MARKED})
    yield Signer(MARKED)
    yield Verifier(MARKED).begin_signature("A" * 43)


@dataclasses.dataclass
class Settings:
    held: Any
    nested: dict[str, list[Any]]


def clean(text):
    spellings = [MARKED, MARKED.encode().hex(), ", ".join(str(byte) for byte in MARKED.encode())]
    return not any(spelling in text for spelling in spellings)


@pytest.mark.parametrize("held", list(holders()), ids=lambda held: type(held).__name__)
def test_printing(held):
    around = Settings(held, {"a": [held]})
    log = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(log))
    logger.error("%s %r %a", held, around, [held])
    texts = [repr(held), str(held), ascii(held), f"{held} {held!r} {held!s:>40}", format(held), "%s %r" % (held, held),
             repr(around), pprint.pformat(around), pprint.pformat(dir(held)), log.getvalue()]
    assert all(clean(text) for text in texts) and log.getvalue()


@pytest.mark.parametrize("held", list(holders()), ids=lambda held: type(held).__name__)
def test_tracebacks_with_the_values_of_variables(held):
    def fail(secret):
        raise RuntimeError(secret)

    try:
        fail(held)
    except RuntimeError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        assert clean("".join(shown.format()) + repr(error) + str(error) + repr(error.args))
        assert "secret = " in "".join(shown.format())


@pytest.mark.parametrize("held", list(holders()), ids=lambda held: type(held).__name__)
def test_what_would_take_a_secret_out(held):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot be pickled or copied") as caught:
            pickle.dumps(held, protocol)
        assert clean(str(caught.value))
    for use in (copy.copy, copy.deepcopy, vars, bytes, memoryview, iter, len, dataclasses.asdict):
        with pytest.raises(TypeError) as caught:
            use(held)
        assert clean(str(caught.value))
    assert not hasattr(held, "__dict__") and not [name for name in dir(held) if "secret" in name or "bytes" in name]
    # Not even whether two are the same.
    assert Secret(MARKED) != Secret(MARKED)


def test_errors():
    wrong = [
        lambda: Verifier(MARKED + "\ud800"),
        lambda: Verifier([MARKED, 7]),
        lambda: Verifier([MARKED] * 9),
        lambda: Verifier(MARKED, "SHA256"),
        lambda: Secret(MARKED, not_before="x"),
        lambda: Verifier.preset("standard-webhooks", MARKED + "!"),
        lambda: Verifier.from_connection({"auth_method": "HMAC", "auth_secret": MARKED + "\ud800"}),
        lambda: Verifier.from_connection({"auth_method": "HMAC", "auth_secret": MARKED.encode()}),
        lambda: Verifier.from_connection({"auth_method": "HMAC", "auth_secret": [MARKED]}),
        lambda: Verifier.from_connection({"auth_method": "HMAC", "auth_secret": Secret(MARKED)}),
        lambda: Verifier.from_connection('{"auth_method": "HMAC", "auth_secret": "' + MARKED + '\n"}'),
        lambda: Verifier.from_connection('{"auth_method": "HMAC", "auth_secret": "' + MARKED),
        lambda: Verifier.from_connection('{"auth_method": "HMAC", "auth_secret": "' + MARKED + '\ud800"}'),
        lambda: Verifier.from_connection({"auth_method": "TOKEN_BASED", "auth_secret": MARKED + "\n"}),
        lambda: Verifier("other").verify({"X-Fivetran-Hmac-Sign": MARKED}, b""),
        lambda: Verifier.from_connection({"auth_method": "TOKEN_BASED", "auth_secret": "x"}).verify({"Authorization": MARKED}, b""),
    ]
    for make in wrong:
        with pytest.raises((TypeError, ValueError, Rejected, ConfigError)) as caught:
            make()
        error = caught.value
        while error is not None:
            assert clean(repr(error) + str(error) + repr(error.args) + repr(getattr(error, "__notes__", ""))), type(error)
            error = error.__cause__ or error.__context__
