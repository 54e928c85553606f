"""The workspace as a whole over the API: settings, several definitions at once, runs, status, keys.

One rule: what concerns several definitions happens for all of them or for none.
"""

from datetime import datetime
from typing import Annotated, assert_never

import msgspec
from litestar import delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from ensue.codec.build import build
from ensue.codec.documents import Definition, Document, read_document
from ensue.codec.dump import dump
from ensue.codec.scenario import Scenario
from ensue.core.records import Campaign, Card, Segment, Status, Workspace
from ensue.core.validation import segment_problems
from ensue.errors import Rejected
from ensue.ports import Key, Run, Store
from ensue.services.definitions import known
from ensue.services.holding import Saved
from ensue.web.bodies import JsonBody
from ensue.web.campaigns import Checked
from ensue.web.site import Shared, Site

MOST = 1000
"""Definitions in one request."""


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    """Definitions that belong together and may refer to one another.

    `expected` gives digests by name, as in `campaign/newsletter`: what Ensue must hold by now, null for nothing, so
    that nobody's change is lost. With `dry_run` nothing is saved.
    """

    definitions: Annotated[tuple[Definition, ...], Meta(min_length=1, max_length=MOST)]
    expected: dict[str, str | None] = {}
    dry_run: bool = False


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """How many definitions were saved, or would be, and what became of each."""

    saved: int
    definitions: list[Saved]


class RunList(msgspec.Struct, frozen=True, kw_only=True):
    """Scheduled audiences and how far they are."""

    runs: list[Run]


class CampaignCounts(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign and how many decisions stand at each outcome."""

    id: str
    status: Status
    waiting: int
    sent: int
    control: int
    cancelled: int
    suppressed: int
    refused: int


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduled audience under way."""

    id: str
    campaign: str
    at: datetime
    done: int
    total: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What Ensue holds and does; `outbox` counts the messages that have no answer yet."""

    now: datetime
    users: int
    outbox: int
    campaigns: list[CampaignCounts]
    runs: list[RunLine]


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A key to be made: what it is for, and what it opens."""

    name: str
    scopes: tuple[str, ...]


class KeyLine(msgspec.Struct, frozen=True, kw_only=True):
    """A key, without the key itself."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new key with its secret, which is shown this once."""

    key: KeyLine
    secret: str


class KeyList(msgspec.Struct, frozen=True, kw_only=True):
    """All keys, revoked ones too."""

    keys: list[KeyLine]


# ---------------------------------------------------------------- definitions


@get("/workspace", scope="campaigns:read", sync_to_thread=True, operation_id="read_workspace")
def read_workspace(site: Shared) -> dict[str, object]:
    """Read the settings; what stands at its default is left out."""
    return dump(site.runner.read(lambda store: store.catalog.workspace()))


@put("/workspace", scope="campaigns:write", accepts="Workspace", sync_to_thread=True, operation_id="save_workspace")
def save_workspace(site: Shared, document: JsonBody) -> dict[str, object]:
    """Replace the settings."""
    return dump(site.definitions.save_workspace(build(Workspace, document)))


@post(
    "/apply",
    scope="campaigns:write",
    accepts="Definitions",
    status_code=200,
    sync_to_thread=True,
    operation_id="apply",
)
def apply_definitions(site: Shared, document: JsonBody) -> Applied:
    """Save campaigns, cards and segments, all or none; each says its `kind`, and they may refer to one another."""
    asked = build(Definitions, document)
    found = site.definitions.apply(asked.definitions, expected=asked.expected, dry_run=asked.dry_run)
    return Applied(saved=sum(one.change != "unchanged" for one in found), definitions=found)


@post(
    "/validate",
    scope="campaigns:read",
    accepts="Document",
    status_code=200,
    sync_to_thread=True,
    operation_id="validate",
)
def validate(site: Shared, document: JsonBody) -> Checked:
    """Check any definition, which says its `kind`, without saving it: all problems, in its form too, and warnings."""
    try:
        found = read_document(document)
    except Rejected as error:
        return Checked(problems=list(error.problems), warnings=[])
    return _checked(site, found)


def _checked(site: Site, found: Document) -> Checked:
    match found:
        case Campaign() | Card():
            problems, warnings = site.definitions.check(found)
            return Checked(problems=problems, warnings=warnings)
        case Segment():
            problems = site.runner.read(lambda store: segment_problems(found, known(store.catalog)))
            return Checked(problems=problems, warnings=[])
        case Scenario():
            return Checked(problems=[], warnings=[])
        case _:
            assert_never(found)


# ---------------------------------------------------------------- what is going on


@get("/runs", scope="campaigns:read", sync_to_thread=True, operation_id="list_runs")
def list_runs(site: Shared, campaign: FromQuery[str | None] = None, *, unfinished: FromQuery[bool] = False) -> RunList:
    """List the times of scheduled campaigns, with how many users of the audience are done."""
    return RunList(runs=site.runner.read(lambda store: store.journal.runs(campaign, unfinished=unfinished)))


@get("/status", scope="campaigns:read", sync_to_thread=True, operation_id="read_status")
def read_status(site: Shared) -> Overview:
    """Read how much there is, and what is under way."""
    now = site.clock.now()

    def read(store: Store) -> Overview:
        outcomes = store.ledger.outcomes()
        return Overview(
            now=now,
            users=store.journal.count_users(),
            outbox=store.journal.queued(),
            campaigns=[_counts(one.id, one.status, outcomes.get(one.id, {})) for one in store.catalog.campaigns()],
            runs=[_run_line(run) for run in store.journal.runs(unfinished=True)],
        )

    return site.runner.read(read)


def _counts(campaign: str, status: Status, outcomes: dict[str, int]) -> CampaignCounts:
    counts: dict[str, int] = {}
    for name, count in outcomes.items():
        outcome = name.partition(":")[0]
        outcome = "waiting" if outcome == "sending" else outcome
        counts[outcome] = counts.get(outcome, 0) + count
    return CampaignCounts(
        id=campaign,
        status=status,
        waiting=counts.get("waiting", 0),
        sent=counts.get("sent", 0),
        control=counts.get("control", 0),
        cancelled=counts.get("cancelled", 0),
        suppressed=counts.get("suppressed", 0),
        refused=counts.get("refused", 0),
    )


def _run_line(run: Run) -> RunLine:
    return RunLine(id=run.id, campaign=run.campaign, at=run.at, done=run.done, total=run.total)


# ---------------------------------------------------------------- keys


@get("/keys", scope="keys", sync_to_thread=True, operation_id="list_keys")
def list_keys(site: Shared) -> KeyList:
    """List the API keys; the keys themselves are not kept."""
    return KeyList(keys=[_key_line(key) for key in site.keys.all()])


@post("/keys", scope="keys", accepts="KeyRequest", sync_to_thread=True, operation_id="create_key")
def create_key(site: Shared, document: JsonBody) -> NewKey:
    """Make an API key; its secret is shown this once."""
    request = build(KeyRequest, document)
    key, secret = site.keys.create(request.name, request.scopes)
    return NewKey(key=_key_line(key), secret=secret)


@delete("/keys/{key:str}", scope="keys", sync_to_thread=True, operation_id="revoke_key")
def revoke_key(site: Shared, key: FromPath[str]) -> None:
    """Revoke an API key by its id; it opens nothing from now on."""
    site.keys.revoke(key)


HANDLERS: list[HTTPRouteHandler] = [
    read_workspace,
    save_workspace,
    apply_definitions,
    validate,
    list_runs,
    read_status,
    list_keys,
    create_key,
    revoke_key,
]


def _key_line(key: Key) -> KeyLine:
    return KeyLine(id=key.id, name=key.name, scopes=key.scopes, created_at=key.created_at, revoked_at=key.revoked_at)
