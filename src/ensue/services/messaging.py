"""Previews and test sends: what a campaign or card would look like to one person, on the screen or in their hands.

One rule: nothing is recorded. No entry, receipt, cap or report knows of it, and what comes back from a test (an open, a
click) is answered politely and forgotten: the ids of such messages begin with `test-`, which no other id does.
A preview asks no other server; a test does where its templates say so, as it is really sent.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from ensue.content.check import somebody
from ensue.content.liquid import Aborted, TemplateFault
from ensue.content.render import variations
from ensue.content.shown import as_shown
from ensue.core.buckets import bucket, slice_of
from ensue.core.effects import Message
from ensue.core.events import Properties
from ensue.core.filters import in_audience, is_reachable
from ensue.core.plan import shares_of
from ensue.core.records import Campaign, CampaignState, Card, Version
from ensue.core.state import UserState
from ensue.core.words import CHANNELS, ChannelName
from ensue.errors import Problem, Unavailable, rejected
from ensue.parcels import Parcel
from ensue.ports import Clock, Runner, Transport
from ensue.services.feed import card_of

TEST = "test-"
"""How the id of every message begins that is a preview or a test."""
RenderMessage = Callable[[Campaign, Message, UserState], Parcel]
"""Renders a message as delivery does."""
Carriers = Callable[[], Mapping[str, Transport]]
"""Makes transports, by channel; whoever asks for them closes them."""


def is_test(message: str) -> bool:
    """Tell whether a message was a preview or a test: what comes of it is not recorded."""
    return message.startswith(TEST)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign as one user would get it, by channel.

    A channel holds its content, or `aborted` with the template's words, or `problem`. `in_control` says that this user
    would get nothing; shown is then the first variation. `unreachable` says by which channels it would not go, and why.
    """

    user: str
    variation: str
    in_control: bool
    unreachable: dict[ChannelName, str]
    channels: dict[ChannelName, dict[str, object]]


class CardPreview(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A card as one user would see it: one of `card`, `aborted` and `problem`."""

    user: str
    in_audience: bool
    card: dict[str, object] | None = None
    aborted: str | None = None
    problem: Problem | None = None


TrialResult = Literal["accepted", "passing", "permanent", "refused", "aborted", "template_error"]


class Trial(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one test message.

    `accepted`, `passing` and `permanent` are the service's answer, `detail` its words; otherwise it was not asked.
    """

    user: str
    channel: ChannelName
    variation: str
    message: str
    result: TrialResult
    detail: str = ""
    problem: Problem | None = None


class Messaging:
    """Renders campaigns and cards for one user, and hands test messages over."""

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        new_id: Callable[[], str],
        *,
        render: RenderMessage,
        carriers: Carriers,
        render_test: RenderMessage | None = None,
    ) -> None:
        """Render as delivery does; every call of `test` has transports of its own, from `carriers`.

        Test messages are rendered by `render_test`, if it is given: with secrets and with what other servers say, which
        what is shown does not have.
        """
        self._runner = runner
        self._clock = clock
        self._new_id = new_id
        self._render = render
        self._render_test = render_test or render
        self._carriers = carriers

    def preview(
        self, campaign: Campaign, user: UserState | None, variation: str | None, properties: Properties
    ) -> Preview:
        """Return what a user, or an invented one, would get by each channel of their, or the given, variation."""
        state = user or somebody()
        own = _own_variation(campaign, state.user) if user else _first_variation(campaign)
        name = _chosen(campaign, own, variation)
        messages = self._messages(campaign, state, name, properties)
        reasons = {message.channel: _unreachable(state, message.channel, campaign) for message in messages}
        return Preview(
            user=state.user,
            variation=name,
            in_control=own is None,
            unreachable={channel: reason for channel, reason in reasons.items() if reason},
            channels={message.channel: self._shown(campaign, message, state) for message in messages},
        )

    def preview_card(self, card: Card, user: UserState | None) -> CardPreview:
        """Return a card as a user, or an invented one, would see it, whether or not it is published."""
        state, now = user or somebody(), self._clock.now()
        preview = CardPreview(
            user=state.user, in_audience=in_audience(card.audience, state, now, self._runner.plan.segments)
        )
        try:
            return replace(preview, card=card_of(card, state, now, card.publish_at or now))
        except Aborted as aborted:
            return replace(preview, aborted=str(aborted))
        except TemplateFault as fault:
            return replace(preview, problem=_problem(fault, ""))

    def test(
        self,
        campaign: Campaign,
        users: Sequence[UserState],
        variation: str | None,
        channels: Sequence[ChannelName],
        properties: Properties,
    ) -> list[Trial]:
        """Hand a campaign over for these users now, by these channels, or by all it has where none is given."""
        chosen = [(state, _chosen(campaign, _own_variation(campaign, state.user), variation)) for state in users]
        for _, name in chosen:
            _refuse_missing(campaign, name, channels)
        transports = self._carriers()
        try:
            return [
                self._tried(campaign, message, state, transports)
                for state, name in chosen
                for message in self._messages(campaign, state, name, properties)
                if not channels or message.channel in channels
            ]
        finally:
            for transport in set(transports.values()):
                transport.close()

    def again(self, campaign: Campaign, message: Message, user: UserState) -> dict[str, object]:
        """Return a message that was sent as it looks with what is known of its user now; looking records nothing."""
        one = replace(message, id=TEST + message.id, entry=TEST + message.entry)
        return self._shown(campaign, one, user)

    def _messages(self, campaign: Campaign, state: UserState, variation: str, properties: Properties) -> list[Message]:
        """Return a message for each channel of a variation; they are known nowhere else."""
        entry = TEST + self._new_id()
        return [
            Message(
                id=f"{entry}.{channel}",
                entry=entry,
                user=state.user,
                campaign=campaign.id,
                version=0,
                variation=variation,
                channel=channel,
                created_at=self._clock.now(),
                properties=properties,
            )
            for channel in _channels(campaign, variation)
        ]

    def _shown(self, campaign: Campaign, message: Message, state: UserState) -> dict[str, object]:
        try:
            return as_shown(self._render(campaign, message, state).content)
        except Aborted as aborted:
            return {"aborted": str(aborted)}
        except TemplateFault as fault:
            return {"problem": _problem(fault, _path(campaign, message))}

    def _tried(
        self, campaign: Campaign, message: Message, state: UserState, transports: Mapping[str, Transport]
    ) -> Trial:
        if reason := _unreachable(state, message.channel, campaign):
            return _trial(message, "refused", reason)
        try:
            parcel = self._render_test(campaign, message, state)
        except Aborted as aborted:
            return _trial(message, "aborted", str(aborted))
        except Unavailable as fault:
            return _trial(message, "passing", str(fault))
        except TemplateFault as fault:
            problem = _problem(fault, _path(campaign, message))
            return replace(_trial(message, "template_error", str(problem)), problem=problem)
        transport = transports.get(message.channel)
        if transport is None:
            return _trial(message, "passing", "the channel is not set up")
        handed = transport.send(parcel)
        return _trial(message, handed.result, handed.detail)


def content_at(state: CampaignState, at: datetime) -> Version:
    """Return the version whose content a message of that instant has: the newest one by then (L5)."""
    saved = [version for version in state.versions if version.saved_at <= at]
    return saved[-1] if saved else state.versions[0]


# ---------------------------------------------------------------- variations and channels


def _own_variation(campaign: Campaign, user: str) -> str | None:
    """Return the variation that a user is in, `None` for the control group (V1)."""
    return slice_of(bucket(campaign.id, user), shares_of(campaign))


def _first_variation(campaign: Campaign) -> str:
    names = [name for name, _ in variations(campaign)]
    if not names:
        raise rejected("content", "channels", "the campaign has no content yet", "Give it channels or variations.")
    return names[0]


def _chosen(campaign: Campaign, own: str | None, asked: str | None) -> str:
    """Return the variation asked for, or else the user's own; for the control group it is the first."""
    first = _first_variation(campaign)
    if asked is None:
        return own or first
    names = dict(variations(campaign))
    if asked not in names:
        hint = f"It has {', '.join(names)}."
        raise rejected("no_such_variation", "variation", f"the campaign has no variation '{asked}'", hint)
    return asked


def _channels(campaign: Campaign, variation: str) -> list[ChannelName]:
    content = dict(variations(campaign))[variation]
    return [channel for channel in CHANNELS if getattr(content, channel) is not None]


def _refuse_missing(campaign: Campaign, variation: str, channels: Sequence[ChannelName]) -> None:
    has = _channels(campaign, variation)
    for place, channel in enumerate(channels):
        if channel not in has:
            message = f"the variation {variation} has no {channel}"
            raise rejected("no_such_channel", f"channels[{place}]", message, f"It has {', '.join(has) or 'none'}.")


def _unreachable(state: UserState, channel: ChannelName, campaign: Campaign) -> str:
    """Say why a user cannot be reached by a channel, or return an empty text (S6, F2)."""
    if is_reachable(state, channel, campaign.send_to):
        return ""
    if not is_reachable(state, channel, "all"):
        if channel == "push":
            return "the user has no device"
        return "the address has bounced" if state.attributes.get("email") else "the user has no e-mail address"
    subscription = state.subscriptions.get("push" if channel == "push" else "email", "subscribed")
    return f"the user is {subscription}, and the campaign goes to {campaign.send_to}"


# ---------------------------------------------------------------- answers


def _trial(message: Message, result: TrialResult, detail: str) -> Trial:
    return Trial(
        user=message.user,
        channel=message.channel,
        variation=message.variation,
        message=message.id,
        result=result,
        detail=detail,
    )


def _path(campaign: Campaign, message: Message) -> str:
    """Return where the content of a message stands in its campaign."""
    names = [name for name, _ in variations(campaign)]
    place = f"variations[{names.index(message.variation)}].channels" if campaign.variations else "channels"
    return f"{place}.{message.channel}"


def _problem(fault: TemplateFault, path: str) -> Problem:
    """Return a fault with its place in the field, counted from 1."""
    field = ".".join(part for part in (path, fault.field) if part)
    return Problem(
        code="template_error",
        path=field,
        message=fault.message,
        hint=fault.hint or "Mend the template at this place.",
        line=fault.line,
        column=fault.column,
    )
