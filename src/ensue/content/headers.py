"""The headers that authors give themselves, to e-mails and webhooks.

One rule: a value can never end its header: a line break in it is refused.
"""

import re
from collections.abc import Collection, Mapping

from ensue.content.liquid import TemplateFault, render_text

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def render_headers(given: Mapping[str, str], names: Mapping[str, object], *, taken: Collection[str]) -> dict[str, str]:
    """Render headers in their order; `taken` are the names (in small letters) that are not the author's to set."""
    return {name: _value(name, template, names, taken) for name, template in given.items()}


def _value(name: str, template: str, names: Mapping[str, object], taken: Collection[str]) -> str:
    field = f"headers.{name}"
    if not _NAME.fullmatch(name):
        raise TemplateFault("this is no name of a header", field=field, hint="Use letters, digits and hyphens.")
    if name.lower() in taken:
        raise TemplateFault("Ensue sets this header itself", field=field, hint="Leave it out.")
    value = render_text(template, names, field=field).strip()
    if _CONTROL.search(value):
        raise TemplateFault("the value has a line break", field=field, hint="Use `| strip_newlines`.")
    return value
