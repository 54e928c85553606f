"""Invented people: the same at every start.

One rule: nothing is left to chance; who somebody is, and what they do with a message, follows from their number.
"""

from hashlib import sha256

from ensue.core.events import Properties

COUNT = 300
FIRST = ("Ada", "Bo", "Cleo", "Dag", "Elin", "Finn", "Greta", "Hugo", "Ines", "Jon", "Kaya", "Leif", "Maja", "Nils")
LAST = ("Ahlgren", "Berg", "Castro", "Dahl", "Eriksen", "Fontaine", "Garcia", "Holm", "Ivanova", "Jansen", "Koch")
PLACES = (
    ("Sweden", "Europe/Stockholm"),
    ("Germany", "Europe/Berlin"),
    ("Portugal", "Europe/Lisbon"),
    ("Canada", "America/Toronto"),
    ("Japan", "Asia/Tokyo"),
)


def people() -> list[tuple[str, Properties]]:
    """Return ids and attributes."""
    return [_person(number) for number in range(1, COUNT + 1)]


def percent_of(*parts: str) -> int:
    """Return a number from 0 to 99 that follows from the parts."""
    return int.from_bytes(sha256(":".join(parts).encode()).digest()[:4], "big") % 100


def _person(number: int) -> tuple[str, Properties]:
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    country, zone = PLACES[number % len(PLACES)]
    attributes: Properties = {
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}.{number}@example.com".lower(),
        "country": country,
        "time_zone": zone,
    }
    return f"person-{number}", attributes
