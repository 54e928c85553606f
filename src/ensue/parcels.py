"""Rendered messages on their way to a channel, and what the channel answered.

One rule: a parcel is the same at every attempt (O5).
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from ensue.core.words import ChannelName


class Email(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered e-mail: the whole message with its headers, and the envelope."""

    sender: str
    recipient: str
    content: bytes


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered push message and the devices (token → platform) that it goes to."""

    devices: Mapping[str, str]
    payload: Mapping[str, object]
    time_to_live: int


class InApp(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered in-app message, which lies ready for the user's page or app."""

    user: str
    payload: Mapping[str, object]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered webhook."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: str | None


Rendered = Email | Push | InApp | Request


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered message on its way; `id` is the same at every attempt (O5)."""

    id: str
    channel: ChannelName
    content: Rendered


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel answered: `passing` is worth another try, `permanent` is not; `detail` is in its words.

    `gone` holds the tokens of devices that their service does not know any more, whatever the others answered.
    """

    result: Literal["accepted", "passing", "permanent"]
    detail: str = ""
    gone: tuple[str, ...] = ()
