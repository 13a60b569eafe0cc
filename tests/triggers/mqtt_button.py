"""A Zigbee button behind Zigbee2MQTT behind a real broker, and the trigger that listens to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path

from notifier.clock import SystemClock
from notifier.interfaces import ButtonSeen, TriggerTools
from notifier.model.settings import Secret
from notifier.model.site import Button, TriggerEntry
from notifier.testing.trigger_far_end import Hostile, TriggerFarEnd, Unable
from notifier.triggers.panic_mqtt import PanicMqtt, PanicMqttSettings
from tests.triggers.mqtt_broker import PATIENCE, Broker

OFFICE = Button(id="office", zone="front", name="Front office", playbook="lockdown")
TOPIC = "zigbee2mqtt/office_button"
BEACON = "zigbee2mqtt/beacon"


class MqttButtonFarEnd(TriggerFarEnd):
    """Publishes what the gateway publishes, byte by byte."""

    source, playbook, zone = "button:office", "lockdown", "front"
    repeats_within = 2.5
    noise = (
        b'{"battery": 90, "linkquality": 120}',
        b'{"action": "", "battery": 90}',
        b'{"action": null}',
        b'{"action": "hold_release"}',
        b"",
        b"\xff\xfe\x00",
        b"[" * 5000,
        b'["single"]',
        b'{"action": {"single": true}}',
        b'{"action": 12}',
    )
    hostile = (
        Hostile(b'{"action": "single", "zone": "gym", "playbook": "hold", "drill": true', False),
        Hostile(b'"single"', False),
        Hostile(b"single", False),
    )
    cannot = (Unable.ANSWERS, Unable.DRILLS)
    secrets = ("correct horse",)

    def __init__(
        self, folder: Path, kind: str = "amqtt", *, password: str = "", tls: tuple[Path, Path] | None = None
    ) -> None:
        self.folder = folder
        self.broker = Broker(folder, kind, password=password, tls=tls)
        self.ca = str(tls[0]) if tls else None
        self.clock = SystemClock()
        self.heard = asyncio.Event()
        self.signs: list[ButtonSeen] = []
        self.faults: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._sign, self._said = asyncio.Event(), asyncio.Event()
        self._last = b""
        self._count = 0

    def tools(self) -> TriggerTools:
        return TriggerTools(
            clock=self.clock,
            state_dir=str(self.folder / "state"),
            button={"office": OFFICE}.get,
            person=lambda name: None,
            playbook=lambda name: None,
            well=self._well,
            seen=self._seen,
            fault=lambda device, text: self.faults.append((device, text)),
        )

    def trigger(self, **button: object) -> PanicMqtt:
        written = {"topic": TOPIC, "button": "office", "format": "zigbee2mqtt"} | button
        settings = PanicMqttSettings.model_validate(
            {
                "url": self.broker.url,
                "username": "notifier",
                "password": Secret("correct horse"),
                "ca": self.ca,
                "buttons": [written, {"topic": BEACON, "button": "beacon", "format": "zigbee2mqtt"}],
            }
        )
        return PanicMqtt(TriggerEntry(id="zigbee", driver="panic_mqtt"), settings, self.tools())

    async def start(self) -> None:
        await self.broker.start()

    async def stop(self) -> None:
        self.heard.clear()
        await self.broker.kill()

    async def reached(self) -> None:
        await self.heard.wait()

    async def press(self) -> bool:
        self._count += 1
        self._last = json.dumps({"action": "single", "action_transaction": self._count, "battery": 90}).encode()
        await self.say(self._last)
        return True

    async def repeat(self) -> None:
        await self.say(self._last)

    async def say(self, content: bytes) -> None:
        """Returns when what was sent after it has been dealt with."""
        await self.broker.publish(TOPIC, content)
        self._sign.clear()
        await self.broker.publish(BEACON, '{"battery": 100}')
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE if self.heard.is_set() else 0.0):
                await self._sign.wait()

    async def break_off(self) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", self.broker.port)
        name = b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x06broken"
        writer.write(bytes([0x10, len(name)]) + name)
        topic = TOPIC.encode()
        writer.write(b"\x30\x7f" + bytes([0, len(topic)]) + topic + b'{"action": "sin')
        await writer.drain()
        writer.transport.abort()
        await asyncio.sleep(0)

    async def says(self, words: str) -> None:
        """Returns when the trigger has said these words of its broker."""
        async with asyncio.timeout(PATIENCE):
            while not any(words in said for said in self.words):
                self._said.clear()
                await self._said.wait()

    def _well(self, well: bool, text: str) -> None:
        self.words.append(text)
        self._said.set()
        (self.heard.set if well else self.heard.clear)()

    def _seen(self, seen: ButtonSeen) -> None:
        self.signs.append(seen)
        if seen.device == "beacon":
            self._sign.set()
