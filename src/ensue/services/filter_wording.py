"""Filter trees in plain words.

One rule: the words follow the tree; a group inside another stands in brackets.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never

from msgspec import UNSET

from ensue.codec.durations import format_duration
from ensue.core import conditions
from ensue.core.conditions import Comparison, Filter

_OPERATORS = {
    "is_": "is",
    "is_not": "is not",
    "any_of": "is any of",
    "none_of": "is none of",
    "contains": "contains",
    "matches": "matches",
    "more_than": "is more than",
    "at_least": "is at least",
    "less_than": "is less than",
    "at_most": "is at most",
    "before": "is before",
    "after": "is after",
    "within_last": "is within the last",
    "not_within_last": "is not within the last",
    "includes": "includes",
    "includes_none": "includes none of",
}
_HAS = {"control": "been in the control group of"}


def filter_words(tree: Filter, names: Mapping[str, str]) -> str:
    """Say what a filter tree asks, as in `country is SE and (plan is pro or plan is team)`."""
    match tree:
        case conditions.All(all=branches):
            return _joined(branches, names, "and") or "anything holds"
        case conditions.Any(any=branches):
            return _joined(branches, names, "or") or "nothing holds"
        case conditions.Not(not_=branch):
            return f"not {_bracketed(branch, names)}"
        case conditions.AttributeFilter():
            return f"{tree.attribute} {comparison_words(tree)}"
        case conditions.EventFilter():
            return f"“{tree.event}” was done {_times(tree.count)}{_within(tree.within)}"
        case conditions.PurchaseFilter():
            return _purchase_words(tree)
        case conditions.SessionFilter():
            return f"a session began {_times(tree.count)}{_within(tree.within)}"
        case conditions.CampaignFilter():
            return f"they have {_HAS.get(tree.has, tree.has)} {_named(tree.campaign, names)}{_within(tree.within)}"
        case conditions.CardFilter():
            return f"they have {tree.has} the card {_named(tree.card, names)}{_within(tree.within)}"
        case conditions.SubscriptionFilter():
            return f"the {tree.subscription} subscription is {tree.is_.replace('_', ' ')}"
        case conditions.ReachableFilter():
            return f"they can be reached by {tree.reachable}"
        case conditions.SegmentFilter():
            return f"they are in {_named(tree.segment, names)}"
        case conditions.BucketFilter():
            return f"their random bucket {comparison_words(tree.bucket)}"
        case conditions.FirstSeenFilter():
            return f"their first visit {comparison_words(tree.first_seen)}"
        case _:
            assert_never(tree)


def comparison_words(comparison: Comparison) -> str:
    """Say what a value must be like, as in `is at least 3`."""
    parts = ["is known" if comparison.exists else "is not known"] if comparison.exists is not UNSET else []
    for name, words in _OPERATORS.items():
        value: object = getattr(comparison, name)
        if value is not UNSET:
            parts.append(f"{words} {_last(value) if isinstance(value, timedelta) else _value(value)}")
    return " and ".join(parts) or "is known"


def _joined(branches: tuple[Filter, ...], names: Mapping[str, str], word: str) -> str:
    if len(branches) == 1:
        return filter_words(branches[0], names)
    return f" {word} ".join(_bracketed(branch, names) for branch in branches)


def _bracketed(tree: Filter, names: Mapping[str, str]) -> str:
    words = filter_words(tree, names)
    is_group = isinstance(tree, conditions.All | conditions.Any | conditions.Not)
    return f"({words})" if is_group else words


def _purchase_words(tree: conditions.PurchaseFilter) -> str:
    what = "anything" if tree.purchase == "any" else f"“{tree.purchase}”"
    times = "" if tree.count is None and tree.spent is not None else f" {_times(tree.count)}"
    spent = f" for a total that {comparison_words(tree.spent)}" if tree.spent is not None else ""
    return f"{what} was bought{times}{spent}{_within(tree.within)}"


def _times(count: Comparison | None) -> str:
    if count is None:
        return "at least once"
    return f"a number of times that {comparison_words(count)}"


def _within(span: timedelta | None) -> str:
    return f" within the last {_last(span)}" if span is not None else ""


def _last(span: timedelta) -> str:
    return format_duration(span).removeprefix("1 ")


def _named(name: str, names: Mapping[str, str]) -> str:
    return f"“{names.get(name) or name}”"


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case float():
            return f"{value:,.10g}"
        case tuple():
            return ", ".join(_value(one) for one in value)
        case _:
            return str(value)
