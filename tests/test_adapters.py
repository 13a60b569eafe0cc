"""The file name is the registration: nothing else is edited when a driver is added."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from notifier import adapters
from notifier.channels.twilio import TwilioSms
from notifier.doors.shelly_gen2 import ShellyDoor, ShellySettings, ShellySignal
from notifier.files.catalogue import AdapterCatalogue
from notifier.interfaces import CameraDriver, Channel, DoorDriver, SignalDriver, SpeakerChannel, Trigger

EVERY_KIND = [(socket, kind) for socket in adapters.ROOMS for kind in adapters.known(socket)]


@pytest.mark.parametrize(("socket", "kind"), EVERY_KIND, ids=lambda each: getattr(each, "__name__", each))
def test_every_kind_loads_and_says_what_files_may_write(socket: type, kind: str) -> None:
    load = {
        DoorDriver: adapters.door_driver,
        SignalDriver: adapters.signal_driver,
        CameraDriver: adapters.camera_driver,
        Channel: adapters.channel,
        SpeakerChannel: adapters.speaker_channel,
        Trigger: adapters.trigger,
    }
    driver = load[socket](kind)
    assert issubclass(driver, socket)
    settings = adapters.settings_class(driver)
    assert settings is not None
    assert settings.model_config.get("extra") == "forbid"
    assert settings.model_config.get("frozen") is True


def test_one_file_may_hold_a_door_driver_and_a_signal_driver() -> None:
    assert adapters.door_driver("shelly_gen2") is ShellyDoor
    assert adapters.signal_driver("shelly_gen2") is ShellySignal


def test_a_vendor_may_be_a_package() -> None:
    assert adapters.channel("twilio") is TwilioSms


def test_an_unknown_kind_is_answered_with_the_nearest_known_one() -> None:
    with pytest.raises(adapters.UnknownKind) as failure:
        adapters.door_driver("shelly_gen_2")
    assert "no door driver called 'shelly_gen_2'" in str(failure.value)
    assert "Did you mean shelly_gen2?" in str(failure.value)
    assert failure.value.faults[0].advice.endswith(f"Known: {', '.join(adapters.known(DoorDriver))}.")


@pytest.mark.parametrize("kind", ["_device_line", "../clock", "", "os", "shelly_gen2.ShellyDoor"])
def test_a_file_cannot_make_us_import_anything_else(kind: str) -> None:
    with pytest.raises(adapters.UnknownKind):
        adapters.door_driver(kind)


def test_a_sender_is_no_speaker_although_they_share_a_room() -> None:
    assert "twilio" in adapters.known(Channel)
    assert "twilio" not in adapters.known(SpeakerChannel)
    with pytest.raises(adapters.UnknownKind):
        adapters.speaker_channel("twilio")


def test_files_are_handed_the_drivers_settings() -> None:
    installed: AdapterCatalogue = adapters.Installed()
    assert installed.door_kinds["shelly_gen2"] is ShellySettings
    assert installed.signal_kinds["shelly_gen2"] is ShellySettings
    assert "acme" not in installed.door_kinds
    assert set(installed.address_kinds) == set(installed.channel_kinds)
    assert installed.address_kinds["twilio"] == "sms"


def test_what_is_not_used_is_not_imported() -> None:
    program = (
        "import sys; from notifier import adapters; from notifier.interfaces import Channel\n"
        "adapters.known(Channel); adapters.door_driver('shelly_gen2')\n"
        "print([name for name in sys.modules if name.startswith(('twilio', 'notifier.channels.', 'aiosmtplib'))])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_new_driver_needs_its_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acme = tmp_path / "acme.py"
    acme.write_text(
        "from notifier.doors.shelly_gen2 import ShellySettings\n"
        "from notifier.interfaces import DoorDriver\n"
        "class Acme(DoorDriver):\n"
        "    Settings = ShellySettings\n"
        "    proof = 'none'\n"
        "    async def secure(self, door): ...\n"
        "    async def restore(self, door): ...\n"
        "    async def read(self, door): ...\n"
    )
    import notifier.doors

    monkeypatch.setattr(notifier.doors, "__path__", [*notifier.doors.__path__, str(tmp_path)])
    monkeypatch.setattr(adapters, "_files", lambda room: [acme])
    assert adapters.known(DoorDriver) == ["acme"]
    assert adapters.door_driver("acme").__name__ == "Acme"
    assert issubclass(adapters.settings_class(adapters.door_driver("acme")) or int, BaseModel)
    monkeypatch.delitem(sys.modules, "notifier.doors.acme")
