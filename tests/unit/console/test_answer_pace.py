"""How often one answer link is listened to."""

from notifier.console.answer_pace import AnswerPace


def test_a_link_is_heard_freely_then_now_and_then() -> None:
    pace = AnswerPace(freely=3, again=10.0)
    assert [pace.wait("a", 100.0) for _ in range(5)] == [0.0, 0.0, 0.0, 10.0, 10.0]
    assert pace.wait("a", 104.0) == 6.0
    assert pace.wait("a", 110.0) == 0.0
    assert pace.wait("a", 110.0) == 10.0
    assert [pace.wait("a", 1000.0) for _ in range(4)] == [0.0, 0.0, 0.0, 10.0]


def test_one_link_costs_no_other_anything() -> None:
    pace = AnswerPace(freely=1)
    assert pace.wait("a", 0.0) == 0.0
    assert pace.wait("a", 0.0) > 0.0
    assert pace.wait("b", 0.0) == 0.0


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    pace = AnswerPace(freely=1, again=10.0)
    assert pace.wait("a", 100.0) == 0.0
    assert pace.wait("a", 50.0) == 10.0


def test_no_more_links_are_remembered_than_fit() -> None:
    pace = AnswerPace(freely=1, most=2)
    for link in ("a", "b", "c"):
        assert pace.wait(link, 0.0) == 0.0
    assert pace.wait("c", 0.0) > 0.0
    assert pace.wait("a", 0.0) == 0.0, "the oldest was forgotten"
