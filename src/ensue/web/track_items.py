"""The objects of `POST /users/track`: each becomes events, or one refusal.

One rule: an object is taken whole or not at all, and a refusal names the field and the remedy.
Not here: the request as a whole (`braze`).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from ensue.channels.webpush import subscription_token
from ensue.codec.build import read
from ensue.codec.findings import Findings, shown
from ensue.content.addresses import is_address
from ensue.core.events import (
    AttributesChanged,
    CustomEventLogged,
    Event,
    Json,
    Properties,
    Purchased,
    PushRegistered,
    SubscriptionChanged,
)
from ensue.core.timing import zone_of
from ensue.core.words import SubscribedChannel, Subscription
from ensue.errors import Problem

LONGEST_USER = 512
LONGEST_NAME = 255
LARGEST = 50_000
"""Bytes of an event's properties, or of an object of attributes, as JSON."""
ONLY_EXTERNAL_ID = "People are known by external_id; user_alias, braze_id, email and phone cannot stand for it."
OPERATIONS = frozenset({"add", "remove", "inc", "update", "$add", "$remove", "$update"})
"""Keys of Braze's forms that change a value instead of setting it."""
NOT_ATTRIBUTES = frozenset({"user_alias", "braze_id", "subscription_groups", "push_token_import"})
SUBSCRIPTIONS: dict[str, SubscribedChannel] = {"email_subscribe": "email", "push_subscribe": "push"}

T = TypeVar("T", bound=msgspec.Struct)


class Arrival(msgspec.Struct, frozen=True):
    """The id that an object's events have, if it brings none, and when it arrived."""

    event_id: str
    at: datetime


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device that can be reached by push."""

    token: str
    platform: Literal["web", "android", "ios"]
    app_id: Json = None
    device_id: Json = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What events and purchases share. Braze's other names for a person and an app are let pass and not used."""

    external_id: str
    time: datetime | None = None
    properties: dict[str, Json] = {}
    id: str | None = None
    app_id: Json = None
    user_alias: Json = None
    braze_id: Json = None
    email: Json = None
    phone: Json = None
    update_existing_only: Json = msgspec.field(default=None, name="_update_existing_only")


class EventItem(Item, frozen=True, kw_only=True):
    """A custom event."""

    name: str


class PurchaseItem(Item, frozen=True, kw_only=True):
    """A purchase; `price` is per piece."""

    product_id: str
    currency: str = "USD"
    price: float
    quantity: Annotated[int, Meta(ge=1, le=100)] = 1


def event_of(data: object, arrival: Arrival) -> list[Event]:
    """Return the custom event that an object stands for."""
    item = _item(EventItem, data)
    event = CustomEventLogged(
        id=item.id or arrival.event_id,
        user=item.external_id,
        at=item.time or arrival.at,
        received_at=arrival.at,
        name=item.name,
        properties=item.properties,
    )
    return [event]


def purchase_of(data: object, arrival: Arrival) -> list[Event]:
    """Return the purchase that an object stands for."""
    item = _item(PurchaseItem, data)
    event = Purchased(
        id=item.id or arrival.event_id,
        user=item.external_id,
        at=item.time or arrival.at,
        received_at=arrival.at,
        product=item.product_id,
        price=item.price,
        currency=item.currency.upper(),
        quantity=item.quantity,
        properties=item.properties,
    )
    return [event]


def attributes_of(data: object, arrival: Arrival) -> list[Event]:
    """Return the changes that an object of attributes stands for: attributes, then subscriptions, then devices."""
    findings = Findings()
    read(dict[str, Json], data, findings)
    findings.raise_if_any()
    attributes: Properties = dict(data) if isinstance(data, dict) else {}
    _check_user(attributes.get("external_id"), findings)
    _check_existing_only(attributes, findings)
    user = str(attributes.pop("external_id", ""))
    attributes.pop("_update_existing_only", None)
    attributes.pop("_merge_nested_custom_attributes", None)
    subscriptions = [(name, attributes.pop(name)) for name in SUBSCRIPTIONS if name in attributes]
    devices = attributes.pop("push_tokens", [])
    _check_attributes(attributes, findings)
    more: list[Event] = [
        *_subscribed(user, subscriptions, arrival, findings),
        *_devices(user, devices, arrival, findings),
    ]
    findings.raise_if_any()
    event_id, at = arrival.event_id, arrival.at
    changed = AttributesChanged(id=event_id, user=user, at=at, received_at=at, attributes=attributes)
    return [changed, *more]


# ---------------------------------------------------------------- events and purchases


def _item(kind: type[T], data: object) -> T:
    findings = Findings()
    if isinstance(data, dict):
        _check_user(data.get("external_id"), findings)
        _check_existing_only(data, findings)
        findings.raise_if_any()
    item = read(kind, data, findings)
    findings.raise_if_any()
    if not isinstance(item, kind):
        raise TypeError(item)
    for check in _CHECKS:
        check(msgspec.structs.asdict(item), findings)
    findings.raise_if_any()
    return item


def _check_names(item: Mapping[str, object], findings: Findings) -> None:
    for field in ("name", "product_id", "id"):
        text = item.get(field)
        if isinstance(text, str) and not 1 <= len(text) <= LONGEST_NAME:
            findings.add("length", (field,), f"must be 1 to {LONGEST_NAME} characters, has {len(text)}", "Change it.")


def _check_currency(item: Mapping[str, object], findings: Findings) -> None:
    currency = item.get("currency", "USD")
    if not (isinstance(currency, str) and len(currency) == len("USD") and currency.isascii() and currency.isalpha()):
        findings.add("currency", ("currency",), f"{shown(currency)} is no currency", "Write three letters, as in EUR.")


def _check_size(item: Mapping[str, object], findings: Findings) -> None:
    _check_bytes(item["properties"], ("properties",), findings)


_CHECKS: tuple[Callable[[Mapping[str, object], Findings], None], ...] = (_check_names, _check_currency, _check_size)


# ---------------------------------------------------------------- attributes


def _check_attributes(attributes: Mapping[str, Json], findings: Findings) -> None:
    _check_bytes(attributes, (), findings)
    for name, value in attributes.items():
        if name in NOT_ATTRIBUTES:
            findings.add("not_supported", (name,), "is not supported", "Leave it out.")
        elif not 1 <= len(name) <= LONGEST_NAME:
            findings.add("length", (name[:40],), f"a name has 1 to {LONGEST_NAME} characters", "Change it.")
        elif isinstance(value, dict) and value and OPERATIONS.issuperset(value):
            hint = "Send the whole new value instead."
            findings.add("not_supported", (name,), f"{', '.join(value)} is not supported", hint)
    email, zone = attributes.get("email"), attributes.get("time_zone")
    if email is not None and not (isinstance(email, str) and is_address(email)):
        findings.add("email", ("email",), f"{shown(email)} is no e-mail address", "Correct it, or send null for none.")
    if zone is not None and not (isinstance(zone, str) and zone_of(zone, "UTC").key == zone):
        hint = "Write it as in Europe/Stockholm, or send null for none."
        findings.add("time_zone", ("time_zone",), f"{shown(zone)} is no time zone", hint)


def _subscribed(
    user: str, given: list[tuple[str, Json]], arrival: Arrival, findings: Findings
) -> Iterator[SubscriptionChanged]:
    for name, value in given:
        state = _subscription(name, value, findings)
        if state is not None:
            yield SubscriptionChanged(
                id=f"{arrival.event_id}:{name}",
                user=user,
                at=arrival.at,
                received_at=arrival.at,
                channel=SUBSCRIPTIONS[name],
                to=state,
            )


def _subscription(name: str, value: Json, findings: Findings) -> Subscription | None:
    match value:
        case "opted_in" | "subscribed" | "unsubscribed":
            return value
        case _:
            hint = "One of: opted_in, subscribed, unsubscribed."
            findings.add("wrong_value", (name,), f"{shown(value)} is not allowed here", hint)
            return None


def _devices(user: str, given: Json, arrival: Arrival, findings: Findings) -> Iterator[PushRegistered]:
    inner = Findings()
    devices = read(tuple[Device, ...], given, inner)
    findings.problems += [_within("push_tokens", problem) for problem in inner.problems]
    if inner.problems or not isinstance(devices, tuple):
        return
    for place, device in enumerate(devices):
        token = _token(device, place, findings)
        yield PushRegistered(
            id=f"{arrival.event_id}:push_tokens:{place}",
            user=user,
            at=arrival.at,
            received_at=arrival.at,
            platform=device.platform,
            token=token,
        )


def _token(device: Device, place: int, findings: Findings) -> str:
    """Return the token of a device; a browser's subscription is the same token however it is written."""
    if device.platform != "web":
        return device.token
    try:
        return subscription_token(device.token)
    except ValueError as error:
        hint = "Send what JSON.stringify(subscription) gives in the browser."
        path = f"push_tokens[{place}].token"
        message = f"is no push subscription: {error}"
        findings.problems.append(Problem(code="subscription", path=path, message=message, hint=hint))
        return ""


def _within(name: str, problem: Problem) -> Problem:
    join = "." if problem.path and not problem.path.startswith("[") else ""
    return msgspec.structs.replace(problem, path=f"{name}{join}{problem.path}")


# ---------------------------------------------------------------- both


def _check_user(user: object, findings: Findings) -> None:
    if user is None:
        findings.add("missing_key", ("external_id",), "is missing", ONLY_EXTERNAL_ID)
    elif not isinstance(user, str):
        findings.add("wrong_type", ("external_id",), f"expected a text, found {shown(user)}", "Write it in quotes.")
    elif not 1 <= len(user) <= LONGEST_USER:
        message = f"must be 1 to {LONGEST_USER} characters, has {len(user)}"
        findings.add("length", ("external_id",), message, "Use a shorter id, and never an empty one.")


def _check_existing_only(data: Mapping[str, object], findings: Findings) -> None:
    for name in ("_update_existing_only", "_merge_nested_custom_attributes"):
        if data.get(name) not in (None, False):
            findings.add("not_supported", (name,), "is not supported", "Leave it out, or send false.")


def _check_bytes(data: object, path: tuple[str, ...], findings: Findings) -> None:
    size = len(msgspec.json.encode(data))
    if size > LARGEST:
        findings.add("too_large", path, f"has {size} bytes, at most {LARGEST} are allowed", "Send less.")
