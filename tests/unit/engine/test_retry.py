"""What becomes of a message after an attempt: another sender at once, a pause, the next address, never for ever."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.engine.retry import BACKOFF, OTHER_SENDER, after_try_again, after_unknown, after_will_not_work
from notifier.errors import Reason
from notifier.model.delivery import DeliveryWord

RETRY, FAIL, LOSE = DeliveryWord.RETRY, DeliveryWord.FAIL, DeliveryWord.LOSE


def again(
    attempt: int, senders: tuple[str, ...] = ("a",), age: float = 0.0, asked: float | None = None, lane: str = "a"
):
    return after_try_again(lane=lane, senders=senders, attempt=attempt, age=age, give_up_after=600, asked_to_wait=asked)


def test_the_next_sender_is_tried_at_once() -> None:
    decision = again(1, ("a", "b"))
    assert (decision.word, decision.lane, decision.wait) == (RETRY, "b", 0.0)


def test_every_sender_has_had_two_turns_before_anybody_waits() -> None:
    lane, seen = "a", []
    for attempt in itertools.count(1):
        decision = again(attempt, ("a", "b", "c"), lane=lane)
        if decision.lane is None:
            break
        lane = decision.lane
        seen.append(lane)
    assert seen == ["b", "c", "a", "b", "c"]
    assert decision.wait > 0


def test_one_sender_alone_is_tried_again_after_growing_pauses() -> None:
    waits = [again(attempt).wait for attempt in range(1, 9)]
    assert waits == sorted(waits)
    assert waits[:2] == list(BACKOFF[:2])
    assert waits[-1] == waits[-2] == BACKOFF[-1]


@pytest.mark.parametrize(("asked", "wait"), [(None, 1.0), (0.1, 1.0), (7.0, 7.0), (86_400.0, 60.0)])
def test_a_provider_that_asks_for_time_gets_it_within_reason(asked: float | None, wait: float) -> None:
    assert again(1, asked=asked).wait == wait


def test_a_message_that_is_no_use_any_more_goes_to_the_next_address() -> None:
    assert again(9, age=580.0).word is FAIL
    assert again(9, age=500.0).word is RETRY


@pytest.mark.parametrize("reason", list(Reason))
def test_another_sender_is_tried_only_where_the_fault_is_the_senders(reason: Reason) -> None:
    decision = after_will_not_work(lane="a", senders=("a", "b"), attempt=1, reason=reason)
    lies_with_the_address = reason in {Reason.BAD_ADDRESS, Reason.OPTED_OUT, Reason.TOO_LATE, Reason.NOT_SUPPORTED}
    assert (decision.word is FAIL) is lies_with_the_address
    assert (reason in OTHER_SENDER) is not lies_with_the_address


@pytest.mark.parametrize("reason", list(Reason))
def test_with_one_sender_what_will_not_work_fails(reason: Reason) -> None:
    assert after_will_not_work(lane="a", senders=("a",), attempt=1, reason=reason).word is FAIL


def test_an_unknown_outcome_is_asked_about_where_the_provider_can_say() -> None:
    assert after_unknown(askable=True, attempt=1, age=0, give_up_after=600).word is LOSE
    assert after_unknown(askable=False, attempt=1, age=0, give_up_after=600).word is RETRY
    assert after_unknown(askable=False, attempt=1, age=601, give_up_after=600).word is FAIL


@given(st.integers(1, 6), st.floats(0, 100) | st.none(), st.floats(1, 1200))
def test_no_message_is_tried_for_ever(senders: int, asked: float | None, give_up_after: float) -> None:
    names = tuple("abcdef"[:senders])
    lane, age = "a", 0.0
    for attempt in range(1, 2000):
        decision = after_try_again(
            lane=lane, senders=names, attempt=attempt, age=age, give_up_after=give_up_after, asked_to_wait=asked
        )
        if decision.word is FAIL:
            return
        lane, age = decision.lane or lane, age + decision.wait
        assert age <= give_up_after
    raise AssertionError("it never gave up")


@given(st.sampled_from(sorted(OTHER_SENDER)), st.integers(1, 6))
def test_senders_that_all_refuse_are_not_asked_for_ever(reason: Reason, senders: int) -> None:
    names = tuple("abcdef"[:senders])
    lane = "a"
    for attempt in range(1, 2 * senders + 2):
        decision = after_will_not_work(lane=lane, senders=names, attempt=attempt, reason=reason)
        if decision.word is FAIL:
            return
        lane = decision.lane or lane
    raise AssertionError("it never gave up")
