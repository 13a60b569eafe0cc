"""What a daemon kept in memory and could not bring back is named by whoever looks at the record without it."""

from __future__ import annotations

import json
from pathlib import Path

from notifier.ledger import chain
from notifier.ledger.spool_part import file_name
from notifier.model.events import EventKind
from tests.cli.school import Desk, running


def leave(folder: Path, name: str, *texts: str, damaged: bool = False) -> Path:
    """A spool as a daemon leaves it that was stopped while its store was away."""
    links, head = [], chain.GENESIS
    for n, text in enumerate(texts, 1):
        payload = chain.write_payload({"text": text}, [])
        wall = f"2026-09-01T15:00:{n:02}.000+00:00"
        links.append(chain.link(name, n, head, "birchwood", None, 1e9 + n, wall, str(EventKind.NOTE), payload))
        head = links[-1][-1]
    lines = [{"seq": seq, "events": [link], "lanes": [], "claims": []} for seq, link in enumerate(links, 1)]
    path = folder / "state" / file_name(name, 1)
    said = "".join(json.dumps(line) + "\n" for line in lines)
    path.write_text(said.replace(texts[-1], "forged") if damaged else said)
    path.chmod(0o600)
    return path


def spools(desk: Desk) -> list[dict[str, str]]:
    return [one for one in desk("doctor", "--json", "--no-network").json["findings"] if one["check"] == "spool"]


def verified(desk: Desk) -> tuple[int, list[dict[str, object]]]:
    said = desk("log", "verify", "--json")
    return said.code, said.json["findings"]


def test_nothing_is_said_where_nothing_was_left(here: Desk) -> None:
    assert spools(here) == []


def test_what_the_next_start_brings_back_is_named_and_the_next_start_brings_it_back(here: Desk) -> None:
    left = leave(here.folder, "node1~mem1", "one", "two")
    (told,) = spools(here)
    assert told["level"] == "warning"
    assert "2 events of node1~mem1, from 2026-09-01T15:00:01" in told["text"]
    assert str(left) in told["text"]
    assert told["do"] == "Start the daemon: it brings that back before anything else."
    code, findings = verified(here)
    assert code == 0, "it is no damage"
    assert any(f"stand only in {left}. The next start brings that back." in str(one["text"]) for one in findings)
    with running(here.folder):
        assert spools(here) == []
    assert not left.exists()
    code, findings = verified(here)
    assert (code, [one for one in findings if "stand only in" in str(one["text"])]) == (0, [])


def test_what_another_name_has_left_is_a_fault(here: Desk) -> None:
    leave(here.folder, "old-name~mem3", "one")
    (told,) = spools(here)
    assert told["level"] == "fault"
    assert "node: old-name" in told["do"]
    assert verified(here)[0] == 1


def test_a_damaged_one_is_a_fault(here: Desk) -> None:
    leave(here.folder, "node1~mem1", "one", "two", damaged=True)
    (told,) = spools(here)
    assert told["level"] == "fault"
    assert "1 event of node1~mem1" in told["text"]
    assert "what follows there is damaged" in told["text"]
    assert verified(here)[0] == 1
