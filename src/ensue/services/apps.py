"""Apps: made, revoked, and asked who may use the SDK in whose name.

One rule: an app's key is public. From where it may be used its origins say; in whose name, a user token says, which the
site's own server signs with the app's secret, where the app was made with one.
"""

import math
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from threading import Lock
from typing import TypeGuard
from urllib.parse import urlsplit

import jwt
from msgspec.structs import replace

from ensue.apps import App
from ensue.errors import Problem, Rejected, rejected
from ensue.ports import Clock, Runner, Store

PREFIX = "app_"
LONGEST_NAME = 255
MOST_ORIGINS = 100
ANY = "*"
ANONYMOUS = "anonymous-"
"""How the ids of people begin who have not signed in; they need no token."""
ALGORITHM = "HS256"
LEEWAY = 30
"""Seconds by which the clocks of the site's server and ours may differ."""
PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
HINT = "Write it as a browser does: https://shop.example, without a path; * allows all."


class AppRegistry:
    """Makes, revokes and knows apps; they are kept in memory, for every request of a page asks for one."""

    def __init__(self, runner: Runner, clock: Clock, new_id: Callable[[], str]) -> None:
        """Work on the runner's catalog; `new_id` makes keys."""
        self._runner = runner
        self._clock = clock
        self._new_id = new_id
        self._lock = Lock()
        self._known: dict[str, App] | None = None

    def create(self, name: str, origins: Sequence[str], *, is_signed: bool = False) -> App:
        """Make an app; where it `is_signed`, with a secret, and then requests for a user need a token."""
        problems = [*_name_problems(name), *_origin_problems(origins)]
        if problems:
            raise Rejected(problems)
        app = App(
            id=PREFIX + self._new_id(),
            name=name,
            origins=tuple(dict.fromkeys(origins)),
            secret=secrets.token_urlsafe(32) if is_signed else None,
            requires_token=is_signed,
            created_at=self._clock.now(),
        )
        self._runner.write(lambda store: store.catalog.save_app(app))
        self._forget()
        return app

    def revoke(self, app_id: str) -> App:
        """Revoke an app; from now on its key opens nothing."""

        def revoke(store: Store) -> App:
            app = store.catalog.find_app(app_id)
            if app is None:
                raise rejected("unknown_app", "app", f"there is no app '{app_id}'", "List the apps first.")
            revoked = replace(app, revoked_at=app.revoked_at or self._clock.now())
            store.catalog.save_app(revoked)
            return revoked

        revoked = self._runner.write(revoke)
        self._forget()
        return revoked

    def all(self) -> list[App]:
        """Return all apps, revoked ones too."""
        return self._runner.read(lambda store: store.catalog.apps())

    def find(self, app: str) -> App | None:
        """Return an app that may be used."""
        found = self._apps().get(app)
        return found if found is not None and found.revoked_at is None else None

    def allows(self, origin: str) -> bool:
        """Say whether pages of an origin may read our answers: those of any app that may be used."""
        return any(allows(app, origin) for app in self._apps().values() if app.revoked_at is None)

    def _apps(self) -> dict[str, App]:
        with self._lock:
            if self._known is None:
                self._known = {app.id: app for app in self.all()}
            return self._known

    def _forget(self) -> None:
        with self._lock:
            self._known = None


def allows(app: App, origin: str) -> bool:
    """Say whether an app may be used from an origin."""
    return ANY in app.origins or origin in app.origins


def proves(app: App, user: str, token: str | None, now: datetime) -> bool:
    """Say whether a request may speak for a user: the app needs no token, or it has one that is right and not over."""
    if not app.requires_token or user.startswith(ANONYMOUS):
        return True
    claims = _claims(app, token or "")
    return claims is not None and claims.get("sub") == user and _holds(claims, now.timestamp())


def _claims(app: App, token: str) -> dict[str, object] | None:
    """Return what a token says, if the app's secret signed it; no other algorithm is looked at."""
    unchecked = ("exp", "nbf", "iat", "aud", "iss", "jti")  # times are compared with our own clock, below
    options = {"require": ["sub"], **{f"verify_{name}": False for name in unchecked}}
    try:
        claims: dict[str, object] = jwt.decode(
            token,
            app.secret or "",
            algorithms=[ALGORITHM],
            options=options,  # type: ignore[arg-type]  # made of names that it knows
        )
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return claims if app.secret else None


def _holds(claims: dict[str, object], now: float) -> bool:
    """Say whether it is a time at which a token holds; a time that is none holds never."""
    until, since = claims.get("exp", math.inf), claims.get("nbf", -math.inf)
    if not (_is_number(until) and _is_number(since)):
        return False
    return since - LEEWAY <= now < until + LEEWAY


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


# ---------------------------------------------------------------- what an app may be


def _name_problems(name: str) -> Iterator[Problem]:
    if not name.strip() or len(name) > LONGEST_NAME:
        message = f"must be 1 to {LONGEST_NAME} characters"
        yield Problem(code="name", path="name", message=message, hint="Say which site or app it is.")


def _origin_problems(origins: Sequence[str]) -> Iterator[Problem]:
    if len(origins) > MOST_ORIGINS:
        message = f"has {len(origins)} items, at most {MOST_ORIGINS} are allowed"
        yield Problem(code="too_many", path="origins", message=message, hint="Make several apps.")
        return
    for place, origin in enumerate(origins):
        if origin != ANY and origin != _origin_of(origin):
            message = f"'{origin[:80]}' is no origin"
            yield Problem(code="origin", path=f"origins[{place}]", message=message, hint=HINT)


def _origin_of(text: str) -> str | None:
    """Return the origin of an address as browsers write it, `None` for what is no address."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    if parts.scheme not in PORTS or not HOST.fullmatch(host):
        return None
    host = f"[{host}]" if ":" in host else host
    written = "" if port is None or port == PORTS[parts.scheme] else f":{port}"
    return f"{parts.scheme}://{host}{written}"
