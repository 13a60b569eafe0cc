"""What verify finds, and what it says of it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from notifier.errors import LedgerError
from notifier.ledger import chain
from notifier.ledger.verify import verify
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.testing.check_ledger import SITE, add, note
from tests.ledger.bodies import opened


def delivery(name: str, incident: str = "i1", state: str = "queued") -> Row:
    return Row("delivery", {
        "site": SITE, "id": name, "incident": incident, "run": 1, "phase": "main", "step": "staff", "level": 0,
        "person": "ada", "kind": "sms", "address": "+15550100", "rank": 0, "lane": "sms", "priority": 1, "outside": 0,
        "segments": 1, "language": "en", "words": "w", "state": state, "due": 0.0, "made_at": 0.0, "attempt": 0,
    }, new=True)  # fmt: skip


def incident(name: str) -> Row:
    return Row("incident", {
        "site": SITE, "id": name, "code": "K7QM", "action": "lockdown", "title": "Lockdown", "playbook": "lockdown",
        "publication": 1, "run": 1, "drill": 0, "state": "closed", "scope": "site", "severity": "extreme",
        "raised_at": 0.0, "raised_wall": "", "raised_by": "office", "presser": "Ada", "hand_off": "nobody_told",
        "outside_paused": 0, "mistake_claimed": 0,
    }, new=True)  # fmt: skip


def tell(kind: EventKind, incident: str | None, *rows: Row) -> Callable[[], Body[None]]:
    def body() -> Body[None]:
        yield Fact(kind, SITE, incident, {}, rows)

    return body


async def fill(folder: Path) -> Path:
    """30 notes, an incident with two deliveries, a seal in the middle and one at the end."""
    async with opened(folder) as ledger:
        for number in range(30):
            await ledger.run(note(f"r{number:02}"))
        await ledger.seal()
        await ledger.run(tell(EventKind.INCIDENT_OPENED, "i1", incident("i1")))
        await ledger.run(tell(EventKind.DELIVERIES_QUEUED, "i1", delivery("d1"), delivery("d2")))
        await ledger.run(add("r07", 2.0))
        await ledger.seal()
    return folder / "store.db"


def forge(path: Path, sql: str, *args: Any) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        assert db.execute(sql, args).rowcount > 0


def said(path: Path, **how: Any) -> str:
    return "\n".join(str(finding) for finding in verify(path, **how) if finding.fault)


async def test_an_untouched_store_has_no_findings(tmp_path: Path) -> None:
    assert verify(await fill(tmp_path)) == []


@pytest.mark.parametrize("column", ["payload", "salt", "site", "incident", "wall", "kind", "digest", "prev", "hash"])
async def test_one_changed_character_in_an_event_is_found_and_named(column: str, tmp_path: Path) -> None:
    path = await fill(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        text = db.execute(f"select {column} from event where n = 32").fetchone()[0]
    flipped = text[:-2] + chr(ord(text[-2]) ^ 1) + text[-1]
    forge(path, f"update event set {column} = ? where n = 32", flipped)
    assert "event 32 of desk" in said(path).lower()


async def test_a_changed_ledger_time_is_found(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    forge(path, "update event set at = at + 1 where n = 5")
    assert said(path).startswith("Event 5 of desk was changed")


def rewrite(path: Path, n: int, payload: str) -> str:
    """Event `n` with other contents and a hash that fits them; returns that hash."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        asked = f"select {','.join(chain.COLUMNS)} from event where n = ?"
        old = dict(zip(chain.COLUMNS, db.execute(asked, (n,)).fetchone(), strict=True))
        given = [old[name] for name in ("node", "n", "prev", "site", "incident", "at", "wall", "kind")]
        fresh = chain.link(*given, payload)
        db.execute("delete from event where n = ?", (n,))
        chain.store(db, [fresh])
    return str(fresh[-1])


async def test_an_event_rewritten_with_a_fitting_hash_shows_in_the_next(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    hashed = rewrite(path, 31, '{"data":{},"rows":[]}')
    assert "Event 32 of desk does not follow from the event before it." in said(path)
    forge(path, "update event set prev = ? where n = 32", hashed)
    assert "Event 32 of desk was changed: its hash is not that of what it says." in said(path)


async def test_a_missing_event_is_named_by_its_number(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    forge(path, "delete from event where n = 12")
    found = said(path)
    assert "Event 12 of desk is missing." in found
    assert "The row suite/r11 of 'seen' stands there although no event made it." in found


async def test_a_cut_tail_shows_in_the_seals(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    forge(path, "delete from event where n > 32")
    forge(path, "delete from delivery")
    forge(path, "update seen set at = 0 where ref = 'r07'")
    assert "names event 33 of desk, which is not in the store" in said(path)


async def test_a_cut_tail_shows_although_the_seals_were_cut_with_it(tmp_path: Path) -> None:
    """The line of a seal that left the machine is enough."""
    path = await fill(tmp_path)
    copy = tmp_path / "elsewhere.jsonl"
    copy.write_text((tmp_path / "seals.jsonl").read_text())
    (tmp_path / "seals.jsonl").write_text(copy.read_text().splitlines(keepends=True)[0])
    for sql in ("delete from event where n > 30", "delete from seal where n = 2", "delete from delivery",
                "delete from incident", "update seen set at = 0 where ref = 'r07'"):  # fmt: skip
        forge(path, sql)
    assert said(path) == "", "the cut is clean: what is left beside the store says nothing of it"
    assert "Line 2 of elsewhere.jsonl names event 33 of desk" in said(path, seals=copy)


async def test_a_forged_seal_is_found(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    forge(path, "update seal set wall = '2020-01-01' where n = 1")
    assert "Seal 1 of desk (2020-01-01) is not signed by the key" in said(path)


async def test_a_missing_seal_is_found(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    forge(path, "delete from seal where n = 1")
    assert "Line 1 of seals.jsonl is not in the store." in said(path)


async def test_a_key_of_ones_own_settles_whom_to_believe(tmp_path: Path) -> None:
    path = await fill(tmp_path / "honest")
    other = await fill(tmp_path / "forger")
    true_key = bytes.fromhex((path.parent / "seal.pub").read_text())
    assert verify(other) == []
    assert "is not signed by the key" in said(other, public_key=true_key)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("update delivery set state = 'sent' where id = 'd1'", "d1 of 'delivery' was changed without an event: state."),
        ("delete from delivery where id = 'd2'", "suite/d2 of 'delivery' is missing"),
        ("insert into seen values ('suite', 'x', 0)", "suite/x of 'seen' stands there although no event made it"),
        ("update delivery set state = 'sending', node = 'desk', attempt = 1", ""),
    ],
)  # fmt: skip
async def test_a_row_must_follow_from_its_events(sql: str, found: str, tmp_path: Path) -> None:
    """A claim is the one change that leaves no event."""
    path = await fill(tmp_path)
    forge(path, sql)
    assert found in said(path)
    assert bool(found) == bool(said(path))


async def test_no_finding_shows_what_was_written_to_people(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    forge(path, "update delivery set address = '+15550199' where id = 'd1'")
    assert "address" in said(path)
    assert "0199" not in said(path)


async def test_erased_events_still_verify_and_say_so(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    async with opened(tmp_path) as ledger:
        assert await ledger.erase(SITE, "i1") == 2
    found = verify(path)
    assert [finding.text for finding in found] == ["Retention erased the contents of 2 events; their hashes hold."]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("select count(*) from delivery").fetchone() == (0,)
        assert db.execute("select count(*) from incident").fetchone() == (1,)
    assert b"+15550100" not in path.read_bytes()


async def test_an_event_that_somebody_else_emptied_is_a_finding(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    forge(path, "update event set salt = null, payload = null where n = 32")
    assert "Event 32 of desk was emptied, and no event says that retention did so." in said(path)


async def test_rows_that_retention_left_behind_are_said_to_be_past_checking(tmp_path: Path) -> None:
    path = await fill(tmp_path)
    forge(path, "update event set salt = null, payload = null where n = 32")
    notes = [finding.text for finding in verify(path) if not finding.fault]
    assert "2 rows of 'delivery' cannot be rebuilt: retention erased events about them." in notes


async def test_nobody_verifies_beside_a_daemon_but_the_daemon(tmp_path: Path) -> None:
    async with opened(tmp_path) as ledger:
        await ledger.run(note("r"))
        with pytest.raises(LedgerError, match="is in use by process"):
            verify(tmp_path / "store.db")
        assert await ledger.verify() == []
    assert verify(tmp_path / "store.db") == []


async def test_a_folder_that_takes_no_seal_is_named_and_the_others_get_theirs(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    async with opened(tmp_path / "state") as ledger:
        await ledger.run(note("r"))
        sealed = await ledger.seal([tmp_path / "nowhere", tmp_path / "copy"])
        assert sealed is not None
        assert await ledger.seal() is None, "nothing has happened since"
        await ledger.run(note("more"))
        assert await ledger.seal([tmp_path / "copy"]) is not None
    assert len(sealed.missed) == 1
    assert str(tmp_path / "nowhere") in sealed.missed[0]
    assert (tmp_path / "copy/seals.jsonl").read_text() == (tmp_path / "state/seals.jsonl").read_text()
    assert (tmp_path / "state/seal.key").stat().st_mode & 0o777 == 0o600


async def test_a_body_may_read_the_chain_it_writes(tmp_path: Path) -> None:
    """Events are held back for the end of the group, and nobody may notice."""

    def body() -> Body[list[int]]:
        yield Fact(EventKind.NOTE, SITE, None, {}, [])
        rows = yield Ask("check_events", {"site": SITE})
        yield Fact(EventKind.NOTE, SITE, None, {}, [])
        return [row["n"] for row in rows]

    async with opened(tmp_path) as ledger:
        assert await ledger.run(body) == [1]
        assert await ledger.run(body) == [1, 2, 3]
        assert await ledger.verify() == []


async def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    """No test can cut the power; the settings that make it harmless can be asked."""
    async with opened(tmp_path) as ledger:
        asked = ("journal_mode", "synchronous", "query_only")
        set_to = await ledger.do(lambda writer: [writer.db.execute(f"pragma {name}").fetchone()[0] for name in asked])
    assert set_to == ["wal", 2, 0]
