"""The wizard's pages: a draft is saved at each step, what is refused is shown again, a set is launched in order."""

from typing import Any

import pytest

from ensue.codec.build import build
from ensue.codec.dump import dump
from ensue.core.records import Campaign
from ensue.services.definitions import load_campaign
from ensue.web.dashboard.previewing import excerpt
from ensue.web.site import Site
from tests.dashboard.conftest import SignIn
from tests.dashboard.reading import read_form, sent
from tests.web.mailing import Client

EDIT = "/dashboard/campaigns/news/edit"
NEWS = {
    "kind": "campaign",
    "id": "news",
    "name": "News",
    "channels": {"email": {"subject": "News", "html": "<p>Hello {{ ${first_name} }}</p>"}},
    "delivery": {"type": "scheduled", "at": "launch"},
}
ANSWER = {
    "kind": "campaign",
    "id": "answer",
    "name": "Answer",
    "channels": {"in_app_message": {"body": "Hello"}},
    "delivery": {
        "type": "action_based",
        "triggers": [{"interact_with_campaign": {"campaign": "news", "interaction": "open_email"}}],
    },
}


@pytest.fixture
def news(site: Site) -> str:
    site.definitions.save_campaign(build(Campaign, NEWS))
    return EDIT


def saved(site: Site, campaign: str = "news") -> dict[str, Any]:
    return dump(site.runner.read(lambda store: load_campaign(store.catalog, campaign)).versions[-1].campaign)


def status(site: Site, campaign: str) -> str:
    return site.runner.read(lambda store: load_campaign(store.catalog, campaign)).status


def post(browser: Client, address: str, **changes: list[str]) -> Any:  # noqa: ANN401  # the client of the framework's own making
    """Send the form of a page as it is shown, with changes."""
    form = sent(browser.get(address).text)
    fields = {**form, **{name.replace("__", ":"): values for name, values in changes.items()}}
    return browser.post(address, data=fields)


def test_a_new_campaign_gets_an_id_from_its_name(browser: Client, site: Site) -> None:
    made = browser.post("/dashboard/campaigns/new", data={"name": "Hello, Åsa!", "channel": ["email", "push"]})
    assert made.headers["location"] == "/dashboard/campaigns/hello-sa/edit/compose"
    assert saved(site, "hello-sa")["channels"] == {"email": {}, "push": {}}
    again = browser.post("/dashboard/campaigns/new", data={"name": "Hello, Åsa!"})
    assert again.headers["location"] == "/dashboard/campaigns/hello-sa-2/edit/compose"


def test_a_campaign_without_a_name_or_with_a_wrong_id_is_not_made(browser: Client, news: str) -> None:
    assert "A campaign needs a name" in browser.post("/dashboard/campaigns/new", data={"name": " "}).text
    wrong = browser.post("/dashboard/campaigns/new", data={"name": "A", "id": "No Id"})
    assert wrong.status_code == 400
    assert "small letters" in wrong.text
    taken = browser.post("/dashboard/campaigns/new", data={"name": "A", "id": news.split("/")[3]})
    assert "There is a campaign &#39;news&#39; already" in taken.text


def test_a_viewer_may_not_edit(sign_in: SignIn, news: str) -> None:
    viewer = sign_in("viewer")
    assert viewer.get(f"{news}/compose").status_code == 403
    assert viewer.post(f"{news}/compose", data={"name": "Mine"}).status_code == 403


def test_every_step_is_there_and_others_are_not(browser: Client, news: str) -> None:
    for step in ("compose", "delivery", "audience", "goals", "review"):
        page = browser.get(f"{news}/{step}")
        assert page.status_code == 200, page.text
        assert page.text.count("<h1") == 1
        assert len(set(read_form(page.text).ids)) == len(read_form(page.text).ids), step
    assert browser.get(f"{news}/elsewhere").status_code == 404
    assert browser.get("/dashboard/campaigns/nothing/edit/compose").status_code == 404
    assert browser.get(news).headers["location"] == f"{news}/compose"


def test_a_step_is_saved_and_leads_to_the_next(browser: Client, site: Site, news: str) -> None:
    answer = post(browser, f"{news}/compose", name=["Nyheter"], tags=["a, b"], do=["next"])
    assert answer.headers["location"] == f"{news}/delivery"
    assert saved(site) == NEWS | {"name": "Nyheter", "tags": ["a", "b"]}
    assert post(browser, f"{news}/goals", do=["go audience"]).headers["location"] == f"{news}/audience"
    assert [one.action for one in site.staff.changes()] == ["save", "save"]


def test_what_is_refused_is_shown_again_as_it_was_typed(browser: Client, site: Site, news: str) -> None:
    answer = post(browser, f"{news}/goals", control_group=["many"])
    assert answer.status_code == 400
    assert 'value="many"' in answer.text
    assert 'href="#f-control_group"' in answer.text
    assert saved(site) == NEWS


def test_a_row_without_its_name_is_not_saved(browser: Client, site: Site, news: str) -> None:
    page = post(browser, f"{news}/audience", do=["add audience.filter"], **{"audience.filter__add": ["event"]})
    assert page.status_code == 200
    form = sent(page.text)
    answer = browser.post(f"{news}/audience", data={**form, "do": "save"})
    assert answer.status_code == 400
    assert "nothing is chosen here yet" in answer.text
    filled = {**form, "audience.filter.all[0].event": "seen", "do": "save"}
    assert browser.post(f"{news}/audience", data=filled).status_code == 303
    assert saved(site)["audience"] == {"filter": {"all": [{"event": "seen"}]}}


def test_shares_follow_the_control_group(browser: Client, site: Site, news: str) -> None:
    varied = sent(post(browser, f"{news}/compose", do=["vary"]).text)
    browser.post(f"{news}/compose", data={**varied, "do": "save"})
    assert [one["share"] for one in saved(site)["variations"]] == [50, 50]
    post(browser, f"{news}/goals", control_group=["20"])
    assert [one["share"] for one in saved(site)["variations"]] == [40, 40]


def test_a_preview_shows_what_is_typed_for_a_chosen_user(browser: Client, site: Site, news: str) -> None:
    site.people.put([("ana", {"email": "ana@example.com", "first_name": "<Ana>"})])
    form = sent(browser.get(f"{news}/compose").text)
    changed = {**form, "channels.email.subject": "Hi {{ ${first_name} }}", "preview_user": "ana"}
    shown = browser.post("/dashboard/campaigns/news/preview", data=changed).text
    assert "Hi &lt;Ana&gt;" in shown
    letter = browser.get(shown.partition('src="')[2].partition('"')[0])
    assert "Hello &lt;Ana&gt;" in letter.text
    assert letter.headers["content-security-policy"].startswith("sandbox;")
    assert browser.get("/dashboard/letters/0000").status_code == 404
    assert saved(site) == NEWS


def test_a_template_error_is_shown_at_its_line(browser: Client, news: str) -> None:
    form = sent(browser.get(f"{news}/compose").text)
    wrong = {**form, "channels.email.html": "<p>\n{% if %}\n</p>"}
    shown = browser.post("/dashboard/campaigns/news/preview", data=wrong).text
    assert "line 2" in shown
    assert '<li class="wrong"><i>2</i><code>{% if %}</code></li>' in shown
    assert (
        "There is no user" in browser.post("/dashboard/campaigns/news/preview", data={**form, "preview_user": "x"}).text
    )


def test_an_excerpt_is_the_lines_around_the_wrong_one() -> None:
    assert [(one.number, one.is_wrong) for one in excerpt("a\nb\nc\nd", 4)] == [(3, False), (4, True)]
    assert excerpt("a", None) == []


def test_an_estimate_counts_the_audience_as_it_is_chosen(browser: Client, site: Site, news: str) -> None:
    site.people.put([(f"u{number}", {"country": "SE" if number % 2 else "NO"}) for number in range(10)])
    form = sent(browser.get(f"{news}/audience").text)
    added = {**form, "do": "add audience.filter", "audience.filter:add": "attribute"}
    rows = sent(browser.post(f"{news}/audience", data=added).text)
    chosen = {**rows, "audience.filter.all[0].attribute": "country", "audience.filter.all[0]:value": "SE"}
    shown = browser.post("/dashboard/campaigns/news/estimate", data=chosen).text
    assert "<dd>5</dd>" in shown
    assert "Everyone where country is SE." in shown
    assert "<dd>5</dd>" in browser.post(f"{news}/audience", data={**chosen, "do": "count"}).text


def test_a_sentence_says_what_will_happen(browser: Client, news: str) -> None:
    form = sent(browser.get(f"{news}/delivery").text)
    shown = browser.post(
        "/dashboard/campaigns/news/sentence", data={**form, "delivery:when": "at", "delivery.at": "2026-07-01T09:00"}
    )
    assert "On 1 July 2026 at 09:00, an e-mail is sent to the audience." in shown.text


def test_the_review_leads_to_the_field_of_each_problem(browser: Client, site: Site, news: str) -> None:
    site.definitions.save_campaign(build(Campaign, {**NEWS, "channels": {"email": {"subject": "{{ oops"}}}))
    page = browser.get(f"{news}/review").text
    assert f'href="{news}/compose?check=1#f-channels.email.subject"' in page
    assert "disabled" in page
    step = browser.get(f"{news}/compose?check=1")
    assert step.status_code == 200
    assert 'id="p-channels.email.subject"' in step.text
    refused = browser.post(f"{news}/review", data={"do": "launch"})
    assert refused.status_code == 400
    assert status(site, "news") == "draft"


def test_follow_ons_are_launched_with_their_original(browser: Client, site: Site, news: str) -> None:
    site.definitions.save_campaign(build(Campaign, ANSWER))
    assert 'name="follow_on" value="answer"' in browser.get(f"{news}/review").text
    launched = browser.post(f"{news}/review", data={"do": "launch", "follow_on": "answer"})
    assert launched.headers["location"] == "/dashboard/campaigns/news"
    assert status(site, "news") == status(site, "answer") == "active"
    assert [one.target for one in site.staff.changes()] == ["campaign news", "campaign answer"]


def test_a_follow_on_hears_that_its_original_is_live_already(browser: Client, site: Site, news: str) -> None:
    site.definitions.save_campaign(build(Campaign, ANSWER))
    site.launching.move("launch", ["news"])
    assert "“News” has been active since" in browser.get(f"{news.replace('news', 'answer')}/review").text


def test_what_is_live_must_stay_valid(browser: Client, site: Site, news: str) -> None:
    site.launching.move("launch", ["news"])
    assert "This campaign is active" in browser.get(f"{news}/compose").text
    refused = post(browser, f"{news}/compose", **{"channels.email.subject": [""]})
    assert refused.status_code == 400
    assert "an e-mail needs a subject" in refused.text.lower()
    assert saved(site) == NEWS
