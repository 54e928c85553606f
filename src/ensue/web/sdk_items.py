"""The events of `POST /sdk/v1/batch`: what each kind holds, and the events of the core that it stands for.

One rule: an event is taken whole or not at all; what its fields may be is said once, by `track_items`.
Not here: the request as a whole (`sdk`), and to whom interactions belong (`services.tracking`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeVar, assert_never

import msgspec
from msgspec import Meta

from ensue.channels.webpush import subscription_token
from ensue.codec.build import read
from ensue.codec.findings import Findings
from ensue.core.events import (
    CustomEventLogged,
    Event,
    Json,
    PushRegistered,
    PushUnregistered,
    SessionStarted,
    SubscriptionChanged,
)
from ensue.core.words import SubscribedChannel, Subscription
from ensue.errors import Problem, Rejected, rejected
from ensue.services.tracking import Reported
from ensue.web.bodies import check_length
from ensue.web.track_items import LONGEST_NAME, Arrival, attributes_of, event_of, purchase_of

E = TypeVar("E", bound=Event)

LONGEST_TOKEN = 4096
"""Letters of a device's token."""


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all events have: the client's id, under which it counts once, and its time by the client's clock."""

    id: str
    at: datetime


class CustomEvent(Item, frozen=True, kw_only=True):
    """A custom event."""

    type: Literal["custom_event"]
    name: str
    properties: dict[str, Json] = {}


class Purchase(Item, frozen=True, kw_only=True):
    """A purchase; `price` is per piece."""

    type: Literal["purchase"]
    product: str
    price: float
    currency: str = "USD"
    quantity: Annotated[int, Meta(ge=1, le=100)] = 1
    properties: dict[str, Json] = {}


class SessionStart(Item, frozen=True, kw_only=True):
    """A session began."""

    type: Literal["session_start"]


class SessionEnd(Item, frozen=True, kw_only=True):
    """A session ended after so many seconds."""

    type: Literal["session_end"]
    seconds: Annotated[float, Meta(ge=0)]


class Attributes(Item, frozen=True, kw_only=True):
    """Attributes were set; `null` removes one."""

    type: Literal["attributes"]
    attributes: dict[str, Json]


class SubscriptionSet(Item, frozen=True, kw_only=True):
    """A subscription state was set."""

    type: Literal["subscription"]
    channel: SubscribedChannel
    to: Subscription


class PushRegister(Item, frozen=True, kw_only=True):
    """A browser (`subscription`) or a mobile app (`platform`, `token`) can be reached by push."""

    type: Literal["push_register"]
    subscription: dict[str, Json] | None = None
    platform: Literal["android", "ios"] | None = None
    token: str | None = None


class PushUnregister(Item, frozen=True, kw_only=True):
    """A browser (`endpoint`) or a mobile app (`token`) can no longer be reached by push."""

    type: Literal["push_unregister"]
    endpoint: str | None = None
    token: str | None = None


class MessageInteraction(Item, frozen=True, kw_only=True):
    """An interaction with a message; `button` is what was clicked or tapped in it."""

    type: Literal["view_in_app_message", "click_in_app_message", "dismiss_in_app_message", "directly_open_push"]
    message: str
    button: str | None = None


class CardInteraction(Item, frozen=True, kw_only=True):
    """An interaction with a card."""

    type: Literal["view_card", "click_card", "dismiss_card"]
    card: str


AnyItem = (
    CustomEvent
    | Purchase
    | SessionStart
    | SessionEnd
    | Attributes
    | SubscriptionSet
    | PushRegister
    | PushUnregister
    | MessageInteraction
    | CardInteraction
)


class Endpoint(msgspec.Struct, frozen=True):
    """What of a browser's token says which browser it is."""

    endpoint: str


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Whose events they are, when they arrived, and by how much the client's clock is behind ours."""

    user: str
    now: datetime
    lag: timedelta = timedelta()


def item_of(data: object) -> AnyItem:
    """Return the event that data stands for, or refuse it."""
    findings = Findings()
    item = read(AnyItem, data, findings)
    findings.raise_if_any()
    if not isinstance(item, Item):
        raise TypeError(item)
    check_length(item.id, "id", LONGEST_NAME)
    return item  # type: ignore[return-value]  # read as one of them


def events_of(item: AnyItem, sender: Sender, devices: Mapping[str, str]) -> list[Event] | Reported:
    """Return what an item stands for: events, or an interaction that is still to be attributed.

    `devices` are those of the user, by token.
    """
    at = _corrected(item.at, sender)

    def made(kind: Callable[..., E], more: str = "", **fields: object) -> E:
        return kind(id=item.id + more, user=sender.user, at=at, received_at=sender.now, **fields)

    match item:
        case CustomEvent() | Purchase() | Attributes():
            return _tracked(item, at, sender)
        case SessionStart():
            return [made(SessionStarted)]
        case SessionEnd():
            return [made(CustomEventLogged, name="session_end", properties={"seconds": item.seconds})]
        case SubscriptionSet():
            return [made(SubscriptionChanged, channel=item.channel, to=item.to)]
        case PushRegister():
            platform, token = _device(item)
            return [
                *(made(PushUnregistered, f":old:{n}", token=old) for n, old in enumerate(_replaced(token, devices))),
                made(PushRegistered, platform=platform, token=token),
            ]
        case PushUnregister():
            return [made(PushUnregistered, token=_unregistered(item, devices))]
        case MessageInteraction():
            check_length(item.button, "button", LONGEST_NAME)
            return Reported(
                user=sender.user, interaction=item.type, message=item.message, id=item.id, at=at, button=item.button
            )
        case CardInteraction():
            return Reported(user=sender.user, interaction=item.type, card=item.card, id=item.id, at=at)
        case _:
            assert_never(item)


# ---------------------------------------------------------------- each kind


def _corrected(at: datetime, sender: Sender) -> datetime:
    """Return a time of the client's clock by ours."""
    try:
        return at + sender.lag
    except OverflowError:
        raise rejected("wrong_format", "at", "lies outside the calendar", "Set the clock of the device.") from None


def _tracked(item: CustomEvent | Purchase | Attributes, at: datetime, sender: Sender) -> list[Event]:
    """Return the events of what `/users/track` takes too; a problem is told with the name that a field has here."""
    arrival = Arrival(item.id, sender.now)
    common: dict[str, object] = {"external_id": sender.user, "id": item.id, "time": at}
    try:
        match item:
            case CustomEvent():
                return event_of({**common, "name": item.name, "properties": item.properties}, arrival)
            case Purchase():
                return purchase_of({**common, **_purchase(item)}, arrival)
            case Attributes():
                found = attributes_of({**item.attributes, "external_id": sender.user}, arrival)
                return [msgspec.structs.replace(event, at=at) for event in found]
            case _:
                assert_never(item)
    except Rejected as error:
        raise Rejected(_renamed(item, problem) for problem in error.problems) from error


def _purchase(item: Purchase) -> dict[str, object]:
    return {
        "product_id": item.product,
        "price": item.price,
        "currency": item.currency,
        "quantity": item.quantity,
        "properties": item.properties,
    }


def _renamed(item: CustomEvent | Purchase | Attributes, problem: Problem) -> Problem:
    path = problem.path
    if isinstance(item, Attributes):
        path = f"attributes.{path}" if path else "attributes"
    elif path == "product_id":
        path = "product"
    return msgspec.structs.replace(problem, path=path)


def _device(item: PushRegister) -> tuple[str, str]:
    """Return platform and token of the device that is registered."""
    is_browser, is_app = item.subscription is not None, item.platform is not None and item.token is not None
    if is_browser == is_app or (is_browser and (item.platform or item.token)):
        hint = "Give subscription, or else platform and token."
        raise rejected("ambiguous", "", "names no device, or more than one", hint)
    try:
        text = msgspec.json.encode(item.subscription).decode()
        token = subscription_token(text) if is_browser else str(item.token)
    except ValueError as error:
        hint = "Send what subscription.toJSON() gives in the browser."
        raise rejected("subscription", "subscription", f"is no push subscription: {error}", hint) from error
    check_length(token, "subscription" if is_browser else "token", LONGEST_TOKEN)
    if is_browser and not _endpoint(token).startswith("https://"):
        hint = "Send what subscription.toJSON() gives in the browser."
        raise rejected("subscription", "subscription.endpoint", "is no https address", hint)
    return item.platform or "web", token


def _replaced(token: str, devices: Mapping[str, str]) -> list[str]:
    """Return the tokens of the same browser with other keys: the push service knows only the newest."""
    endpoint = _endpoint(token)
    return [old for old in devices if endpoint and old != token and _endpoint(old) == endpoint]


def _unregistered(item: PushUnregister, devices: Mapping[str, str]) -> str:
    if (item.endpoint is None) == (item.token is None):
        raise rejected("ambiguous", "", "names no device, or more than one", "Give endpoint, or else token.")
    if item.endpoint is None:
        return str(item.token)
    return next((token for token in devices if _endpoint(token) == item.endpoint), item.endpoint)


def _endpoint(token: str) -> str:
    """Return the endpoint of a browser's token, nothing for a mobile app's."""
    try:
        return msgspec.json.decode(token, type=Endpoint).endpoint
    except msgspec.MsgspecError:
        return ""
