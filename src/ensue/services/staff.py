"""The people who use the dashboard: made, signed in and out, given roles; and the log of what they change.

One rule: a token is shown once, to whoever it is for; what is kept is its digest.
Not here: who may do what (`web.dashboard.guard`).
"""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from threading import Semaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec.structs import replace

from ensue.errors import Problem, Rejected, rejected
from ensue.operators import ROLES, Change, Operator, Role, Session
from ensue.ports import Clock, Runner, Store

SESSION = timedelta(days=7)
"""How long somebody stays signed in."""
LINK = timedelta(days=3)
"""How long a link for a new password holds."""
LONGEST_NAME = 100
PASSWORD = (10, 200)
"""Letters of a password, at least and at most."""
AT_A_TIME = 4
"""Passwords that are checked at a time: each takes 64 MiB."""
SIGN_IN_HINT = "Check name and password. An owner can make a link for a new one, in the settings."


class Staff:
    """Knows operators, their sessions and what they changed.

    `clock` is the machine's, also where the rest of Ensue runs faster: a session lasts as long as people do.
    """

    def __init__(
        self, runner: Runner, clock: Clock, new_id: Callable[[], str], hasher: PasswordHasher | None = None
    ) -> None:
        """Work on the runner's store; `new_id` makes the ids of operators."""
        self._runner = runner
        self._clock = clock
        self._new_id = new_id
        self._hasher = hasher or PasswordHasher()
        self._places = Semaphore(AT_A_TIME)
        self._decoy = self._hasher.hash(secrets.token_hex())
        self._first = secrets.token_urlsafe(24)

    # ------------------------------------------------------------ operators

    def all(self) -> list[Operator]:
        """Return all operators, disabled ones too."""
        return self._runner.read(lambda store: store.operators.all())

    def first_token(self) -> str | None:
        """Return the token of the link that makes the first owner, as long as there is no operator."""
        return None if self.all() else self._first

    def is_first(self, token: str) -> bool:
        """Say whether a token makes the first owner."""
        return compare_digest(token.encode(), self._first.encode()) and not self.all()

    def create(self, name: str, role: str, *, email: str = "", password: str = "") -> tuple[Operator, str]:
        """Make an operator; return the token of the link by which a password is set, empty where one was given."""
        token = "" if password else secrets.token_urlsafe(24)
        operator = self._made(name, role, email, password or None, token)
        self._runner.write(lambda store: _save_new(store, operator))
        return operator, token

    def create_first(self, token: str, name: str, email: str, password: str) -> Operator:
        """Make the first owner, for whoever has the link that was printed at the start."""
        operator = self._made(name, "owner", email, password, "")

        def save(store: Store) -> None:
            if store.operators.all() or not compare_digest(token.encode(), self._first.encode()):
                raise _stale()
            store.operators.save(operator)

        self._runner.write(save)
        return operator

    def give_role(self, operator_id: str, role: str) -> Operator:
        """Give an operator another role, at once; the last owner stays one."""
        if problems := _role_problems(role):
            raise Rejected(problems)
        return self._change(operator_id, lambda one: replace(one, role=_role(role)))

    def disable(self, operator_id: str) -> Operator:
        """Shut an operator out, at once; the last owner cannot be."""
        now = self._clock.now()
        return self._change(
            operator_id, lambda one: replace(one, disabled_at=one.disabled_at or now, link="", link_until=None)
        )

    def enable(self, operator_id: str) -> Operator:
        """Let an operator in again, who must sign in anew."""
        return self._change(operator_id, lambda one: replace(one, disabled_at=None))

    # ------------------------------------------------------------ passwords

    def make_link(self, operator_id: str) -> tuple[Operator, str]:
        """Return the token of a link for a new password; until it is used the old password holds."""
        token, until = secrets.token_urlsafe(24), self._clock.now() + LINK
        operator = self._change(operator_id, lambda one: replace(one, link=digest_of(token), link_until=until))
        return operator, token

    def find_link(self, token: str) -> Operator | None:
        """Return whose link it is, as long as it holds."""
        now, wanted = self._clock.now(), digest_of(token)
        return next((one for one in self.all() if one.link == wanted and _holds(one, now)), None)

    def use_link(self, token: str, password: str) -> Operator:
        """Set the password of the link's owner, and sign them out everywhere; the link holds no longer."""
        found = self.find_link(token)
        if found is None:
            raise _stale()
        return self._set_password(found.id, password, lambda one: one.link == found.link)

    def change_password(self, operator_id: str, old: str, new: str) -> Operator:
        """Set another password, for whoever knows the old one, and sign them out everywhere."""
        known = next((one.password for one in self.all() if one.id == operator_id), "")
        if not self._verifies(known, old):
            raise rejected("old_password", "old", "is not your password", "Type the one that you sign in with.")
        return self._set_password(operator_id, new, lambda one: one.password == known)

    def _set_password(self, operator_id: str, password: str, is_still: Callable[[Operator], bool]) -> Operator:
        if problems := password_problems(password):
            raise Rejected(problems)
        hashed = self._hash(password)

        def change(one: Operator) -> Operator:
            if not is_still(one):
                raise _stale()
            return replace(one, password=hashed, link="", link_until=None)

        return self._change(operator_id, change, is_out=True)

    # ------------------------------------------------------------ sessions

    def sign_in(self, name: str, password: str) -> tuple[Operator, str] | None:
        """Return the operator and a new session's token, `None` where name and password do not belong together."""
        operator = next((one for one in self.all() if _is_called(one, name) and one.disabled_at is None), None)
        if not self._verifies(operator.password if operator else "", password) or operator is None:
            return None
        return operator, self.open_session(operator)

    def open_session(self, operator: Operator) -> str:
        """Sign an operator in; return the token for the browser."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        session = Session(digest=digest_of(token), operator=operator.id, created_at=now, expires_at=now + SESSION)

        def save(store: Store) -> None:
            store.operators.forget_sessions(now)
            store.operators.save_session(session)

        self._runner.write(save)
        return token

    def find(self, token: str) -> Operator | None:
        """Return who is signed in with a token, unless the session is over or the operator was disabled."""
        found = self._runner.read(lambda store: store.operators.find_session(digest_of(token)))
        if found is None:
            return None
        session, operator = found
        return operator if session.expires_at > self._clock.now() and operator.disabled_at is None else None

    def sign_out(self, token: str) -> None:
        """End the session of a token."""
        self._runner.write(lambda store: store.operators.end_session(digest_of(token)))

    # ------------------------------------------------------------ changes

    def log(self, who: str, action: str, target: str, detail: str = "") -> None:
        """Keep what somebody changed."""
        change = Change(at=self._clock.now(), who=who, action=action, target=target, detail=detail)
        self._runner.write(lambda store: store.operators.log_change(change))

    def changes(self, *, before: int | None = None, limit: int = 100) -> list[Change]:
        """Return what was changed, the latest first."""
        return self._runner.read(lambda store: store.operators.changes(before=before, limit=limit))

    # ------------------------------------------------------------ how

    def _made(self, name: str, role: str, email: str, password: str | None, token: str) -> Operator:
        """Return a new operator, with a password or with a link to set one."""
        problems = [*_name_problems(name), *_email_problems(email), *_role_problems(role)]
        problems += [] if password is None else password_problems(password)
        if problems:
            raise Rejected(problems)
        now = self._clock.now()
        return Operator(
            id=self._new_id(),
            name=name.strip(),
            email=email.strip(),
            role=_role(role),
            password="" if password is None else self._hash(password),
            link=digest_of(token) if token else "",
            link_until=now + LINK if token else None,
            created_at=now,
        )

    def _change(self, operator_id: str, change: Callable[[Operator], Operator], *, is_out: bool = False) -> Operator:
        """Change an operator; `is_out` ends all sessions, as being disabled does."""

        def write(store: Store) -> Operator:
            before = {one.id: one for one in store.operators.all()}
            if operator_id not in before:
                message = f"there is no operator '{operator_id}'"
                raise rejected("unknown_operator", "operator", message, "Look at the list.")
            changed = change(before[operator_id])
            _refuse_without_owner(before.values(), {**before, operator_id: changed}.values())
            store.operators.save(changed)
            if is_out or changed.disabled_at is not None:
                store.operators.end_sessions(operator_id)
            return changed

        return self._runner.write(write)

    def _hash(self, password: str) -> str:
        with self._places:
            return self._hasher.hash(password)

    def _verifies(self, known: str, password: str) -> bool:
        """Check a password; where there is none to compare with, take as long nevertheless."""
        with self._places:
            try:
                self._hasher.verify(known or self._decoy, password[: PASSWORD[1]])
            except (VerificationError, InvalidHashError):
                return False
        return known != ""


def digest_of(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode()).hexdigest()


def _holds(operator: Operator, now: datetime) -> bool:
    return operator.disabled_at is None and operator.link_until is not None and operator.link_until > now


def _stale() -> Rejected:
    hint = "Links are used once and hold a few days. Ask an owner for a new one; the first is printed by `ensue serve`."
    return rejected("stale_link", "", "the link holds no longer", hint)


def _save_new(store: Store, operator: Operator) -> None:
    for other in store.operators.all():
        for path, value in (("name", operator.name), ("email", operator.email)):
            if value and _is_called(other, value):
                raise rejected("name_taken", path, f"'{value}' is taken by {other.name}", "Choose another one.")
    store.operators.save(operator)


def _refuse_without_owner(before: Iterable[Operator], after: Iterable[Operator]) -> None:
    """Refuse a change that leaves nobody who could undo it."""
    if any(map(_is_owner, before)) and not any(map(_is_owner, after)):
        hint = "Make somebody else an owner first, who has signed in once."
        raise rejected("last_owner", "role", "this is the only owner who can sign in", hint)


def _is_owner(operator: Operator) -> bool:
    return operator.role == "owner" and operator.disabled_at is None and operator.password != ""


def _is_called(operator: Operator, name: str) -> bool:
    wanted = name.strip().casefold()
    return bool(wanted) and wanted in (operator.name.casefold(), operator.email.casefold())


# ---------------------------------------------------------------- what an operator may be


def password_problems(password: str) -> list[Problem]:
    """Return what is wrong with a new password."""
    least, most = PASSWORD
    if least <= len(password) <= most:
        return []
    message = f"must be {least} to {most} characters, has {len(password)}"
    return [Problem(code="password", path="password", message=message, hint="A few words in a row are easy to keep.")]


def _name_problems(name: str) -> list[Problem]:
    if name.strip() and len(name) <= LONGEST_NAME:
        return []
    message = f"must be 1 to {LONGEST_NAME} characters"
    return [Problem(code="name", path="name", message=message, hint="Write what the person signs in with.")]


def _email_problems(email: str) -> list[Problem]:
    if not email.strip() or ("@" in email and len(email) <= LONGEST_NAME):
        return []
    message = f"'{email[:80]}' is no e-mail address"
    return [Problem(code="email", path="email", message=message, hint="Or leave it out.")]


def _role_problems(role: str) -> list[Problem]:
    if role in ROLES:
        return []
    return [Problem(code="role", path="role", message=f"there is no role '{role}'", hint=f"Known: {', '.join(ROLES)}.")]


def _role(role: str) -> Role:
    return next(one for one in ROLES if one == role)
