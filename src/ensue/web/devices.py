"""The devices of a user that push messages go to, over the API.

One rule: a device is known by its token: what FCM or Apple gave the app, or the browser's subscription as JSON text.
"""

from typing import Annotated, Literal, cast

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, RawBody
from msgspec import Meta

from ensue.channels.webpush import subscription_token
from ensue.codec.build import build
from ensue.errors import rejected
from ensue.web.bodies import JsonBody, check_length, decode
from ensue.web.site import Shared

LONGEST = 4096
"""Letters of a token."""
Platform = Literal["web", "android", "ios"]
Token = Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device, and the platform whose service reaches it."""

    platform: Platform
    token: Token


class DeviceToken(msgspec.Struct, frozen=True, kw_only=True):
    """Which device."""

    token: Token


class DeviceList(msgspec.Struct, frozen=True, kw_only=True):
    """The devices of a user, in the order in which they came."""

    devices: list[Device]


@get("/users/{user:str}/devices", scope="users:read", sync_to_thread=True, operation_id="list_devices")
def list_devices(site: Shared, user: FromPath[str]) -> DeviceList:
    """List the devices of a user that push messages go to."""
    return _devices(site, user)


@post(
    "/users/{user:str}/devices",
    scope="users:write",
    accepts="Device",
    sync_to_thread=True,
    operation_id="register_device",
)
def register_device(site: Shared, user: FromPath[str], document: JsonBody) -> DeviceList:
    """Add a device; the token of a browser is its push subscription as JSON text."""
    device = build(Device, document)
    site.people.register(user, device.platform, _token(device))
    return _devices(site, user)


@delete(
    "/users/{user:str}/devices",
    scope="users:write",
    accepts="DeviceToken",
    sync_to_thread=True,
    operation_id="unregister_device",
)
def unregister_device(site: Shared, user: FromPath[str], body: RawBody, token: FromQuery[str | None] = None) -> None:
    """Take a device away, which the body names, or `token` in the address; one that is not there changes nothing."""
    named = token or build(DeviceToken, decode(body)).token
    site.people.unregister(user, named)


HANDLERS: list[HTTPRouteHandler] = [list_devices, register_device, unregister_device]


def _devices(site: Shared, user: str) -> DeviceList:
    devices = site.people.load(user).devices
    return DeviceList(
        devices=[
            Device(platform=cast("Platform", platform), token=token)  # an event has put it there
            for token, platform in devices.items()
        ]
    )


def _token(device: Device) -> str:
    check_length(device.token, "token", LONGEST)
    if device.platform != "web":
        return device.token
    try:
        return subscription_token(device.token)
    except ValueError as error:
        hint = "Send what JSON.stringify(subscription) gives in the browser."
        raise rejected("subscription", "token", f"is no push subscription: {error}", hint) from error
