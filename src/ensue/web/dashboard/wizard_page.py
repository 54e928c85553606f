"""The pages of the wizard: one step of a campaign as a form, with what helps to fill it in.

One rule: a page is made from the plain data that its form stands for, whether or not that is a definition yet.
"""

from collections.abc import Sequence
from http import HTTPStatus
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response

from ensue.codec.build import build
from ensue.core.records import Campaign, CampaignState
from ensue.core.words import CHANNELS
from ensue.errors import Problem, Rejected
from ensue.ports import Store
from ensue.services import wording
from ensue.services.audiences import QUICK, Audiences
from ensue.services.launch_plan import LaunchPlans
from ensue.web.dashboard.forms.steps import STEPS, Step, Tree, closed, step_of
from ensue.web.dashboard.forms.view import View, Vocabulary
from ensue.web.dashboard.forms.vocabulary import names_of, vocabulary
from ensue.web.dashboard.letters import letters_of
from ensue.web.dashboard.pages import render
from ensue.web.dashboard.previewing import Asked, previewed
from ensue.web.problems import AnyRequest
from ensue.web.site import Site


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign on its way through the wizard: its life, and what the forms hold of it."""

    state: CampaignState
    tree: Tree
    words: Vocabulary
    zone: ZoneInfo
    problems: Sequence[Problem] = ()

    @property
    def view(self) -> View:
        """Return what a template asks."""
        return View(record=Campaign, tree=self.tree, zone=self.zone, problems=self.problems, words=self.words)

    def definition(self) -> Campaign:
        """Return the definition that the forms stand for; raise `Rejected` where they stand for none."""
        return build(Campaign, closed(self.tree))


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One problem or warning of the review, with the step and the field that it is about."""

    problem: Problem
    step: Step
    place: str


def words_for(store: Store, campaign: str) -> Vocabulary:
    """Return what the forms of a campaign offer."""
    catalog = store.catalog
    return vocabulary(catalog.campaigns(), catalog.cards(), catalog.segments(), but=campaign)


def show_step(
    request: AnyRequest,
    site: Site,
    step: Step,
    draft: Draft,
    *,
    asked: Asked,
    seconds: float = QUICK,
) -> Response[str]:
    """Return the page of a step."""
    more: dict[str, object] = {}
    match step.name:
        case "compose":
            more = {"asked": asked, "preview": preview_of(request, site, draft, asked), "people": _people(site)}
        case "delivery":
            more = {"sentence": sentence(draft)}
        case "audience":
            more = {"estimate": estimate_of(site, draft, seconds=seconds)}
        case "review":
            more = review(site, draft)
        case _:
            pass
    status = HTTPStatus.BAD_REQUEST if draft.problems and request.method == "POST" else HTTPStatus.OK
    saved = draft.state.versions[-1].campaign
    return render(
        request,
        site,
        f"wizard_{step.name}.html",
        title=f"{step.title}: {saved.name or saved.id}",
        status=status,
        wrong=[Told(problem=one, step=step_of(one.path), place=place_of(one.path)) for one in draft.problems],
        campaign=draft.state,
        name=saved.name or saved.id,
        step=step,
        steps=_marked_steps(site, saved),
        view=draft.view,
        words=draft.words,
        more=more,
    )


def _marked_steps(site: Site, saved: Campaign) -> list[tuple[Step, str]]:
    """Return the steps, each with whether a launch still needs something of it."""
    open_steps = {step_of(problem.path).name for problem in site.definitions.check(saved)[0]}
    return [(step, "" if step.name in open_steps or step is STEPS[-1] else "done") for step in STEPS]


def place_of(path: str) -> str:
    """Return the id of the field, or the row, that a problem is about."""
    return f"f-{path}"


# ---------------------------------------------------------------- what helps to fill a step in


def sentence(draft: Draft) -> str:
    """Say in plain words what will happen, or what is still missing for that."""
    try:
        campaign = draft.definition()
    except Rejected:
        return "Fill in what is missing, and a sentence here says what will happen."
    return wording.delivery_words(campaign, names_of(draft.words))


def estimate_of(site: Site, draft: Draft, *, seconds: float = QUICK) -> dict[str, object]:
    """Return how many users the audience holds, and its words; or that it is not finished."""
    try:
        campaign = draft.definition()
    except Rejected:
        return {"estimate": None, "words": ""}
    estimate = Audiences(site.runner, site.clock).estimate(campaign.audience, campaign.send_to, seconds=seconds)
    contents = [campaign.channels] if campaign.channels else [one.channels for one in campaign.variations]
    used = [name for name in CHANNELS if any(getattr(content, name) is not None for content in contents)]
    words = wording.audience_words(campaign.audience, names_of(draft.words))
    return {"estimate": estimate, "words": words, "used": used or list(CHANNELS[:2])}


def preview_of(request: AnyRequest, site: Site, draft: Draft, asked: Asked) -> dict[str, object]:
    """Return what a user would get of the campaign as the forms stand."""
    try:
        campaign = draft.definition()
    except Rejected as error:
        return {"problems": error.problems}
    return previewed(site, campaign, asked, letters_of(request))


def _people(site: Site) -> list[str]:
    return site.runner.read(lambda store: store.journal.users_after("", 20))


# ---------------------------------------------------------------- review


def review(site: Site, draft: Draft) -> dict[str, object]:
    """Return what forbids the launch, what is to be thought of, and the order of launches."""
    campaign = draft.state.versions[-1].campaign
    problems, warnings = site.definitions.check(campaign)
    names = names_of(draft.words)

    plan = LaunchPlans(site.runner, site.clock, site.launching).plan([campaign.id])
    return {
        "told": [_told(one) for one in problems],
        "warned": [_told(one) for one in warnings],
        "plan": plan,
        "sentence": wording.delivery_words(campaign, names),
        "audience": wording.audience_words(campaign.audience, names),
        "conversions": [wording.conversion_words(one, names) for one in campaign.conversions],
        "definition": campaign,
    }


def _told(problem: Problem) -> Told:
    return Told(problem=problem, step=step_of(problem.path), place=place_of(problem.path))
