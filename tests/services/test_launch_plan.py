"""The plan of a launch: order, whom each connection would miss, what is left out; and the launch after it (B1)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ensue.bootstrap import SIMULATED_MAIL, renderer
from ensue.channels.simulated import SimulatedTransport
from ensue.codec.build import build
from ensue.core.records import Campaign, CampaignState, Card, Status, Version
from ensue.errors import Rejected
from ensue.history import Interacted
from ensue.runners.clock import VirtualClock
from ensue.runners.delivery import Delivery
from ensue.runners.embedded import EmbeddedRunner
from ensue.services.launch_plan import LaunchPlan, LaunchPlans, waiting_follow_ons
from ensue.services.scheduling import Scheduling
from ensue.services.tracking import Reported
from ensue.store.sqlite import SqliteStore
from ensue.web.site import Site
from tests.web.asking import site_on

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAIL = {"email": {"subject": "Hello", "html": "<p>Hello</p>"}}
PEOPLE = ("ana", "bo", "cy", "dee")
OPENED = """
select count(distinct user), count(*)
from events
where kind = 'campaign_interacted'
  and json_extract(body, '$.campaign') = 'news'
  and json_extract(body, '$.interaction') = 'open_email'
  and json_extract(body, '$.at') >= ?
"""


class Desk:
    """An Ensue on a database of its own, and what one does at it."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "e.db"
        self.clock = VirtualClock(START)
        runner = EmbeddedRunner(SqliteStore(self.database, synchronous="OFF"), self.clock, keeps_time=False)
        self.site: Site = site_on(runner, self.clock)
        self.site.people.put([(name, {"email": f"{name}@example.com"}) for name in PEOPLE])

    def save(self, name: str, delivery: object, **more: object) -> None:
        body = {"id": name, "name": name.capitalize(), "channels": MAIL, "delivery": delivery, **more}
        self.site.definitions.save_campaign(build(Campaign, body))

    def plan(self, *ids: str) -> LaunchPlan:
        return LaunchPlans(self.site.runner, self.clock, self.site.launching).plan(ids)

    def launch(self, *ids: str) -> list[str]:
        return list(self.site.launching.move("launch", ids))

    def opens(self, *users: str, campaign: str = "news", **more: object) -> None:
        """Report opens, a minute after what was before."""
        self.clock.set(self.clock.now() + timedelta(minutes=1))
        reports = [{"user": user, "interaction": "open_email", "campaign": campaign, **more} for user in users]
        self.site.tracking.report([build(Reported, one) for one in reports])

    def deliver(self) -> None:
        """Let the runs of scheduled campaigns reach everybody, and hand over what is to be sent."""
        runner, scheduling = self.site.runner, Scheduling(self.site.runner, self.clock)
        delivery = Delivery(
            runner,
            self.clock,
            carriers=lambda: {"email": SimulatedTransport()},
            render=renderer(runner, self.site.tracker, SIMULATED_MAIL),
        )
        while scheduling.run_due() or delivery.run_once():
            runner.settle()

    def outcomes(self, campaign: str) -> dict[str, int]:
        return self.site.runner.read(lambda store: store.ledger.outcomes(campaign)).get(campaign, {})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.site.runner.close()


def when(*triggers: dict[str, object], **more: object) -> dict[str, object]:
    return {"type": "action_based", "triggers": list(triggers), **more}


def interaction(original: str, kind: str = "open_email", **more: object) -> dict[str, object]:
    return {"interact_with_campaign": {"campaign": original, "interaction": kind, **more}}


SESSION: dict[str, object] = {"start_session": {}}
AT_LAUNCH = {"type": "scheduled", "at": "launch"}


def cautions(plan: LaunchPlan) -> list[tuple[str, str]]:
    return [(one.code, one.weight) for strand in plan.connections for one in strand.cautions]


# ---------------------------------------------------------------- the order


def test_the_plan_and_the_launch_put_follow_ons_first(desk: Desk) -> None:  # B1
    desk.save("a-news", when(SESSION))
    desk.save("b-offer", when(interaction("a-news")))
    desk.save("c-thanks", when(interaction("b-offer"), interaction("a-news", "click_email")))
    plan = desk.plan("a-news", "b-offer", "c-thanks")
    assert plan.ids == ("c-thanks", "b-offer", "a-news")
    assert (plan.circles, plan.left_out, plan.problems, cautions(plan)) == ((), (), (), [])
    assert desk.launch("a-news", "c-thanks", "b-offer") == list(plan.ids)
    launched = desk.site.runner.plan.campaigns
    assert {launched[name].launched_at for name in plan.ids} == {START}


def test_a_card_comes_after_what_follows_on_it(desk: Desk) -> None:
    desk.site.definitions.save_card(build(Card, {"id": "a-sale", "title": "Sale"}))
    trigger: dict[str, object] = {"interact_with_card": {"card": "a-sale", "interaction": "click_card"}}
    desk.save("clickers", when(trigger))
    plan = desk.plan("a-sale", "clickers")
    assert [(one.id, one.kind) for one in plan.order] == [("clickers", "campaign"), ("a-sale", "card")]
    assert [one.does for one in plan.connections] == ["clicks the card “Sale”"]
    assert desk.launch("a-sale", "clickers") == ["clickers", "a-sale"]


def test_a_circle_is_named_and_launched_at_one_instant(desk: Desk) -> None:
    wait = {"after": "1 day"}
    for name, original in (("one", "three"), ("two", "one"), ("three", "two")):
        desk.save(name, when(interaction(original), delay=wait))
    desk.save("outside", when(interaction("one"), delay=wait))
    plan = desk.plan("outside", "one", "two", "three")
    assert plan.circles == (("one", "two", "three"),)
    assert plan.ids.index("outside") < plan.ids.index("one")
    assert cautions(plan) == [("circle", "note")] * 3
    desk.launch("one", "two", "three", "outside")
    assert {one.launched_at for one in desk.site.runner.plan.campaigns.values()} == {START}


def test_an_original_that_goes_out_at_its_launch_finds_its_follow_ons_active(desk: Desk) -> None:
    desk.save("a-news", AT_LAUNCH, control_group=50)
    desk.save("b-received", when(interaction("a-news", "receive_email")))
    desk.save("c-control", when(interaction("a-news", "enrolled_in_control_group")))
    plan = desk.plan("a-news", "b-received", "c-control")
    assert cautions(plan) == [("everybody", "note")] * 2
    assert "its whole audience at the launch, 4 users," in plan.connections[0].cautions[0].message
    desk.launch("a-news", "b-received", "c-control")
    desk.deliver()
    first = desk.outcomes("a-news")
    assert first["sent"] + first["control"] == len(PEOPLE)
    assert (desk.outcomes("b-received"), desk.outcomes("c-control")) == (
        {"sent": first["sent"]},
        {"sent": first["control"]},
    )


def test_a_set_with_something_that_cannot_be_launched_is_not_launched_at_all(desk: Desk) -> None:
    desk.save("news", when(SESSION))
    desk.save("offer", when(interaction("news")), channels=None)
    assert [one.path for one in desk.plan("news", "offer").problems] == ["offer: channels"]
    with pytest.raises(Rejected):
        desk.launch("news", "offer")
    assert desk.site.runner.plan.campaigns == {}
    with pytest.raises(Rejected, match="Did you mean 'offer'"):
        desk.plan("ofer")


# ---------------------------------------------------------------- whom it misses


def test_whom_a_live_original_has_had_is_counted_exactly(desk: Desk) -> None:  # B1
    desk.save("news", when(SESSION))
    desk.opens("dee")  # before the launch: nobody could have been triggered
    desk.clock.set(START + timedelta(hours=1))
    desk.launch("news")
    desk.opens("ana", "bo", id="1")
    desk.opens("ana", id="2")
    desk.save("offer", when(interaction("news")))
    (strand,) = desk.plan("offer").connections
    with closing(sqlite3.connect(desk.database)) as connection:
        counted = connection.execute(OPENED, ["2026-03-02T10:00:00Z"]).fetchone()
    assert strand.missed == Interacted(users=2, interactions=3)
    assert counted == (2, 3)
    (caution,) = strand.cautions
    assert caution.message == (
        "“News” has been active since 2 Mar 2026, 10:00 UTC: "
        "2 users did this 3 times before “Offer” is active, and will be missed."
    )


def test_a_narrowed_trigger_misses_only_what_meets_it(desk: Desk) -> None:
    desk.save("news", when(SESSION))
    desk.launch("news")
    desk.opens("ana", opens="machine")
    desk.opens("bo", "cy")
    desk.save(
        "offer", when(interaction("news", opens="human"), interaction("news", opens="machine"), interaction("news"))
    )
    plan = desk.plan("offer")
    assert [one.missed.users for one in plan.connections] == [2, 1, 3]
    assert plan.order[0].missed == Interacted(users=3, interactions=3)
    assert [one.does for one in plan.connections][:2] == [
        "opens the e-mail of “News” in person",
        "opens the e-mail of “News” by a machine",
    ]


def test_nobody_is_missed_for_the_time_in_which_the_original_or_not_the_follow_on_was_stopped(desk: Desk) -> None:
    desk.save("news", when(SESSION))
    desk.save("offer", when(interaction("news"), delay={"after": "1 day"}))
    desk.launch("news", "offer")
    desk.opens("ana")
    desk.site.launching.move("stop", ["offer"])
    desk.opens("bo")
    desk.site.launching.move("stop", ["news"])
    desk.opens("cy")
    plan = desk.plan("offer")
    assert plan.order[0].missed == Interacted(users=1, interactions=1)
    assert cautions(plan) == [("missed", "warn"), ("not_launched", "warn")]


def test_a_live_original_that_nobody_met_is_only_a_note(desk: Desk) -> None:
    desk.save("news", when(SESSION))
    desk.launch("news")
    desk.save("offer", when(interaction("news")))
    assert cautions(desk.plan("offer")) == [("missed", "note")]


def test_an_original_that_went_to_everybody_has_hardly_anybody_left(desk: Desk) -> None:
    desk.save("news", AT_LAUNCH)
    desk.launch("news")
    desk.deliver()
    desk.save("offer", when(interaction("news", "receive_email"), interaction("news", "click_email")))
    plan = desk.plan("offer")
    assert plan.order[0].missed == Interacted(users=4, interactions=4)
    assert cautions(plan) == [("missed", "warn"), ("everybody_before", "warn"), ("missed", "note")]


# ---------------------------------------------------------------- what is left out


def test_an_original_that_is_neither_live_nor_in_the_set_is_told(desk: Desk) -> None:
    desk.save("news", when(SESSION))
    desk.save("offer", when(interaction("news")))
    plan = desk.plan("offer")
    assert cautions(plan) == [("not_launched", "warn")]
    assert plan.connections[0].cautions[0].message.startswith("“News” is a draft and not in the set.")
    assert cautions(desk.plan("offer", "news")) == []


def test_a_follow_on_that_is_left_out_is_told_with_its_originals(desk: Desk) -> None:
    desk.save("news", AT_LAUNCH)
    desk.save("offer", when(interaction("news")))
    desk.save("thanks", when(interaction("offer")))
    first, second = desk.plan("news").left_out
    assert (first.id, first.originals, second.id, second.originals) == ("offer", ("news",), "thanks", ("offer",))
    assert first.message.endswith("“News” goes to everybody at the launch.")
    assert [one.id for one in desk.plan("news", "offer").left_out] == ["thanks"]


def test_follow_ons_that_are_not_launched_are_found_along_the_chain() -> None:  # B1
    def state(name: str, original: str, status: Status = "draft") -> CampaignState:
        campaign = build(Campaign, {"id": name, "delivery": when(interaction(original))})
        return CampaignState(id=name, status=status, versions=(Version(number=1, saved_at=START, campaign=campaign),))

    states = [state("d", "c", "stopped"), state("c", "b", "active"), state("b", "a"), state("e", "x")]
    assert [one.id for one in waiting_follow_ons(["a"], states)] == ["b", "d"]
    assert [one.id for one in waiting_follow_ons(["a", "b"], states)] == ["d"]
    assert waiting_follow_ons(["a"], [state("b", "a", "archived")]) == []
