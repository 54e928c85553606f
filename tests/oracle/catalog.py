"""What was launched, stopped, resumed, archived and saved so far, as plain lists.

One rule: the same for every user; whether something is or was active is found by looking through its spells.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from ensue.core.contents import Channels
from ensue.core.records import Campaign
from ensue.core.words import CHANNELS, ChannelName

from .world import Edit, Lifecycle, World


@dataclass(kw_only=True)
class Spell:
    """One time of being active, [begun, ended)."""

    begun: datetime
    ended: datetime | None = None


@dataclass(kw_only=True)
class Catalog:
    """Every saved definition of every campaign, oldest first, and the spells of campaigns and cards."""

    definitions: list[Campaign] = field(default_factory=list)
    spells: list[tuple[str, Spell]] = field(default_factory=list)

    def ids(self) -> list[str]:
        """Return the campaigns that were ever launched, in order of first launch, then id (T10)."""
        launched = {(self.launched_at(c.id), c.id) for c in self.definitions if self.spells_of(c.id)}
        return [campaign for _, campaign in sorted(launched)]

    def newest(self, campaign: str) -> Campaign:
        """Return the definition that was saved last."""
        return [definition for definition in self.definitions if definition.id == campaign][-1]

    def spells_of(self, name: str) -> list[Spell]:
        """Return the spells of a campaign or card, oldest first."""
        return [spell for owner, spell in self.spells if owner == name]

    def launched_at(self, campaign: str) -> datetime:
        """Return when it became active for the first time (L3)."""
        return self.spells_of(campaign)[0].begun

    def active_since(self, name: str) -> datetime | None:
        """Return when the spell that lasts has begun; `None` if it is not active (L3)."""
        return next((spell.begun for spell in self.spells_of(name) if spell.ended is None), None)

    def was_active(self, name: str, at: datetime) -> bool:
        """Tell whether it was active at that instant, as far as is known by now (choices 2)."""
        return any(s.begun <= at and (s.ended is None or at < s.ended) for s in self.spells_of(name))

    def change(self, action: Lifecycle | Edit, at: datetime) -> None:
        """Carry out what somebody did to the definitions."""
        if isinstance(action, Edit):
            self.definitions.append(action.campaign)
            return
        for name in action.ids:
            match action.kind:
                case "launch" | "resume":
                    self.spells.append((name, Spell(begun=at)))
                case "stop" | "archive":
                    for spell in self.spells_of(name):
                        spell.ended = spell.ended or at
                case _:
                    assert_never(action.kind)

    def content(self, campaign: Campaign, variation: str) -> list[ChannelName]:
        """Return the channels of the newest content, or of this definition's if the variation is gone (choices 11)."""
        content = _content(self.newest(campaign.id), variation) or _content(campaign, variation) or Channels()
        return [channel for channel in CHANNELS if getattr(content, channel) is not None]


def catalog_of(world: World) -> Catalog:
    """Return the catalog at the start: drafts only."""
    return Catalog(definitions=list(world.campaigns))


def _content(campaign: Campaign, variation: str) -> Channels | None:
    if not campaign.variations:
        return campaign.channels if variation == "A" else None
    return next((v.channels for v in campaign.variations if v.name == variation), None)
