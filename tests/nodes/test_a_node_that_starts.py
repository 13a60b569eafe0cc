"""A node starts while another one is at work: what that one has in its hands is its own."""

from typing import Any

from notifier.engine.recovery import UNLOCKED_BY_NOW, adopt_body
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact, Row
from tests.nodes.pair import Deed, Node, Pair
from tests.unit.engine.school import SITE


def unlocks(node: Node, door: str, at: float) -> Deed:
    """The command that a closing writes before it is on the wire."""
    values = {
        "site": SITE, "id": f"open-{door}", "incident": "inc-1", "run": 0, "phase": "all_clear", "step": "open",
        "kind": "door", "device": door, "verb": "restore", "state": "sending", "node": node.name, "tries": 0,
        "due": at, "at": at, "detail": "",
    }  # fmt: skip

    def body() -> Body[None]:
        yield Fact(EventKind.COMMANDED, SITE, "inc-1", {}, [Row("command", values, new=True)])

    return body


async def starts(nodes: Pair, node: Node, now: float) -> None:
    await node.run(lambda: adopt_body(SITE, node.name, set(), now))
    await nodes.in_step()


def shown(nodes: Pair) -> tuple[dict[str, Any], list[str]]:
    commands = nodes.rows("commands_full", incident="inc-1")
    return {each["device"]: each["state"] for each in commands}, [each["subject"] for each in nodes.rows("tasks_open")]


async def test_a_door_that_another_node_is_unlocking_is_left_to_that_node(nodes: Pair) -> None:
    now = nodes.a.desk.clock.now()
    await nodes.a.run(unlocks(nodes.a, "d1", now))
    await nodes.b.run(unlocks(nodes.b, "d2", now))
    await starts(nodes, nodes.a, now + 5)
    assert shown(nodes) == ({"d1": "not_proven", "d2": "sending"}, ["d1"])
    await starts(nodes, nodes.b, now + 6)
    assert shown(nodes) == ({"d1": "not_proven", "d2": "not_proven"}, ["d1", "d2"])


async def test_what_a_node_that_never_came_back_was_unlocking_is_told_by_the_next_start(nodes: Pair) -> None:
    now = nodes.a.desk.clock.now()
    await nodes.b.run(unlocks(nodes.b, "d2", now))
    await starts(nodes, nodes.a, now + UNLOCKED_BY_NOW + 1)
    assert shown(nodes) == ({"d2": "not_proven"}, ["d2"])
