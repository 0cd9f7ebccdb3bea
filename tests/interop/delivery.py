"""What is signed, and what is sent."""

import dataclasses
import re

URL = "https://hooks.example.com/in?shop=1&name=Zo%C3%AB"


@dataclasses.dataclass(frozen=True)
class Sample:
    """A message that is yet to be signed. Its name is what a failure is reported under."""

    name: str
    body: bytes
    url: str = URL
    headers: tuple = ()
    method: str = "POST"


@dataclasses.dataclass(frozen=True)
class Sending:
    """The moment and the id that a sample is sent with."""

    seconds: int
    milliseconds: int
    id: str

    @property
    def in_milliseconds(self):
        return self.seconds * 1000 + self.milliseconds


@dataclasses.dataclass(frozen=True)
class Delivery:
    """What arrives: the headers of the sample and those of the signature."""

    headers: tuple
    body: bytes
    url: str = URL
    method: str = "POST"

    @property
    def text(self):
        return self.body.decode()

    def header(self, name):
        """The value of the only header of that name."""
        [value] = [value for given, value in self.headers if given.lower() == name.lower()]
        return value

    @property
    def by_name(self):
        return {name.lower(): value for name, value in self.headers}

    @property
    def path(self):
        return re.sub(r"^https?://[^/]*", "", self.url)


def altered(body):
    """The body with one byte changed, so that text is still text. The middle of it is looked at first."""
    order = [*range(len(body) // 2, len(body)), *range(len(body) // 2)]
    for is_simple in (lambda byte: chr(byte).isalnum(), lambda byte: True):
        for at in order:
            if body[at] < 128 and is_simple(body[at]):
                return body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
    return body + b"x"
