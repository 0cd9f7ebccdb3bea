"""What the files about schemes share: schemes to start from, and a file that signs as it adds."""

from .build import ALGORITHMS, BODY, HEXA_DECIMAL, SECRET, VectorFile
from .sender import Sent

NAME = "X-Shop-Signature"
STAMP = "X-Shop-Timestamp"
SHA_256 = ALGORITHMS[3]
FORMATS = {
    "bare": {"format": "bare"}, "labelled": {"format": "labelled"}, "prefixed": {"format": "prefixed", "prefix": "sig1:"},
    "prefixed-list": {"format": "prefixed", "prefix": "v0=", "separator": ","}, "pairs": {"format": "pairs", "separator": ";", "key": "v1"},
    "list": {"format": "list", "separator": " ", "version": "v1"}, "positional": {"format": "positional", "separator": "|", "fields": ["note", "signature"]},
}


def scheme(format="bare", algorithm="SHA_256", encoding=HEXA_DECIMAL, signed="{body}", header=NAME, **more):
    """A scheme. `format` is a name of FORMATS or the parts themselves."""
    parts = FORMATS[format] if isinstance(format, str) else format
    return dict({"signature": dict({"header": header}, **parts), "algorithm": algorithm, "encoding": encoding, "signed": signed}, **more)


def in_header(unit="s", tolerance=None, header=STAMP):
    timestamp = {"from": "header:" + header, "unit": unit}
    return timestamp if tolerance is None else dict(timestamp, tolerance=tolerance)


def stamped(unit="s", tolerance=300, **more):
    return scheme(signed="{timestamp}.{body}", timestamp=in_header(unit, tolerance), **more)


class Schemes:
    """A file of vectors about schemes."""

    def __init__(self, name, title, description, notes):
        self.out = VectorFile(name, title, description, notes)

    def add(self, id, comment, expect, flag, scheme, headers, body=BODY, secrets=(SECRET,), algorithm=SHA_256, index=0, now=None, tolerance=None, url=None, method=None, text=None, **more):
        verifier = {"scheme_text": text} if text is not None else {"scheme": scheme}
        verifier["secrets"] = list(secrets)
        if tolerance is not None:
            verifier["tolerance"] = tolerance
        verdict = dict(algorithm=algorithm, secret_index=index) if expect == "authentic" else {}
        if expect == "authentic" and algorithm is None:
            verdict = dict(secret_index=index)
        self.out.add("scheme-" + id, comment, None, headers, body, expect, flags=[flag], verifier=verifier, received_at=now, url=url, method=method, **verdict, **more)

    def sent(self, id, comment, expect, flag, scheme, secret=SECRET, body=BODY, received=None, sign=None, change=None, value=None, drop=(), known=None, **more):
        """Signs by the scheme, then adds. `known` is the scheme of the verifier where it is another one; `received` is the body as it came."""
        arguments = dict(sign or {})
        sent = Sent(scheme, body, secret, url=more.get("url"), **arguments)
        if more.get("method"):
            sent = Sent(scheme, body, secret, url=more.get("url"), method=more["method"], **arguments)
        lines = sent.headers(value=value(sent) if callable(value) else value, change=change or {}, drop=drop)
        self.add(id, comment, expect, flag, known or scheme, lines, sent.body if received is None else received, algorithm=sent.algorithm, **more)
        return sent

    def file(self):
        used = {flag for vector in self.out.vectors for flag in vector["flags"]}
        self.out.notes = {flag: text for flag, text in self.out.notes.items() if flag in used}
        return self.out
