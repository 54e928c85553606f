"""Signing in and out, and the link by which a password is set.

One rule: who asks is told the same, and waits as long, whatever was wrong.
"""

from collections.abc import Sequence
from http import HTTPStatus

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.errors import Problem, Rejected, rejected
from ensue.operators import Operator
from ensue.services.staff import SESSION, SIGN_IN_HINT
from ensue.web.dashboard.guard import COOKIE, find_operator
from ensue.web.dashboard.pages import HOME, redirect, render
from ensue.web.dashboard.submitted import NOTHING, Form, Submitted
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

WRONG = Problem(code="sign_in", path="", message="name and password do not belong together", hint=SIGN_IN_HINT)
TOO_MANY = Problem(
    code="too_many", path="", message="there were too many attempts", hint="Wait a quarter of an hour, then try again."
)


@get("/sign-in", role="anyone", sync_to_thread=True)
def show_sign_in(site: Shared, request: AnyRequest) -> Response[str] | Response[None]:
    """Ask for name and password."""
    wanted = onward(request.query_params.get("next", ""))
    if find_operator(request) is not None:
        return redirect(wanted)
    return render(request, site, "sign_in.html", title="Sign in", name="", wanted=wanted)


@post("/sign-in", role="anyone", sync_to_thread=True, status_code=200)
def sign_in(site: Shared, request: AnyRequest, form: Form) -> Response[str] | Response[None]:
    """Sign somebody in, unless there were too many attempts."""
    name, address = form.text("name"), address_of(request)
    if not site.attempts.admit(name, address):
        return _refused(site, request, form, HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY)
    found = site.staff.sign_in(name, form.raw("password"))
    if found is None:
        return _refused(site, request, form, HTTPStatus.BAD_REQUEST, WRONG)
    site.attempts.forgive(name, address)
    operator, token = found
    site.staff.log(operator.name, "signed in", "", f"from {address}")
    return with_session(site, redirect(onward(form.text("next"))), token)


@post("/sign-out", role="anyone", sync_to_thread=True)
def sign_out(site: Shared, request: AnyRequest) -> Response[None]:
    """Sign somebody out."""
    site.staff.sign_out(request.cookies.get(COOKIE, ""))
    response = redirect(f"{HOME}/sign-in", flash="You are signed out.")
    response.delete_cookie(COOKIE, path=HOME)
    return response


@get("/welcome/{token:str}", role="anyone", sync_to_thread=True)
def show_welcome(site: Shared, request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """Ask the first owner for name and password, and whoever has another link for a password."""
    return _welcome(site, request, token)


@post("/welcome/{token:str}", role="anyone", sync_to_thread=True, status_code=200)
def welcome(site: Shared, request: AnyRequest, token: FromPath[str], form: Form) -> Response[str] | Response[None]:
    """Make the first owner, or set a password; then sign them in."""
    try:
        operator = _let_in(site, token, form)
    except Rejected as refusal:
        return _welcome(site, request, token, form, refusal.problems)
    return with_session(site, redirect(HOME, flash=f"Welcome, {operator.name}."), site.staff.open_session(operator))


HANDLERS: list[HTTPRouteHandler] = [show_sign_in, sign_in, sign_out, show_welcome, welcome]


def address_of(request: AnyRequest) -> str:
    """Return from where a request comes; uvicorn has looked behind a proxy on this machine."""
    return request.client.host if request.client else ""


def onward(path: str) -> str:
    """Return where to go after the sign-in: a page of the dashboard, whatever the address says."""
    is_own = path == HOME or path.startswith(f"{HOME}/")
    return path if is_own and "\\" not in path and path.isprintable() else HOME


def with_session(site: Site, response: Response[None], token: str) -> Response[None]:
    """Give the browser the token of its session."""
    response.set_cookie(
        Cookie(
            key=COOKIE,
            value=token,
            path=HOME,
            max_age=int(SESSION.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=site.tracker.base_url.startswith("https://"),
        )
    )
    return response


def _refused(site: Site, request: AnyRequest, form: Submitted, status: HTTPStatus, problem: Problem) -> Response[str]:
    return render(
        request,
        site,
        "sign_in.html",
        title="Sign in",
        status=status,
        problems=[problem],
        name=form.text("name"),
        wanted=onward(form.text("next")),
    )


def _welcome(
    site: Site,
    request: AnyRequest,
    token: str,
    form: Submitted = NOTHING,
    problems: Sequence[Problem] = (),
) -> Response[str]:
    is_first = site.staff.is_first(token)
    operator = None if is_first else site.staff.find_link(token)
    if operator is None and not is_first:
        return render(request, site, "stale.html", title="This link holds no longer", status=HTTPStatus.NOT_FOUND)
    return render(
        request,
        site,
        "welcome.html",
        title=f"Hello, {operator.name}" if operator else "Welcome to Ensue",
        status=HTTPStatus.BAD_REQUEST if problems else HTTPStatus.OK,
        problems=problems,
        is_first=is_first,
        name=form.text("name"),
        email=form.text("email"),
    )


def _let_in(site: Site, token: str, form: Submitted) -> Operator:
    password = form.raw("password")
    if password != form.raw("again"):
        raise rejected("again", "again", "the two passwords differ", "Type the same one twice.")
    if site.staff.is_first(token):
        operator = site.staff.create_first(token, form.text("name"), form.text("email"), password)
        site.staff.log(operator.name, "became", "the first owner")
        return operator
    operator = site.staff.use_link(token, password)
    site.staff.log(operator.name, "set", "a new password")
    return operator
