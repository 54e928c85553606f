"""What a template may end in instead of a text: a fault with its place, or the author's wish to send nothing.

One rule: a fault names the field, line and column, the cause and a remedy.
"""

from ensue.errors import EnsueError, Problem, Rejected

MEND = "Mend the template at this place."


class Aborted(EnsueError):
    """The template asked for no message, by `{% abort_message %}`; the text is the author's reason."""


class TemplateFault(Rejected):
    """A template cannot be rendered: which field, where in it (line and column count from 1), and why."""

    def __init__(
        self, message: str, *, field: str = "", line: int | None = None, column: int | None = None, hint: str = ""
    ) -> None:
        """Keep the place."""
        self.message = message
        self.field = field
        self.line = line
        self.column = column
        self.hint = hint
        super().__init__([self.problem()])

    def within(self, field: str) -> "TemplateFault":
        """Return the same fault as one of `field`, or of its part where a field is known already."""
        inner = ".".join(part for part in (field, self.field) if part)
        return TemplateFault(self.message, field=inner, line=self.line, column=self.column, hint=self.hint)

    def problem(self, path: str = "") -> Problem:
        """Return it as a problem of the field at `path`; the place is in words, as it is none in a file."""
        place = f"line {self.line}, column {self.column}: " if self.line is not None else ""
        field = ".".join(part for part in (path, self.field) if part)
        return Problem(code="template_error", path=field, message=place + self.message, hint=self.hint)


def fault_at(template: str, index: int, message: str, hint: str = MEND) -> TemplateFault:
    """Return a fault at a place of a template, counted in letters from its beginning."""
    before = template[:index]
    line, column = before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1
    return TemplateFault(message, line=line, column=column, hint=hint)
