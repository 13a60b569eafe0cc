"""A small school as plain values: zones, rooms, doors, people and playbooks that the engine's tests press."""

from __future__ import annotations

from typing import Any

from notifier.engine.held import Gear, Held
from notifier.interfaces import Channel, Health
from notifier.model.delivery import Receipt
from notifier.model.message import Message
from notifier.model.people import Person
from notifier.model.playbook import Playbook
from notifier.model.settings import Sender
from notifier.model.site import Site

SITE = "oak"


def _door(door: str, zone: str, side: str, **more: Any) -> dict[str, Any]:
    sensed = {"input": 0, "secured_is": True}
    known = {"driver": "relay", "address": "http://10.0.0.1", "egress": "mechanical", "sensed_by": sensed}
    return {"id": door, "zone": zone, "side": side} | known | more


def site(**changed: Any) -> Site:
    return Site.model_validate(
        {
            "site": SITE,
            "name": "Oak School",
            "zones": [
                {"id": "main"},
                {"id": "north", "name": "North wing", "parent": "main"},
                {"id": "south", "parent": "main"},
                {"id": "office", "parent": "main"},
            ],
            "rooms": [
                {"id": "r1", "zone": "north", "name": "Room 1", "card": "CARD1"},
                {"id": "r2", "zone": "south", "name": "Room 2"},
                {"id": "r3", "zone": "south", "name": "Room 3", "card": "CARD3", "occupied": "always"},
                {"id": "attic", "zone": "north", "occupied": "never"},
            ],
            "doors": [
                _door("gate", "north", "exterior"),
                _door("yard", "south", "exterior", fire_release=True),
                _door("d1", "north", "interior"),
                _door("d2", "south", "interior", sensed_by=None),
                _door("stairs", "north", "stair"),
                _door("tower", "north", "stair", stair_reentry="allowed"),
                _door("barn", "south", "exterior", egress=None),
            ],
            "speakers": [
                {"id": "s1", "zone": "north", "address": "239.1.1.1:5004"},
                {"id": "s2", "zone": "south", "address": "239.1.1.2:5004"},
            ],
            "signals": [
                {"id": "strobe", "zone": "north", "driver": "relay", "address": "http://10.0.0.2"},
                {"id": "sign", "zone": "south", "driver": "relay", "address": "http://10.0.0.3"},
            ],
            "buttons": [{"id": "desk", "zone": "office", "playbook": "lockdown"}],
            **changed,
        }
    )


def _person(person: str, role: str, number: int, **more: Any) -> Person:
    addresses = {"sms": f"+1555010{number:04d}", "push": f"topic-{person}"}
    values: dict[str, Any] = {"roles": frozenset({role}), "addresses": addresses} | more
    return Person(person, person.title(), SITE, **values)


PEOPLE = {
    person.id: person
    for person in (
        _person("ada", "teacher", 1, room="r1", groups=frozenset({"staff"})),
        _person("ben", "teacher", 2, room="r1", groups=frozenset({"staff"}), language="es"),
        _person("cyd", "teacher", 3, room="r2", groups=frozenset({"staff"})),
        _person("pia", "principal", 4, groups=frozenset({"leads"})),
        _person("quin", "deputy", 5, groups=frozenset({"leads"})),
        _person("dee", "district", 6, on_site=False),
        _person("pol", "police", 7, on_site=False),
        _person("ems", "ems", 8, on_site=False),
        _person("gus", "guardian", 9, on_site=False, groups=frozenset({"guardians"})),
        _person("gil", "guardian", 10, on_site=False, groups=frozenset({"guardians"})),
    )
}

STAFF = {
    "id": "staff",
    "notify": {
        "to": ["group:staff"],
        "by": ["sms"],
        "message": {"en": "{{site}}: {{action}} {{incident}}", "es": "{{site}}: {{action}} {{incident}} es"},
        "answers": ["safe", "need_help"],
    },
    "acknowledge": {
        "need": "all",
        "escalate": [
            {"wait": "60s", "to": ["role:district"], "by": ["sms"], "message": "No answer from {{silent_rooms}}"},
            {"wait": "30s", "to": ["role:police"], "by": ["sms"]},
        ],
    },
}
ALL_CLEAR = [
    {"id": "over", "notify": {"to": ["group:staff"], "by": ["sms"], "message": "It is over {{incident}}"}},
    {"id": "outside", "notify": {"to": ["group:guardians"], "by": ["sms"], "message": "Over, stay home {{incident}}"}},
]
CORRECTION = [
    {"id": "wrong", "notify": {"to": ["group:staff"], "by": ["sms"], "message": "A mistake {{incident}}"}},
    {"id": "outside", "notify": {"to": ["group:guardians"], "by": ["sms"], "message": "No need to come {{incident}}"}},
]


def notify(step: str, to: list[str], **more: Any) -> dict[str, Any]:
    deed = {"to": to, "by": more.pop("by", ["sms"]), "message": more.pop("message", f"{step} {{{{incident}}}}")}
    return {"id": step, "notify": deed | more.pop("notify", {}), **more}


def playbook(name: str, action: str, *steps: dict[str, Any], **more: Any) -> Playbook:
    values = {
        "playbook": name,
        "title": name.title(),
        "action": action,
        "severity": "extreme",
        "steps": steps or (notify("tell", ["group:staff"]),),
        "all_clear": ALL_CLEAR,
        "correction": CORRECTION,
    }
    return Playbook.model_validate(values | more)


LOCKDOWN_STEPS = (
    {
        "id": "lock",
        "secure_doors": {
            "doors": ["side:interior"],
            "within": "5s",
            "otherwise": {"notify": ["role:district", "role:police"], "by": ["sms"]},
        },
    },
    {"id": "page", "announce": {"speakers": ["all"], "say": {"en": "Lockdown!"}, "again_every": "2m"}},
    {"id": "lights", "signal": {"outputs": ["all"]}},
    STAFF,
    notify("police", ["role:police"]),
    notify("guardians", ["group:guardians"], after=["police"], delay="5m", approve=["role:principal", "role:deputy"]),
)

PLAYBOOKS = {
    each.playbook: each
    for each in (
        playbook("hold", "hold", notify("tell", ["$zone"]), notify("later", ["group:leads"], delay="5m"), scope="zone"),
        playbook("hold-two", "hold"),
        playbook("secure", "secure"),
        playbook("lockdown", "lockdown", *LOCKDOWN_STEPS),
        playbook("evacuate", "evacuate", {"id": "doors", "secure_doors": {"doors": ["door:d1", "door:gate"]}}),
        playbook("medical", "medical"),
    )
}


def held(*extra: Playbook, version: int = 1, people: dict[str, Person] | None = None, **changed: Any) -> Held:
    books = PLAYBOOKS | {each.playbook: each for each in extra}
    return Held(version, site(**changed), PEOPLE if people is None else people, books)


class NoWire(Channel):
    """A sender whose messages the tests settle by hand."""

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        raise AssertionError("nothing is sent here")

    async def check(self) -> Health:
        return Health(well=True, text="")


def _channel(name: str, kind: str) -> Channel:
    channel = NoWire(name, None, None)  # type: ignore[arg-type]  # it never uses its tools
    channel.takes_replies = kind == "sms"
    channel.reply_number = "+15550100000" if kind == "sms" else None
    channel.address_kind = kind  # type: ignore[misc]  # one class stands for every kind
    return channel


def gear() -> Gear:
    kinds = {"texts": "sms", "texts2": "sms", "taps": "push"}
    return Gear(
        channels={name: _channel(name, kind) for name, kind in kinds.items()},
        senders={
            "texts": Sender(channel="a", rate=10),
            "texts2": Sender(channel="b", uplink="cellular"),
            "taps": Sender(channel="c"),
        },
    )
