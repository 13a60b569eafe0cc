"""Somebody is forced to approve the end: page by page and answer by answer it looks as if it had been done."""

import asyncio
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from notifier.console.callers import SESSION_COOKIE
from notifier.interfaces import Ending
from notifier.model.rights import Caller, Right
from notifier.testing.schools import bend, small_school
from tests.console.board_school import press, until
from tests.console.browser import OnlineSchool, school_online

KIM = Caller("account:kim", "Kim Park", "kim", frozenset(Right))
PAGES = (
    "/board/{i}", "/board/{i}/patch?v=", "/board/{i}/needs", "/board/{i}/rooms", "/board/{i}/release", "/board/{i}/end",
    "/board/{i}/deliveries", "/board/{i}/timeline", "/board/{i}/approval/{a}", "/board/{i}/message", "/incidents",
    "/api/v1/incidents/{i}", "/api/v1/incidents", "/api/v1/incidents/{i}/rooms", "/api/v1/incidents/{i}/deliveries",
    "/api/v1/approvals", "/api/v1/tasks",
)  # fmt: skip
MOMENTS = (
    (r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)", "WALL"), (r"\b\d\d:\d\d:\d\d\b", "CLOCK"),
    (r"\b\d\d:\d\d\b", "MINUTE"), (r"v=[0-9a-f]+", "VERSION"), (r"e-node\d*-\d+|e-[\w.-]+-\d+", "EVENT"),
    (r"\b\d+\.\d{3,}\b", "TIME"),
    (r"\d+ packets, worst gap \d+ ms|\"packets\": \d+, \"worst_gap_ms\": [\d.]+", "PACKETS"),
    (r"<li[^<]*<span.*(?:Steps over|what became of them is known).*\n", ""),
)  # fmt: skip
"""What differs between any two runs: moments, ids, and what messages and steps do by themselves."""


class Seen:
    """What the person who decides is shown, from their answer on."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str, str]] = []
        self.pages: dict[str, str] = {}
        self.commits: list[int] = []
        self.state = ""


async def decided(folder: Path, *, forced: bool, by_api: bool) -> Seen:
    seen = Seen()
    async with school_online(folder, quiet_files()) as school, aiohttp.ClientSession() as http:
        cookie = await school.session("commander", name="Ada Abara", person="ada")
        await codes(school)
        incident = await press(school, key="same")
        await settled(school, incident)
        asked = await school.daemon.commands.end(incident, Ending.ALL_CLEAR, KIM, "Building walked with police.")
        headers = {"Cookie": f"{SESSION_COOKIE}={cookie}", "Sec-Fetch-Site": "same-origin"}
        names = {"i": incident, "a": str(asked.approval)}

        async def ask(method: str, path: str, **more: Any) -> tuple[int, str, str]:
            async with http.request(method, school.url + path.format(**names), headers=headers, **more) as answer:
                text = plain(await answer.text(), school, names)
                kept = sorted(name for name in answer.headers if name not in {"Date", "Content-Length"})
                return answer.status, text, " ".join(kept)

        code, before = "999333" if forced else "123456", decisions(school)
        if by_api:
            grant = {"grant": True, "code": code}
            seen.answers.append(await ask("POST", "/api/v1/approvals/{a}", json=grant))
        else:
            form = {"grant": "yes", "own_code": code}
            seen.answers.append(await ask("POST", "/board/{i}/approval/{a}", data=form))
        seen.commits.append(decisions(school) - before)
        for path in PAGES:
            seen.pages[path] = (await ask("GET", path))[1]
        rooms = ["r1", "r2"]
        seen.answers.append(await ask("POST", "/api/v1/incidents/{i}/release", json={"rooms": rooms}))
        seen.pages["/board/{i} after"] = (await ask("GET", "/board/{i}"))[1]
        seen.state = school.daemon.views.incident(incident)["state"]
    return seen


def quiet_files() -> dict[str, bytes]:
    """A lockdown in which nothing happens by itself for ten minutes once all is told."""
    swaps = (("times: 2", "times: 1"), ("again_every: 2m", "again_every: 20m"), ("wait: 60s", "wait: 10m"))
    return bend(small_school(), "playbooks/lockdown.yaml", *swaps, ("delay: 5m", "delay: 30m"))


def decisions(school: OnlineSchool) -> int:
    """What the record shows of questions and answers: an answer is one more, whichever it is."""
    items = school.daemon.views.timeline(None, limit=5000, after=None)["items"]
    return len([one for one in items if one["kind"] in {"approval_decided", "approval_asked"}])


async def settled(school: OnlineSchool, incident: str) -> None:
    """Every door is read back and every message has left, so that nothing moves by itself any more."""

    def still() -> bool:
        picture = school.daemon.views.incident(incident)
        states = {state for each in picture["deliveries"].values() for state in each}
        said = [page["state"] for page in picture["pages"]]
        return (
            picture["doors"]["secured"] == picture["doors"]["commanded"] > 0
            and not states & {"queued", "sending"}
            and "sent" not in picture["deliveries"]["sms"]  # their receipts have come too
            and said == ["sent"]
        )

    await until(school, still)


async def codes(school: OnlineSchool) -> None:
    """Ada has set both codes, as on the account page."""
    entrance = school.daemon.entrance
    for row in school.daemon.accounts.listing():
        for session in entrance.sessions.open_of(str(row["id"]).removeprefix("account:")):
            account = school.daemon.accounts.account(session.account)
            if account is not None and account.person == "ada":
                await entrance.own.set_codes(session, "123456", "999333")


def plain(text: str, school: OnlineSchool, names: dict[str, str]) -> str:
    """Without what differs between any two runs."""
    own = {school.url: "URL", names["i"]: "INCIDENT", names["a"]: "APPROVAL"}
    own[school.daemon.views.incident(names["i"])["code"]] = "CODE"
    for value, word in own.items():
        text = text.replace(value, word)
    for pattern, word in MOMENTS:
        text = re.sub(pattern, word, text)
    return text


async def test_the_audit_of_who_was_forced_says_that_it_was_decided_and_the_record_is_busy(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, aiohttp.ClientSession() as http:
        sessions = {
            name: await school.session("commander", "administrator", name=name, person=name) for name in ("ada", "kim")
        }
        await codes(school)
        incident = await press(school)
        asked = await school.daemon.commands.end(incident, Ending.ALL_CLEAR, KIM, "Building walked with police.")

        async def ask(name: str, method: str, path: str, **more: Any) -> tuple[int, Any]:
            headers = {"Cookie": f"{SESSION_COOKIE}={sessions[name]}", "Sec-Fetch-Site": "same-origin"}
            async with http.request(method, school.url + path, headers=headers, **more) as answer:
                return answer.status, await answer.json() if "json" in answer.content_type else await answer.text()

        grant = {"grant": True, "code": "999333"}
        assert (await ask("ada", "POST", f"/api/v1/approvals/{asked.approval}", json=grant))[0] == 200
        decided = {}
        for name in sessions:
            items = (await ask(name, "GET", "/api/v1/audit"))[1]["items"]
            assert [one["wall"] for one in items] == sorted((one["wall"] for one in items), reverse=True)
            decided[name] = [one["data"] for one in items if one["kind"] == "approval_decided"]
            assert not [one for one in items if one["kind"] == "duress"]
        assert [(one["state"], one["second"], one["first"]) for one in decided["ada"]] == [
            ("granted", "ada", "Kim Park")
        ]
        assert decided["kim"] == []

        status, told = await ask("ada", "GET", f"/api/v1/incidents/{incident}/replay")
        assert (status, "being told again to somebody else" in told["detail"]) == (503, True)
        async with school.daemon.server._parts.kept.setdefault("replay", asyncio.Lock()):
            assert (await ask("kim", "GET", f"/api/v1/incidents/{incident}/replay")) == (503, told), "really busy"
        assert (await ask("kim", "GET", f"/api/v1/incidents/{incident}/replay"))[0] == 200


@pytest.mark.timeout(240)  # two schools, each until all is told and read back
@pytest.mark.parametrize("by_api", [False, True], ids=["by the page", "by the API"])
async def test_an_answer_under_duress_is_the_accepted_one_in_every_byte_that_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_api: bool
) -> None:
    monkeypatch.setattr("notifier.console.pages._board_rows.SILENT_AFTER", 3600.0)
    free = await decided(tmp_path / "free", forced=False, by_api=by_api)
    forced = await decided(tmp_path / "forced", forced=True, by_api=by_api)
    assert (free.state, forced.state) == ("releasing", "active")
    assert forced.answers == free.answers
    assert forced.commits == free.commits
    for path in free.pages:
        assert forced.pages[path] == free.pages[path], path
