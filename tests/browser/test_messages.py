"""In-app messages on a page: shown, seen, read by keyboard, clicked, answered, taken away."""

import textwrap
from collections.abc import Callable
from statistics import median

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.browser.shop import Visitor, message_in

Visit = Callable[..., Visitor]
DELIVERY = "delivery: {{type: action_based, triggers: [{trigger}]}}\naudience: {{segments: [everyone]}}\n"
AGAIN = "re_eligibility: {window: 0 seconds}\n"


def campaign(name: str, trigger: str, message: str, more: str = "") -> str:
    """Write an action-based campaign with one in-app message."""
    content = textwrap.indent(textwrap.dedent(message).strip(), "    ")
    head = f"kind: campaign\nid: {name}\nname: {name}\nchannels:\n  in_app_message:\n{content}\n"
    return f"---\n{head}{DELIVERY.format(trigger=trigger)}{more}"


def on_event(name: str) -> str:
    return f"{{custom_event: {{name: {name}}}}}"


def on_message(campaign: str, interaction: str, more: str = "") -> str:
    return f"{{interact_with_campaign: {{campaign: {campaign}, interaction: {interaction}{more}}}}}"


def log(page: Page, name: str) -> None:
    page.evaluate("name => ensue.logEvent(name)", name)


def focused(page: Page) -> str:
    """Return what has the focus, also inside a shadow root."""
    script = (
        "() => { let e = document.activeElement; while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement"
    )
    return str(page.evaluate(f"{script}; return e.id || e.textContent || e.localName }}"))


def test_a_view_and_a_click_start_follow_ons(desk: Desk, visit: Visit) -> None:
    # B7, T1: `button` narrows the click
    desk.launch(
        campaign("seen", on_message("hello", "view_in_app_message"), "{heading: You saw it, priority: 1}")
        + campaign("liked", on_message("hello", "click_in_app_message", ", button: like"), "{heading: You said yes}")
        + campaign("left", on_message("hello", "click_in_app_message", ", button: leave"), "{heading: You said no}")
        + campaign(
            "hello", on_event("came"), "{heading: Hello, buttons: [{id: like, text: Like}, {id: leave, text: Leave}]}"
        )
    )
    ana = visit("ana")
    page = ana.open()
    log(page, "came")
    page.get_by_role("dialog", name="Hello").get_by_role("button", name="Like").click()
    page.get_by_role("dialog", name="You saw it").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog", name="You said yes")).to_be_visible()
    desk.wait_for("ana", interaction="view_in_app_message", campaign="liked")
    views = desk.events("ana", interaction="view_in_app_message")
    assert [one["campaign"] for one in views] == ["hello", "seen", "liked"]
    (click,) = desk.events("ana", interaction="click_in_app_message")
    assert click["button"] == "like"
    assert len(desk.events("ana", interaction="dismiss_in_app_message", campaign="seen")) == 1


def test_a_message_follows_a_click_in_another_within_a_second(
    desk: Desk, visit: Visit, capsys: pytest.CaptureFixture[str]
) -> None:
    # B7: also where the interval between two messages is long
    desk.launch(
        campaign("second", on_message("first", "click_in_app_message"), "{heading: Second}", AGAIN)
        + campaign("first", on_event("quick"), "{heading: First, buttons: [{id: go, text: Go}]}", AGAIN)
    )
    page = visit("quick", messages={"minInterval": 3600}).open()
    page.evaluate(
        """() => {
          addEventListener("click", () => { clicked = performance.now() }, true);
          new MutationObserver(([{ addedNodes: [host] }]) => {
            if (host?.shadowRoot?.textContent.includes("Second")) shown = performance.now();
          }).observe(document.body, { childList: true });
          Object.assign(window, { clicked: 0, shown: 0 });
        }"""
    )
    took = []
    for _ in range(3):
        log(page, "quick")
        page.get_by_role("dialog", name="First").get_by_role("button", name="Go").click()
        second = page.get_by_role("dialog", name="Second")
        expect(second).to_be_visible()
        took.append(page.evaluate("shown - clicked"))
        second.get_by_role("button", name="Close").click()
    with capsys.disabled():
        print(f"\nfrom a click to the next in-app message: {', '.join(f'{one:.0f} ms' for one in took)}")  # noqa: T201
    assert min(took) > 0
    assert median(took) <= 1000


def test_the_keyboard_alone_reads_and_closes_a_message(desk: Desk, visit: Visit) -> None:
    desk.launch(
        campaign(
            "keys",
            on_event("keys"),
            """
            heading: Spring is here
            body: All lamps are 15 % off.
            buttons: [{id: later, text: Later}, {id: look, text: Look}]
            """,
        )
    )
    page = visit("kim").open()
    page.locator("#buy").focus()
    log(page, "keys")
    dialog = page.get_by_role("dialog", name="Spring is here")
    expect(dialog).to_be_focused()
    assert dialog.get_attribute("aria-modal") == "true"
    assert dialog.evaluate("e => e.getRootNode().getElementById(e.getAttribute('aria-describedby')).textContent") == (
        "All lamps are 15 % off."
    )
    assert page.get_by_role("heading", name="Shop").count() == 1  # still there, but out of reach:
    reached = set()
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.add(focused(page))
    assert {"Later", "Look", "×"} <= reached
    assert "buy" not in reached
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert focused(page) == "buy"
    desk.wait_for("kim", interaction="dismiss_in_app_message")


def test_a_slideup_is_a_status_that_leaves_the_focus_where_it_is(desk: Desk, visit: Visit) -> None:
    desk.launch(campaign("slide", on_event("slide"), "{layout: slideup, body: Free shipping today, dismiss_after: 1s}"))
    page = visit("sam").open()
    page.locator("#buy").focus()
    log(page, "slide")
    expect(page.get_by_role("status")).to_contain_text("Free shipping today")
    assert focused(page) == "buy"
    desk.wait_for("sam", interaction="view_in_app_message")
    expect(page.get_by_role("status")).to_have_count(0)  # after a second, by itself
    page.evaluate("ensue.flush()")
    assert desk.events("sam", interaction="dismiss_in_app_message") == []


def test_a_link_of_a_message_is_a_click_and_leads_on(desk: Desk, visit: Visit) -> None:
    desk.launch(campaign("link", on_event("link"), "{layout: fullscreen, heading: Lamps, link: /lamps}"))
    page = visit("lin").open()
    log(page, "link")
    page.get_by_role("dialog").get_by_role("link", name="Lamps").click()
    page.wait_for_url("**/lamps")
    (click,) = desk.wait_for("lin", interaction="click_in_app_message")
    assert "button" not in click


def test_texts_stay_texts_and_no_link_runs_a_script(desk: Desk, visit: Visit) -> None:
    desk.launch(
        campaign(
            "hostile",
            on_event("hostile"),
            """
            heading: "<img src=x onerror=alert(1)>"
            body: "<b>bold</b>"
            link: "javascript:alert(1)"
            image: "javascript:alert(1)"
            buttons: [{id: a, text: "<i>x</i>", link: "JaVaScRiPt:alert(1)"}]
            """,
        )
    )
    page = visit("hal").open()
    log(page, "hostile")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("<img src=x onerror=alert(1)>")
    expect(dialog.locator("a, img, b, i")).to_have_count(0)
    dialog.get_by_role("button", name="<i>x</i>").click()
    desk.wait_for("hal", interaction="click_in_app_message", button="a")


HOSTILE = """
  layout: html
  html: |
    <h1>Win a lamp</h1>
    <script>
      const reach = (work) => { try { return String(work()) } catch { return "refused" } };
      const found = [
        reach(() => parent.document.title), reach(() => parent.ensue.user), reach(() => localStorage.length),
        reach(() => document.cookie), reach(() => top.location.href), reach(() => indexedDB.open("ensue")),
      ];
      reach(() => top.location.assign("/lamps"));
      reach(() => open("/lamps", "_top"));
      ensue.click("forced");
      document.body.append(found.join(" "));
    </script>
    <button onclick="ensue.click('mine')">Mine</button> <a href="/lamps" data-ensue-click="lamps">Lamps</a>
"""


def test_the_html_of_a_message_cannot_reach_the_page(desk: Desk, visit: Visit) -> None:
    desk.launch(campaign("html", on_event("html"), HOSTILE))
    visitor = visit("hugo")
    page = visitor.open("/loose")
    log(page, "html")
    frame = page.frame_locator("ensue-message iframe")
    expect(frame.locator("body")).to_contain_text("refused refused refused refused refused refused")
    desk.wait_for("hugo", interaction="click_in_app_message", button="forced")
    assert "/loose" in page.url  # nobody clicked, so nothing leads away
    frame.get_by_role("button", name="Mine").click()
    desk.wait_for("hugo", interaction="click_in_app_message", button="mine")
    frame.get_by_role("link", name="Lamps").click()
    page.wait_for_url("**/lamps")
    desk.wait_for("hugo", interaction="click_in_app_message", button="lamps")
    visitor.complaints[:] = [one for one in visitor.complaints if "navigat" not in one]


def test_html_needs_no_script_of_its_own_where_the_page_allows_none(desk: Desk, visit: Visit) -> None:
    desk.launch(
        campaign(
            "plain",
            on_event("plain"),
            """
            layout: html
            html: '<h1>Lamps</h1><button data-ensue-click="ok" data-ensue-close>Fine</button>'
            """,
        )
    )
    page = visit("pia").open()
    log(page, "plain")
    frame = page.frame_locator("ensue-message iframe")
    # A moment later: the frame goes with the click, and then nobody would tell Playwright of the end of its input.
    frame.get_by_role("button", name="Fine").evaluate("button => { setTimeout(() => button.click()) }")
    expect(message_in(page)).to_have_count(0)
    desk.wait_for("pia", interaction="click_in_app_message", button="ok")


def test_a_stopped_campaign_vanishes_from_an_open_page(desk: Desk, visit: Visit) -> None:
    # L4, and what waits behind it goes too
    desk.launch(
        campaign("stays", on_event("stays"), "{heading: Stays}")
        + campaign("goes", on_event("goes"), "{heading: Goes}")
        + campaign("alone", on_event("alone"), "{heading: Alone}")
    )
    page = visit("ole").open()
    log(page, "alone")
    expect(page.get_by_role("dialog", name="Alone")).to_be_visible()
    desk.move("campaigns", "alone", "stop")
    expect(message_in(page)).to_have_count(0)
    log(page, "stays")
    expect(page.get_by_role("dialog", name="Stays")).to_be_visible()
    log(page, "goes")
    desk.wait_for_sent("goes")
    page.evaluate("ensue.refresh()")  # it waits behind the other
    desk.move("campaigns", "goes", "stop")
    page.evaluate("ensue.refresh()")
    page.get_by_role("dialog", name="Stays").get_by_role("button", name="Close").click()
    expect(message_in(page)).to_have_count(0)
    page.evaluate("ensue.flush()")
    assert desk.events("ole", interaction="view_in_app_message", campaign="goes") == []


def test_one_at_a_time_the_higher_priority_first_and_an_interval_between_two(desk: Desk, visit: Visit) -> None:
    desk.launch(
        campaign("now", on_event("now"), "{heading: Now}")
        + campaign("low", on_event("many"), "{heading: Low, priority: 1}")
        + campaign("high", on_event("many"), "{heading: High, priority: 2}")
    )
    page = visit("max", messages={"minInterval": 1}).open()
    page.evaluate(
        """() => {
          window.seen = [];
          new MutationObserver((changes) => changes.forEach(({ addedNodes: [shown] }) => {
            seen.push([shown ? shown.shadowRoot.querySelector("h2").textContent : "", performance.now()]);
          })).observe(document.body, { childList: true });
        }"""
    )
    log(page, "now")
    expect(page.get_by_role("dialog", name="Now")).to_be_visible()
    log(page, "many")
    desk.wait_for_sent("low", "high")
    page.evaluate("ensue.refresh()")
    for name in ("Now", "High", "Low"):
        page.get_by_role("dialog", name=name).get_by_role("button", name="Close").click()
    seen: list[tuple[str, float]] = page.evaluate("seen")
    assert [name for name, _ in seen] == ["Now", "", "High", "", "Low", ""]
    times = [at for _, at in seen]
    assert min(times[2] - times[1], times[4] - times[3]) >= 990


def test_what_was_seen_is_not_shown_again_after_a_reload(desk: Desk, visit: Visit) -> None:
    desk.launch(campaign("once", on_event("once"), "{heading: Once}"))
    page = visit("ona").open()
    log(page, "once")
    expect(page.get_by_role("dialog", name="Once")).to_be_visible()
    desk.wait_for("ona", interaction="view_in_app_message")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.evaluate("ensue.refresh()")
    expect(message_in(page)).to_have_count(0)
    assert len(desk.events("ona", interaction="view_in_app_message")) == 1
