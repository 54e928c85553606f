"""Signing in and out, and the link by which a password is set.

One rule: who asks is told the same, and waits as long, whatever was wrong.
"""

from http import HTTPStatus

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from ensue.errors import Problem
from ensue.services.staff import SESSION, SIGN_IN_HINT
from ensue.web.dashboard.guard import COOKIE, find_operator
from ensue.web.dashboard.pages import HOME, redirect, render
from ensue.web.dashboard.submitted import Form
from ensue.web.problems import AnyRequest
from ensue.web.site import Shared, Site

WRONG = Problem(code="sign_in", path="", message="name and password do not belong together", hint=SIGN_IN_HINT)


@get("/sign-in", role="anyone", sync_to_thread=True)
def show_sign_in(site: Shared, request: AnyRequest) -> Response[str] | Response[None]:
    """Ask for name and password."""
    wanted = onward(request.query_params.get("next", ""))
    if find_operator(request) is not None:
        return redirect(wanted)
    return render(request, site, "sign_in.html", title="Sign in", name="", wanted=wanted)


@post("/sign-in", role="anyone", sync_to_thread=True, status_code=200)
def sign_in(site: Shared, request: AnyRequest, form: Form) -> Response[str] | Response[None]:
    """Sign somebody in."""
    name, wanted = form.text("name"), onward(form.text("next"))
    found = site.staff.sign_in(name, form.raw("password"))
    if found is None:
        return render(
            request,
            site,
            "sign_in.html",
            title="Sign in",
            status=HTTPStatus.BAD_REQUEST,
            problems=[WRONG],
            name=name,
            wanted=wanted,
        )
    return with_session(site, redirect(wanted), found[1])


@post("/sign-out", role="anyone", sync_to_thread=True)
def sign_out(site: Shared, request: AnyRequest) -> Response[None]:
    """Sign somebody out."""
    site.staff.sign_out(request.cookies.get(COOKIE, ""))
    response = redirect(f"{HOME}/sign-in", flash="You are signed out.")
    response.delete_cookie(COOKIE, path=HOME)
    return response


HANDLERS: list[HTTPRouteHandler] = [show_sign_in, sign_in, sign_out]


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
