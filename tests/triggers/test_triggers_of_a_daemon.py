"""What the site file says starts a response, in a running daemon, with a real broker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notifier.daemon import triggers as wiring
from notifier.model.rights import Caller, Right
from notifier.triggers.panic_mqtt import PanicMqtt
from tests.triggers.a_daemon import running, with_triggers
from tests.triggers.mqtt_broker import Broker

TECHNICIAN = Caller("account:t", "Technician", "t", frozenset(Right))
BUTTON = """
  - id: zigbee
    driver: panic_mqtt
    settings:
      url: "{url}"
      buttons: [{{topic: {topic}, button: {button}, format: zigbee2mqtt}}]
"""


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "GRACE", 0.2)
    monkeypatch.setattr(wiring, "LOOK_EVERY", 0.05)


def zigbee(broker: Broker, topic: str = "zigbee2mqtt/office", button: str = "front-office") -> str:
    return BUTTON.format(url=broker.url, topic=topic, button=button)


async def test_a_zigbee_button_starts_the_lockdown_and_a_dead_broker_is_a_trouble_until_it_is_back(
    tmp_path: Path,
) -> None:
    broker = Broker(tmp_path)
    await broker.start()
    try:
        async with running(tmp_path / "school", with_triggers(zigbee(broker))) as school:
            await school.until(lambda: "zigbee" in school.triggers.listening)
            await broker.publish("zigbee2mqtt/office", '{"action": "single", "battery": 90}')
            await school.until(school.incidents)
            opened = school.incidents()[0]
            assert (opened["action"], opened["zone"], opened["presser"]) == ("lockdown", "office", "Front office desk")
            await broker.kill()
            await school.until(lambda: "trigger:zigbee" in school.troubles())
            assert "Its buttons are dead until it is" in school.troubles()["trigger:zigbee"]
            await broker.start()
            await school.until(lambda: "trigger:zigbee" not in school.troubles())
            await broker.publish("zigbee2mqtt/office", '{"battery": 8}')
            await school.until(lambda: "button:front-office:battery" in school.troubles())
            await broker.publish("zigbee2mqtt/office", '{"battery": 100}')
            await school.until(lambda: "button:front-office:battery" not in school.troubles())
    finally:
        await broker.kill()


async def test_what_is_published_is_what_is_listened_to(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    await broker.start()
    try:
        async with running(tmp_path / "school", with_triggers(zigbee(broker))) as school:
            await school.until(lambda: "zigbee" in school.triggers.listening)
            gate = with_triggers(zigbee(broker, "zigbee2mqtt/gate", "gate").replace("id: zigbee", "id: other"))
            await school.daemon.commands.publish(gate, "the gate's button", TECHNICIAN)
            await school.until(lambda: school.triggers.listening == {"other"})
            await broker.publish("zigbee2mqtt/office", '{"action": "single"}')
            await broker.publish("zigbee2mqtt/gate", '{"action": "single"}')
            await school.until(school.incidents)
            assert [row["action"] for row in school.incidents()] == ["secure"]
    finally:
        await broker.kill()


async def test_a_trigger_that_fails_disturbs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listen = PanicMqtt.listen

    async def fails_once(self: PanicMqtt, press: Any) -> None:
        if self.name == "bad":
            raise ZeroDivisionError
        await listen(self, press)

    monkeypatch.setattr(PanicMqtt, "listen", fails_once)
    broker = Broker(tmp_path)
    await broker.start()
    try:
        both = zigbee(broker).replace("id: zigbee", "id: bad") + zigbee(broker)
        async with running(tmp_path / "school", with_triggers(both)) as school:
            await school.until(lambda: "trigger:bad" in school.troubles() and "zigbee" in school.triggers.listening)
            await broker.publish("zigbee2mqtt/office", '{"action": "hold"}')
            await school.until(school.incidents)
    finally:
        await broker.kill()
