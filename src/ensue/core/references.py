"""What is wrong in filters: unknown names, broken patterns, empty comparisons, segments that contain themselves (A4).

One rule: it is found before a launch, so that a decision never meets it.
"""

from collections.abc import Iterator, Mapping

from ensue.core.comparisons import pattern_problem
from ensue.core.conditions import (
    All,
    Any,
    AttributeFilter,
    BucketFilter,
    CampaignFilter,
    CardFilter,
    Comparison,
    EventFilter,
    Filter,
    FirstSeenFilter,
    Not,
    PurchaseFilter,
    SegmentFilter,
    SessionFilter,
)
from ensue.core.connections import cycle_through
from ensue.core.filters import segments_used
from ensue.core.records import Segment
from ensue.core.state import RECENT
from ensue.errors import Problem

NOTHING = Comparison()


def filter_problems(
    path: str,
    tree: Filter | None,
    campaigns: Mapping[str, object],
    cards: Mapping[str, object],
    segments: Mapping[str, object],
) -> Iterator[Problem]:
    """Yield what is wrong in a filter tree, in its order."""
    match tree:
        case All():
            for index, branch in enumerate(tree.all):
                yield from filter_problems(f"{path}.all[{index}]", branch, campaigns, cards, segments)
        case Any():
            for index, branch in enumerate(tree.any):
                yield from filter_problems(f"{path}.any[{index}]", branch, campaigns, cards, segments)
        case Not():
            yield from filter_problems(f"{path}.not", tree.not_, campaigns, cards, segments)
        case CampaignFilter() if tree.campaign not in campaigns:
            yield _unknown("campaign", f"{path}.campaign", tree.campaign)
        case CardFilter() if tree.card not in cards:
            yield _unknown("card", f"{path}.card", tree.card)
        case SegmentFilter() if tree.segment != "everyone" and tree.segment not in segments:
            yield _unknown("segment", f"{path}.segment", tree.segment)
        case AttributeFilter():
            yield from _comparison(path, tree, AttributeFilter(attribute=tree.attribute))
        case BucketFilter():
            yield from _comparison(f"{path}.bucket", tree.bucket, NOTHING)
        case FirstSeenFilter():
            yield from _comparison(f"{path}.first_seen", tree.first_seen, NOTHING)
        case EventFilter() | SessionFilter() | PurchaseFilter():
            yield from _counting(path, tree)
        case _:
            pass


def segment_cycle(segments: Mapping[str, Segment], segment: str) -> list[str]:
    """Return the cycle that a segment is part of, or an empty list (A4)."""
    edges = {name: segments_used(one.filter) if one.filter else frozenset() for name, one in segments.items()}
    return cycle_through(segment, edges)


def _unknown(kind: str, path: str, name: str) -> Problem:
    return Problem(code=f"unknown_{kind}", path=path, message=f"there is no {kind} '{name}'", hint="Create it first.")


def _comparison(path: str, comparison: Comparison, empty: Comparison) -> Iterator[Problem]:
    if comparison == empty:
        hint = "Add an operator, for example `is` or `at_least`."
        yield Problem(code="comparison", path=path, message="compares with nothing", hint=hint)
    if isinstance(comparison.matches, str) and (problem := pattern_problem(comparison.matches)):
        yield Problem(code="pattern", path=f"{path}.matches", message=problem, hint="Mend the regular expression.")


def _counting(path: str, tree: EventFilter | SessionFilter | PurchaseFilter) -> Iterator[Problem]:
    for name in ("count", "spent"):
        comparison = getattr(tree, name, None)
        if comparison is not None:
            yield from _comparison(f"{path}.{name}", comparison, NOTHING)
    if tree.count is None or tree.within is None:
        return
    limits = (tree.count.is_, tree.count.more_than, tree.count.at_least, tree.count.less_than, tree.count.at_most)
    if any(isinstance(limit, int | float) and limit >= RECENT for limit in limits):
        message = f"counts within a span see the last {RECENT} times"
        yield Problem(code="count", path=f"{path}.count", message=message, hint=f"Use a number below {RECENT}.")
