"""The `${name}` of campaign tools, rewritten into plain Liquid.

One rule: the rewritten text is exactly as long as the original, so that the line and column of an error stay true.
Not here: what the names mean (`context`) and the Liquid itself (`liquid`).

    {{ ${first_name} | default: 'friend' }}     {{   first_name  | default: 'friend' }}
    {{custom_attribute.${Favorite Color}}}      {{custom_attribute["Favorite Color"]}}
    {% if {{${country}}} == 'SE' %}             {%   if     country    == 'SE' %}   (braces within a tag are dropped)

Texts in quotes, `{% raw %}` and everything outside `{{ }}` and `{% %}` stay as they are.
"""

import re

_MARKUP = re.compile(r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}|\{\{|\{%", re.DOTALL)
# A quote right after a letter is an apostrophe in a comment, not the beginning of a text.
_PIECE = {
    "{{": re.compile(
        r"""(?P<text>(?<!\w)(?:"(?:(?!\}\})[^"])*"|'(?:(?!\}\})[^'])*'))"""
        r"""|(?P<name>\.?\$\{[^{}]*\})|(?P<end>\}\})""",
    ),
    "{%": re.compile(
        r"""(?P<text>(?<!\w)(?:"(?:(?!%\})[^"])*"|'(?:(?!%\})[^'])*'))"""
        r"""|(?P<name>\.?\$\{[^{}]*\})|(?P<end>%\})|(?P<braces>\{\{|\}\})""",
    ),
}
_IDENTIFIER = re.compile(r"\w[\w-]*")


def to_liquid(template: str) -> str:
    """Return the template with each `${name}` in the words of Liquid; what cannot be said so stays, to be refused."""
    if "${" not in template and "{{" not in template:
        return template
    parts: list[str] = []
    done = 0
    while markup := _MARKUP.search(template, done):
        parts.append(template[done : markup.end()])
        done = markup.end()
        if markup.group() in _PIECE:
            inside, done = _inside(template, done, _PIECE[markup.group()])
            parts.append(inside)
    parts.append(template[done:])
    return "".join(parts)


def _inside(template: str, start: int, pieces: re.Pattern[str]) -> tuple[str, int]:
    """Return the rewritten inside of one `{{` or `{%` up to and with its end, and where that is."""
    parts: list[str] = []
    done = start
    for piece in pieces.finditer(template, start):
        parts.append(template[done : piece.start()])
        parts.append(_rewritten(piece))
        done = piece.end()
        if piece.lastgroup == "end":
            break
    return "".join(parts), done


def _rewritten(piece: re.Match[str]) -> str:
    text = piece.group()
    match piece.lastgroup:
        case "name":
            return _path(text)
        case "braces":
            return "  "
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
