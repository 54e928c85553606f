"""Pages of the dashboard: a template and its values in, a document out; and where to go after a form.

One rule: a page loads nothing but our own style sheet and script, and runs nothing that stands in the page itself.

    render(request, site, "campaigns.html", title="Campaigns", rows=rows)     a whole page
    fragment(request, site, "campaign_rows.html", rows=rows)                  a part, for `data-live` and `data-preview`
    redirect("/dashboard/campaigns", flash="Saved.")                          after a form: 303, and a word at the top
    framed(html)                                                              a letter, for <iframe src=… sandbox>
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import Literal
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Response
from litestar.datastructures import Cookie

from ensue.errors import Problem
from ensue.services.terms import capital
from ensue.web.dashboard.assets import address
from ensue.web.dashboard.forms.menus import MENUS
from ensue.web.dashboard.guard import find_operator, may, operator_of
from ensue.web.dashboard.wording import ago, amount, moment, number, percent
from ensue.web.problems import AnyRequest
from ensue.web.site import Site

HOME = "/dashboard"
FLASH = "ensue_flash"
FLASH_SECONDS = 60
LONGEST_FLASH = 500
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FRAMED = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""A letter may bring its own style, and nothing else: no script, no form, no picture from elsewhere."""
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}

Kind = Literal["good", "bad"]


class Section(msgspec.Struct, frozen=True):
    """A place in the navigation, with its picture among the icons."""

    name: str
    path: str
    icon: str


SECTIONS = (
    Section("Campaigns", "/dashboard/campaigns", "send"),
    Section("Map", "/dashboard/map", "map"),
    Section("Cards", "/dashboard/cards", "card"),
    Section("Segments", "/dashboard/segments", "segment"),
    Section("Users", "/dashboard/users", "users"),
    Section("Activity", "/dashboard/activity", "pulse"),
    Section("Settings", "/dashboard/settings", "gear"),
)


@cache
def templates() -> Environment:
    """Return the templates; a name that is not given is a fault, not an empty place."""
    found = Environment(
        loader=PackageLoader("ensue.web.dashboard"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    words = {"number": number, "amount": amount, "percent": percent}
    found.filters |= {**words, "merged": _merged, "capital": capital}
    found.globals |= {**words, **MENUS, "sections": SECTIONS, "asset": address, "problem_at": problem_at}
    return found


def problem_at(problems: Sequence[Problem], path: str) -> str:
    """Return what is wrong at a path, in one line, for the field that stands for it."""
    return " ".join(f"{capital(one.message)}. {one.hint}" for one in problems if one.path == path)


def _merged(defaults: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """Return attributes as `xmlattr` writes them: a true one stands by its name, a false one is left out."""
    merged = {**defaults, **given}
    return {name: "" if value is True else None if value is False else value for name, value in merged.items()}


def render(
    request: AnyRequest,
    site: Site,
    template: str,
    *,
    title: str,
    status: HTTPStatus = HTTPStatus.OK,
    problems: Sequence[Problem] = (),
    **values: object,
) -> Response[str]:
    """Return a page; `problems` are shown above its content, and beside the fields of their paths."""
    flash = read_flash(request)
    text = _filled(request, site, template, {"title": title, "problems": problems, "flash": flash, **values})
    response = Response(text, status_code=status, media_type=MediaType.HTML, headers=HEADERS)
    if flash is not None:
        response.delete_cookie(FLASH, path=HOME)
    return response


def fragment(request: AnyRequest, site: Site, template: str, **values: object) -> Response[str]:
    """Return a part of a page, which replaces what a region holds."""
    return Response(_filled(request, site, template, values), media_type=MediaType.HTML, headers=HEADERS)


def framed(html: str) -> Response[str]:
    """Return a document of somebody else's making, to be shown in a sandboxed frame of a page."""
    headers = {**HEADERS, "Content-Security-Policy": FRAMED, "X-Frame-Options": "SAMEORIGIN"}
    return Response(html, media_type=MediaType.HTML, headers=headers)


def redirect(path: str, *, flash: str = "", kind: Kind = "good") -> Response[None]:
    """Lead on to a page after a form; `flash` is said at its top, once."""
    response = Response(None, status_code=HTTPStatus.SEE_OTHER, headers={"Location": path, "Cache-Control": "no-store"})
    if flash:
        said = quote(json.dumps({"text": flash[:LONGEST_FLASH], "kind": kind}))
        response.set_cookie(
            Cookie(key=FLASH, value=said, path=HOME, max_age=FLASH_SECONDS, httponly=True, samesite="lax")
        )
    return response


def read_flash(request: AnyRequest) -> Mapping[str, str] | None:
    """Return what was to be said on the next page."""
    try:
        found = json.loads(unquote(request.cookies.get(FLASH, "")))
        return {"text": str(found["text"])[:LONGEST_FLASH], "kind": "bad" if found["kind"] == "bad" else "good"}
    except (ValueError, TypeError, KeyError):
        return None


def audit(site: Site, request: AnyRequest, action: str, target: str, detail: str = "") -> None:
    """Keep that somebody did something: `audit(site, request, "launch", "campaign hello")`."""
    site.staff.log(operator_of(request).name, action, target, detail)


def _filled(request: AnyRequest, site: Site, template: str, values: Mapping[str, object]) -> str:
    operator = find_operator(request)
    now = site.clock.now()
    zone = ZoneInfo(site.runner.plan.workspace.time_zone)

    def allowed(role: str) -> bool:
        return operator is not None and may(operator, role)

    def time(at: datetime | None, *, seconds: bool = False) -> str:
        return moment(at, zone, seconds=seconds)

    shared = {
        "operator": operator,
        "may": allowed,
        "now": now,
        "zone": zone.key,
        "path": request.url.path,
        "time": time,
        "ago": lambda at: ago(at, now),
    }
    return templates().get_template(template).render({**shared, **values})
