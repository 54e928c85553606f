"""The Catalog on SQLite: campaigns with their versions, cards, segments, settings, secrets, API keys, apps.

One rule: a definition is kept as JSON, written as in the files (`codec`), and a saved version never changes.
Not here: whether a definition is any good (`plan.validate`).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby

import msgspec

from ensue.apps import App
from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.core.records import Campaign, CampaignState, Card, CardState, Segment, Spell, Version, Workspace
from ensue.ports import Key
from ensue.store.database import Database, Row
from ensue.store.instants import instant, instant_or_none, micros, micros_or_none
from ensue.store.statements import statements

SQL = statements("catalog")

REMEMBERED = 4096
"""Versions of campaigns that are kept as they were read."""

_encode = msgspec.json.Encoder().encode
_spells = msgspec.json.Decoder(tuple[Spell, ...]).decode
_texts = msgspec.json.Decoder(tuple[str, ...]).decode


class SqliteCatalog:
    """Definitions and their lives."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._database = database

    # ------------------------------------------------------------ campaigns

    def campaigns(self) -> list[CampaignState]:
        """Return all campaigns by id."""
        return _campaigns(self._database.rows(SQL["campaigns"]))

    def find_campaign(self, campaign: str) -> CampaignState | None:
        """Return one campaign."""
        return next(iter(_campaigns(self._database.rows(SQL["find_campaign"], {"id": campaign}))), None)

    def save_campaign(self, campaign: CampaignState) -> None:
        """Insert or replace a campaign; versions once saved never change, only new numbers are added."""
        spells = _json(campaign.spells)
        with self._database.writing():
            self._database.write(SQL["save_campaign"], {"id": campaign.id, "status": campaign.status, "spells": spells})
            saved = {number for (number,) in self._database.rows(SQL["saved_versions"], {"campaign": campaign.id})}
            self._database.write_many(
                SQL["add_versions"],
                [
                    (campaign.id, version.number, micros(version.saved_at), _json(dump(version.campaign)))
                    for version in campaign.versions
                    if version.number not in saved
                ],
            )

    # ------------------------------------------------------------ cards and segments

    def cards(self) -> list[CardState]:
        """Return all cards by id."""
        return [_card(row) for row in self._database.rows(SQL["cards"])]

    def find_card(self, card: str) -> CardState | None:
        """Return one card."""
        row = self._database.row(SQL["find_card"], {"id": card})
        return _card(row) if row else None

    def save_card(self, card: CardState) -> None:
        """Insert or replace a card."""
        self._database.write(
            SQL["save_card"],
            {"id": card.id, "status": card.status, "spells": _json(card.spells), "body": _json(dump(card.card))},
        )

    def segments(self) -> list[Segment]:
        """Return all segments by id."""
        return [build(Segment, msgspec.json.decode(body)) for (body,) in self._database.rows(SQL["segments"])]

    def save_segment(self, segment: Segment) -> None:
        """Insert or replace a segment."""
        self._database.write(SQL["save_segment"], {"id": segment.id, "body": _json(dump(segment))})

    def remove_segment(self, segment: str) -> None:
        """Forget a segment; an absent one does not matter."""
        self._database.write(SQL["remove_segment"], {"id": segment})

    # ------------------------------------------------------------ settings, secrets, keys

    def workspace(self) -> Workspace:
        """Return the settings; the defaults where none were saved."""
        row = self._database.row(SQL["workspace"], {})
        return build(Workspace, msgspec.json.decode(row[0])) if row else Workspace()

    def save_workspace(self, workspace: Workspace) -> None:
        """Replace the settings."""
        self._database.write(SQL["save_workspace"], {"body": _json(dump(workspace))})

    def secret(self, name: str, default: str) -> str:
        """Return the secret of that name; where there is none, keep and return `default`."""
        row = self._database.row(SQL["find_secret"], {"name": name})
        if row:
            return str(row[0])
        with self._database.writing():  # another may have kept one meanwhile: the first stays
            self._database.write(SQL["keep_secret"], {"name": name, "value": default})
            ((kept,),) = self._database.rows(SQL["find_secret"], {"name": name})
        return str(kept)

    def keys(self) -> list[Key]:
        """Return all API keys by time of creation, then id."""
        return [_key(row) for row in self._database.rows(SQL["keys"])]

    def find_key(self, digest: str) -> Key | None:
        """Return a key by its digest, revoked ones too."""
        row = self._database.row(SQL["find_key"], {"digest": digest})
        return _key(row) if row else None

    def save_key(self, key: Key) -> None:
        """Insert or replace a key by its id."""
        self._database.write(
            SQL["save_key"],
            {
                "id": key.id,
                "name": key.name,
                "digest": key.digest,
                "scopes": _json(key.scopes),
                "created_at": micros(key.created_at),
                "revoked_at": micros_or_none(key.revoked_at),
            },
        )

    def apps(self) -> list[App]:
        """Return all apps by time of creation, then id; revoked ones too."""
        return [_app(row) for row in self._database.rows(SQL["apps"])]

    def find_app(self, app: str) -> App | None:
        """Return one app, also a revoked one."""
        row = self._database.row(SQL["find_app"], {"id": app})
        return _app(row) if row else None

    def save_app(self, app: App) -> None:
        """Insert or replace an app by its id."""
        self._database.write(
            SQL["save_app"],
            {
                "id": app.id,
                "name": app.name,
                "origins": _json(app.origins),
                "secret": app.secret,
                "requires_token": int(app.requires_token),
                "created_at": micros(app.created_at),
                "revoked_at": micros_or_none(app.revoked_at),
            },
        )


def _json(data: object) -> str:
    return _encode(data).decode()


def _campaigns(rows: Sequence[Row]) -> list[CampaignState]:
    """Join rows, one a version and sorted by campaign, to campaigns."""
    return [
        CampaignState(id=identity, status=status, spells=_spells(spells), versions=_versions(versions))
        for (identity, status, spells), versions in groupby(rows, lambda row: row[:3])
    ]


def _versions(rows: Iterable[Row]) -> tuple[Version, ...]:
    return tuple(
        Version(number=number, saved_at=instant(saved_at), campaign=_definition(body))
        for *_, number, saved_at, body in rows
        if number is not None  # the outer join's row of a campaign without any version
    )


@lru_cache(REMEMBERED)
def _definition(body: str) -> Campaign:
    """Return what a text says; a saved version never changes, and lists are read often."""
    return build(Campaign, msgspec.json.decode(body))


def _card(row: Row) -> CardState:
    identity, status, spells, body = row
    return CardState(id=identity, status=status, spells=_spells(spells), card=build(Card, msgspec.json.decode(body)))


def _key(row: Row) -> Key:
    identity, name, digest, scopes, created_at, revoked_at = row
    return Key(
        id=identity,
        name=name,
        digest=digest,
        scopes=_texts(scopes),
        created_at=instant(created_at),
        revoked_at=instant_or_none(revoked_at),
    )


def _app(row: Row) -> App:
    identity, name, origins, secret, requires_token, created_at, revoked_at = row
    return App(
        id=identity,
        name=name,
        origins=_texts(origins),
        secret=secret,
        requires_token=bool(requires_token),
        created_at=instant(created_at),
        revoked_at=instant_or_none(revoked_at),
    )
