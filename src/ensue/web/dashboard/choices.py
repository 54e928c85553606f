"""What forms propose: the definitions by name, and the names of attributes, events and products seen so far.

One rule: proposals help typing and forbid nothing.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from ensue.errors import Problem, Rejected, rejected
from ensue.ports import Store
from ensue.web.dashboard.forms.view import Named, Vocabulary
from ensue.web.dashboard.forms.vocabulary import vocabulary as defined
from ensue.web.dashboard.submitted import Submitted
from ensue.web.site import Site

SAMPLE = 200
"""Users whose names of attributes, events and products are proposed."""
MOST = 100


def vocabulary(site: Site) -> Vocabulary:
    """Return what can be chosen at this moment."""
    return site.runner.read(_read)


def fields_of(form: Submitted) -> Mapping[str, Sequence[str]]:
    """Return the values of each name, in the order of the page."""
    fields: dict[str, list[str]] = {}
    for name, value in form.pairs:
        fields.setdefault(name, []).append(value)
    return fields


def refuse(problems: Sequence[Problem]) -> None:
    """Refuse what has problems."""
    if problems:
        raise Rejected(problems)


def free_id(site: Site, name: str, kind: str) -> str:
    """Return an id made of a name, which nobody has yet; Rejected where the name gives none."""
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.casefold())
    base = "-".join(part for part in letters.split("-") if part)[:56].rstrip("-")
    if not base:
        hint = "Give it a name with letters or digits, or an id."
        raise rejected("missing_key", "id", f"the {kind} needs an id", hint)

    def read(store: Store) -> set[str]:
        catalog = store.catalog
        launchable = {one.id for one in catalog.campaigns()} | {one.id for one in catalog.cards()}
        return launchable | {one.id for one in catalog.segments()}

    taken = site.runner.read(read) | {"everyone"}
    numbered = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))]
    return next(one for one in numbered if one not in taken)


def _read(store: Store) -> Vocabulary:
    catalog, journal = store.catalog, store.journal
    words = defined(catalog.campaigns(), catalog.cards(), catalog.segments())
    states = journal.load(journal.users_after("", SAMPLE)).values()
    return replace(
        words,
        segments=(Named(id="everyone", name="Everyone"), *words.segments),
        attributes=_with(words.attributes, (one.attributes for one in states)),
        events=_with(words.events, (one.events for one in states)),
        products=_with(words.products, (one.purchases for one in states)),
    )


def _with(defined_names: Iterable[str], seen: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Return the names that definitions use, and some of those seen with users."""
    return tuple(sorted({*defined_names, *sorted({name for names in seen for name in names})[:MOST]}))
