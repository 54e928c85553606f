"""Operators over the API: the people who use the dashboard. For setting up without a hand, and for a lost password.

One rule: nobody gets a password from here, but a link by which they set it, shown in the answer that makes it.
"""

from datetime import datetime

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from ensue.codec.build import build
from ensue.operators import Operator, Role
from ensue.web.bodies import JsonBody
from ensue.web.site import Shared, Site


class OperatorRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An operator to be made."""

    name: str
    role: Role = "editor"
    email: str = ""


class OperatorLine(msgspec.Struct, frozen=True, kw_only=True):
    """An operator, without password and link."""

    id: str
    name: str
    email: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


class LinkedOperator(msgspec.Struct, frozen=True, kw_only=True):
    """An operator, and the address at which they set their password; it is shown this once, and holds three days."""

    operator: OperatorLine
    link: str


class OperatorList(msgspec.Struct, frozen=True, kw_only=True):
    """All operators, disabled ones too."""

    operators: list[OperatorLine]


@get("/operators", scope="keys", sync_to_thread=True, operation_id="list_operators")
def list_operators(site: Shared) -> OperatorList:
    """List the people who use the dashboard."""
    return OperatorList(operators=[_line(one) for one in site.staff.all()])


@post("/operators", scope="keys", accepts="OperatorRequest", sync_to_thread=True, operation_id="create_operator")
def create_operator(site: Shared, document: JsonBody) -> LinkedOperator:
    """Let somebody use the dashboard; the answer has the link by which they set their password."""
    request = build(OperatorRequest, document)
    return _linked(site, *site.staff.create(request.name, request.role, email=request.email))


@post("/operators/{operator:str}/link", scope="keys", sync_to_thread=True, operation_id="make_operator_link")
def make_operator_link(site: Shared, operator: FromPath[str]) -> LinkedOperator:
    """Make a link for a new password of an operator, by id or name; until it is used the old password holds."""
    found = next((one for one in site.staff.all() if one.name == operator), None)
    return _linked(site, *site.staff.make_link(found.id if found else operator))


HANDLERS: list[HTTPRouteHandler] = [list_operators, create_operator, make_operator_link]


def _linked(site: Site, operator: Operator, token: str) -> LinkedOperator:
    return LinkedOperator(operator=_line(operator), link=f"{site.tracker.base_url}/dashboard/welcome/{token}")


def _line(operator: Operator) -> OperatorLine:
    return OperatorLine(
        id=operator.id,
        name=operator.name,
        email=operator.email,
        role=operator.role,
        created_at=operator.created_at,
        disabled_at=operator.disabled_at,
    )
