"""A folder and the Ensue that it stands for, side by side: what both hold, and where they last agreed.

One rule: `.ensue.json` in the folder keeps names, versions and digests, and nothing else: it belongs beside the files.
"""

from pathlib import Path

import msgspec

from ensue.cli.client import Client
from ensue.codec.build import build
from ensue.codec.documents import KINDS, Definition, Kind
from ensue.codec.folder import Folder, read_folder
from ensue.errors import Problem, Rejected, rejected
from ensue.services.drift import Standing, standings
from ensue.services.holding import digest_of

LOCK = ".ensue.json"


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """The digest at which file and Ensue last agreed, and the version of a campaign that had it."""

    digest: str
    version: int = 0


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """What `.ensue.json` holds, by name, as in `campaign/newsletter`."""

    definitions: dict[str, Agreed]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that Ensue holds, as the API tells it."""

    kind: Kind
    id: str
    status: str
    version: int
    digest: str
    definition: dict[str, object]

    @property
    def record(self) -> Definition:
        """Return the definition."""
        found = build(KINDS[self.kind], self.definition)
        if not isinstance(found, Definition):
            raise TypeError(found)
        return found

    @property
    def title(self) -> str:
        """Return what it is called in a line, as in `campaign newsletter (version 3)`."""
        return f"{self.kind} {self.id}" + (f" (version {self.version})" if self.version else "")


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """Files, Ensue, and where they last agreed, all by name."""

    folder: Folder
    held: dict[str, Held]
    agreed: dict[str, Agreed]

    @property
    def standings(self) -> list[Standing]:
        """Return how each definition stands."""
        return standings(
            {name: digest_of(one) for name, (one, _) in self.folder.definitions.items()},
            {name: one.digest for name, one in self.held.items()},
            {name: one.digest for name, one in self.agreed.items()},
            [name for name, one in self.held.items() if one.status == "archived"],
        )

    def title(self, name: str) -> str:
        """Return what a definition is called in a line."""
        return self.held[name].title if name in self.held else name.replace("/", " ")


def check_out(ensue: Client, path: Path) -> Checkout:
    """Read a folder and what Ensue holds; raises `Rejected` with everything that is wrong in the files."""
    return Checkout(folder=read_folder(path), held=holdings(ensue), agreed=read_lock(path))


def holdings(ensue: Client) -> dict[str, Held]:
    """Return everything that Ensue holds, by name."""
    found = msgspec.convert(ensue.get("/api/v1/definitions")["definitions"], list[Held])
    return {f"{one.kind}/{one.id}": one for one in found}


def read_lock(path: Path) -> dict[str, Agreed]:
    """Return where files and Ensue last agreed; nothing where they were never brought together."""
    try:
        return msgspec.json.decode((path / LOCK).read_bytes(), type=Lock).definitions
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        hint = "Take the file from version control again; or remove it, and pull."
        raise rejected("file", str(path / LOCK), f"cannot be read: {error}", hint) from error


def write_lock(path: Path, agreed: dict[str, Agreed]) -> None:
    """Write where files and Ensue agree now; a file that says so already is left alone."""
    lock = Lock(definitions=dict(sorted(agreed.items())))
    text = msgspec.json.format(msgspec.json.encode(lock), indent=2) + b"\n"
    file = path / LOCK
    if not file.exists() or file.read_bytes() != text:
        file.write_bytes(text)


def refuse(problems: list[Problem]) -> None:
    """Raise `Rejected` where there are problems."""
    if problems:
        raise Rejected(problems)
