"""The filters that campaign tools add to Liquid, and those that must be the same on every machine.

One rule: a filter is a function of its arguments; only `date` and `time_zone` look at the message's time.
"""

import hashlib
import hmac
import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import partial
from urllib.parse import quote

from liquid import RenderContext
from liquid.builtin.filters.extra import safe
from liquid.builtin.filters.string import base64_encode
from liquid.exceptions import FilterArgumentError
from liquid.filter import liquid_filter, num_arg, string_filter, with_context
from liquid.undefined import is_undefined

from ensue.content import moments

_OUTSIDE_OF_PARAMETERS = "-_.~"
_OUTSIDE_OF_ADDRESSES = f"{_OUTSIDE_OF_PARAMETERS}!*'();/?:@&=+$,[]#"
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


# ---------------------------------------------------------------- times


@with_context
@liquid_filter
def date(value: object, form: object, *, context: RenderContext) -> object:
    """Write a time: `%B %-d, %Y`; what is no time stays as it is."""
    at = moments.read(value, _now(context))
    if at is None or form is None or is_undefined(form) or form == "":
        return value
    return moments.written(at, str(form))


@with_context
@liquid_filter
def time_zone(value: object, zone: object, *, context: RenderContext) -> object:
    """Put a time into a time zone; without one it is UTC, and what is no time stays as it is."""
    at = moments.read(value, _now(context))
    if at is None:
        return value
    try:
        return moments.placed(at, "UTC" if zone is None or is_undefined(zone) or zone == "" else str(zone))
    except ValueError as error:
        raise FilterArgumentError(str(error), token=None) from error


def _now(context: RenderContext) -> datetime | None:
    """Return the message's time, whatever the template calls `now`."""
    now = context.globals.get("now")
    return now if isinstance(now, datetime) else None


# ---------------------------------------------------------------- numbers


@liquid_filter
def money(value: object) -> str:
    """Write a number with two decimal places and commas: `1,234.50`."""
    with localcontext(rounding=ROUND_HALF_UP):
        return f"{Decimal(str(num_arg(value, default=0))):,.2f}"


@liquid_filter
def number_with_delimiter(value: object) -> str:
    """Write a number with commas: `1,234.5`; what is no number stays as it is."""
    text = _text(value)
    return f"{Decimal(text):,}" if _NUMBER.fullmatch(text) else text


# ---------------------------------------------------------------- digests


def digest(name: str, value: object) -> str:
    """Return a digest in hexadecimal digits."""
    return hashlib.new(name, _text(value).encode(), usedforsecurity=False).hexdigest()


def signed(name: str, value: object, key: object) -> str:
    """Return a signature (HMAC) in hexadecimal digits."""
    return hmac.new(_text(key).encode(), _text(value).encode(), name).hexdigest()


def signed_base64(name: str, value: object, key: object) -> str:
    """Return a signature (HMAC) in base64."""
    return b64encode(hmac.digest(_text(key).encode(), _text(value).encode(), name)).decode()


def _text(value: object) -> str:
    return "" if value is None else str(value)


# ---------------------------------------------------------------- addresses and data


@string_filter
def url_escape(value: str) -> str:
    """Write a text as an address: what no address may hold is escaped."""
    return quote(value, safe=_OUTSIDE_OF_ADDRESSES)


@string_filter
def url_param_escape(value: str) -> str:
    """Write a text as a part of an address: `&` and the like are escaped, too."""
    return quote(value, safe=_OUTSIDE_OF_PARAMETERS)


@liquid_filter
def property_accessor(value: object, key: object) -> object:
    """Return what an object holds under a key."""
    return value.get(str(key)) if isinstance(value, Mapping) else None


@liquid_filter
def as_json(value: object) -> str:
    """Write a value as JSON."""
    return json.dumps(None if is_undefined(value) else value, ensure_ascii=False, default=str)


@string_filter
def json_escape(value: str) -> str:
    """Write a text so that it can stand between the quotes of a JSON string."""
    return json.dumps(value, ensure_ascii=False)[1:-1]


@string_filter
def json_parse(value: str) -> object:
    """Read a value from JSON."""
    try:
        return json.loads(value)
    except ValueError as error:
        raise FilterArgumentError(f"this is no JSON: {error}", token=None) from error


FILTERS: Mapping[str, Callable[..., object]] = {
    "raw": safe,
    "date": date,
    "time_zone": time_zone,
    "money": money,
    "number_with_delimiter": number_with_delimiter,
    "md5": partial(digest, "md5"),
    "sha1": partial(digest, "sha1"),
    "sha2": partial(digest, "sha256"),
    "sha256": partial(digest, "sha256"),
    "base64": base64_encode,
    "hmac_sha1": partial(signed, "sha1"),
    "hmac_sha1_hex": partial(signed, "sha1"),
    "hmac_sha1_base64": partial(signed_base64, "sha1"),
    "hmac_sha256": partial(signed, "sha256"),
    "hmac_sha256_hex": partial(signed, "sha256"),
    "hmac_sha256_base64": partial(signed_base64, "sha256"),
    "hmac_sha512": partial(signed, "sha512"),
    "url_escape": url_escape,
    "url_param_escape": url_param_escape,
    "property_accessor": property_accessor,
    "json": as_json,
    "as_json_string": as_json,
    "json_escape": json_escape,
    "json_parse": json_parse,
}
"""By name, to be added to those of Liquid itself."""
