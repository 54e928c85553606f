"""The filter builder: a filter tree as nested boxes, for audiences and for segments.

One rule: a tree is shown as it is, and comes back as it was where nobody touched it.
A page shows it with the macro `filters` of `filters.html`; what the page brings is read by `working.worked`.
"""

from copy import deepcopy

import msgspec

from ensue.web.dashboard.forms.filling import Submitted
from ensue.web.dashboard.forms.paths import Path, drop, find, parse, put, written

MODES: dict[str, str] = {
    "all": "All of these hold",
    "any": "At least one of these holds",
    "none": "None of these holds",
    "not_all": "Not all of these hold",
}
LEAVES: dict[str, str] = {
    "attribute": "Attribute",
    "event": "Custom event",
    "purchase": "Purchase",
    "session": "Session",
    "segment": "Segment",
    "campaign": "Campaign history",
    "card": "Card history",
    "reachable": "Reachable",
    "subscription": "Subscription",
    "first_seen": "First seen",
    "bucket": "Random bucket",
}
"""The kinds of filters by the key that tells them, in the order of the menu."""
GROUP = "group"
ROOT = "filter"
"""The key under which every filter tree stands."""
_NEW: dict[str, dict[str, object]] = {
    "attribute": {"attribute": "", "is": ""},
    "event": {"event": ""},
    "purchase": {"purchase": "any"},
    "session": {"session": "any"},
    "segment": {"segment": ""},
    "campaign": {"campaign": "", "has": "received"},
    "card": {"card": "", "has": "viewed"},
    "reachable": {"reachable": "email"},
    "subscription": {"subscription": "email", "is": "subscribed"},
    "first_seen": {"first_seen": {"within_last": "7 days"}},
    "bucket": {"bucket": {"less_than": 5000}},
    GROUP: {"any": []},
}
MENU: dict[str, str] = {**LEAVES, GROUP: "Group of filters"}
DEEPEST = 20


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """One node: a group with a mode and children, a leaf of a kind, or something negated twice.

    `path` is where the node stands, `inner` where its leaf or its list of children stands (below a `not`, perhaps).
    """

    path: str
    inner: str
    kind: str
    mode: str = ""
    is_negated: bool = False
    children: tuple["Box", ...] = ()


def outline(tree: object, path: str) -> Box | None:
    """Return the boxes of the filter at a path, or `None` where there is no filter."""
    node = find(tree, parse(path))
    return _box(node, parse(path)) if isinstance(node, dict) and node else None


def _box(node: object, path: Path) -> Box:
    is_negated = isinstance(node, dict) and isinstance(node.get("not"), dict)
    core: object = node["not"] if isinstance(node, dict) and is_negated else node
    inner = (*path, "not") if is_negated else path
    known = core if isinstance(core, dict) else {}
    for mode in ("all", "any"):
        if isinstance(known.get(mode), list):
            below = tuple(_box(child, (*inner, mode, index)) for index, child in enumerate(known[mode]))
            return Box(
                path=written(path),
                inner=written((*inner, mode)),
                kind=GROUP,
                mode=_mode(mode, is_negated=is_negated),
                is_negated=is_negated,
                children=below,
            )
    if "not" in known:
        return Box(path=written(path), inner=written(inner), kind="not", children=(_box(core, inner),))
    kind = next((name for name in LEAVES if name in known), "")
    return Box(path=written(path), inner=written(inner), kind=kind, is_negated=is_negated)


def _mode(key: str, *, is_negated: bool) -> str:
    return {"all": "not_all", "any": "none"}[key] if is_negated else key


def regrouped(tree: dict[str, object], form: Submitted) -> None:
    """Change in place how groups join, and which filters are negated, as the form says; the innermost first."""
    names = [name for name in form if name.endswith((":mode", ":not"))]
    for name in sorted(names, key=lambda one: -len(parse(one.rpartition(":")[0]))):
        place, _, mark = name.rpartition(":")
        node = find(tree, parse(place))
        if isinstance(node, dict):
            value = form[name][-1]
            put(tree, parse(place), _with_mode(node, value) if mark == "mode" else _negated(node, is_not=value != ""))


def _with_mode(node: dict[str, object], mode: str) -> dict[str, object]:
    box = _box(node, ())
    if box.kind != GROUP or box.mode == mode or mode not in MODES:
        return node
    core = node["not"] if box.is_negated else node
    children = core.get("all", core.get("any")) if isinstance(core, dict) else []
    key = {"none": "any", "not_all": "all"}.get(mode, mode)
    group: dict[str, object] = {key: children}
    return {"not": group} if mode in ("none", "not_all") else group


def _negated(node: dict[str, object], *, is_not: bool) -> dict[str, object]:
    inner = node.get("not")
    if isinstance(inner, dict) == is_not:
        return node
    return {"not": node} if not isinstance(inner, dict) else inner


def added(tree: dict[str, object], path: str, kind: str) -> None:
    """Add a new filter in place: to the group at a path, beside the filter there, or as the first one."""
    new, at = deepcopy(_NEW.get(kind, _NEW["attribute"])), parse(path)
    box = outline(tree, path)
    if box is None:
        put(tree, at, {"all": [new]})
    elif box.kind == GROUP:
        children = find(tree, parse(box.inner))
        if isinstance(children, list) and len(at) < DEEPEST:
            children.append(new)
    else:
        put(tree, at, {"all": [find(tree, at), new]})


def removed(tree: dict[str, object], path: str) -> None:
    """Take a filter away in place, and with it the groups around it that it leaves empty, up to the root."""
    at = parse(path)
    top = at.index(ROOT) + 1 if ROOT in at else 1
    while len(at) >= top:
        drop(tree, at)
        at = _around(at)
        if not _is_empty(find(tree, at)):
            return


def _around(path: Path) -> Path:
    """Return where the box around the one at a path stands: its group, or the `not` around it."""
    holder = path[:-2] if isinstance(path[-1], int) else path[:-1]
    return holder[:-1] if holder and holder[-1] == "not" else holder


def _is_empty(node: object) -> bool:
    if not isinstance(node, dict) or not node:
        return node == {}
    box = _box(node, ())
    return box.kind == GROUP and not box.children
