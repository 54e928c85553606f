"""The people who use the dashboard: made, signed in and out, given roles; and the log of what they change.

One rule: a token is shown once, to whoever it is for; what is kept is its digest.
Not here: who may do what (`web.dashboard.guard`).
"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from threading import Semaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

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

    def create(self, name: str, role: str, *, email: str = "", password: str = "") -> tuple[Operator, str]:
        """Make an operator; return the token of the link by which a password is set, empty where one was given."""
        problems = [*_name_problems(name), *_email_problems(email), *_role_problems(role)]
        if password:
            problems += password_problems(password)
        if problems:
            raise Rejected(problems)
        token = "" if password else secrets.token_urlsafe(24)
        now = self._clock.now()
        operator = Operator(
            id=self._new_id(),
            name=name.strip(),
            email=email.strip(),
            role=_role(role),
            password=self._hash(password) if password else "",
            link=_digest(token) if token else "",
            link_until=now + LINK if token else None,
            created_at=now,
        )

        def save(store: Store) -> None:
            _refuse_taken(store, operator)
            store.operators.save(operator)

        self._runner.write(save)
        return operator, token

    # ------------------------------------------------------------ passwords and sessions

    def sign_in(self, name: str, password: str) -> tuple[Operator, str] | None:
        """Return the operator and a new session's token, `None` where name and password do not belong together."""
        operator = next((one for one in self.all() if _is_called(one, name) and one.disabled_at is None), None)
        if not self._verifies(operator.password if operator else "", password) or operator is None:
            return None
        return operator, self.open_session(operator)

    def open_session(self, operator: Operator) -> str:
        """Sign an operator in; return the token for the browser."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        session = Session(digest=_digest(token), operator=operator.id, created_at=now, expires_at=now + SESSION)

        def save(store: Store) -> None:
            store.operators.forget_sessions(now)
            store.operators.save_session(session)

        self._runner.write(save)
        return token

    def find(self, token: str) -> Operator | None:
        """Return who is signed in with a token, unless the session is over or the operator was disabled."""
        found = self._runner.read(lambda store: store.operators.find_session(_digest(token)))
        if found is None:
            return None
        session, operator = found
        return operator if session.expires_at > self._clock.now() and operator.disabled_at is None else None

    def sign_out(self, token: str) -> None:
        """End the session of a token."""
        self._runner.write(lambda store: store.operators.end_session(_digest(token)))

    # ------------------------------------------------------------ changes

    def log(self, who: str, action: str, target: str, detail: str = "") -> None:
        """Keep what somebody changed."""
        change = Change(at=self._clock.now(), who=who, action=action, target=target, detail=detail)
        self._runner.write(lambda store: store.operators.log_change(change))

    def changes(self, *, before: int | None = None, limit: int = 100) -> list[Change]:
        """Return what was changed, the latest first."""
        return self._runner.read(lambda store: store.operators.changes(before=before, limit=limit))

    # ------------------------------------------------------------ hashes

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


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


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


def _refuse_taken(store: Store, operator: Operator) -> None:
    for other in store.operators.all():
        if other.id == operator.id:
            continue
        for path, value in (("name", operator.name), ("email", operator.email)):
            if value and _is_called(other, value):
                raise rejected("name_taken", path, f"'{value}' is taken by {other.name}", "Choose another one.")
