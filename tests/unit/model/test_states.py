"""Tables of moves: what is not in one is refused and changes nothing; every state is reached and every word is used."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import notifier.model
from notifier.errors import IllegalMove
from notifier.model.delivery import DELIVERY_MOVES, DeliveryState, DeliveryWord, later_news
from notifier.model.door import Lock
from notifier.model.incident import OPEN, IncidentState, IncidentWord, RoomState, RoomWord
from notifier.model.machines import MACHINES, Machine
from notifier.model.states import State
from notifier.model.step import OVER, StepState

NAMES = [machine.name for machine in MACHINES]
machines = pytest.mark.parametrize("machine", MACHINES, ids=NAMES)


@machines
def test_every_listed_move_lands_where_the_table_says(machine: Machine) -> None:
    for (state, word), to in machine.moves.items():
        assert machine.move(state, word) is to


@machines
def test_every_other_move_is_refused_in_words_and_changes_nothing(machine: Machine) -> None:
    before = dict(machine.moves)
    for state in machine.states:
        for word in machine.words:
            if (state, word) not in machine.moves:
                with pytest.raises(IllegalMove, match=f"is {state} cannot take '{word}'"):
                    machine.move(state, word)
    assert dict(machine.moves) == before


@machines
def test_a_refusal_names_what_would_be_allowed(machine: Machine) -> None:
    for state in machine.states:
        allowed = sorted(str(word) for at, word in machine.moves if at is state) or ["nothing"]
        refused = [word for word in machine.words if (state, word) not in machine.moves]
        for word in refused[:1]:
            with pytest.raises(IllegalMove) as said:
                machine.move(state, word)
            assert str(said.value).endswith(f"it can take {', '.join(allowed)}.")


@machines
def test_every_state_is_reached_from_the_first_and_every_word_is_used(machine: Machine) -> None:
    reached = {machine.begins}
    for _step in machine.states:
        reached |= {to for (state, _word), to in machine.moves.items() if state in reached}
    assert reached == set(machine.states)
    assert {word for _state, word in machine.moves} == set(machine.words)


@machines
def test_every_state_has_a_sentence_of_its_own(machine: Machine) -> None:
    sentences = [state.sentence for state in machine.states]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith(".") and len(sentence) > 10 for sentence in sentences)


@given(st.sampled_from(MACHINES), st.lists(st.integers(0, 50), max_size=30))
def test_whatever_is_said_in_whatever_order_the_state_is_one_of_the_table(machine: Machine, said: list[int]) -> None:
    state = machine.begins
    for number in said:
        word = machine.words[number % len(machine.words)]
        before = state
        try:
            state = machine.move(state, word)
        except IllegalMove:
            assert state is before
        assert state in machine.states


def tables() -> Iterator[object]:
    for module in pkgutil.iter_modules(notifier.model.__path__):
        names = vars(importlib.import_module(f"notifier.model.{module.name}"))
        yield from (value for name, value in names.items() if name.endswith("_MOVES"))


def test_no_table_of_moves_is_left_out() -> None:
    assert {id(table) for table in tables()} == {id(machine.moves) for machine in MACHINES}


# ------------------------------------------------------------------------------------------------- what they promise

ORDER = [DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ]
REPORTED = [DeliveryWord.ACCEPTED, DeliveryWord.DELIVERED, DeliveryWord.READ, DeliveryWord.FAIL]


@given(st.lists(st.sampled_from(REPORTED), max_size=12), st.sampled_from(list(DeliveryState)))
def test_later_news_never_moves_a_delivery_back(reports: list[DeliveryWord], state: DeliveryState) -> None:
    for word in reports:
        new = later_news(state, word)
        if new is None:
            continue
        if state in ORDER and new in ORDER:
            assert ORDER.index(new) > ORDER.index(state)
        else:
            assert new is DeliveryState.FAILED or state is DeliveryState.UNKNOWN
        state = new


@pytest.mark.parametrize("over", ["failed", "recalled", "moot", "expired", "read"])
@pytest.mark.parametrize("word", list(DeliveryWord))
def test_a_delivery_that_is_over_takes_no_word_any_more(over: str, word: DeliveryWord) -> None:
    assert later_news(DeliveryState(over), word) is None


def test_what_was_delivered_cannot_fail_and_what_was_only_sent_can() -> None:
    assert later_news(DeliveryState.DELIVERED, DeliveryWord.FAIL) is None
    assert later_news(DeliveryState.SENT, DeliveryWord.FAIL) is DeliveryState.FAILED


def test_news_is_nothing_that_the_table_does_not_know() -> None:
    for state in DeliveryState:
        for word in DeliveryWord:
            assert later_news(state, word) == DELIVERY_MOVES.get((state, word))


def words_of(machine: str, state: State) -> set[str]:
    (found,) = [each for each in MACHINES if each.name == machine]
    return {str(word) for at, word in found.moves if at is state}


def test_a_closed_incident_takes_no_word_and_every_open_one_has_a_way_on() -> None:
    assert set(OPEN) == set(IncidentState) - {IncidentState.CLOSED}
    assert words_of("Incident", IncidentState.CLOSED) == set()
    assert all(words_of("Incident", state) for state in OPEN)


def test_danger_returns_from_every_stage_of_an_ending() -> None:
    for state in (IncidentState.RELEASING, IncidentState.CLOSING):
        assert str(IncidentWord.DANGER_RETURNS) in words_of("Incident", state)


def test_a_lockdown_does_not_close_from_active_by_a_message_alone() -> None:
    """From active an all-clear leads to releasing; only a recall, a mistake or the end of a drill to closing."""
    assert words_of("Incident", IncidentState.ACTIVE) == {"all_clear", "recall", "mistake", "overtaken", "stop_drill"}


def test_a_released_room_is_not_taken_back_by_a_late_safe() -> None:
    (room,) = [each for each in MACHINES if each.name == "Room"]
    with pytest.raises(IllegalMove):
        room.move(RoomState.RELEASED, RoomWord.SAFE)
    assert room.move(RoomState.RELEASED, RoomWord.NEED_HELP) is RoomState.NEED_HELP


def test_a_lock_that_says_nothing_is_unknown_from_every_state() -> None:
    (lock,) = [each for each in MACHINES if each.name == "Lock"]
    assert {lock.move(state, lock.words[-1]) for state in Lock} == {Lock.UNKNOWN}


def test_over_means_that_nothing_of_a_first_round_is_left() -> None:
    assert set(OVER) == set(StepState) - {StepState.WAITING, StepState.RUNNING}
