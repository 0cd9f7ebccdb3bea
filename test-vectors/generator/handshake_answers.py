"""What the files about handshakes share: answers, and the MACs in them."""

from .build import HEXA_DECIMAL, SECRET, SHA_256, encode, mac

URL = "https://hooks.example.com/shop"
JSON = [["Content-Type", "application/json"]]
FORM = [["Content-Type", "application/x-www-form-urlencoded"]]
AS_TEXT = ["Content-Type", "text/plain"]
AS_JSON = ["Content-Type", "application/json"]
TOO_LONG = "x" * 513


def answer(body="", *lines, status=200, secret=None):
    made = {"status": status, "headers": [list(line) for line in lines], "body": body}
    return made if secret is None else dict(made, secret=secret)


def signature(challenge, encoding=HEXA_DECIMAL, algorithm=SHA_256, key=SECRET):
    return encode(encoding, mac(algorithm, key if isinstance(key, bytes) else key.encode(), challenge.encode()))


def rule(method="GET", challenge="query:c", **more):
    """A handshake whose challenge is in the query, or one without a challenge."""
    return dict({"method": method, "challenge": challenge}, **more) if challenge else dict({"method": method}, **more)
