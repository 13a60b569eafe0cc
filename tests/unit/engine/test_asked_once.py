"""What is asked once in a transaction must never be an answer that the transaction itself has made old."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from notifier.engine.asked_once import BY_KEY, SPOILED_BY, asked_once
from notifier.ledger.named_queries import load_queries
from notifier.ledger.tables import KEYS
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row

READS = {"door": "doors_of_site", "answer": "answers_of_incident", "room": "rooms_of_incident"}


def driven(body: Body[list[object]]) -> tuple[list[object], int]:
    """(what it returned, how often the store was asked); each answer of the store is a new number."""
    asked, answer = 0, None
    try:
        while True:
            said = next(body) if answer is None else body.send(answer)
            answer = ()
            if isinstance(said, Ask):
                asked += 1
                answer = [{"n": asked}]
    except StopIteration as stop:
        return stop.value, asked


def asking(*said: Ask | Fact) -> Body[list[object]]:
    heard = []
    for each in said:
        rows = yield each
        if isinstance(each, Ask):
            heard.append(rows[0]["n"])
    return heard


def wrote(*rows: Row) -> Fact:
    return Fact(EventKind.NOTE, "s", "i", {}, rows)


DOORS = Ask("doors_of_site", {"site": "s"})


def test_the_same_question_is_asked_once() -> None:
    assert driven(asked_once(asking(DOORS, DOORS, DOORS))) == ([1, 1, 1], 1)


def test_other_arguments_are_another_question() -> None:
    assert driven(asked_once(asking(DOORS, Ask("doors_of_site", {"site": "t"}), DOORS))) == ([1, 2, 1], 2)


@pytest.mark.parametrize(("table", "query"), READS.items())
def test_whatever_is_written_to_what_it_read_makes_it_ask_again(table: str, query: str) -> None:
    question = Ask(query, {"site": "s"})
    assert driven(asked_once(asking(question, wrote(Row(table, {"id": "x"})), question))) == ([1, 2], 2)
    assert driven(asked_once(asking(question, wrote(Row("note", {"id": "x"})), question))) == ([1, 1], 1)


def test_an_escalation_s_messages_do_not_change_who_was_asked_but_a_step_s_do() -> None:
    people = Ask("people_of_step", {"step": "a"})
    told, asked = Row("delivery", {"level": 1}, new=True), Row("delivery", {"level": 0}, new=True)
    assert driven(asked_once(asking(people, wrote(told), people)))[1] == 1
    assert driven(asked_once(asking(people, wrote(asked), people)))[1] == 2


TIMER = Ask("lock_timer", {"site": "s", "id": "t"})


def told(row: dict[str, object], *said: Ask | Fact) -> tuple[list[object], int]:
    """(what each question heard of the row's state, how often the store was asked, which always says `row`)."""

    def asking() -> Body[list[object]]:
        heard = []
        for each in said:
            rows = yield each
            if isinstance(each, Ask):
                heard.append(rows[0]["state"])
        return heard

    asked, body = 0, asked_once(asking())
    try:
        question = next(body)
        while True:
            asked += isinstance(question, Ask)
            question = body.send([row] if isinstance(question, Ask) else ())
    except StopIteration as stop:
        return stop.value, asked


def test_a_row_asked_for_by_its_key_is_as_the_body_left_it_without_asking_again() -> None:
    fired = wrote(Row("timer", {"site": "s", "id": "t", "state": "fired"}))
    other = wrote(Row("timer", {"site": "s", "id": "u", "state": "fired"}))
    waiting: dict[str, object] = {"site": "s", "id": "t", "state": "waiting"}
    assert told(waiting, TIMER, other, TIMER) == (["waiting", "waiting"], 1)
    assert told(waiting, TIMER, fired, TIMER) == (["waiting", "fired"], 1)


def test_a_row_written_anew_or_with_more_than_plain_values_is_asked_for_again() -> None:
    anew = wrote(Row("timer", {"site": "s", "id": "t", "state": "fired"}, new=True))
    nested = wrote(Row("timer", {"site": "s", "id": "t", "data": {"nth": 2}}))
    waiting: dict[str, object] = {"site": "s", "id": "t", "state": "waiting"}
    assert told(waiting, TIMER, anew, TIMER)[1] == 2
    assert told(waiting, TIMER, nested, TIMER)[1] == 2


def test_one_question_for_all_due_timers_answers_the_question_for_each() -> None:
    waiting: dict[str, object] = {"site": "s", "id": "t", "state": "waiting"}
    every = Ask("lock_due_timers", {"site": "s", "now": 1.0, "limit": 9})
    assert told(waiting, every, TIMER) == (["waiting", "waiting"], 1)


def test_what_is_asked_for_by_key_is_one_whole_row_of_its_table() -> None:
    queries = load_queries()
    for query, (table, key) in BY_KEY.items():
        assert queries[query].sql == f"select * from {table} where " + " and ".join(f"{name} = :{name}" for name in key)
        assert KEYS[table] == key


@pytest.mark.parametrize("query", SPOILED_BY)
def test_every_table_that_a_remembered_query_reads_spoils_it(query: str) -> None:
    folder = resources.files("notifier.ledger") / "queries"
    text = "\n".join(path.read_text() for path in folder.iterdir() if path.name.endswith(".sql"))
    body = re.search(rf"-- name: {query}\n(.*?)(?=\n-- name:|\Z)", text, re.DOTALL)
    assert body is not None
    statement = re.sub(r"--.*", "", body[1])
    tables = re.findall(r"(?:from|join)\s+(\w+)", statement)
    assert tables
    for table in tables:
        assert SPOILED_BY[query](Row(table, {"id": "x"})), f"{query} reads {table}"
