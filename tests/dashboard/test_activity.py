"""Live activity: what was decided and what happened, the latest first."""

from ensue.web.dashboard.activity import SHOWN
from ensue.web.site import Site
from tests.conformance.samples import event, interaction, keep
from tests.web.mailing import Client

PATH = "/dashboard/activity"


def test_nothing_happened_yet(browser: Client) -> None:
    page = browser.get(PATH)
    assert page.status_code == 200, page.text
    assert "Nothing was decided yet" in page.text
    assert f'data-live="{PATH}/latest"' in page.text


def test_the_latest_is_on_top_and_the_rest_further_back(browser: Client, site: Site) -> None:
    events = [event(f"{number}", f"user-{number:02}") for number in range(SHOWN + 1)]
    decisions = [keep(f"{number}", "sent", user=f"person-{number:02}") for number in range(SHOWN + 1)]
    site.runner.write(lambda store: store.ledger.append(events, decisions))
    page = browser.get(PATH).text
    assert page.index(f"user-{SHOWN}") < page.index("user-01")
    assert page.index(f"person-{SHOWN}") < page.index("person-01")
    assert "user-00" not in page
    assert f"{PATH}?events=2" in page
    older = browser.get(f"{PATH}?events=2").text
    assert "user-00" in older
    assert "data-live" not in older
    assert f"person-{SHOWN}" in older
    assert "person-00" in browser.get(f"{PATH}?decisions=2").text


def test_the_latest_alone_is_fetched_for_a_live_page(browser: Client, site: Site) -> None:
    site.runner.write(lambda store: store.ledger.append([interaction("a", "<ana>")], []))
    part = browser.get(f"{PATH}/latest").text
    assert "<html" not in part
    assert "&lt;ana&gt;" in part
    assert "received the e-mail" in part
