"""The plan of a launch (B1): in which order, what runs in a circle, whom each connection would miss, what is left out.

One rule: a plan only reads; `launching` launches the set, in the same order, at one instant.
Not here: the order itself (`core.connections`), the sentences (`launch_wording`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from ensue.core.connections import circles, launch_order, missed_spans
from ensue.core.records import ActionBased, CampaignState, CardState, Scheduled, Status
from ensue.core.triggers import InteractWithCampaign, InteractWithCard
from ensue.errors import Problem
from ensue.history import Interacted, Question
from ensue.ports import Clock, Runner, Store
from ensue.services import launch_wording as wording
from ensue.services.audiences import QUICK, Audiences, Estimate
from ensue.services.launch_wording import Caution
from ensue.services.launching import Launching, edges_among
from ensue.services.wording import trigger_words

NOBODY = Interacted(users=0, interactions=0)
State = CampaignState | CardState
Interaction = InteractWithCampaign | InteractWithCard


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign or card of the set; `missed` counts the users whom all of its connections together would miss."""

    id: str
    name: str
    kind: Literal["campaign", "card"]
    status: Status
    missed: Interacted = NOBODY


class Strand(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger of a member: an interaction with an original, as narrow as it is written.

    `does` says it in words. `missed` is exact: different users, and their interactions, while the original was active
    and the follow-on was not. Whether those users are in the audience is not looked at.
    """

    original: str
    original_status: Status | Literal["missing"]
    follow_on: str
    interaction: str
    does: str
    missed: Interacted
    cautions: tuple[Caution, ...]


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A follow-on that is neither active nor in the set; `originals` are in the set, or left out themselves."""

    id: str
    name: str
    status: Status
    originals: tuple[str, ...]
    message: str


class LaunchPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a launch of the set would be: members in their order, circles from original to follow-on."""

    order: tuple[Member, ...]
    circles: tuple[tuple[str, ...], ...]
    connections: tuple[Strand, ...]
    left_out: tuple[LeftOut, ...]
    problems: tuple[Problem, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids in the order of the launch."""
        return tuple(one.id for one in self.order)

    def find(self, original: str, follow_on: str) -> list[Strand]:
        """Return what connects two, in the order of the triggers."""
        return [one for one in self.connections if (one.original, one.follow_on) == (original, follow_on)]


class LaunchPlans:
    """Makes plans."""

    def __init__(self, runner: Runner, clock: Clock, launching: Launching) -> None:
        """Read from this runner."""
        self._runner = runner
        self._launching = launching
        self._audiences = Audiences(runner, clock)

    def plan(self, ids: Sequence[str], *, seconds: float = QUICK) -> LaunchPlan:
        """Return the plan of a set; raise `Rejected` for ids that nothing has.

        Audiences of originals that go out at the launch are counted for so many `seconds` each.
        """
        problems = self._launching.problems("launch", ids)
        audiences = self._at_launch(ids, seconds)
        return self._runner.read(lambda store: _planned(store, ids, problems, audiences))

    def _at_launch(self, ids: Sequence[str], seconds: float) -> dict[str, Estimate]:
        """Return the audiences of members that go to everybody as soon as they are launched."""
        states = self._runner.read(lambda store: [store.catalog.find_campaign(name) for name in ids])
        found = [one for one in states if one is not None and not one.spells and is_sent_at_launch(one)]
        counted = ((one.id, one.versions[-1].campaign) for one in found)
        return {name: self._audiences.estimate(one.audience, one.send_to, seconds=seconds) for name, one in counted}


def waiting_follow_ons(originals: Iterable[str], states: Iterable[CampaignState]) -> list[CampaignState]:
    """Return drafts and stopped campaigns that follow on these, or on one of those, the nearest first."""
    queue = list(originals)
    known = {state.id: state for state in states if state.status != "archived" and state.id not in queue}
    found: dict[str, CampaignState] = {}
    for original in queue:
        for state in known.values():
            if state.id not in found and original in originals_of(state):
                queue.append(state.id)
                found[state.id] = state
    return [state for state in found.values() if state.status in ("draft", "stopped")]


def originals_of(state: State) -> list[str]:
    """Return the campaigns and cards whose interactions trigger a campaign, each once, in the order of its triggers."""
    return list(dict.fromkeys(_original(trigger) for trigger in _interactions(state)))


def is_sent_at_launch(state: State) -> bool:
    """Say whether a campaign goes to its whole audience as soon as it is launched for the first time."""
    delivery = state.versions[-1].campaign.delivery if isinstance(state, CampaignState) else None
    return isinstance(delivery, Scheduled) and delivery.at == "launch"


def name_of(state: State) -> str:
    """Return what a campaign or card is called."""
    named = (state.card.name or state.card.title) if isinstance(state, CardState) else state.versions[-1].campaign.name
    return named or state.id


# ---------------------------------------------------------------- parts


class _Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of a plan are made from."""

    store: Store
    known: Mapping[str, State]
    names: Mapping[str, str]
    together: frozenset[str]
    circles: Sequence[Sequence[str]]
    audiences: Mapping[str, Estimate]


def _planned(
    store: Store, ids: Sequence[str], problems: Sequence[Problem], audiences: Mapping[str, Estimate]
) -> LaunchPlan:
    campaigns = store.catalog.campaigns()
    states: list[State] = [*campaigns, *store.catalog.cards()]
    known = {state.id: state for state in states}
    edges = edges_among(known[name] for name in ids)
    order = launch_order(ids, edges)
    scene = _Scene(
        store=store,
        known=known,
        names={name: name_of(state) for name, state in known.items()},
        together=frozenset(order),
        circles=circles(order, edges),
        audiences=audiences,
    )
    left_out = waiting_follow_ons(order, campaigns)
    near = {*order, *(state.id for state in left_out)}
    return LaunchPlan(
        order=tuple(_member(scene, known[name]) for name in order),
        circles=tuple(map(tuple, scene.circles)),
        connections=tuple(_strand(scene, each, known[name]) for name in order for each in _interactions(known[name])),
        left_out=tuple(_left_out(scene, state, near) for state in left_out),
        problems=tuple(problems),
    )


def _member(scene: _Scene, state: State) -> Member:
    asked = [_question(scene, trigger, state) for trigger in _interactions(state)]
    return Member(
        id=state.id,
        name=scene.names[state.id],
        kind="card" if isinstance(state, CardState) else "campaign",
        status=state.status,
        missed=_count(scene, [one for one in asked if one.spans]),
    )


def _strand(scene: _Scene, trigger: Interaction, state: State) -> Strand:
    question, original = _question(scene, trigger, state), scene.known.get(_original(trigger))
    missed = _count(scene, [question] if question.spans else [])
    return Strand(
        original=_original(trigger),
        original_status=original.status if original is not None else "missing",
        follow_on=state.id,
        interaction=trigger.interaction,
        does=trigger_words(trigger, scene.names),
        missed=missed,
        cautions=() if original is None else tuple(_cautions(scene, question, missed, original, state)),
    )


def _cautions(
    scene: _Scene, question: Question, missed: Interacted, original: State, follow_on: State
) -> Iterator[Caution]:
    """Yield what is to be thought of, the people first."""
    names = wording.Names(original=name_of(original), follow_on=name_of(follow_on))
    if question.spans:
        yield wording.missed(names, missed, question.spans[0][0], is_active=original.status == "active")
    if original.id in scene.audiences:
        yield wording.everybody(names, scene.audiences[original.id])
    elif original.spells and is_sent_at_launch(original) and question.trigger.interaction in wording.AT_LAUNCH:
        yield wording.everybody_before(names)
    if original.status in ("draft", "stopped") and original.id not in scene.together:
        yield wording.not_launched(names, original.status)
    if any(original.id in circle and follow_on.id in circle for circle in scene.circles):
        yield wording.in_circle(names)


def _question(scene: _Scene, trigger: Interaction, follow_on: State) -> Question:
    """Return what tells whom a trigger missed so far; without spans where there was nothing to be missed."""
    original = scene.known.get(_original(trigger))
    spans = missed_spans(original.spells, follow_on.spells) if original is not None else ()
    return Question(trigger=trigger, spans=spans)


def _count(scene: _Scene, questions: Sequence[Question]) -> Interacted:
    return scene.store.ledger.interacted(questions) if questions else NOBODY


def _left_out(scene: _Scene, state: CampaignState, near: Collection[str]) -> LeftOut:
    originals = [scene.known[name] for name in originals_of(state) if name in near]
    at_once = [name_of(one) for one in originals if is_sent_at_launch(one) and not one.spells]
    message = wording.left_out(name_of(state), [name_of(one) for one in originals], at_once)
    names = tuple(one.id for one in originals)
    return LeftOut(id=state.id, name=name_of(state), status=state.status, originals=names, message=message)


def _interactions(state: State) -> list[Interaction]:
    """Return the triggers of a campaign that are interactions, each once."""
    delivery = state.versions[-1].campaign.delivery if isinstance(state, CampaignState) else None
    if not isinstance(delivery, ActionBased):
        return []
    found = [one for one in delivery.triggers if isinstance(one, InteractWithCampaign | InteractWithCard)]
    return list(dict.fromkeys(found))


def _original(trigger: Interaction) -> str:
    return trigger.card if isinstance(trigger, InteractWithCard) else trigger.campaign
