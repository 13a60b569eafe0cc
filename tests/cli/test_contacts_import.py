"""`contacts import`: what a dry run shows is what a write does, and a half export empties no file."""

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


def imported(capsys: pytest.CaptureFixture[str], folder: Path, text: str, *words: str) -> tuple[int, str, str]:
    export = folder.parent / "staff.csv"
    export.write_text(text)
    code = main(["contacts", "import", str(export), "--dir", str(folder), *words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_dry_run_shows_and_writes_nothing(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, out, _ = imported(capsys, folder, "Name;Mobile\nAda;(202) 456-1111\n;x\n", "--dry-run")
    assert code == 0
    assert "1 new" in out
    assert "line 3: (no name): no name" in out
    assert "Nothing was written" in out
    assert not (folder / "contacts/imported.csv").exists()


def test_what_is_written_passes_the_check(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    code, out, _ = imported(capsys, folder, "Name;Mobile\nAda;(202) 456-1111\n", "--group", "staff", "--into", "office")
    assert code == 0
    assert "notifier check" in out
    assert "Ada" in (folder / "contacts/office.csv").read_text()
    assert main(["check", str(folder)]) == 0


def test_a_half_export_empties_no_file_unasked(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    whole = "id,Name,Mobile\n" + "".join(f"p{n},Person {n},202456{1111 + n}\n" for n in range(9))
    assert imported(capsys, folder, whole)[0] == 0
    before = (folder / "contacts/imported.csv").read_bytes()
    code, out, _ = imported(capsys, folder, whole.splitlines(keepends=True)[0] + "p1,Person 1,2024561112\n")
    assert code == 1
    assert "8 people would be gone" in out
    assert (folder / "contacts/imported.csv").read_bytes() == before
    code, out, _ = imported(capsys, folder, "id,Name,Mobile\np1,Person 1,2024561112\n", "--accept-gone", "--json")
    assert json.loads(out)["gone"] == [f"p{n}" for n in range(9) if n != 1]
    assert (folder / "contacts/imported.csv").read_bytes() != before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--country", "Mars"), "Mars is no country code"),
        (("--map", "sms"), "has no ="),
        (("--map", "sms=Cellular"), "no column `Cellular`"),
        (("--into", "../outside"), "no name of a contacts file"),
    ],
)
def test_what_was_mistyped_is_told_and_nothing_written(
    capsys: pytest.CaptureFixture[str], folder: Path, words: tuple[str, ...], said: str
) -> None:
    before = sorted(folder.parent.rglob("*"))
    code, _, err = imported(capsys, folder, "Name,Mobile\nAda,x\n", *words)
    assert code == 1
    assert said in err
    assert sorted(path for path in folder.parent.rglob("*") if path.name != "staff.csv") == before


def test_an_export_that_is_not_there_is_a_sentence(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["contacts", "import", "/no/such.csv", "--dir", str(folder)]) == 1
    assert "cannot be read" in capsys.readouterr().err
