"""A message and its user, to what its channel hands over.

One rule: pure, but for what `fetch` brings; what the preview shows is what is sent.
Not here: checking a campaign before its launch (`check`).
"""

from typing import assert_never

from ensue.content.context import Context, context_of, with_names
from ensue.content.email import EmailSettings, render_email
from ensue.content.fetching import Fetch, silent
from ensue.content.in_app import render_in_app
from ensue.content.links import Tracker
from ensue.content.liquid import TemplateFault
from ensue.content.push import render_push
from ensue.content.secrets import HIDDEN, Secrets
from ensue.content.webhook import render_webhook
from ensue.core.contents import Channels, Email, InAppMessage, Push, Webhook
from ensue.core.effects import Message
from ensue.core.records import Campaign
from ensue.core.state import UserState
from ensue.core.words import ChannelName
from ensue.parcels import Parcel, Rendered

Content = Email | Push | InAppMessage | Webhook
SINGLE = "A"
"""The name of the one variation of a campaign that has `channels`."""


def render(
    campaign: Campaign,
    message: Message,
    state: UserState,
    *,
    tracker: Tracker,
    settings: EmailSettings,
    secrets: Secrets = HIDDEN,
    fetch: Fetch = silent,
) -> Parcel:
    """Render a message for its channel; without `secrets` their names stand in their places.

    Templates ask other servers by `fetch`, or nobody.

    Raises `Aborted` where the template asks for no message, and `TemplateFault` where it cannot be rendered, also where
    the campaign has no such variation or channel (any more); `Unavailable` where a server must be asked again later.
    """
    content = find_content(campaign, message.variation, message.channel)
    if content is None:
        raise TemplateFault(f"variation {message.variation} has no content", field=message.channel)
    context = context_of(campaign, message, state, fetch)
    rendered = render_content(content, context, tracker=tracker, settings=settings, secrets=secrets)
    return Parcel(id=message.id, channel=message.channel, content=rendered)


def find_content(campaign: Campaign, variation: str, channel: ChannelName) -> Content | None:
    """Return what a variation sends by a channel."""
    channels = dict(variations(campaign)).get(variation)
    content: Content | None = getattr(channels, channel) if channels is not None else None
    return content


def variations(campaign: Campaign) -> list[tuple[str, Channels]]:
    """Return the name and content of each variation, in order."""
    named = [(variation.name, variation.channels) for variation in campaign.variations]
    return named or ([(SINGLE, campaign.channels)] if campaign.channels is not None else [])


def render_content(
    content: Content,
    context: Context,
    *,
    tracker: Tracker,
    settings: EmailSettings,
    secrets: Secrets = HIDDEN,
) -> Rendered:
    """Render what goes to one channel."""
    match content:
        case Email():
            return render_email(content, context, tracker, settings)
        case Push():
            return render_push(content, context, tracker)
        case InAppMessage():
            return render_in_app(content, context)
        case Webhook():
            return render_webhook(content, with_names(context, secret=secrets))
        case _:
            assert_never(content)
