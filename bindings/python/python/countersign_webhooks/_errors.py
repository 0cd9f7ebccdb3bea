"""The exceptions. They are written in Python so that they can be pickled, copied and subclassed as usual."""


class Rejected(Exception):
    """A delivery is not authentic, or not fresh.

    Every rejection must look the same to the sender; `reason` and `code` are for your log and metrics. They never
    change and are the same in every language. The README lists them.
    """

    reason: str
    """The fixed name, such as `mismatch`."""

    code: int
    """The fixed number, 1 to 15."""

    message: str
    """One sentence that says what is wrong."""

    def __init__(self, reason: str, code: int, message: str = "") -> None:
        super().__init__(reason, code, message)
        self.reason = reason
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}" if self.message else self.reason


class Replayed(Rejected):
    """A `ReplayMemory` accepted the message before. The `reason` is `replayed`, the `code` 14.

    The delivery is authentic, so you may tell its sender more than for other rejections: after a success status it
    stops trying. Catch it before `Rejected`.
    """

    handled: bool
    """Whether it was handled. If not, it was accepted, and nobody has reported yet what became of it."""

    def __init__(self, handled: bool) -> None:
        super().__init__("replayed", 14, "the delivery is authentic but was seen before")
        self.args = (handled,)
        self.handled = handled


class ConfigError(ValueError):
    """A verifier or signer cannot be made from these arguments.

    The text says where (line and field), what was found, what is allowed and what to do. It shows no secret.
    """

    reason: str
    """The fixed name: `empty_secret`, `malformed_secret`, `invalid_config`, `unknown_preset` or `unsupported`."""

    code: int
    """The fixed number, 65 to 69."""

    message: str
    """What is wrong and what to do, without the place."""

    line: int | None
    """The line of the JSON text, counted from 1, if the fault is in one place of it and it was given as text."""

    field: str | None
    """The path of the field, such as `config.algorithm`, if the fault is in one field."""

    def __init__(
        self, reason: str, code: int, message: str, line: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(reason, code, message, line, field)
        self.reason = reason
        self.code = code
        self.message = message
        self.line = line
        self.field = field

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}: "
        field = "" if self.field is None else f"{self.field}: "
        return f"{line}{field}{self.message}"
