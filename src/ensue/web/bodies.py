"""Bodies of requests: JSON in, plain data out, for `codec.build` to read.

One rule: what cannot be read is refused with its place; nothing has been done by then.
"""

import re
from http import HTTPStatus
from typing import TypeVar, cast

import msgspec
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from ensue.codec.build import build
from ensue.errors import Problem, Rejected, rejected
from ensue.web.problems import AnyRequest, Refused

T = TypeVar("T")
JSON_TYPE = "application/json"
JsonBody = NamedDependency[SkipValidation[object]]
"""The body as plain data, as an argument of a handler; it must be called `document`."""
_BYTE = re.compile(r"(.*) \(byte (\d+)\)$")


async def read_json(request: AnyRequest) -> object:
    """Return the body as plain data; raise `Rejected` with line and column of what is no JSON."""
    return await _read(request, (JSON_TYPE,))


async def read_simple(request: AnyRequest) -> object:
    """Return the body as plain data; JSON may call itself plain text, which pages may send without asking before."""
    return await _read(request, (JSON_TYPE, "text/plain"))


async def _read(request: AnyRequest, kinds: tuple[str, ...]) -> object:
    found = request.headers.get("content-type", "")
    if found.partition(";")[0].strip().lower() not in kinds:
        message = f"the body must be JSON, found {found[:80] or 'no type'}"
        hint = f"Send the header Content-Type: {JSON_TYPE}."
        problem = Problem(code="content_type", path="Content-Type", message=message, hint=hint)
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, problem)
    return decode(await request.body())


def decode(body: bytes) -> object:
    """Return what JSON stands for, as plain data."""
    try:
        return cast("object", msgspec.json.decode(body))
    except RecursionError:
        raise rejected("json", "", "the body is nested too deeply", "Flatten it.") from None
    except msgspec.DecodeError as error:
        raise Rejected([_malformed(body, str(error))]) from error
    except UnicodeDecodeError:
        raise rejected("json", "", "the body is not UTF-8", "Send it as UTF-8, as JSON is.") from None


def definition(kind: type[T], document: object, name: str) -> T:
    """Return the definition of the id that the address names; the body may leave it out, but not name another."""
    if not isinstance(document, dict):
        return build(kind, document)
    if document.get("id", name) != name:
        hint = "Leave the id out of the body, or duplicate what is there."
        raise rejected("id_differs", "id", f"the address says '{name}'", hint)
    return build(kind, {**document, "id": name})


def check_length(text: str | None, path: str, most: int) -> None:
    """Refuse a text that is empty or too long; `None` is neither."""
    if text is not None and not 1 <= len(text) <= most:
        raise rejected("length", path, f"must be 1 to {most} characters, has {len(text)}", "Change it.")


def _malformed(body: bytes, message: str) -> Problem:
    found = _BYTE.match(message)
    text, place = (found[1], int(found[2])) if found else (message, len(body))
    before = body[:place]
    return Problem(
        code="json",
        path="",
        message=f"the body is no JSON: {text.removeprefix('JSON is malformed: ')}",
        hint="Check brackets, commas and quotes.",
        line=before.count(b"\n") + 1,
        column=place - (before.rfind(b"\n") + 1) + 1,
    )
