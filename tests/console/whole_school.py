"""A school in which everything happens that a page can show, and the address of every page at each moment of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from notifier.console.route import Flag, Route
from notifier.console.routes import ROUTES
from notifier.interfaces import Ending
from notifier.model.rights import Right
from notifier.testing.schools import bend, small_school
from tests.console.board_school import DESK_PERSON, jam, need_help, press, until
from tests.console.browser import ADMIN, OnlineSchool

NO_PAGE = {
    "/authority.crt": "a file",
    "/people/export": "a file",
    "/sign-in/provider": "leaves for the provider",
    "/sign-in/provider/back": "comes back from the provider",
    "/press/state": "JSON",
    "/press/worker": "a script",
    "/now": "a piece of a page",
    "/system/load": "a piece of a page",
    "/people/reach": "a piece of a page",
    "/readiness/now": "a piece of a page",
    "/drills/{incident}/now": "a piece of a page",
    "/board/{incident}/patch": "pieces of a page",
    "/board/{incident}/speak/now": "a piece of a page",
}
PAGES: Mapping[str, Route] = {
    route.path: route
    for route in ROUTES
    if route.method == "GET" and Flag.PAGE in route.flags and route.path not in NO_PAGE
}
"""Every page of the route table, by its path."""
MORE = {
    "/press/confirm": "?action=lockdown",
    "/drill/press/confirm": "?action=lockdown",
    "/drills/plan": "?playbook=lockdown&zone=north&note=",
    "/site/light": "?signal=strobe-north",
    "/board/wall": "?i={incident}",
    "/board/{incident}/give": "?task={task}",
    "/board/{incident}/finish": "?task={task}",
    "/board/{incident}/door": "?door=d7",
    "/press/started": "?i={incident}",
    "/press/mistake": "?i={incident}",
    "/drill/press/started": "?i={incident}",
}
"""What a page wants to be told in its address."""


def whole_files() -> dict[str, bytes]:
    """The small school, whose lockdown asks at once whether guardians are told; publishing takes two there."""
    files = bend(small_school(), "playbooks/lockdown.yaml", ("    delay: 5m\n", ""))
    return {**files, "site.yaml": files["site.yaml"] + b"\ntwo_people: {publish: true}\n"}


KIM = replace(DESK_PERSON, id="account:kim", person="kim", name="Kim Park")


async def publish_by_two(school: OnlineSchool, files: Mapping[str, bytes], why: str) -> None:
    """As the rule of `whole_files` wants it."""
    proposal = (await school.daemon.commands.publish(files, why, KIM)).approval
    assert proposal is not None
    await school.daemon.commands.decide(proposal, DESK_PERSON, True)


@dataclass
class Moment:
    """What the school has just now."""

    name: str
    has: dict[str, str] = field(default_factory=dict)
    """The parts of addresses (incident, task, person …); or a path, and its whole address."""
    only: frozenset[str] = frozenset()
    """Paths to open; empty: every one whose address can be written."""
    but: frozenset[str] = frozenset()

    def addresses(self) -> dict[str, str]:
        """Path to address."""
        found = {}
        for path in PAGES:
            whole = path + MORE.get(path, "")
            if path in self.has:
                found[path] = self.has[path]
            elif path in self.but or (self.only and path not in self.only):
                continue
            elif all(one in self.has for one in re.findall(r"{(\w+)}", whole)):
                found[path] = whole.format(**self.has)
        return found


def public(path: str) -> bool:
    return PAGES[path].right is Right.PUBLIC


async def nobody_yet(school: OnlineSchool) -> Moment:
    token = await school.daemon.entrance.links.first_setup()
    return Moment("new", {"/setup/{token}": f"/setup/{token}"}, frozenset({"/setup/{token}"}))


async def at_rest(school: OnlineSchool) -> Moment:
    accounts, links = school.daemon.accounts, school.daemon.entrance.links
    lee = (await accounts.add_user("Lee Moss", ["commander"], [], None, "lee", ADMIN))[0]
    has = {"account": lee, "person": "ada", "playbook": "lockdown", "version": "1", "step": "rooms"}
    has["/welcome/{token}"] = f"/welcome/{await links.welcome(lee, 'Root')}"
    has["/enrol/{token}"] = f"/enrol/{await accounts.enrol_kiosk('Screen', 'front-office', ADMIN)}"
    other = bend(whole_files(), "playbooks/lockdown.yaml", ("title: Lockdown", "title: Lock the doors"))
    has["proposal"] = str((await school.daemon.commands.publish(other, "A plainer title", KIM)).approval)
    card = dict(school.daemon.views.room_cards())["items"][0]
    has["/r/{token}"] = f"/r/{card['link'].rpartition('/r/')[2]}"
    return Moment("rest", has)


async def drilling(school: OnlineSchool) -> Moment:
    """A drill runs, and somebody in it says that they need help."""
    incident = await press(school, drill=True, key="d1")
    await need_help(school, incident)
    has = {"incident": incident, "task": f"help:{incident}:ben", "ending": "stop_drill"}
    has |= {"/r/{token}": await answer_link(school, incident)}
    paths = {path for path in PAGES if "{incident}" in path or "drill" in path or path in MORE}
    return Moment("drill", has, frozenset({*paths, "/board", "/"}))


async def locked_down(school: OnlineSchool) -> Moment:
    """A door does not lock, a room needs help, guardians wait for a word, one person asked for the end."""
    jam(school)
    incident = await press(school)
    await need_help(school, incident)
    picture = lambda: school.daemon.views.incident(incident)  # noqa: E731 asked anew each time
    await until(school, lambda: picture()["doors"]["not_secured"] == 1)
    await until(school, lambda: any(step["id"] == "guardians" for step in waiting(picture())))
    await school.daemon.commands.end(incident, Ending.ALL_CLEAR, KIM, "Building walked with police.")
    has = {"incident": incident, "task": f"help:{incident}:ben", "ending": "all_clear", "step": "guardians",
           "approval": str(picture()["approvals"][0]["id"])}  # fmt: skip
    has["/r/{token}"] = await answer_link(school, incident)
    return Moment("live", has, but=frozenset({"/drills/{incident}", "/first-hour/{step}"}))


def waiting(picture: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [step for step in picture["steps"] if step["state"] == "waiting"]


async def answer_link(school: OnlineSchool, incident: str) -> str:
    """The path of Ada's answer page."""
    code, campus = school.daemon.views.incident(incident)["code"], school.daemon.campus
    assert campus is not None

    def links() -> list[str]:
        every = [one for push in campus.push.values() for one in push.published]
        return [one.click for one in every if "ada" in one.topic and one.click and code in one.click + one.message]

    await until(school, links)
    return f"/r/{links()[0].rpartition('/r/')[2]}"
