"""The `${name}` of campaign tools, rewritten into plain Liquid.

One rule: the rewritten text is exactly as long as the original, so that the line and column of an error stay true.
Not here: what the names mean (`context`) and the Liquid itself (`liquid`).

    {{ ${first_name} | default: 'friend' }}     {{   first_name  | default: 'friend' }}
    {{custom_attribute.${Favorite Color}}}      {{custom_attribute["Favorite Color"]}}
    {% if {{${country}}} == 'SE' %}             {%   if     country    == 'SE' %}   (braces within a tag are dropped)
    {{ ${price} | plus: {{shipping}} }}         {{   price  | plus:   shipping   }}   (likewise within braces)

Texts in quotes (which hold no braces within `{{ }}`), `{% raw %}` and everything outside `{{ }}` and `{% %}` stay as
they are. In `connected_content` braces stay, too: what is outside of them there is an address, a header or a body.
"""

import re

from ensue.content.faults import fault_at

_MARKUP = re.compile(
    r"(?P<output>\{\{)|\{%-?\s*(?P<block>raw|doc)\s*-?%\}|\{%-?\s*(?P<request>connected_content)\b"
    r"|(?P<tag>\{%-?\s*[\w#])|(?P<nameless>\{%)"
)
_END_OF_BLOCK = {name: re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}") for name in ("raw", "doc")}
_NAME = r"(?P<name>\.?\$\{[^{}]*\})"
# A quote right after a letter is an apostrophe in a comment, not the beginning of a text.
_PIECE = {
    "output": re.compile(
        r"""(?<!\w)(?:"(?:(?!\}\})[^"])*"|'(?:(?!\}\})[^'])*')"""
        rf"""|{_NAME}|(?P<open>\{{\{{-?)|(?P<close>-?\}}\}})|(?P<stop>\{{%|["'])""",
    ),
    "tag": re.compile(
        r"""(?<!\w)(?:"(?:(?!%\})[^"])*"|'(?:(?!%\})[^'])*')"""
        rf"""|{_NAME}|(?P<open>\{{\{{-?)|(?P<close>-?\}}\}})|(?P<end>%\}})""",
    ),
}
_PART_OF_REQUEST = re.compile(r"(?P<open>\{\{)|(?P<end>%\})")
_IDENTIFIER = re.compile(r"\w[\w-]*")


def to_liquid(template: str) -> str:
    """Return the template with each `${name}` in the words of Liquid; what cannot be said so stays, to be refused.

    Raises `TemplateFault` for a raw block that does not end, and for a tag without a name.
    """
    parts: list[str] = []
    done = 0
    while markup := _MARKUP.search(template, done):
        parts.append(template[done : markup.end()])
        inside, done = _followed(template, markup)
        parts.append(inside)
    parts.append(template[done:])
    return "".join(parts)


def _followed(template: str, markup: re.Match[str]) -> tuple[str, int]:
    """Return the rewritten rest of one piece of markup, with its end, and where that is."""
    match markup.lastgroup:
        case "block":
            return _block(template, markup)
        case "request":
            return _request(template, markup.end())
        case "nameless":
            raise fault_at(template, markup.start(), "the tag has no name", "Write one after {%, and close it with %}.")
        case kind:
            return _inside(template, markup.end(), kind or "tag")


def _block(template: str, markup: re.Match[str]) -> tuple[str, int]:
    name = markup["block"]
    end = _END_OF_BLOCK[name].search(template, markup.end())
    if end is None:
        hint = f"Write {{% end{name} %}} after it."
        raise fault_at(template, markup.start(), f"the {name} block does not end", hint)
    return template[markup.end() : end.end()], end.end()


def _request(template: str, start: int) -> tuple[str, int]:
    """Rewrite only what is in braces."""
    parts: list[str] = []
    done = start
    while piece := _PART_OF_REQUEST.search(template, done):
        parts.append(template[done : piece.end()])
        done = piece.end()
        if piece.lastgroup == "end":
            break
        inside, done = _inside(template, done, "output")
        parts.append(inside)
    return "".join(parts), done


def _inside(template: str, start: int, kind: str) -> tuple[str, int]:
    """Rewrite names, and drop braces within; what never ends stays, for the parser to say so."""
    parts: list[str] = []
    done, depth = start, 0
    for piece in _PIECE[kind].finditer(template, start):
        found = piece.lastgroup
        if found == "stop":
            return template[start : piece.start()], piece.start()
        parts.append(template[done : piece.start()])
        done = piece.end()
        if found == "end" or (found == "close" and kind == "output" and not depth):
            return "".join([*parts, piece.group()]), done
        depth += {"open": 1, "close": -1}.get(found or "", 0)
        parts.append(_rewritten(piece))
    return template[start:], len(template)


def _rewritten(piece: re.Match[str]) -> str:
    text = piece.group()
    match piece.lastgroup:
        case "name":
            return _path(text)
        case "open" | "close":
            return " " * len(text)
        case _:
            return text


def _path(text: str) -> str:
    """Return `.${name}` as `["name"]` and `${name}` as `  name `."""
    name = text[text.index("{") + 1 : -1]
    if text.startswith("."):
        quote = "'" if '"' in name else '"'
        padding = len(name) - len(name.strip())
        return text if quote in name else f"[{quote}{name.strip()}{quote}]{' ' * padding}"
    return f"  {name} " if _IDENTIFIER.fullmatch(name.strip()) else text
