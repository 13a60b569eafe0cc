"""What buttons say over MQTT, as published by five kinds of gateways, and by anything that writes JSON. Pure.

Zigbee2MQTT (zigbee2mqtt.io, "MQTT topics and messages"), Shelly Gen1 (`input_event`) and Gen2 (`NotifyEvent`, both
shelly-api-docs.shelly.cloud), ChirpStack v4 (chirpstack.io, "Events"), The Things Stack v3 (thethingsindustries.com,
"Data formats"). None was seen with hardware: which words count as a press, and where they stand, can be written in the
site file for each button.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.triggers._json_paths import at, when

PRESSED_WORDS = (
    "true",
    "1",
    "on",
    "press",
    "pressed",
    "push",
    "single",
    "double",
    "hold",
    "long",
    "panic",
    "emergency",
)
"""For what has no words of its own: a decoder's field is a truth or one of these."""
SHELLY_GEN2 = ("single_push", "double_push", "triple_push", "long_push")
LETTING_GO = ("release", "_up", "_off")
"""Ends of words that a remote control says when a finger leaves it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message says."""

    pressed: bool = False
    key: str = ""
    """Names this press among the presses of its button: a counter or an id; empty if the device has none."""
    lasting_key: bool = False
    """The key is never used again: an id, and no counter that begins anew."""
    at: float | None = None
    """When it was made, seconds since 1970."""
    battery: float | None = None
    """Percent."""
    here: bool | None = None
    """Whether the device's network can reach it."""


NOTHING = Heard()


@dataclass(frozen=True, slots=True)
class Reading:
    """How the messages of one button are read."""

    format: str
    press: tuple[str, ...] = ()
    """Words that count as a press; empty: those that the format is known for."""
    path: str = ""
    """Where the word stands, "object.button"; empty: where the format has it."""
    time_path: str = ""
    id_path: str = ""
    battery_path: str = ""


def heard(reading: Reading, topic: str, payload: bytes) -> Heard:
    """What a message means; what cannot be read means nothing."""
    if topic.endswith("/availability"):
        return _availability(payload)
    if reading.format == "text":
        return Heard(pressed=_is_one_of(payload.decode("utf-8", "replace").strip(), reading.press or PRESSED_WORDS))
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return NOTHING
    return READERS[reading.format](reading, said) if isinstance(said, dict) else NOTHING


def _zigbee2mqtt(reading: Reading, said: Mapping[str, Any]) -> Heard:
    word = at(said, reading.path or "action")
    pressed = isinstance(word, str) and bool(word)
    if pressed:
        pressed = _is_one_of(word, reading.press) if reading.press else not str(word).endswith(LETTING_GO)
    moment = when(at(said, reading.time_path or "last_seen"))
    counter = at(said, reading.id_path or "action_transaction")
    key = _key(word if pressed else None, counter if counter is not None else moment)
    return Heard(pressed, key, counter is None and bool(key), moment, number(at(said, "battery")))


def _shelly_gen1(reading: Reading, said: Mapping[str, Any]) -> Heard:
    word = at(said, reading.path or "event")
    pressed = isinstance(word, str) and bool(word) and (not reading.press or _is_one_of(word, reading.press))
    return Heard(pressed, _key("event", at(said, reading.id_path or "event_cnt")))


def _shelly_gen2(reading: Reading, said: Mapping[str, Any]) -> Heard:
    params = said.get("params")
    if not isinstance(params, dict):
        return NOTHING
    battery = number(at(params, "devicepower:0.battery.percent"))
    events = params.get("events")
    if said.get("method") != "NotifyEvent" or not isinstance(events, list):
        return Heard(battery=battery)
    for event in events:
        if not isinstance(event, dict) or (reading.path and event.get("component") != reading.path):
            continue
        if _is_one_of(event.get("event"), reading.press or SHELLY_GEN2):
            raw = event.get("ts", params.get("ts"))
            moment = when(raw)
            key = _key(f"{event.get('component')}.{event.get('event')}", raw)
            return Heard(True, key, moment is not None, moment, battery)
    return Heard(battery=battery)


def _chirpstack(reading: Reading, said: Mapping[str, Any]) -> Heard:
    if "batteryLevel" in said:
        return Heard(battery=number(said["batteryLevel"]))
    pressed = _is_one_of(at(said, reading.path or "object.button"), reading.press or PRESSED_WORDS)
    key = _key("up", at(said, reading.id_path or "deduplicationId"))
    battery = number(at(said, reading.battery_path or "object.battery"))
    return Heard(pressed, key, bool(key), when(at(said, reading.time_path or "time")), battery)


def _things_stack(reading: Reading, said: Mapping[str, Any]) -> Heard:
    pressed = _is_one_of(
        at(said, reading.path or "uplink_message.decoded_payload.button"), reading.press or PRESSED_WORDS
    )
    moment = when(at(said, reading.time_path or "uplink_message.received_at"))
    counter = at(said, reading.id_path or "uplink_message.f_cnt")
    key = _key(counter, at(said, "uplink_message.received_at"))
    battery = number(at(said, reading.battery_path or "uplink_message.decoded_payload.battery"))
    return Heard(pressed, key, moment is not None and bool(key), moment, battery)


def _json(reading: Reading, said: Mapping[str, Any]) -> Heard:
    word = at(said, reading.path)
    moment = when(at(said, reading.time_path)) if reading.time_path else None
    named = at(said, reading.id_path) if reading.id_path else None
    battery = number(at(said, reading.battery_path)) if reading.battery_path else None
    key = _key("id", named) if named is not None else _key(word if isinstance(word, str) else None, moment)
    return Heard(
        _is_one_of(word, reading.press or PRESSED_WORDS), key, moment is not None and bool(key), moment, battery
    )


READERS: dict[str, Callable[[Reading, Mapping[str, Any]], Heard]] = {
    "zigbee2mqtt": _zigbee2mqtt,
    "shelly_gen1": _shelly_gen1,
    "shelly_gen2": _shelly_gen2,
    "chirpstack": _chirpstack,
    "things_stack": _things_stack,
    "json": _json,
}
FORMATS = (*READERS, "text")


def beside(reading: Reading, topic: str) -> Sequence[str]:
    """Topics that say how the device is, beside the one that it presses on."""
    if reading.format == "zigbee2mqtt":
        return (f"{topic}/availability",)
    if reading.format == "chirpstack" and topic.endswith("/event/up"):
        return (f"{topic.removesuffix('up')}status",)
    return ()


def number(written: Any) -> float | None:
    """A percentage, or None."""
    if isinstance(written, int | float) and not isinstance(written, bool) and 0 <= written <= 100:
        return float(written)
    return None


def _availability(payload: bytes) -> Heard:
    text = payload.decode("utf-8", "replace").strip()
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = text
    state = said.get("state") if isinstance(said, dict) else said
    return Heard(here={"online": True, "offline": False}.get(str(state).lower()))


def _is_one_of(written: Any, words: Sequence[str]) -> bool:
    if isinstance(written, bool):
        written = "true" if written else "false"
    if not isinstance(written, str | int | float) or written == "":
        return False
    return str(written).strip().lower() in {word.lower() for word in words}


def _key(*parts: Any) -> str:
    """Empty if a part is missing."""
    if any(not isinstance(part, str | int | float) or isinstance(part, bool) for part in parts):
        return ""
    return ":".join(str(part) for part in parts)[:120]
