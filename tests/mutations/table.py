"""The mutations: mistakes that somebody could make in the core, and the tests that must notice them.

One rule: `old` stands exactly once in the file under `src/ensue/core`, and `new` breaks the rule named.
"""

from typing import NamedTuple


class Mutation(NamedTuple):
    """One line of the core, changed; `what` says the mistake in words."""

    rule: str
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


RULES = "tests/rules/test_{}.py"
CORE = "tests/core/test_{}.py"


def _rules(*names: str) -> tuple[str, ...]:
    return tuple(RULES.format(name) for name in names)


def _core(*names: str) -> tuple[str, ...]:
    return tuple(CORE.format(name) for name in names)


TRIGGERS = (
    Mutation(
        "T2",
        "an event at the very instant of the launch comes too early",
        "entering.py",
        "if at < launched.active_since:",
        "if at <= launched.active_since:",
        _rules("order"),
    ),
    Mutation(
        "T2",
        "the arrival of a late event counts, not its time",
        "entering.py",
        "if at < launched.active_since:",
        "if turn.now < launched.active_since:",
        _rules("order"),
    ),
    Mutation(
        "T3",
        "a stopped original triggers all the same",
        "plan.py",
        "return any(spell.begun_at <= at and (spell.ended_at is None or at < spell.ended_at) for spell in spells)",
        "return any(spell.begun_at <= at for spell in spells)",
        _rules("when_triggers_count"),
    ),
    Mutation(
        "T5",
        "triggers come before exceptions",
        "decide.py",
        "        cancel(turn, occasion)\n        enter(turn, occasion)",
        "        enter(turn, occasion)\n        cancel(turn, occasion)",
        _rules("exceptions", "triggers"),
    ),
    Mutation(
        "T6",
        "the triggering event is counted before the audience is asked",
        "decide.py",
        "    is_heard = not turn.plan.listening.isdisjoint(occasion.keys)",
        "    turn.state = counted_in(turn.state, event, at)\n"
        "    is_heard = not turn.plan.listening.isdisjoint(occasion.keys)",
        _rules("when_triggers_count"),
    ),
    Mutation(
        "T7",
        "whoever is outside of the audience enters, too",
        "entering.py",
        "elif not in_audience(campaign.audience, turn.state, turn.now, turn.plan.segments):",
        "elif False:",
        _rules("audiences"),
    ),
    Mutation(
        "T8",
        "templates learn nothing of the original's name",
        "entering.py",
        "template_properties(occasion.event, _original_name(turn.plan, occasion))",
        "template_properties(occasion.event)",
        _rules("entering", "triggers"),
    ),
    Mutation(
        "T9",
        "a second entry waits beside the first",
        "entering.py",
        "(OPEN_ENTRIES if rules.every_trigger_enters else 1)",
        "(OPEN_ENTRIES if rules.every_trigger_enters else 2)",
        _rules("entering", "triggers"),
    ),
    Mutation(
        "T10",
        "campaigns are entered by their ids alone",
        "plan.py",
        "ordered = sorted(launched.values(), key=lambda one: (one.launched_at, one.id))",
        "ordered = sorted(launched.values(), key=lambda one: one.id)",
        _rules("entering", "triggers", "cascades"),
    ),
    Mutation(
        "T10",
        "eligibility is asked about the trigger's time",
        "entering.py",
        "elif not is_eligible(turn, launched.id, rules, max(due, turn.now)):",
        "elif not is_eligible(turn, launched.id, rules, occasion.at):",
        _rules("receipts"),
    ),
    Mutation(
        "T11",
        "a cascade may go one hop further",
        "entering.py",
        "elif occasion.hops > HOPS:",
        "elif occasion.hops > HOPS + 1:",
        _rules("cascades"),
    ),
)

DELAYS = (
    Mutation(
        "D1",
        "next Saturday, on a Saturday, is today",
        "timing.py",
        "days = (WEEKDAYS.index(delay.on_next) - today.weekday() - 1) % 7 + 1",
        "days = (WEEKDAYS.index(delay.on_next) - today.weekday()) % 7",
        _rules("delays"),
    ),
    Mutation(
        "D1",
        "the user's zone is chosen where the workspace's is asked for",
        "timing.py",
        'return user_zone if zone == "user" else workspace_zone',
        "return user_zone",
        _rules("delays"),
    ),
    Mutation(
        "D2",
        "of a clock time that exists twice the second counts",
        "timing.py",
        "before = local.replace(fold=0).astimezone(UTC)",
        "before = local.replace(fold=1).astimezone(UTC)",
        _rules("delays"),
    ),
    Mutation(
        "D3",
        "the due time is computed from the arrival",
        "entering.py",
        "at + rules.elapsing",
        "turn.now + rules.elapsing",
        _rules("delays"),
    ),
    Mutation(
        "D3",
        "a due time by the clock is computed from the arrival",
        "entering.py",
        "due_at(rules.delay, at, turn.user_zone()",
        "due_at(rules.delay, turn.now, turn.user_zone()",
        _rules("delays"),
    ),
)

EXCEPTIONS = (
    Mutation(
        "X2",
        "an exception event at the due time comes in time",
        "leaving.py",
        "return entry.triggered_at <= at < (entry.postponed_to or entry.due_at)",
        "return entry.triggered_at <= at <= (entry.postponed_to or entry.due_at)",
        _rules("exceptions", "late_exceptions"),
    ),
    Mutation(
        "X2",
        "an exception event before the trigger cancels",
        "leaving.py",
        "return entry.triggered_at <= at < (entry.postponed_to or entry.due_at)",
        "return at < (entry.postponed_to or entry.due_at)",
        _rules("exceptions", "late_exceptions"),
    ),
    Mutation(
        "X5",
        "what is done with a stopped original calls nothing off",
        "leaving.py",
        "return first_met(turn.rules_of(entry).exceptions, occasion)",
        "event = occasion.event\n"
        "    if isinstance(event, CampaignInteracted) and not turn.plan.active_original(event.campaign, occasion.at):\n"
        "        return None\n"
        "    return first_met(turn.rules_of(entry).exceptions, occasion)",
        _rules("exceptions"),
    ),
    Mutation(
        "L5",
        "a waiting entry lives by the exceptions of the newest version",
        "leaving.py",
        "first_met(turn.rules_of(entry).exceptions, occasion)",
        "first_met(turn.plan.campaigns[entry.campaign].current.exceptions, occasion)",
        _rules("edits"),
    ),
    Mutation(
        "L4",
        "beside a claimed message, one that lies in the outbox survives the stop",
        "turn.py",
        "        if queued:\n",
        "        if not queued:\n",
        _rules("life_cycle"),
    ),
    Mutation(
        "L4",
        "a resume revives those who waited",
        "turn.py",
        'launched.status != "active" or entry.entered_at < launched.active_since',
        'launched.status != "active"',
        _rules("life_cycle"),
    ),
    Mutation(
        "X6",
        "a message in the hands of its channel is called back",
        "leaving.py",
        "(entry.postponed_to or entry.due_at) and not is_claimed(entry)",
        "(entry.postponed_to or entry.due_at)",
        _rules("late_exceptions"),
    ),
    Mutation(
        "X6",
        "the cancelled message stays in the outbox",
        "leaving.py",
        "at=occasion.at, facts=facts)\n    turn.withdraw(entry)",
        "at=occasion.at, facts=facts)",
        _rules("late_exceptions"),
    ),
)

SENDING = (
    Mutation(
        "S1",
        "a message that is due at the very end is outside of the duration",
        "settling.py",
        "(entry.postponed_to or entry.due_at) > rules.end",
        "(entry.postponed_to or entry.due_at) >= rules.end",
        _rules("send_decision"),
    ),
    Mutation(
        "S3",
        "the audience is not asked again after quiet hours",
        "settling.py",
        "if not rules.recheck_audience and entry.postponed_to is None:",
        "if not rules.recheck_audience:",
        _rules("send_decision"),
    ),
    Mutation(
        "S4",
        "eligibility is not asked again at the due time",
        "settling.py",
        "elif not is_eligible(turn, entry.campaign, rules, turn.now):",
        "elif False:",
        _rules("receipts"),
    ),
    Mutation(
        "S6",
        "push goes to people without a device",
        "filters.py",
        "return bool(state.devices) and _is_subscribed(state, channel, send_to)",
        "return _is_subscribed(state, channel, send_to)",
        _rules("send_decision"),
    ),
    Mutation(
        "S7",
        "the beginning of quiet hours is not quiet",
        "timing.py",
        "if at < local_instant(days[0], hours.from_, zone):",
        "if at <= local_instant(days[0], hours.from_, zone):",
        _rules("quiet_hours"),
    ),
    Mutation(
        "S7",
        "quiet hours drop what they should postpone",
        "settling.py",
        'if hours and quiet_end and hours.then == "postpone":',
        'if hours and quiet_end and hours.then == "drop":',
        _rules("send_decision"),
    ),
    Mutation(
        "S11",
        "a message that failed keeps its place in the caps",
        "answering.py",
        "    turn.give_back_place(pending.message)\n",
        "",
        _rules("caps"),
    ),
    Mutation(
        "S12",
        "an entry is sent only when its last channel has answered",
        "answering.py",
        '    turn.keep(entry, "sent", channels=accepted)\n',
        '    if len(accepted) == len(entry.pending):\n        turn.keep(entry, "sent", channels=accepted)\n',
        _rules("hand_over"),
    ),
)

RECEIPTS = (
    Mutation(
        "R1",
        "an in-app message is received when it lies ready",
        "answering.py",
        'if pending.channel == "in_app_message":',
        'if pending.channel == "none of them":',
        _rules("receipts"),
    ),
    Mutation(
        "R1",
        "every view is a receipt",
        "interacting.py",
        "    elif not touch.receipts:",
        "    elif True:",
        _rules("receipts"),
    ),
    Mutation(
        "R2",
        "the instant at which the window has passed is too early",
        "entering.py",
        "return again is not None and at >= last + again.window",
        "return again is not None and at > last + again.window",
        _rules("receipts"),
    ),
    Mutation(
        "R2",
        "an enrolment in control uses nothing up",
        "interacting.py",
        '        case "enrolled_in_control_group":\n            receipt =',
        '        case "enrolled_in_control_group":\n            return False\n            receipt =',
        _rules("receipts"),
    ),
    Mutation(
        "R2",
        "eligibility counts from the first channel's receipt",
        "interacting.py",
        "last = later(touch.last_receipt_at, receipt.at)",
        "last = touch.last_receipt_at or receipt.at",
        _rules("receipts"),
    ),
    Mutation(
        "R3",
        "the slice depends on the entry, not on the user alone",
        "settling.py",
        "slice_of(bucket(entry.campaign, turn.state.user), rules.shares)",
        "slice_of(bucket(entry.campaign + entry.id, turn.state.user), rules.shares)",
        _rules("receipts"),
    ),
)

VARIATIONS = (
    Mutation(
        "V1",
        "a slice holds the bucket at its end",
        "buckets.py",
        "if bucket < hundredths(end):",
        "if bucket <= hundredths(end):",
        _rules("variations"),
    ),
    Mutation(
        "V1",
        "the last eight bytes of the hash are read, not the first",
        "buckets.py",
        ".digest()[:8]",
        ".digest()[-8:]",
        _rules("variations"),
    ),
    Mutation(
        "V2",
        "ninety percent in control are too many",
        "validation.py",
        "if campaign.control_group > MAX_CONTROL:",
        "if campaign.control_group >= MAX_CONTROL:",
        _rules("variations"),
    ),
    Mutation(
        "V3",
        "a campaign cannot opt out of the global control group",
        "entering.py",
        "elif held_out and not campaign.ignore_global_control_group and in_global_control(",
        "elif held_out and in_global_control(",
        _rules("variations"),
    ),
    Mutation(
        "V3",
        "the global control group has one bucket more",
        "buckets.py",
        "own_bucket(user) < hundredths(percent)",
        "own_bucket(user) <= hundredths(percent)",
        _rules("variations"),
    ),
)

CONVERSIONS = (
    Mutation(
        "C1",
        "a conversion need not be as asked",
        "conversions.py",
        " or not is_met(conversion.event, occasion):",
        ":",
        _rules("conversions"),
    ),
    Mutation(
        "C2",
        "the window holds its end",
        "conversions.py",
        "if occasion.at >= receipt.at + conversion.window",
        "if occasion.at > receipt.at + conversion.window",
        _rules("conversions"),
    ),
    Mutation(
        "C2",
        "a receipt converts every time",
        "conversions.py",
        "if receipt is None or conversion.letter in receipt.converted:",
        "if receipt is None:",
        _rules("conversions"),
    ),
    Mutation(
        "C2",
        "the oldest receipt is converted",
        "conversions.py",
        "for one in reversed(turn.touch(campaign).receipts)",
        "for one in turn.touch(campaign).receipts",
        _rules("conversions"),
    ),
    Mutation(
        "C3",
        "the quantity earns nothing",
        "conversions.py",
        "amount = event.price * event.quantity",
        "amount = event.price",
        _rules("conversions"),
    ),
    Mutation(
        "C4",
        "a conversion happens when it arrives",
        "conversions.py",
        "            at=occasion.at,\n            received_at=turn.now,",
        "            at=turn.now,\n            received_at=turn.now,",
        _rules("conversions"),
    ),
    Mutation(
        "C5",
        "control does not convert",
        "conversions.py",
        "if receipt is None or conversion.letter in receipt.converted:",
        "if receipt is None or receipt.control or conversion.letter in receipt.converted:",
        _rules("conversions"),
    ),
)

AUDIENCES = (
    Mutation(
        "A1",
        "one segment of several is enough",
        "filters.py",
        "    for segment in audience.segments:\n"
        "        if segment != EVERYONE and not _in_segment(segment, state, at, segments, known):\n",
        "    if audience.segments:\n"
        "        if not any(_in_segment(one, state, at, segments, known) for one in audience.segments):\n",
        _rules("audiences"),
    ),
    Mutation(
        "A2",
        "a span of history is open at its beginning",
        "filters.py",
        "timedelta(0) <= at - last <= within)",
        "timedelta(0) <= at - last < within)",
        _rules("audiences"),
    ),
    Mutation(
        "A3",
        "a comparison without operators holds for a missing value",
        "comparisons.py",
        "return comparison.exists is False and all(",
        "return all(",
        _core("filters"),
    ),
    Mutation(
        "A4",
        "a segment may contain itself",
        "references.py",
        "return cycle_through(segment, edges)",
        "return []",
        _rules("audiences"),
    ),
)

CAPS = (
    Mutation(
        "F1",
        "one message more than allowed",
        "caps.py",
        "< cap.at_most for cap in rules",
        "<= cap.at_most for cap in rules",
        _rules("caps"),
    ),
    Mutation(
        "F1",
        "a send as old as the window still counts",
        "timing.py",
        "return at - timedelta(minutes=cap.minutes) + _MICROSECOND",
        "return at - timedelta(minutes=cap.minutes)",
        _rules("caps"),
    ),
    Mutation(
        "F1",
        "one rule that allows it is enough",
        "caps.py",
        "if all(_held(",
        "if not rules or any(_held(",
        _rules("caps"),
    ),
    Mutation(
        "F1",
        "a campaign that ignores caps counts all the same",
        "settling.py",
        "if not rules.campaign.ignore_frequency_caps or rules.campaign.count_toward_frequency_caps:",
        "if True:",
        _rules("caps"),
    ),
    Mutation(
        "F2",
        "opted-in is enough of a subscription only where it is asked for",
        "filters.py",
        'subscription in ("opted_in", send_to)',
        "subscription == send_to",
        _rules("caps"),
    ),
    Mutation(
        "F3",
        "a passing bounce counts like a hard one",
        "interacting.py",
        'if event.interaction == "bounce_email" and event.permanent:',
        'if event.interaction == "bounce_email":',
        _rules("caps"),
    ),
    Mutation(
        "F3",
        "any change of the profile forgets the bounce",
        "profile.py",
        'bounced = None if "email" in changed else state.bounced_email',
        "bounced = None",
        _rules("caps"),
    ),
)

ORDER = (
    Mutation(
        "O1",
        "ids are forgotten after six days",
        "profile.py",
        "KEPT_DAYS = 7",
        "KEPT_DAYS = 6",
        _rules("order"),
    ),
    Mutation(
        "O2",
        "what was due before an event is settled after it",
        "decide.py",
        "        bury(turn)\n        _run(turn, until=at)",
        "        bury(turn)",
        _rules("order"),
    ),
    Mutation(
        "O2",
        "what is due by now is settled before an event that is older",
        "decide.py",
        "_run(turn, until=at)",
        "_run(turn, until=now)",
        _rules("order"),
    ),
    Mutation(
        "O3",
        "a time in the future is believed",
        "decide.py",
        "at = min(event.at, now)",
        "at = event.at",
        _rules("order"),
    ),
    Mutation(
        "O4",
        "an entry's id is another at every run",
        "turn.py",
        'return blake2b("\\x1f".join(parts).encode(), digest_size=10).hexdigest()',
        'return blake2b(("\\x1f".join(parts) + str(id(parts))).encode(), digest_size=10).hexdigest()',
        _rules("order", "receipts"),
    ),
)

INBOX = (
    Mutation(
        "I2",
        "a click alone takes an in-app message out of the inbox",
        "interacting.py",
        'frozenset({"view_in_app_message", "dismiss_in_app_message"})',
        'frozenset({"view_in_app_message", "dismiss_in_app_message", "click_in_app_message"})',
        _rules("inbox"),
    ),
    Mutation(
        "L4",
        "what lies ready outlives its user",
        "leaving.py",
        "    turn.effects.append(Empty(user=turn.state.user))\n",
        "",
        _rules("inbox"),
    ),
    Mutation(
        "L4",
        "a message that is accepted after its user was deleted stays in the inbox",
        "answering.py",
        "        turn.effects.append(Clear(message=pending.message))\n        return",
        "        return",
        _rules("inbox"),
    ),
)

MUTATIONS: tuple[Mutation, ...] = (
    *TRIGGERS,
    *DELAYS,
    *EXCEPTIONS,
    *SENDING,
    *RECEIPTS,
    *VARIATIONS,
    *CONVERSIONS,
    *AUDIENCES,
    *CAPS,
    *ORDER,
    *INBOX,
)
