"""API keys: made, checked, revoked.

One rule: a key is shown once, when it is made; what is kept is its digest.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from hmac import compare_digest
from typing import Literal, get_args

from msgspec.structs import replace

from ensue.errors import Problem, Rejected, rejected
from ensue.ports import Clock, Key, Runner, Store

Scope = Literal[
    "track",
    "campaigns:read",
    "campaigns:write",
    "launch",
    "users:read",
    "users:write",
    "decisions:read",
    "keys",
    "all",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "ek_"
LONGEST_NAME = 255


class Keys:
    """Makes, checks and revokes API keys; `new_id` makes their ids."""

    def __init__(self, runner: Runner, clock: Clock, new_id: Callable[[], str]) -> None:
        """Work on the runner's catalog."""
        self._runner = runner
        self._clock = clock
        self._new_id = new_id

    def create(self, name: str, scopes: Sequence[str]) -> tuple[Key, str]:
        """Make a key; return it with its secret, which nobody can read back later."""
        problems = [*_name_problems(name), *_scope_problems(scopes)]
        if problems:
            raise Rejected(problems)
        secret = PREFIX + secrets.token_urlsafe(32)
        key = Key(
            id=self._new_id(),
            name=name,
            digest=_digest(secret),
            scopes=tuple(dict.fromkeys(scopes)),
            created_at=self._clock.now(),
        )
        self._runner.write(lambda store: store.catalog.save_key(key))
        return key, secret

    def revoke(self, key_id: str) -> Key:
        """Revoke a key; it opens nothing from now on."""

        def revoke(store: Store) -> Key:
            found = {one.id: one for one in store.catalog.keys()}  # noqa: SIM118  (the catalog is no dict)
            key = found.get(key_id)
            if key is None:
                raise rejected("unknown_api_key", "key", f"there is no key '{key_id}'", "List the keys first.")
            revoked = replace(key, revoked_at=key.revoked_at or self._clock.now())
            store.catalog.save_key(revoked)
            return revoked

        return self._runner.write(revoke)

    def all(self) -> list[Key]:
        """Return all keys, revoked ones too."""
        return self._runner.read(lambda store: store.catalog.keys())

    def check(self, secret: str) -> Key | None:
        """Return the key of a secret, unless it is unknown or revoked."""
        digest = _digest(secret)
        key = self._runner.read(lambda store: store.catalog.find_key(digest))
        if key is None or key.revoked_at is not None or not compare_digest(key.digest, digest):
            return None
        return key


def _name_problems(name: str) -> Iterator[Problem]:
    if not name.strip() or len(name) > LONGEST_NAME:
        message = f"must be 1 to {LONGEST_NAME} characters"
        yield Problem(code="name", path="name", message=message, hint="Say what the key is for.")


def _scope_problems(scopes: Sequence[str]) -> Iterator[Problem]:
    hint = f"Known: {', '.join(SCOPES)}."
    if not scopes:
        yield Problem(code="scope", path="scopes", message="is empty", hint=hint)
    for place, scope in enumerate(scopes):
        if scope not in SCOPES:
            yield Problem(code="scope", path=f"scopes[{place}]", message=f"there is no scope '{scope}'", hint=hint)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
