"""Forms of pages as a browser reads them: what it would send without anybody touching a field."""

from html.parser import HTMLParser

Attributes = dict[str, str | None]


class FormReader(HTMLParser):
    """Collects names and values of all fields, in the order of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found: Attributes = dict(attrs)
        if "id" in found:
            self.ids.append(found["id"] or "")
        if tag == "input":
            self._input(found)
        elif tag == "select":
            self._select, self._options = found.get("name"), []
        elif tag == "option":
            self._options.append((found.get("value") or "", "selected" in found))
        elif tag == "textarea":
            self._area, self._text = found.get("name"), ""

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select and self._options:
            chosen = [value for value, is_selected in self._options if is_selected] or [self._options[0][0]]
            self.pairs.append((self._select, chosen[-1]))
        elif tag == "textarea" and self._area is not None:
            text = self._text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\n")
            self.pairs.append((self._area, text.replace("\n", "\r\n")))
            self._area = None

    def _input(self, found: Attributes) -> None:
        name, kind, value = found.get("name"), found.get("type") or "text", found.get("value") or ""
        if not name or "disabled" in found:
            return
        if kind in ("checkbox", "radio"):
            if "checked" in found:
                self.pairs.append((name, value or "on"))
        elif kind not in ("submit", "button"):
            self.pairs.append((name, value.replace("\r", "").replace("\n", "")))


def read_form(page: str) -> FormReader:
    reader = FormReader()
    reader.feed(page)
    reader.close()
    return reader


def sent(page: str) -> dict[str, list[str]]:
    """Return what a browser would send of a page, each name with its values."""
    form: dict[str, list[str]] = {}
    for name, value in read_form(page).pairs:
        form.setdefault(name, []).append(value)
    return form
