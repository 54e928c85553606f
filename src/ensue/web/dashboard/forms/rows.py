"""Rows that are added to lists: triggers, exceptions, conversions, buttons.

One rule: a new row is as empty as it can be; what it still needs is said when it is saved.
"""

from copy import deepcopy

from ensue.web.dashboard.forms.paths import Path, find, put

TRIGGERS: dict[str, str] = {
    "interact_with_campaign": "Interact with campaign",
    "interact_with_card": "Interact with card",
    "make_purchase": "Make a purchase",
    "custom_event": "Do a custom event",
    "start_session": "Start a session",
    "change_attribute": "Change an attribute",
    "add_email": "Add an e-mail address",
    "change_subscription": "Change a subscription",
}
"""The kinds of triggers, in the order of the menu."""
CONVERSIONS: dict[str, str] = {
    "make_purchase": TRIGGERS["make_purchase"],
    **TRIGGERS,
    "open_email": "Open this campaign's e-mail",
    "click_email": "Click in this campaign's e-mail",
}
MOST_ROWS = 100
_NEW: dict[str, dict[str, object]] = {
    "interact_with_campaign": {"campaign": "", "interaction": "receive_email"},
    "interact_with_card": {"card": "", "interaction": "click_card"},
    "custom_event": {"name": ""},
    "change_attribute": {"name": ""},
    "change_subscription": {"channel": "email"},
}
_WINDOW = "3 days"


def add_row(tree: dict[str, object], path: Path, kind: str) -> None:
    """Add a row in place to the list at a path; `kind` is the tag of a trigger, where the list has kinds."""
    rows = find(tree, path)
    count = len(rows) if isinstance(rows, list) else 0
    if count < MOST_ROWS:
        put(tree, (*path, count), _new(path, kind))


def _new(path: Path, kind: str) -> dict[str, object]:
    match path[-1]:
        case "triggers" | "exceptions":
            return {_known(kind): deepcopy(_NEW.get(_known(kind), {}))}
        case "conversions":
            tag = kind if kind in CONVERSIONS else "make_purchase"
            return {tag: deepcopy(_NEW.get(tag, {})), "window": _WINDOW}
        case _:
            return {"id": "", "text": ""}


def _known(kind: str) -> str:
    return kind if kind in TRIGGERS else "make_purchase"
