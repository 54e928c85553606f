"""Documents: the definitions that stand on their own in a file, told apart by their `kind`.

One rule: a document that is returned is whole in itself; what it needs of others is checked at its launch.
Not here: the text of a file (`yaml`), and parts of a document (`build`).
"""

from typing import Literal, TypeAlias, cast

from ensue.codec.build import read
from ensue.codec.findings import Findings, Places
from ensue.codec.scenario import NOTHING_AROUND, Around, Scenario, check, completed
from ensue.core.records import Campaign, Card, Segment

Definition: TypeAlias = Campaign | Card | Segment
Document: TypeAlias = Definition | Scenario
Kind = Literal["campaign", "card", "segment", "scenario"]
KINDS: dict[Kind, type[Document]] = {"campaign": Campaign, "card": Card, "segment": Segment, "scenario": Scenario}


def kind_of(document: Document) -> Kind:
    """Return what a document is, as its `kind` says."""
    return cast("Kind", document.__struct_config__.tag)  # the tags are the kinds: a test holds them to it


def name_of(document: Document) -> str:
    """Return the name of a document among all kinds, as in `campaign/newsletter`."""
    return f"{kind_of(document)}/{document.id}"


def read_document(
    data: object, *, source: str = "", places: Places | None = None, around: Around = NOTHING_AROUND
) -> Document:
    """Return the document that plain data stands for, its `kind` required; raise `Rejected` with all problems.

    A scenario may name what is `around` it without bringing it along; it is complete then.
    """
    findings = Findings(source, places)
    document = cast("Document", read(Document, data, findings))  # what it is, unless a problem was found
    findings.raise_if_any()
    if isinstance(document, Scenario):
        document = completed(document, around)
        check(document, findings)
        findings.raise_if_any()
    return document
