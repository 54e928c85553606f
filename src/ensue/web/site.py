"""What the handlers of the web layer work with; put together by `system`, handed to `create_app`.

One rule: there are no globals; a handler that needs a part takes `site: Shared`, what is no handler asks `site_of`.
"""

from collections.abc import Callable
from typing import cast

import msgspec
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.types import Scope

from ensue.content.links import Tracker
from ensue.core.words import ChannelName
from ensue.ports import Clock, Runner
from ensue.services.apps import AppRegistry
from ensue.services.attempts import Attempts
from ensue.services.backtests import BacktestJobs
from ensue.services.definitions import Definitions
from ensue.services.feed import Feed
from ensue.services.hub import Hub
from ensue.services.inbox import Inboxes
from ensue.services.keys import Keys
from ensue.services.launching import Launching
from ensue.services.messaging import Messaging
from ensue.services.people import People
from ensue.services.staff import Staff
from ensue.services.tickets import Tickets
from ensue.services.tracking import Tracking

MAX_BODY = 4 * 1024 * 1024


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as it is set up, for people to read: what it goes through, and what is missing."""

    channel: ChannelName
    is_ready: bool
    says: tuple[str, ...]


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of one Ensue that the web layer needs.

    `push_key` is the public key that browsers subscribe to push with. `owner_token` opens everything to the owner of
    the database.
    """

    runner: Runner
    clock: Clock
    definitions: Definitions
    launching: Launching
    tracking: Tracking
    people: People
    keys: Keys
    feed: Feed
    messaging: Messaging
    tracker: Tracker
    apps: AppRegistry
    tickets: Tickets
    hub: Hub
    inboxes: Inboxes
    staff: Staff
    attempts: Attempts
    backtests: BacktestJobs
    channels: tuple[Carrier, ...] = ()
    new_id: Callable[[], str]
    push_key: str = ""
    owner_token: str = ""
    max_body: int = MAX_BODY

    def __repr__(self) -> str:
        """Say nothing: what is shown of a site may end up in a log, and the token has no place there."""
        return "Site()"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """Say nothing, likewise."""
        return []


def site_of(scope: Scope) -> Site:
    """Return the site that a request is for; the application has put it there."""
    return cast("Site", scope["state"]["site"])


Shared = NamedDependency[SkipValidation[Site]]
"""The site, as an argument of a handler; it must be called `site`."""
