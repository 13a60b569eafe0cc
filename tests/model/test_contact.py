"""What contacts prove of a door, and what nothing proves."""

import pytest

from notifier.model.contact import reading_of, relay_for
from notifier.model.door import Leaf, Lock
from notifier.model.site import Door, LeafBy, SensedBy


def door(**written: object) -> Door:
    return Door.model_validate(
        {
            "id": "d7",
            "zone": "north",
            "side": "interior",
            "driver": "shelly_gen2",
            "address": "http://10.0.0.17",
            **written,
        }
    )


@pytest.mark.parametrize(("secured_when", "locks", "opens"), [("relay_on", True, False), ("relay_off", False, True)])
def test_the_site_file_says_which_output_locks(secured_when: str, locks: bool, opens: bool) -> None:
    wired = door(secured_when=secured_when)
    assert relay_for(wired, secured=True) is locks
    assert relay_for(wired, secured=False) is opens


@pytest.mark.parametrize("relay_on", [True, False, None])
@pytest.mark.parametrize(
    ("secured_is", "state", "lock"),
    [
        (True, True, Lock.SECURED),
        (True, False, Lock.UNSECURED),
        (False, False, Lock.SECURED),
        (False, True, Lock.UNSECURED),
        (True, None, Lock.UNKNOWN),
        (False, None, Lock.UNKNOWN),
    ],
)
def test_the_contact_alone_says_what_the_lock_is(
    relay_on: bool | None, secured_is: bool, state: bool | None, lock: Lock
) -> None:
    sensed = door(sensed_by=SensedBy(input=2, secured_is=secured_is))
    assert reading_of(sensed, relay_on, {2: state, 0: True}).lock is lock


def test_without_a_contact_nobody_knows_and_it_says_so() -> None:
    reading = reading_of(door(), True, {0: True})
    assert (reading.lock, reading.leaf, reading.relay_on) == (Lock.UNKNOWN, Leaf.UNKNOWN, True)
    assert reading.detail == "relay on, no contact senses the lock"


@pytest.mark.parametrize(
    ("closed_is", "state", "leaf"),
    [(True, True, Leaf.CLOSED), (True, False, Leaf.OPEN), (False, False, Leaf.CLOSED), (True, None, Leaf.UNKNOWN)],
)
def test_the_leaf_has_a_contact_of_its_own(closed_is: bool, state: bool | None, leaf: Leaf) -> None:
    assert reading_of(door(leaf_by=LeafBy(input=1, closed_is=closed_is)), None, {1: state}).leaf is leaf
