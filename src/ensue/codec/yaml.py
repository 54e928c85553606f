"""YAML files: definitions with the place of every problem, and their readable, stable text.

One rule: what `dump_yaml` writes, `load_documents` reads back as the same value, and it is written alike again.
Not here: opening files; the caller brings the text.
"""

import re

import yaml
from msgspec import Struct

from ensue.codec.documents import Document, read_document
from ensue.codec.dump import dump
from ensue.codec.findings import LIMIT, Findings
from ensue.codec.nodes import FLOAT, INTEGER, read_nodes
from ensue.errors import Problem, Rejected

WIDTH = 1_000_000
"""Lines are never folded: a text changes in a diff only where it was changed."""

_RARE_BREAK = re.compile("[\r\x85\u2028\u2029\ufeff]")


def load_documents(text: str, source: str = "") -> list[Document]:
    """Return the documents of a YAML text, in order; raise `Rejected` with the problems of all, each with its place."""
    documents: list[Document] = []
    problems: list[Problem] = []
    taken: set[tuple[type, str]] = set()
    for node in read_nodes(text, source):
        try:
            document = read_document(node.plain(), source=source, places=node)
            _take(document, taken, Findings(source, node))
        except Rejected as error:
            problems += error.problems
        else:
            documents.append(document)
        if len(problems) >= LIMIT:
            break
    if problems:
        raise Rejected(problems)
    return documents


def dump_yaml(record: Struct) -> str:
    """Return the text of a definition: block style, keys in the order of the definition, defaults left out."""
    return write_yaml(dump(record))


def write_yaml(data: dict[str, object]) -> str:
    """Return the text of plain data, as `dump_yaml` writes it."""
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, default_flow_style=False, sort_keys=False, width=WIDTH)


def _take(document: Document, taken: set[tuple[type, str]], findings: Findings) -> None:
    name = (type(document), document.id)
    if name in taken:
        findings.add("duplicate_id", ("id",), f"the id '{document.id}' is taken", "An earlier document has it.")
    taken.add(name)
    findings.raise_if_any()


class _Dumper(yaml.SafeDumper):
    """Indents lists, writes texts of several lines as blocks, quotes what YAML 1.1 or 1.2 would misread."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # so it is in PyYAML
        # Timestamps stay bare: they are texts to us, and what they look like to others.
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: object) -> bool:
        """Write equal values out each time."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002  # PyYAML's
        """Indent a list under its key."""
        del indentless
        super().increase_indent(flow, indentless=False)


def _write_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    if _RARE_BREAK.search(text):
        style: str | None = '"'
    else:
        style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _write_text)
for _pattern in (INTEGER.pattern, FLOAT.pattern, r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"):  # also every clock time alike
    _Dumper.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(rf"^(?:{_pattern})$"), list("-+.0123456789"))
