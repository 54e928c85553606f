"""What came of campaigns, in numbers."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ensue.core.contents import Channels, Email, InAppMessage, Variation, Webhook
from ensue.core.effects import Count
from ensue.core.records import Campaign, CampaignState, Conversion, Spell, Status, Version
from ensue.core.triggers import MakePurchase
from ensue.history import Figure
from ensue.services.reports import Days, Line, Loss, days, gathered, matching, overview, report, reported
from ensue.store.memory import MemoryStore
from tests.conformance.samples import keep

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAIL = Channels(email=Email(subject="Hello"))
BUY = (Conversion(event=MakePurchase(), window=timedelta(days=1)),)


def state(
    campaign: Campaign, status: Status = "active", *, saved: float = 0, begun: float | None = None
) -> CampaignState:
    spells = () if begun is None else (Spell(begun_at=START + timedelta(hours=begun)),)
    version = Version(number=1, saved_at=START + timedelta(hours=saved), campaign=campaign)
    return CampaignState(id=campaign.id, status=status, versions=(version,), spells=spells)


def figure(name: str, amount: float, variation: str = "A") -> Figure:
    return Figure(campaign="news", variation=variation, name=name, amount=amount)


def steps(campaign: Campaign, stands: dict[str, int], figures: list[Figure]) -> list[tuple[str, int]]:
    return [(one.name, one.amount) for one in reported(state(campaign), stands, figures).funnel]


# ---------------------------------------------------------------- the funnel


def test_the_funnel_leads_from_entering_to_converting() -> None:
    campaign = Campaign(id="news", channels=MAIL, conversions=BUY)
    stands = {"sent": 70, "waiting": 10, "sending": 2, "control": 8, "cancelled": 6, "suppressed:not_reachable": 4}
    figures = [
        figure("people:opened", 40),
        figure("people:clicked", 15),
        figure("people:converted", 9),
        figure("people:converted", 3, "control"),
        figure("cancelled:open_email", 5),
        figure("refused:not_in_audience", 90),
    ]
    found = reported(state(campaign), {**stands, "refused:not_in_audience": 90}, figures)
    assert [(one.name, one.amount) for one in found.funnel] == [
        ("entered", 100),
        ("waiting", 12),
        ("sent", 70),
        ("opened", 40),
        ("clicked", 15),
        ("converted", 9),
    ]
    assert [(one.name, one.amount) for one in found.funnel[0].lost] == [
        ("control", 8),
        ("cancelled:open_email", 5),
        ("suppressed:not_reachable", 4),
        ("cancelled", 1),
    ]
    assert found.refused == (Loss(name="refused:not_in_audience", amount=90),)
    assert sum(one.amount for one in found.funnel[0].lost) + 12 + 70 == found.entered


def test_the_funnel_shows_only_what_the_channels_can_do() -> None:
    webhook = Campaign(id="news", channels=Channels(webhook=Webhook(url="https://x.example")))
    assert steps(webhook, {"sent": 3}, []) == [("entered", 3), ("sent", 3)]
    in_app = Campaign(id="news", channels=Channels(in_app_message=InAppMessage(body="Hi")))
    assert [name for name, _ in steps(in_app, {}, [])] == ["entered", "sent", "viewed", "clicked"]


# ---------------------------------------------------------------- variations beside control


def shared(control: float) -> Campaign:
    variations = (Variation(name="A", share=45, channels=MAIL), Variation(name="B", share=45, channels=MAIL))
    return Campaign(id="news", variations=variations, control_group=control, conversions=BUY)


def test_variations_are_compared_with_the_control_group() -> None:
    figures = [
        figure("sent", 1000, "A"),
        figure("perform_conversion_event:A", 50, "A"),
        figure("perform_conversion_event:B", 7, "A"),
        figure("sent", 1000, "B"),
        figure("perform_conversion_event:A", 90, "B"),
        figure("control", 1000, "control"),
        figure("perform_conversion_event:A", 45, "control"),
    ]
    found = reported(state(shared(10)), {}, figures)
    first, second, control = found.arms
    assert found.baseline == "control"
    assert (first.conversions, first.rate) == ({"A": 50, "B": 7}, 0.05)
    assert first.comparison is not None
    assert not first.comparison.is_sure
    assert second.comparison is not None
    assert second.comparison.is_sure
    assert second.comparison.uplift == pytest.approx(1)
    assert (control.name, control.comparison) == ("control", None)


def test_without_a_control_group_the_first_variation_is_the_measure() -> None:
    found = reported(state(shared(0)), {}, [figure("sent", 10, "A"), figure("sent", 10, "B")])
    assert found.baseline == "A"
    assert [one.comparison is None for one in found.arms] == [True, False]


def test_one_variation_alone_is_compared_with_nothing() -> None:
    found = reported(state(Campaign(id="news", channels=MAIL)), {}, [figure("sent", 10)])
    assert (found.baseline, len(found.arms)) == (None, 1)


def test_a_variation_that_is_no_more_is_still_reported() -> None:
    found = reported(state(shared(0)), {}, [figure("sent", 10, "C")])
    assert [one.name for one in found.arms] == ["A", "B", "C"]


def test_many_suppressed_make_a_comparison_doubtful() -> None:
    figures = [figure("sent", 94, "A"), figure("suppressed:not_reachable", 6, "A"), figure("sent", 95, "B")]
    first, second, _ = reported(state(shared(10)), {}, [*figures, figure("suppressed:aborted", 5, "B")]).arms
    assert (first.is_doubtful, second.is_doubtful) == (True, False)


def test_revenue_is_kept_apart_by_currency_and_without_control() -> None:
    figures = [figure("revenue:EUR", 10.5), figure("revenue:SEK", 100), figure("revenue:EUR", 5, "control")]
    found = reported(state(shared(10)), {}, [*figures, figure("revenue:EUR", 1, "B")])
    assert found.revenue == {"EUR": 11.5, "SEK": 100}
    assert [one.revenue for one in found.arms] == [{"EUR": 10.5, "SEK": 100}, {"EUR": 1}, {"EUR": 5}]


# ---------------------------------------------------------------- the list


def line(name: str, status: Status = "active", *tags: str) -> Line:
    return Line(
        id=name.lower().replace(" ", "-"),
        name=name,
        status=status,
        tags=tags,
        channels=(),
        delivery="",
        changed_at=START,
        waiting=0,
        sent=0,
        converted=0,
        conversion_rate=None,
    )


def names(lines: list[Line]) -> list[str]:
    return [one.name for one in lines]


def test_the_list_is_searched_by_words_tag_and_status() -> None:
    lines = [line("Spring news", "active", "nordic"), line("Autumn news", "draft"), line("Old news", "archived")]
    assert names(matching(lines)) == ["Spring news", "Autumn news"]
    assert names(matching(lines, status="all")) == ["Spring news", "Autumn news", "Old news"]
    assert names(matching(lines, status="archived")) == ["Old news"]
    assert names(matching(lines, words="NEWS spring")) == ["Spring news"]
    assert names(matching(lines, words="nordic")) == names(matching(lines, tag="nordic")) == ["Spring news"]
    assert matching(lines, words="spring", status="draft") == []


def test_the_list_has_key_figures_and_the_latest_active_first() -> None:
    store = MemoryStore()
    for one in (
        state(Campaign(id="draft"), "draft", saved=9),
        state(Campaign(id="news", name="News", channels=MAIL, conversions=BUY), begun=1),
        state(Campaign(id="later"), saved=0, begun=2),
    ):
        store.catalog.save_campaign(one)
    effects = [keep("a", "sent"), keep("b", "sent"), keep("c", "waiting")]
    counts = [
        Count(campaign="news", variation=arm, name="perform_conversion_event:A", at=START) for arm in ("A", "control")
    ]
    store.ledger.append([], [*effects, *counts])
    later, news, draft = overview(store)
    assert (later.id, news.id, draft.id, draft.name) == ("later", "news", "draft", "draft")
    assert (news.sent, news.waiting, news.converted, news.conversion_rate) == (2, 1, 1, 0.5)
    assert (news.channels, draft.channels, later.conversion_rate) == (("email",), (), None)
    assert report(store, "news").entered == 3


# ---------------------------------------------------------------- day by day


def test_days_begin_and_end_where_asked_and_gaps_are_zero() -> None:
    store = MemoryStore()
    counts = [
        ("open_email", 0),
        ("open_email:machine", 0),
        ("directly_open_push", 2),
        ("receive_email", 2),
        ("click_email", 9),
    ]
    for name, day in counts:
        at = START + timedelta(days=day)
        store.ledger.append([], [Count(campaign="news", variation="A", name=name, at=at)])
    store.ledger.append([], [Count(campaign="news", variation="control", name="open_email", at=START)])
    found = days(store, "news", date(2026, 3, 4), 4)
    assert found == Days(first=date(2026, 3, 1), count=4, series={"opened": (0, 2, 0, 1)})


def test_weeks_are_counted_back_from_the_last_day() -> None:
    daily = Days(first=date(2026, 3, 1), count=10, series={"sent": tuple(range(10))})
    found = gathered(daily, 7)
    assert (found.first, found.count) == (date(2026, 2, 25), 2)
    assert found.series == {"sent": (0 + 1 + 2, 3 + 4 + 5 + 6 + 7 + 8 + 9)}
    assert gathered(daily, 5).series == {"sent": (10, 35)}
    assert gathered(daily, 5).first == daily.first
