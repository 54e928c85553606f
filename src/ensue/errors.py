"""Everything that can go wrong, as a tree.

    EnsueError
    ├── Rejected       the caller's: the input is wrong, and says where and how to mend it
    └── Unavailable    the world's: try again later

A bug is neither: it is whatever else is raised, and nobody catches it.
Only `web/app` knows HTTP codes.
"""

from collections.abc import Iterable

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong with an input, where, and how to mend it.

    `path` is written as in `delivery.triggers[0].campaign`; empty means the whole input.
    `line` and `column` count from 1 and are known for files only.
    """

    code: str
    path: str
    message: str
    hint: str = ""
    source: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """Render as one line: place, path, message, remedy."""
        place = ":".join(str(part) for part in (self.source, self.line, self.column) if part)
        head = " ".join(part for part in (place and f"{place}:", self.path and f"{self.path}:") if part)
        message = f"{self.message}." if self.hint and not self.message.endswith(("?", ".")) else self.message
        return " ".join(part for part in (head, message, self.hint) if part)


class EnsueError(Exception):
    """The root of all errors that Ensue raises on purpose."""


class Rejected(EnsueError):
    """The input cannot be taken; nothing of it was kept."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, in the order of the input."""
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Unavailable(EnsueError):
    """Something outside did not answer; the same call may go through later."""


def rejected(code: str, path: str, message: str, hint: str = "") -> Rejected:
    """Build the `Rejected` of one problem."""
    return Rejected([Problem(code=code, path=path, message=message, hint=hint)])
