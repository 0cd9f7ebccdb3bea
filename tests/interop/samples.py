"""Bodies that are easily changed on the way: parsed and printed again, trimmed, taken for a template, cut short."""

import json

from delivery import Sample

_ROWS = [{"n": n, "name": "Zoë" * (n % 5), "note": "x" * (n % 40)} for n in range(1700)]
_LARGE = json.dumps(_ROWS, ensure_ascii=False)

ALL = [
    Sample("empty", b""),
    Sample("blank", b" "),
    Sample("digit", b"0"),
    Sample("ascii", b'{"id":"evt_1","type":"order.paid","data":{"total":"19.90"}}'),
    Sample("spacing", b'{ "b" :\t[ 1 , 2.50,1e3 , 12345678901234567890 ] ,\r\n   "a":null, "a" : {} }\r\n\n'),
    Sample("unicode", '{"name":"Zoë e\u0301","city":"東京","mood":"🦀","back":"\u202ecba","line":"\u2028"}'.encode()),
    Sample("escapes", rb'{"name":"Zo\u00eb","mood":"\ud83e\udd80","path":"\/a\\b","html":"\u003cb\u003e&amp;"}'),
    Sample("bom", '\ufeff{"a":1}'.encode()),
    Sample("controls", b"a\x00b\x01\x1b[0m\x7f\n\r"),
    Sample("lookalike", b"t=1614265330,v1=00.{timestamp}.{body}:$1 $& %s %n \\n v0:1:"),
    Sample("form", b"payload=%7B%22a%22%3A1%7D&text=a+b&text=&text=%zz&="),
    Sample("large", _LARGE.encode()),
]
# Beside the others, for peers that take bytes.
BYTES = Sample("bytes", bytes(range(256)))
assert 90_000 < len(ALL[-1].body) < 130_000


def but(*names):
    """All but some."""
    assert set(names) <= {sample.name for sample in ALL}
    return [sample for sample in ALL if sample.name not in names]
