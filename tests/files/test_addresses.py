"""What a driver would refuse at the press is refused when it is written, with its place."""

import asyncio
from collections.abc import Sequence

import pytest

from notifier.adapters import Installed, door_driver, known, signal_driver
from notifier.errors import Fault, WillNotWork
from notifier.files.load import load
from notifier.interfaces import DoorDriver, SignalDriver, Tools
from notifier.model.site import Door
from tests.campus.hand_clock import HandClock
from tests.files.a_school import SENDERS, TODAY, school

HERE = ("127.0.0.0/8",)


def faults(address: str, allowed: Sequence[str] | None = (), *, old: str = "http://192.0.2.11") -> list[Fault]:
    raw = school()["site.yaml"].decode()
    assert f'"{old}"' in raw
    files = school(site=raw.replace(f'"{old}"', f'"{address}"', 1))
    found = load(files, Installed(), SENDERS, TODAY, allowed).faults
    return [fault for fault in found if fault.rule == "site-device-address"]


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254",
        "http://metadata.google.internal/x",
        "http://127.0.0.1:8080",
        "http://localhost",
        "http://0x7f000001/",
        "http://[::1]",
        "http://[fe80::1]",
        "http://168.63.129.16",
        "10.0.0.17",
        "ftp://10.0.0.17",
        "http://admin:secret@10.0.0.17",
    ],
)
def test_an_address_that_the_driver_refuses_is_refused_with_its_place(address: str) -> None:
    (fault,) = faults(address)
    line = school()["site.yaml"].decode().split('"http://192.0.2.11"')[0].count("\n") + 1
    assert (fault.file, fault.line, fault.level) == ("site.yaml", line, "error")
    assert fault.column == len('    address: "')
    assert fault.advice
    assert "secret" not in str(fault)


@pytest.mark.parametrize("address", ["http://10.0.0.17", "https://relay.school.example/x", "http://[fd00::17]:8080"])
def test_an_address_of_the_schools_own_network_is_fine(address: str) -> None:
    assert faults(address) == []


def test_a_network_that_the_settings_name_is_fine_and_nobody_guesses_what_they_name() -> None:
    assert faults("http://127.0.0.1:8080", HERE) == []
    assert faults("http://127.0.0.1:8080", None) == []
    assert len(faults("http://169.254.1.1", HERE)) == 1
    assert len(faults("10.0.0.17", None)) == 1


@pytest.mark.parametrize(("old", "new"), [("http://192.0.2.31", "http://127.0.0.1"), ("239.255.20.1:5004", "10.0.0.9")])
def test_signals_and_speakers_are_judged_by_their_drivers_too(old: str, new: str) -> None:
    assert len(faults(new, old=old)) == 1


def test_second_paths_and_the_fire_panel_are_judged_too() -> None:
    raw = school()["site.yaml"].decode()
    fire = 'fire_alarm: {driver: shelly_gen2, address: "http://127.0.0.1", input: 0}\n'
    second = '\n    second_path: {driver: tasmota, address: "http://127.0.0.9"}'
    site = raw.replace('"http://192.0.2.11"', '"http://192.0.2.11"' + second, 1)
    found = load(school(site=site + fire), Installed(), SENDERS, TODAY, ()).faults
    assert sum(fault.rule == "site-device-address" for fault in found) == 2


@pytest.mark.parametrize("kind", known(DoorDriver))
def test_what_the_check_lets_pass_and_what_the_driver_opens_are_the_same(kind: str) -> None:
    model = door_driver(kind).Settings
    if not hasattr(model, "address_fault"):
        pytest.skip("this driver judges no web address")
    driver = door_driver(kind)(Tools(http=None, clock=HandClock(), state_dir=""))
    door = Door(
        id="d", zone="z", side="interior", driver=kind, address="http://127.0.0.1:1", settings=EXAMPLES.get(kind, {})
    )
    with pytest.raises(WillNotWork, match="cannot be used"):
        asyncio.run(driver.secure(door))
    assert model.address_fault(door.address, ())


def test_every_signal_driver_of_the_house_says_what_it_refuses() -> None:
    assert all(hasattr(signal_driver(kind).Settings, "address_fault") for kind in known(SignalDriver) if kind in OURS)


OURS = {"shelly_gen2", "shelly_gen1", "tasmota", "controlbyweb", "http_relay", "home_assistant", "two_n"}
EXAMPLES = {
    "axis": {"token": "t", "password": "p"},
    "onvif": {"token": "t", "password": "p"},
    "unifi_access": {"door": "d", "token": "t"},
    "brivo": {
        "access_point": 1,
        "scenario": 1,
        "api_key": "k",
        "client_id": "c",
        "client_secret": "s",
        "user": "u",
        "password": "p",
    },
    "openpath": {"org": 1, "plan": 1, "cloud_user": 1, "credential": 1, "email": "a@b", "password": "p"},
    "home_assistant": {"entity": "lock.d"},
    "http_relay": {"turn_on": {"url": "/on"}, "turn_off": {"url": "/off"}},
}
