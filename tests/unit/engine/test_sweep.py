"""A look that was missed is made up for, and an incident at rest costs few looks."""

import pytest

from notifier.engine.sweep import QUIET_ROUNDS, Sweep
from notifier.model.events import EventKind
from notifier.model.facts import Event


def event(incident: str | None) -> Event:
    return Event("desk", 1, 0.0, "", EventKind.NOTE, "site", incident, {}, ())


def test_an_incident_that_was_never_looked_at_is_due_in_every_round() -> None:
    sweep = Sweep()
    assert [sweep.due(["a"]) for _ in range(3)] == [["a"]] * 3


def test_one_at_rest_is_looked_at_every_half_minute() -> None:
    sweep = Sweep()
    with sweep.look("a"):
        pass
    rounds = [sweep.due(["a", "b"]) for _ in range(QUIET_ROUNDS)]
    assert rounds == [["b"]] * (QUIET_ROUNDS - 1) + [["a", "b"]]


def test_whatever_happens_to_it_makes_it_due_again_also_during_its_look() -> None:
    sweep = Sweep()
    with sweep.look("a"):
        sweep.heard([event(None), event("a")])
    assert sweep.due(["a"]) == ["a"]


def test_a_look_that_failed_is_made_again_in_the_next_round() -> None:
    sweep = Sweep()
    with pytest.raises(OSError, match="gone"), sweep.look("a"):
        raise OSError("gone")
    assert sweep.due(["a"]) == ["a"]


def test_nothing_is_kept_of_an_incident_that_is_over() -> None:
    sweep = Sweep()
    with sweep.look("a"):
        pass
    assert sweep.due([]) == []
    assert sweep.due(["a"]) == ["a"]
