"""Previews in the wizard: what one user, chosen or invented, would get of a campaign by each channel.

One rule: what is shown is what would be sent (`services.messaging`); a letter stands in a frame that may do nothing.
"""

from collections.abc import Mapping

import msgspec

from ensue.codec.dump import dump
from ensue.content.render import variations
from ensue.core.records import Campaign
from ensue.core.words import CHANNELS
from ensue.errors import Problem, Rejected
from ensue.web.dashboard.forms.filling import Submitted
from ensue.web.dashboard.forms.paths import find, parse
from ensue.web.dashboard.letters import Letters
from ensue.web.site import Site

AROUND = 1
"""Lines of a template that are shown before and after a wrong one."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Whose preview, of which variation; an empty user is an invented one, an empty variation the user's own."""

    user: str = ""
    variation: str = ""


class Line(msgspec.Struct, frozen=True):
    """One line of a template beside a problem."""

    number: int
    text: str
    is_wrong: bool


def asked_of(form: Submitted) -> Asked:
    """Return whose preview a form asks for."""
    return Asked(
        user=(form.get("preview_user") or [""])[-1].strip(), variation=(form.get("preview_variation") or [""])[-1]
    )


def previewed(site: Site, campaign: Campaign, asked: Asked, letters: Letters) -> dict[str, object]:
    """Return what the template of a preview shows."""
    names = [name for name, _ in variations(campaign)]
    if not names:
        return {"names": [], "channels": {}}
    variation = asked.variation if asked.variation in names else None
    try:
        user = site.people.load(asked.user) if asked.user else None
        preview = site.messaging.preview(campaign, user, variation, {})
    except Rejected as error:
        return {"problems": error.problems, "names": names, "channels": {}}
    definition = dump(campaign)
    return {
        "names": names,
        "preview": preview,
        "channels": {
            name: _shown(preview.channels[name], definition, letters) for name in CHANNELS if name in preview.channels
        },
    }


def _shown(content: Mapping[str, object], definition: Mapping[str, object], letters: Letters) -> dict[str, object]:
    problem, html = content.get("problem"), content.get("html")
    found = dict(content)
    if isinstance(problem, Problem):
        found["lines"] = excerpt(str(find(definition, parse(problem.path)) or ""), problem.line)
    elif isinstance(html, str) and html:
        found["letter"] = letters.keep(html)
    return found


def excerpt(text: str, line: int | None) -> list[Line]:
    """Return the lines of a text around one, which counts from 1."""
    if line is None:
        return []
    lines = text.splitlines()
    first, last = max(1, line - AROUND), min(len(lines), line + AROUND)
    return [Line(number, lines[number - 1], number == line) for number in range(first, last + 1)]
