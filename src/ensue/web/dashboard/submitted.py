"""What a form sent: names and values in the order of the page, several of one name allowed.

One rule: everything is text, as it was typed; what it means is for the page that asked.
"""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from ensue.web.problems import AnyRequest

MOST_FIELDS = 5_000


class Submitted:
    """The fields of a form."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Keep the fields in their order; line ends are those of Unix."""
        self.pairs = tuple((name, value.replace("\r\n", "\n")) for name, value in pairs)

    def text(self, name: str, default: str = "") -> str:
        """Return the first value of a name, without blanks around it."""
        return next((value.strip() for key, value in self.pairs if key == name), default)

    def raw(self, name: str, default: str = "") -> str:
        """Return the first value of a name exactly as it was typed: for passwords and templates."""
        return next((value for key, value in self.pairs if key == name), default)

    def texts(self, name: str) -> list[str]:
        """Return all values of a name that say something, in order."""
        return [value.strip() for key, value in self.pairs if key == name and value.strip()]

    def lines(self, name: str) -> list[str]:
        """Return the lines of a text area that say something."""
        return [line.strip() for line in self.raw(name).splitlines() if line.strip()]

    def has(self, name: str) -> bool:
        """Say whether a box was ticked, or a button of that name pressed."""
        return any(key == name for key, _ in self.pairs)


NOTHING = Submitted(())
"""A form before anybody filled it."""


async def read_form(request: AnyRequest) -> Submitted:
    """Return the fields of a form that was sent as forms are sent."""
    body = (await request.body()).decode(errors="replace")
    return Submitted(parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS))


Form = NamedDependency[SkipValidation[Submitted]]
"""What the form sent, as an argument of a handler; it must be called `form`."""
