"""Variations in the wizard: one message becomes several, several become one, and shares add up.

One rule: the shares and the control group add up to 100, to two decimals, after every change that is made here.
"""

import string
from collections.abc import Sequence
from copy import deepcopy
from math import floor

from ensue.core.validation import FULL, MAX_VARIATIONS
from ensue.web.dashboard.forms.steps import Tree

CENTS = 100


def vary(tree: Tree) -> None:
    """Add a variation in place, a copy of the last, and give all the same share."""
    known = _variations(tree)
    if not known:
        known = [{"name": "A", "share": 0, "channels": tree.pop("channels", None) or {}}]
    if len(known) < MAX_VARIATIONS:
        known.append({**deepcopy(known[-1]), "name": _free_name(known)})
    tree["variations"] = known
    even(tree)


def unvary(tree: Tree, index: int) -> None:
    """Take a variation away in place; the last one that is left is the message of the campaign."""
    known = _variations(tree)
    if index >= len(known):
        return
    del known[index]
    if len(known) <= 1:
        tree.pop("variations", None)
        tree["channels"] = known[0].get("channels") or {} if known else {}
    else:
        tree["variations"] = known
        even(tree)


def even(tree: Tree) -> None:
    """Give all variations the same share in place."""
    known = _variations(tree)
    for one, share in zip(known, _split([1.0] * len(known), FULL - _control(tree)), strict=True):
        one["share"] = share


def rescale(tree: Tree, control_before: float) -> bool:
    """Adapt in place shares that added up to a control group that was changed; say whether they were."""
    known = _variations(tree)
    shares = [share for one in known if isinstance(share := one.get("share"), int | float)]
    if not known or len(shares) != len(known) or _control(tree) == control_before:
        return False
    if round(sum(shares) + control_before, 2) != FULL or sum(shares) <= 0 or not 0 <= _control(tree) <= FULL:
        return False
    for one, share in zip(known, _split(shares, FULL - _control(tree)), strict=True):
        one["share"] = share
    return True


def _split(weights: Sequence[float], whole: float) -> list[float]:
    """Split a whole by weights, in steps of a hundredth; the last one gets what is left."""
    if not weights:
        return []
    shares = [floor(whole * weight / sum(weights) * CENTS) / CENTS for weight in weights[:-1]]
    return [*(_plain(share) for share in shares), _plain(round(whole - sum(shares), 2))]


def _plain(share: float) -> float:
    return int(share) if share == int(share) else share


def _control(tree: Tree) -> float:
    share = tree.get("control_group", 0)
    return float(share) if isinstance(share, int | float) else 0.0


def _variations(tree: Tree) -> list[Tree]:
    known = tree.get("variations")
    return [one for one in known if isinstance(one, dict)] if isinstance(known, list) else []


def _free_name(known: Sequence[Tree]) -> str:
    names = {one.get("name") for one in known}
    return next((letter for letter in string.ascii_uppercase if letter not in names), "Z")
