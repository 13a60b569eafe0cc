"""Buttons over MQTT, against a real broker that is killed and restarted."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifier.clock import SystemClock
from notifier.errors import StoreGone
from notifier.interfaces import ButtonSeen
from notifier.testing.check_trigger import TRIGGER_PROMISES, Promise, heard, listener
from notifier.triggers import panic_mqtt
from notifier.triggers.panic_mqtt import PanicMqttSettings
from tests.triggers.mqtt_broker import needs_mosquitto
from tests.triggers.mqtt_button import TOPIC, MqttButtonFarEnd


@pytest.mark.parametrize("promise", TRIGGER_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps_the_promise_that_it(tmp_path: Path, promise: Promise) -> None:
    async with MqttButtonFarEnd(tmp_path) as far:
        await promise(far.trigger, far)


@needs_mosquitto
@pytest.mark.parametrize("promise", TRIGGER_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps_with_mosquitto_the_promise_that_it(tmp_path: Path, promise: Promise) -> None:
    async with MqttButtonFarEnd(tmp_path, "mosquitto") as far:
        await promise(far.trigger, far)


async def pressed(far: MqttButtonFarEnd, payload: dict[str, Any], **how: Any) -> None:
    await far.say(json.dumps(payload).encode(), **how)


async def test_a_press_that_the_broker_kept_for_everybody_starts_nothing(tmp_path: Path) -> None:
    async with MqttButtonFarEnd(tmp_path) as far:
        await far.broker.publish(TOPIC, '{"action": "single", "battery": 3}', retain=True)
        async with listener(far.trigger, far) as intake:
            await far.say(b"{}")
            assert not intake.taken
            assert not [seen for seen in far.signs if seen.battery == 3]
            await far.press()
            await heard(intake, 1)


async def test_a_counter_that_was_taken_is_known_after_a_restart_and_another_one_is_a_press(tmp_path: Path) -> None:
    async with MqttButtonFarEnd(tmp_path) as far:
        async with listener(far.trigger, far) as intake:
            await far.press()
            await heard(intake, 1)
        far.heard.clear()
        async with listener(far.trigger, far) as intake:
            await far.repeat()
            assert not intake.taken
            await far.press()
            await heard(intake, 1)


async def test_a_press_says_when_it_was_made_and_a_replay_of_it_is_the_same_press(tmp_path: Path) -> None:
    async with MqttButtonFarEnd(tmp_path) as far, listener(far.trigger, far) as intake:
        made = far.clock.wall() - timedelta(minutes=10)
        other = far.clock.wall()
        await pressed(far, {"action": "single", "last_seen": made.isoformat()})
        await heard(intake, 1)
        assert intake.taken[0].pressed_at == pytest.approx(made.timestamp())
        await pressed(far, {"action": "single", "last_seen": other.isoformat()})
        await heard(intake, 2)
        await pressed(far, {"action": "single", "last_seen": made.isoformat()})
        assert {one.dedupe for one in intake.taken} == {intake.taken[0].dedupe, intake.taken[1].dedupe}
        assert len({one.dedupe for one in intake.taken}) == 2


async def test_a_press_of_another_day_starts_nothing_and_is_named(tmp_path: Path) -> None:
    async with MqttButtonFarEnd(tmp_path) as far, listener(far.trigger, far) as intake:
        made = far.clock.wall() - timedelta(days=2)
        await pressed(far, {"action": "single", "last_seen": made.isoformat()})
        assert not intake.taken
        assert far.faults == [("office", ANY)]
        assert "made on another day" in far.faults[0][1]


async def test_a_press_that_nobody_took_is_taken_when_somebody_can(tmp_path: Path) -> None:
    async with MqttButtonFarEnd(tmp_path) as far, listener(far.trigger, far) as intake:
        intake.refuses = StoreGone("the disk hangs")
        await far.broker.publish(TOPIC, '{"action": "single", "action_transaction": 9}')
        await intake.asked.wait()
        intake.refuses = None
        await heard(intake, 1)
        await far.say(b'{"action": "single", "action_transaction": 9}')
        assert len(intake.taken) == 1


async def test_battery_and_absence_are_told(tmp_path: Path) -> None:
    async with MqttButtonFarEnd(tmp_path) as far, listener(far.trigger, far):
        await pressed(far, {"battery": 7})
        await far.broker.publish(f"{TOPIC}/availability", '{"state": "offline"}')
        await far.say(b"{}")
        assert ButtonSeen("office", 7.0, here=True) in far.signs
        assert ButtonSeen("office", None, here=False) in far.signs


async def test_a_broker_that_freezes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panic_mqtt, "KEEPALIVE", 1)
    async with MqttButtonFarEnd(tmp_path) as far, listener(far.trigger, far) as intake:
        far.broker.freeze()
        await far.says("cannot be heard")
        far.broker.thaw()
        await far.reached()
        await far.press()
        await heard(intake, 1)


async def test_a_connection_to_a_broker_with_the_sites_own_authority(tmp_path: Path) -> None:
    written = certificate(tmp_path)
    async with MqttButtonFarEnd(tmp_path, tls=written) as far, listener(far.trigger, far) as intake:
        await far.press()
        await heard(intake, 1)


async def test_a_broker_whose_certificate_is_not_trusted_is_never_told_a_password(tmp_path: Path) -> None:
    written = certificate(tmp_path)
    async with MqttButtonFarEnd(tmp_path, tls=written) as far:
        far.ca = None
        async with listener(far.trigger, far, reached=False):
            await far.says("certificate is not trusted")


@needs_mosquitto
async def test_a_wrong_password_is_said_in_words_and_the_right_one_connects(tmp_path: Path) -> None:
    wrong = MqttButtonFarEnd(tmp_path, "mosquitto", password="battery staple")
    async with wrong, listener(wrong.trigger, wrong, reached=False):
        await wrong.says("ot authori")
        assert not any("horse" in said or "staple" in said for said in wrong.words)
    (tmp_path / "again").mkdir()
    right = MqttButtonFarEnd(tmp_path / "again", "mosquitto", password="correct horse")
    async with right, listener(right.trigger, right) as intake:
        await right.press()
        await heard(intake, 1)


@needs_mosquitto
async def test_what_was_pressed_while_we_were_away_comes_later_and_says_so(tmp_path: Path) -> None:
    async with MqttButtonFarEnd(tmp_path, "mosquitto") as far:
        async with listener(far.trigger, far) as intake:
            await far.press()
            await heard(intake, 1)
        kept = next((tmp_path / "state").glob("mqtt-*.json"))
        said = json.loads(kept.read_text())
        left = said["heard"] = said["heard"] - 600
        kept.write_text(json.dumps(said))
        await far.broker.publish(TOPIC, '{"action": "single"}')
        far.heard.clear()
        async with listener(far.trigger, far) as intake:
            await heard(intake, 1)
        assert intake.taken[0].pressed_at == pytest.approx(left, abs=30)


@needs_mosquitto
async def test_a_press_that_we_died_over_is_sent_again(tmp_path: Path) -> None:
    async with MqttButtonFarEnd(tmp_path, "mosquitto") as far:
        async with listener(far.trigger, far) as intake:
            intake.refuses = StoreGone("the disk hangs")
            await far.broker.publish(TOPIC, '{"action": "single"}')
            await intake.asked.wait()
        far.heard.clear()
        async with listener(far.trigger, far) as intake:
            await heard(intake, 1)


@needs_mosquitto
async def test_a_press_during_a_short_absence_is_a_press_of_now(tmp_path: Path) -> None:
    async with MqttButtonFarEnd(tmp_path, "mosquitto") as far:
        async with listener(far.trigger, far):
            pass
        await far.broker.publish(TOPIC, '{"action": "single"}')
        far.heard.clear()
        async with listener(far.trigger, far) as intake:
            await heard(intake, 1)
        assert intake.taken[0].pressed_at is None


@pytest.mark.parametrize("url", ["http://b", "mqtt://", "mqtt://user:pw@b", "mqtt://b/path", "b:1883"])
def test_an_address_that_is_no_broker_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        PanicMqttSettings.model_validate({"url": url, "buttons": [{"topic": "t", "button": "b", "format": "text"}]})


def certificate(folder: Path) -> tuple[Path, Path]:
    """One that only who is told trusts: (certificate, key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = SystemClock().wall()
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    written, secret = folder / "broker.pem", folder / "broker.key"
    written.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return written, secret
