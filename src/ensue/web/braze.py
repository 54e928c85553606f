"""`POST /users/track` in the shape that Braze's users know.

One rule: objects that are right are taken, in order, in one transaction (T5); wrong ones are reported by place.
Not here: what an object may hold (`track_items`).
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.params import HeaderParameter
from msgspec import Meta

from ensue.codec.findings import listed, nearest
from ensue.core.events import Event, Json
from ensue.errors import Problem, Rejected, rejected
from ensue.web.bodies import JsonBody
from ensue.web.problems import MEDIA_TYPE, AnyRequest, Details, told, with_remedies
from ensue.web.site import Shared, Site
from ensue.web.track_items import Arrival, EventItem, PurchaseItem, attributes_of, event_of, purchase_of

MOST = 75
"""Objects of one kind in one request."""
LONGEST_KEY = 255
ARRAYS: dict[str, Callable[[object, Arrival], list[Event]]] = {
    "attributes": attributes_of,
    "events": event_of,
    "purchases": purchase_of,
}
"""The arrays of a request, in the order in which they are taken."""


class TrackRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a request holds, for the documentation."""

    attributes: Annotated[list[dict[str, Json]], Meta(max_length=MOST)] = []
    events: Annotated[list[EventItem], Meta(max_length=MOST)] = []
    purchases: Annotated[list[PurchaseItem], Meta(max_length=MOST)] = []


class ItemError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An object that was not taken: what is wrong (`type`), in which array, at which place counted from 0."""

    type: str
    input_array: str
    index: int
    hint: str = ""


class Tracked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was taken, durably."""

    message: str
    attributes_processed: int
    events_processed: int
    purchases_processed: int
    errors: tuple[ItemError, ...] = ()


class TrackDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details which say in `message` and `errors` what Braze's clients look for."""

    message: str
    errors: tuple[ItemError, ...] = ()


def refused(_: AnyRequest, error: Rejected) -> Response[Tracked | TrackDetails]:
    """Answer to a request of which nothing was taken."""
    return _nothing_taken(list(error.problems), [])


@post(
    "/users/track",
    scope="track",
    accepts="TrackRequest",
    sync_to_thread=True,
    operation_id="track",
    exception_handlers={Rejected: refused},
)
def track(
    site: Shared,
    document: JsonBody,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            min_length=1,
            max_length=LONGEST_KEY,
            description="1 to 255 characters that belong to this request: sent again, it changes nothing.",
        ),
    ] = None,
) -> Response[Tracked | TrackDetails]:
    """Take attributes, events and purchases: at most 75 of each, in this order, each array as listed.

    Objects that are wrong are reported in `errors`; the others are taken, durably. Times need an offset; without a
    time it is now. An event's or purchase's own `id` makes sure that it is counted once.
    """
    arrays = _arrays(document)
    events: list[Event] = []
    counts = dict.fromkeys(ARRAYS, 0)
    errors: list[ItemError] = []
    problems: list[Problem] = []
    arrivals = _arrivals(site, idempotency_key)
    for name, items in arrays.items():
        for index, item in enumerate(items):
            try:
                events += ARRAYS[name](item, arrivals(name, index))
                counts[name] += 1
            except Rejected as error:
                problems.append(_placed(error.problems[0], name, index))
                errors.append(_item_error(error.problems[0], name, index))
    if not events:
        return _nothing_taken(problems, errors)
    site.tracking.submit(events)
    taken = {f"{name}_processed": count for name, count in counts.items()}
    return Response(Tracked(message="success", errors=tuple(errors), **taken))


def _arrivals(site: Site, key: str | None) -> Callable[[str, int], Arrival]:
    """Return what makes ids: from the key of the request, so that a repetition has the same ones, or new ones."""
    now = site.clock.now()
    return lambda name, index: Arrival(f"track:{key}:{name}:{index}" if key else site.new_id(), now)


def _arrays(document: object) -> dict[str, list[object]]:
    """Return the arrays of a request that is right in itself."""
    if not isinstance(document, dict):
        raise rejected("wrong_type", "", "the body is no JSON object", 'Send {"attributes": [], "events": []}.')
    problems = [_unknown(str(key)) for key in document if key not in ARRAYS]
    for name in ARRAYS:
        problems += _array_problems(name, document.get(name, []))
    if problems:
        raise Rejected(problems)
    arrays = {name: document.get(name, []) for name in ARRAYS}
    if not any(arrays.values()):
        raise rejected("empty", "", "holds nothing to track", f"Send at least one of {', '.join(ARRAYS)}.")
    return arrays


def _array_problems(name: str, items: object) -> list[Problem]:
    if not isinstance(items, list):
        return [Problem(code="wrong_type", path=name, message="is no list", hint="Write it as a list: [ … ].")]
    if len(items) <= MOST:
        return []
    message = f"has {len(items)} objects, at most {MOST} are allowed; nothing was taken"
    return [Problem(code="too_many", path=name, message=message, hint="Send them in several requests.")]


def _unknown(key: str) -> Problem:
    meant = nearest(key, ARRAYS)
    guess = f"; did you mean '{meant}'?" if meant else ""
    hint = f"Known keys: {listed(key, ARRAYS)}."
    return Problem(code="unknown_key", path=key, message=f"unknown key '{key[:80]}'{guess}", hint=hint)


def _placed(problem: Problem, name: str, index: int) -> Problem:
    join = "." if problem.path else ""
    return msgspec.structs.replace(problem, path=f"{name}[{index}]{join}{problem.path}")


def _item_error(problem: Problem, name: str, index: int) -> ItemError:
    words = f"{problem.path}: {problem.message}" if problem.path else problem.message
    return ItemError(type=words, input_array=name, index=index, hint=problem.hint)


def _nothing_taken(problems: list[Problem], errors: list[ItemError]) -> Response[Tracked | TrackDetails]:
    status = HTTPStatus.BAD_REQUEST
    found = with_remedies(problems)
    detail = told(found)
    details = TrackDetails(
        title=status.phrase,
        status=status,
        detail=detail,
        message=detail,
        problems=found,
        errors=tuple(errors),
    )
    return Response(details, status_code=status, media_type=MEDIA_TYPE)
