"""The content of a campaign's message, channel by channel.

One rule: every text field may be a template.
Not here: rendering (`ensue.content`).
"""

from datetime import timedelta
from typing import Literal

import msgspec

from ensue.core.words import Percent, Record


class Email(Record, frozen=True, kw_only=True):
    """An e-mail; `html` or `mjml`, and `text` where the made one does not do."""

    subject: str = ""
    from_: str | None = msgspec.field(default=None, name="from")
    reply_to: str | None = None
    preheader: str | None = None
    html: str | None = None
    mjml: str | None = None
    text: str | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)


class PushAction(Record, frozen=True, kw_only=True):
    """One button of a push message."""

    id: str
    text: str
    link: str | None = None


class Push(Record, frozen=True, kw_only=True):
    """A push message; `time_to_live` is how long the push service keeps it."""

    title: str = ""
    body: str = ""
    image: str | None = None
    icon: str | None = None
    link: str | None = None
    actions: tuple[PushAction, ...] = ()
    data: dict[str, str] = msgspec.field(default_factory=dict)
    time_to_live: timedelta | None = None


class Button(Record, frozen=True, kw_only=True):
    """One button of an in-app message: it opens a link, closes, or logs an event."""

    id: str
    text: str
    link: str | None = None
    close: bool | None = None
    log_event: str | None = None


class InAppMessage(Record, frozen=True, kw_only=True):
    """A message inside the page or app; a higher `priority` is shown first."""

    layout: Literal["modal", "slideup", "fullscreen", "html"] = "modal"
    heading: str | None = None
    body: str | None = None
    image: str | None = None
    html: str | None = None
    link: str | None = None
    buttons: tuple[Button, ...] = ()
    dismiss_after: timedelta | None = None
    priority: int = 0


class Webhook(Record, frozen=True, kw_only=True):
    """A request to somebody's server."""

    url: str = ""
    method: Literal["POST", "PUT", "PATCH", "GET", "DELETE"] = "POST"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: str | None = None


class Channels(Record, frozen=True, kw_only=True):
    """The content per channel; one given makes a single-channel campaign."""

    email: Email | None = None
    push: Push | None = None
    in_app_message: InAppMessage | None = None
    webhook: Webhook | None = None


class Variation(Record, frozen=True, kw_only=True):
    """One version of a campaign's message with its share in percent (two decimals count)."""

    name: str
    share: Percent
    channels: Channels
