"""The tags that campaign tools add to Liquid, but for `connected_content` (`connected`)."""

from typing import TextIO

from liquid import RenderContext, TokenStream
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, tokenize
from liquid.expression import Expression
from liquid.tag import Tag
from liquid.token import TOKEN_EXPRESSION, TOKEN_TAG, Token

from ensue.content.faults import Aborted


class AbortNode(Node):
    """`{% abort_message('reason') %}`."""

    def __init__(self, token: Token, reason: Expression | None) -> None:
        """Keep the reason, which may be any value."""
        super().__init__(token)
        self.reason = reason

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:  # noqa: ARG002 - the library's signature
        """Stop here."""
        reason = self.reason.evaluate(context) if self.reason else ""
        raise Aborted(str(reason))

    def expressions(self) -> list[Expression]:
        """Return the reason, where there is one."""
        return [self.reason] if self.reason else []


class AbortTag(Tag):
    """Reads `{% abort_message %}` with a reason in parentheses, or none."""

    name = "abort_message"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Read one tag."""
        token = stream.expect(TOKEN_TAG)
        if stream.peek.kind != TOKEN_EXPRESSION:
            return AbortNode(token, None)
        stream.next_token()
        given = stream.current
        inner = given.value.strip().removeprefix("(").removesuffix(")")
        if not inner.strip():
            return AbortNode(token, None)
        place = Token(given.kind, inner, given.start_index + given.value.index(inner), given.source)
        return AbortNode(token, FilteredExpression.parse(self.env, TokenStream(tokenize(inner, place))))
