"""`handshake-presets.json`: the requests in which senders demand an answer before they send events, and what is none."""

import json
import urllib.parse

from .build import BASE64, VectorFile
from .handshake_answers import AS_JSON, AS_TEXT, FORM, JSON, TOO_LONG, URL, answer, signature
from .preset_handshakes import EVENT, EVENTS, HANDSHAKES, REQUESTS
from .presets import PRESETS
from .sender import NOW, Sent, example_secret


class Requests:
    """Adds the vectors of one preset."""

    def __init__(self, out, name):
        self.out, self.name, self.scheme, self.rule = out, name, PRESETS[name], HANDSHAKES[name]
        self.secret = example_secret(self.scheme)
        self.challenge, self.query, self.lines, self.body = REQUESTS[name]
        self.is_signed = self.rule.get("signed", False)

    def add(self, id, comment, flag, handshake, expect="missing_signature", challenge=None, method=None, lines=None, signer=None, body=None, url=None, twice=False, now=None, secrets=None, index=0):
        """The request that the pages show, with what is given changed. `signer`: the secret that signs it."""
        kind, _, place = self.rule.get("challenge", "::").partition(":")
        value = (self.challenge if challenge is None else challenge) or ""
        quoted, in_json = urllib.parse.quote(value, safe=""), json.dumps(value, ensure_ascii=False)

        def filled(text, shown, item, separator):
            """The challenge where the sender puts it; twice if that is the vector."""
            return (text or "").replace(item + "%s", separator.join([item + "%s"] * (1 + twice))).replace("%s", shown)

        query = filled(self.query, quoted, place + "=", "&")
        if body is None:
            is_json = kind != "form"
            body = filled(self.body, *(in_json, '"%s": ' % place.split("/")[-1], ", ") if is_json else (quoted, place + "=", "&")).encode()
        if lines is None:
            lines = [[name, line.replace("%s", value)] for name, line in self.lines for _ in range(1 + (twice and "%s" in line))]
        url = url or (URL + ("?" + query if query else ""))
        signature, algorithm = self.signature(body, signer) if signer is not None else ([], None)
        verdict = dict(algorithm=algorithm, secret_index=index) if expect == "authentic" else {}
        self.out.add("handshake-preset-%s-%s" % (self.name, id), "%s: %s" % (self.name, comment), None, lines + signature, body, expect, flags=[flag],
                     verifier={"preset": self.name, "secrets": secrets or [self.secret]}, received_at=now or NOW, method=method or self.rule["method"], url=url, handshake=handshake, **verdict)

    def signature(self, body, secret):
        """The lines that make a request authentic, and the algorithm."""
        if "token" in self.scheme:
            return [[self.scheme["token"]["header"], secret]], None
        sent = Sent(self.scheme, body, secret, url=URL, signed_body=b"mandrill_events[]" if self.name == "mandrill" and body else None)
        return sent.headers(), sent.algorithm

    def asked(self, id, comment, flag, handshake, **more):
        """As `add`, signed where the sender signs it."""
        if self.is_signed:
            more = dict(dict(expect="authentic", signer=self.secret), **more)
        self.add(id, comment, flag, handshake, **more)

    def all(self):
        right = answers(self.name, self.challenge)
        self.asked("right", "the request as its sender makes it.", "Right", right)
        for method in [method for method in ("GET", "POST", "HEAD", "PUT") if method != self.rule["method"]]:
            self.asked("method-%s" % method.lower(), "the request by %s." % method, "Method", None, method=method)
        self.event()
        if self.challenge is not None:
            self.challenges()
        if self.is_signed:
            self.signed(right)

    def event(self):
        lines, body = EVENTS.get(self.name, EVENT)
        if self.name == "mandrill":
            lines, body = FORM, "mandrill_events=%5B%5D"
        self.add("event", "an event is none.", "Event", None, expect="authentic", method="POST", lines=lines, body=body.encode(), url=URL, signer=self.secret)
        self.add("event-unsigned", "an event that nobody has signed is none.", "Event", None, method="POST", lines=[["Content-Type", "application/json"]], body=b'{"id": "evt_1"}', url=URL)

    def challenges(self):
        for id, comment, challenge in [("shortest", "a challenge of one letter.", "a"), ("longest", "a challenge of 512 letters.", "x" * 512), ("letters", "every letter that a challenge may have.", "AZaz09-._~+/")]:
            self.asked("challenge-" + id, comment, "Token", answers(self.name, challenge), challenge=challenge)
        padded = answers(self.name, "YQ==") if "hmac" not in self.rule else None
        self.asked("challenge-padding", "a challenge with =, which is a token where it is repeated and not where it is signed.", "Token", padded, challenge="YQ==")
        faults = [("empty", "an empty challenge.", ""), ("long", "a challenge of 513 letters.", TOO_LONG), ("object", "a challenge that is a JSON object.", "{}"), ("quotes", "a challenge with quotes.", '"a"'), ("form", "a challenge that is a form.", "a=b&c=d"),
                  ("markup", "a challenge that is markup.", "<b>"), ("blank", "a challenge with a blank.", "a b"), ("letter", "a challenge with a letter outside ASCII.", "caf\u00e9"), ("colon", "a challenge with a colon.", "a:b")]
        for id, comment, challenge in faults:
            self.asked("challenge-" + id, comment, "NoToken", None, challenge=challenge)
        self.asked("challenge-twice", "the challenge twice.", "Repeated", None, twice=True)
        self.asked("challenge-absent", "no challenge.", "NoToken", None, lines=[line for line in self.lines if "%s" not in line[1]] if self.rule["challenge"].startswith("header") else None, url=URL, body=b'{"type": "url_verification", "event": "endpoint.url_validation", "payload": {}}' if self.body else None)

    def signed(self, right):
        self.add("unsigned", "a request that nobody has signed is none.", "Unsigned", None)
        self.add("other-secret", "signed with another secret.", "Unsigned", None, expect="mismatch", signer=example_secret(self.scheme, "another"))
        self.add("second-secret", "signed with the second of two secrets.", "Rotation", answers(self.name, self.challenge, example_secret(self.scheme, "another")), expect="authentic", signer=self.secret, index=1,
                 secrets=[example_secret(self.scheme, "another"), self.secret])
        tolerance = self.scheme["timestamp"].get("tolerance")
        if tolerance is not None:
            self.add("stale", "signed, and too old.", "Unsigned", None, expect="expired", signer=self.secret, now=NOW + tolerance + 1)


def answers(name, challenge, secret=None):
    """What the sender's pages demand for this challenge."""
    key = secret or example_secret(PRESETS[name])
    if name == "asana":
        return answer("", ["X-Hook-Secret", challenge], secret=challenge)
    if name == "notion":
        return answer(secret=challenge)
    if name == "twitter":
        return answer('{"response_token":"sha256=%s"}' % signature(challenge, BASE64, key=key), AS_JSON)
    if name == "zoom":
        return answer('{"plainToken":"%s","encryptedToken":"%s"}' % (challenge, signature(challenge, key=key)), AS_JSON)
    if name == "linkedin":
        return answer('{"challengeCode":"%s","challengeResponse":"%s"}' % (challenge, signature(challenge, key=key)), AS_JSON)
    if name == "okta":
        return answer('{"verification":"%s"}' % challenge, AS_JSON)
    if name == "smartsheet":
        return answer('{"smartsheetHookResponse":"%s"}' % challenge, AS_JSON, ["Smartsheet-Hook-Response", challenge])
    if name in ("mandrill", "trello", "woocommerce"):
        return answer()
    extra = [["X-Content-Type-Options", "nosniff"]] if name == "dropbox" else []
    return answer(challenge, AS_TEXT, *extra)


def presets():
    notes = {"Right": "The request as its sender makes it.", "Method": "Another method.", "Event": "An event is no handshake.", "Token": "Challenges at the edge of what a token is.", "NoToken": "A challenge that is no token.",
             "Repeated": "A challenge that stands twice.", "Unsigned": "The sender signs its handshake, and this one it has not signed.", "Rotation": "Several secrets.", "Bare": "A body that a handshake would sign for anyone is not authentic.",
             "Condition": "What else the request must hold."}
    out = VectorFile("handshake-presets.json", "Handshakes of presets", "For each preset with a handshake: the request and its answer, and what is no handshake. Values are invented; their form is that of the sender's pages.", notes)
    for name in HANDSHAKES:
        Requests(out, name).all()
    conditions(out)
    bare_bodies(out)
    return out


def conditions(out):
    meta = Requests(out, "meta")
    meta.add("mode", "another hub.mode.", "Condition", None, url=URL + "?hub.mode=unsubscribe&hub.challenge=1158201444")
    meta.add("no-mode", "no hub.mode.", "Condition", None, url=URL + "?hub.challenge=1158201444")
    meta.add("mode-twice", "hub.mode twice.", "Condition", None, url=URL + "?hub.mode=subscribe&hub.mode=subscribe&hub.challenge=1158201444")
    asana = Requests(out, "asana")
    secret = ["X-Hook-Secret", asana.challenge]
    asana.add("signature", "a request with a signature, which is wrong.", "Condition", None, expect="mismatch", lines=[secret, ["X-Hook-Signature", "0" * 64]])
    asana.add("empty-signature", "a request with an empty signature: nothing is there.", "Condition", answers("asana", asana.challenge), expect="malformed_signature", lines=[secret, ["X-Hook-Signature", ""]])
    asana.add("two-signatures", "a request with two signatures.", "Condition", None, expect="repeated_signature", lines=[secret, ["X-Hook-Signature", ""], ["x-hook-signature", ""]])
    okta = Requests(out, "okta")
    okta.add("secret", "the request with the secret, which it need not have.", "Condition", answers("okta", okta.challenge), expect="authentic", signer=okta.secret)
    linkedin = Requests(out, "linkedin")
    linkedin.add("application", "the request to an integration with child applications.", "Condition", answers("linkedin", linkedin.challenge), url=URL + "?challengeCode=%s&applicationId=77" % linkedin.challenge)
    woocommerce = Requests(out, "woocommerce")
    woocommerce.add("json", "webhook_id in JSON.", "Condition", None, lines=JSON, body=b'{"webhook_id": 17}')


def bare_bodies(out):
    """Senders whose answers hold the MAC of a bare token: such a body is no event, whoever has signed it."""
    for name in [name for name in HANDSHAKES if "hmac" in HANDSHAKES[name] and PRESETS[name].get("signed") == "{body}"]:
        it = Requests(out, name)
        for id, comment, body, expect in [
                ("token", "a body that is a token.", b"challenge_string", "mismatch"), ("letter", "a body of one letter.", b"a", "mismatch"), ("longest", "a body of 512 letters.", b"x" * 512, "mismatch"), ("number", "a body that is a number.", b"-1.5e+3", "mismatch"),
                ("true", "a body that is true.", b"true", "mismatch"), ("longer", "a body of 513 letters, which no answer signs.", b"x" * 513, "authentic"), ("blank", "a token and a blank.", b"a ", "authentic"),
                ("newline", "a token and a newline.", b"a\n", "authentic"), ("form", "a form.", b"a=b", "authentic"), ("padding", "a body with =, which no answer signs.", b"YQ==", "authentic"), ("string", "a JSON text.", b'"a"', "authentic"),
                ("object", "an empty object.", b"{}", "authentic"), ("array", "an empty list.", b"[]", "authentic"), ("empty", "no body.", b"", "authentic")]:
            it.add("bare-" + id, comment, "Bare", None, expect=expect, method="POST", lines=[], body=body, url=URL, signer=it.secret)


    linkedin = Requests(out, "linkedin")
    linkedin.add("bare-token", "a body that is a token: hmacsha256= before it keeps it apart from what an answer signs.", "Bare", None, expect="authentic", method="POST", lines=[], body=b"challenge_string", url=URL, signer=linkedin.secret)
    linkedin.add("bare-answer", "the MAC of an answer as the signature of the token.", "Bare", None, expect="mismatch", method="POST", lines=[["X-LI-Signature", signature("challenge_string", key=linkedin.secret)]], body=b"challenge_string", url=URL)
    linkedin.add("bare-challenge", "what is signed for an event, as a challenge.", "Bare", None, challenge="hmacsha256={}")


def files():
    return [presets()]
