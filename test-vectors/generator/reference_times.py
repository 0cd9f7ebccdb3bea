"""Moments: timestamps of deliveries and the validity of secrets, all in milliseconds since 1970."""

import re

from .reference_text import Stop

LARGEST = 2 ** 63 - 1
RFC_3339 = re.compile(
    rb"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))")


def days_before(year):
    """Days from the first of January of year 1 to that of `year`, in the Gregorian calendar (year 0 too)."""
    y = year - 1
    return y * 365 + y // 4 - y // 100 + y // 400


def month_lengths(year):
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def rfc3339(text):
    """Milliseconds since 1970, or None when the text is no such moment."""
    match = RFC_3339.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if not 1 <= month <= 12 or not 1 <= day <= month_lengths(year)[month - 1]:
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    offset = 0
    if match.group(8) is None:
        hours, minutes = int(match.group(10)), int(match.group(11))
        if hours > 23 or minutes > 59:
            return None
        offset = (hours * 60 + minutes) * (1 if match.group(9) == b"+" else -1)
    days = days_before(year) - days_before(1970) + sum(month_lengths(year)[:month - 1]) + day - 1
    seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
    return seconds * 1000 + int(((match.group(7) or b"") + b"000")[:3])


def parse(text, unit):
    """Milliseconds since 1970 of a timestamp as it was received."""
    if unit == "rfc3339":
        moment = rfc3339(text)
    elif unit == "utc":
        moment = None if text[-1:] in (b"Z", b"z") else rfc3339(text + b"Z")
    elif re.fullmatch(rb"0|[1-9][0-9]*", text):
        moment = int(text) * (1000 if unit == "s" else 1)
    else:
        moment = None
    if moment is None or moment > LARGEST:
        raise Stop("malformed_timestamp")
    return moment


def bound(value):
    """A not_before or not_after of JSON, in milliseconds; None where it is left out."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value * 1000
    moment = rfc3339(value.encode("utf-8")) if isinstance(value, str) else None
    if moment is None:
        raise Stop("invalid_config")
    return moment


def usable(secret, now):
    return (secret.not_before is None or secret.not_before <= now) and (secret.not_after is None or now <= secret.not_after)
