"""The reference page names every address of the API, and none that is not there."""

import re
from pathlib import Path

from litestar.testing import TestClient

from ensue.web.app import Application

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"


def test_every_address_is_documented_and_no_other(client: TestClient[Application]) -> None:
    assert told() == set(client.get("/api/openapi.json").json()["paths"])


def told() -> set[str]:
    """Return the addresses of the page's tables; `…/stop` stands for the one before with another end."""
    found: set[str] = set()
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("| `"):
            continue
        last = ""
        for path in re.findall(r"[` ]((?:/|…/)[^` ]*)`", line.split(" | ")[0]):
            last = path if path.startswith("/") else last.rpartition("/")[0] + path.removeprefix("…")
            found.add(last)
    return found
