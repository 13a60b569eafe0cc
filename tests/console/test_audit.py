"""The audit: every start, edit and deed with who, what, when and from where, beside what access writes by itself."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from notifier.model.events import EventKind
from tests.console.board_school import need_help
from tests.console.browser import Browser, school_online
from tests.console.school import INCIDENT, School, open_school


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    async with open_school(tmp_path) as opened:
        yield opened


def deeds(school: School) -> list[Mapping[str, Any]]:
    return [fact.data for fact in school.ledger.facts if fact.kind is EventKind.ACTED]


async def test_a_press_an_edit_and_an_ending_are_written_down_with_who_what_and_from_where(school: School) -> None:
    operator, writer = await school.cookie("commander"), await school.cookie("administrator", person="bo")
    await school.ask("POST", f"/api/v1/incidents/{INCIDENT}/all-clear", operator, json={"reason": "Walked."})
    await school.ask("POST", "/api/v1/activations", operator, json={"playbook": "lockdown"})
    await school.ask("POST", "/api/v1/accounts", writer, json={"name": "Cy", "roles": ["staff"]})
    await school.ask("POST", await school.button())
    said = [(one["by"].partition(":")[0], one["what"], one["from"]) for one in deeds(school)]
    assert said == [
        ("account", f"POST /api/v1/incidents/{INCIDENT}/all-clear", "127.0.0.1"),
        ("account", "POST /api/v1/activations", "127.0.0.1"),
        ("account", "POST /api/v1/accounts", "127.0.0.1"),
        ("button", "POST /press/{secret}", "127.0.0.1"),
    ], "and no secret of a button is in it"
    assert deeds(school)[1]["says"] == "Start a live incident, or join the open one. Never a drill."


async def test_what_was_refused_or_only_looked_at_is_no_deed(school: School) -> None:
    operator = await school.cookie("operator")
    await school.ask("POST", f"/api/v1/incidents/{INCIDENT}/notes", operator, json={"words": 1})
    await school.ask("POST", "/api/v1/publications", operator, json={})
    await school.ask("GET", "/api/v1/incidents", operator)
    await school.ask("POST", "/press/no-such-secret-at-all-anywhere")
    await school.ask("POST", "/r/Lk0123456789abcdef", data={"answer": "safe"})
    assert deeds(school) == []


async def test_a_deed_stands_in_the_audit_and_in_nobody_elses_timeline(tmp_path: Path, browser: Browser) -> None:
    async with school_online(tmp_path) as school, browser.page(school, kiosk="front-office") as page:
        await page.goto(f"{school.url}/press/confirm?action=lockdown")
        await page.locator("#start[data-awake]").wait_for()
        await page.get_by_role("button", name="Start LOCKDOWN").click()
        await page.wait_for_url("**/press/started?*")
        incident = school.daemon.views.incidents(open_only=True, limit=1, after=None)["items"][0]["id"]
        await need_help(school, incident)
        async with browser.page(school, rights="administrator") as desk:
            await desk.goto(f"{school.url}/audit")
            start = desk.get_by_role("row").filter(has_text="Start it, live.")
            while not await start.count():
                await asyncio.sleep(0)
                await desk.reload()
            assert "Screen at front-office" in await start.inner_text()
            assert "127.0.0.1" in await start.inner_text()
            began = await desk.get_by_role("row").filter(has_text="An incident began").inner_text()
            assert "lockdown" in began
            assert "Front office" in began
        for one in (incident, None):
            items = school.daemon.views.timeline(one, limit=200, after=None)["items"]
            assert "acted" not in {item["kind"] for item in items}


async def test_a_draft_that_is_typed_is_one_line_a_minute_and_a_refused_form_none(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        token = await school.token("administrator", person="bo")
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            refused = await http.post(f"{school.url}/drills/start", data={"playbook": "no-such-playbook"})
            assert refused.status == 422
            for word in ("a", "b", "c"):
                answer = await http.post(f"{school.url}/playbooks/lockdown/check", data={"text": f"# {word}"})
                assert answer.status == 200
        audit = school.daemon.entrance.desk.audit(50, None)["items"]
        assert [one["data"]["what"] for one in audit if one["kind"] == "acted"] == ["POST /playbooks/lockdown/check"]
