"""How each channel is set up, and a test message through it.

One rule: a test takes the way of every message; nothing of it is recorded (`services.messaging`).
"""

from collections.abc import Sequence
from http import HTTPStatus

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from ensue.core.words import CHANNELS
from ensue.errors import Problem, Rejected, rejected
from ensue.services.messaging import Trial
from ensue.services.trials import trial_campaign, trial_user
from ensue.web.dashboard.pages import audit, render
from ensue.web.dashboard.submitted import NOTHING, Form, Submitted
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

NAMES = {"email": "E-mail", "push": "Push", "in_app_message": "In-app message", "webhook": "Webhook"}
ICONS = {"email": "mail", "push": "bell", "in_app_message": "window", "webhook": "hook"}


@get("/settings/channels", role="viewer", sync_to_thread=True)
def show_channels(site: Shared, request: AnyRequest) -> Response[str]:
    """Show how each channel is set up."""
    return _channels(site, request)


@post("/settings/channels", role="editor", sync_to_thread=True, status_code=200)
def send_test(site: Shared, request: AnyRequest, form: Form) -> Response[str]:
    """Send a test message to an address, or to a user."""
    try:
        trial = _tried(site, form.text("channel"), form.text("to"))
    except Rejected as refusal:
        return _channels(site, request, form, problems=refusal.problems)
    audit(site, request, "tested", f"channel {trial.channel}", f"to {form.text('to')}: {trial.result}")
    return _channels(site, request, form, trial=trial)


HANDLERS: list[HTTPRouteHandler] = [show_channels, send_test]


def _tried(site: Site, name: str, to: str) -> Trial:
    channel = next((one for one in CHANNELS if one == name), None)
    if channel is None:
        raise rejected("no_such_channel", "channel", f"there is no channel '{name}'", f"Known: {', '.join(CHANNELS)}.")
    user = trial_user(channel, to, site.people.load)
    (trial,) = site.messaging.test(trial_campaign(channel, to), [user], None, (channel,), {})
    return trial


def _channels(
    site: Site,
    request: AnyRequest,
    form: Submitted = NOTHING,
    *,
    problems: Sequence[Problem] = (),
    trial: Trial | None = None,
) -> Response[str]:
    return render(
        request,
        site,
        "channels.html",
        title="Channels",
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        problems=problems,
        channels=site.channels,
        names=NAMES,
        icons=ICONS,
        channel=form.text("channel", "email"),
        to=form.text("to"),
        trial=trial,
    )
