"""Made-up filter trees, comparisons and kinds of events.

One rule: every leaf and every operator turns up, mostly in a way that holds for somebody.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal

from ensue.core import conditions, triggers, words

from .dice import Dice
from .words import ATTRIBUTES, BUTTONS, COLORS, LINKS, NAMES, PRODUCTS, SPANS

SUBSCRIBED: tuple[words.SubscribedChannel, ...] = ("email", "push")
STATES: tuple[words.Subscription, ...] = ("unsubscribed", "subscribed", "opted_in")
HAS: tuple[Literal["received", "viewed", "opened", "clicked", "converted", "control"], ...] = (
    "received",
    "viewed",
    "opened",
    "clicked",
    "converted",
    "control",
)
OPENS: tuple[Literal["any", "human", "machine"], ...] = ("any", "human", "machine")
LETTERS: tuple[Literal["A", "B", "C", "D"], ...] = ("A", "B", "C", "D")
DATES = (
    datetime(2026, 3, 1, 8, tzinfo=UTC),
    datetime(2026, 3, 3, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
)


class Names:
    """What filters and kinds of events may refer to."""

    def __init__(self, campaigns: tuple[str, ...], cards: tuple[str, ...], segments: tuple[str, ...]) -> None:
        self.campaigns = campaigns
        self.cards = cards
        self.segments = segments


def an_audience(dice: Dice, names: Names) -> conditions.Audience:
    """Return an audience, everyone in half of the cases."""
    if not dice.chance(60):
        return conditions.Audience(segments=("everyone",))
    if dice.chance(45):
        return conditions.Audience(filter=_not_yet(dice))
    segments = ("everyone", *names.segments)
    chosen = dice.some(segments, 2)
    return conditions.Audience(segments=chosen, filter=a_filter(dice, names, depth=2) if dice.chance(75) else None)


def _not_yet(dice: Dice) -> conditions.Filter:
    """Return a filter that holds until somebody does what people often do."""
    within = _within(dice)
    done: tuple[conditions.Filter, ...] = (
        conditions.EventFilter(event=dice.pick(NAMES), within=within),
        conditions.PurchaseFilter(purchase="any", within=within),
        conditions.SessionFilter(session="any", within=within),
    )
    return conditions.Not(not_=dice.pick(done))


def a_filter(dice: Dice, names: Names, *, depth: int) -> conditions.Filter:
    """Return a filter tree of at most that depth."""
    shape = dice.weighted({"leaf": 6, "not": 3, "all": 1, "any": 2}) if depth else "leaf"
    if shape == "not":
        return conditions.Not(not_=a_filter(dice, names, depth=depth - 1))
    if shape == "leaf":
        return a_leaf(dice, names)
    branches = tuple(a_filter(dice, names, depth=depth - 1) for _ in range(dice.weighted({2: 5, 3: 2, 1: 1, 0: 1})))
    return conditions.All(all=branches) if shape == "all" else conditions.Any(any=branches)


def a_leaf(dice: Dice, names: Names) -> conditions.Filter:
    """Return a leaf of any kind that has something to refer to."""
    kinds = ["attribute"] * 5 + ["event", "purchase", "session", "campaign", "campaign", "subscription", "reachable"]
    kinds += ["bucket", "first_seen", *(["card"] if names.cards else []), *(["segment"] if names.segments else [])]
    match dice.pick(kinds):
        case "attribute":
            return an_attribute(dice)
        case "event":
            return conditions.EventFilter(event=dice.pick(NAMES), count=_count(dice), within=_within(dice))
        case "purchase":
            bought = dice.pick(("any", *PRODUCTS))
            return conditions.PurchaseFilter(
                purchase=bought, count=_count(dice), spent=_spent(dice), within=_within(dice)
            )
        case "session":
            return conditions.SessionFilter(session="any", count=_count(dice), within=_within(dice))
        case "campaign":
            return _campaign(dice, names)
        case "card":
            return conditions.CardFilter(
                card=dice.pick(names.cards), has=dice.pick(("viewed", "clicked")), within=_within(dice)
            )
        case "segment":
            return conditions.SegmentFilter(segment=dice.pick(("everyone", *names.segments)))
        case "subscription":
            return conditions.SubscriptionFilter(subscription=dice.pick(SUBSCRIBED), is_=dice.pick(STATES))
        case "reachable":
            return conditions.ReachableFilter(reachable=dice.pick(SUBSCRIBED))
        case "bucket":
            edge = dice.below(10_000)
            return conditions.BucketFilter(
                bucket=dice.pick(
                    (conditions.Comparison(at_least=edge), conditions.Comparison(at_least=0, less_than=edge))
                )
            )
        case _:
            return conditions.FirstSeenFilter(
                first_seen=dice.pick(
                    (
                        conditions.Comparison(within_last=dice.pick(SPANS)),
                        conditions.Comparison(not_within_last=dice.pick(SPANS)),
                        conditions.Comparison(before=dice.pick(DATES)),
                        conditions.Comparison(after=dice.pick(DATES)),
                    )
                )
            )


def _campaign(dice: Dice, names: Names) -> conditions.CampaignFilter:
    return conditions.CampaignFilter(campaign=dice.pick(names.campaigns), has=dice.pick(HAS), within=_within(dice))


def _within(dice: Dice) -> timedelta | None:
    return dice.pick(SPANS) if dice.chance(50) else None


def _count(dice: Dice) -> conditions.Comparison | None:
    if not dice.chance(60):
        return None
    number = dice.between(0, 3)
    return dice.pick(
        (
            conditions.Comparison(at_least=number),
            conditions.Comparison(less_than=number),
            conditions.Comparison(is_=number),
            conditions.Comparison(more_than=number),
            conditions.Comparison(at_most=number),
            conditions.Comparison(is_not=number),
            conditions.Comparison(any_of=(number, 5)),
        )
    )


def _spent(dice: Dice) -> conditions.Comparison | None:
    if not dice.chance(50):
        return None
    return dice.pick(
        (conditions.Comparison(more_than=40), conditions.Comparison(at_most=49.5), conditions.Comparison(less_than=100))
    )


def an_attribute(dice: Dice) -> conditions.AttributeFilter:
    """Return a comparison of an attribute that suits its values, or one that does not."""
    name = dice.pick(("plan", "score", "vip", "tags", "joined", "country", "address.city", "language", "email"))
    plain = dice.pick(("plan", "score", "country")) if dice.chance(10) else name
    asked = a_comparison(dice, plain)
    given = {field: getattr(asked, field) for field in asked.__struct_fields__}
    return conditions.AttributeFilter(attribute=name, **given)


def a_comparison(dice: Dice, name: str) -> conditions.Comparison:
    """Return a comparison that suits the values of the attribute."""
    if dice.chance(15):
        return conditions.Comparison(exists=dice.chance(50))
    if name == "score":
        return _numeric(dice)
    if name == "joined":
        return _temporal(dice)
    if name == "tags":
        return _listed(dice)
    if name == "vip":
        return dice.pick(
            (conditions.Comparison(is_=True), conditions.Comparison(is_not=True), conditions.Comparison(is_=1))
        )
    return _textual(dice, name)


def _numeric(dice: Dice) -> conditions.Comparison:
    number = dice.pick((0, 1, 2.5, 10))
    return dice.pick(
        (
            conditions.Comparison(is_=number),
            conditions.Comparison(is_not=number),
            conditions.Comparison(more_than=number),
            conditions.Comparison(at_least=number),
            conditions.Comparison(less_than=number),
            conditions.Comparison(at_most=number),
            conditions.Comparison(any_of=(number, 10)),
            conditions.Comparison(none_of=(number, "10")),
            conditions.Comparison(at_least=0, less_than=number),
        )
    )


def _temporal(dice: Dice) -> conditions.Comparison:
    date = dice.pick(DATES)
    return dice.pick(
        (
            conditions.Comparison(before=date),
            conditions.Comparison(after=date),
            conditions.Comparison(within_last=dice.pick(SPANS)),
            conditions.Comparison(not_within_last=dice.pick(SPANS)),
        )
    )


def _listed(dice: Dice) -> conditions.Comparison:
    return dice.pick(
        (
            conditions.Comparison(includes="a"),
            conditions.Comparison(includes=1),
            conditions.Comparison(includes_none=("b", "c")),
            conditions.Comparison(is_=("a", "b")),
            conditions.Comparison(is_not=("a",)),
        )
    )


def _textual(dice: Dice, name: str) -> conditions.Comparison:
    known = ATTRIBUTES.get(name, ("Malmo", "Lund"))
    words = [word for word in known if isinstance(word, str) and word]
    word = dice.pick(words)
    return dice.pick(
        (
            conditions.Comparison(is_=word),
            conditions.Comparison(is_not=word),
            conditions.Comparison(any_of=(word, "x")),
            conditions.Comparison(none_of=(word, "x")),
            conditions.Comparison(contains=word[1:]),
            conditions.Comparison(matches=f"^{word[0]}.*{word[-1]}$"),
        )
    )


def a_where(dice: Dice, *, purchase: bool) -> dict[str, conditions.Comparison]:
    """Return conditions on properties, mostly none."""
    if not dice.chance(30):
        return {}
    options = [
        {"color": conditions.Comparison(is_=dice.pick(COLORS))},
        {"size": conditions.Comparison(more_than=dice.between(0, 4))},
        {"color": conditions.Comparison(is_not="red"), "size": conditions.Comparison(at_most=3)},
        {"color": conditions.Comparison(exists=False)},
    ]
    bought = [
        {"price": conditions.Comparison(at_least=20)},
        {"quantity": conditions.Comparison(more_than=1)},
        {"currency": conditions.Comparison(is_="EUR")},
        {"product": conditions.Comparison(is_not="lamp")},
    ]
    return dice.pick(options + bought if purchase else options)


def a_doing(dice: Dice) -> triggers.Trigger:
    """Return a kind of event that is no interaction."""
    match dice.weighted({"custom": 5, "purchase": 3, "session": 2, "attribute": 3, "add": 1, "subscription": 2}):
        case "custom":
            return triggers.CustomEvent(name=dice.pick(NAMES), where=a_where(dice, purchase=False))
        case "purchase":
            product = dice.pick((None, *PRODUCTS))
            return triggers.MakePurchase(product=product, where=a_where(dice, purchase=True))
        case "session":
            return triggers.StartSession()
        case "attribute":
            return _change(dice)
        case "add":
            return triggers.AddEmail()
        case _:
            return triggers.ChangeSubscription(channel=dice.pick(SUBSCRIBED), to=dice.pick((None, *STATES)))


def _change(dice: Dice) -> triggers.ChangeAttribute:
    name = dice.pick(("plan", "score", "vip", "tags", "email"))
    values = [value for value in ATTRIBUTES.get(name, ()) if isinstance(value, str | int | float) and value != ""]
    to = dice.pick(values) if values and dice.chance(50) else None
    return triggers.ChangeAttribute(name=name, to=to)


def an_interaction(dice: Dice, campaign: str, interaction: words.CampaignInteraction, letters: int) -> triggers.Trigger:
    """Return an interaction with a campaign, sometimes narrowed."""
    if not dice.chance(35):
        return triggers.InteractWithCampaign(campaign=campaign, interaction=interaction)
    match interaction:
        case "click_email":
            return triggers.InteractWithCampaign(campaign=campaign, interaction=interaction, link=dice.pick(LINKS))
        case "click_in_app_message" | "directly_open_push":
            return triggers.InteractWithCampaign(campaign=campaign, interaction=interaction, button=dice.pick(BUTTONS))
        case "open_email":
            return triggers.InteractWithCampaign(campaign=campaign, interaction=interaction, opens=dice.pick(OPENS))
        case "perform_conversion_event":
            letter = dice.pick(LETTERS[: max(letters, 1)])
            return triggers.InteractWithCampaign(campaign=campaign, interaction=interaction, conversion=letter)
        case _:
            return triggers.InteractWithCampaign(campaign=campaign, interaction=interaction)
