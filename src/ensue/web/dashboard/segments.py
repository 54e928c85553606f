"""Segments: the list with sizes, who is in, and the form with the filter builder.

One rule: a size is counted when it is looked at, for a limited time; what the time does not allow is said.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.codec.yaml import dump_yaml, load_documents
from ensue.core.conditions import Audience
from ensue.core.records import Segment
from ensue.core.validation import nearest
from ensue.errors import Problem, Rejected, rejected
from ensue.ports import Store
from ensue.services.audiences import THOROUGH, Audiences
from ensue.services.filter_wording import filter_words
from ensue.services.searching import Searching
from ensue.services.usage import Use, uses_of
from ensue.web.dashboard.choices import fields_of, free_id, refuse, vocabulary
from ensue.web.dashboard.forms.paths import unmarked
from ensue.web.dashboard.forms.view import View
from ensue.web.dashboard.forms.working import rearranged, untold, worked
from ensue.web.dashboard.pages import audit, fragment, redirect, render
from ensue.web.dashboard.paging import paged
from ensue.web.dashboard.submitted import Form, Submitted
from ensue.web.dashboard.users import known_of, telling_of, user_path
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

SEGMENTS = "/dashboard/segments"
PAGE = 25
BRIEFLY = 0.1
"""Seconds for the size, and once more for the members, where a page shows both."""
NEW: Mapping[str, object] = {"kind": "segment"}


@get("/segments", role="viewer", sync_to_thread=True)
def show_segments(site: Shared, request: AnyRequest, page: FromQuery[int] = 1) -> Response[str]:
    """List segments with their sizes."""
    segments = paged(site.runner.read(lambda store: store.catalog.segments()), page, {})
    names = telling_of(site).names
    asked = [Audience(segments=(one.id,)) for one in segments.rows]
    sizes = Audiences(site.runner, site.clock).estimates(asked)
    words = [filter_words(one.filter, names) if one.filter else "everyone" for one in segments.rows]
    return render(
        request,
        site,
        "segments.html",
        title="Segments",
        paged=segments,
        rows=list(zip(segments.rows, words, sizes, strict=True)),
        total=site.runner.read(lambda store: store.journal.count_users()),
    )


@get("/segments/new", role="editor", sync_to_thread=True)
def new_segment(site: Shared, request: AnyRequest) -> Response[str]:
    """Show the form of a new segment."""
    return _form(site, request, None, NEW)


@post("/segments/new", role="editor", sync_to_thread=True, status_code=200)
def create_segment(site: Shared, request: AnyRequest, form: Form) -> Response[str] | Response[None]:
    """Save a new segment."""
    return _save(site, request, None, form)


@post("/segments/size", role="editor", sync_to_thread=True, status_code=200)
def preview_size(site: Shared, request: AnyRequest, form: Form) -> Response[str]:
    """Return how many users the form that is being filled in holds."""
    try:
        segment = build(Segment, unmarked({**worked(Segment, NEW, fields_of(form), _zone(site)), "id": "preview"}))
        size = Audiences(site.runner, site.clock).estimate(Audience(filter=segment.filter))
    except Rejected as error:
        return fragment(request, site, "segment_size.html", size=None, problems=error.problems)
    return fragment(request, site, "segment_size.html", size=size, problems=())


@get("/segments/{segment:str}", role="viewer", sync_to_thread=True)
def show_segment(
    site: Shared, request: AnyRequest, segment: FromPath[str], after: FromQuery[str] = ""
) -> Response[str]:
    """Show a segment: what it asks, how many are in, and who."""
    one = load_segment(site, segment)
    audience = Audience(segments=(one.id,))
    seconds = THOROUGH if "exact" in request.query_params else BRIEFLY
    found = Searching(site.runner, site.clock).members(audience, after=after, limit=PAGE, seconds=BRIEFLY)
    return render(
        request,
        site,
        "segment.html",
        title=one.name or one.id,
        segment=one,
        words=filter_words(one.filter, telling_of(site).names) if one.filter else "",
        size=Audiences(site.runner, site.clock).estimate(audience, seconds=seconds),
        found=found,
        rows=[(state, user_path(state.user), known_of(state)) for state in found.users],
        onward=f"?after={quote(found.after, safe='')}" if found.after else "",
        is_first=not after,
        uses=site.runner.read(lambda store: _uses(store, one.id)),
    )


@get("/segments/{segment:str}/edit", role="editor", sync_to_thread=True)
def edit_segment(site: Shared, request: AnyRequest, segment: FromPath[str]) -> Response[str]:
    """Show the form of a segment."""
    one = load_segment(site, segment)
    return _form(site, request, one, dump(one))


@post("/segments/{segment:str}/edit", role="editor", sync_to_thread=True, status_code=200)
def save_segment(
    site: Shared, request: AnyRequest, segment: FromPath[str], form: Form
) -> Response[str] | Response[None]:
    """Save a segment anew."""
    return _save(site, request, load_segment(site, segment), form)


HANDLERS: list[HTTPRouteHandler] = [
    show_segments,
    new_segment,
    create_segment,
    preview_size,
    show_segment,
    edit_segment,
    save_segment,
]


def load_segment(site: Site, segment: str) -> Segment:
    """Return a segment, or refuse with the nearest id."""

    def read(store: Store) -> Segment:
        found = {one.id: one for one in store.catalog.segments()}
        if segment not in found:
            message = f"there is no segment '{segment}'"
            raise rejected("unknown_segment", "segment", message, nearest(segment, found))
        return found[segment]

    return site.runner.read(read)


def _uses(store: Store, segment: str) -> list[Use]:
    campaigns = [one for one in store.catalog.campaigns() if one.status != "archived"]
    cards = [one for one in store.catalog.cards() if one.status != "archived"]
    return uses_of(segment, campaigns, cards, store.catalog.segments())


# ---------------------------------------------------------------- the form


def _save(site: Site, request: AnyRequest, one: Segment | None, form: Submitted) -> Response[str] | Response[None]:
    """Save what a form says, or show it again: with a row more or less, or with what is wrong."""
    saved = dump(one) if one else NEW
    if form.text("do") == "yaml":
        return _save_text(site, request, one, form)
    fields = fields_of(form)
    tree = worked(Segment, saved, fields, _zone(site))
    if rearranged(tree, fields) or form.text("do") == "count":
        return _form(site, request, one, tree)
    try:
        if one is None and not tree.get("id"):
            tree["id"] = free_id(site, form.text("name"), "segment")
        refuse(untold(Segment, tree, saved))
        return _saved(site, request, one, build(Segment, unmarked(tree)))
    except Rejected as error:
        return _form(site, request, one, tree, error.problems)


def _save_text(site: Site, request: AnyRequest, one: Segment | None, form: Submitted) -> Response[str] | Response[None]:
    """Save a segment that was written as in the files."""
    text = form.raw("yaml")
    try:
        segment = _read(text, one)
        return _saved(site, request, one, segment)
    except Rejected as error:
        return _form(site, request, one, dump(one) if one else NEW, error.problems, text=text)


def _read(text: str, one: Segment | None) -> Segment:
    documents = load_documents(text)
    if len(documents) != 1 or not isinstance(documents[0], Segment):
        raise rejected("kind", "kind", "the text is not one segment", "Write one document with kind: segment.")
    if one is not None and documents[0].id != one.id:
        raise rejected("id_differs", "id", f"the page is about '{one.id}'", "Leave the id as it is.")
    return documents[0]


def _saved(site: Site, request: AnyRequest, one: Segment | None, segment: Segment) -> Response[None]:
    taken = site.runner.read(lambda store: {other.id for other in store.catalog.segments()})
    if one is None and segment.id in taken:
        raise rejected("id_taken", "id", f"there is a segment '{segment.id}' already", "Choose another id.")
    site.definitions.save_segment(segment)
    audit(site, request, "saved", f"segment {segment.id}")
    return redirect(f"{SEGMENTS}/{segment.id}", flash="Saved. Decisions from now on use it.")


def _form(
    site: Site,
    request: AnyRequest,
    one: Segment | None,
    tree: Mapping[str, object],
    problems: Sequence[Problem] = (),
    *,
    text: str | None = None,
) -> Response[str]:
    view = View(record=Segment, tree=tree, zone=_zone(site), problems=problems, words=vocabulary(site))
    return render(
        request,
        site,
        "segment_form.html",
        title=f"Edit {one.name or one.id}" if one else "New segment",
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        problems=problems,
        segment=one,
        view=view,
        size=_size_of(site, tree),
        yaml=text if text is not None else dump_yaml(one) if one else "kind: segment\nid: \nname: \nfilter: {}\n",
        is_text=text is not None,
    )


def _size_of(site: Site, tree: Mapping[str, object]) -> object:
    """Return how many users a form holds as it is, or nothing while it is not complete."""
    try:
        segment = build(Segment, unmarked({**tree, "id": "preview"}))
    except Rejected:
        return None
    return Audiences(site.runner, site.clock).estimate(Audience(filter=segment.filter))


def _zone(site: Site) -> ZoneInfo:
    return ZoneInfo(site.runner.plan.workspace.time_zone)
