"""The settings of the workspace, and the log of what was changed.

One rule: everybody may read the settings; changing them takes an owner.
"""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery
from msgspec.structs import replace

from ensue.codec.build import build
from ensue.core.records import FrequencyCap, Workspace
from ensue.errors import Problem, Rejected
from ensue.web.dashboard.pages import audit, redirect, render
from ensue.web.dashboard.submitted import Form, Submitted
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

SHOWN = 50
WORKSPACE = "/dashboard/settings/workspace"
CHANNELS = (("any", "any channel"), ("email", "e-mail"), ("push", "push"), ("webhook", "webhook"))
WINDOWS = (("days", "calendar days"), ("minutes", "minutes"))
COLUMNS = ("at_most", "channel", "length", "window", "tag")


class CapRow(msgspec.Struct, frozen=True, kw_only=True):
    """A frequency cap as the form shows it: everything is text."""

    at_most: str = ""
    channel: str = "any"
    length: str = ""
    window: str = "days"
    tag: str = ""


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """The form as it is filled: everything is text."""

    time_zone: str
    global_control_group: str
    caps: tuple[CapRow, ...]


@get("/settings", role="viewer", sync_to_thread=False)
def show_settings() -> Response[None]:
    """Lead to the first of the settings."""
    return redirect(WORKSPACE)


@get("/settings/workspace", role="viewer", sync_to_thread=True)
def show_workspace(site: Shared, request: AnyRequest) -> Response[str]:
    """Show time zone, frequency caps and the global control group."""
    found = site.runner.read(lambda store: store.catalog.workspace())
    filled = Filled(
        time_zone=found.time_zone,
        global_control_group=f"{found.global_control_group:g}",
        caps=tuple(map(_row_of, found.frequency_caps)),
    )
    return _workspace(site, request, filled)


@post("/settings/workspace", role="owner", sync_to_thread=True, status_code=200)
def save_workspace(site: Shared, request: AnyRequest, form: Form) -> Response[str] | Response[None]:
    """Save them, or show the form with a row more or less."""
    filled = filled_of(form)
    if form.has("add"):
        return _workspace(site, request, replace(filled, caps=(*filled.caps, CapRow())))
    if form.has("remove"):
        left = [row for place, row in enumerate(filled.caps) if str(place) != form.text("remove")]
        return _workspace(site, request, replace(filled, caps=tuple(left)))
    try:
        saved = site.definitions.save_workspace(build(Workspace, data_of(filled)))
    except Rejected as refusal:
        return _workspace(site, request, filled, refusal.problems)
    detail = f"{saved.time_zone}, {len(saved.frequency_caps)} caps, {saved.global_control_group:g} % control"
    audit(site, request, "saved", "the settings of the workspace", detail)
    return redirect(WORKSPACE, flash="Saved. What is decided from now on follows it.")


@get("/settings/changes", role="owner", sync_to_thread=True)
def show_changes(site: Shared, request: AnyRequest, before: FromQuery[int | None] = None) -> Response[str]:
    """Show who changed what, the latest first."""
    found = site.staff.changes(before=before, limit=SHOWN + 1)
    following = found[SHOWN - 1].number if len(found) > SHOWN else None
    return render(request, site, "changes.html", title="Changes", changes=found[:SHOWN], following=following)


HANDLERS: list[HTTPRouteHandler] = [show_settings, show_workspace, save_workspace, show_changes]


def _workspace(site: Site, request: AnyRequest, filled: Filled, problems: Sequence[Problem] = ()) -> Response[str]:
    return render(
        request,
        site,
        "workspace.html",
        title="Workspace",
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        problems=problems,
        filled=filled,
        channels=CHANNELS,
        windows=WINDOWS,
    )


# ---------------------------------------------------------------- the form and what it stands for


def filled_of(form: Submitted) -> Filled:
    """Return the form as it was filled: the columns of the caps come side by side, in order."""
    columns = [[value.strip() for key, value in form.pairs if key == name] for name in COLUMNS]
    rows = [CapRow(**dict(zip(COLUMNS, values, strict=True))) for values in zip(*columns, strict=False)]
    return Filled(
        time_zone=form.text("time_zone"), global_control_group=form.text("global_control_group"), caps=tuple(rows)
    )


def data_of(filled: Filled) -> dict[str, object]:
    """Return the settings as they are written over the API, for `build` to judge."""
    return {
        "time_zone": filled.time_zone,
        "global_control_group": _number(filled.global_control_group or "0"),
        "frequency_caps": [_cap_of(row) for row in filled.caps],
    }


def _row_of(cap: FrequencyCap) -> CapRow:
    return CapRow(
        at_most=str(cap.at_most),
        channel=cap.channel,
        length=str(cap.minutes or cap.days or ""),
        window="minutes" if cap.minutes else "days",
        tag=cap.tag or "",
    )


def _cap_of(row: CapRow) -> dict[str, object]:
    """Return a cap as it is written in the files, for `build` to judge."""
    window = "minutes" if row.window == "minutes" else "days"
    tag = {"tag": row.tag} if row.tag else {}
    return {"at_most": _number(row.at_most), "channel": row.channel, window: _number(row.length), **tag}


def _number(text: str) -> object:
    """Return the number that a text is, or the text, which is then refused where a number belongs."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return text
    return int(value) if value.is_integer() else value
