"""The usual shapes of a preset: what `presets.py` is written with."""

BASE64, HEX = "BASE64", "HEXA_DECIMAL"
WEBHOOK_LIST = {"format": "list", "separator": " ", "version": "v1"}


def simple(header, encoding=HEX, algorithm="SHA_256", secret=None, **format):
    """A sender that signs the body and nothing else."""
    scheme = {"signature": dict({"header": header, "format": "bare"}, **format), "algorithm": algorithm, "encoding": encoding, "signed": "{body}"}
    return dict(scheme, secret=secret) if secret else scheme


def prefixed(header, prefix, encoding=HEX, algorithm="SHA_256", **more):
    return simple(header, encoding, algorithm, format="prefixed", prefix=prefix, **more)


def stamped(signature, signed, source, unit, tolerance=None, encoding=HEX, secret=None, id=None, algorithm="SHA_256"):
    """A sender that signs a timestamp too."""
    timestamp = {"from": source, "unit": unit}
    if tolerance is not None:
        timestamp["tolerance"] = tolerance
    scheme = {"signature": signature, "algorithm": algorithm, "encoding": encoding, "signed": signed, "timestamp": timestamp}
    if id:
        scheme["id"] = {"from": id}
    return dict(scheme, secret=secret) if secret else scheme


def webhooks(family, tolerance=300):
    """Standard Webhooks and those who follow it."""
    return stamped(dict({"header": family + "-signature"}, **WEBHOOK_LIST), "{id}.{timestamp}.{body}", "header:%s-timestamp" % family, "s",
                   tolerance, BASE64, BASE64, "header:%s-id" % family)


def pairs(header, key, stamp, signed="{timestamp}.{body}", unit="s", tolerance=None, separator=",", encoding=HEX):
    signature = {"header": header, "format": "pairs", "separator": separator, "key": key}
    return stamped(signature, signed, "signature:" + stamp, unit, tolerance, encoding)


def bare(header):
    return {"header": header, "format": "bare"}


def with_prefix(header, prefix):
    return {"header": header, "format": "prefixed", "prefix": prefix}


def version_pairs(header):
    return simple(header, format="pairs", separator=",", key="v1")


def special(function, header, signed, algorithm, encoding, **more):
    return dict({"function": function, "signature": bare(header), "algorithm": algorithm, "encoding": encoding, "signed": signed}, **more)


LABELLED = {"format": "labelled"}
