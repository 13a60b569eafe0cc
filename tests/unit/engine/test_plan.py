"""A plan says what would happen, to whom and how fast, and touches nothing."""

from typing import Any

import pytest

from notifier.engine.plan import OWN_LINK, plan_of
from notifier.errors import NotFound
from notifier.model.people import Person
from notifier.model.site import Door
from tests.unit.engine.bench import Bench, bench
from tests.unit.engine.school import LOCKDOWN_STEPS, PEOPLE, held, notify, playbook


def step(plan: Any, name: str, phase: str = "main") -> dict[str, Any]:
    (found,) = [each for each in plan["phases"][phase] if each["step"] == name]
    return dict(found)


@pytest.mark.parametrize("drill", [False, True])
async def test_a_plan_writes_nothing(at: Bench, drill: bool) -> None:
    before = at.snapshot()
    for name in at.desk.held.playbooks:
        plan_of(at.desk, name, "north", drill)
    assert at.snapshot() == before


async def test_it_shows_the_exterior_doors_that_join_by_themselves(at: Bench) -> None:
    plan = plan_of(at.desk, "lockdown", None, drill=False)
    assert step(plan, "_exterior")["doors"] == ["Door gate north", "Door yard south"]
    assert step(plan, "lock")["cannot_be_proven"] == ["Door d2 south"]
    assert any("Door d2 south has no sensor" in warning for warning in plan["warnings"])


class Relay:
    """What a plan asks of a driver."""

    needs_uplink = False

    @staticmethod
    def locks_down(door: Door) -> bool:
        return False


class Controller(Relay):
    """Locks every door but d1 by a mode."""

    @staticmethod
    def locks_down(door: Door) -> bool:
        return door.id != "d1"


async def test_doors_that_are_locked_down_and_never_let_out_are_named(at: Bench) -> None:
    at.desk.gear.door_drivers = {"relay": Controller()}  # type: ignore[assignment,dict-item]  # only these facts are asked
    back = {"id": "open", "restore_doors": {"doors": ["side:interior", "side:exterior"]}}
    for all_clear, stays, leaves in (
        ([back], [], ["Door d2 south", "Door gate north", "Door yard south"]),
        ([notify("over", ["group:staff"])], ["Door d2 south", "Door gate north", "Door yard south"], []),
    ):
        at.publish(held(playbook("lockdown", "lockdown", *LOCKDOWN_STEPS, all_clear=all_clear), version=2))
        plan = plan_of(at.desk, "lockdown", None, drill=False)
        warned = [text.partition(" is locked by")[0] for text in plan["warnings"] if "lockdown mode" in text]
        told = [each.get("leaves_lockdown", []) for each in plan["phases"]["all_clear"]]
        assert sorted(warned) == stays
        assert sorted(each for titles in told for each in titles) == leaves


async def test_doors_over_a_cloud_alone_are_named(at: Bench) -> None:
    class Cloud(Relay):
        needs_uplink = True

    class Near(Relay):
        needs_uplink = False

    at.desk.gear.door_drivers = {"relay": Cloud()}  # type: ignore[assignment,dict-item]  # only this fact is asked
    cloud = plan_of(at.desk, "lockdown", None, drill=False)
    at.desk.gear.door_drivers = {"relay": Near()}  # type: ignore[assignment,dict-item]  # only this fact is asked
    near = plan_of(at.desk, "lockdown", None, drill=False)
    assert step(cloud, "_exterior")["over_uplink"] == ["Door gate north", "Door yard south"]
    assert any("Door gate north is locked over its maker's cloud only" in warning for warning in cloud["warnings"])
    assert step(near, "_exterior")["over_uplink"] == []


async def test_steps_stand_at_the_second_at_which_they_may_begin(at: Bench) -> None:
    plan = plan_of(at.desk, "lockdown", None, drill=False)
    begins = {each["step"]: each["begins"] for each in plan["phases"]["main"]}
    assert (begins["lock"], begins["police"], begins["guardians"]) == (0.0, 0.0, 300.0)
    assert list(begins.values()) == sorted(begins.values())
    assert step(plan, "guardians")["approve"] == ["Pia", "Quin"]


async def test_it_names_each_senders_limit_and_when_the_last_one_is_handed_over(at: Bench) -> None:
    crowd = {f"g{number}": Person(f"g{number}", f"G {number}", "oak", roles=frozenset({"guardian"}), on_site=False,
                                  groups=frozenset({"crowd"}), addresses={"sms": f"+1555{number:07d}"})
             for number in range(300)}  # fmt: skip
    long = "x" * 200
    book = playbook("p", "shelter", notify("a", ["group:crowd"], message=long))
    at.publish(held(book, version=2, people=PEOPLE | crowd))
    sent = step(plan_of(at.desk, "p", None, drill=False), "a")
    assert (sent["people"], sent["sms_segments"]) == (300, 600)
    assert sent["senders"] == [
        {"sender": "texts", "messages": 300, "segments": 600, "to_usa": 600, "rate": 10.0, "last_handed_over_s": 60.6}
    ]
    assert {each["segments"] for each in sent["previews"]} == {2}


async def test_steps_that_share_a_sender_wait_for_one_another(at: Bench) -> None:
    plan = plan_of(at.desk, "lockdown", None, drill=False)
    staff, police = step(plan, "staff")["senders"][0], step(plan, "police")["senders"][0]
    assert max(staff["last_handed_over_s"], police["last_handed_over_s"]) == 0.4


async def test_it_names_whom_nobody_can_reach() -> None:
    mute = {
        f"m{number}": Person(f"m{number}", f"Mute {number}", "oak", groups=frozenset({"staff"})) for number in range(7)
    }
    async with bench(held(people=PEOPLE | mute)) as at:
        plan = plan_of(at.desk, "lockdown", None, drill=False)
        assert step(plan, "staff")["unreachable"] == 7
        (said,) = [warning for warning in plan["warnings"] if warning.startswith("staff:")]
        assert "7 people cannot be reached: Mute 0" in said
        assert "and 2 more" in said


async def test_one_line_to_police_is_a_warning_and_two_are_none(at: Bench) -> None:
    assert not [each for each in plan_of(at.desk, "lockdown", None, drill=False)["warnings"] if "Police" in each]
    del at.desk.gear.channels["texts2"]
    said = plan_of(at.desk, "lockdown", None, drill=False)["warnings"]
    assert [each for each in said if "Police are reached by 1 line only (internet)" in each]


async def test_no_police_at_all_is_said() -> None:
    async with bench(held(people={"ada": PEOPLE["ada"]})) as at:
        assert any(
            "Nobody has the role police" in each for each in plan_of(at.desk, "lockdown", None, False)["warnings"]
        )


async def test_a_drills_plan_shows_doors_and_outsiders_untouched(at: Bench) -> None:
    plan = plan_of(at.desk, "lockdown", None, drill=True)
    assert step(plan, "lock")["doors"] == []
    assert step(plan, "lights")["signals"] == []
    assert step(plan, "police")["deliveries"] == 0
    assert step(plan, "staff")["deliveries"] == 3


async def test_a_silent_alarms_plan_has_no_speaker_and_no_light(at: Bench) -> None:
    page = {"id": "p1", "announce": {"speakers": ["all"], "say": {"en": "x"}}}
    quiet = playbook("quiet", "medical", page, {"id": "s", "signal": {"outputs": ["all"]}}, audible=False)
    at.publish(held(quiet, version=2))
    plan = plan_of(at.desk, "quiet", None, drill=False)
    assert (step(plan, "p1")["speakers"], step(plan, "s")["signals"]) == (0, [])


@pytest.mark.parametrize("drill", [False, True])
@pytest.mark.parametrize("name", ["hold", "secure", "lockdown", "evacuate", "medical"])
async def test_what_is_planned_is_what_a_press_writes(at: Bench, name: str, drill: bool) -> None:
    plan = plan_of(at.desk, name, "north", drill)
    intake = await at.press(name, "north", drill=drill)
    at_once = [each for each in plan["phases"]["main"] if not each["begins"] and not each["approve"]]
    doors = {door for each in at_once for door in each.get("doors", ())}
    assert doors == {at.desk.held.doors[row["device"]].title for row in at.rows("command", kind="door")}
    for each in at_once:
        if each["deed"] == "notify":
            assert each["deliveries"] == len(at.rows("delivery", incident=intake.incident, step=each["step"], level=0))


async def test_rooms_that_hear_nothing_of_a_page_are_named_by_their_zone(at: Bench) -> None:
    def planned(**pages: list[str]) -> list[str]:
        steps = [
            {"id": name, "announce": {"speakers": speakers, "say": {"en": "x"}}} for name, speakers in pages.items()
        ]
        at.publish(
            held(playbook("p", "shelter", *steps, notify("a", ["group:staff"])), version=at.desk.held.version + 1)
        )
        return list(plan_of(at.desk, "p", None, drill=False)["zones_silent"])

    assert planned(everywhere=["all"]) == []
    assert planned(there=["zone:south"]) == ["North wing"]
    assert planned(there=["zone:south"], here=["zone:north"]) == [], "both steps together"
    assert planned() == [], "who pages nowhere forgot nobody"


async def test_what_does_not_exist_is_said_with_what_does(at: Bench) -> None:
    with pytest.raises(NotFound, match="lockdown"):
        plan_of(at.desk, "lockdwn", None, drill=False)
    with pytest.raises(NotFound, match="north"):
        plan_of(at.desk, "lockdown", "nroth", drill=False)


def test_a_preview_is_as_long_as_what_leaves(at: Bench) -> None:
    assert len(OWN_LINK) == len(at.desk.link_token("incident", "ada"))
