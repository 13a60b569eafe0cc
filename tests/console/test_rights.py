"""Rights, cell by cell: every route against every role, and against nobody."""

from pathlib import Path
from typing import Any

import pytest

from notifier.console.route import Flag, Route, RouteTable
from notifier.console.routes import ROUTES
from notifier.model.rights import ROLES, Right
from tests.console.page_rights import PAGES
from tests.console.school import INCIDENT, LINK, School, open_school

EVERYBODY = {*ROLES, "nobody"}
WHO_MAY: dict[Right, set[str]] = {
    Right.PRESS: {"staff", "operator", "commander", "administrator", "press"},
    Right.DRILL: {"operator", "commander", "administrator", "drill"},
    Right.VIEW: {"staff", "responder", "operator", "commander", "administrator", "technician", "view"},
    Right.OPERATE: {"operator", "commander", "administrator"},
    Right.RESPOND: {"responder", "commander"},
    Right.COMMAND: {"commander"},
    Right.PUBLISH: {"administrator"},
    Right.TECHNICIAN: {"technician"},
    Right.ADMINISTER: {"administrator"},
    Right.OWN_ACCOUNT: {"staff", "responder", "operator", "commander", "administrator", "technician"},
}
"""Written by hand on purpose: the roles of the model are what is being tested."""

TABLE: dict[str, set[str]] = {
    "POST /press/{secret}": EVERYBODY,
    "GET /press/{secret}": EVERYBODY,
    "POST /api/v1/activations": WHO_MAY[Right.PRESS],
    "POST /api/v1/drills": WHO_MAY[Right.DRILL],
    "POST /api/v1/activations/{activation}/late": WHO_MAY[Right.OPERATE],
    "POST /api/v1/activations/{activation}/verify": WHO_MAY[Right.OPERATE],
    "GET /api/v1/drills/calendar": WHO_MAY[Right.VIEW],
    "POST /api/v1/me/push": WHO_MAY[Right.OWN_ACCOUNT] | WHO_MAY[Right.VIEW] | WHO_MAY[Right.RESPOND],
    "POST /r/{token}/push": EVERYBODY,
    "GET /api/v1/incidents": WHO_MAY[Right.VIEW],
    "GET /api/v1/incidents/{incident}": WHO_MAY[Right.VIEW],
    "GET /api/v1/incidents/{incident}/timeline": WHO_MAY[Right.VIEW],
    "GET /api/v1/incidents/{incident}/deliveries": WHO_MAY[Right.VIEW],
    "GET /api/v1/incidents/{incident}/doors": WHO_MAY[Right.VIEW],
    "GET /api/v1/incidents/{incident}/people": WHO_MAY[Right.VIEW],
    "GET /api/v1/incidents/{incident}/rooms": WHO_MAY[Right.VIEW],
    "GET /api/v1/incidents/{incident}/events": WHO_MAY[Right.VIEW],
    "GET /api/v1/events": WHO_MAY[Right.VIEW],
    "GET /api/v1/timeline": WHO_MAY[Right.VIEW],
    "POST /api/v1/incidents/{incident}/hold-outside": WHO_MAY[Right.OPERATE],
    "POST /api/v1/incidents/{incident}/resume-outside": WHO_MAY[Right.OPERATE],
    "POST /api/v1/incidents/{incident}/release": WHO_MAY[Right.OPERATE],
    "POST /api/v1/incidents/{incident}/all-clear": WHO_MAY[Right.COMMAND],
    "POST /api/v1/incidents/{incident}/recall": WHO_MAY[Right.COMMAND],
    "POST /api/v1/incidents/{incident}/mistake": WHO_MAY[Right.COMMAND],
    "POST /api/v1/incidents/{incident}/mistake/claim": WHO_MAY[Right.PRESS],
    "POST /api/v1/incidents/{incident}/stop-drill": WHO_MAY[Right.DRILL],
    "POST /api/v1/approvals/{approval}": WHO_MAY[Right.COMMAND] | WHO_MAY[Right.OPERATE] | WHO_MAY[Right.PUBLISH],
    "GET /api/v1/proposals": WHO_MAY[Right.PUBLISH],
    "GET /api/v1/proposals/{proposal}": WHO_MAY[Right.PUBLISH],
    "POST /api/v1/incidents/{incident}/911": WHO_MAY[Right.PRESS] | WHO_MAY[Right.RESPOND],
    "POST /api/v1/incidents/{incident}/command": WHO_MAY[Right.COMMAND],
    "POST /api/v1/incidents/{incident}/messages": WHO_MAY[Right.OPERATE],
    "POST /api/v1/incidents/{incident}/notes": WHO_MAY[Right.OPERATE],
    "POST /api/v1/incidents/{incident}/page": WHO_MAY[Right.OPERATE],
    "POST /api/v1/incidents/{incident}/page/audio": WHO_MAY[Right.OPERATE],
    "POST /api/v1/incidents/{incident}/speakers/{speaker}/heard": WHO_MAY[Right.OPERATE] | WHO_MAY[Right.RESPOND],
    "POST /api/v1/incidents/{incident}/doors/{door}/open": WHO_MAY[Right.RESPOND],
    "POST /api/v1/incidents/{incident}/doors/{door}/confirm": WHO_MAY[Right.OPERATE] | WHO_MAY[Right.RESPOND],
    "POST /api/v1/incidents/{incident}/steps/{step}/approve": WHO_MAY[Right.OPERATE],
    "POST /api/v1/incidents/{incident}/steps/{step}/refuse": WHO_MAY[Right.OPERATE],
    "POST /api/v1/incidents/{incident}/people/{person}/answer": WHO_MAY[Right.OPERATE],
    "POST /api/v1/tasks/{task}": WHO_MAY[Right.OPERATE] | WHO_MAY[Right.RESPOND],
    "POST /api/v1/zones/{zone}/walk-test": WHO_MAY[Right.OPERATE] | WHO_MAY[Right.RESPOND] | WHO_MAY[Right.TECHNICIAN],
    "POST /api/v1/troubles/{trouble}/acknowledge": WHO_MAY[Right.TECHNICIAN] | WHO_MAY[Right.OPERATE],
    **{
        f"GET /api/v1/{what}": WHO_MAY[Right.VIEW]
        for what in (
            "doors", "speakers", "signals", "cameras", "buttons", "channels", "troubles", "readiness", "playbooks",
            "contacts", "approvals", "tasks", "publications",
        )
    },
    "GET /api/v1/cameras/{camera}/still": WHO_MAY[Right.TECHNICIAN],
    "GET /api/v1/playbooks/{playbook}/plan": WHO_MAY[Right.VIEW],
    "POST /api/v1/publications": WHO_MAY[Right.PUBLISH],
    "GET /api/v1/publications/{version}": WHO_MAY[Right.PUBLISH],
    "GET /api/v1/accounts": WHO_MAY[Right.ADMINISTER],
    "POST /api/v1/accounts": WHO_MAY[Right.ADMINISTER],
    "DELETE /api/v1/accounts/{account}": WHO_MAY[Right.ADMINISTER],
    "POST /api/v1/buttons/{button}/enrol": WHO_MAY[Right.ADMINISTER] | WHO_MAY[Right.TECHNICIAN],
    "DELETE /api/v1/buttons/{button}": WHO_MAY[Right.ADMINISTER],
    "POST /api/v1/buttons/{button}/kiosks": WHO_MAY[Right.ADMINISTER] | WHO_MAY[Right.TECHNICIAN],
    **{
        f"POST /api/v1/{what}/try": WHO_MAY[Right.TECHNICIAN]
        for what in ("doors/{door}", "signals/{signal}", "channels/{sender}", "speakers/{speaker}", "cameras/{camera}")
    },
    **{
        f"POST /api/v1/accounts/{{account}}/{what}": WHO_MAY[Right.ADMINISTER]
        for what in ("roles", "disable", "enable", "invite", "reset")
    },
    "GET /api/v1/audit": WHO_MAY[Right.ADMINISTER],
    "GET /r/{token}": EVERYBODY,
    "POST /r/{token}": EVERYBODY,
    "GET /webhooks/{channel}/{name}": EVERYBODY,
    "POST /webhooks/{channel}/{name}": EVERYBODY,
    "POST /hooks/{name}": EVERYBODY,
    "GET /healthz": EVERYBODY,
    "GET /readyz": EVERYBODY,
    "GET /metrics": WHO_MAY[Right.VIEW],
    "GET /api/v1/rooms/cards": WHO_MAY[Right.TECHNICIAN] | WHO_MAY[Right.ADMINISTER],
    "GET /api/v1/incidents/{incident}/replay": WHO_MAY[Right.TECHNICIAN]
    | WHO_MAY[Right.ADMINISTER]
    | WHO_MAY[Right.COMMAND],
    "GET /api/v1/log/verify": WHO_MAY[Right.TECHNICIAN] | WHO_MAY[Right.ADMINISTER],
    "POST /api/v1/backup": WHO_MAY[Right.TECHNICIAN],
    "GET /api/v1/openapi.json": EVERYBODY,
    "GET /api/docs": EVERYBODY,
    "GET /static/{name}": EVERYBODY,
    **{route: EVERYBODY if right == "public" else set().union(*(WHO_MAY[Right(one)] for one in right.split(" or ")))
       for route, right in PAGES.items()},
}  # fmt: skip

BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/drills": {"playbook": "lockdown"},
    "/late": {"fire": False},
    "/approvals/{approval}": {"grant": True},
    "/911": {"word": "tell", "who": "911"},
    "/messages": {"to": ["all"], "text": "x"},
    "/notes": {"text": "x"},
    "/verify": {"word": "veto"},
    "/page": {"text": "x"},
    "/heard": {"heard": True},
    "/walk-test": {"heard": True},
    "/confirm": {"secured": True},
    "/people/{person}/answer": {"answer": "safe"},
    "/tasks/{task}": {"word": "take"},
    "/publications": {"files": {}},
    "/api/v1/accounts": {"name": "Ann", "roles": ["view"]},
    "/accounts/{account}/roles": {"roles": ["view"]},
    "/kiosks": {"name": "Desk"},
}
NAMES = {"incident": INCIDENT, "button": "office", "token": LINK, "name": "answer.css", "version": "newest"}


def test_the_table_has_a_line_for_every_route() -> None:
    assert set(TABLE) == {f"{route.method} {route.path}" for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_a_route_is_open_to_exactly_the_roles_that_may(tmp_path: Path, route: Route) -> None:
    async with open_school(tmp_path) as school:
        headers = {role: await school.token(role) for role in ROLES} | {"nobody": {}}
        for role, may in ((role, role in TABLE[f"{route.method} {route.path}"]) for role in headers):
            status = await knock(school, route, headers[role])
            page = Flag.PAGE in route.flags and route.method == "GET"
            refused = 403 if role != "nobody" else TO_SIGN_IN if page else 401
            assert (status == refused) == (not may), f"{role} got {status}"
            assert may or not school.engine.said, f"{role} was refused after the deed"
            school.engine.said.clear()


TO_SIGN_IN = 1303
"""Our own number for a redirect that leads to the sign-in page and nowhere else."""


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_rights_at_another_site_open_no_route_here(tmp_path: Path, route: Route) -> None:
    everybodys = TABLE[f"{route.method} {route.path}"] == EVERYBODY
    async with open_school(tmp_path) as school:
        for role in ROLES:
            status = await knock(school, route, await school.token(role, sites=["otherwood"]))
            assert (status == 403) == (not everybodys), f"{role} got {status}"
        assert everybodys or not school.engine.said


async def knock(school: School, route: Route, headers: dict[str, str]) -> int:
    path = route.path.format(**{name: NAMES.get(name, "x1") for name in route.names})
    body = next((body for end, body in BODIES.items() if route.path.endswith(end)), {})
    form = Flag.PAGE in route.flags or path.startswith(("/webhooks", "/hooks"))
    sent = {"json": body} if route.method == "POST" and not form else {}
    if form:
        headers = {**headers, "Sec-Fetch-Site": "same-origin"}  # as a page of ours sends it
    if Flag.STREAM in route.flags:
        async with school.http.request(route.method, school.url + path, headers=headers) as response:
            return response.status  # the stream itself stays open
    status, _, response = await school.ask(route.method, path, headers, allow_redirects=False, **sent)
    return TO_SIGN_IN if response.headers.get("Location", "").startswith("/sign-in?next=") else status


async def test_rights_at_another_site_open_nothing_here(school: School) -> None:
    elsewhere = await school.token("commander", sites=["otherwood"])
    here = await school.token("commander", sites=["maplewood"])
    assert (await school.ask("GET", "/api/v1/incidents", elsewhere))[0] == 403
    assert (await school.ask("GET", "/api/v1/incidents", here))[0] == 200


async def nothing(_call: Any) -> None: ...


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"right": None}, "names no right"),
        ({"right": "view"}, "names no right"),
        ({"summary": "no sentence"}, "sentence"),
        ({"method": "BREW"}, "no method"),
        ({"body": School, "method": "POST"}, "without a limit"),
    ],
)
def test_a_route_that_says_too_little_cannot_be_mounted(wrong: dict[str, Any], complaint: str) -> None:
    said = {"method": "GET", "path": "/x", "right": Right.VIEW, "summary": "See it.", "handler": nothing}
    RouteTable([Route(**said)])
    with pytest.raises(ValueError, match=complaint):
        RouteTable([Route(**{**said, **wrong})])


def test_a_route_stands_in_the_table_once() -> None:
    route = Route(method="GET", path="/x", right=Right.VIEW, summary="See it.", handler=nothing)
    with pytest.raises(ValueError, match="twice"):
        RouteTable([route, route])
