"""The OpenAPI document: made of the handlers, completed with what they alone know (scopes, bodies, problem details).

One rule: it is a file to be read by programs; no page here loads anything from anywhere.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from typing import cast

import msgspec
from litestar import Litestar, Response, get
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler

from ensue.codec.documents import KINDS
from ensue.codec.schema import Schema, schema
from ensue.core.records import Workspace
from ensue.web.apps import AppRequest
from ensue.web.auth import HOW, SCHEME
from ensue.web.backtests import BacktestRequest
from ensue.web.braze import TrackRequest
from ensue.web.campaigns import Copy
from ensue.web.devices import Device, DeviceToken
from ensue.web.interactions import Call, Interactions
from ensue.web.launches import Ids
from ensue.web.links import Tap
from ensue.web.operators import OperatorRequest
from ensue.web.previews import CardPreviewRequest, PreviewRequest, TestRequest
from ensue.web.problems import MEDIA_TYPE, Details
from ensue.web.sdk import BatchRequest, SyncRequest
from ensue.web.users import People
from ensue.web.workspace import KeyRequest

PATH = "/api/openapi.json"
OPENAPI_TYPE = "application/vnd.oai.openapi+json"
REFERENCE = "#/components/schemas/{name}"
BODIES = (
    AppRequest,
    BacktestRequest,
    BatchRequest,
    Call,
    CardPreviewRequest,
    Copy,
    Details,
    Device,
    DeviceToken,
    Ids,
    Interactions,
    KeyRequest,
    OperatorRequest,
    People,
    PreviewRequest,
    SyncRequest,
    Tap,
    TestRequest,
    TrackRequest,
    Workspace,
)
"""Records of requests, beside the definitions."""
PROBLEM = {"$ref": "#/components/responses/Problem"}


def publish(handlers: Sequence[ControllerRouterHandler]) -> HTTPRouteHandler:
    """Return the handler that serves the document of these handlers and of itself."""

    @cache
    def text() -> bytes:
        return msgspec.json.encode(document([*handlers, read_openapi]))

    @get(PATH, media_type=OPENAPI_TYPE, sync_to_thread=True, operation_id="read_openapi")
    def read_openapi() -> Response[bytes]:
        """Read this document."""
        return Response(text(), media_type=OPENAPI_TYPE)

    return read_openapi


def document(handlers: Sequence[ControllerRouterHandler]) -> Schema:
    """Return the OpenAPI document of handlers."""
    config = OpenAPIConfig(
        title="Ensue",
        version=version("ensue"),
        summary="Follow-on campaigns: track what people do, and manage campaigns, cards, segments and users.",
        description="Errors are problem details (RFC 9457). " + HOW,
        use_handler_docstrings=True,
    )
    dependencies = {name: Provide(lambda: None, sync_to_thread=False) for name in ("site", "document")}
    app = Litestar(handlers, dependencies=dependencies, openapi_config=config, logging_config=None)
    found = cast("dict[str, dict[str, dict[str, Schema]]]", app.openapi_schema.to_schema())
    paths = found["paths"]
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path_format in paths:
            for method, (handler, _) in route.route_handler_map.items():
                if method.lower() in paths[route.path_format]:
                    _complete(paths[route.path_format][method.lower()], handler)
    found["components"] = _components(found["components"])
    return cast("Schema", found)


def _complete(operation: Schema, handler: HTTPRouteHandler) -> None:
    """Add to an operation what the web framework does not know."""
    responses = cast("Schema", operation["responses"])
    responses.pop("400", None)  # the framework's own form of error, which is not used
    responses["default"] = PROBLEM
    if "scope" in handler.opt:
        operation["security"] = [{SCHEME: handler.opt["scope"].split()}]
    if "accepts" in handler.opt:
        body = {"$ref": REFERENCE.format(name=handler.opt["accepts"])}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}


def _components(found: dict[str, dict[str, Schema]]) -> dict[str, dict[str, Schema]]:
    problem: Schema = {
        "description": "What went wrong, where, and how to mend it",
        "content": {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(name="Details")}}},
    }
    return {
        "schemas": {**found.get("schemas", {}), **dict(_schemas())},
        "responses": {"Problem": problem},
        "securitySchemes": {SCHEME: {"type": "http", "scheme": "bearer", "description": HOW}},
    }


def _schemas() -> Iterator[tuple[str, Schema]]:
    """Yield the schemas of what requests hold, by name."""
    for kind in KINDS:
        yield from cast("dict[str, Schema]", _moved(schema(kind)["$defs"])).items()
    yield from msgspec.json.schema_components(BODIES, ref_template=REFERENCE)[1].items()
    yield "Document", _any_of("Campaign", "Card", "Segment", "Scenario")
    items = {"type": "array", "minItems": 1, "items": _any_of("Campaign", "Card", "Segment")}
    expected = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
    properties = {"definitions": items, "expected": expected, "dry_run": {"type": "boolean", "default": False}}
    yield "Definitions", {"type": "object", "required": ["definitions"], "properties": properties}


def _any_of(*names: str) -> Schema:
    """Return the schema of a document that says its kind."""
    return {"anyOf": [{"$ref": REFERENCE.format(name=name), "required": ["kind"]} for name in names]}


def _moved(data: object) -> object:
    """Return schemas whose references lead to where OpenAPI keeps them."""
    match data:
        case dict():
            return {key: _moved(value) for key, value in data.items()}
        case list():
            return [_moved(value) for value in data]
        case str() if data.startswith("#/$defs/"):
            return REFERENCE.format(name=data.removeprefix("#/$defs/"))
        case _:
            return data
