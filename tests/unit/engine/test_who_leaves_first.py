"""On a slow sender the order decides who hears in time: police first, then those inside, then everybody else."""

import pytest

from notifier.engine.audience import priority_of
from notifier.engine.deliveries import EMERGENCY_ONLY
from notifier.model.people import Person

POLICE = Person("officer", "Officer", "oak", roles=frozenset({"police"}), on_site=False)
STAFF = Person("ada", "Ada", "oak")
GUARDIAN = Person("gus", "Gus", "oak", on_site=False)


def live(person: Person, *, escalation: bool = False) -> int:
    return priority_of(person, escalation=escalation, drill=False)


def test_police_leave_before_staff_and_staff_before_families() -> None:
    assert live(POLICE) < live(STAFF) < live(GUARDIAN)


def test_an_escalation_leaves_as_early_as_police() -> None:
    assert live(GUARDIAN, escalation=True) == live(POLICE)


@pytest.mark.parametrize("person", [POLICE, STAFF, GUARDIAN])
def test_a_drill_leaves_after_everything_live_and_outside_the_reserve(person: Person) -> None:
    assert priority_of(person, escalation=True, drill=True) > max(EMERGENCY_ONLY, live(GUARDIAN))
