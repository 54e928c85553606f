"""Who may use the dashboard, and everybody's own account.

One rule: a link for a password is shown once, to the owner who made it; handing it on is theirs.
"""

from collections.abc import Sequence
from http import HTTPStatus

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.errors import Problem, Rejected, rejected
from ensue.operators import Operator
from ensue.web.dashboard.guard import operator_of
from ensue.web.dashboard.pages import HOME, audit, redirect, render
from ensue.web.dashboard.signing import TOO_MANY, address_of, with_session
from ensue.web.dashboard.submitted import NOTHING, Form, Submitted
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

OPERATORS = "/dashboard/settings/operators"
ME = "/dashboard/settings/me"
ROLES = (
    ("viewer", "Viewer – sees everything but the settings of others"),
    ("editor", "Editor – creates, changes, launches and stops"),
    ("owner", "Owner – also settings, keys and operators"),
)


@get("/settings/operators", role="owner", sync_to_thread=True)
def show_operators(site: Shared, request: AnyRequest) -> Response[str]:
    """Show who may use the dashboard."""
    return _operators(site, request)


@post("/settings/operators", role="owner", sync_to_thread=True, status_code=200)
def add_operator(site: Shared, request: AnyRequest, form: Form) -> Response[str]:
    """Let somebody in; shown is the link by which they set their password."""
    try:
        operator, token = site.staff.create(form.text("name"), form.text("role"), email=form.text("email"))
    except Rejected as refusal:
        return _operators(site, request, form=form, problems=refusal.problems)
    audit(site, request, "added", f"operator {operator.name}", operator.role)
    return _operators(site, request, link=(operator, token))


@post("/settings/operators/{operator:str}/role", role="owner", sync_to_thread=True)
def give_role(site: Shared, request: AnyRequest, operator: FromPath[str], form: Form) -> Response[None]:
    """Give an operator another role."""
    changed = site.staff.give_role(operator, form.text("role"))
    audit(site, request, "gave a role to", f"operator {changed.name}", changed.role)
    return redirect(OPERATORS, flash=f"{changed.name} is {changed.role} now.")


@post("/settings/operators/{operator:str}/link", role="owner", sync_to_thread=True, status_code=200)
def make_link(site: Shared, request: AnyRequest, operator: FromPath[str]) -> Response[str]:
    """Make a link for a new password; it is shown this once."""
    changed, token = site.staff.make_link(operator)
    audit(site, request, "made a password link for", f"operator {changed.name}")
    return _operators(site, request, link=(changed, token))


@post("/settings/operators/{operator:str}/disable", role="owner", sync_to_thread=True)
def disable(site: Shared, request: AnyRequest, operator: FromPath[str]) -> Response[None]:
    """Shut an operator out, at once."""
    changed = site.staff.disable(operator)
    audit(site, request, "disabled", f"operator {changed.name}")
    return redirect(OPERATORS, flash=f"{changed.name} is shut out, and signed out everywhere.")


@post("/settings/operators/{operator:str}/enable", role="owner", sync_to_thread=True)
def enable(site: Shared, request: AnyRequest, operator: FromPath[str]) -> Response[None]:
    """Let an operator in again."""
    changed = site.staff.enable(operator)
    audit(site, request, "enabled", f"operator {changed.name}")
    return redirect(OPERATORS, flash=f"{changed.name} may sign in again.")


@get("/settings/me", role="viewer", sync_to_thread=True)
def show_me(site: Shared, request: AnyRequest) -> Response[str]:
    """Show one's own account."""
    return _me(site, request)


@post("/settings/me", role="viewer", sync_to_thread=True, status_code=200)
def change_password(site: Shared, request: AnyRequest, form: Form) -> Response[str] | Response[None]:
    """Change one's own password; one stays signed in here, and nowhere else."""
    operator, address = operator_of(request), address_of(request)
    if not site.attempts.admit(operator.name, address):
        return _me(site, request, [TOO_MANY])
    try:
        if form.raw("password") != form.raw("again"):
            raise rejected("again", "again", "the two passwords differ", "Type the same one twice.")
        site.staff.change_password(operator.id, form.raw("old"), form.raw("password"))
    except Rejected as refusal:
        return _me(site, request, refusal.problems)
    site.attempts.forgive(operator.name, address)
    audit(site, request, "changed", "their password")
    response = redirect(ME, flash="Your password is changed; you are signed out everywhere else.")
    return with_session(site, response, site.staff.open_session(operator))


HANDLERS: list[HTTPRouteHandler] = [
    show_operators,
    add_operator,
    give_role,
    make_link,
    disable,
    enable,
    show_me,
    change_password,
]


def _operators(
    site: Site,
    request: AnyRequest,
    *,
    form: Submitted = NOTHING,
    problems: Sequence[Problem] = (),
    link: tuple[Operator, str] | None = None,
) -> Response[str]:
    address = f"{site.tracker.base_url}{HOME}/welcome/{link[1]}" if link else ""
    return render(
        request,
        site,
        "operators.html",
        title="Operators",
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        problems=problems,
        operators=site.staff.all(),
        roles=ROLES,
        name=form.text("name"),
        email=form.text("email"),
        role=form.text("role", "editor"),
        link=address,
        whose=link[0].name if link else "",
    )


def _me(site: Site, request: AnyRequest, problems: Sequence[Problem] = ()) -> Response[str]:
    status = HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK
    return render(request, site, "me.html", title="Your account", status=status, problems=problems)
