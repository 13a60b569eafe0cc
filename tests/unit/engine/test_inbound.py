"""Whose text it is, for which incident, and in which order the digits were asked."""

from types import SimpleNamespace
from typing import Any

import pytest

from notifier.engine.inbound import Inbox
from notifier.engine.recovery import recover
from notifier.model.delivery import Inbound
from tests.unit.engine.bench import Bench
from tests.unit.engine.school import PEOPLE, STAFF, held, notify, playbook


def inbox(at: Bench) -> Inbox:
    engine: Any = SimpleNamespace(desk=at.desk, ledger=at.ledger, nudge=lambda _incident: None)
    return Inbox(engine)


async def text(at: Bench, who: str, said: str, **more: Any) -> None:
    address = PEOPLE[who].addresses["sms"] if who in PEOPLE else who
    at._texts = getattr(at, "_texts", 0) + 1  # type: ignore[attr-defined]  # a count for this test
    await inbox(at).by_message("texts", Inbound("sms", address, said, f"ref{at._texts}", **more))  # type: ignore[attr-defined]  # as above


def answers(at: Bench) -> list[tuple[str | None, str, str]]:
    return [(row["person"] or row["room"], row["answer"], row["incident"]) for row in at.rows("answer")]


async def test_digits_follow_the_message_that_this_person_got(at: Bench) -> None:
    district = notify("ask", ["role:district"], notify={"answers": ["taking_it", "safe"]})
    at.publish(held(playbook("p", "shelter", STAFF, district), version=2))
    first = await at.press("p")
    await text(at, "dee", "1")
    await text(at, "ada", "1")
    assert answers(at) == [("dee", "taking_it", first.incident), ("ada", "safe", first.incident)]


async def test_with_two_live_incidents_a_code_says_which(at: Bench) -> None:
    one, two = await at.press("lockdown"), await at.press("medical")
    await text(at, "ada", f"{two.code.lower()} 2")
    await text(at, "ada", f"{one.code} 1")
    assert [(answer, incident) for _who, answer, incident in answers(at)] == [
        ("need_help", two.incident),
        ("safe", one.incident),
    ]


async def test_messages_ask_for_the_code_only_while_two_are_live(at: Bench) -> None:
    one = await at.press("lockdown")
    bodies = [row["body"] for row in at.rows("words")]
    assert any("Reply 1 SAFE, 2 NEED HELP" in body for body in bodies)
    at.publish(held(playbook("beside", "shelter", STAFF), version=2))
    two = await at.press("beside")
    bodies = [row["body"] for row in at.rows("words", incident=two.incident)]
    assert any(f"Reply {two.code} 1 SAFE" in body for body in bodies)
    assert one.code != two.code


async def test_without_a_code_it_is_the_incident_that_wrote_last(at: Bench) -> None:
    await at.press("lockdown")
    at.clock.time += 5
    at.publish(held(playbook("beside", "shelter", STAFF), version=2))
    two = await at.press("beside")
    await text(at, "ada", "1")
    assert answers(at) == [("ada", "safe", two.incident)]


async def test_a_card_answers_for_its_room_from_any_number(at: Bench) -> None:
    await at.press()
    await text(at, "+15559999999", "card1 1")
    assert (answers(at)[0][:2], at.row("room", id="r1")["state"]) == (("r1", "safe"), "secured")


async def test_a_number_that_nobody_knows_is_a_task_once(at: Bench) -> None:
    await at.press()
    message = Inbound("sms", "+15559990142", "where is my child", "ref-x")
    for _again in range(2):
        await inbox(at).by_message("texts", message)
    task = at.row("task", kind="unknown_sender")
    assert "••• 0142" in task["text"]
    assert "+1555999" not in task["text"]


async def test_the_providers_same_message_twice_is_one_answer(at: Bench) -> None:
    await at.press()
    message = Inbound("sms", PEOPLE["ada"].addresses["sms"], "1", "ref-x")
    for _again in range(2):
        await inbox(at).by_message("texts", message)
    assert len(answers(at)) == 1


async def test_an_opt_out_is_kept_and_shown_and_no_answer(at: Bench) -> None:
    first = await at.press()
    await text(at, "ada", "STOP", opt_out=True)
    assert answers(at) == [("ada", "phone_gone", first.incident)]
    assert (at.row("opt_out")["address"], at.row("opt_out")["active"]) == (PEOPLE["ada"].addresses["sms"], 1)
    assert (first.incident, "ada") not in at.desk.answered


async def test_after_a_restart_an_opt_out_is_still_no_answer(at: Bench) -> None:
    first = await at.press()
    await text(at, "ada", "STOP", opt_out=True)
    await text(at, "ben", "1")
    at.desk.answered.clear()
    engine: Any = SimpleNamespace(
        desk=at.desk, ledger=at.ledger, ready=False, lost=set(), nudge=lambda _i: None, spawn=lambda deed: deed.close(),
        devices=at.metal(), letters=at.letters, closing_wave=at.wave,
    )  # fmt: skip
    await recover(engine)
    assert at.desk.answered == {(first.incident, "ben")}
    await engine.devices.close()


@pytest.mark.parametrize("said", ["1", "safe", "HELP"])
async def test_nothing_is_recorded_while_nothing_is_open(at: Bench, said: str) -> None:
    await text(at, "ada", said)
    assert at.rows("answer") == []


async def test_unanswered_are_those_asked_whom_neither_they_nor_their_card_has_answered_for(at: Bench) -> None:
    first = await at.press()
    assert first.scene is not None
    assert at.letters.unanswered(first.scene) == {"ada", "ben", "cyd"}
    await at.answer(first.incident, "card", room="r1")
    assert at.letters.unanswered(first.scene) == {"cyd"}
    await at.answer(first.incident, "cyd", "need_help")
    assert at.letters.unanswered(first.scene) == frozenset()
