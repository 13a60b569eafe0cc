"""While a response runs: what people do about it without a browser, and where each of it can be read afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.school import Desk, Running, copy_of, running


@pytest.fixture(scope="module")
def daemon(ran_once: Path) -> Iterator[Running]:
    """One of its own: its lockdown runs on, and nobody else's drill could start."""
    with copy_of(ran_once) as folder, running(folder) as daemon:
        yield daemon


@pytest.fixture
def code(desk: Desk) -> str:
    """The code of a lockdown that runs; the same for all, because a press joins it."""
    if "Cam" not in desk.tokens:
        desk.enter("Cam", "commander,responder")
    return str(desk("raise", "lockdown", "--json").json["code"])


def test_who_outside_has_it_is_said_in_the_states_of_the_board(desk: Desk, code: str) -> None:
    said = desk("911", code, "told", "--who", "911, call taker 14", by="Cam")
    assert said.code == 0, said.err
    assert desk("911", code, "accepted", "--who", "Sgt Ruiz", by="Cam").out == "Dispatch: accepted.\n"
    assert "Dispatch: accepted (Sgt Ruiz)." in desk("incidents", code).out
    arrived = desk("911", code, "on-scene", "--who", "Car 12", "--json", by="Cam")
    assert arrived.json["detail"] == {"hand_off": "on_scene"}
    back = desk("911", code, "told", "--who", "again", by="Cam")
    assert back.code == 1
    assert "Dispatch: on scene (Car 12)." in desk("incidents", code).out


def test_command_notes_and_messages_stand_in_the_record(desk: Desk, code: str) -> None:
    assert desk("command", code, by="Cam").out == "Cam is in command.\n"
    assert desk("note", code, "Bus 4 waits at the gate", by="Cam").code == 0
    sent = desk("message", code, "Stay where you are", "--to", "role:principal", "--by", "sms", by="Cam")
    assert sent.code == 0, sent.err
    assert "are queued" in sent.out
    told = desk("log", "show", code).out
    assert "Cam is in command." in told
    assert "Cam: Bus 4 waits at the gate" in told
    assert "Cam wrote to 1 people." in told
    refused = desk("message", code, "Hello", "--to", "group:nobody-at-all", by="Cam")
    assert refused.code == 1
    assert "group:nobody-at-all means nobody here. Nothing was sent." in refused.err


def test_an_answer_for_somebody_opens_a_task_that_is_taken_and_finished(desk: Desk, code: str) -> None:
    person = desk("contacts", "list", "--json").json["items"][0]["id"]
    said = desk("answer", code, person, "need-help", "--text", "Ankle", by="Cam")
    assert said.code == 0, said.err
    (task,) = [each for each in desk("task", "--json").json["items"] if each["id"].endswith(f":{person}")]
    assert desk("task", task["id"]).code == 1
    assert desk("task", task["id"], "take", by="Cam").out == "Cam: taken.\n"
    assert desk("task", task["id"], "give-back", by="Cam").out == "Cam: open.\n"
    assert desk("task", task["id"], "finish", by="Cam").code == 0
    assert task["id"] not in {each["id"] for each in desk("task", "--json").json["items"] if each["state"] != "done"}


def test_a_door_is_opened_for_a_time_and_what_a_person_saw_counts(desk: Desk, code: str) -> None:
    doors = [each["id"] for each in desk("doors", "list", "--json").json["items"]]
    seen = desk("doors", "confirm", code, doors[0], "secured", by="Cam")
    assert seen.code == 0, seen.err
    assert "Cam says that" in seen.out
    opened = desk("doors", "open", code, doors[0], "--seconds", "5", by="Cam")
    assert opened.code == 1  # no device answers here, so nothing is called done
    assert "did not take the opening" in opened.out
    unknown = desk("doors", "open", code, "no-such-door", by="Cam")
    assert unknown.code == 1
    assert "no door no-such-door" in unknown.err


def test_presses_that_wait_for_nobody_are_not_decided(desk: Desk) -> None:
    desk.enter("Dee", "commander")
    late = desk("late", "late:feed", "stop", by="Dee")
    assert late.code == 1
    assert "No late press feed waits" in late.err
    verify = desk("verify", "feed", "veto", by="Dee")
    assert verify.code == 1
    assert "feed" in verify.err
