"""Two nodes decide about the same thing in the same instant, at every moment of one another's decision."""

import uuid
from collections.abc import Sequence
from functools import partial

import pytest

from notifier.engine.acknowledgements import Given, answer_body
from notifier.engine.closing import Moment, Person, release_body
from notifier.engine.deliveries import claim_body, stop_body
from notifier.engine.moves import take_command_body
from notifier.engine.publishing import publish_body
from notifier.engine.recall import rerouting_body
from notifier.engine.troubles import trouble_body
from notifier.engine.writing import write_step_body
from notifier.errors import Refused
from notifier.model.delivery import DeliveryWord
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from tests.nodes.pair import Deed, Node, Pair
from tests.unit.engine.school import SITE

ADA = Person("ada", "Ada")


def say(*rows: Row, incident: str | None = None) -> Deed:
    def body() -> Body[None]:
        yield Fact(EventKind.NOTE, SITE, incident, {}, list(rows))

    return body


async def an_incident(nodes: Pair) -> str:
    ident = uuid.uuid4().hex[:6]
    await nodes.a.run(nodes.a.press(ident=ident))
    await nodes.in_step()
    return f"inc-{ident}"


def queued(incident: str, count: int = 6) -> list[Row]:
    words = {"site": SITE, "id": f"w-{incident}", "incident": incident, "language": "en",
             "body": '{"answers":["safe"]}'}  # fmt: skip
    rows = [Row("words", words, new=True)]
    for number in range(count):
        values = {
            "site": SITE, "id": f"{incident}:{number}", "incident": incident, "run": 0, "phase": "main",
            "step": "staff", "level": 0, "person": "ada", "kind": "sms",
            "address": f"+1555010{number:04d}", "rank": 0, "lane": "texts", "priority": 1, "outside": 0,
            "segments": 1, "language": "en", "words": f"w-{incident}", "state": "queued",
            "due": 0.0, "made_at": 0.0, "attempt": 0, "node": None, "ref": None, "reason": None, "detail": None,
            "at": None,
        }  # fmt: skip
        rows.append(Row("delivery", values, new=True))
    return rows


def claims(node: Node, room: int = 3) -> Deed:
    """Some of what is queued, without a limit on the lane."""
    return lambda: claim_body(SITE, "texts", node.name, room, None, node.desk.clock.now())


def answers(incident: str, answer: str, *, ident: str, person: str = "ada") -> Deed:
    given = Given(
        id=ident, site=SITE, incident=incident, person=person, room="r1", answer=answer, text="", channel="sms",
        ref=None, certain=True, now=1.0, wall="", who=person,
    )  # fmt: skip
    return lambda: answer_body(given)


@pytest.mark.parametrize("stopped_by", ["recall", "answer", "dead sender"])
async def test_what_is_claimed_on_one_node_is_not_called_stopped_by_the_other(nodes: Pair, stopped_by: str) -> None:
    for at in range(100):
        incident = await an_incident(nodes)
        await nodes.a.run(say(*queued(incident), incident=incident))
        stop: Deed = {
            "recall": partial(stop_body, SITE, incident, DeliveryWord.RECALL, 200, agencies_too=False),
            "answer": answers(incident, "safe", ident=uuid.uuid4().hex),
            "dead sender": partial(rerouting_body, SITE, "texts", "texts2", 200),
        }[stopped_by]
        met = await nodes.meet(stop, claims(nodes.b), at)
        await nodes.close_all()
        if met is None:
            break
        on_the_wire = {row["id"] for row in met[1].rows}
        for row in await nodes.deliveries(incident):
            if row["id"] in on_the_wire:
                assert (row["state"], row["lane"]) == ("sending", "texts"), f"at {at}: it is on the wire: {row}"
            else:
                assert row["state"] in ("recalled", "moot") or row["lane"] == "texts2", f"at {at}: {row}"
    assert at > 1


async def test_a_stop_takes_what_was_claimed_meanwhile_for_claimed_and_goes_on_with_the_rest(nodes: Pair) -> None:
    for at in range(4):
        incident = await an_incident(nodes)
        await nodes.a.run(say(*queued(incident), incident=incident))
        stop = partial(stop_body, SITE, incident, DeliveryWord.RECALL, 2, agencies_too=False)
        met = await nodes.meet(stop, claims(nodes.b, 2), at)
        if met is not None:
            assert met[0] == 2, f"at {at} it believed that nothing more was queued"
        await nodes.close_all()


async def test_one_answer_that_comes_by_both_nodes_is_told_once(nodes: Pair) -> None:
    incident = await an_incident(nodes)
    for at in range(100):
        one = answers(incident, "need_help", ident=(ident := uuid.uuid4().hex))
        met = await nodes.meet(one, one, at)
        if met is None:
            break
        assert sorted(met) == [False, True], f"at {at}"
        told = [row for row in nodes.rows("answers_of_incident", incident=incident) if row["id"] == ident]
        assert len(told) == 1
    assert at > 1


@pytest.mark.parametrize("words", [("safe", "need_help"), ("need_help", "safe")])
async def test_a_room_where_somebody_needs_help_is_never_shown_safe(nodes: Pair, words: Sequence[str]) -> None:
    for at in range(100):
        incident = await an_incident(nodes)
        one = answers(incident, words[0], ident=uuid.uuid4().hex, person="ada")
        other = answers(incident, words[1], ident=uuid.uuid4().hex, person="ben")
        met = await nodes.meet(one, other, at)
        if met is None:
            break
        (room,) = [row for row in nodes.rows("rooms_of_incident", incident=incident) if row["id"] == "r1"]
        assert room["state"] == "need_help", f"at {at}"
        await nodes.close_all()
    assert at > 1


@pytest.mark.parametrize("released_first", [True, False])
async def test_danger_that_returns_with_the_last_room_keeps_the_response_running(
    nodes: Pair, released_first: bool
) -> None:
    rooms = nodes.a.desk.held.occupied_rooms
    for at in range(100):
        incident = await an_incident(nodes)
        await nodes.a.run(say(Row("incident", {"site": SITE, "id": incident, "state": "releasing"})))
        await nodes.in_step()
        now = Moment(1.0, "", "", "a")
        last = partial(release_body, nodes.a.desk.held_of, SITE, incident, rooms, ADA, "", now)
        press = (nodes.b if released_first else nodes.a).press(zone="south", ident=uuid.uuid4().hex[:6])
        met = await nodes.meet(last if released_first else press, press if released_first else last, at)
        if met is None:
            break
        (row,) = nodes.rows("open_incidents")
        assert (row["id"], row["state"]) == (incident, "active"), f"at {at}: {met}"
        released = [room for room in nodes.rows("rooms_of_incident", incident=incident) if room["state"] == "released"]
        assert not released, f"at {at}: rooms are called released while danger is back"
        await nodes.close_all()
    assert at > 1


@pytest.mark.parametrize("based_on", [True, False])
async def test_two_who_publish_at_once_lose_neither_set(nodes: Pair, based_on: bool) -> None:
    for at in range(100):
        known = nodes.rows("last_publication")
        base = known[0]["version"] if known else 0
        mark = uuid.uuid4().hex
        older = base if based_on else None
        one, other = (
            partial(publish_body, SITE, {"site.yaml": f"{mark}{who}".encode()}, who, "", 1.0, "", older)
            for who in ("Ada", "Kim")
        )
        met = await nodes.meet(one, other, at)
        if met is None:
            break
        fresh = [row["author"] for row in nodes.rows("publications") if row["version"] > base]
        if based_on:
            (winner,) = fresh
            loser = met[1] if winner == "Ada" else met[0]
            assert isinstance(loser, Refused), f"at {at}: {met}"
            assert f"{winner} published version {base + 1} meanwhile" in str(loser)
        else:
            assert sorted(fresh) == ["Ada", "Kim"], f"at {at}"
            assert sorted(met) == [base + 1, base + 2]
    assert at > 1


async def test_two_who_take_command_stand_one_after_the_other(nodes: Pair) -> None:
    for at in range(100):
        incident = await an_incident(nodes)
        one, other = (partial(take_command_body, SITE, incident, who, who.title()) for who in ("ada", "kim"))
        if await nodes.meet(one, other, at) is None:
            break
        found = nodes.rows("events_of_incident", incident=incident, node="", n=0, limit=100)
        taken = [row["payload"] for row in found if row["kind"] == "command_taken"]
        assert len(taken) == 2
        assert sum('"before":null' in payload for payload in taken) == 1, f"at {at}: both believe they are the first"
        await nodes.close_all()
    assert at > 1


async def test_a_trouble_that_both_nodes_clear_is_cleared_once(nodes: Pair) -> None:
    now = Moment(1.0, "", "", "a")
    for at in range(100):
        subject = uuid.uuid4().hex[:6]
        await nodes.a.run(partial(trouble_body, SITE, "device", subject, "dark", False, now))
        clear = partial(trouble_body, SITE, "device", subject, "", True, now)
        met = await nodes.meet(clear, clear, at)
        if met is None:
            break
        assert sorted(met) == [False, True], f"at {at}"
    assert at > 1


async def test_a_steps_messages_are_queued_by_one_node_only(nodes: Pair) -> None:
    for at in range(100):
        ident = uuid.uuid4().hex[:6]
        intake = await nodes.a.run(nodes.a.press(ident=ident))
        await nodes.in_step()
        scene, desk = intake.scene, nodes.a.desk
        deed = next(step.notify for step in scene.playbook.steps if step.id == "staff")
        people = desk.people(scene, deed.to)
        audience = desk.audience(scene, people, deed.by, at_once=True)
        write = partial(write_step_body, scene, "staff", audience.planned, desk.letters(scene, deed), {}, 0, {})
        met = await nodes.meet(write, write, at)
        if met is None:
            break
        found = nodes.rows("events_of_incident", incident=f"inc-{ident}", node="", n=0, limit=100)
        assert [row["kind"] for row in found].count("deliveries_queued") == 1, f"at {at}: they are queued twice"
        await nodes.close_all()
    assert at > 1
