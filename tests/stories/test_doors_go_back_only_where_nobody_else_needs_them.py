"""Only a written step or a responder opens a lock, and never one that another live incident holds."""

from notifier.testing.schools import bend, small_school
from notifier.testing.story import Story, story

RESTORES = bend(
    small_school(),
    "playbooks/lockdown.yaml",
    (
        "all_clear:\n  - id: page",
        "all_clear:\n  - id: doors\n    restore_doors: {doors: [all], within: 10s}\n  - id: page",
    ),
)


def told(text: str) -> str:
    return (
        "  - id: staff\n    notify:\n      to: [group:staff]\n      by: [push, sms]\n      purpose: emergency\n"
        f'      message: {{en: "{{{{site}}}}: {text} {{{{incident}}}}", es: "{{{{site}}}}: {text} {{{{incident}}}}"}}\n'
    )


SHELTER = f"""
playbook: shelter
title: Shelter
action: shelter
severity: severe
steps:
  - id: lock
    secure_doors: {{doors: [side:interior], within: 5s}}
{told("Shelter.")}
all_clear:
  - id: doors
    restore_doors: {{doors: [side:interior], within: 10s}}
{told("Shelter is over.")}
correction:
{told("Shelter was a mistake.")}
"""
BOTH = {**RESTORES, "playbooks/shelter.yaml": SHELTER.encode()}


async def ends(campus: Story, incident: str = "") -> None:
    campus.incident = incident or campus.incident
    await campus.person("kim").asks_all_clear()
    await campus.person("ada").approves()
    if campus.row()["state"] == "releasing":
        await campus.person("kim").releases("r1", "r2", "desk")


async def test_interior_doors_go_back_to_what_they_were_and_exterior_ones_wait_for_a_second_word() -> None:
    async with story(RESTORES) as campus:
        await campus.advance("5s")
        await campus.press("front-office")
        await campus.advance("30s")
        await ends(campus)
        await campus.advance("20s")
        campus.door("d7").is_unlocked().is_known_as("unsecured")
        campus.door("d1").is_secured()
        campus.door("d2").is_secured()
        await campus.person("Ada").approves_step("_exterior:doors")
        await campus.advance("20s")
        campus.door("d1").is_unlocked()
        campus.is_("closed")


async def test_a_door_that_was_locked_before_stays_locked() -> None:
    async with story(RESTORES) as campus:
        door = campus.door("d7")
        door.model.turn_key(door.now, lock=True)
        await campus.advance("35s")
        await campus.press("front-office")
        await campus.advance("30s")
        await ends(campus)
        await campus.advance("20s")
        door.is_secured().was_never_told_to_unlock()
        campus.door("d8").is_unlocked()


async def test_one_incidents_end_leaves_the_doors_that_another_holds() -> None:
    async with story(BOTH) as campus:
        await campus.advance("5s")
        shelter = await campus.press("gate", playbook="shelter")
        await campus.advance("20s")
        lockdown = await campus.press("front-office")
        assert lockdown.incident != shelter.incident
        await campus.advance("20s")
        await ends(campus, shelter.incident)
        await campus.advance("30s")
        campus.is_("closed", shelter.incident)
        for door in ("d7", "d8"):
            campus.door(door).is_secured().was_never_told_to_unlock()


async def test_so_it_is_the_other_way_round() -> None:
    async with story(BOTH) as campus:
        await campus.advance("5s")
        lockdown = await campus.press("front-office")
        await campus.advance("20s")
        shelter = await campus.press("gate", playbook="shelter")
        await campus.advance("20s")
        await ends(campus, shelter.incident)
        await campus.advance("30s")
        campus.is_("closed", shelter.incident)
        campus.is_("active", lockdown.incident)
        for door in ("d7", "d8"):
            campus.door(door).is_secured().was_never_told_to_unlock()


async def test_the_last_to_end_brings_them_back_to_before_the_first() -> None:
    async with story(BOTH) as campus:
        await campus.advance("5s")
        shelter = await campus.press("gate", playbook="shelter")
        await campus.advance("20s")
        lockdown = await campus.press("front-office")
        await campus.advance("20s")
        await ends(campus, shelter.incident)
        await campus.advance("30s")
        await ends(campus, lockdown.incident)
        await campus.advance("30s")
        campus.door("d7").is_unlocked()
        campus.door("d8").is_unlocked()


async def test_a_recall_and_a_restart_never_unlock() -> None:
    async with story(RESTORES) as campus:
        await campus.advance("5s")
        await campus.press("front-office")
        await campus.advance("20s")
        await campus.restarts()
        await campus.advance("10s")
        await campus.person("kim").asks_recall()
        await campus.person("ada").approves()
        await campus.advance("1m")
        campus.is_("closed")
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured().was_never_told_to_unlock()
