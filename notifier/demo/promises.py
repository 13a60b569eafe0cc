"""Which promises of the story did not hold. Pure: facts in, sentences out; no sentence means that all held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from notifier.demo.facts import Facts


def failed_promises(facts: Facts) -> list[str]:
    """One sentence for each promise that was not kept, naming what or whom."""
    return [text for promise in PROMISES for text in promise(facts)]


def _story_came_about(facts: Facts) -> Iterator[str]:
    yield from facts.mishaps


def _doors_are_told_at_once(facts: Facts) -> Iterator[str]:
    if facts.first_door_ms is None:
        yield "No door was ever told to lock."


def _healthy_doors_are_secured_and_said_so(facts: Facts) -> Iterator[str]:
    healthy = [door for door in facts.doors if not door.fault]
    if not healthy:
        yield "No healthy door was seen at all."
    for door in healthy:
        if not door.holds:
            yield f"{door.title} is well and does not hold."
        if door.reported != "secured":
            yield f"{door.title} is well and is reported as {door.reported}."


def _nothing_is_called_secured_that_is_not(facts: Facts) -> Iterator[str]:
    for door in facts.doors:
        if door.reported == "secured" and not door.holds:
            yield f"{door.title} is reported as secured and does not hold."


def _broken_doors_are_named_and_somebody_knows(facts: Facts) -> Iterator[str]:
    broken = [door for door in facts.doors if door.fault]
    if not broken:
        yield "No broken door was seen, so nothing shows that one would be named."
    for door in broken:
        if not door.named:
            yield f"{door.title} is {door.fault} and is not named as NOT secured."
        if not door.told:
            yield f"{door.title} is {door.fault} and no person was told."


def _no_door_is_ever_unlocked(facts: Facts) -> Iterator[str]:
    for door in sorted(set(facts.unlock_commands)):
        yield f"Door {door} was told to unlock."


def _the_page_is_heard_everywhere(facts: Facts) -> Iterator[str]:
    if not facts.packets:
        yield "No speaker heard a page."
    for group in sorted(facts.groups - facts.groups_heard):
        yield f"The speakers of {group} heard nothing."


def _everybody_is_reached(facts: Facts) -> Iterator[str]:
    yield from _named(
        [person.name for person in facts.people if person.reachable and not person.alerts],
        "can be reached and got no message",
    )
    if not any(person.alerts for person in facts.people):
        yield "Nobody got a message."


def _answers_are_shown_as_they_were_given(facts: Facts) -> Iterator[str]:
    for person in facts.people:
        if person.said != person.shown:
            said, shown = person.said or "nothing", person.shown or "no answer"
            yield f"{person.name} said {said} and is shown with {shown}."


def _silent_rooms_are_escalated(facts: Facts) -> Iterator[str]:
    told = facts.escalation
    if told is None:
        yield "No escalation came for the silent rooms."
        return
    if not told.silent:
        yield "No room was silent, so nothing shows that one would be escalated."
    for room in sorted(told.silent - told.rooms):
        yield f"Room {room} was silent and was not named in the escalation."
    if not told.told:
        yield "The escalation is on nobody's phone."


def _rooms_that_answered_are_not_escalated(facts: Facts) -> Iterator[str]:
    if facts.escalation is not None:
        for room in sorted(facts.escalation.rooms & facts.escalation.answered):
            yield f"Room {room} had answered and was named as silent."


def _rooms_are_released_before_the_closing_message(facts: Facts) -> Iterator[str]:
    if not facts.occupied:
        yield "No room was occupied, so nothing shows that rooms are released."
    for room in sorted(facts.occupied - facts.released):
        yield f"Room {room} was never released."
    if facts.last_release is not None and facts.first_word_of_the_end is not None:
        early = facts.last_release - facts.first_word_of_the_end
        if early > 0:
            yield f"The closing message came {early:.1f} s before the last room was released."


def _the_end_takes_two_people(facts: Facts) -> Iterator[str]:
    if not facts.all_clear:
        yield "The all-clear was never given."
    pairs = [approval for approval in facts.approvals if approval.what == "all_clear"]
    if facts.all_clear and not any(one.first and one.second and one.first != one.second for one in pairs):
        yield "The all-clear was given without two different people."


def _everybody_alerted_is_told_of_the_end(facts: Facts) -> Iterator[str]:
    yield from _named(
        [person.name for person in facts.people if person.alerts and not person.told_of_the_end],
        "was alerted and never told that it is over",
    )
    yield from _named(
        [person.name for person in facts.people if person.ends_by_one_way > 1],
        "was told of the end more than once the same way",
    )
    if not facts.closed:
        yield "The incident never closed."


def _somebody_outside_has_it(facts: Facts) -> Iterator[str]:
    if facts.hand_off not in ("accepted", "on_scene"):
        yield f"Dispatch never accepted: the hand-off ended as {facts.hand_off or 'unknown'}."


def _the_record_holds(facts: Facts) -> Iterator[str]:
    if not facts.ledger_checked:
        yield "The record was not verified."
    yield from facts.ledger_findings


def _named(names: Sequence[str], what: str) -> Iterator[str]:
    """One sentence for many people."""
    if names:
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        yield f"{shown} {what}."


PROMISES: tuple[Callable[[Facts], Iterator[str]], ...] = (
    _story_came_about,
    _doors_are_told_at_once,
    _healthy_doors_are_secured_and_said_so,
    _nothing_is_called_secured_that_is_not,
    _broken_doors_are_named_and_somebody_knows,
    _no_door_is_ever_unlocked,
    _the_page_is_heard_everywhere,
    _everybody_is_reached,
    _answers_are_shown_as_they_were_given,
    _silent_rooms_are_escalated,
    _rooms_that_answered_are_not_escalated,
    _rooms_are_released_before_the_closing_message,
    _the_end_takes_two_people,
    _everybody_alerted_is_told_of_the_end,
    _somebody_outside_has_it,
    _the_record_holds,
)
