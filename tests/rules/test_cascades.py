"""T11: a cascade is taken to its end at the same instant, and never runs away."""

from itertools import pairwise

import pytest

from ensue.core.buckets import bucket
from ensue.core.events import CampaignInteracted, CustomEventLogged
from tests.rules.desk import Desk
from tests.rules.play import Played, play, staged

LAST = 32
"""The last hop that is allowed."""
IN_CONTROL = next(name for name in (f"user-{n}" for n in range(100)) if bucket("tested", name) >= 1000)


def chain(length: int, link: str = "") -> str:
    """Return campaigns c00, c01, …, each sent at the receipt of the one before; `link` changes c05."""
    names = [f"c{number:02}" for number in range(length)]
    plain = [f"{{id: {name}, triggers: [{{{before}: receive_email}}]" for before, name in pairwise(names)]
    return "\n".join(
        f"          - {one}{f', {link}' if link and ' c05,' in one else ''}}}"
        for one in ["{id: c00, triggers: [{custom_event: hi}]", *plain]
    )


def cascaded(link: str = "", more: str = "") -> Played:
    return play(f"""
        campaigns:
{chain(LAST + 8, link)}
        timeline:
          - {{at: +1h, does: custom_event, name: hi}}
          {more}
    """)


# T11
def test_a_cascade_is_processed_to_its_end_at_the_same_instant() -> None:
    played = play(f"""
        campaigns:
{chain(5)}
        timeline: [{{at: +1h, does: custom_event, name: hi}}]
    """)
    assert [played.outcomes("ana", f"c0{number}") for number in range(5)] == [["sent at +1h"]] * 5


# T11, choice 9
def test_more_than_32_hops_within_one_instant_end_with_the_cascade_limit() -> None:
    played = cascaded()
    assert played.outcomes("ana", f"c{LAST}") == ["sent at +1h"]
    assert played.outcomes("ana", f"c{LAST + 1}") == []
    assert played.refusals("ana", f"c{LAST + 1}") == ["cascade_limit"]
    assert played.of("ana", f"c{LAST + 2}") == []


# T11, choice 9
def test_an_entry_that_waited_starts_again_at_hop_0() -> None:
    played = cascaded("delay: {after: 1s}")
    assert played.outcomes("ana", "c04") == ["sent at +1h"]
    assert played.outcomes("ana", "c05") == ["sent at +1h1s"]
    assert played.outcomes("ana", f"c{LAST + 5}") == ["sent at +1h1s"]
    assert played.refusals("ana", f"c{LAST + 6}") == ["cascade_limit"]


# T11, choice 9
def test_an_entry_that_quiet_hours_postponed_starts_again_at_hop_0() -> None:
    played = cascaded('quiet_hours: {from: "10:00", to: "11:00"}')
    assert played.outcomes("ana", "c04") == ["sent at +1h"]
    assert played.outcomes("ana", f"c{LAST + 5}") == ["sent at +2h"]
    assert played.refusals("ana", f"c{LAST + 6}") == ["cascade_limit"]


# T11, choice 9
def test_what_a_person_does_starts_again_at_hop_0() -> None:
    more = f"- {{at: +1h, does: receive_email, campaign: c{LAST}}}"
    played = cascaded(more=more)
    assert played.refusals("ana", f"c{LAST + 1}") == ["cascade_limit"]
    assert played.outcomes("ana", f"c{LAST + 1}") == ["sent at +1h"]


HOPS = """
    campaigns:
      - {id: first, triggers: [{news: click_email}], delay: {after: 1 day}, exceptions: [{news: open_email}]}
      - {id: after-cancel, triggers: [{first: cancelled_by_exception}]}
      - {id: news, triggers: [{custom_event: never}], conversions: [{custom_event: {name: buy}, window: 1 day}]}
      - {id: after-conversion, triggers: [{news: perform_conversion_event}]}
      - {id: after-receipt, triggers: [{news: receive_email}]}
"""


# T11, choice 9
@pytest.mark.parametrize(("hops", "outcome"), [(LAST - 1, ["sending at +2h"]), (LAST, [])])
def test_a_cancellation_is_one_hop_more_than_the_exception_event(hops: int, outcome: list[str]) -> None:
    desk = Desk(HOPS)
    desk.does(CampaignInteracted, "+1h", campaign="news", interaction="click_email", hops=7)
    desk.does(CampaignInteracted, "+2h", campaign="news", interaction="open_email", hops=hops)
    assert desk.outcomes("first") == ["cancelled (open_email) at +2h"]
    assert desk.outcomes("after-cancel") == outcome
    assert desk.refusals("after-cancel") == ([] if outcome else ["cascade_limit"])


# T11, choice 9
def test_a_conversion_is_one_hop_more_than_the_event_that_converted() -> None:
    desk = Desk("""
        campaigns:
          - id: news
            triggers: [{custom_event: never}]
            conversions: [{interact_with_campaign: {campaign: other, interaction: click_email}, window: 1 day}]
          - {id: other, triggers: [{custom_event: never}]}
          - {id: after-conversion, triggers: [{news: perform_conversion_event}], re_eligibility: {window: 0s}}
    """)
    desk.does(CampaignInteracted, "+1h", campaign="news", interaction="receive_email")
    desk.does(CampaignInteracted, "+2h", campaign="other", interaction="click_email", hops=LAST)
    assert desk.refusals("after-conversion") == ["cascade_limit"]
    desk.does(CampaignInteracted, "+3h", campaign="news", interaction="receive_email")
    desk.does(CampaignInteracted, "+4h", campaign="other", interaction="click_email", hops=LAST - 1)
    assert desk.outcomes("after-conversion") == ["sending at +4h"]


# T11, choice 9
@pytest.mark.parametrize(("hops", "enters"), [(LAST - 1, True), (LAST, False)])
def test_an_enrolment_in_control_is_one_hop_more_than_its_entry(hops: int, *, enters: bool) -> None:
    desk = Desk(f"""
        campaigns:
          - {{id: news, triggers: [{{custom_event: never}}]}}
          - {{id: tested, triggers: [{{news: receive_email}}], control_group: 90}}
          - {{id: for-control, triggers: [{{tested: enrolled_in_control_group}}]}}
        users: [{IN_CONTROL}]
    """)
    desk.does(CampaignInteracted, "+1h", user=IN_CONTROL, campaign="news", interaction="receive_email", hops=hops)
    assert desk.outcomes("tested") == ["control at +1h"]
    assert desk.refusals("for-control") == ([] if enters else ["cascade_limit"])


# T11
def test_the_entries_of_one_cascade_end_before_the_next_event_of_that_user() -> None:
    played = play("""
        campaigns:
          - {id: a, triggers: [{custom_event: hi}]}
          - {id: b, triggers: [{a: receive_email}], delay: {after: 1s}, exceptions: [{custom_event: bye}]}
        timeline:
          - {at: +1h, does: custom_event, name: hi}
          - {at: +1h, does: custom_event, name: bye}
    """)
    assert played.outcomes("ana", "b") == ["cancelled (custom_event) at +1h"]


# ---------------------------------------------------------------- cycles at the launch


def circle(**extra: str) -> str:
    """Return campaigns a → b → c → a without delays, all of which may be received again at once."""
    again = "re_eligibility: {window: 0s}"
    return f"""
        campaigns:
          - {{id: a, triggers: [{{c: receive_email}}, {{custom_event: hi}}], {extra.get("a", again)}}}
          - {{id: b, triggers: [{{a: receive_email}}], {extra.get("b", again)}}}
          - {{id: c, triggers: [{{b: receive_email}}], {extra.get("c", again)}}}
    """


# T11, L2
def test_a_cycle_without_any_delay_and_with_re_eligibility_zero_is_refused() -> None:
    with staged(circle()) as stage:
        assert stage.problems("a") == stage.problems("b") == stage.problems("c")
        assert stage.problems("a") == ["runaway_cycle at delivery.triggers"]


# T11, L2
def test_a_campaign_that_triggers_itself_is_a_cycle_too() -> None:
    with staged("campaigns: [{id: a, triggers: [{a: receive_email}], re_eligibility: {window: 0s}}]") as stage:
        assert stage.problems("a") == ["runaway_cycle at delivery.triggers"]


# T11, L2
@pytest.mark.parametrize("delay", ["{after: 0s}", "{in_days: 0, at: '09:00'}"])
def test_a_delay_that_may_be_nothing_is_no_delay(delay: str) -> None:
    with staged(circle(b=f"re_eligibility: {{window: 0s}}, delay: {delay}")) as stage:
        assert stage.problems("a") == ["runaway_cycle at delivery.triggers"]


# T11
@pytest.mark.parametrize(
    "mended",
    ["re_eligibility: {window: 0s}, delay: {after: 1s}", "re_eligibility: {window: 1s}", "tags: [once]"],
)
def test_other_cycles_are_allowed_with_a_warning(mended: str) -> None:
    with staged(circle(b=mended)) as stage:
        assert [stage.problems(name) for name in "abc"] == [[], [], []]
        assert [stage.warnings(name) for name in "abc"] == [["cycle at delivery.triggers"]] * 3
        stage.move("launch", "a", "b", "c", at="+1h")
        stage.does(CustomEventLogged, "+2h", name="hi")
        stage.until("+2h1s")
        assert stage.outcomes("ana", "c")[0].startswith("sent at +2h")


# T11
def test_a_cycle_is_found_beside_another_one_that_shares_its_campaigns() -> None:
    """a → b → c → a is closed by the draft b; a → d → c → a would be live at once."""
    with staged("""
        campaigns:
          - {id: a, triggers: [{c: receive_email}], re_eligibility: {window: 0s}}
          - {id: b, triggers: [{a: receive_email}], re_eligibility: {window: 0s}}
          - {id: c, triggers: [{b: receive_email}, {d: receive_email}], re_eligibility: {window: 0s}}
          - {id: d, triggers: [{a: receive_email}], re_eligibility: {window: 0s}}
    """) as stage:
        assert stage.problems("d") == ["runaway_cycle at delivery.triggers"]


# T11
def test_an_exception_closes_no_cycle() -> None:
    with staged("""
        campaigns:
          - {id: a, triggers: [{custom_event: hi}], delay: {after: 1h}, exceptions: [{b: receive_email}]}
          - {id: b, triggers: [{a: receive_email}], re_eligibility: {window: 0s}}
    """) as stage:
        assert stage.problems("b") == []
        assert stage.warnings("b") == []
