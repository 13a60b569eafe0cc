"""Each promise of the demo can fail: a story in which all held, bent in one place, names that place."""

from dataclasses import replace
from typing import Any

import pytest

from notifier.demo.facts import Approval, DoorFact, EscalationFact, Facts, PersonFact
from notifier.demo.promises import PROMISES, failed_promises

WELL = DoorFact("d1", "Door 1 Main")
JAMMED = DoorFact("d2", "Door 2 Side", "jammed", False, "unsecured", True, ("Officer Brandt",))
ADA = PersonFact("ada", "Ada", said="safe", shown="safe")
BEN = PersonFact("ben", "Ben")
ESCALATION = EscalationFact(frozenset({"r2"}), frozenset({"r2"}), frozenset({"r1"}), ("Officer Brandt",))

HELD = Facts(
    incident="i",
    first_door_ms=2.5,
    doors=(WELL, JAMMED),
    people=(ADA, BEN),
    packets=900,
    groups=frozenset({"239.255.0.1:5004"}),
    groups_heard=frozenset({"239.255.0.1:5004"}),
    escalation=ESCALATION,
    occupied=frozenset({"r1", "r2"}),
    released=frozenset({"r1", "r2"}),
    last_release=50.0,
    first_word_of_the_end=50.4,
    approvals=(Approval("all_clear", "Brandt", "Ada"),),
    all_clear=True,
    closed=True,
    hand_off="accepted",
    ledger_checked=True,
)

BENT: dict[str, tuple[dict[str, Any], str]] = {
    "the story broke off": ({"mishaps": ("It did not come.",)}, "It did not come."),
    "no door was told": ({"first_door_ms": None}, "No door was ever told to lock."),
    "a healthy door does not hold": (
        {"doors": (replace(WELL, holds=False, reported="unsecured"), JAMMED)},
        "Door 1 Main is well and does not hold.",
    ),
    "a healthy door is not reported": (
        {"doors": (replace(WELL, reported="unknown"), JAMMED)},
        "Door 1 Main is well and is reported as unknown.",
    ),
    "a broken door is called secured": (
        {"doors": (WELL, replace(JAMMED, reported="secured"))},
        "Door 2 Side is reported as secured and does not hold.",
    ),
    "a broken door is not named": (
        {"doors": (WELL, replace(JAMMED, named=False))},
        "Door 2 Side is jammed and is not named as NOT secured.",
    ),
    "nobody hears of a broken door": (
        {"doors": (WELL, replace(JAMMED, told=()))},
        "Door 2 Side is jammed and no person was told.",
    ),
    "a door is unlocked": ({"unlock_commands": ("d1", "d1")}, "Door d1 was told to unlock."),
    "no page is heard": ({"packets": 0}, "No speaker heard a page."),
    "a wing hears nothing": (
        {"groups_heard": frozenset[str]()},
        "The speakers of 239.255.0.1:5004 heard nothing.",
    ),
    "a person is left out": (
        {"people": (ADA, replace(BEN, alerts=0))},
        "Ben can be reached and got no message.",
    ),
    "an answer is lost": (
        {"people": (replace(ADA, shown=None), BEN)},
        "Ada said safe and is shown with no answer.",
    ),
    "a call for help is shown as safe": (
        {"people": (replace(ADA, said="need_help"), BEN)},
        "Ada said need_help and is shown with safe.",
    ),
    "an answer is invented": (
        {"people": (ADA, replace(BEN, shown="safe"))},
        "Ben said nothing and is shown with safe.",
    ),
    "nobody escalates": ({"escalation": None}, "No escalation came for the silent rooms."),
    "a silent room is forgotten": (
        {"escalation": replace(ESCALATION, silent=frozenset({"r2", "r3"}))},
        "Room r3 was silent and was not named in the escalation.",
    ),
    "the escalation reaches nobody": (
        {"escalation": replace(ESCALATION, told=())},
        "The escalation is on nobody's phone.",
    ),
    "a room that answered is called silent": (
        {"escalation": replace(ESCALATION, rooms=frozenset({"r1", "r2"}))},
        "Room r1 had answered and was named as silent.",
    ),
    "a room is not released": ({"released": frozenset({"r1"})}, "Room r2 was never released."),
    "the closing message comes too soon": (
        {"first_word_of_the_end": 48.0},
        "The closing message came 2.0 s before the last room was released.",
    ),
    "there is no all-clear": ({"all_clear": False}, "The all-clear was never given."),
    "one person ends it": (
        {"approvals": (Approval("all_clear", "Ada", "Ada"),)},
        "The all-clear was given without two different people.",
    ),
    "the end is not approved at all": (
        {"approvals": (Approval("step guardians", "the playbook", "Ada"),)},
        "The all-clear was given without two different people.",
    ),
    "somebody is left in fear": (
        {"people": (ADA, replace(BEN, told_of_the_end=False))},
        "Ben was alerted and never told that it is over.",
    ),
    "somebody is told twice": (
        {"people": (ADA, replace(BEN, ends_by_one_way=2))},
        "Ben was told of the end more than once the same way.",
    ),
    "it never closes": ({"closed": False}, "The incident never closed."),
    "dispatch never accepts": ({"hand_off": "told"}, "Dispatch never accepted: the hand-off ended as told."),
    "the record is not looked at": ({"ledger_checked": False}, "The record was not verified."),
    "the record is damaged": ({"ledger_findings": ("Event 7 was changed.",)}, "Event 7 was changed."),
}


def test_a_story_in_which_all_held_has_no_failed_promise() -> None:
    assert failed_promises(HELD) == []


@pytest.mark.parametrize(("change", "sentence"), BENT.values(), ids=BENT)
def test_a_promise_that_is_not_kept_is_named(change: dict[str, Any], sentence: str) -> None:
    assert sentence in failed_promises(replace(HELD, **change))


def test_every_promise_is_seen_to_fail_by_one_of_the_bent_stories() -> None:
    broken = {promise for change, _ in BENT.values() for promise in PROMISES if list(promise(replace(HELD, **change)))}
    assert broken == set(PROMISES)


def test_a_story_of_which_nothing_was_seen_keeps_no_promise_by_silence() -> None:
    failed = failed_promises(Facts())
    for sentence in (
        "No healthy door was seen at all.",
        "No broken door was seen, so nothing shows that one would be named.",
        "Nobody got a message.",
        "No escalation came for the silent rooms.",
        "No room was occupied, so nothing shows that rooms are released.",
    ):
        assert sentence in failed


def test_people_who_cannot_be_reached_are_no_broken_promise() -> None:
    assert failed_promises(replace(HELD, people=(ADA, replace(BEN, reachable=False, alerts=0)))) == []


def test_many_names_are_one_sentence() -> None:
    people = tuple(replace(BEN, id=str(n), name=f"P{n}", alerts=0) for n in range(9))
    failed = failed_promises(replace(HELD, people=(ADA, *people)))
    assert failed == ["P0, P1, P2 and 6 more can be reached and got no message."]
