"""Commands against a daemon that runs: what they ask, what they print, whom they refuse."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.files.folder import read_folder
from tests.cli.school import Desk, Running, change, running, sentences


@pytest.mark.parametrize(
    "words",
    [
        ("incidents",), ("doors", "list"), ("signals", "list"), ("channels", "list"), ("speakers", "list"),
        ("troubles",),
        ("button", "list"), ("user", "list"), ("token", "list"), ("log", "show"), ("log", "verify"),
        ("plan", "lockdown"), ("plan", "lockdown", "--drill", "--zone", "north"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_a_script_reads_is_json_and_what_a_person_reads_is_not(desk: Desk, words: tuple[str, ...]) -> None:
    said = desk(*words, "--json")
    assert said.code == 0, said.err
    assert isinstance(said.json, dict)
    said = desk(*words)
    assert said.code == 0, said.err
    assert said.out.strip()
    assert "{" not in said.out


def test_readiness_says_what_is_missing_and_by_when(desk: Desk) -> None:
    said = desk("readiness", "--json")
    urgent = [item for item in said.json["items"] if item["when"] in ("now", "before_school") and not item["well"]]
    assert said.code == (1 if urgent else 0)
    assert said.json["ready"] is (not urgent)
    told = desk("readiness")
    assert told.code == said.code
    assert "Mend on the next workday (by " in told.out
    assert {row["kind"] for row in said.json["reach"]} >= {"sms", "push", "email"}
    assert "Out of reach by each kind alone" in told.out
    assert "seal        No seal of the record leaves this machine" in told.out


def test_a_typing_mistake_in_a_playbook_starts_nothing(desk: Desk) -> None:
    before = desk("incidents", "--json").json
    said = desk("raise", "lokdown")
    assert said.code == 1
    assert "Nothing was started" in said.err
    assert "hold, lockdown" in said.err
    assert desk("incidents", "--json").json == before


def test_a_drill_is_started_and_stopped_by_one_person_and_says_that_it_is_one(desk: Desk) -> None:
    desk.enter("Dora", "operator")
    started = desk("drill", "hold", by="Dora")
    assert started.code == 0
    assert started.out.startswith("DRILL of hold is started: incident ")
    assert "911" not in started.out
    code = started.out.split("incident ")[1][:4]
    assert desk("incidents", code).out.startswith("DRILL ")
    stopped = desk("stop-drill", code, "--reason", "enough", by="Dora")
    assert stopped.code == 0


def test_outside_messages_are_held_and_let_go_on_and_a_mistake_needs_a_second_person(desk: Desk) -> None:
    desk.enter("Ada", "commander")
    desk.enter("Bo", "commander")
    code = desk("raise", "hold", "--json").json["code"]
    assert desk("hold-outside", code, by="Ada").code == 0
    assert "are paused" in desk("incidents", code).out
    assert desk("hold-outside", code, "--resume", by="Ada").code == 0
    assert "are paused" not in desk("incidents", code).out
    said_so = desk("mistake", code, "--only-say-so")
    assert said_so.code == 0
    assert "NOT CONFIRMED" in desk("incidents", code).out
    asked = desk("mistake", code, "--reason", "slipped", by="Ada")
    assert asked.code == 3
    approval = asked.out.split("notifier approve ")[1].split()[0]
    refused = desk("approve", approval, "--refuse", by="Bo")
    assert refused.code == 0
    assert "the response goes on" in refused.out
    assert desk("incidents", code, "--json").json["state"] == "active"
    assert desk("recall", code, by="Ada").code == 3
    assert desk("recall", code, by="Bo").code == 0
    assert desk("incidents", code, "--json").json["state"] in {"closing", "closed"}


def test_a_step_is_approved_or_refused_only_while_it_waits_and_refusing_needs_a_reason(desk: Desk) -> None:
    desk.enter("Ada Lopez", "commander")
    code = desk("raise", "lockdown", "--json").json["code"]
    early = desk("approve", code, "guardians", by="Ada Lopez")
    assert early.code == 1
    assert "does not wait for an approval" in early.err
    refused = desk("approve", code, "guardians", "--refuse", "--json", by="Ada Lopez")
    assert refused.code == 1
    assert "Nothing was done" in refused.json["error"]
    too_soon = desk("approve", code, "guardians", "--refuse", "--reason", "not now", by="Ada Lopez")
    assert too_soon.code == 1
    assert "does not wait for an approval" in too_soon.err


def test_an_incident_that_nobody_knows_is_told(desk: Desk) -> None:
    said = desk("incidents", "ZZZZ")
    assert said.code == 1
    assert "There is no incident ZZZZ" in said.err


def test_a_door_is_asked_now_and_never_called_secured_without_its_sensor(desk: Desk) -> None:
    said = desk("doors", "try", "d1")
    assert said.code == 1
    for words in ("NOT WELL", "answered", "means", "proof", "sensor", "to do"):
        assert words in said.out
    found = desk("doors", "try", "d1", "--json").json
    assert (found["lock"], found["well"], found["command"]) == ("unknown", False, None)
    assert desk("doors", "try", "d1", "--command").code == 1
    unknown = desk("doors", "try", "d99")
    assert unknown.code == 1
    assert "no door 'd99'" in unknown.err


def test_a_sender_and_a_speaker_are_asked_now(desk: Desk) -> None:
    for kind, one in (("channels", "push"), ("speakers", "pa-north")):
        said = desk(kind, "try", one)
        assert "well" in said.out.lower(), said.err
        assert desk(kind, "try", "nobody").code == 1


def test_a_button_s_secret_presses_until_it_is_revoked(desk: Desk, daemon: Running) -> None:
    made = desk("button", "enrol", "front-office", "--json").json
    secret = made["path"].removeprefix("/press/")
    assert secret not in desk("button", "list").out
    assert desk("button", "revoke", "front-office").code == 0
    assert "revoked" in desk("button", "list").out
    assert secret not in daemon.log
    unknown = desk("button", "enrol", "attic")
    assert unknown.code == 1
    assert "no button 'attic'" in unknown.err


def test_a_token_works_over_http_until_it_is_revoked(desk: Desk, daemon: Running, tmp_path: Path) -> None:
    made = desk("token", "add", "Board", "--rights", "view", "--json").json
    file = tmp_path / "board"
    file.write_text(made["token"])
    there = ("incidents", "--server", daemon.url, "--token-file", str(file))
    assert desk.say(*there).code == 0
    refused = desk.say("raise", "hold", "--server", daemon.url, "--token-file", str(file))
    assert refused.code == 1
    assert "the right press" in refused.err
    assert desk("token", "revoke", made["account"]).code == 0
    nobody = desk.say(*there)
    assert nobody.code == 1
    assert "NOTIFIER_TOKEN" in nobody.err
    assert made["token"] not in daemon.log


def test_rights_that_do_not_exist_are_told_with_those_that_do(desk: Desk) -> None:
    said = desk("user", "add", "Eve", "--rights", "king")
    assert said.code == 1
    assert "king is not one of them: staff, " in said.err


def test_a_user_of_this_machine_is_named_by_name(desk: Desk) -> None:
    said = desk("user", "add", "Eve", "--rights", "view", "--os-user", "nobody-of-this-name")
    assert said.code == 1
    assert "no user 'nobody-of-this-name'" in said.err


def test_the_record_is_exported_as_json_lines_and_overwrites_nothing(desk: Desk, tmp_path: Path) -> None:
    assert desk("user", "add", "Eve \u2028two\x85three\x9b31m", "--rights", "view").code == 0
    to = tmp_path / "record.jsonl"
    said = desk("log", "export", "--to", str(to))
    assert said.code == 0
    events = [json.loads(line) for line in to.read_text().splitlines()]
    assert len(events) == int(said.out.split()[0]) == to.read_text().count("\n")
    assert "Eve" in to.read_text()
    assert "\x9b" not in to.read_text(), "it would move the cursor of whoever reads it"
    assert [each["kind"] for each in events if each["kind"] == "published"]
    again = desk("log", "export", "--to", str(to))
    assert again.code == 1
    assert "exists already" in again.err


def test_publishing_faulty_files_changes_nothing_and_names_each_fault(desk: Desk, daemon: Running) -> None:
    whole = (daemon.folder / "playbooks/hold.yaml").read_text()
    before = desk("log", "show", "--json").json["items"]
    try:
        change(daemon.folder / "playbooks/hold.yaml", "severity:", "severityy:")
        said = desk("publish", str(daemon.folder))
    finally:
        (daemon.folder / "playbooks/hold.yaml").write_text(whole)
    assert said.code == 1
    assert "playbooks/hold.yaml:" in said.err
    assert "nothing has changed" in said.err
    after = desk("log", "show", "--json").json["items"]
    assert [each for each in after[len(before) :] if each["kind"] == "published"] == []


@pytest.mark.timeout(300)  # pages are rendered first, and rendering stands back on a busy machine
def test_publishing_makes_the_next_version_also_when_typed_elsewhere(desk: Desk, daemon: Running) -> None:
    said = desk.say("publish", str(daemon.folder), "--comment", "the same again")
    assert said.code == 0, said.err
    assert "is published and runs now" in said.out


def test_a_trouble_is_acknowledged(desk: Desk) -> None:
    assert desk("troubles", "ack").code == 1
    unknown = desk("troubles", "ack", "no:such")
    assert unknown.code == 1
    assert len(sentences(unknown.err)) == 1


@pytest.fixture
def stranger() -> Iterator[str]:
    """Something that listens and is no daemon."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(65536)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi")

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_something_else_at_the_address_is_not_taken_for_the_daemon(desk: Desk, stranger: str) -> None:
    said = desk.say("doors", "list", "--server", stranger)
    assert said.code == 4
    assert "is not a notifier daemon" in said.err


def test_what_was_pulled_is_what_was_published_to_the_byte(desk: Desk, daemon: Running, tmp_path: Path) -> None:
    into = tmp_path / "pulled"
    assert desk("pull", str(into)).code == 0
    published = read_folder(daemon.folder)
    assert read_folder(into) == published
    assert not list(into.glob("settings*"))


def test_pulling_overwrites_nothing_unasked(desk: Desk, tmp_path: Path) -> None:
    into = tmp_path / "pulled"
    into.mkdir()
    (into / "site.yaml").write_text("mine: true\n")
    refused = desk("pull", str(into))
    assert refused.code == 1
    assert "site.yaml" in refused.err
    assert (into / "site.yaml").read_text() == "mine: true\n"
    assert not (into / "playbooks").exists()
    assert desk("pull", str(into), "--overwrite", "--json").json["version"] >= 1
    assert (into / "site.yaml").read_text() != "mine: true\n"


def test_a_version_that_never_was_is_told(desk: Desk, tmp_path: Path) -> None:
    said = desk("pull", str(tmp_path / "x"), "--version", "999")
    assert said.code == 1
    assert "no publication 999" in said.err


def test_a_page_takes_its_options_in_any_order_and_names_what_is_wrong(desk: Desk, tmp_path: Path) -> None:
    for order in (["none", "--zone", "north", "Use the south exit."], ["--zone", "north", "none", "Use it."]):
        said = desk("page", *order)
        assert (said.code, len(sentences(said.err))) == (1, 1)
        assert "none" in said.err
    missing = desk("page", "none", "--wav", str(tmp_path / "gone.wav"))
    assert missing.code == 1
    assert "cannot be read" in missing.err
    assert "Nothing was said" in missing.err


def test_an_incident_is_told_again_by_a_daemon_and_from_its_store_alone(here: Desk) -> None:
    with running(here.folder):
        code = here("raise", "hold", "--json").json["code"]
        online = here("log", "replay", code)
        assert online.code == 0, online.out + online.err
        assert "LIVE" in online.out
        assert "decisions (=) come out the same by today's code" in online.out
        assert here("log", "replay", "ZZZZ").code == 1
    offline = here("log", "replay", code, "--decisions", "--json")
    assert offline.code == 0, offline.err
    assert "Reading the store itself" in offline.err
    first = offline.json["items"][0]
    assert (first["kind"], first["verdict"]) == ("incident_opened", "same")
    (store,) = here.folder.rglob("ledger.sqlite")
    assert here("log", "replay", code, "--store", str(store)).code == 0
    nowhere = here("log", "replay", code, "--store", "no-such-file")
    assert nowhere.code == 1
    assert "There is no store at no-such-file" in nowhere.err
