"""Apps: the sites and mobile apps that use the SDK, each with a publishable key, and how they are kept.

One rule: the key names an app and proves nothing; what proves who a user is, is a token signed with the app's secret.
"""

from datetime import datetime
from typing import Protocol

import msgspec


class App(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A site or mobile app. `id` is its publishable key; `secret` signs user tokens (HS256), where they are required.

    `origins` are those of its pages, `https://shop.example`; `*` stands for all.
    """

    id: str
    name: str
    origins: tuple[str, ...]
    created_at: datetime
    secret: str | None = None
    requires_token: bool = False
    revoked_at: datetime | None = None

    def __repr__(self) -> str:
        """Leave the secret out: what is shown of an app may end up in a log."""
        return f"App({self.id!r})"


class Apps(Protocol):
    """The part of the Catalog that keeps apps."""

    def apps(self) -> list[App]:
        """Return all apps by time of creation, then id; revoked ones too."""
        ...

    def find_app(self, app: str) -> App | None:
        """Return one app, also a revoked one."""
        ...

    def save_app(self, app: App) -> None:
        """Insert or replace an app by its id."""
        ...
