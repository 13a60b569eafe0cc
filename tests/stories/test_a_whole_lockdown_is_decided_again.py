"""`log replay`: each decision made again from what was known; a forged one, or a changed rule, is found."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from notifier.daemon.replay import replay
from notifier.daemon.replay_aside import replay_at
from notifier.daemon.store import StorePlace
from notifier.engine import playbook_run
from notifier.errors import LedgerError, NotFound
from notifier.ledger import chain
from notifier.ledger.verify import look
from notifier.testing.story import Story, story


async def a_whole_lockdown(campus: Story) -> None:
    """With a door that jams, silence that escalates, a second press, an approval, an answer, and two who end it."""
    campus.door("d7").jams()
    await campus.advance("5s")
    await campus.press("front-office")
    campus.phone("Ben").expects_sms("LOCKDOWN").replies("1")
    await campus.advance("10s")
    await campus.press("gate", playbook="hold")
    await campus.person("kim").hands_off("tell", "911, call taker 14")
    await campus.person("kim").takes_command()
    await campus.person("kim").opens_door("d1", "20s")
    await campus.advance("5m10s")
    await campus.person("ada").approves_step("guardians")
    await campus.person("kim").sees_door("d7", secured=True)
    await campus.person("kim").asks_all_clear()
    await campus.person("ada").approves()
    await campus.person("kim").releases("r1", "r2", "desk")
    await campus.advance("1m")
    campus.is_("closed")


async def replayed(store: StorePlace, incident: str) -> dict[str, Any]:
    """Beside the loop, because a store on a server is copied first."""
    return await asyncio.to_thread(replay_at, store, incident)


def told(found: dict[str, Any], verdict: str) -> list[str]:
    return [step["kind"] for step in found["items"] if step["verdict"] == verdict]


async def test_a_whole_lockdown_comes_out_the_same_and_says_what_was_known() -> None:
    async with story() as campus:
        await a_whole_lockdown(campus)
        code = campus.row()["code"]
        found = await replayed(campus.daemon.store, code.lower())
        assert [step["differences"] for step in found["items"] if step["differences"]] == []
        assert found["faults"] == []
        decided = set(told(found, "same"))
        assert decided >= {
            "incident_opened", "incident_joined", "not_secured", "escalated", "step_waits", "step_over", "task_opened",
            "approval_asked", "approval_decided", "room_released", "incident_moved", "door_opened", "commanded",
        }  # fmt: skip
        assert {"door_read", "deliveries_settled", "answered"} <= set(told(found, "known"))
        escalated = next(step for step in found["items"] if step["kind"] == "escalated")
        assert "1 people answered" in escalated["known"]
        with pytest.raises(NotFound, match="no incident ZZZZ"):
            await replayed(campus.daemon.store, "ZZZZ")


@pytest.mark.only_on("sqlite", "a copy of the store's own file is forged")
async def test_a_forged_decision_whose_chain_was_made_to_fit_is_found(tmp_path: Path) -> None:
    async with story() as campus:
        await a_whole_lockdown(campus)
        incident, store = campus.incident, campus.daemon.store.path
        forged = tmp_path / "forged.sqlite"
        with sqlite3.connect(store) as source, sqlite3.connect(forged) as copy:
            source.backup(copy)
        source.close()
        forge(copy)
        copy.close()
        assert not [each for each in look(forged, tmp_path) if "Event" in str(each)]
        found = replay(forged, incident)
        assert found["faults"] == []
        (step,) = [each for each in found["items"] if each["verdict"] == "differs"]
        assert step["kind"] == "escalated"
        assert step["differences"] == ["silent_rooms: recorded [], today's code says " + rooms(found, incident, campus)]


def rooms(found: dict[str, Any], incident: str, campus: Story) -> str:
    """What the true record says of them."""
    true = replay(campus.daemon.store.path, incident)
    assert told(true, "differs") == []
    (data,) = [data for kind, data in campus.log.events() if kind == "escalated"]
    return json.dumps(data["silent_rooms"])


def forge(db: sqlite3.Connection) -> None:
    """No room was silent, says the escalation now; and every later link is made anew, as whoever owns the file can."""
    columns = ",".join(chain.COLUMNS)
    head = chain.GENESIS
    for row in db.execute(f"select {columns} from event order by n").fetchall():
        event = dict(zip(chain.COLUMNS, row, strict=True))
        if event["kind"] == "escalated":
            read = json.loads(event["payload"])
            read["data"]["silent_rooms"] = []
            event["payload"] = json.dumps(read)
            event["digest"] = chain.digest_of(event["salt"], event["payload"])
        event["prev"] = head
        names = ("node", "n", "site", "incident", "at", "wall", "kind", "digest", "prev")
        head = event["hash"] = chain.hash_of(*(event[name] for name in names))
        given = tuple(event[name] for name in ("payload", "digest", "prev", "hash", "node", "n"))
        db.execute("update event set payload = ?, digest = ?, prev = ?, hash = ? where node = ? and n = ?", given)
    db.execute("delete from seal")
    db.commit()


async def test_a_rule_that_has_changed_since_is_told_where_it_decides_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("90s")
        assert told(await replayed(campus.daemon.store, campus.incident), "differs") == []
        as_it_was = playbook_run.escalation_timer

        def sooner(scene: Any, step: Any, level: int, start: float) -> Any:
            return as_it_was(scene, step, level, start - 30.0)

        monkeypatch.setattr(playbook_run, "escalation_timer", sooner)
        found = await replayed(campus.daemon.store, campus.incident)
        (step,) = [each for each in found["items"] if each["verdict"] == "differs"]
        assert step["kind"] == "incident_opened"
        (text,) = step["differences"]
        assert text.startswith(f"timer {campus.incident}:0:main:staff:level:1, due: recorded ")


def test_an_export_is_no_store_and_the_sentence_says_what_is_needed(tmp_path: Path) -> None:
    export = tmp_path / "export.jsonl"
    export.write_text('{"cursor": "node1:1", "kind": "started"}\n' * 40)
    with pytest.raises(LedgerError, match="A replay needs the store itself"):
        replay(export, "F4WA")
