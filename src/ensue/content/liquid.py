"""Liquid: one template text and the names it may use, to one rendered text.

One rule: a template cannot run for ever, read a file, or tell the time: the result depends on its arguments alone.
The place of an error is counted in the text as its author wrote it. Parsed templates are kept, as thousands of messages
share them. Not here: the `${name}` of campaign tools (`dialect`), what the names stand for (`context`).

With `escape=True` (e-mail HTML, HTML in-app messages) every value is written as text, so a first name `<b>` shows as
`<b>`. A value that holds HTML on purpose is written with `| raw` (or `| safe`).
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from io import StringIO
from typing import Any, ClassVar, TextIO

from liquid import BoundTemplate, Environment, RenderContext, TokenStream
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, tokenize
from liquid.builtin.filters.extra import safe
from liquid.builtin.filters.misc import date
from liquid.exceptions import FilterArgumentError, LiquidError
from liquid.expression import Expression
from liquid.filter import with_context
from liquid.output import LimitedStringIO
from liquid.tag import Tag
from liquid.token import TOKEN_EXPRESSION, TOKEN_TAG, Token

from ensue.content.dialect import to_liquid
from ensue.errors import EnsueError, Problem, Rejected

LOOPS = 10_000
"""Passes through loops; nested loops multiply."""
OUTPUT = 2_000_000
"""Bytes that one template may write."""
NAMESPACE = 1_000_000
"""Bytes that its own variables may hold."""
DIGITS = 4096
"""Binary digits of a number that is calculated with."""


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


def render_text(template: str, names: Mapping[str, object], *, field: str = "", escape: bool = False) -> str:
    """Render one template; `names` is what it can see, `now` (aware) among it.

    Raises `Aborted` and `TemplateFault`; `field` is only for the latter's place.
    """
    if "{{" not in template and "{%" not in template:
        return template
    try:
        return parsed(template, escape=escape).render(names)
    except Aborted:
        raise
    except TemplateFault as fault:
        raise fault.within(field) from None
    except LiquidError as error:
        raise _fault(error, template).within(field) from None
    except Exception as error:  # no template, however odd, may bring delivery down
        raise TemplateFault(f"{type(error).__name__}: {error}", field=field) from error


@lru_cache(maxsize=2048)
def parsed(template: str, *, escape: bool) -> BoundTemplate:
    """Parse a template; raises `LiquidError`, and `TemplateFault` for filters that do not exist."""
    environment = _HTML if escape else _TEXT
    tree = environment.from_string(to_liquid(template))
    for name, spans in tree.analyze(include_partials=False).filters.items():
        if name not in environment.filters:
            line, column = _place(template, spans[0].index)
            raise TemplateFault(f"unknown filter '{name}'", line=line, column=column, hint=_hint(name))
    return tree


def _fault(error: LiquidError, template: str) -> TemplateFault:
    """Say it in our words; without a place it is the end of the template that came too soon."""
    index = error.token.start_index if error.token else -1
    line, column = _place(template, index if index >= 0 else len(template))
    message = str(error.message or type(error).__name__).replace("end of expression", "the end")
    return TemplateFault(message, line=line, column=column, hint=_hint(message))


def _place(template: str, index: int) -> tuple[int, int]:
    """Return line and column, from 1."""
    before = template[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def _hint(message: str) -> str:
    for part, hint in _HINTS.items():
        if part in message:
            return hint
    return "Mend the template at this place."


_HINTS = {
    "tag 'include'": "A template stands alone: it cannot include others.",
    "tag 'render'": "A template stands alone: it cannot render others.",
    "'$'": "Write a name as ${first_name}, or after a dot as custom_attribute.${Favorite Color}.",
    "limit": "The template does too much; loop over less.",
}


# ---------------------------------------------------------------- what differs from plain Liquid


class _Context(RenderContext):
    """Looks names up as campaign tools do, and keeps filters from blowing up."""

    def get_item(self, obj: Any, key: Any) -> Any:  # noqa: ANN401 - the library's signature
        """Find `a.b` as the key "a.b", or else as `b` within `a`: `event_properties.${original.name}`."""
        try:
            return super().get_item(obj, key)
        except KeyError:
            if not isinstance(key, str) or "." not in key:
                raise
        for part in key.split("."):
            obj = super().get_item(obj, part)
        return obj

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        """Return a buffer for a part of the output, which counts with the rest."""
        return _buffer(OUTPUT - (buf.size if isinstance(buf, LimitedStringIO) else 0))

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """Return the filter, behind a check of how much it would make."""
        return partial(_bounded, name, super().filter(name, token))


def _buffer(limit: int) -> LimitedStringIO:
    return LimitedStringIO(limit, newline="")  # the library's own would turn every line break into \n


def _bounded(name: str, function: Callable[..., object], *values: object, **options: object) -> object:
    """Refuse what would make more than the limits allow: they are only checked once a value is there."""
    if any(isinstance(value, range) and len(value) > LOOPS for value in values):
        raise FilterArgumentError(f"the range is beyond the limit of {LOOPS}", token=None)
    if any(isinstance(value, int) and value.bit_length() > DIGITS for value in values):
        raise FilterArgumentError("the number is beyond the limit", token=None)
    if name in {"join", "replace"} and len(values) > 1:
        pieces, filling = values[0], str(values[-1])
        if isinstance(pieces, (str, list, range)) and len(pieces) * len(filling) > OUTPUT:
            raise FilterArgumentError(f"the result is beyond the limit of {OUTPUT} characters", token=None)
    return function(*values, **options)


class _Template(BoundTemplate):
    """A parsed template."""

    context_class = _Context

    def _get_buffer(self) -> StringIO:
        return _buffer(OUTPUT)


class _Environment(Environment):
    """Liquid within limits."""

    template_class = _Template
    loop_iteration_limit: ClassVar[int | None] = LOOPS
    output_stream_limit: ClassVar[int | None] = OUTPUT
    local_namespace_limit: ClassVar[int | None] = NAMESPACE

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Add the usual ones; leave out what reads other templates, add what campaign tools have."""
        super().setup_tags_and_filters(extra=extra)
        del self.tags["include"], self.tags["render"]
        self.add_tag(_AbortTag)
        self.add_filter("raw", safe)
        self.add_filter("date", _date)
        self.add_filter("json", _json)
        self.add_filter("json_escape", _json_escape)


class _AbortNode(Node):
    """`{% abort_message('reason') %}`."""

    def __init__(self, token: Token, reason: Expression | None) -> None:
        super().__init__(token)
        self.reason = reason

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:  # noqa: ARG002 - the library's signature
        reason = self.reason.evaluate(context) if self.reason else ""
        raise Aborted(str(reason))

    def expressions(self) -> list[Expression]:
        return [self.reason] if self.reason else []


class _AbortTag(Tag):
    """Reads `{% abort_message %}` with a reason in parentheses, or none."""

    name = "abort_message"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        token = stream.expect(TOKEN_TAG)
        if stream.peek.kind != TOKEN_EXPRESSION:
            return _AbortNode(token, None)
        stream.next_token()
        given = stream.current
        inner = given.value.strip().removeprefix("(").removesuffix(")")
        if not inner.strip():
            return _AbortNode(token, None)
        place = Token(given.kind, inner, given.start_index + given.value.index(inner), given.source)
        return _AbortNode(token, FilteredExpression.parse(self.env, TokenStream(tokenize(inner, place))))


@with_context
def _date(value: object, form: object, *, context: RenderContext) -> object:
    """Format a time; `now` is the message's time, and numbers are seconds since 1970 in UTC on every machine."""
    if value in {"now", "today"}:
        value = context.resolve("now")
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = datetime.fromtimestamp(value, UTC)
    return date(value, form, environment=context.env)


def _json(value: object) -> str:
    """Write a value as JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _json_escape(value: object) -> str:
    """Write a text so that it can stand between the quotes of a JSON string."""
    return json.dumps(str(value), ensure_ascii=False)[1:-1]


_TEXT = _Environment()
_HTML = _Environment(autoescape=True)
