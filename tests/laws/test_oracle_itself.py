"""The oracle is checked by hand: on the shared scenarios, on clocks, and on the worlds that are made up for it."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import msgspec
import pytest

from ensue.core import conditions, contents, records, triggers, words
from ensue.core import events as e
from tests.oracle.clocks import due_time, end_of_quiet, when_the_clock_shows
from tests.oracle.judge import judge
from tests.oracle.questions import bucket, variation_of
from tests.oracle.shrink import smallest, told
from tests.oracle.world import Lifecycle, Person, Step, UserDid, Verdict, World
from tests.oracle.worlds import world_from_numbers, world_from_seed

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EMAIL = contents.Channels(email=contents.Email(subject="S", html="<p>S</p>"))
PUSH = contents.Channels(push=contents.Push(title="Hi", body="There"))
IN_APP = contents.Channels(in_app_message=contents.InAppMessage(heading="Hi", body="There"))
EMAIL_AND_IN_APP = contents.Channels(email=EMAIL.email, in_app_message=IN_APP.in_app_message)
AT_LAUNCH = records.Scheduled(at="launch")
IDS = iter(range(1_000_000))


# ---------------------------------------------------------------- a small language for histories


def campaign(
    name: str, channels: contents.Channels, delivery: records.Delivery, *, control: float = 0
) -> records.Campaign:
    return records.Campaign(id=name, channels=channels, delivery=delivery, control_group=control)


def upon(
    trigger: triggers.Trigger, *, wait: timedelta | None = None, unless: tuple[triggers.Trigger, ...] = ()
) -> records.ActionBased:
    delay = None if wait is None else records.After(after=wait)
    return records.ActionBased(triggers=(trigger,), delay=delay, exceptions=unless)


def again_at_once(one: records.Campaign) -> records.Campaign:
    return msgspec.structs.replace(one, re_eligibility=records.ReEligibility(window=0 * DAY))


def interacted(name: str, interaction: words.CampaignInteraction) -> triggers.InteractWithCampaign:
    return triggers.InteractWithCampaign(campaign=name, interaction=interaction)


def did(
    after: timedelta, user: str, event: type[e.Event], *, happened: timedelta | None = None, **fields: object
) -> Step:
    at = START + after
    times = {"at": at if happened is None else START + happened, "received_at": at}
    whole = {"id": f"e{next(IDS)}", "user": user, **times, **fields}
    return Step(at=at, action=UserDid(event=event(**whole)))  # type: ignore[arg-type]  # read below


def interacts(after: timedelta, user: str, interaction: str, name: str, *, happened: timedelta | None = None) -> Step:
    return did(after, user, e.CampaignInteracted, happened=happened, interaction=interaction, campaign=name)


def buys(after: timedelta, user: str, *, happened: timedelta | None = None) -> Step:
    return did(after, user, e.Purchased, happened=happened, product="lamp", price=1.0)


def launch(after: timedelta, *ids: str) -> Step:
    return Step(at=START + after, action=Lifecycle(kind="launch", ids=ids))


def people(*names: str, email: bool = True, push: bool = True) -> tuple[Person, ...]:
    return tuple(
        Person(id=name, attributes={"email": f"{name}@example.com"} if email else {}, push=push) for name in names
    )


def history(
    campaigns: list[records.Campaign],
    users: tuple[Person, ...],
    *steps: Step,
    caps: tuple[records.FrequencyCap, ...] = (),
) -> World:
    return World(
        workspace=records.Workspace(frequency_caps=caps),
        cards=(records.Card(id="spring"),),
        campaigns=tuple(campaigns),
        users=users,
        start=START,
        end=START + 63 * DAY,
        timeline=steps,
    )


def outcomes(world: World, user: str, name: str) -> list[tuple[object, ...]]:
    """Outcome, why, and the time since the start; refused triggers are left out."""
    return [_short(v) for v in judge(world) if (v.user, v.campaign) == (user, name) and v.outcome != "refused"]


def refusals(world: World, user: str, name: str) -> list[str]:
    found = [v for v in judge(world) if (v.user, v.campaign, v.outcome) == (user, name, "refused")]
    return [verdict.reason for verdict in sorted(found, key=lambda verdict: verdict.at)]


def _short(verdict: Verdict) -> tuple[object, ...]:
    why = verdict.exception or verdict.reason
    return (verdict.outcome, *([why] if why else []), verdict.at - START)


# ---------------------------------------------------------------- the shared scenarios, translated by hand


def test_a_second_push_goes_to_those_who_neither_bought_nor_opened_the_first() -> None:
    first = campaign("abandoned-cart", PUSH, upon(triggers.CustomEvent(name="cart_abandoned")))
    second = campaign(
        "cart-second-nudge",
        PUSH,
        upon(
            interacted("abandoned-cart", "receive_push"),
            wait=DAY,
            unless=(triggers.MakePurchase(), interacted("abandoned-cart", "directly_open_push")),
        ),
    )
    world = history(
        [first, second],
        (*people("ana", "bo"), *people("cy", email=False)),
        launch(0 * DAY, "cart-second-nudge", "abandoned-cart"),
        *(did(HOUR, user, e.CustomEventLogged, name="cart_abandoned") for user in ("ana", "bo", "cy")),
        did(3 * HOUR, "ana", e.Purchased, product="lamp", price=49.5, currency="EUR"),
        interacts(5 * HOUR, "bo", "directly_open_push", "abandoned-cart"),
    )
    assert outcomes(world, "ana", "cart-second-nudge") == [("cancelled", "make_purchase", 3 * HOUR)]
    assert outcomes(world, "bo", "cart-second-nudge") == [("cancelled", "directly_open_push", 5 * HOUR)]
    assert outcomes(world, "cy", "cart-second-nudge") == [("sent", 25 * HOUR)]


def test_views_and_clicks_of_a_card_are_followed() -> None:
    viewed = triggers.InteractWithCard(card="spring", interaction="view_card")
    clicked = triggers.InteractWithCard(card="spring", interaction="click_card")
    mail = campaign("card-mail", EMAIL, upon(clicked))
    nudge = campaign("card-view-nudge", EMAIL, upon(viewed, wait=2 * HOUR, unless=(clicked,)))
    world = history(
        [mail, nudge],
        people("ana", "bo"),
        launch(0 * DAY, "card-mail", "card-view-nudge", "spring"),
        did(HOUR, "ana", e.CardInteracted, card="spring", interaction="view_card"),
        did(HOUR, "bo", e.CardInteracted, card="spring", interaction="view_card"),
        did(HOUR + 5 * MINUTE, "ana", e.CardInteracted, card="spring", interaction="click_card"),
    )
    assert outcomes(world, "ana", "card-mail") == [("sent", HOUR + 5 * MINUTE)]
    assert outcomes(world, "ana", "card-view-nudge") == [("cancelled", "click_card", HOUR + 5 * MINUTE)]
    assert outcomes(world, "bo", "card-mail") == []
    assert outcomes(world, "bo", "card-view-nudge") == [("sent", 3 * HOUR)]


def newsletter_with_control(*steps: Step) -> World:
    newsletter = campaign("newsletter", EMAIL, AT_LAUNCH, control=25)
    follow_on = campaign("for-control", EMAIL, upon(interacted("newsletter", "enrolled_in_control_group")))
    return history([newsletter, follow_on], people("ana", "bo", "cy", "dee"), *steps)


def test_launched_before_its_original_the_follow_on_reaches_everybody_in_the_control_group() -> None:
    world = newsletter_with_control(launch(0 * HOUR, "for-control"), launch(HOUR, "newsletter"))
    assert outcomes(world, "ana", "newsletter") == [("control", HOUR)]
    assert outcomes(world, "ana", "for-control") == [("sent", HOUR)]
    assert outcomes(world, "bo", "for-control") == [("sent", HOUR)]
    assert outcomes(world, "cy", "newsletter") == [("sent", HOUR)]
    assert outcomes(world, "cy", "for-control") == []
    assert outcomes(world, "dee", "for-control") == []


def test_launched_after_its_original_the_follow_on_reaches_nobody() -> None:
    world = newsletter_with_control(launch(0 * HOUR, "newsletter"), launch(HOUR, "for-control"))
    assert outcomes(world, "ana", "newsletter") == [("control", 0 * HOUR)]
    assert outcomes(world, "ana", "for-control") == []
    assert outcomes(world, "bo", "for-control") == []


def test_an_in_app_message_follows_a_click_in_another_one() -> None:
    onboarding = campaign("onboarding", IN_APP, upon(triggers.StartSession()))
    clicked = interacted("onboarding", "click_in_app_message")
    following = campaign("next-feature", IN_APP, upon(clicked, wait=2 * MINUTE))
    second = timedelta(seconds=1)
    world = history(
        [onboarding, following],
        people("ana", "bo"),
        launch(0 * HOUR, "next-feature", "onboarding"),
        did(HOUR, "ana", e.SessionStarted),
        interacts(HOUR + 10 * second, "ana", "view_in_app_message", "onboarding"),
        interacts(HOUR + 20 * second, "ana", "click_in_app_message", "onboarding"),
        did(2 * HOUR, "bo", e.SessionStarted),
        interacts(2 * HOUR + 10 * second, "bo", "view_in_app_message", "onboarding"),
    )
    assert outcomes(world, "ana", "next-feature") == [("sent", HOUR + 2 * MINUTE + 20 * second)]
    assert outcomes(world, "bo", "next-feature") == []


def test_only_what_happens_after_the_launch_of_the_follow_on_counts() -> None:  # T2
    welcome = campaign("welcome", EMAIL, upon(triggers.CustomEvent(name="signed_up")))
    clickers = campaign("welcome-clickers", EMAIL, upon(interacted("welcome", "click_email")))
    world = history(
        [welcome, clickers],
        people("ana", "bo"),
        launch(0 * DAY, "welcome"),
        did(DAY, "ana", e.CustomEventLogged, name="signed_up"),
        did(DAY, "bo", e.CustomEventLogged, name="signed_up"),
        interacts(7 * DAY, "ana", "click_email", "welcome"),
        launch(21 * DAY, "welcome-clickers"),
        interacts(30 * DAY, "bo", "click_email", "welcome"),
        interacts(31 * DAY, "ana", "click_email", "welcome", happened=20 * DAY),
    )
    assert outcomes(world, "ana", "welcome-clickers") == []
    assert refusals(world, "ana", "welcome-clickers") == ["not_yet_active"]
    assert outcomes(world, "bo", "welcome-clickers") == [("sent", 30 * DAY)]


def test_who_tapped_the_promotion_gets_the_next_one() -> None:
    promotion = campaign("free-shipping", PUSH, AT_LAUNCH)
    following = campaign("fifteen-off", PUSH, upon(interacted("free-shipping", "directly_open_push")))
    world = history(
        [promotion, following],
        people("ana", "bo"),
        launch(0 * HOUR, "fifteen-off"),
        launch(MINUTE, "free-shipping"),
        interacts(3 * HOUR, "ana", "directly_open_push", "free-shipping"),
    )
    assert outcomes(world, "ana", "fifteen-off") == [("sent", 3 * HOUR)]
    assert outcomes(world, "bo", "fifteen-off") == []
    assert {v.channels for v in judge(world)} == {("push",)}


def test_the_newsletter_goes_again_to_those_who_did_not_open_it() -> None:
    again = campaign(
        "newsletter-again",
        EMAIL,
        upon(interacted("newsletter", "receive_email"), wait=7 * DAY, unless=(interacted("newsletter", "open_email"),)),
    )
    world = history(
        [campaign("newsletter", EMAIL, AT_LAUNCH), again],
        people("ana", "bo"),
        launch(0 * DAY, "newsletter-again"),
        launch(MINUTE, "newsletter"),
        interacts(2 * DAY, "ana", "open_email", "newsletter"),
    )
    assert outcomes(world, "ana", "newsletter-again") == [("cancelled", "open_email", 2 * DAY)]
    assert outcomes(world, "bo", "newsletter-again") == [("sent", 7 * DAY + MINUTE)]


# ---------------------------------------------------------------- single rules


def test_the_audience_at_the_first_purchase_does_not_know_of_it() -> None:  # T6
    buyers = campaign("buyers", EMAIL, upon(triggers.MakePurchase()))
    buyers = msgspec.structs.replace(
        buyers, audience=conditions.Audience(filter=conditions.PurchaseFilter(purchase="any"))
    )
    world = history(
        [buyers],
        people("ana"),
        launch(0 * DAY, "buyers"),
        buys(HOUR, "ana"),
        buys(2 * HOUR, "ana"),
    )
    assert refusals(world, "ana", "buyers") == ["not_in_audience"]
    assert outcomes(world, "ana", "buyers") == [("sent", 2 * HOUR)]


def test_an_exception_at_the_due_time_has_no_effect_and_a_late_one_before_the_trigger_neither() -> None:  # X2
    chased = campaign(
        "chased", EMAIL, upon(triggers.CustomEvent(name="left"), wait=HOUR, unless=(triggers.MakePurchase(),))
    )
    world = history(
        [chased],
        people("ana", "bo", "cy"),
        launch(0 * DAY, "chased"),
        *(did(HOUR, user, e.CustomEventLogged, name="left") for user in ("ana", "bo", "cy")),
        buys(HOUR + MINUTE, "bo", happened=HOUR - MINUTE),
        buys(2 * HOUR - timedelta(microseconds=1), "cy"),
        buys(2 * HOUR, "ana"),
    )
    assert outcomes(world, "ana", "chased") == [("sent", 2 * HOUR)]
    assert outcomes(world, "bo", "chased") == [("sent", 2 * HOUR)]
    assert outcomes(world, "cy", "chased") == [("cancelled", "make_purchase", 2 * HOUR - timedelta(microseconds=1))]


def test_an_event_that_is_trigger_and_exception_starts_the_delay_again() -> None:  # X4
    left = triggers.CustomEvent(name="left")
    chased = campaign("chased", EMAIL, upon(left, wait=HOUR, unless=(left,)))
    world = history(
        [chased],
        people("ana"),
        launch(0 * DAY, "chased"),
        did(HOUR, "ana", e.CustomEventLogged, name="left"),
        did(90 * MINUTE, "ana", e.CustomEventLogged, name="left"),
    )
    assert outcomes(world, "ana", "chased") == [("cancelled", "custom_event", 90 * MINUTE), ("sent", 150 * MINUTE)]


def test_a_repeated_id_counts_once_and_a_future_time_counts_as_now() -> None:  # O1, O3
    mail = campaign("mail", EMAIL, upon(triggers.StartSession()))
    mail = again_at_once(mail)
    world = history(
        [mail],
        people("ana"),
        launch(0 * DAY, "mail"),
        did(HOUR, "ana", e.SessionStarted, id="same", happened=DAY),
        did(2 * HOUR, "ana", e.SessionStarted, id="same"),
    )
    assert outcomes(world, "ana", "mail") == [("sent", HOUR)]


def test_a_stop_suppresses_what_waits_and_a_resume_does_not_revive_it() -> None:  # L4
    late = campaign("late", EMAIL, upon(triggers.StartSession(), wait=DAY))
    world = history(
        [late],
        people("ana"),
        launch(0 * DAY, "late"),
        did(HOUR, "ana", e.SessionStarted),
        Step(at=START + 2 * HOUR, action=Lifecycle(kind="stop", ids=("late",))),
        Step(at=START + 3 * HOUR, action=Lifecycle(kind="resume", ids=("late",))),
    )
    assert outcomes(world, "ana", "late") == [("suppressed", "campaign_stopped", 2 * HOUR)]


def test_caps_drop_a_channel_and_the_next_day_has_room_again() -> None:  # F1, S8
    one_a_day = records.FrequencyCap(channel="email", at_most=1, days=1)
    mail = campaign("mail", EMAIL_AND_IN_APP, upon(triggers.StartSession()))
    mail = again_at_once(mail)
    other = campaign("other", EMAIL, upon(triggers.StartSession()))
    other = again_at_once(other)
    world = history(
        [mail, other],
        people("ana"),
        launch(0 * DAY, "mail", "other"),
        did(HOUR, "ana", e.SessionStarted),
        did(2 * HOUR, "ana", e.SessionStarted),
        did(15 * HOUR, "ana", e.SessionStarted),
        caps=(one_a_day,),
    )
    sent = [v.channels for v in judge(world) if v.campaign == "mail"]
    assert sent == [("email", "in_app_message"), ("in_app_message",), ("email", "in_app_message")]
    assert [kind for kind, *_ in outcomes(world, "ana", "other")] == ["suppressed"] * 3


def test_a_conversion_happens_within_the_window_and_once_for_a_receipt() -> None:  # C2, C4
    bought = records.Conversion(event=triggers.MakePurchase(), window=HOUR)
    mail = msgspec.structs.replace(campaign("mail", EMAIL, upon(triggers.StartSession())), conversions=(bought,))
    thanks = campaign("thanks", PUSH, upon(interacted("mail", "perform_conversion_event")))
    thanks = again_at_once(thanks)
    world = history(
        [mail, thanks],
        people("ana", "bo"),
        launch(0 * DAY, "mail", "thanks"),
        did(HOUR, "ana", e.SessionStarted),
        did(HOUR, "bo", e.SessionStarted),
        buys(HOUR + MINUTE, "ana"),
        buys(HOUR + 2 * MINUTE, "ana"),
        buys(2 * HOUR, "bo"),
    )
    assert outcomes(world, "ana", "thanks") == [("sent", HOUR + MINUTE)]
    assert outcomes(world, "bo", "thanks") == []


def test_a_chain_is_processed_to_its_end_and_no_longer_than_32_hops() -> None:  # T11
    first = campaign("c0", PUSH, upon(triggers.StartSession()))
    rest = [campaign(f"c{n}", PUSH, upon(interacted(f"c{n - 1}", "receive_push"))) for n in range(1, 40)]
    ids = [one.id for one in (first, *rest)]
    world = history([first, *rest], people("ana"), launch(0 * DAY, *ids), did(HOUR, "ana", e.SessionStarted))
    assert outcomes(world, "ana", "c32") == [("sent", HOUR)]
    assert refusals(world, "ana", "c33") == ["cascade_limit"]
    assert outcomes(world, "ana", "c34") == []


# ---------------------------------------------------------------- clocks and chance


@pytest.mark.parametrize(
    ("day", "clock", "zone", "expected"),
    [
        (date(2026, 3, 29), time(2, 30), "Europe/Stockholm", "2026-03-29T01:00:00+00:00"),  # skipped: 03:00 is first
        (date(2026, 10, 25), time(2, 30), "Europe/Stockholm", "2026-10-25T00:30:00+00:00"),  # twice: the first
        (date(2026, 10, 25), time(3), "Europe/Stockholm", "2026-10-25T02:00:00+00:00"),
        (date(2026, 4, 24), time(0), "Africa/Cairo", "2026-04-23T22:00:00+00:00"),  # midnight is skipped
        (date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", "2026-10-03T15:30:00+00:00"),  # half an hour is skipped
        (date(2026, 3, 2), time(9), "Asia/Kolkata", "2026-03-02T03:30:00+00:00"),
    ],
)
def test_a_clock_time_is_the_first_that_exists(day: date, clock: time, zone: str, expected: str) -> None:  # D2
    assert when_the_clock_shows(day, clock, zone) == datetime.fromisoformat(expected)


def test_next_saturday_on_a_saturday_is_a_week_away() -> None:  # D1
    saturday = datetime(2026, 3, 7, 8, tzinfo=UTC)
    delay = records.OnNext(on_next="saturday", at=time(9))
    assert due_time(delay, saturday, user_zone="UTC", workspace_zone="UTC") == saturday + 7 * DAY + HOUR


def test_quiet_hours_end_at_their_end_also_when_the_clock_moves() -> None:  # S7
    quiet = records.QuietHours(from_=time(22), to=time(8))
    evening = datetime(2026, 3, 28, 21, 0, 30, tzinfo=UTC)
    assert end_of_quiet(quiet, evening, "Europe/Stockholm") == datetime(2026, 3, 29, 6, tzinfo=UTC)


def test_buckets_are_those_of_the_rule() -> None:  # V1, V3: computed once with sha256sum
    assert [bucket(f"newsletter:{user}") for user in ("ana", "bo", "cy", "dee")] == [8162, 9038, 7081, 7065]
    newsletter = campaign("newsletter", EMAIL, AT_LAUNCH, control=25)
    assert [variation_of(newsletter, user) for user in ("ana", "bo", "cy")] == ["control", "control", "A"]


# ---------------------------------------------------------------- the worlds


def test_a_seed_always_makes_the_same_world_and_the_same_verdicts() -> None:  # O4
    for seed in range(20):
        assert world_from_seed(seed) == world_from_seed(seed)
        assert judge(world_from_seed(seed)) == judge(world_from_seed(seed))


def test_worlds_from_short_lists_are_plain() -> None:
    assert len(world_from_numbers([]).campaigns) == 2
    assert len(world_from_numbers([0, 3]).campaigns) == 5


def test_the_worlds_are_rich_enough_to_reach_most_outcomes() -> None:
    found = Counter(f"{v.outcome} {v.reason}" for seed in range(150) for v in judge(world_from_seed(seed)))
    assert {"sent ", "control ", "cancelled exception_event", "waiting "} <= found.keys()
    assert len([kind for kind in found if kind.startswith("refused")]) >= 7
    assert len([kind for kind in found if kind.startswith("suppressed")]) >= 5


def test_users_are_independent_of_one_another() -> None:
    for seed in range(30):
        world = world_from_seed(seed)
        alone = [v for user in world.users for v in judge(_only(world, user))]
        assert sorted(alone) == judge(world)


def _only(world: World, user: Person) -> World:
    def is_theirs(step: Step) -> bool:
        return not isinstance(step.action, UserDid) or step.action.event.user == user.id

    theirs = tuple(step for step in world.timeline if is_theirs(step))
    return World(
        workspace=world.workspace,
        segments=world.segments,
        cards=world.cards,
        campaigns=world.campaigns,
        users=(user,),
        start=world.start,
        end=world.end,
        timeline=theirs,
    )


def test_a_failing_world_is_made_small() -> None:
    def fails(world: World) -> bool:
        return any(verdict.outcome == "cancelled" for verdict in judge(world))

    seed = next(seed for seed in range(100) if fails(world_from_seed(seed)))
    small = smallest(world_from_seed(seed), fails)
    assert fails(small)
    assert len(small.timeline) <= 6
    assert "launch" in told(small)
