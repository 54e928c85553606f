"""`{% connected_content https://… :save answer %}`: what another server knows, within a message.

One rule: the tag only says what to ask; whether, whom and how is the port's (`fetching`). An answer of JSON becomes a
variable, a text takes the tag's place, and no answer is nothing: the template looks at the variable, and may abort.

    :save weather                   the variable; without it JSON becomes `connected`
    :method post                    get or post
    :headers {"X-Key": "{{key}}"}   a JSON object of texts
    :body a=1&b={{two}}             all up to the next option
    :content_type application/json
    :basic_auth shop                a user and password of the settings, by name
    :cache_max_age 900  :no_cache   how many seconds an answer may be kept
    :retry                          without an answer the message is sent later

Address, headers and body are templates of their own, within which nothing is escaped.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TextIO
from urllib.parse import parse_qsl

import msgspec
from liquid import Environment, RenderContext, TokenStream
from liquid.ast import Node
from liquid.exceptions import LiquidSyntaxError
from liquid.parser import get_parser
from liquid.tag import Tag
from liquid.token import TOKEN_EXPRESSION, TOKEN_TAG, Token

from ensue.content.faults import fault_at
from ensue.content.fetching import Found, Inquiry, Unasked
from ensue.content.limits import Context

SAVED_AS = "connected"
STATUS = "__http_status_code__"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
METHODS = ("get", "post")
FLAGS = frozenset({"no_cache", "retry"})
WORDS = frozenset({"save", "method", "content_type", "basic_auth", "cache_max_age"})
OPTIONS = frozenset({"headers", "body"}) | WORDS | FLAGS

_WORD = re.compile(r"\s*((?:\{\{.*?\}\}|[^\s{]|\{(?!\{))+)", re.DOTALL)
_OPTION = re.compile(r"\s+:(\w+)(?!\S)")
_BODY = re.compile(rf"(.*?)(?=\s+:(?:{'|'.join(sorted(OPTIONS))})(?!\S)|$)", re.DOTALL)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A tag as it was read: texts are lists of nodes, to be rendered."""

    url: Sequence[Node]
    headers: Mapping[str, Sequence[Node]]
    body: Sequence[Node]
    words: Mapping[str, str]
    flags: frozenset[str]


class ConnectedNode(Node):
    """One request within a template."""

    def __init__(self, token: Token, request: Request) -> None:
        """Keep what is asked."""
        super().__init__(token)
        self.blank = False
        self._request = request

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Ask, and keep the answer or write it."""
        if not isinstance(context, Context):
            raise TypeError("connected_content needs a context that counts")
        try:
            found = context.count_request()(self._inquiry(context))
        except Unasked as refusal:
            raise fault_at(self.token.source, self.token.start_index, str(refusal), refusal.hint) from None
        saved = self._request.words.get("save")
        is_json, answer = _answer(found)
        if is_json or saved:
            context.assign(saved or SAVED_AS, answer)
            return 0
        return buffer.write(str(answer or ""))

    def children(self, static_context: RenderContext, *, include_partials: bool = True) -> Sequence[Node]:
        """Return the nodes of address, headers and body."""
        del static_context, include_partials
        headers = [node for nodes in self._request.headers.values() for node in nodes]
        return [*self._request.url, *headers, *self._request.body]

    def _inquiry(self, context: Context) -> Inquiry:
        words, is_escaping = self._request.words, context.autoescape
        context.autoescape = False
        try:
            url = _rendered(self._request.url, context)
            given = {name: _rendered(nodes, context) for name, nodes in self._request.headers.items()}
            body = _rendered(self._request.body, context)
        finally:
            context.autoescape = is_escaping
        method = words.get("method", "get").lower()
        kind = words.get("content_type", FORM if method == "post" else JSON)
        usual = {"Content-Type": kind, "Accept": words.get("content_type", "*/*")}
        taken = {name.lower() for name in given}
        return Inquiry(
            method=method.upper(),
            url=url,
            headers={**{name: value for name, value in usual.items() if name.lower() not in taken}, **given},
            body=_as_json(body) if kind == JSON and "content_type" in words else body,
            credentials=words.get("basic_auth", ""),
            keep=0 if "no_cache" in self._request.flags else _seconds(words),
            insists="retry" in self._request.flags,
        )


def _seconds(words: Mapping[str, str]) -> int | None:
    return int(words["cache_max_age"]) if "cache_max_age" in words else None


def _rendered(nodes: Sequence[Node], context: Context) -> str:
    buffer = context.get_buffer()
    for node in nodes:
        node.render(context, buffer)
    return buffer.getvalue().strip()


def _as_json(body: str) -> str:
    """Return `a=1&b=2` as JSON, and anything else as it is."""
    if not body or body.startswith(("{", "[", '"')) or "=" not in body:
        return body
    return json.dumps(dict(parse_qsl(body, keep_blank_values=True)))


def _answer(found: Found) -> tuple[bool, Any]:
    """Return whether an answer is JSON, and its value; of an error only JSON is worth anything."""
    try:
        value = msgspec.json.decode(found.body)
    except (msgspec.DecodeError, RecursionError):
        is_fine = 200 <= found.status < 300  # noqa: PLR2004 - what is told by a 2xx
        return False, found.body.decode("utf-8", "replace") if is_fine else None
    return True, {**value, STATUS: found.status} if isinstance(value, dict) else value


# ---------------------------------------------------------------- reading the tag


class ConnectedContentTag(Tag):
    """Reads one request."""

    name = "connected_content"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Read the address and its options."""
        token = stream.expect(TOKEN_TAG)
        if stream.peek.kind != TOKEN_EXPRESSION:
            raise _wrong("the tag has no address", token)
        stream.next_token()
        return ConnectedNode(token, _read(self.env, stream.current))


def _read(environment: Environment, given: Token) -> Request:
    """Read `address :option value …`; the place of a fault is that of the option."""
    url, at = _word(given, 0)
    headers: Mapping[str, Sequence[Node]] = {}
    body: Sequence[Node] = ()
    words: dict[str, str] = {}
    flags = set()
    while found := _OPTION.match(given.value, at):
        name, place, at = found[1], _place(given, found.start(1)), found.end()
        if name in FLAGS:
            flags.add(name)
        elif name == "headers":
            headers, at = _headers(environment, given, at)
        elif name == "body":
            body, at = _body(environment, given, at)
        elif name in WORDS:
            text, at = _word(given, at)
            words[name] = _checked(name, text.value, place)
        else:
            raise _wrong(f"connected_content has no option ':{name}'", place)
    if given.value[at:].strip():
        raise _wrong("this is no option of connected_content", _place(given, at))
    return Request(url=_nodes(environment, url), headers=headers, body=body, words=words, flags=frozenset(flags))


def _word(given: Token, at: int) -> tuple[Token, int]:
    """Return what stands up to the next blank; one in braces is none."""
    found = _WORD.match(given.value, at)
    if found is None:
        raise _wrong("a value is missing", _place(given, at))
    return Token(TOKEN_EXPRESSION, found[1], given.start_index + found.start(1), given.source), found.end()


def _headers(environment: Environment, given: Token, at: int) -> tuple[Mapping[str, Sequence[Node]], int]:
    start = at + len(given.value[at:]) - len(given.value[at:].lstrip())
    try:
        found, end = json.JSONDecoder(strict=False).raw_decode(given.value, start)
    except ValueError as error:
        place = error.pos if isinstance(error, json.JSONDecodeError) else start
        raise _wrong("the headers are no JSON", _place(given, place)) from None
    if not isinstance(found, dict):
        raise _wrong("the headers are no JSON object", _place(given, start))
    return {
        name: _nodes(environment, Token(TOKEN_EXPRESSION, str(value), given.start_index + start, given.source))
        for name, value in found.items()
    }, end


def _body(environment: Environment, given: Token, at: int) -> tuple[Sequence[Node], int]:
    found = _BODY.match(given.value, at)
    text, end = (found[1], found.end()) if found else ("", at)
    return _nodes(environment, Token(TOKEN_EXPRESSION, text, given.start_index + at, given.source)), end


def _checked(name: str, word: str, place: Token) -> str:
    if name == "method" and word.lower() not in METHODS:
        raise _wrong(f"connected_content cannot '{word}': it knows get and post", place)
    if name == "cache_max_age" and not (word.isdecimal() and word.isascii() and len(word) < len("1000000000")):
        raise _wrong(f"'{word}' is no number of seconds", place)
    if name == "save" and not re.fullmatch(r"\w+", word):
        raise _wrong(f"'{word}' is no name of a variable", place)
    return word


def _nodes(environment: Environment, text: Token) -> Sequence[Node]:
    """Parse a text within the tag; the places of its tokens are those in the whole template."""
    tokens = environment.tokenizer()(text.value)
    moved = (Token(one.kind, one.value, one.start_index + text.start_index, text.source) for one in tokens)
    return get_parser(environment).parse(TokenStream(moved))


def _place(given: Token, index: int) -> Token:
    return Token(given.kind, given.value, given.start_index + index, given.source)


def _wrong(message: str, token: Token) -> LiquidSyntaxError:
    return LiquidSyntaxError(message, token=token)
