"""A made-up shop: its campaigns, and what its visitors do; the same at every run.

One rule: 40 % of the events concern some live campaign, the others are what a shop logs all day.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from ensue.core.conditions import Audience
from ensue.core.contents import Channels, Push
from ensue.core.events import CampaignInteracted, CustomEventLogged, Event, Properties, Purchased
from ensue.core.plan import Plan, compile_plan
from ensue.core.records import ActionBased, After, Campaign, CampaignState, Spell, Version, Workspace
from ensue.core.triggers import CustomEvent, InteractWithCampaign, MakePurchase

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
USERS = 5_000
VISIT = 5
"""Events of one user in a row: people come, look around, and go."""
PROPERTIES: Properties = {
    "item": "lamp-4711",
    "name": "Reading lamp, brass",
    "category": "home/lighting",
    "price": 49.5,
    "currency": "EUR",
    "in_stock": True,
    "page": "https://shop.example/home/lighting/lamp-4711",
    "referrer": "newsletter",
}


def campaigns(count: int) -> list[CampaignState]:
    """Return live campaigns: every second one starts with an event of its own, the next follows on an opened e-mail."""
    return [_live(_campaign(number), number) for number in range(count)]


def plan(count: int) -> Plan:
    """Return the plan of so many campaigns."""
    return compile_plan(Workspace(), campaigns(count))


def events(count: int, listened: int, *, first: int = 0, users: int = USERS) -> list[Event]:
    """Return so many events, of which those that concern campaigns are spread over the first `listened` of them."""
    return [_event(number, listened, users) for number in range(first, first + count)]


def _live(campaign: Campaign, number: int) -> CampaignState:
    begun = START - timedelta(days=1) + timedelta(seconds=number)
    version = Version(number=1, saved_at=begun, campaign=campaign)
    return CampaignState(id=campaign.id, status="active", versions=(version,), spells=(Spell(begun_at=begun),))


def _campaign(number: int) -> Campaign:
    if number % 2:
        trigger = InteractWithCampaign(campaign=f"c{number - 1}", interaction="open_email")
        delivery = ActionBased(triggers=(trigger,), delay=After(after=timedelta(days=1)))
    else:
        delay, exceptions = After(after=timedelta(hours=2)), (MakePurchase(product=f"p{number}"),)
        delivery = ActionBased(triggers=(CustomEvent(name=f"e{number}"),), delay=delay, exceptions=exceptions)
    return Campaign(
        id=f"c{number}",
        name=f"Campaign {number}",
        channels=Channels(push=Push(title="Hello", body="There")),
        delivery=delivery,
        audience=Audience(segments=("everyone",)),
    )


def _event(number: int, listened: int, users: int) -> Event:
    user, at = f"user-{number // VISIT * 7919 % users}", START + timedelta(milliseconds=number * 50)
    original = number // 100 * 2 % listened
    kind = number * 31 % 100
    fields: dict[str, Any] = {
        "id": f"01890a5d-ac96-774b-bcce-{number:012d}",
        "user": user,
        "at": at,
        "received_at": at,
    }
    if kind < 20:  # noqa: PLR2004  (shares in percent, of which 40 concern a campaign)
        return CustomEventLogged(**fields, name=f"e{original}", properties=PROPERTIES)
    if kind < 30:  # noqa: PLR2004
        return CampaignInteracted(**fields, campaign=f"c{original}", interaction="open_email")
    if kind < 40:  # noqa: PLR2004
        return Purchased(**fields, product=f"p{original}", price=49.5, currency="EUR", properties=PROPERTIES)
    return CustomEventLogged(**fields, name=f"viewed_{kind % 7}", properties=PROPERTIES)
