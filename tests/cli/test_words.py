"""What was typed wrongly, and what went wrong, is told in sentences with an exit code; never as a stack trace."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from notifier.cli import main, school_files
from notifier.cli.log_lines import Lines
from notifier.cli.printing import printable
from notifier.cli.reference import reference
from tests.cli.school import Desk, sentences

REFERENCE = Path(__file__).resolve().parents[2] / "docs/reference/cli.md"


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Desk:
    return Desk(tmp_path, capsys, tmp_path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Say what to do: notifier COMMAND."),
        (("channels",), "Say what to do: notifier channels list|try."),
        (("rase", "lockdown"), "There is no command 'rase'; did you mean raise."),
        (("log", "shw"), "There is no word 'shw'; did you mean show."),
        (("raise",), "The following arguments are required: PLAYBOOK."),
        (("raise", "lockdown", "--zoen", "north"), "Unrecognized arguments: --zoen north."),
        (("schema", "xyz"), "There is no kind 'xyz'; there are: contacts, playbook, settings, site."),
        (("user", "add", "Ada"), "The following arguments are required: --rights."),
    ],
)
def test_wrong_usage_gives_a_sentence_and_what_to_do(say: Desk, words: tuple[str, ...], told: str) -> None:
    said = say.say(*words)
    assert said.code == 2
    assert said.out == ""
    (line,) = sentences(said.err)
    assert line.startswith(told)
    assert "--help" in line


def test_without_a_daemon_the_sentence_says_how_to_start_one(say: Desk, tmp_path: Path) -> None:
    said = say("raise", "lockdown")
    assert said.code == 4
    (line,) = sentences(said.err)
    assert line.startswith("No daemon answers at ")
    assert "notifier run" in line


def test_what_went_wrong_is_json_too_for_a_script(say: Desk) -> None:
    said = say("incidents", "--json")
    assert said.json["exit"] == said.code == 4
    assert "No daemon answers" in said.json["error"]


@pytest.mark.parametrize("words", [("plan", "lockdown"), ("publish", "."), ("log", "show"), ("log", "verify")])
def test_no_command_pretends_to_work_without_a_daemon(say: Desk, words: tuple[str, ...]) -> None:
    said = say(*words)
    assert said.code in {1, 4}
    assert sentences(said.err)


def test_a_token_is_never_sent_where_everybody_can_read_it(say: Desk, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("nt_abc")
    said = say.say("incidents", "--server", "http://192.0.2.1:8470", "--token-file", str(tmp_path / "token"))
    assert said.code == 1
    assert "Use its https address" in said.err


@pytest.mark.parametrize("content", [None, "", "two words", "ñ"])
def test_a_token_file_without_a_token_is_told(say: Desk, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    said = say.say("incidents", "--token-file", str(file))
    assert said.code == 1
    assert len(sentences(said.err)) == 1
    assert str(file) in said.err


def test_a_fault_of_ours_is_one_sentence_and_a_trace_only_when_asked(
    say: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a-secret-in-a-message")

    monkeypatch.setattr(school_files, "as_json", broken)
    said = say.say("schema", "site")
    assert said.code == 70
    (line,) = sentences(said.err)
    assert line.startswith("This is a fault of ours: RuntimeError at test_words.py:")
    assert "--trace" in line
    assert "a-secret-in-a-message" not in line
    assert "Traceback" in say.say("schema", "site", "--trace").err


def test_a_logged_fault_is_one_line_without_the_words_of_an_unknown_error() -> None:
    try:
        raise RuntimeError("token=a-secret")
    except RuntimeError:
        record = logging.LogRecord("notifier.x", logging.ERROR, "", 0, "two\nlines", (), sys.exc_info())
    line = Lines().format(record)
    assert "\n" not in line
    assert 'text="two\\nlines" error=RuntimeError places="test_words.py:' in line
    assert "a-secret" not in line


def test_what_others_wrote_cannot_move_the_cursor() -> None:
    assert printable("a\x1b[2Jb\u202ec\nd") == "a [2Jb c\nd"


def test_every_command_answers_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out
    for command in ("run", "raise", "all-clear", "log", "button", "demo"):
        assert command in listed
    assert main(["log", "verify", "--help"]) == 0


def test_the_reference_in_the_docs_is_drawn_from_the_commands() -> None:
    assert REFERENCE.read_text() == reference(), "type: python -m notifier.cli.reference > docs/reference/cli.md"
