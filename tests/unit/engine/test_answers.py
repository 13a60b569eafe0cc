"""Answers in the store: who counts, which rooms are silent, what need help opens, what an answer stops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.engine.acknowledgements import enough, people_answered, silent_rooms
from tests.unit.engine.bench import Bench


def said(who: str | None, answer: str = "safe", room: str | None = None, at: float = 0.0) -> dict[str, object]:
    return {"person": who, "answer": answer, "room": room, "at": at}


ROOMS = {"r1": ["ada", "ben"], "r2": ["cyd"]}


@pytest.mark.parametrize(
    ("need", "asked", "least"),
    [("all", 7, 7), ("any", 7, 1), ("3", 7, 3), ("9", 7, 7), ("80%", 7, 6), ("50%", 3, 2), ("1%", 250, 3),
     ("100%", 7, 7), ("34%", 100, 34), ("33%", 10, 4)],
)  # fmt: skip
def test_need_is_reached_by_so_many_and_not_by_one_fewer(need: str, asked: int, least: int) -> None:
    assert enough(need, asked, least)
    assert not enough(need, asked, least - 1)


@given(st.sampled_from(["all", "any", "1", "5", "1%", "50%", "100%"]), st.integers(0, 300))
def test_more_answers_never_undo_enough_and_nobody_is_never_enough(need: str, asked: int) -> None:
    reached = [enough(need, asked, answered) for answered in range(asked + 1)]
    assert reached == sorted(reached)
    assert not reached[0]
    assert reached[-1] is (asked > 0)


def test_a_rooms_card_counts_for_its_people_and_their_own_word_goes_before_it() -> None:
    assert people_answered([said(None, room="r1")], ROOMS) == ({"ada", "ben"}, frozenset())
    helped = [said(None, "safe", "r1", 1.0), said("ada", "need_help", "r1", 2.0)]
    assert people_answered(helped, ROOMS) == ({"ada", "ben"}, {"ada"})


def test_the_latest_word_counts_whatever_the_order_of_rows() -> None:
    rows = [said("ada", "safe", at=2.0), said("ada", "need_help", at=1.0)]
    assert people_answered(rows, {}) == ({"ada"}, frozenset())
    assert people_answered(rows[::-1], {}) == ({"ada"}, frozenset())


def test_a_phone_that_opted_out_has_answered_nothing() -> None:
    rows = [said("ada", "phone_gone", "r1")]
    assert people_answered(rows, ROOMS) == (frozenset(), frozenset())
    assert silent_rooms(["r1"], ROOMS, rows, frozenset()) == ("r1",)


@pytest.mark.parametrize(
    ("rows", "silent"),
    [
        ([], ("r1", "r2", "r3")),
        ([said("ada", room="r1")], ("r2", "r3")),
        ([said("ben", "need_help", "r1")], ("r2", "r3")),
        ([said(None, room="r3")], ("r1", "r2")),
        ([said("pia")], ("r1", "r2", "r3")),
    ],
)
def test_a_room_is_silent_until_one_of_its_people_or_its_card_answers(
    rows: list[dict[str, object]], silent: object
) -> None:
    assert silent_rooms(["r1", "r2", "r3"], ROOMS, rows, frozenset()) == silent


def test_a_released_room_is_not_silent() -> None:
    assert silent_rooms(["r1", "r2"], ROOMS, [], frozenset({"r2"})) == ("r1",)


# -------------------------------------------------------------------------------------------------- in the store


async def test_an_answer_stops_what_waits_for_this_person_only(at: Bench) -> None:
    first = await at.press()
    await at.answer(first.incident, "ada")
    states = {row["person"]: row["state"] for row in at.rows("delivery", step="staff")}
    assert states == {"ada": "moot", "ben": "queued", "cyd": "queued"}


async def test_an_opt_out_stops_no_other_way_to_reach_the_person(at: Bench) -> None:
    first = await at.press()
    await at.answer(first.incident, "ada", "phone_gone")
    assert at.row("delivery", step="staff", person="ada")["state"] == "queued"
    assert ("inc1", "ada") not in at.desk.answered


async def test_the_same_answer_twice_is_one(at: Bench) -> None:
    first = await at.press()
    assert await at.answer(first.incident, "ada")
    at._numbers = iter([2])  # the id of the answer before
    assert not await at.answer(first.incident, "ada")
    assert len(at.rows("answer")) == 1


async def test_need_help_opens_a_task_and_satisfies_nothing(at: Bench) -> None:
    first = await at.press()
    await at.settle()
    for person in ("ada", "ben"):
        await at.answer(first.incident, person)
    await at.answer(first.incident, "cyd", "need_help")
    task = at.row("task", kind="need_help")
    assert (task["state"], task["subject"], task["owner"]) == ("open", "r2", None)
    assert at.steps(first.incident)["staff"] == "running"
    await at.answer(first.incident, "cyd", "safe")
    assert at.steps(first.incident)["staff"] == "satisfied"
    assert at.row("task", kind="need_help")["state"] == "open"
    assert "Now says: safe" in at.row("task", kind="need_help")["text"]


async def test_an_unreadable_text_is_kept_as_to_check(at: Bench) -> None:
    first = await at.press()
    await at.answer(first.incident, "ada", "need_help", certain=False, text="hg")
    assert at.row("answer")["check_it"] == 1
    assert "could not be read" in at.row("task", kind="need_help")["text"]


async def test_asking_for_help_again_neither_takes_the_task_away_nor_stops_its_clock(at: Bench) -> None:
    first = await at.press()
    await at.answer(first.incident, "ada", "need_help", text="hurt")
    task = at.row("task", kind="need_help")
    with at.ledger.writer.lock:
        at.ledger.writer.db.execute("update task set state = 'taken', owner = 'u-ben', owner_name = 'Ben'")
    at.clock.time += 60
    await at.answer(first.incident, "ada", "need_help", text="bleeding")
    again = at.row("task", kind="need_help")
    assert (again["state"], again["owner"], again["at"]) == ("taken", "u-ben", task["at"])
    assert "hurt" in again["text"]
    assert "bleeding" in again["text"]


async def test_a_task_that_was_done_opens_again(at: Bench) -> None:
    first = await at.press()
    await at.answer(first.incident, "ada", "need_help")
    with at.ledger.writer.lock:
        at.ledger.writer.db.execute("update task set state = 'done'")
    await at.answer(first.incident, "ada", "need_help")
    assert at.row("task", kind="need_help")["state"] == "open"


async def test_one_persons_safe_does_not_cover_anothers_need_of_help_in_a_room(at: Bench) -> None:
    first = await at.press()
    await at.answer(first.incident, "ada", "need_help")
    await at.answer(first.incident, "ben", "safe")
    assert at.row("room", id="r1")["state"] == "need_help"
    await at.answer(first.incident, "ada", "safe")
    assert at.row("room", id="r1")["state"] == "secured"


async def test_a_room_answers_by_its_card(at: Bench) -> None:
    first = await at.press()
    await at.settle()
    await at.answer(first.incident, "card", room="r1")
    assert at.row("room", id="r1")["state"] == "secured"
    assert at.row("answer")["person"] is None
    await at.answer(first.incident, "cyd")
    assert at.steps(first.incident)["staff"] == "satisfied"
