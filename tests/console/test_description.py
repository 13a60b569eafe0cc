"""What describes the API is drawn from the table, and says exactly what is mounted."""

import re
from pathlib import Path

from notifier.console.openapi import openapi
from notifier.console.reference import reference
from notifier.console.routes import ROUTES
from notifier.model.rights import Right
from tests.console.school import School

REFERENCE = Path(__file__).resolve().parents[2] / "docs/reference/http_api.md"


async def test_openapi_lists_exactly_the_mounted_routes_and_their_rights(school: School) -> None:
    _, document, _ = await school.ask("GET", "/api/v1/openapi.json")
    listed = {
        (method.upper(), path): operation["x-right"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert listed == {(route.method, route.path): route.rights for route in ROUTES}
    assert document["openapi"].startswith("3.1.")


def test_every_reference_in_openapi_leads_somewhere_and_names_are_unique() -> None:
    document = openapi(ROUTES)
    refs = set(re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(document)))
    assert refs
    assert refs <= set(document["components"]["schemas"])
    operations = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(operations) == len(set(operations))


def test_openapi_asks_for_a_token_where_a_right_is_needed() -> None:
    document = openapi(ROUTES)
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        assert ("security" in operation) == (route.right is not Right.PUBLIC)
        named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
        assert named == set(route.names)


async def test_the_readable_page_names_every_route_and_no_other_host(school: School) -> None:
    _, page, _ = await school.ask("GET", "/api/docs")
    for route in ROUTES:
        assert f"<code>{route.method} {route.path}</code>" in page
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    assert "<script" not in page
    assert (await school.ask("GET", "/static/docs.css"))[0] == 200


def test_the_reference_in_the_docs_is_drawn_from_the_table() -> None:
    assert REFERENCE.read_text() == reference(ROUTES), (
        "type: python -m notifier.console.reference > docs/reference/http_api.md"
    )
