"""Whether the content of a campaign or card can be shown: what a launch still needs (L2).

One rule: every problem is told at once, each with the path of its field and how to mend it.
Not here: the rest of a campaign or card (`core.validation`).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import assert_never

import msgspec
from msgspec.structs import replace

from ensue.content.card import ADDRESSES, TEXTS, names_of_card
from ensue.content.context import Context, context_of
from ensue.content.email import EmailSettings
from ensue.content.fetching import Fetch, silent
from ensue.content.links import Tracker, is_web_address
from ensue.content.liquid import Aborted, TemplateFault, render_text
from ensue.content.render import Content, render_content, variations
from ensue.core.contents import Button, Email, InAppMessage, Push, Webhook
from ensue.core.effects import Message
from ensue.core.records import Campaign, Card
from ensue.core.state import UserState
from ensue.core.words import CHANNELS
from ensue.errors import Problem

_TRACKER = Tracker("nobody's secret", "https://check.invalid")
_SETTINGS = EmailSettings(sender="Somebody <somebody@check.invalid>")
_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
_SCHEME = re.compile("https?://", re.IGNORECASE)
_ATTRIBUTES = {
    "first_name": "Ana",
    "last_name": "Andersson",
    "email": "ana@example.com",
    "phone": "+46700000000",
    "country": "SE",
    "city": "Uppsala",
    "language": "sv",
    "gender": "F",
    "time_zone": "Europe/Stockholm",
    "date_of_birth": "1990-05-17",
}


def check_content(one: Campaign | Card, fetch: Fetch = silent) -> list[Problem]:
    """Render every template with an invented user and return what is wrong, in the order of the fields.

    `fetch` tells whether a template may ask a server; it must ask nobody.
    Paths begin at the definition: `title`, `channels.email.html`, `variations[1].channels.email.subject`.
    """
    return _check_card(one) if isinstance(one, Card) else _check_campaign(one, fetch)


def somebody() -> UserState:
    """Return the invented user that content is tried with."""
    return UserState(user="ana", first_seen_at=_AT, attributes=dict(_ATTRIBUTES), devices={"token": "web"})


def _check_campaign(campaign: Campaign, fetch: Fetch) -> list[Problem]:
    problems: list[Problem] = []
    for number, (name, channels) in enumerate(variations(campaign)):
        prefix = f"variations[{number}].channels" if campaign.variations else "channels"
        for channel in CHANNELS:
            content: Content | None = getattr(channels, channel)
            if content is None:
                continue
            message = Message(
                id=f"{campaign.id}.check.{channel}",
                entry="check",
                user="ana",
                campaign=campaign.id,
                version=1,
                variation=name,
                channel=channel,
                created_at=_AT,
            )
            problems += _check(content, context_of(campaign, message, somebody(), fetch), f"{prefix}.{channel}")
    return problems


def _check(content: Content, context: Context, path: str) -> list[Problem]:
    """Return what is missing, and which templates fail; if none does, what is wrong with the whole."""
    problems = list(_missing(content, path))
    problems += [
        fault.problem(path) for field, text in _texts(content) if (fault := _fault(field, text, context.names))
    ]
    if problems:
        return problems
    try:
        render_content(_tried(content), context, tracker=_TRACKER, settings=_SETTINGS)
    except Aborted:
        return []
    except TemplateFault as fault:
        return [fault.problem(path)]
    return []


def _tried(content: Content) -> Content:
    """Return the content with addresses that may depend on the real user out of the way."""
    match content:
        case Email():
            return replace(content, from_=_constant(content.from_), reply_to=_constant(content.reply_to))
        case Webhook():
            return replace(content, url=_constant(content.url) or "https://check.invalid")
        case _:
            return content


def _constant(template: str | None) -> str | None:
    return template if template is not None and "{" not in template else None


def _texts(content: Content) -> Iterator[tuple[str, str]]:
    """Yield each text of the content with its field, named as in a file."""
    found: list[tuple[str, object]] = [("", msgspec.to_builtins(content))]
    while found:
        field, value = found.pop(0)
        if isinstance(value, str):
            yield field, value
        elif isinstance(value, dict):
            found[:0] = [(f"{field}.{name}".lstrip("."), inner) for name, inner in value.items()]
        elif isinstance(value, (list, tuple)):
            found[:0] = [(f"{field}[{number}]", inner) for number, inner in enumerate(value)]


def _fault(field: str, text: str, names: Mapping[str, object]) -> TemplateFault | None:
    try:
        render_text(text, names, field=field)
    except Aborted:
        return None
    except TemplateFault as fault:
        return fault
    return None


# ---------------------------------------------------------------- what a card needs


def _check_card(card: Card) -> list[Problem]:
    problems = []
    if not card.title.strip() and not card.image:
        problems.append(_problem("title", "a card needs a title or an image", "Give one of them."))
    names = names_of_card(card, somebody(), _AT)
    for field in TEXTS:
        text: str = getattr(card, field) or ""
        if fault := _fault(field, text, names):
            problems.append(fault.problem())
        elif text and field in ADDRESSES:
            problems += _bad_address(text, field)
    return problems


# ---------------------------------------------------------------- what each channel needs


def _missing(content: Content, path: str) -> Iterator[Problem]:
    match content:
        case Email():
            yield from _missing_in_email(content, path)
        case Push():
            if not content.title and not content.body:
                yield _problem(f"{path}.title", "a push message needs a title or a body", "Write one of them.")
            for number, action in enumerate(content.actions):
                if not action.text:
                    yield _problem(f"{path}.actions[{number}].text", "the button has no text", "Write what it does.")
        case InAppMessage():
            yield from _missing_in_app(content, path)
        case Webhook():
            yield from _bad_address(content.url, f"{path}.url")
        case _:
            assert_never(content)


def _missing_in_email(content: Email, path: str) -> Iterator[Problem]:
    if not content.subject.strip():
        yield _problem(f"{path}.subject", "an e-mail needs a subject", "Write one.")
    if not (content.html or content.mjml or content.text):
        yield _problem(f"{path}.html", "an e-mail needs something to read", "Give html, mjml or text.")
    if content.html and content.mjml:
        message, hint = "an e-mail has html or mjml, not both", "Leave one of them out."
        yield Problem(code="two_bodies", path=f"{path}.mjml", message=message, hint=hint)


def _missing_in_app(content: InAppMessage, path: str) -> Iterator[Problem]:
    if content.layout == "html" and not content.html:
        yield _problem(f"{path}.html", "the layout `html` needs html", "Write it, or take another layout.")
    if content.layout != "html" and not (content.heading or content.body or content.image):
        message = f"the layout `{content.layout}` needs a heading, a body or an image"
        yield _problem(f"{path}.body", message, "Write one of them.")
    seen: set[str] = set()
    for number, button in enumerate(content.buttons):
        yield from _wrong_in_button(button, f"{path}.buttons[{number}]")
        if button.id in seen:
            message, hint = f"two buttons have the id '{button.id}'", "Give each its own."
            yield Problem(code="duplicate", path=f"{path}.buttons[{number}].id", message=message, hint=hint)
        seen.add(button.id)


def _wrong_in_button(button: Button, path: str) -> Iterator[Problem]:
    if not button.text:
        yield _problem(f"{path}.text", "the button has no text", "Write what it does.")
    actions = [name for name in ("link", "close", "log_event") if getattr(button, name)]
    if len(actions) > 1:
        message = f"the button has {len(actions)} actions: {', '.join(actions)}"
        yield Problem(code="two_actions", path=path, message=message, hint="Keep one; without any it closes.")


def _bad_address(address: str, path: str) -> Iterator[Problem]:
    """Yield a problem for an address that can be none; what depends on the user is seen when it is rendered."""
    if address.startswith("{"):
        return
    fixed, brace, _ = address.partition("{")
    if not (_SCHEME.match(fixed) if brace else is_web_address(address)):
        message, hint = f"{address!r} is not an http(s) address", "Begin with https://."
        yield Problem(code="bad_address", path=path, message=message, hint=hint)


def _problem(path: str, message: str, hint: str) -> Problem:
    return Problem(code="missing", path=path, message=message, hint=hint)
