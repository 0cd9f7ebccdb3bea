"""`presets-messages.json`: the senders whose message lists what is signed, and those that hash the secret with the text."""

import hashlib

from .build import ALGORITHMS, VectorFile
from .message_sender import claims, jwt, plain
from .preset_cases import NOTES as CASES
from .presets import PRESETS
from .sender import NOW, example_secret

URL = "https://hooks.example.com/in?shop=1"
BODY = b'{"id":"evt_1","type":"order.paid"}'
NOTES = dict(CASES, Url="The URL as the sender knew it and as it is known here.", Claim="A claim of a token, or its header.")


class Sender:
    """Adds the vectors of one preset. `make` gives the header lines for a secret, a body and a moment."""

    def __init__(self, out, name, make, algorithm=ALGORITHMS[3], **place):
        self.out, self.name, self.make, self.algorithm, self.place = out, name, make, algorithm, place
        self.secret, self.other = example_secret(PRESETS[name]), example_secret(PRESETS[name], "another")
        self.header = PRESETS[name]["signature"]["header"]

    def add(self, id, comment, expect, flag, lines=None, body=BODY, secrets=None, index=0, now=NOW, tolerance=None, **place):
        verifier = {"preset": self.name, "secrets": secrets or [self.secret]}
        if tolerance is not None:
            verifier["tolerance"] = tolerance
        verdict = dict(algorithm=self.algorithm, secret_index=index) if expect == "authentic" else {}
        self.out.add("preset-%s-%s" % (self.name, id), comment, None, self.make(self.secret, body, NOW) if lines is None else lines, body, expect, flags=[flag], verifier=verifier, received_at=now,
                     **verdict, **dict(self.place, **place))

    def all(self):
        good = self.make(self.secret, BODY, NOW)
        others = [line for line in good if line[0] != self.header]
        value = dict(good)[self.header]
        self.add("accept", "A delivery as the sender makes it.", "authentic", "Accepted")
        self.add("header-case", "Header names in another case.", "authentic", "Accepted", [[name.swapcase(), text] for name, text in good])
        self.add("neighbours", "Other headers around, and blanks at the ends of the signature.", "authentic", "Accepted", [["Content-Type", "application/json"]] + others + [[self.header, " %s\t" % value]])
        self.add("empty-body", "An empty body, signed.", "authentic", "Accepted", self.make(self.secret, b"", NOW), b"")
        self.add("rotation", "The second of two secrets signed.", "authentic", "Rotation", secrets=[self.other, self.secret], index=1)
        self.add("wrong-secret", "Signed with another secret.", "mismatch", "WrongSecret", self.make(self.other, BODY, NOW))
        self.add("tampered", "One byte of the body was altered.", "mismatch", "Tampered", good, BODY[:-1] + b"|")
        self.add("newline", "A newline was added to the body.", "mismatch", "Tampered", good, BODY + b"\n")
        self.add("missing", "No signature header.", "missing_signature", "Missing", others)
        self.add("repeated", "Two equal signature headers.", "repeated_signature", "Repeated", good + [[self.header, value]])
        self.add("empty", "An empty signature header.", "malformed_signature", "Format", others + [[self.header, ""]])
        self.add("empty-secret", "An empty secret.", "empty_secret", "Secret", secrets=[""])
        return self

    def plain(self):
        good = self.make(self.secret, BODY, NOW)
        value, others = good[-1][1], good[:-1]
        with_value = lambda text: others + [[self.header, text]]  # noqa: E731
        self.add("upper-case", "Upper-case hex.", "authentic", "Accepted", with_value(value.upper()))
        self.add("letter", "A letter that the encoding does not have.", "malformed_encoding", "Encoding", with_value("!" + value[1:]))
        self.add("short", "The last byte of the signature is cut off.", "wrong_length", "Length", with_value(value[:-2]))
        self.add("odd", "An odd number of hex digits.", "malformed_encoding", "Encoding", with_value(value[:-1]))
        for name, _ in others:
            self.add("without-" + name.lower(), "A part that is hashed is missing.", "missing_timestamp" if "timestamp" in name.lower() else "missing_part", "Part", [line for line in good if line[0] != name])
            self.add("altered-" + name.lower(), "A part that is hashed was altered.", "mismatch", "Tampered", [[key, text[:-1] + ("1" if text[-1] != "1" else "2")] if key == name else [key, text] for key, text in good])
        return self

    def edges(self, past, future, tolerance=None):
        for id, comment, expect, seconds in [("past-in", "As old as the tolerance allows.", "authentic", -past), ("past-out", "A second too old.", "expired", -past - 1),
                                             ("future-in", "As far ahead as the tolerance allows.", "authentic", future), ("future-out", "A second too far ahead.", "from_future", future + 1)]:
            self.add(id, comment, expect, "Edge", self.make(self.secret, BODY, NOW + seconds), tolerance=tolerance)


def hubspot(out):
    v1 = Sender(out, "hubspot-v1", lambda secret, body, now: [["X-HubSpot-Signature-Version", "v1"], ["X-HubSpot-Signature", plain("sha256", secret, body)]])
    v1.all()
    v1.add("v2", "The signature of version 2.", "mismatch", "Trap", [["X-HubSpot-Signature", plain("sha256", v1.secret, "POST", URL, BODY)]], method="POST", url=URL)
    v1.add("tolerance", "A tolerance where there is no timestamp.", "invalid_config", "NoTolerance", tolerance=300)
    v2 = Sender(out, "hubspot-v2", lambda secret, body, now: [["X-HubSpot-Signature-Version", "v2"], ["X-HubSpot-Signature", plain("sha256", secret, "POST", URL, body)]], method="POST", url=URL).all()
    v2.add("method", "Another method.", "mismatch", "Tampered", method="PUT")
    v2.add("url", "Another URL.", "mismatch", "Url", url=URL + "2")
    v2.add("no-method", "The method is not known.", "missing_part", "Part", method=None)
    v2.add("no-url", "The URL is not known.", "missing_part", "Part", url=None)
    v2.add("v1", "The signature of version 1.", "mismatch", "Trap", [["X-HubSpot-Signature", plain("sha256", v2.secret, BODY)]])


def stamped(out):
    lark = Sender(out, "lark", lambda secret, body, now: [["X-Lark-Request-Timestamp", str(now)], ["X-Lark-Request-Nonce", "n-17"], ["X-Lark-Signature", plain("sha256", str(now), "n-17", secret, body)]])
    lark.all().plain()
    lark.add("any-time", "Without a tolerance any time will do.", "authentic", "NoTolerance", lark.make(lark.secret, BODY, 1000000000))
    lark.edges(300, 300, 300)
    cloudinary = Sender(out, "cloudinary", lambda secret, body, now: [["X-Cld-Timestamp", str(now)], ["X-Cld-Signature", plain("sha1", body, str(now), secret)]], ALGORITHMS[1])
    cloudinary.all().plain().edges(7200, 7200)
    for id, text in [("nine", "999999999"), ("eleven", "17600000000"), ("none", "now")]:
        made = [["X-Cld-Timestamp", text], ["X-Cld-Signature", plain("sha1", BODY, text, cloudinary.secret)]]
        cloudinary.add("timestamp-" + id, "A timestamp that has not ten digits.", "malformed_timestamp", "Cut", made)


def tokens(out):
    vonage = Sender(out, "vonage", lambda secret, body, now: [["Authorization", "Bearer " + jwt(claims(body, iat=now, iss="Vonage", jti="1", api_key="k"), secret.encode())]]).all()
    vonage.edges(300, 300, 300)
    vonage.add("no-hash", "A token that says nothing of the body.", "missing_part", "Claim", [["Authorization", "Bearer " + jwt({"iat": NOW}, vonage.secret.encode())]])
    vonage.add("alg", "A token that names another algorithm, and is signed by it.", "algorithm_not_accepted", "Claim", [["Authorization", "Bearer " + jwt(claims(BODY), vonage.secret.encode(), {"alg": "HS512"}, "sha512")]])
    vonage.add("none", "A token without a signature.", "malformed_signature", "Claim", [["Authorization", "Bearer " + jwt(claims(BODY), b"", {"alg": "none"}).rsplit(".", 1)[0] + "."]])
    netlify = Sender(out, "netlify", lambda secret, body, now: [["X-Webhook-Signature", jwt({"iss": "netlify", "sha256": hashlib.sha256(body).hexdigest()}, secret.encode())]]).all()
    netlify.add("issuer", "A token of another issuer.", "mismatch", "Claim", [["X-Webhook-Signature", jwt({"iss": "other", "sha256": hashlib.sha256(BODY).hexdigest()}, netlify.secret.encode())]])

    def made(secret, body, now, **more):
        hashes = dict({"payload_hash": hashlib.sha256(body).hexdigest()} if body else {}, url_hash=hashlib.sha256(URL.encode()).hexdigest())
        return [["MessageBird-Signature-JWT", jwt(dict({"iss": "MessageBird", "nbf": now, "exp": now + 60, "jti": "1"}, **dict(hashes, **more)), secret.encode())]]

    bird = Sender(out, "messagebird", made, url=URL).all()
    bird.add("url", "Another URL.", "mismatch", "Url", url=URL + "2")
    bird.add("no-url", "The URL is not known.", "missing_part", "Part", url=None)
    bird.add("body-added", "A body where the token has no hash of one.", "mismatch", "Tampered", made(bird.secret, b"", NOW))
    bird.add("expires", "At the moment at which it expires.", "expired", "Edge", now=NOW + 60)
    bird.add("last-moment", "A second earlier.", "authentic", "Edge", now=NOW + 59)
    bird.add("leeway", "A clock that is five seconds behind.", "authentic", "Edge", now=NOW - 5)
    bird.add("early", "One that is six seconds behind.", "from_future", "Edge", now=NOW - 6)


def bodiless(out):
    """Senders whose token says nothing of the body."""
    for name, word, more in [("monday", "", {"accountId": 1, "userId": 2, "aud": URL, "exp": NOW + 300}), ("jira-connect", "JWT ", {"iss": "tenant", "qsh": "0" * 64, "exp": NOW + 180})]:
        it = Sender(out, name, lambda secret, body, now, word=word, more=more: [["Authorization", word + jwt(dict({"iat": now}, **more), secret.encode())]])
        it.add("accept", "A delivery as the sender makes it.", "authentic", "Accepted")
        it.add("other-body", "Another body, which is not covered.", "authentic", "Accepted", it.make(it.secret, BODY, NOW), b"{}")
        it.add("rotation", "The second of two secrets signed.", "authentic", "Rotation", secrets=[it.other, it.secret], index=1)
        it.add("wrong-secret", "Signed with another secret.", "mismatch", "WrongSecret", it.make(it.other, BODY, NOW))
        it.add("missing", "No token.", "missing_signature", "Missing", [])
        it.add("expired", "The token has expired.", "expired", "Edge", now=more["exp"])
        it.add("no-time", "A token that does not say when it was made.", "missing_timestamp", "Timestamp", [["Authorization", word + jwt(more, it.secret.encode())]])
        it.add("alg", "A token that names another algorithm, and is signed by it.", "algorithm_not_accepted", "Claim", [["Authorization", jwt(more, it.secret.encode(), {"alg": "HS512"}, "sha512")]])


def files():
    out = VectorFile("presets-messages.json", "Presets of JWTs and plain hashes", "Senders whose token has the hash of the body, and senders that hash the secret with the text.", NOTES)
    for make in (hubspot, stamped, tokens, bodiless):
        make(out)
    used = {flag for vector in out.vectors for flag in vector["flags"]}
    out.notes = {flag: text for flag, text in out.notes.items() if flag in used}
    return [out]
