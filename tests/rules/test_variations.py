"""Variations, the control group and the global control group: V1 to V3."""

from hashlib import sha256

import pytest

from ensue.core.events import CampaignInteracted
from ensue.errors import Rejected
from tests.rules.play import play, scenario_of, staged

PEOPLE = [f"person-{number}" for number in range(150)]


def bucket_of(campaign: str, user: str) -> int:
    """The arithmetic of V1, written out once more."""
    return int.from_bytes(sha256(f"{campaign}:{user}".encode()).digest()[:8], byteorder="big") % 10_000


def story(campaigns: str, users: list[str], *, workspace: str = "{}") -> str:
    steps = "\n".join(f"  - {{at: +1h, user: {user}, does: custom_event, name: go}}" for user in users)
    return f"workspace: {workspace}\nusers: [{', '.join(users)}]\ncampaigns:\n{campaigns}\ntimeline:\n{steps}\n"


def campaign(more: str, name: str = "subject-test") -> str:
    return f"  - {{id: {name}, triggers: [{{custom_event: go}}], {more}}}"


def test_everybodys_variation_follows_from_the_hash_of_campaign_and_user() -> None:  # V1
    shares = [("first", 20), ("second", 50), ("third", 17.5)]
    more = "control_group: 12.5, variations: [" + ", ".join(f"{{name: {n}, share: {s}}}" for n, s in shares) + "]"
    played = play(story(campaign(more), PEOPLE))
    ends = [("first", 2000), ("second", 7000), ("third", 8750), ("control", 10_000)]
    for person in PEOPLE:
        number = bucket_of("subject-test", person)
        expected = next(name for name, end in ends if number < end)
        assert played.only(person, "subject-test").variation == expected


@pytest.mark.parametrize(
    ("share", "variation"),
    [(44.99, "B"), (45, "A"), (44.991, "B"), (44.999, "A")],
)
def test_a_slice_ends_at_a_hundredth_of_a_percent(share: float, variation: str) -> None:  # V1
    # The bucket of pia is 4499: the last but one of 45 %.
    more = f"variations: [{{name: A, share: {share}}}, {{name: B, share: {100 - share}}}]"
    assert bucket_of("subject-test", "pia") == 4499
    assert play(story(campaign(more), ["pia"])).only("pia", "subject-test").variation == variation


def test_the_control_group_is_the_last_slice() -> None:  # V1
    # The bucket of vera is 9249.
    assert bucket_of("subject-test", "vera") == 9249
    within = play(story(campaign("control_group: 7.51"), ["vera"]))
    assert within.outcomes("vera", "subject-test") == ["control at +1h"]
    outside = play(story(campaign("control_group: 7.5"), ["vera"]))
    assert outside.outcomes("vera", "subject-test") == ["sent at +1h"]


def test_a_user_has_another_bucket_in_another_campaign() -> None:  # V1
    both = campaign("control_group: 50", "one") + "\n" + campaign("control_group: 50", "two")
    played = play(story(both, PEOPLE))
    pairs = {(played.only(who, "one").outcome, played.only(who, "two").outcome) for who in PEOPLE}
    assert pairs == {("sent", "sent"), ("sent", "control"), ("control", "sent"), ("control", "control")}


def test_a_user_keeps_the_variation_from_one_entry_to_the_next() -> None:  # V1
    more = "re_eligibility: {window: 0s}, variations: [{name: A, share: 50}, {name: B, share: 50}]"
    steps = "\n".join(
        f"  - {{at: +{hour}h, user: {user}, does: custom_event, name: go}}" for user in PEOPLE[:20] for hour in (1, 9)
    )
    played = play(f"users: [{', '.join(PEOPLE[:20])}]\ncampaigns:\n{campaign(more)}\ntimeline:\n{steps}\n")
    for person in PEOPLE[:20]:
        first, second = played.of(person, "subject-test")
        assert first.variation == second.variation


def test_with_channels_alone_the_one_variation_is_called_a() -> None:  # V2
    played = play(story(campaign("control_group: 20"), ["ana"]))
    assert played.only("ana", "subject-test").variation == "A"


def test_nobody_in_control_is_sent_anything_by_any_channel() -> None:  # V2
    played = play("""
        users: [{id: vera, email: vera@example.com, push: true}]
        campaigns:
          - id: subject-test
            channels: [email, push, in_app_message, webhook]
            triggers: [{custom_event: go}]
            control_group: 10
        timeline: [{at: +1h, user: vera, does: custom_event, name: go}]
    """)
    (decision,) = played.of("vera", "subject-test")
    assert (decision.outcome, decision.variation, decision.channels) == ("control", "control", ())
    assert played.interactions("vera", "subject-test") == ["enrolled_in_control_group at +1h"]


def test_variations_may_differ_in_their_channels() -> None:  # V2
    played = play("""
        users:
          - {id: pia, email: pia@example.com, push: true}
          - {id: quin, email: quin@example.com, push: true}
        campaigns:
          - id: subject-test
            variations: [{name: A, share: 45, channels: [email]}, {name: B, share: 55, channels: [push]}]
    """)
    assert played.only("pia", "subject-test").channels == ("email",)
    assert played.only("quin", "subject-test").channels == ("push",)


@pytest.mark.parametrize(("count", "problems"), [(8, []), (9, ["variations at variations"])])
def test_a_campaign_has_up_to_eight_variations(count: int, problems: list[str]) -> None:  # V2
    shares = ", ".join(
        f"{{name: V{number}, share: {80 if number == 0 else 20 / (count - 1)}}}" for number in range(count)
    )
    with staged(f"campaigns: [{{id: subject-test, variations: [{shares}]}}]") as stage:
        assert stage.problems("subject-test") == problems


@pytest.mark.parametrize(("share", "problems"), [(0, []), (90, []), (90.01, ["share at control_group"])])
@pytest.mark.parametrize("content", ["channels: [email]", "channels: [email, push]", "variations"])
def test_the_control_group_is_up_to_ninety_percent(share: float, problems: list[str], content: str) -> None:  # V2
    if content == "variations":
        content = f"variations: [{{name: A, share: {round(100 - share, 2)}}}]"
    with staged(f"campaigns: [{{id: subject-test, control_group: {share}, {content}}}]") as stage:
        assert stage.problems("subject-test") == problems


# ---------------------------------------------------------------- V3: the global control group


@pytest.mark.parametrize(("percent", "enters"), [(13.58, True), (13.59, False), (15, False)])
def test_members_are_those_whose_own_bucket_lies_below_the_percentage(percent: float, *, enters: bool) -> None:  # V3
    # The own bucket of lea is 1358.
    assert bucket_of("user", "lea") == 1358
    text = story(campaign("control_group: 0"), ["lea"], workspace=f"{{global_control_group: {percent}}}")
    played = play(text)
    assert played.outcomes("lea", "subject-test") == (["sent at +1h"] if enters else [])
    assert played.refusals("lea", "subject-test") == ([] if enters else ["global_control_group"])


def test_members_enter_no_campaign_however_it_begins_and_are_enrolled_in_none() -> None:  # V3
    played = play("""
        workspace: {global_control_group: 15}
        users: [lea]
        campaigns:
          - {id: acting, triggers: [{custom_event: go}], control_group: 90}
          - {id: scheduled, delivery: {type: scheduled, at: launch}}
          - {id: called, delivery: {type: api_triggered}}
        timeline:
          - {at: +1h, user: lea, does: custom_event, name: go}
          - {at: +1h, user: lea, does: api, campaign: called}
    """)
    for name in ("acting", "scheduled", "called"):
        assert played.of("lea", name) == [played.refused("lea", name)]
        assert played.refused("lea", name).reason == "global_control_group"
    assert [event for event in played.log if isinstance(event, CampaignInteracted)] == []


def test_a_campaign_that_ignores_the_global_control_group_is_entered() -> None:  # V3
    text = story(campaign("ignore_global_control_group: true"), ["lea"], workspace="{global_control_group: 15}")
    assert play(text).outcomes("lea", "subject-test") == ["sent at +1h"]


@pytest.mark.parametrize("percent", [0, 1, 15])
def test_the_global_control_group_is_nothing_or_one_to_fifteen_percent(percent: int) -> None:  # V3
    with staged(f"workspace: {{global_control_group: {percent}}}") as stage:
        assert stage.bench.runner.plan.workspace.global_control_group == percent


@pytest.mark.parametrize("percent", [0.5, 0.99, 15.01, 100])
def test_another_percentage_is_refused(percent: float) -> None:  # V3
    with pytest.raises(Rejected), staged(f"workspace: {{global_control_group: {percent}}}"):
        pass


def test_a_story_without_it_has_no_global_control_group() -> None:  # V3
    assert scenario_of("campaigns: []").workspace.global_control_group == 0
