"""What holds for every page of the dashboard."""

from tests.web.mailing import Client


def test_an_owner_sees_who_changed_what(browser: Client) -> None:
    page = browser.get("/dashboard/settings/changes")
    assert page.status_code == 200, page.text
    assert "Nothing was changed yet" in page.text


def test_nobody_is_led_to_the_sign_in_and_back(anybody: Client) -> None:
    page = anybody.get("/dashboard/settings/changes?before=3")
    assert page.status_code == 303
    assert page.headers["location"] == "/dashboard/sign-in?next=%2Fdashboard%2Fsettings%2Fchanges%3Fbefore%3D3"
    assert anybody.get("/dashboard/sign-in").status_code == 200


def test_an_address_without_a_page_says_so(browser: Client) -> None:
    page = browser.get("/dashboard/nowhere/at/all")
    assert page.status_code == 404
    assert "The page does not exist" in page.text or "the page does not exist" in page.text
