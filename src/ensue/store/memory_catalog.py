"""The Catalog in memory.

One rule: definitions are frozen values, so keeping one is enough; taking back a change puts the old value back.
Not here: whether a definition is any good (`plan.validate`).
"""

from functools import partial
from typing import TypeVar

from ensue.apps import App
from ensue.core.records import CampaignState, CardState, Segment, Workspace
from ensue.ports import Key
from ensue.store.turn import Turn, by_turns

T = TypeVar("T")


class MemoryCatalog:
    """Definitions and their lives."""

    def __init__(self, turn: Turn) -> None:
        """Begin empty."""
        self.turn = turn
        self._campaigns: dict[str, CampaignState] = {}
        self._cards: dict[str, CardState] = {}
        self._segments: dict[str, Segment] = {}
        self._workspace: dict[str, Workspace] = {}
        self._secrets: dict[str, str] = {}
        self._keys: dict[str, Key] = {}
        self._apps: dict[str, App] = {}

    @by_turns
    def campaigns(self) -> list[CampaignState]:
        """Return all campaigns by id."""
        return [self._campaigns[identity] for identity in sorted(self._campaigns)]

    @by_turns
    def find_campaign(self, campaign: str) -> CampaignState | None:
        """Return one campaign."""
        return self._campaigns.get(campaign)

    @by_turns
    def save_campaign(self, campaign: CampaignState) -> None:
        """Insert or replace a campaign; versions once saved never change, only new numbers are added."""
        saved = self._campaigns.get(campaign.id)
        versions = {version.number: version for version in campaign.versions}
        if saved:
            versions |= {version.number: version for version in saved.versions}
        merged = CampaignState(
            id=campaign.id,
            status=campaign.status,
            versions=tuple(versions[number] for number in sorted(versions)),
            spells=campaign.spells,
        )
        self._set(self._campaigns, campaign.id, merged)

    @by_turns
    def cards(self) -> list[CardState]:
        """Return all cards by id."""
        return [self._cards[identity] for identity in sorted(self._cards)]

    @by_turns
    def find_card(self, card: str) -> CardState | None:
        """Return one card."""
        return self._cards.get(card)

    @by_turns
    def save_card(self, card: CardState) -> None:
        """Insert or replace a card."""
        self._set(self._cards, card.id, card)

    @by_turns
    def segments(self) -> list[Segment]:
        """Return all segments by id."""
        return [self._segments[identity] for identity in sorted(self._segments)]

    @by_turns
    def save_segment(self, segment: Segment) -> None:
        """Insert or replace a segment."""
        self._set(self._segments, segment.id, segment)

    @by_turns
    def remove_segment(self, segment: str) -> None:
        """Forget a segment; an absent one does not matter."""
        if segment in self._segments:
            self.turn.undo_by(partial(self._segments.__setitem__, segment, self._segments.pop(segment)))

    @by_turns
    def workspace(self) -> Workspace:
        """Return the settings; the defaults where none were saved."""
        return self._workspace.get("", Workspace())

    @by_turns
    def save_workspace(self, workspace: Workspace) -> None:
        """Replace the settings."""
        self._set(self._workspace, "", workspace)

    @by_turns
    def secret(self, name: str, default: str) -> str:
        """Return the secret of that name; where there is none, keep and return `default`."""
        if name not in self._secrets:
            self._set(self._secrets, name, default)
        return self._secrets[name]

    @by_turns
    def keys(self) -> list[Key]:
        """Return all API keys by time of creation, then id."""
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.id))

    @by_turns
    def find_key(self, digest: str) -> Key | None:
        """Return a key by its digest, revoked ones too."""
        return next((key for key in self._keys.values() if key.digest == digest), None)

    @by_turns
    def save_key(self, key: Key) -> None:
        """Insert or replace a key by its id."""
        self._set(self._keys, key.id, key)

    @by_turns
    def apps(self) -> list[App]:
        """Return all apps by time of creation, then id; revoked ones too."""
        return sorted(self._apps.values(), key=lambda app: (app.created_at, app.id))

    @by_turns
    def find_app(self, app: str) -> App | None:
        """Return one app, also a revoked one."""
        return self._apps.get(app)

    @by_turns
    def save_app(self, app: App) -> None:
        """Insert or replace an app by its id."""
        self._set(self._apps, app.id, app)

    def _set(self, records: dict[str, T], identity: str, record: T) -> None:
        before = records.get(identity)
        if before is None:
            self.turn.undo_by(partial(records.__delitem__, identity))
        else:
            self.turn.undo_by(partial(records.__setitem__, identity, before))
        records[identity] = record
