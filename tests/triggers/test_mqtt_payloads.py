"""What five kinds of gateways publish, and what it means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notifier.triggers._json_paths import at, when
from notifier.triggers._mqtt_payloads import Heard, Reading, beside, heard

MADE = 1_795_422_600.0  # 2026-11-23T08:30:00Z
GEN2 = {"src": "shellyblubutton-1", "method": "NotifyEvent"}


def gen2(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    return GEN2 | {"params": {"ts": MADE, "events": list(events)}} | more


PRESSES: dict[str, tuple[Reading, Any, Heard]] = {
    "zigbee": (
        Reading("zigbee2mqtt"),
        {"action": "single", "battery": 90, "linkquality": 120},
        Heard(True, "", False, None, 90.0),
    ),
    "zigbee with a time": (
        Reading("zigbee2mqtt"),
        {"action": "hold", "last_seen": "2026-11-23T08:30:00Z"},
        Heard(True, f"hold:{MADE}", True, MADE),
    ),
    "zigbee with a counter": (
        Reading("zigbee2mqtt"),
        {"action": "emergency", "action_transaction": 7},
        Heard(True, "emergency:7"),
    ),
    "shelly of the first generation": (Reading("shelly_gen1"), {"event": "L", "event_cnt": 4}, Heard(True, "event:4")),
    "shelly of the second": (
        Reading("shelly_gen2"),
        gen2({"component": "input:0", "id": 0, "event": "single_push"}),
        Heard(True, f"input:0.single_push:{MADE}", True, MADE),
    ),
    "shelly, one input of two": (
        Reading("shelly_gen2", path="input:1"),
        gen2({"component": "input:0", "event": "long_push"}, {"component": "input:1", "event": "long_push"}),
        Heard(True, f"input:1.long_push:{MADE}", True, MADE),
    ),
    "chirpstack": (
        Reading("chirpstack"),
        {"deduplicationId": "3ac7", "time": "2026-11-23T08:30:00.000000001+00:00", "object": {"button": True}},
        Heard(True, "up:3ac7", True, MADE),
    ),
    "things stack": (
        Reading("things_stack", path="uplink_message.decoded_payload.alarm", press=("sos",)),
        {
            "end_device_ids": {"device_id": "b1"},
            "uplink_message": {
                "f_cnt": 12, "received_at": "2026-11-23T08:30:00.123456789Z", "decoded_payload": {"alarm": "SOS"},
            },
        },
        Heard(True, "12:2026-11-23T08:30:00.123456789Z", True, MADE + 0.123456),
    ),
    "any json": (
        Reading("json", path="data.0.state", id_path="n", battery_path="bat"),
        {"data": [{"state": "pressed"}], "n": "a1", "bat": 12},
        Heard(True, "id:a1", False, None, 12.0),
    ),
}  # fmt: skip

NO_PRESSES: dict[str, tuple[Reading, Any]] = {
    "a state of the button": (Reading("zigbee2mqtt"), {"battery": 90}),
    "an action that is over": (Reading("zigbee2mqtt"), {"action": ""}),
    "a finger that leaves": (Reading("zigbee2mqtt"), {"action": "hold_release"}),
    "another word than those that press": (Reading("zigbee2mqtt", press=("hold",)), {"action": "single"}),
    "a shelly that started": (Reading("shelly_gen1"), {"event": "", "event_cnt": 0}),
    "a shelly's status": (Reading("shelly_gen2"), {"method": "NotifyStatus", "params": {"ts": MADE}}),
    "a finger that goes down": (Reading("shelly_gen2"), gen2({"component": "input:0", "event": "btn_down"})),
    "a lorawan heartbeat": (Reading("chirpstack"), {"deduplicationId": "x", "object": {"button": False}}),
    "a lorawan join": (Reading("chirpstack"), {"deduplicationId": "x"}),
    "events that are none": (Reading("shelly_gen2"), {"method": "NotifyEvent", "params": {"events": {"a": 1}}}),
    "a number for a word": (Reading("zigbee2mqtt"), {"action": 1}),
    "json that says no": (Reading("json", path="state"), {"state": "released"}),
}


@pytest.mark.parametrize("name", PRESSES)
def test_a_press_by(name: str) -> None:
    reading, said, meant = PRESSES[name]
    assert heard(reading, "t", json.dumps(said).encode()) == meant


@pytest.mark.parametrize("name", NO_PRESSES)
def test_no_press_is(name: str) -> None:
    reading, said = NO_PRESSES[name]
    assert not heard(reading, "t", json.dumps(said).encode()).pressed


@pytest.mark.parametrize("format_", ["zigbee2mqtt", "shelly_gen1", "shelly_gen2", "chirpstack", "things_stack", "json"])
@pytest.mark.parametrize("payload", [b"", b"\xff", b"[]", b"3", b"null", b'"x"', b"{", b'{"params": []}', b"[" * 9000])
def test_what_cannot_be_read_means_nothing(format_: str, payload: bytes) -> None:
    assert not heard(Reading(format_, path="a.b"), "t", payload).pressed


def test_batteries_and_absence_are_heard() -> None:
    assert heard(Reading("chirpstack"), "t", b'{"batteryLevel": 12.5}') == Heard(battery=12.5)
    said = json.dumps({"method": "NotifyStatus", "params": {"devicepower:0": {"battery": {"percent": 9}}}})
    assert heard(Reading("shelly_gen2"), "t", said.encode()) == Heard(battery=9.0)
    for written in (b"offline", b'{"state": "offline"}'):
        assert heard(Reading("zigbee2mqtt"), "z/availability", written) == Heard(here=False)
    assert heard(Reading("zigbee2mqtt"), "z/availability", b"online") == Heard(here=True)


def test_topics_beside_the_one_that_presses() -> None:
    assert beside(Reading("zigbee2mqtt"), "zigbee2mqtt/x") == ("zigbee2mqtt/x/availability",)
    assert beside(Reading("chirpstack"), "application/a/device/d/event/up") == ("application/a/device/d/event/status",)


@pytest.mark.parametrize(
    "written", [0, 12, "yesterday", "2026-11-23T08:30:00", True, None, 1e30, [], "1970-01-01T00:00:00Z"]
)
def test_no_time_is(written: Any) -> None:
    assert when(written) is None


def test_paths_find_keys_with_dots_and_places_in_lists() -> None:
    said = {"a": [{"b.c": 1}, {"x": {"y": 2}}], "devicepower:0": {"p": 3}}
    assert (at(said, "a.0.b.c"), at(said, "a.1.x.y"), at(said, "devicepower:0.p")) == (1, 2, 3)
    assert (at(said, "a.2"), at(said, "a.x"), at(said, ""), at(said, "a.1.x.y.z")) == (None, None, None, None)
