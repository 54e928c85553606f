"""The HTML of an e-mail: MJML and CSS laid out, links tracked, pixel and preheader put in, and a text made of it.

One rule: HTML is read by a parser once (css-inline's, the one of a browser engine); what it writes has one shape,
every attribute in double quotes, and only in that shape are links and `<body>` looked for.

In an `<a>`, `data-alias="buy"` names the link for triggers and reports, and `data-no-track` leaves it as it is; both
are taken out. In MJML one of them may stand on the element that makes the link (`<mj-button data-alias="buy" …>`).
"""

import html
import re
from collections.abc import Callable

import inscriptis
import mrml
from css_inline import CSSInliner
from inscriptis.model.config import ParserConfig

from ensue.content.links import is_web_address
from ensue.content.liquid import TemplateFault

Track = Callable[[str, str | None], str]
"""Makes the tracked address of a target and its alias."""

# Nothing is ever fetched: remote style sheets are left out. What cannot be inlined (`@media`) stays in the head.
_INLINE = CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
# MJML comes inlined already; this only brings it into the one shape.
_RESHAPE = CSSInliner(load_remote_stylesheets=False, inline_style_tags=False, keep_style_tags=True, keep_at_rules=True)

_ATTRIBUTES = r'(?: [^\s"=<>/]+="[^"]*")*'
_ATTRIBUTE = re.compile(r' ([^\s"=<>/]+)="([^"]*)"')
_LINK = re.compile(rf"<(a|area)({_ATTRIBUTES})>")
_BODY = re.compile(rf"<body{_ATTRIBUTES}>")
_MJML_MARKS = re.compile(
    r"""(<mj-[\w-]+(?:\s[^<>]*?)?)\s(data-alias|data-no-track)(?:=(?:"([^"]*)"|'([^']*)'))?(?=[\s/>])"""
)
_MJML_PLACE = re.compile(r" at position (\d+):\d+")
_AS_NAME = "ensue:"
"""MJML drops attributes that it does not know, but hands `name` on to the link."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # browsers drop them from an address, and so does a redirect
_TEXT_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(r"\[(\[?[^\[\]]*\]?)\]\(([a-z]+:[^\s()]+)\)")
_TRAILING = ".,;:!?)]}"
_HIDDEN = "display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all"


def laid_out(source: str) -> str:
    """Return a whole HTML document with its CSS inlined."""
    return _INLINE.inline(source)


def from_mjml(source: str) -> str:
    """Return the HTML document of an MJML one; raises `TemplateFault`."""
    try:
        content = mrml.to_html(_MJML_MARKS.sub(_as_name, source)).content
    except (OSError, ValueError) as error:
        raise _mjml_fault(str(error), source) from None
    return _RESHAPE.inline(content)


def _as_name(found: re.Match[str]) -> str:
    alias = found[3] or found[4] or ""
    return f'{found[1]} name="{_AS_NAME}{found[2]}={alias}"'


def _mjml_fault(message: str, source: str) -> TemplateFault:
    place = _MJML_PLACE.search(message)
    before = source[: int(place[1])] if place else source
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    message = "the MJML is broken: " + _MJML_PLACE.sub("", message).replace(" in root template", "")
    return TemplateFault(message, line=line, column=column, hint="Close every element, and begin with <mjml>.")


# ---------------------------------------------------------------- links


def with_links(document: str, track: Track) -> str:
    """Return the document with each http(s) link replaced by its tracked address."""
    return _LINK.sub(lambda found: f"<{found[1]}{_attributes(found[2], track)}>", document)


def _attributes(text: str, track: Track) -> str:
    if " href=" not in text and "data-" not in text:
        return text
    attributes = dict(_ATTRIBUTE.findall(text))
    name, _, value = attributes.get("name", "").removeprefix(_AS_NAME).partition("=")
    if attributes.get("name", "").startswith(_AS_NAME):
        del attributes["name"]
        attributes[name] = value
    alias, no_track = attributes.pop("data-alias", ""), attributes.pop("data-no-track", None)
    target = _CONTROL.sub("", html.unescape(attributes.get("href", ""))).strip()
    if no_track is None and is_web_address(target):
        attributes["href"] = html.escape(track(target, html.unescape(alias) or None))
    return "".join(f' {name}="{value}"' for name, value in attributes.items())


def with_text_links(text: str, track: Track) -> str:
    """Return a plain text with each http(s) address replaced by its tracked one."""
    return _TEXT_LINK.sub(lambda found: _tracked(found[0], track), text)


def _tracked(found: str, track: Track) -> str:
    target = found.rstrip(_TRAILING)
    return (track(target, None) if is_web_address(target) else target) + found[len(target) :]


# ---------------------------------------------------------------- the rest


def with_preheader(document: str, text: str) -> str:
    """Put a text first that readers show beside the subject, and that is not seen in the message."""
    hidden = f'<div style="{_HIDDEN}">{html.escape(text)}</div>'
    return _BODY.sub(lambda body: body[0] + hidden, document, count=1)


def with_pixel(document: str, url: str) -> str:
    """Put the open pixel last."""
    head, end, tail = document.rpartition("</body>")
    return f'{head}<img src="{html.escape(url)}" width="1" height="1" alt="" style="display:block">{end}{tail}'


def as_text(document: str) -> str:
    """Return the document as plain text, links as `text <address>`, which every reader finds the end of."""
    text: str = inscriptis.get_text(document, ParserConfig(display_links=True, display_images=True))
    text = _MARKDOWN_LINK.sub(r"\1 <\2>", text)
    lines = (line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
