"""`decide` alone, for one user: the test itself claims, accepts and fails the messages of the outbox.

One rule: what `decide` asks for is carried out as a runner would; nothing is decided here.
Not here: the short way to write a story, which is that of `play`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec.structs import replace

from ensue.codec.scenario import ScenarioUser
from ensue.core.decide import decide
from ensue.core.effects import Decision, Effects, HandOver, Keep, Message, Send, Withdraw
from ensue.core.events import Accepted, AttributesChanged, Claimed, Deferred, Event, Failed, PushRegistered, Woken
from ensue.core.plan import Plan, compile_plan
from ensue.core.records import Campaign, CampaignState, CardState, Spell, Status, Version
from ensue.core.state import Entry, Pending, UserState
from tests.rules.play import campaign_of, happening, instant, scenario_of, told


class Desk:
    """Ana before `decide`: everything was launched at the start, and what lies in the outbox waits for the test."""

    def __init__(self, text: str) -> None:
        scenario = scenario_of(text)
        self.start = scenario.start
        self._scenario = scenario
        self._campaigns = {one.id: self._launched(one) for one in scenario.campaigns}
        spells = (Spell(begun_at=self.start),)
        self._cards = [CardState(id=one.id, card=one, status="active", spells=spells) for one in scenario.cards]
        self.state: UserState | None = None
        self.outbox: dict[str, Message] = {}
        self.kept: dict[str, Decision] = {}
        for user in scenario.users:
            self._introduce(user)

    @property
    def plan(self) -> Plan:
        """Return the plan of everything as it is now."""
        one = self._scenario
        return compile_plan(one.workspace, self._campaigns.values(), self._cards, one.segments)

    # ------------------------------------------------------------ what happens

    def does(
        self, kind: Callable[..., Event], at: str, *, happened: str | None = None, **fields: object
    ) -> tuple[Effects, ...]:
        """Let `decide` take an event; carry out what it asks for, and return that."""
        return self._take(happening(kind, self.start, at, happened, **fields))

    def wake(self, at: str) -> tuple[Effects, ...]:
        """Let the clock reach that time."""
        return self.does(Woken, at, id="")

    def claim(self, at: str, channel: str | None = None) -> list[str]:
        """Let delivery claim what lies in the outbox; return the channels of the messages it may hand over."""
        effects = self._answers(Claimed, at, channel)
        granted = [effect.message for effect in effects if isinstance(effect, HandOver)]
        return [name.rsplit(".", 1)[1] for name in granted]

    def accept(self, at: str, channel: str | None = None) -> list[Effects]:
        """Let the channel accept its messages; return what is to be done."""
        return self._answers(Accepted, at, channel)

    def defer(self, at: str, channel: str | None = None) -> None:
        """Let a passing fault put messages back into the outbox."""
        self._answers(Deferred, at, channel)

    def fail(self, at: str, reason: str = "delivery_failed", detail: str = "", channel: str | None = None) -> None:
        """Let messages fail for good."""
        self._answers(Failed, at, channel, reason=reason, detail=detail)

    def stop(self, campaign: str, at: str) -> None:
        """Stop a campaign; who waits for it is woken by the test."""
        self._live_on(campaign, "stopped", lambda spells: (*spells[:-1], replace(spells[-1], ended_at=self.at(at))))

    def resume(self, campaign: str, at: str) -> None:
        """Resume a campaign."""
        self._live_on(campaign, "active", lambda spells: (*spells, Spell(begun_at=self.at(at))))

    def save(self, text: str, at: str) -> None:
        """Save a new version of a campaign."""
        campaign = campaign_of(text)
        before = self._campaigns[campaign.id]
        version = Version(number=len(before.versions) + 1, saved_at=self.at(at), campaign=campaign)
        self._campaigns[campaign.id] = replace(before, versions=(*before.versions, version))

    # ------------------------------------------------------------ what came of it

    def at(self, offset: str) -> datetime:
        """Return the instant of an offset."""
        return instant(offset, self.start)

    def outcomes(self, campaign: str) -> list[str]:
        """Return what came of the entries so far, as texts (see `told`)."""
        return [told(one, self.start) for one in self._of(campaign) if one.outcome != "refused"]

    def refusals(self, campaign: str) -> list[str]:
        """Return the reasons of refused triggers so far."""
        return [str(one.reason) for one in self._of(campaign) if one.outcome == "refused"]

    def only(self, campaign: str) -> Decision:
        """Return the one entry there is, as it stands."""
        (decision,) = (one for one in self._of(campaign) if one.outcome != "refused")
        return decision

    def lying(self) -> list[str]:
        """Return what lies in the outbox, as `campaign channel`."""
        return [f"{message.campaign} {message.channel}" for message in self.outbox.values()]

    def places(self) -> list[str]:
        """Return the channels of the messages that hold places in the frequency caps."""
        assert self.state is not None
        return [sent.channel for sent in self.state.sends]

    # ------------------------------------------------------------ its own

    def _of(self, campaign: str) -> list[Decision]:
        return [one for one in self.kept.values() if one.campaign == campaign]

    def _launched(self, campaign: Campaign) -> CampaignState:
        version = Version(number=1, saved_at=self.start, campaign=campaign)
        return CampaignState(id=campaign.id, status="active", versions=(version,), spells=(Spell(begun_at=self.start),))

    def _introduce(self, user: ScenarioUser) -> None:
        given = {"email": user.email, "time_zone": user.time_zone} | user.attributes
        known = {name: value for name, value in given.items() if value is not None}
        self.does(AttributesChanged, "+0s", id="start", attributes=known)
        if user.push:
            self.does(PushRegistered, "+0s", id="start:push", token="device")

    def _take(self, event: Event) -> tuple[Effects, ...]:
        step = decide(self.state, event, self.plan)
        self.state = step.state
        for effect in step.effects:
            match effect:
                case Keep(decision=decision):
                    self.kept[decision.id] = decision
                case Send(message=message):
                    self.outbox[message.id] = message
                case Withdraw(message=name):
                    self.outbox.pop(name, None)
                case _:
                    pass
        return step.effects

    def _live_on(self, campaign: str, status: Status, change: Callable[[tuple[Spell, ...]], tuple[Spell, ...]]) -> None:
        before = self._campaigns[campaign]
        self._campaigns[campaign] = replace(before, status=status, spells=change(before.spells))

    def _answers(self, kind: Callable[..., Event], at: str, channel: str | None, **fields: str) -> list[Effects]:
        found = [(entry.id, one.message) for entry, one in self._under_way() if channel in (None, one.channel)]
        assert found, "no such message is under way"
        effects: list[Effects] = []
        for entry, message in found:
            answer = happening(kind, self.start, at, id="", entry=entry, message=message, **fields)
            effects += self._take(answer)
        return effects

    def _under_way(self) -> Iterable[tuple[Entry, Pending]]:
        assert self.state is not None
        entries = self.state.entries
        return [(entry, one) for entry in entries for one in entry.pending if one.status in ("queued", "claimed")]
