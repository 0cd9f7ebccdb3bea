"""The compiled part. Import its names from `countersign_webhooks`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Protocol, TypeAlias, final

from typing_extensions import Buffer

from ._types import Algorithm, Delivery, Encoding, Headers, Verdict

__all__ = [
    "Codes",
    "DeliveryId",
    "Explanation",
    "Handshake",
    "Rejection",
    "ReplayMemory",
    "Secret",
    "Signer",
    "Stream",
    "Ticket",
    "Verified",
    "Verifier",
    "__version__",
    "_delivery_id",
    "_rejection",
    "_verified",
    "presets",
]

__version__: str
"""The version of the package."""

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

_Text: TypeAlias = str | bytes
_Secret: TypeAlias = str | Buffer | Secret
_Secrets: TypeAlias = _Secret | Sequence[_Secret]
_Moment: TypeAlias = float | datetime
_Json: TypeAlias = dict[str, Any] | str
_Tolerance: TypeAlias = int | tuple[int, int]

@final
class Verifier:
    """Verifies deliveries. Make it once; it can be shared between threads.

    `Verifier(secret)` is for HMAC over the body alone; for other schemes, use the static methods. `secret` is one
    secret, or a list of up to 8 for rotation: `str` (its bytes in UTF-8), bytes, or `Secret`. `algorithm` is SHA_256,
    SHA_512, SHA_384, SHA_224, SHA_1, MD5 or INFER_FROM_HEADER, `encoding` BASE64, HEXA_DECIMAL or BASE64_URL. `header`
    is the header in which `verify` looks for the signature, by default `X-Fivetran-Hmac-Sign`.

    It keeps no secrets, only keys made from them, and wipes those when it is freed. It cannot be pickled: make one in
    each process.

    Raises `ConfigError`, whose text says what is wrong and what to do.
    """

    def __new__(
        cls, secret: _Secrets, algorithm: Algorithm = "SHA_256", encoding: Encoding = "BASE64", *, header: str | None = None
    ) -> Verifier: ...

    @staticmethod
    def preset(name: str, secret: _Secrets, *, tolerance: _Tolerance | None = None) -> Verifier:
        """A known sender, such as `github` or `stripe`; `presets()` lists them. Another of its names, such as `whatsapp` for
        `meta`, finds it too; PRESETS.md lists those.

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

        `secret` replaces the secrets in it, for secrets that are kept elsewhere. `None` is an error, and not the same
        as omitting it.

        Only an explicit `{"auth_method": "NONE"}` makes a verifier that accepts every delivery unchecked.

        Raises `ConfigError`.
        """

    @property
    def header(self) -> str:
        """The name of the header that has the signature or token; the first, if there can be several."""

    @property
    def signs_url(self) -> bool:
        """Whether the sender signs the URL, so that `verify` needs `url`.

        Build it from an origin that you configure and from the path and query of the request, never from the `Host`
        header, which the sender chooses.

        Refuse a query that you did not give the sender, or pass the URL that you gave it as a constant. If the URL
        touches the body in the signed text (PRESETS.md in the repository lists the presets for which it does), the end of the query can be moved
        into the body, and back, and the signature still fits.
        """

    @property
    def signs_body_alone(self) -> bool:
        """Whether the sender signs nothing but the body, or parts of it, apart from literal text and the secret: no timestamp, no id
        in a header, no URL and no method.

        Two events with equal bodies then have one identity, and a memory of identities loses the second. If the sender gives ids,
        remember `hashlib.sha256(identity + found.text.encode()).digest()` in its place, with the `delivery_id` as `found`. Do that
        for such senders only: for others, whoever has recorded a delivery could have it handled again with another id.

        It is false for a token, if the verifier checks nothing, and for the formats in which each message lists what it signs
        (`jwt`, `rfc9421` and `draft-cavage`), since it can sign more than the body.
        """

    def verify_signature(self, signature: _Text | None, body: Buffer) -> Verified:
        """Decides whether `signature`, the value of the signature's header, belongs to `body`.

        For schemes that sign only the body and values in that one header. Pass `None` if the header is absent.

        Raises `Rejected`; `TypeError` for other types, such as a body that is text.
        """

    def verify(
        self,
        headers: Headers,
        body: Buffer,
        *,
        method: str | None = None,
        url: str | None = None,
        now: _Moment | None = None,
    ) -> Verified:
        """Decides whether a delivery is authentic, and fresh if its sender signs a timestamp.

        `headers` are a mapping, pairs, a WSGI environ, or the headers of a request in Starlette, FastAPI, Flask, Django
        and others; the type `Headers` lists the forms. `body` is the raw body as it was received. `method` and `url` matter
        for senders that sign them; the URL is the one that the sender called. `now` is when the delivery was received:
        seconds since 1970, or a `datetime` with a time zone; by default, the current time.

        Raises `Rejected`; `TypeError` for other types, such as a body that is text; `ValueError` for a `now` that looks like
        milliseconds or has no time zone.
        """

    def identify(
        self, headers: Headers, body: Buffer, *, method: str | None = None, url: str | None = None
    ) -> bytes:
        """Identifies the message of an authentic delivery by 32 bytes, so that a repetition can be recognised. They are
        made from the id if that is signed, otherwise from the whole signed text; they do not depend on the secret.

        They are the same each time that a message is sent, in every process, also after secrets have changed, and
        different for every other message. Call it after `verify`: a forger can give a delivery any identity. An
        unsigned id is ignored, since anyone who replays a message can change it.

        `body` is the whole body that was verified. With an empty one, different messages of a sender that signs no id have
        one identity, and a memory of identities loses all but the first. For a body that arrives in pieces, use
        `begin_identified`.

        Raises `ConfigError` if the verifier checks a token or nothing; `Rejected` with the code 13 for a delivery in
        which the signature or a signed part is absent or malformed. It does not check whether the signature is right:
        call `verify` first.
        """

    def delivery_id(
        self, headers: Headers, body: Buffer, *, method: str | None = None, url: str | None = None
    ) -> DeliveryId | None:
        """Finds the id by which a repetition of a delivery is recognised, if the scheme says where its sender puts one
        (`id_from`) and it is there; `None` if not. It does not look at whether the delivery is authentic: call `verify`
        first.

        Unlike `identify`, it also reads ids that are not signed: in headers, in the query of the URL, and in JSON and form
        bodies. No id is looked for in a body with a `Content-Encoding`. These are no id: a header, parameter or JSON name
        that occurs twice, a value that is neither text nor a number, and a value that contains control characters or is
        longer than 1024 bytes.

        Raises `TypeError` for other types, such as a body that is text.
        """

    def handshake(
        self,
        headers: Headers,
        body: Buffer,
        *,
        method: str,
        url: str | None = None,
        now: _Moment | None = None,
    ) -> Handshake | None:
        """Answers the handshake of a sender: some send no event before the endpoint has answered a challenge. `None` if the
        request is no handshake. Call it before `verify`: most handshakes are not signed, and none is an event.

        `method` is the request method, which decides. `url` needs only the path and query here. Where the sender signs the
        handshake, only an authentic one is answered, so pass all that `verify` needs. Send `status`, `headers` and `body` of
        the answer back unchanged. If it has a `secret`, the sender chooses the secret: answer only while someone has opened
        the endpoint for a new one.

        The text to be repeated or signed must have the form of a token: 1 to 512 letters, digits and `-._~+/`, and `=` where it
        is repeated only.

        Raises `TypeError` for other types, such as a body that is text.
        """

    def replay_window(self, window: float | None = None) -> float:
        """For how long messages must be remembered so that none is accepted twice, in seconds: `window`, or the sum of
        the scheme's two tolerances plus one second, whichever is longer. Pass it to `ReplayMemory.take`.

        Raises `ConfigError`: `invalid_config` without a window if the scheme has no tolerance, so that its messages
        never expire; `unsupported` if the verifier checks a token or nothing, since messages then cannot be
        distinguished.
        """

    def verify_batch(
        self, batch: Iterable[tuple[_Text | None, Buffer] | list[Any]], *, threads: int = 1
    ) -> list[Verdict]:
        """Verifies many pairs of a signature and a body, each like `verify_signature`, in a fraction of the time.

        Returns a verdict for each, in the same order: `Verified`, which is true in a condition, or `Rejection`, which
        is false. Uses up to `threads` cores, at most 1024, which pays for batches that take milliseconds.

        Raises `TypeError` for an item that is not such a pair, `ValueError` for `threads` below 1 or above 1024.
        """

    def verify_deliveries(
        self, deliveries: Iterable[Delivery | tuple[Any, ...] | list[Any]], *, threads: int = 1
    ) -> list[Verdict]:
        """Like `verify_batch`, for whole deliveries: each a `Delivery`, or a tuple of headers and body and, if they
        matter, method, URL and the time at which it was received.
        """

    def verify_arrow(
        self,
        data: _ArrowStream | _ArrowArray,
        *,
        signature: str = "signature",
        body: str = "body",
        threads: int = 1,
    ) -> Codes:
        """Verifies each row of an Arrow table or record batch, like `verify_signature`, without copying the data.

        `data` comes from pyarrow, polars, DuckDB or any other library with the Arrow PyCapsule interface; `signature`
        and `body` name its columns of bytes or text. Returns a number for each row: 0 if it is authentic, otherwise the
        number of the rejection. A null signature gives 1 (`missing_signature`), a null body 13 (`missing_part`).

        Raises `KeyError` if a column is missing, `TypeError` if it has another type.
        """

    def begin(
        self,
        headers: Headers,
        *,
        method: str | None = None,
        url: str | None = None,
        now: _Moment | None = None,
    ) -> Stream:
        """Begins the verification of a body that arrives in pieces. The arguments are those of `verify`. To recognise
        repetitions, use `begin_identified`.

        Raises `Rejected` if the headers are at fault, before the body is read; `ConfigError` if the scheme needs the
        whole body at once.
        """

    def begin_identified(
        self,
        headers: Headers,
        *,
        method: str | None = None,
        url: str | None = None,
        now: _Moment | None = None,
    ) -> Stream:
        """Like `begin`, for a stream that also identifies the message: after `finish`, its `identity` returns what `identify`
        would return for the whole delivery. The body is hashed a second time, unless the sender signs an id.

        Raises as `begin`, and `ConfigError` also if the verifier checks a token or nothing, since messages then cannot be
        told from each other.
        """

    def begin_signature(self, signature: _Text | None) -> Stream:
        """Like `begin`, with only the value of the signature's header."""

    def explain(
        self,
        headers: Headers,
        body: Buffer,
        secret: _Secrets,
        *,
        method: str | None = None,
        url: str | None = None,
        now: _Moment | None = None,
    ) -> Explanation:
        """Tries the common mistakes, and returns the first that, once corrected, makes a rejected delivery authentic.

        For an operator, never on the request path: it computes many MACs, and its answer would help a forger. Pass the
        secret again, since a verifier does not keep it; it may be one that the verifier would not accept.

        Raises `ConfigError` for a secret that cannot be used, unless a common mistake explains that too.
        """

@final
class Verified:
    """A delivery is authentic. Only a verifier makes one. True in a condition."""

    @property
    def algorithm(self) -> str | None:
        """The algorithm of the HMAC, such as `SHA_256`; `None` for a token, or if the verifier checks nothing."""

    @property
    def secret_index(self) -> int | None:
        """Which secret matched, counted from 0; `None` if the verifier checks nothing."""

    @property
    def covers_body(self) -> bool:
        """Whether the MAC covers the whole body: its bytes, or a hash of them, or all of its fields.

        False if the sender signs some fields of the body or nothing of it, so that whoever holds one signed delivery can
        write the rest; for a token; and if the verifier checks nothing.
        """

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
        """One sentence that says what is wrong."""

    def __bool__(self) -> Literal[False]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class DeliveryId:
    """The id by which a repetition of a delivery is recognised. `Verifier.delivery_id` finds it."""

    @property
    def text(self) -> str:
        """The id, 1 to 1024 bytes in UTF-8, without control characters. Where a scheme joins several values, there is a colon
        between them, and `%` and `:` in a value are written `%25` and `%3A`.
        """

    @property
    def is_signed(self) -> bool:
        """Whether the MAC covers it. If not, anyone who holds one signed delivery can send its body again with another id, or give
        another delivery this id.
        """

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Handshake:
    """The answer to a handshake, which a sender demands before it sends events. `Verifier.handshake` makes it.

    Its `repr` shows the status alone, since headers and body may hold a secret or a MAC. It cannot be pickled or copied.
    """

    @property
    def status(self) -> int:
        """The status of the response, 200 to 299."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of the response: pairs of a name and a value, in order."""

    @property
    def body(self) -> bytes:
        """The body of the response."""

    @property
    def secret(self) -> str | None:
        """The secret that the sender has chosen in this handshake, with which it signs from now on; `None` where the sender
        chooses none.

        Keep it only while someone has opened the endpoint for a new secret, and never over one that is in use: anyone can
        send such a request.
        """

@final
class Stream:
    """The verification of a body that arrives in pieces. The body is not kept."""

    def update(self, chunk: Buffer) -> None:
        """Hashes the next piece of the body, of any length.

        Raises `ValueError` if the stream is finished.
        """

    def finish(self) -> Verified:
        """Decides, once the body is complete.

        Raises `Rejected`; `ValueError` if the stream is already finished.
        """

    def identity(self) -> bytes:
        """Returns the identity of the message, after `finish` has returned for a stream of `begin_identified`: the same that
        `identify` makes of the whole delivery.

        Raises `ValueError` for a stream that is not finished, whose delivery is not authentic, or that was begun with
        another function.
        """

@final
class ReplayMemory:
    """Remembers the accepted messages of one sender, in this process.

    It is independent of the verifier: when secrets change, keep the memory. Two senders may use the same ids, so make
    one memory for each. Other processes, such as the workers of a server, do not share it, and it is empty after a
    restart. It can be shared between threads, but not pickled.

    It holds at most `capacity` messages, about 200 bytes each. If more arrive within the window, it forgets the oldest
    first, and `evicted` counts those.

    Raises `ConfigError` for a capacity of 0, and `ValueError` for one that is negative or out of range.
    """

    def __new__(cls, capacity: int) -> ReplayMemory: ...

    def take(self, identity: bytes, *, window: float, now: _Moment | None = None) -> Ticket:
        """Accepts the message of an authentic delivery, unless it was accepted within the last `window`. If several of
        one message arrive at once, one is accepted.

        `identity` comes from `Verifier.identify`, or is any other 32 bytes that identify a message, such as the SHA-256
        of a delivery's id that is signed. `window`, in seconds, comes from `Verifier.replay_window`. `now` is when the
        delivery was received: seconds since 1970, or a `datetime` with a time zone; by default, the current time.

        The window of a handled message starts at the last time that it arrived. A message whose outcome nobody reports
        is accepted again `window` after it was accepted.

        Raises `Replayed` if the message was accepted before; `ValueError` for a window of 0 and for an identity that is
        not 32 bytes long.
        """

    def finish(self, ticket: Ticket) -> bool:
        """Reports that a message was handled. Returns `False` if it is no longer remembered, or was accepted again
        since.
        """

    def forget(self, ticket: Ticket) -> bool:
        """Forgets a message that could not be handled, so that it is accepted when its sender sends it again. Returns
        `False` if it is no longer remembered, or was accepted again since and remains remembered.
        """

    @property
    def evicted(self) -> int:
        """How many messages were forgotten before the end of their window because the memory was full. If this grows,
        replays may be accepted: make the capacity larger.
        """

    def __len__(self) -> int: ...
    def __bool__(self) -> Literal[True]: ...

@final
class Ticket:
    """The right to report what became of an accepted message. It has no effect on the same message if that is accepted
    again later.

    As a context manager, it finishes the message at the end of the block, or forgets it if an exception leaves the
    block.
    """

    @property
    def identity(self) -> bytes:
        """Which message was accepted."""

    @property
    def number(self) -> int:
        """The number of the ticket: never 0, and different for every ticket in this process."""

    def __enter__(self) -> Ticket: ...
    def __exit__(
        self, raised: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Secret:
    """A secret that may be used only for some time, both bounds inclusive. Its `repr` does not show it.

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
    """Makes the header lines that a verifier accepts, for senders and tests. The arguments are those of `Verifier`.

    Never verify by signing and comparing texts: the time of the comparison reveals the right signature, character by
    character.
    """

    def __new__(
        cls, secret: _Secret, algorithm: Algorithm = "SHA_256", encoding: Encoding = "BASE64", *, header: str | None = None
    ) -> Signer: ...

    @staticmethod
    def preset(name: str, secret: _Secret, *, algorithm: Algorithm | None = None) -> Signer:
        """A known sender. `algorithm` chooses one if the scheme infers it.

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
        """A connection, with its first secret or with `secret`.

        Raises `ConfigError`.
        """

    @property
    def algorithm(self) -> str:
        """The algorithm with which it signs."""

    def headers(
        self,
        body: Buffer,
        *,
        method: str = "POST",
        url: str = "",
        headers: Headers | None = None,
        id: str = "",
        now: _Moment | None = None,
    ) -> dict[str, str]:
        """The header lines that go with a body: that of the signature, and those of the id and the time of sending if
        the scheme has them.

        `headers` are the headers that are sent anyway, for schemes that sign one of them. `url` is signed as it is given. A
        receiver builds it from the origin by which it knows itself and from the request line: with `/` for an empty path,
        without user and fragment.

        Raises `ConfigError` if a part is missing that the scheme signs.
        """

@final
class Explanation:
    """Why a delivery is rejected. `str()` describes it. It contains no secret, no MAC and no valid signature."""

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
    def also(self) -> str | None:
        """The second mistake, if two were made at once, such as `body_reserialised`; else `None`."""

    @property
    def advice(self) -> str:
        """A text that says what is wrong and what to do."""

@final
class Codes:
    """A number for each row of an Arrow table: 0 if it is authentic, otherwise the number of the rejection.

    It is a sequence and, through its Arrow interface, a column: `pyarrow.array(codes)`, `polars.Series(codes)`.
    """

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> int: ...
    def __iter__(self) -> Iterator[int]: ...
    def count(self, code: int) -> int:
        """How many rows have this number."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """The Arrow PyCapsule interface: a column of the type uint8."""

def presets() -> dict[str, dict[str, Any]]:
    """The schemes of all presets by their names, each as a `dict` that `Verifier.from_scheme` accepts. Other names of presets,
    such as `whatsapp` for `meta`, are not in it: ask a verifier what it does (`signs_body_alone`, `signs_url`).
    """

def _verified(algorithm: str | None, secret_index: int | None, covers_body: bool) -> Verified:
    """The verdict that was pickled. Whoever can have anything unpickled can do worse than that."""

def _rejection(code: int) -> Rejection:
    """The same."""

def _delivery_id(text: str, is_signed: bool) -> DeliveryId:
    """The same for an id."""
