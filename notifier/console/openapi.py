"""The route table as OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from notifier.console import models
from notifier.console.route import SEGMENT, Flag, Route
from notifier.model.rights import Right

VERSION = "1"
REFS = "#/components/schemas/{model}"


def openapi(routes: Sequence[Route]) -> dict[str, Any]:
    """An OpenAPI 3.1.0 document of exactly these routes."""
    described = {model for route in routes for model in (route.body, route.reply) if model} | {models.Problem}
    ordered = sorted(described, key=lambda model: model.__name__)
    _, definitions = models_json_schema([(model, "validation") for model in ordered], ref_template=REFS)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "notifier",
            "version": VERSION,
            "description": "Mass notification and lockdown orchestration. `done` and `recorded` say what is checked.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    words = [piece for piece in route.path.replace("{", "").replace("}", "").split("/") if piece]
    operation: dict[str, Any] = {
        "operationId": "_".join([route.method.lower(), *words]).replace("-", "_").replace(".", "_"),
        "summary": route.summary,
        "x-right": route.rights,
        "responses": _responses(route),
    }
    if route.right is not Right.PUBLIC:
        operation["security"] = [{"bearer": []}]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{SEGMENT.pattern}$"}}
        for name in route.names
    ] + [_query_parameter(name, schema) for name, schema in _query_of(route).items()]
    if Flag.STREAM in route.flags:
        parameters.append({"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}})
    if route.reply is models.PressedReply and route.method == "POST":
        parameters.append({"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}})
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {
            "required": False,
            "content": {"application/json": {"schema": _ref(route.body)}},
            "x-most-bytes": route.limit,
        }
    if Flag.RAW in route.flags:
        binary = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(("audio/wav", "audio/basic"), binary),
            "x-most-bytes": route.limit,
        }
    return operation


def _responses(route: Route) -> dict[str, Any]:
    anything: dict[str, Any] = {} if route.media == "application/json" else {"type": "string"}
    content = {route.media: {"schema": _ref(route.reply) if route.reply else anything}}
    responses: dict[str, Any] = {str(route.status): {"description": "As asked.", "content": content}}
    if route.reply is models.OutcomeReply:
        responses["202"] = {"description": "It waits for a second person.", "content": content}
    wrong: dict[str, Any] = {"application/problem+json": {"schema": _ref(models.Problem)}}
    if Flag.PAGE in route.flags:
        wrong["text/html"] = {"schema": {"type": "string"}}
        responses["303"] = {"description": "The page to go to: where it is shown, or where to sign in."}
    responses["default"] = {"description": "What is wrong, where, and what to do.", "content": wrong}
    return responses


def _query_of(route: Route) -> Mapping[str, Any]:
    return {} if Flag.LENIENT in route.flags else dict(route.query.model_json_schema().get("properties", {}))


def _query_parameter(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": dict(schema)}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFS.format(model=model.__name__)}


def fields_of(route: Route) -> list[str]:
    """What may be sent: query parameters with a question mark, then the fields of the body."""
    return [f"?{name}" for name in _query_of(route)] + (list(route.body.model_fields) if route.body else [])
