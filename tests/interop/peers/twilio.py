"""Twilio: forms, of which the parsed parameters are signed, and JSON, of which the digest stands in the URL."""

import hashlib
from urllib.parse import parse_qsl, urlparse

from twilio.request_validator import RequestValidator, add_port, remove_port

import samples
from delivery import Sample
from peer import Peer

FORM = (("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),)
JSON = (("Content-Type", "application/json"),)
PLAIN = "https://hooks.example.com/in"
QUERY = f"{PLAIN}?shop=1&name=Zo%C3%AB"
CALL = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"


def _json(sample):
    url = f"{QUERY}&bodySHA256={hashlib.sha256(sample.body).hexdigest()}"
    return Sample(f"json {sample.name}", sample.body, url, JSON)


SAMPLES = [
    Sample("call", CALL, QUERY, FORM),
    Sample("no query", CALL, PLAIN, FORM),
    Sample("sorted", b"b=2&a=1&B=3&A=4&_=5&aa=6&%61b=7&1=8&a-=9", QUERY, FORM),
    Sample("repeated", b"a=2&a=1&b=0&a=2&a=10&a=", QUERY, FORM),
    Sample("blank", b"Body=&a=&b=+&c=%20&NumMedia=0", QUERY, FORM),
    Sample("unicode", b"Body=Zo%C3%AB+%F0%9F%A6%80&%E6%9D%B1=%E4%BA%AC&%EF%BF%BD=1&%F0%9F%A6%80=2", QUERY, FORM),
    Sample("unescaped", "é=ë&Body=東京".encode(), QUERY, FORM),
    Sample("signs", b"Body=1%2B1+%3D+2&a=%26&b=%25&c=~%2F%3F&d==&e=a=b", QUERY, FORM),
    Sample("large", b"&".join(b"Field%d=%s" % (n, b"x%20y+" * (n % 40)) for n in range(800)), QUERY, FORM),
    Sample("nothing", b"", QUERY, FORM),
    Sample("another port", CALL, "https://hooks.example.com:8443/in?a=b", FORM),
    Sample("usual port", CALL, "https://hooks.example.com:443/in?a=b", FORM),
    Sample("http", CALL, "http://hooks.example.com/in?a=b", FORM),
    *map(_json, samples.but("empty")),
]


class Parameters(dict):
    """What web frameworks hand over: the values of each name."""

    def __init__(self, body):
        super().__init__()
        for name, value in parse_qsl(body.decode(), keep_blank_values=True):
            self.setdefault(name, []).append(value)

    getlist = dict.__getitem__


class Twilio(Peer):
    name, package, preset = "twilio (Python)", "twilio", "twilio"
    samples = SAMPLES
    expected = (480, 360)

    def sign(self, secret, sample, sending):
        # Twilio leaves the port out of what it signs, or puts it there, as it likes.
        change = add_port if sending.seconds % 2 else remove_port
        parameters = Parameters(sample.body) if sample.headers == FORM else {}
        signature = RequestValidator(secret).compute_signature(change(urlparse(sample.url)), parameters)
        return self.deliver(sample, [("X-Twilio-Signature", signature)])

    def accepts(self, secret, delivery):
        is_form = delivery.headers[:1] == FORM
        parameters = Parameters(delivery.body) if is_form else delivery.text
        return RequestValidator(secret).validate(delivery.url, parameters, delivery.header("X-Twilio-Signature"))
