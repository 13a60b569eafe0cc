"""`simulate`: the real engine over pretended devices, in a moment; nothing leaves and nothing is asked of a daemon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notifier.cli import main
from notifier.files.starter import write_starter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_starter(tmp_path / "school", "Maple Wood")
    return tmp_path / "school"


def simulated(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> tuple[int, str, str]:
    code = main(["simulate", *words, "--dir", str(folder)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_lockdown_is_played_to_its_escalation_with_a_door_that_jams(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    before = sorted(folder.rglob("*"))
    code, out, _ = simulated(capsys, folder, "lockdown", "--for", "3m", "--jammed", "d2", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["doors"] == {"commanded": 2, "secured": 1, "not_secured": 1}
    assert [door["door"] for door in found["not_secured"]] == ["d2"]
    assert found["rooms"]["answered"] > 0
    assert any("NOT SECURED" in task for task in found["tasks"])
    assert found["faults"] == []
    assert sorted(folder.rglob("*")) == before


def test_the_same_seed_is_the_same_story(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    words = ("lockdown", "--for", "60s", "--json", "--answers", "50", "--seed")
    once, again, other = (json.loads(simulated(capsys, folder, *words, seed)[1]) for seed in ("7", "7", "8"))
    assert (once["rooms"], once["deliveries"]) == (again["rooms"], again["deliveries"])
    assert once["happened"] != other["happened"]


def test_a_sender_that_is_down_delivers_nothing(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    found = json.loads(simulated(capsys, folder, "lockdown", "--for", "60s", "--down", "sms", "--json")[1])
    assert not found["deliveries"]["sms"].keys() & {"sent", "delivered", "read"}


def test_a_person_reads_that_all_of_it_is_pretended(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, out, _ = simulated(capsys, folder, "lockdown", "--drill", "--for", "30s")
    assert code == 0
    assert "Everything here is pretended" in out
    assert "+0.0s" in out
    assert "Lockdown started by simulate" in out, "nobody who is not of this school is named"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lokdown",), "Did you mean `lockdown`"),
        (("lockdown", "--zone", "nort"), "There is no zone"),
        (("lockdown", "--jammed", "d99"), "There is no door"),
        (("lockdown", "--for", "soon"), "soon is no time"),
        (("lockdown", "--for", "9h"), "up to 60 minutes"),
    ],
)
def test_what_was_mistyped_is_told_before_anything_is_played(
    capsys: pytest.CaptureFixture[str], folder: Path, words: tuple[str, ...], said: str
) -> None:
    code, _, err = simulated(capsys, folder, *words)
    assert code == 1
    assert said in err
