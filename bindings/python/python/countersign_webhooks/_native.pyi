"""The compiled part. Import its names from `countersign_webhooks`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Protocol, TypeAlias, final

from typing_extensions import Buffer

from ._types import Algorithm, Delivery, Encoding, Verdict

__all__ = [
    "Codes",
    "Explanation",
    "Rejection",
    "ReplayMemory",
    "Secret",
    "Signer",
    "Stream",
    "Ticket",
    "Verified",
    "Verifier",
    "__version__",
    "_rejection",
    "_verified",
    "presets",
]

__version__: str
"""The version of the package."""

class _HasItems(Protocol):
    def items(self) -> Iterable[tuple[Any, Any]]: ...

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

_Text: TypeAlias = str | bytes
_Secret: TypeAlias = str | Buffer | Secret
_Secrets: TypeAlias = _Secret | Sequence[_Secret]
_Moment: TypeAlias = float | datetime
_Headers: TypeAlias = Mapping[Any, Any] | Iterable[Sequence[_Text]] | _HasItems
_Json: TypeAlias = dict[str, Any] | str
_Tolerance: TypeAlias = int | tuple[int, int]

@final
class Verifier:
    """Checks deliveries. Made once, it may be shared between threads.

    `Verifier(secret)` is for HMAC over the body alone; other ways to sign have functions of their own. `secret` is one
    secret, or a list of up to 8 for rotation: `str` (its bytes in UTF-8), bytes, or `Secret`. `algorithm` is SHA_256,
    SHA_512, SHA_384, SHA_224, SHA_1, MD5 or INFER_FROM_HEADER, `encoding` BASE64, HEXA_DECIMAL or BASE64_URL. `header` is
    the header in which `verify` looks for the signature; without it, `X-Fivetran-Hmac-Sign`.

    It keeps no secret, only keys made of them, and wipes those when it is freed. It cannot be pickled: make one in each
    process.

    Raises `ConfigError`, whose text says what is wrong and what to do.
    """

    def __new__(
        cls, secret: _Secrets, algorithm: Algorithm = "SHA_256", encoding: Encoding = "BASE64", *, header: str | None = None
    ) -> Verifier: ...

    @staticmethod
    def preset(name: str, secret: _Secrets, *, tolerance: _Tolerance | None = None) -> Verifier:
        """A sender that is known, such as `github` or `stripe`; `presets()` lists them.

        `tolerance` is in seconds, or a pair of them for past and future, and replaces the sender's own.

        Raises `ConfigError`.
        """

    @staticmethod
    def from_scheme(scheme: _Json, secret: _Secrets, *, tolerance: _Tolerance | None = None) -> Verifier:
        """A scheme of your own, as a `dict` or as JSON.

        Raises `ConfigError`.
        """

    @staticmethod
    def from_connection(connection: _Json, secret: _Secrets = ...) -> Verifier:
        """A connection, as a `dict` or as JSON: the whole body of `POST /v1/connections`, or its `config` alone.

        `secret` replaces what stands in it, for secrets that are kept elsewhere; `None` is not taken for "left out".

        A verifier that takes every delivery unchecked is made of `{"auth_method": "NONE"}`, in so many words, and of
        nothing else.

        Raises `ConfigError`.
        """

    @property
    def header(self) -> str:
        """The name of the header that holds the signature or token; the first, if there can be several."""

    @property
    def signs_url(self) -> bool:
        """Whether the sender signs the URL, so that `verify` needs `url`.

        Make it of an origin that you configure and of the path and query of the request, never of the `Host` header, in
        which a sender can write what it likes.
        """

    def verify_signature(self, signature: _Text | None, body: Buffer) -> Verified:
        """Decides whether `signature`, the value of the signature's header, belongs to `body`.

        For schemes that sign nothing but the body and what stands in that one header. `None` is a header that is absent.

        Raises `Rejected`; `TypeError` for other types, such as a body that is text.
        """

    def verify(
        self,
        headers: _Headers,
        body: Buffer,
        *,
        method: str | None = None,
        url: str | None = None,
        now: _Moment | None = None,
    ) -> Verified:
        """Decides whether a delivery is authentic, and fresh where its sender signs a timestamp.

        `headers` are a mapping, pairs, a WSGI environ, or the headers of a request of Starlette, FastAPI, Flask, Django
        and others. `body` is the raw body as it was received. `method` and `url` matter to senders that sign them; the
        URL is the one that the sender called. `now` is when the delivery was received: seconds since 1970, or a
        `datetime` with a time zone; the present moment if it is left out.

        Raises `Rejected`; `TypeError` for other types, such as a body that is text.
        """

    def identify(
        self, headers: _Headers, body: Buffer, *, method: str | None = None, url: str | None = None
    ) -> bytes:
        """Tells which message an authentic delivery is, in 32 bytes, so that a repetition of it can be known: by its id if
        that is signed, else by all that is signed, whichever secret has signed it.

        They are the same each time that a message comes, in every process, also after secrets have changed, and
        different for every other message. Call it after `verify`: what a forger sends can be given any identity. An id that
        is not signed is not looked at, since whoever replays a message can change it.

        Raises `ConfigError` if the verifier checks no signature but a token, or nothing; `Rejected` for a delivery that it
        would not take.
        """

    def replay_window(self, window: float | None = None) -> float:
        """For how long messages must be remembered so that none is taken twice, in seconds: `window`, or the tolerance of the
        scheme, both ways together and one second more, if that is longer. It is what `ReplayMemory.take` wants.

        Raises `ConfigError`: `invalid_config` without a window if the scheme has no tolerance, so that its messages never expire;
        `unsupported` if the verifier checks no signature but a token, or nothing, so that messages cannot be told apart.
        """

    def verify_batch(
        self, batch: Iterable[tuple[_Text | None, Buffer] | list[Any]], *, threads: int = 1
    ) -> list[Verdict]:
        """Verifies many pairs of a signature and a body, as `verify_signature` does each of them, in a fraction of the time.

        Gives a verdict for each, in the same order: `Verified`, which is true in a condition, or `Rejection`, which is
        false. On up to `threads` cores, 1024 at the most, which pays for batches that take milliseconds.

        Raises `TypeError` for an item that is no such pair, `ValueError` for `threads` below 1 or above 1024.
        """

    def verify_deliveries(
        self, deliveries: Iterable[Delivery | tuple[Any, ...] | list[Any]], *, threads: int = 1
    ) -> list[Verdict]:
        """As `verify_batch`, for whole deliveries: each a `Delivery`, or a tuple of headers and body and, if they matter,
        method, URL and the moment at which it was received.
        """

    def verify_arrow(
        self,
        data: _ArrowStream | _ArrowArray,
        *,
        signature: str = "signature",
        body: str = "body",
        threads: int = 1,
    ) -> Codes:
        """Verifies each row of an Arrow table or record batch, as `verify_signature` does, without copying the data.

        `data` is of pyarrow, polars, DuckDB or any other library with the Arrow PyCapsule interface; `signature` and
        `body` name its columns of bytes or text. Gives a number for each row: 0 for an authentic one, else the number of
        the rejection. Where the signature is null that is 1 (`missing_signature`), where the body is, 13
        (`missing_part`).

        Raises `KeyError` if a column is not there, `TypeError` if it is of another type.
        """

    def begin(
        self,
        headers: _Headers,
        *,
        method: str | None = None,
        url: str | None = None,
        now: _Moment | None = None,
    ) -> Stream:
        """Begins the verification of a body that arrives in pieces. The arguments are those of `verify`.

        Raises `Rejected` for what is wrong with the headers, before the body is read; `ConfigError` if the scheme needs
        the whole body at once.
        """

    def begin_signature(self, signature: _Text | None) -> Stream:
        """As `begin`, with the value of the signature's header alone."""

    def explain(
        self,
        headers: _Headers,
        body: Buffer,
        secret: _Secrets,
        *,
        method: str | None = None,
        url: str | None = None,
        now: _Moment | None = None,
    ) -> Explanation:
        """Tries the usual mistakes, and tells the first that makes a rejected delivery authentic.

        For an operator, never on the request path: it computes many MACs, and its answer would help a forger. The secret
        is given again, since a verifier does not keep it; it may be one that the verifier would not take.

        Raises `ConfigError` for a secret that cannot be used, unless a usual mistake explains that too.
        """

@final
class Verified:
    """A delivery is authentic. Only a verifier makes one. True in a condition."""

    @property
    def algorithm(self) -> str | None:
        """The algorithm of the HMAC, such as `SHA_256`; `None` for a token, or where no authentication is asked for."""

    @property
    def secret_index(self) -> int | None:
        """Which secret matched, counted from 0; `None` where no authentication is asked for."""

    @property
    def code(self) -> int:
        """0."""

    def __bool__(self) -> Literal[True]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Rejection:
    """Why a delivery of a batch is rejected. False in a condition."""

    @property
    def reason(self) -> str:
        """The fixed name, such as `mismatch`."""

    @property
    def code(self) -> int:
        """The fixed number, 1 to 15."""

    @property
    def message(self) -> str:
        """One sentence for a person."""

    def __bool__(self) -> Literal[False]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Stream:
    """The verification of a body that arrives in pieces. Nothing of the body is kept."""

    def update(self, chunk: Buffer) -> None:
        """Takes the next piece of the body, of any length.

        Raises `ValueError` if the stream is finished.
        """

    def finish(self) -> Verified:
        """Decides, now that the body is whole.

        Raises `Rejected`; `ValueError` if the stream is finished already.
        """

@final
class ReplayMemory:
    """Remembers the messages of one sender that were taken, in the memory of this process.

    It is made apart from the verifier and outlives it: when secrets are changed, keep the memory. Two senders may use the
    same ids, so each needs a memory of its own. Other processes, such as the workers of a server, know nothing of it, and it is
    empty after a restart. It may be shared between threads, and cannot be pickled.

    It holds at most `capacity` messages, about 200 bytes each. If more arrive within the window the oldest is forgotten
    first, and `evicted` counts those.

    Raises `ConfigError` for a capacity of 0.
    """

    def __new__(cls, capacity: int) -> ReplayMemory: ...

    def take(self, identity: bytes, *, window: float, now: _Moment | None = None) -> Ticket:
        """Takes a message that was found to be authentic, unless it was taken within `window` before. Of several that arrive at
        once, one is taken.

        `identity` is what `Verifier.identify` gives, `window` what `Verifier.replay_window` gives, in seconds. `now` is when the
        delivery was received: seconds since 1970, or a `datetime` with a time zone; the present moment if it is left out.

        Once a message was handled, the window runs from the last time that it came. One of which nobody has said what became
        of it is taken again `window` after it was taken.

        Raises `Replayed` if the message was taken before; `ValueError` for a window of 0 and for an identity that is not 32
        bytes long.
        """

    def finish(self, ticket: Ticket) -> bool:
        """Says that a message was handled. `False` if it is not remembered any more, or was taken again since."""

    def forget(self, ticket: Ticket) -> bool:
        """Forgets a message that could not be handled, so that it is taken once more when its sender sends it again. `False` if it
        is not remembered any more; if it was taken again since, that taking stays.
        """

    @property
    def evicted(self) -> int:
        """How many messages were forgotten before their time, for want of room. If this grows, replays may pass: make the
        capacity larger.
        """

    def __len__(self) -> int: ...
    def __bool__(self) -> Literal[True]: ...

@final
class Ticket:
    """The right to say what became of a message: whoever took it got it. It does nothing to the same message taken again later.

    As a context manager it finishes the message at the end of the block, and forgets it if an exception leaves the block.
    """

    @property
    def identity(self) -> bytes:
        """Which message was taken."""

    @property
    def number(self) -> int:
        """Which taking of it this is: never 0, and different for every taking in this process."""

    def __enter__(self) -> Ticket: ...
    def __exit__(
        self, raised: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Secret:
    """A secret that may be used for some time only, both ends included. Its `repr` does not show it.

    The bounds are seconds since 1970, or a `datetime` with a time zone.
    """

    def __new__(
        cls,
        secret: _Secret,
        *,
        not_before: _Moment | None = None,
        not_after: _Moment | None = None,
    ) -> Secret: ...

@final
class Signer:
    """Makes the header lines that a verifier takes, for senders and tests. The arguments are those of `Verifier`.

    Never verify by signing and comparing texts: that tells a patient listener the right signature, character by character.
    """

    def __new__(
        cls, secret: _Secret, algorithm: Algorithm = "SHA_256", encoding: Encoding = "BASE64", *, header: str | None = None
    ) -> Signer: ...

    @staticmethod
    def preset(name: str, secret: _Secret, *, algorithm: Algorithm | None = None) -> Signer:
        """A sender that is known. `algorithm` chooses one where it is inferred.

        Raises `ConfigError`.
        """

    @staticmethod
    def from_scheme(scheme: _Json, secret: _Secret, *, algorithm: Algorithm | None = None) -> Signer:
        """A scheme of your own.

        Raises `ConfigError`.
        """

    @staticmethod
    def from_connection(
        connection: _Json, secret: _Secret = ..., *, algorithm: Algorithm | None = None
    ) -> Signer:
        """A connection, with its first secret, or with `secret`.

        Raises `ConfigError`.
        """

    @property
    def algorithm(self) -> str:
        """The algorithm that it signs with."""

    def headers(
        self,
        body: Buffer,
        *,
        method: str = "POST",
        url: str = "",
        headers: _Headers | None = None,
        id: str = "",
        now: _Moment | None = None,
    ) -> dict[str, str]:
        """The header lines that go with a body: that of the signature, and those of the id and the time of sending where
        they have one.

        `headers` are those that are sent anyway, for schemes that sign one of them.

        Raises `ConfigError` if something is missing that the scheme signs.
        """

@final
class Explanation:
    """Why a delivery is rejected. `str()` says it in words. It holds no secret, no MAC and no valid signature."""

    @property
    def reason(self) -> str | None:
        """Why it is rejected, such as `mismatch`; `None` if it is authentic."""

    @property
    def code(self) -> int:
        """The number of the rejection; 0 if it is authentic."""

    @property
    def cause(self) -> str | None:
        """The mistake that explains it, such as `body_newline_added`; `None` if none was found."""

    @property
    def advice(self) -> str:
        """What is wrong and what to do, for a person."""

@final
class Codes:
    """A number for each row of an Arrow table: 0 for an authentic one, else the number of the rejection.

    A sequence, and by its Arrow interface a column: `pyarrow.array(codes)`, `polars.Series(codes)`.
    """

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> int: ...
    def __iter__(self) -> Iterator[int]: ...
    def count(self, code: int) -> int:
        """How many rows have this number."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """The Arrow PyCapsule interface: a column of the type uint8."""

def presets() -> dict[str, dict[str, Any]]:
    """The schemes of all presets by their names, each as a `dict` that `Verifier.from_scheme` takes."""

def _verified(algorithm: str | None, secret_index: int | None) -> Verified:
    """The verdict that was pickled. Whoever can have anything unpickled can do worse than that."""

def _rejection(code: int) -> Rejection:
    """The same."""
