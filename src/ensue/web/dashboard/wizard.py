"""The wizard: a campaign in five steps, each with an address of its own, the draft saved at each.

One rule: what is refused is shown again as it was typed, with what is wrong beside it; nothing that was typed is lost.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec.structs import replace

from ensue.codec.dump import dump
from ensue.core.contents import Channels, Email, InAppMessage, Push, Webhook
from ensue.core.records import Campaign, External
from ensue.core.words import CHANNELS
from ensue.errors import Problem, Rejected
from ensue.ports import Store
from ensue.services.audiences import QUICK, THOROUGH
from ensue.services.definitions import load_campaign
from ensue.web.dashboard.forms.compose import even, rescale, unvary, vary
from ensue.web.dashboard.forms.paths import parse
from ensue.web.dashboard.forms.steps import STEPS, Step, Tree, find_step, opened, step_after, step_of
from ensue.web.dashboard.forms.working import rearranged, untold, worked
from ensue.web.dashboard.pages import audit, fragment, redirect, render
from ensue.web.dashboard.previewing import Asked, asked_of
from ensue.web.dashboard.submitted import Form, Submitted
from ensue.web.dashboard.wizard_page import Draft, estimate_of, preview_of, sentence, show_step, words_for
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

LONGEST_ID = 50
Answer = Response[str] | Response[None]


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a new campaign; without an id it gets one from its name."""

    name: str = ""
    id: str = ""
    channels: tuple[str, ...] = ()
    external: bool = False


# ---------------------------------------------------------------- a new campaign


@get("/campaigns/new", role="editor", sync_to_thread=True)
def show_new(site: Shared, request: AnyRequest, channel: FromQuery[str] = "email") -> Response[str]:
    """Ask what the campaign is called, and by which channels it goes."""
    return _new(site, request, Begun(channels=(channel,)))


@post("/campaigns/new", role="editor", sync_to_thread=True)
def create_campaign(site: Shared, request: AnyRequest, form: Form) -> Answer:
    """Make a draft, and go on to its content."""
    begun = Begun(
        name=form.text("name"),
        id=form.text("id"),
        channels=tuple(form.texts("channel")),
        external=form.text("external") == "yes",
    )
    identifier = begun.id or _free_id(site, begun.name)
    problems = _bad_beginning(begun.name, identifier)
    try:
        if not problems:
            site.definitions.create_campaign(_campaign(identifier, begun))
    except Rejected as error:
        problems = list(error.problems)
    if problems:
        return _new(site, request, begun, problems)
    audit(site, request, "create", f"campaign {identifier}")
    return redirect(_address(identifier, STEPS[1] if begun.external else STEPS[0]))


def _campaign(identifier: str, begun: Begun) -> Campaign:
    """Return the draft: with the channels that it is written for, or that another system sends it by (B8)."""
    if begun.external:
        claimed = tuple(channel for channel in CHANNELS if channel in begun.channels)
        return Campaign(id=identifier, name=begun.name, delivery=External(channels=claimed))
    return Campaign(id=identifier, name=begun.name, channels=_channels(begun.channels))


def _new(site: Site, request: AnyRequest, begun: Begun, problems: Sequence[Problem] = ()) -> Response[str]:
    status = HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK
    return render(request, site, "wizard_new.html", title="New campaign", status=status, problems=problems, begun=begun)


def _channels(names: Sequence[str]) -> Channels | None:
    if not names:
        return None
    return Channels(
        email=Email() if "email" in names else None,
        push=Push() if "push" in names else None,
        in_app_message=InAppMessage() if "in_app_message" in names else None,
        webhook=Webhook() if "webhook" in names else None,
    )


def _bad_beginning(name: str, identifier: str) -> list[Problem]:
    if not name:
        return [Problem(code="missing_key", path="name", message="a campaign needs a name", hint="Write one.")]
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", identifier):
        return []
    hint = "Use small letters, digits and hyphens, at most 64."
    return [Problem(code="wrong_format", path="id", message=f"'{identifier}' is no id", hint=hint)]


def _free_id(site: Site, name: str) -> str:
    """Return an id made from a name that nobody has yet."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_ID] or "campaign"

    def read(store: Store) -> set[str]:
        return {one.id for one in store.catalog.campaigns()} | {one.id for one in store.catalog.cards()}

    taken = site.runner.read(read)
    numbered = (f"{slug}-{number}" for number in range(2, len(taken) + 3))
    return next(one for one in (slug, *numbered) if one not in taken)


# ---------------------------------------------------------------- the steps


@get("/campaigns/{campaign:str}/edit", role="editor", sync_to_thread=False)
def show_first_step(campaign: FromPath[str]) -> Response[None]:
    """Lead to the first step."""
    return redirect(_address(campaign, STEPS[0]))


@get("/campaigns/{campaign:str}/edit/{step:str}", role="editor", sync_to_thread=True)
def show_wizard(
    site: Shared,
    request: AnyRequest,
    campaign: FromPath[str],
    step: FromPath[str],
    *,
    check: FromQuery[str | None] = None,
) -> Response[str]:
    """Show a step; with `check`, beside its fields stands what a launch still needs."""
    found = _step(step)
    draft = _draft(site, campaign)
    if check is not None:
        problems = site.definitions.check(draft.state.versions[-1].campaign)[0]
        draft = replace(draft, problems=[one for one in problems if step_of(one.path) is found])
    return show_step(request, site, found, draft, asked=Asked())


@post("/campaigns/{campaign:str}/edit/{step:str}", role="editor", status_code=200, sync_to_thread=True)
def save_wizard(site: Shared, request: AnyRequest, form: Form, campaign: FromPath[str], step: FromPath[str]) -> Answer:
    """Save a step and go where its button says; or change its rows, and show it again."""
    found = _step(step)
    saved = _draft(site, campaign)
    draft = _worked(saved, form)
    do = form.text("do", "save")
    if _is_rearranged(draft.tree, form) or do == "show":
        return show_step(request, site, found, draft, asked=asked_of(_fields(form)))
    if do == "count":
        return show_step(request, site, found, draft, asked=Asked(), seconds=THOROUGH)
    if do == "launch":
        return _launch(site, request, saved, form)
    rescaled = _rescale(saved, draft, found)
    try:
        _save(site, draft, saved)
    except Rejected as error:
        return show_step(request, site, found, replace(draft, problems=error.problems), asked=asked_of(_fields(form)))
    audit(site, request, "save", f"campaign {campaign}", found.title)
    said = "The shares of the variations were adapted to the control group. " if rescaled else ""
    return redirect(_next_address(campaign, found, do), flash=f"{said}Saved." if do == "save" or said else "")


def _save(site: Site, draft: Draft, saved: Draft) -> None:
    blanks = untold(Campaign, draft.tree, saved.tree)
    try:
        definition = draft.definition()
    except Rejected as error:
        known = {one.path for one in blanks}
        raise Rejected([*blanks, *(one for one in error.problems if one.path not in known)]) from None
    if blanks:
        raise Rejected(blanks)
    site.definitions.save_campaign(definition)


def _launch(site: Site, request: AnyRequest, draft: Draft, form: Submitted) -> Answer:
    """Launch the campaign, together with the follow-ons that were ticked, all or none."""
    ids = [*form.texts("follow_on"), draft.state.id]
    try:
        site.launching.move("launch", ids)
    except Rejected as error:
        problems = [replace(one, path=one.path.removeprefix(f"{draft.state.id}: ")) for one in error.problems]
        return show_step(request, site, STEPS[-1], replace(draft, problems=problems), asked=Asked())
    for one in ids:
        audit(site, request, "launch", f"campaign {one}")
    name = draft.state.versions[-1].campaign.name or draft.state.id
    more = f", with {len(ids) - 1} that follow on it" if len(ids) > 1 else ""
    return redirect(f"/dashboard/campaigns/{draft.state.id}", flash=f"“{name}” is launched{more}.")


# ---------------------------------------------------------------- parts of a page, fetched while somebody types


@post("/campaigns/{campaign:str}/preview", role="editor", status_code=200, sync_to_thread=True)
def show_preview(site: Shared, request: AnyRequest, form: Form, campaign: FromPath[str]) -> Response[str]:
    """Show what a user would get of the campaign as it is being typed."""
    draft, asked = _worked(_draft(site, campaign), form), asked_of(_fields(form))
    shown = preview_of(request, site, draft, asked)
    return fragment(request, site, "preview.html", preview=shown, asked=asked, view=draft.view)


@post("/campaigns/{campaign:str}/sentence", role="editor", status_code=200, sync_to_thread=True)
def show_sentence(site: Shared, request: AnyRequest, form: Form, campaign: FromPath[str]) -> Response[str]:
    """Say in plain words what will happen with the delivery as it is being chosen."""
    draft = _worked(_draft(site, campaign), form)
    return fragment(request, site, "sentence.html", sentence=sentence(draft))


@post("/campaigns/{campaign:str}/estimate", role="editor", status_code=200, sync_to_thread=True)
def show_estimate(site: Shared, request: AnyRequest, form: Form, campaign: FromPath[str]) -> Response[str]:
    """Say how many users the audience holds as it is being chosen."""
    draft = _worked(_draft(site, campaign), form)
    return fragment(request, site, "estimate.html", estimate=estimate_of(site, draft, seconds=QUICK))


HANDLERS: list[HTTPRouteHandler] = [
    show_new,
    create_campaign,
    show_first_step,
    show_wizard,
    save_wizard,
    show_preview,
    show_sentence,
    show_estimate,
]


# ---------------------------------------------------------------- forms and drafts


def _draft(site: Site, campaign: str) -> Draft:
    def read(store: Store) -> Draft:
        state = load_campaign(store.catalog, campaign)
        return Draft(
            state=state,
            tree=opened(dump(state.versions[-1].campaign)),
            words=words_for(store, campaign),
            zone=ZoneInfo(store.catalog.workspace().time_zone),
        )

    return site.runner.read(read)


def _worked(draft: Draft, form: Submitted) -> Draft:
    return replace(draft, tree=worked(Campaign, draft.tree, _fields(form), draft.zone))


def _fields(form: Submitted) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in form.pairs:
        fields.setdefault(name, []).append(value)
    return fields


def _is_rearranged(tree: Tree, form: Submitted) -> bool:
    """Carry out in place what a button asks of the rows; say whether one did."""
    verb, _, place = form.text("do").partition(" ")
    match verb, parse(place):
        case "vary", _:
            vary(tree)
        case "even", _:
            even(tree)
        case "remove", ("variations", int(index)):
            unvary(tree, index)
        case _:
            return rearranged(tree, _fields(form))
    return True


def _rescale(saved: Draft, draft: Draft, step: Step) -> bool:
    before = saved.tree.get("control_group", 0)
    return step.name == "goals" and isinstance(before, int | float) and rescale(draft.tree, before)


def _step(name: str) -> Step:
    found = find_step(name)
    if found is None:
        raise NotFoundException
    return found


def _next_address(campaign: str, step: Step, do: str) -> str:
    verb, _, name = do.partition(" ")
    if verb == "leave":
        return f"/dashboard/campaigns/{campaign}"
    if verb == "go":
        return _address(campaign, find_step(name) or step)
    return _address(campaign, step_after(step) if verb == "next" else step)


def _address(campaign: str, step: Step) -> str:
    return f"/dashboard/campaigns/{campaign}/edit/{step.name}"
