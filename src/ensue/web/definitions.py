"""All definitions at once over the API: what Ensue holds, for files that are kept elsewhere (B5).

One rule: everything in one answer is of the same instant.
"""

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler

from ensue.codec.dump import dump
from ensue.services.holding import Held, holdings
from ensue.web.site import Shared


class HeldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A definition as in the files, with what tells its state: `digest` changes with its meaning.

    `version` is 0 for cards and segments, `status` empty for segments.
    """

    kind: str
    id: str
    status: str
    version: int
    digest: str
    definition: dict[str, object]


class HeldList(msgspec.Struct, frozen=True, kw_only=True):
    """Campaigns, then cards, then segments, each by id; archived ones too."""

    definitions: list[HeldLine]


@get("/definitions", scope="campaigns:read", sync_to_thread=True, operation_id="list_definitions")
def list_definitions(site: Shared) -> HeldList:
    """List all campaigns, cards and segments with their definitions."""
    found = site.runner.read(lambda store: holdings(store.catalog))
    return HeldList(definitions=[_line(one) for one in found.values()])


HANDLERS: list[HTTPRouteHandler] = [list_definitions]


def _line(one: Held) -> HeldLine:
    return HeldLine(
        kind=one.kind,
        id=one.id,
        status=one.status,
        version=one.version,
        digest=one.digest,
        definition=dump(one.definition),
    )
