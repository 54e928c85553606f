"""Liquid: one template text and the names it may use, to one rendered text.

One rule: a template cannot run for ever, read a file, or tell the time: the result depends on its arguments alone, and
on what other servers answer where it asks them.
The place of an error is counted in the text as its author wrote it. Parsed templates are kept, as thousands of messages
share them. Not here: the `${name}` of campaign tools (`dialect`), what the names stand for (`context`), the filters and
tags that campaign tools add (`filters`, `tags`, `connected`), the limits (`limits`).

With `escape=True` (e-mail HTML, HTML in-app messages) every value is written as text, so a first name `<b>` shows as
`<b>`. A value that holds HTML on purpose is written with `| raw` (or `| safe`).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

from liquid import BoundTemplate, Environment
from liquid.exceptions import LiquidError, LiquidInterrupt, LiquidSyntaxError
from liquid.token import TOKEN_EXPRESSION, Token

from ensue.content import connected, filters, limits, tags
from ensue.content.dialect import to_liquid
from ensue.content.expressions import mended, places_of, unknown_filters
from ensue.content.faults import Aborted, TemplateFault, fault_at
from ensue.content.fetching import FETCH, Fetch, nowhere
from ensue.content.remedies import in_words, remedy, similar
from ensue.errors import Unavailable

__all__ = ["Aborted", "TemplateFault", "render_text"]


def render_text(template: str, names: Mapping[str, object], *, field: str = "", escape: bool = False) -> str:
    """Render one template; `names` is what it can see, `now` (aware) among it.

    Raises `Aborted`, `TemplateFault`, and `Unavailable` where another server must be asked again later; `field` is only
    for the fault's place.
    """
    if "{{" not in template and "{%" not in template:
        return template
    try:
        return _rendered(parsed(template, escape=escape), names, template)
    except (Aborted, Unavailable):
        raise
    except TemplateFault as fault:
        raise fault.within(field) from None
    except LiquidError as error:
        raise _fault(error, template).within(field) from None


@lru_cache(maxsize=2048)
def parsed(template: str, *, escape: bool) -> BoundTemplate:
    """Parse a template; raises `LiquidError`, and `TemplateFault` for what does not exist."""
    if len(template) > limits.TEMPLATE:
        hint = f"Keep it below {limits.TEMPLATE:,} letters."
        raise fault_at(template, limits.TEMPLATE, "the template is beyond the limit of its length", hint)
    environment = _HTML if escape else _TEXT
    tree = mended(environment.from_string(to_liquid(template)))
    for name, token in unknown_filters(tree):
        raise fault_at(template, token.start_index, f"unknown filter '{name}'", similar(name, environment.filters))
    for token in places_of(tree, "content_blocks"):
        hint = "Write the text into the template itself."
        raise fault_at(template, token.start_index, "there are no content blocks", hint)
    return tree


def _rendered(tree: BoundTemplate, names: Mapping[str, object], source: str) -> str:
    port = names.get(FETCH)
    fetch: Fetch = port if callable(port) else nowhere
    context = limits.Context(tree, {name: value for name, value in names.items() if name != FETCH}, fetch)
    buffer = context.get_buffer()
    for node in tree.nodes:
        try:
            node.render(context, buffer)
        except LiquidInterrupt as stray:
            raise LiquidSyntaxError(f"'{stray}' stands outside of a loop", token=node.token) from None
        except LiquidError as error:
            error.token = error.token or node.token
            raise
        except TemplateFault as fault:  # of a value that cannot be had, which knows no place
            raise fault if fault.line else fault_at(source, node.token.start_index, fault.message, fault.hint) from None
        except (Aborted, Unavailable):
            raise
        except Exception as error:  # no template, however odd, may bring delivery down
            raise LiquidError(f"{type(error).__name__}: {error}", token=node.token) from error
    return buffer.getvalue()


def _fault(error: LiquidError, template: str) -> TemplateFault:
    """Say it in our words; without a place it is the end of the template that came too soon."""
    if isinstance(error.__cause__, RecursionError):
        return fault_at(template, 0, "the template is nested too deeply", "Nest less.")
    index = error.token.start_index if error.token else -1
    message = in_words(str(error.message or type(error).__name__))
    return fault_at(template, index if index >= 0 else len(template), message, remedy(message, _TEXT))


class _Environment(Environment):
    """Liquid within limits, with what campaign tools add, and without what reads other templates."""

    output_stream_limit: ClassVar[int | None] = limits.OUTPUT
    local_namespace_limit: ClassVar[int | None] = limits.NAMESPACE

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Fill the tables of tags and filters."""
        super().setup_tags_and_filters(extra=extra)
        del self.tags["include"], self.tags["render"]
        for tag in (tags.AbortTag, connected.ConnectedContentTag):
            self.add_tag(tag)
        self.filters.update(filters.FILTERS)

    def error(self, exc: type[LiquidError] | LiquidError, msg: str | None = None, token: Token | None = None) -> None:
        """Raise a fault; that of an expression which ends too soon is where it ends, and not at the template's end."""
        if isinstance(exc, LiquidError) and exc.token and exc.token.start_index < 0 and token:
            ahead = len(token.value) if token.kind == TOKEN_EXPRESSION else 0
            exc.token = Token(token.kind, "", token.start_index + ahead, token.source)
        super().error(exc, msg, token)


_TEXT = _Environment()
_HTML = _Environment(autoescape=True)
