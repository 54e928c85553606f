"""Saving definitions: campaigns, cards, segments and the workspace's settings (L2, L5, L6).

One rule: a draft may be saved in any state of completeness; what is live must stay valid.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from msgspec.structs import replace

from ensue.codec.documents import Definition, name_of
from ensue.core.records import Campaign, CampaignState, Card, CardState, Segment, Version, Workspace
from ensue.core.validation import (
    Known,
    card_problems,
    launch_problems,
    launch_warnings,
    nearest,
    segment_problems,
    workspace_problems,
)
from ensue.errors import Problem, Rejected, rejected
from ensue.ports import Catalog, Clock, Runner, Store
from ensue.services.holding import Saved, holdings_of, saved, stale
from ensue.services.hub import FeedChanged, Hub

T = TypeVar("T")
D = TypeVar("D", Campaign, Card, Segment)

CheckContent = Callable[[Campaign | Card], list[Problem]]


class Definitions:
    """Saves and checks definitions; `check_content` says which templates do not render."""

    def __init__(self, runner: Runner, clock: Clock, check_content: CheckContent, hub: Hub | None = None) -> None:
        """Work on the runner's catalog; open pages in the `hub` are told that the feed may be another."""
        self._hub = hub or Hub()
        self._runner = runner
        self._clock = clock
        self._check_content = check_content

    def save_campaign(self, campaign: Campaign) -> CampaignState:
        """Save a draft, or a new version of a launched campaign, which then must be fit for launch."""
        return self._change(lambda store: self._save_campaign(store, campaign))

    def create_campaign(self, campaign: Campaign) -> CampaignState:
        """Save a draft under an id that nobody has yet."""

        def create(store: Store) -> CampaignState:
            if store.catalog.find_campaign(campaign.id) is not None:
                hint = "Choose another id, or save a new version of it."
                raise rejected("id_taken", "id", f"there is a campaign '{campaign.id}' already", hint)
            return self._save_campaign(store, campaign)

        return self._change(create)

    def save_card(self, card: Card) -> CardState:
        """Save a card; that of an active one must be fit for launch."""

        def save(store: Store) -> CardState:
            state = _save_card(store.catalog, card)
            self._refuse_broken(store.catalog, [card])
            return state

        return self._change(save)

    def save_segment(self, segment: Segment) -> Segment:
        """Save a segment; what it refers to must exist (A4)."""
        return self._change(lambda store: _save_segment(store.catalog, segment))

    def save_workspace(self, workspace: Workspace) -> Workspace:
        """Save the settings."""
        problems = workspace_problems(workspace)
        if problems:
            raise Rejected(problems)

        def save(store: Store) -> Workspace:
            store.catalog.save_workspace(workspace)
            return workspace

        return self._change(save)

    def apply(
        self,
        definitions: Sequence[Definition],
        *,
        expected: Mapping[str, str | None] = MappingProxyType({}),
        dry_run: bool = False,
    ) -> list[Saved]:
        """Save what is new or changed of several definitions, all or none; they may refer to one another.

        `expected` gives digests by name, as in `campaign/newsletter`: where Ensue holds another one by now, everything
        is refused. `None` stands for a definition that is not there yet. With `dry_run` nothing is saved.
        """

        def save(store: Store) -> list[Saved]:
            before = holdings_of(store.catalog, definitions)
            if problems := stale(definitions, before, expected):
                raise Rejected(problems)
            found = [saved(one, before.get(name_of(one))) for one in definitions]
            self._save_all(
                store, [None if one.change == "unchanged" else definitions[n] for n, one in enumerate(found)]
            )
            if dry_run:
                raise _Tried(found)
            return found

        try:
            return self._change(save)
        except _Tried as tried:
            return tried.saved

    def duplicate(self, campaign: str, copy: str) -> CampaignState:
        """Save a copy of a campaign's newest version as a draft (L6)."""

        def save(store: Store) -> CampaignState:
            original = load_campaign(store.catalog, campaign)
            if store.catalog.find_campaign(copy) is not None:
                raise rejected("id_taken", "id", f"there is a campaign '{copy}' already", "Choose another id.")
            return self._save_campaign(store, replace(original.versions[-1].campaign, id=copy))

        return self._change(save)

    def check(self, one: Campaign | Card) -> tuple[list[Problem], list[Problem]]:
        """Return the problems that forbid a launch now, and the warnings."""

        def read(store: Store) -> tuple[list[Problem], list[Problem]]:
            others = known(store.catalog)
            warnings = launch_warnings(one, others) if isinstance(one, Campaign) else []
            return self.problems(others, one, is_live=False), warnings

        return self._runner.read(read)

    def problems(self, others: Known, one: Campaign | Card, *, is_live: bool) -> list[Problem]:
        """Return what forbids the launch, or the change of what is live, given what else is known."""
        now = None if is_live else self._clock.now()
        rules = card_problems(one, others, now) if isinstance(one, Card) else launch_problems(one, others, now)
        return [*rules, *self._check_content(one)]

    def _change(self, change: Callable[[Store], T]) -> T:
        """Carry out a change; open pages are told where it may change the feed."""
        before = self._runner.plan
        result = self._runner.change(change)
        after = self._runner.plan
        if (before.cards, before.segments) != (after.cards, after.segments):
            self._hub.tell_all(FeedChanged())
        return result

    def _save_all(self, store: Store, changed: Sequence[Definition | None]) -> None:
        """Save definitions, first what others refer to; problems tell the place in the list, which has gaps."""
        catalog = store.catalog
        for one in changed:
            if isinstance(one, Segment):
                catalog.save_segment(one)
        _each(changed, Card, lambda card: _save_card(catalog, card))
        _each(changed, Campaign, lambda campaign: self._save_campaign(store, campaign))
        _each(changed, Segment, lambda segment: _save_segment(catalog, segment))
        _each(changed, Card, lambda card: self._refuse_broken(catalog, [card]))

    def _save_campaign(self, store: Store, campaign: Campaign) -> CampaignState:
        before = store.catalog.find_campaign(campaign.id)
        if before is None:
            _refuse_taken(store.catalog.find_card(campaign.id), campaign.id)
            state = CampaignState(id=campaign.id, status="draft", versions=(self._version(1, campaign),))
        elif before.versions[-1].campaign == campaign:
            return before
        else:
            self._refuse_change(store.catalog, before, campaign)
            version = self._version(before.versions[-1].number + 1, campaign)
            state = replace(before, versions=(*before.versions, version))
        store.catalog.save_campaign(state)
        return state

    def _version(self, number: int, campaign: Campaign) -> Version:
        return Version(number=number, saved_at=self._clock.now(), campaign=campaign)

    def _refuse_change(self, catalog: Catalog, before: CampaignState, campaign: Campaign) -> None:
        """Refuse what cannot be changed any more, and what would break a live campaign (L1, L5)."""
        if before.status == "archived":
            raise rejected("archived", "id", f"the campaign '{campaign.id}' is archived", "Unarchive it first.")
        if before.spells and before.versions[-1].campaign.conversions != campaign.conversions:
            message = "conversion events cannot change after the first launch"
            raise rejected("conversions_fixed", "conversions", message, "Duplicate the campaign instead.")
        if before.status == "active":
            problems = self.problems(known(catalog), campaign, is_live=True)
            if problems:
                raise Rejected(problems)

    def _refuse_broken(self, catalog: Catalog, cards: list[Card]) -> None:
        """Refuse what would break an active card; by now all that it may refer to is saved (L2)."""
        active = [card for card in cards if (state := catalog.find_card(card.id)) and state.status == "active"]
        problems = [one for card in active for one in self.problems(known(catalog), card, is_live=True)]
        if problems:
            raise Rejected(problems)


class _Tried(Exception):
    """What a dry run would have saved; it takes back the transaction."""

    def __init__(self, saved: list[Saved]) -> None:
        super().__init__()
        self.saved = saved


def _each(changed: Sequence[Definition | None], kind: type[D], save: Callable[[D], object]) -> None:
    """Save each definition of a kind; raise `Rejected` with the problems of all, each with its place."""
    problems: list[Problem] = []
    for place, one in enumerate(changed):
        if isinstance(one, kind):
            try:
                save(one)
            except Rejected as error:
                problems += [replace(each, path=f"definitions[{place}].{each.path}") for each in error.problems]
    if problems:
        raise Rejected(problems)


def known(catalog: Catalog) -> Known:
    """Return what definitions may refer to."""
    return Known(
        campaigns={state.id: (state.status, state.versions[-1].campaign) for state in catalog.campaigns()},
        cards={state.id: state.status for state in catalog.cards()},
        segments={segment.id: segment for segment in catalog.segments()},
        time_zone=catalog.workspace().time_zone,
    )


def load_campaign(catalog: Catalog, campaign: str, path: str = "campaign") -> CampaignState:
    """Return a campaign, or refuse with the nearest id; `path` is where it was named."""
    state = catalog.find_campaign(campaign)
    if state is None:
        names = {one.id: one for one in catalog.campaigns()}
        raise rejected("unknown_campaign", path, f"there is no campaign '{campaign}'", nearest(campaign, names))
    return state


def load_card(catalog: Catalog, card: str, path: str = "card") -> CardState:
    """Return a card, or refuse with the nearest id; `path` is where it was named."""
    state = catalog.find_card(card)
    if state is None:
        names = {one.id: one for one in catalog.cards()}
        raise rejected("unknown_card", path, f"there is no card '{card}'", nearest(card, names))
    return state


def _refuse_taken(other: CampaignState | CardState | None, name: str) -> None:
    """Refuse an id that the other kind has: a launch names campaigns and cards alike."""
    if other is not None:
        kind = "card" if isinstance(other, CardState) else "campaign"
        raise rejected("id_taken", "id", f"there is a {kind} '{name}' already", "Choose another id.")


def _save_card(catalog: Catalog, card: Card) -> CardState:
    before = catalog.find_card(card.id)
    if before is None:
        _refuse_taken(catalog.find_campaign(card.id), card.id)
    if before is not None and before.status == "archived":
        raise rejected("archived", "id", f"the card '{card.id}' is archived", "Unarchive it first.")
    state = replace(before, card=card) if before else CardState(id=card.id, status="draft", card=card)
    catalog.save_card(state)
    return state


def _save_segment(catalog: Catalog, segment: Segment) -> Segment:
    if segment.id == "everyone":
        raise rejected("id_taken", "id", "the segment 'everyone' always exists", "Choose another id.")
    problems = segment_problems(segment, known(catalog))
    if problems:
        raise Rejected(problems)
    catalog.save_segment(segment)
    return segment
