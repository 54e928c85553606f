"""Lists in pages: one page of the rows, and where the pages before and after it are.

One rule: a list that can grow is shown in pages, so that a page stays small.
"""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar
from urllib.parse import urlencode

import msgspec

SHOWN = 25
Row = TypeVar("Row")


class Paged(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """The rows of one page; `before` and `after` are the queries of its neighbours, empty where there is none."""

    rows: Sequence[Row]
    before: str = ""
    after: str = ""
    said: str = ""


def paged(rows: Sequence[Row], page: int, asked: Mapping[str, str]) -> Paged[Row]:
    """Return a page of the rows, from 1 to the last there is; `asked` is the rest of the query."""
    count = len(rows)
    page = max(1, min(page, -(-count // SHOWN)))
    place = (page - 1) * SHOWN
    return Paged(
        rows=rows[place : place + SHOWN],
        before=_query(asked, page - 1) if place else "",
        after=_query(asked, page + 1) if count > place + SHOWN else "",
        said=f"{place + 1:,} to {min(place + SHOWN, count):,} of {count:,}" if count > SHOWN else "",
    )


def _query(asked: Mapping[str, str], page: int) -> str:
    return f"?{urlencode({**asked, 'page': page})}"
