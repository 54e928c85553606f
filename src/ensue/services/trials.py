"""A message that tries a channel: what it says, and to whom it goes.

One rule: it needs no campaign; whoever set a channel up sees at once whether it works.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import assert_never

from ensue.core.contents import Channels, Email, InAppMessage, Push, Webhook
from ensue.core.records import Campaign
from ensue.core.state import UserState
from ensue.core.words import ChannelName
from ensue.errors import rejected

TITLE = "A test from Ensue"
BODY = "This channel works. Nothing of this message is counted."
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def trial_campaign(channel: ChannelName, to: str) -> Campaign:
    """Return what a test says; a webhook goes to the address `to`."""
    return Campaign(id="channel-test", name=TITLE, channels=_content(channel, to), send_to="all")


def trial_user(channel: ChannelName, to: str, load: Callable[[str], UserState]) -> UserState:
    """Return to whom a test goes: an address is enough for e-mails and webhooks, the others need a user."""
    if channel == "webhook":
        if not to.startswith(("http://", "https://")):
            raise rejected("address", "to", "a webhook needs an address", "Write it as in https://shop.example/hook.")
        return UserState(user="channel-test", first_seen_at=EPOCH)
    if channel == "email" and "@" in to:
        return UserState(user="channel-test", first_seen_at=EPOCH, attributes={"email": to})
    if not to:
        raise rejected("missing", "to", "is empty", "Say to whom the test goes.")
    return load(to)


def _content(channel: ChannelName, to: str) -> Channels:
    match channel:
        case "email":
            return Channels(email=Email(subject=TITLE, html=f"<h1>{TITLE}</h1><p>{BODY}</p>"))
        case "push":
            return Channels(push=Push(title=TITLE, body=BODY))
        case "in_app_message":
            return Channels(in_app_message=InAppMessage(heading=TITLE, body=BODY))
        case "webhook":
            return Channels(webhook=Webhook(url=to, body=f'{{"test": true, "title": "{TITLE}"}}'))
        case _:
            assert_never(channel)
