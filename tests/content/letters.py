"""An invented campaign, message and user, and how a rendered e-mail is read back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import msgspec

from ensue.content.context import Context, context_of
from ensue.content.email import EmailSettings, render_email
from ensue.content.links import Mark, Tracker
from ensue.core.contents import Channels, Email
from ensue.core.effects import Message
from ensue.core.events import Json
from ensue.core.records import Campaign
from ensue.core.state import UserState
from ensue.parcels import Email as Rendered

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TRACKER = Tracker("a secret of this test", "https://news.example.com/")
SETTINGS = EmailSettings(sender="Ensue <news@example.com>")
MESSAGE = Message(
    id="e1.email",
    entry="e1",
    user="ana",
    campaign="hello",
    version=1,
    variation="A",
    channel="email",
    created_at=AT,
    properties={"original": {"name": "Newsletter"}, "Item Price": 12.5, "tags": ["a", "b"]},
)
MARK = Mark("ana", "hello", "e1.email", "e1", "A")
ATTRIBUTES: dict[str, Json] = {
    "first_name": "Ana",
    "email": "ana@example.com",
    "country": "SE",
    "plan": "pro",
    "Favorite Color": "red",
    "evil": '<script>"&',
}
STATE = UserState(user="ana", first_seen_at=AT, attributes=ATTRIBUTES, devices={"t1": "web"})


def campaign(**channels: object) -> Campaign:
    return Campaign(id="hello", name="Hello there", channels=msgspec.convert(channels, Channels))


def context(attributes: Mapping[str, Json] | None = None) -> Context:
    state = msgspec.structs.replace(STATE, attributes={**ATTRIBUTES, **(attributes or {})})
    return context_of(campaign(), MESSAGE, state)


def rendered(
    given: Mapping[str, object] | None = None,
    *,
    settings: EmailSettings = SETTINGS,
    attributes: Mapping[str, Json] | None = None,
    **fields: object,
) -> Rendered:
    """Render an e-mail with these fields (subject and html have defaults)."""
    content = msgspec.convert({"subject": "Hello", "html": "<p>Hello</p>", **(given or {}), **fields}, Email)
    return render_email(content, context(attributes), TRACKER, settings)


def parsed(email: Rendered) -> EmailMessage:
    """Read it as a mail reader does; nothing about it may be faulty."""
    message = message_from_bytes(email.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    assert max(map(len, email.content.split(b"\r\n"))) <= 998  # RFC 5322, 2.1.1
    assert b"\n" not in email.content.replace(b"\r\n", b"")
    return message


def body(message: EmailMessage, kind: str = "html") -> str:
    part = message.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")
