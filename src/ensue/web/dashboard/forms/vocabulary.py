"""What can be chosen in forms: the definitions there are, and the names that they use.

One rule: names are those of the definitions, and the standard attributes; no user is asked.
"""

from collections.abc import Iterable, Iterator

from ensue.core import conditions, triggers
from ensue.core.filters import leaves
from ensue.core.records import ActionBased, ApiTriggered, Campaign, CampaignState, CardState, Segment
from ensue.core.triggers import Trigger
from ensue.web.dashboard.forms.view import Named, Vocabulary

STANDARD = (
    "city",
    "country",
    "date_of_birth",
    "email",
    "external_id",
    "first_name",
    "gender",
    "language",
    "last_name",
    "phone",
    "time_zone",
)


def vocabulary(
    campaigns: Iterable[CampaignState], cards: Iterable[CardState], segments: Iterable[Segment], *, but: str = ""
) -> Vocabulary:
    """Return what a form offers; archived definitions, and the one of the id `but`, are not offered."""
    states = list(campaigns)
    definitions = [state.versions[-1].campaign for state in states]
    known = list(segments)
    used = list(_used(definitions, known))
    return Vocabulary(
        campaigns=tuple(
            Named(id=one.id, name=one.versions[-1].campaign.name, status=one.status)
            for one in states
            if one.id != but and one.status != "archived"
        ),
        cards=tuple(
            Named(id=one.id, name=one.card.name or one.card.title, status=one.status)
            for one in cards
            if one.id != but and one.status != "archived"
        ),
        segments=tuple(Named(id=one.id, name=one.name) for one in known if one.id != but),
        attributes=_sorted(STANDARD, (name for kind, name in used if kind == "attribute")),
        events=_sorted((), (name for kind, name in used if kind == "event")),
        products=_sorted(("any",), (name for kind, name in used if kind == "product")),
    )


def names_of(words: Vocabulary) -> dict[str, str]:
    """Return how the definitions are called, by id."""
    return {one.id: one.name for one in (*words.campaigns, *words.cards, *words.segments) if one.name}


def _sorted(first: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*first, *more} - {""}))


def _used(campaigns: Iterable[Campaign], segments: Iterable[Segment]) -> Iterator[tuple[str, str]]:
    for campaign in campaigns:
        yield from _of_filter(campaign.audience.filter)
        for trigger in _triggers(campaign):
            yield from _of_trigger(trigger)
    for segment in segments:
        yield from _of_filter(segment.filter)


def _triggers(campaign: Campaign) -> Iterator[Trigger]:
    match campaign.delivery:
        case ActionBased():
            yield from (*campaign.delivery.triggers, *campaign.delivery.exceptions)
        case ApiTriggered():
            yield from campaign.delivery.exceptions
        case _:
            return


def _of_trigger(trigger: Trigger) -> Iterator[tuple[str, str]]:
    match trigger:
        case triggers.CustomEvent(name=name):
            yield "event", name
        case triggers.ChangeAttribute(name=name):
            yield "attribute", name
        case triggers.MakePurchase(product=str() as product):
            yield "product", product
        case _:
            return


def _of_filter(tree: conditions.Filter | None) -> Iterator[tuple[str, str]]:
    for leaf in leaves(tree):
        match leaf:
            case conditions.AttributeFilter(attribute=name):
                yield "attribute", name
            case conditions.EventFilter(event=name):
                yield "event", name
            case conditions.PurchaseFilter(purchase=product):
                yield "product", product
            case _:
                pass
