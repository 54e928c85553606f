"""What `connected_content` asks of other servers, as data, and the port through which it does.

One rule: nothing here reaches a network. Who puts Ensue together says who asks, and whether anybody does at all:
launch checks, previews and simulations ask nobody.
"""

from collections.abc import Callable, Mapping

import msgspec

from ensue.errors import EnsueError


class Inquiry(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a template wants made.

    `credentials` names a user and password of the settings. The answer may be kept for `keep` seconds, `None` stands
    for what is usual. With `insists`, no answer is a reason to send the message later.
    """

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: str = ""
    credentials: str = ""
    keep: int | None = None
    insists: bool = False


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a server answered; a status of 0 stands for no answer, or none that could be taken."""

    status: int = 0
    body: bytes = b""


class Unasked(EnsueError):
    """A template wants what it may not ask; the text says what and the hint how it may."""

    def __init__(self, message: str, hint: str) -> None:
        """Keep the remedy."""
        super().__init__(message)
        self.hint = hint


Fetch = Callable[[Inquiry], Found]
"""Asks a server; raises `Unasked`, and `Unavailable` where no answer came to an inquiry that insists."""
FETCH = "connected content"
"""The name under which the port lies among those that templates see; they themselves do not see it."""


def nowhere(inquiry: Inquiry) -> Found:
    """Refuse: what is rendered here asks nobody."""
    del inquiry
    raise Unasked("connected_content cannot be used here", "Only messages of campaigns can ask other servers.")


def silent(inquiry: Inquiry) -> Found:
    """Ask nobody, as if no answer had come."""
    del inquiry
    return Found()
