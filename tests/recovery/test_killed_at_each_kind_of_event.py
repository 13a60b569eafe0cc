"""kill -9, for real, at the first event of each kind: one lockdown lives through as many deaths as it has kinds."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.campus.door_model import LockFault
from notifier.ledger.postgres_verify import verify_server
from notifier.ledger.verify import verify
from tests.postgres_server import server
from tests.recovery.small_town import Town, town

KINDS = {
    "incident_opened", "deliveries_queued", "deliveries_settled", "deliveries_reported", "command_over", "page_started",
    "not_secured", "answered", "step_waits", "escalated", "approval_asked", "approval_decided", "room_released",
    "incident_moved", "step_over",
}  # fmt: skip


async def lockdown(place: Town) -> None:
    """A jammed door, two answers, an approval, an all-clear by two, three rooms."""
    place.campus.grounds.doors["d7"].fault = LockFault.JAMMED
    crowd = place.campus.crowd
    crowd["carla"].texts("2", after=2.0, when="LOCKDOWN")
    pressed = await place.insists(lambda: place.people["ada"].press(place.button))
    place.incident = pressed["incident"]
    await place.until("doors not secured are told", lambda shown: any(
        task["kind"] == "door_not_secured" for task in shown["tasks"]))  # fmt: skip
    door = place.campus.grounds.doors["d7"]
    door.mend(place.campus.clock.now())
    await place.until("every door is secured", lambda shown: shown["doors"]["not_secured"] == 0)
    await place.until("Carla's call is a task", lambda shown: any(
        task["kind"] == "need_help" for task in shown["tasks"]))  # fmt: skip
    steps = {"guardians": "waiting"}
    waits = await place.until("guardians wait for an approval", lambda shown: any(
        step["id"] == "guardians" and step["approval"] == "asked" for step in shown["steps"]))  # fmt: skip
    assert {step["id"]: step["state"] for step in waits["steps"]}["guardians"] == steps["guardians"]
    await place.until("silent rooms are escalated", lambda shown: any(
        step["id"] == "staff" and step["level"] >= 1 for step in shown["steps"]))  # fmt: skip
    await place.insists(lambda: approved(place))
    await place.until("guardians are told", lambda shown: any(  # what has not left when it ends need not leave
        step["id"] == "guardians" and step["state"] == "done" for step in shown["steps"]))  # fmt: skip
    await place.insists(lambda: all_clear(place))
    await place.insists(lambda: released(place))
    await place.until("it closes", lambda shown: shown["state"] == "closed")


async def approved(place: Town) -> None:
    shown = await place.people["ada"].get(f"/incidents/{place.incident}")
    if any(step["id"] == "guardians" and step["state"] == "waiting" for step in shown["steps"]):
        await place.post("ada", "/steps/guardians/approve")


async def all_clear(place: Town) -> None:
    for who in ("kim", "ada"):
        shown = await place.people["ada"].get(f"/incidents/{place.incident}")
        if shown["state"] == "active":
            await place.post(who, "/all-clear", {"reason": "searched"})


async def released(place: Town) -> None:
    shown = await place.people["ada"].get(f"/incidents/{place.incident}")
    if shown["state"] == "releasing":
        await place.post("kim", "/release", {"rooms": ["r1", "r2", "desk"]})


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Of an empty database; None for a file."""
    if request.param == "sqlite":
        yield None
        return
    with server() as running:  # it syncs, as a school's does
        yield running.database()


@pytest.mark.timeout(240)
async def test_a_lockdown_outlives_a_kill_at_each_kind_of_event(
    address: str | None, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    async with town(tmp_path, set(KINDS), address) as place:
        await lockdown(place)
        crowd = place.campus.crowd
        await place.campus.crowd.until(lambda: all(crowd[one].got("lockdown ended", "sms") for one in ("ben", "kim")))
        took = ", ".join(f"{each:.2f}" for each in place.starts)
        pytestconfig.get_terminal_writer().line(f"\nkilled {len(place.killed_at)} times; seconds until ready: {took}")
        # A kind whose first event fell into a start, when nobody listened yet, is not died at.
        assert len(place.killed_at) >= 8, f"never came: {place.kill_at}"
        assert place.campus.grounds.unlock_commands() == []
        now = place.campus.clock.now()
        assert place.campus.grounds.secured(now) == {"d1", "d2", "d7", "d8"}
        for name in ("ada", "ben", "officer", "kim", "lee"):
            assert crowd[name].got("LOCKDOWN", "sms"), f"{name} was never told"
        assert crowd["carla"].got("Llave, luces", "sms")
        assert crowd["gus"].got("is in lockdown", "sms")
        assert crowd["gloria"].got("está en lockdown", "sms")
        assert crowd["kim"].got("no answer from")
        assert any("Door 7 Room 1" in one.text for one in crowd["officer"].got("NOT secured"))
        for name, somebody in crowd.items():
            for way in ("sms", "push"):
                texts = Counter(one.text.split(" Doors not secured")[0] for one in somebody.got(by=way))
                twice = [text for text, count in texts.items() if count > 1]
                assert not twice, f"{name} got this twice by {way}: {twice}"
    if address is None:
        assert verify(tmp_path / "state" / "ledger.sqlite") == []
    else:
        assert [str(each) for each in await verify_server(address, tmp_path / "state", "demo")] == []
    assert list((tmp_path / "state").glob("spool.*")) == [], "something was kept beside the record and not brought back"
