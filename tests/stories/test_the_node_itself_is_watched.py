"""Disk, certificate, buttons, lines and outputs: what is not a door goes dark too."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifier.campus.relay_device import Wire
from notifier.interfaces import ButtonSeen
from notifier.model.settings import Listen, Sender, Tls
from notifier.testing.fake_clock import MORNING
from notifier.testing.schools import bend, small_school
from notifier.testing.story import SENDERS, Story, story

NOW = datetime.fromtimestamp(MORNING, UTC)


class Usage(NamedTuple):
    total: int
    used: int
    free: int


async def test_a_disk_that_fills_is_told_before_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    async with story() as campus:
        free = 400_000_000
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(100_000_000_000, 0, free))
        await campus.advance("60s")
        assert "0.40 GB" in campus.log.has_trouble("disk")["text"]
        free = 40_000_000_000
        await campus.advance("30s")
        campus.log.has_no_trouble("disk")


def write_certificate(path: Path, ends: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "school.example")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(ends - timedelta(days=90)).not_valid_after(ends)
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


async def test_a_certificate_near_its_end_is_a_trouble_until_it_is_renewed(tmp_path: Path) -> None:
    path = tmp_path / "server.pem"
    write_certificate(path, NOW + timedelta(days=10))
    async with story() as campus:
        node = campus.daemon.node_watch
        tls = Listen(address="127.0.0.1:0", tls=Tls(certificate=str(path), key="unused"))
        node._settings = campus.settings.model_copy(update={"listen": tls})
        await campus.advance("60s")
        assert "ends in 10 days" in campus.log.has_trouble("certificate")["text"]
        write_certificate(path, NOW + timedelta(days=90))
        await campus.advance("30s")
        campus.log.has_no_trouble("certificate")
        path.unlink()
        await campus.advance("30s")
        assert "cannot be read" in campus.log.has_trouble("certificate")["text"]


async def test_a_button_that_gives_no_sign_of_life_is_a_trouble_until_it_does() -> None:
    button = '{id: gate, zone: office, name: "Gate", playbook: secure'
    files = bend(small_school(), "site.yaml", (button, f"{button}, seen_every: 5m"))
    async with story(files) as campus:
        await campus.advance("4m")
        campus.log.has_no_trouble("button")
        await campus.advance("2m")
        assert "gate" in campus.log.has_trouble("button", "gate:silent")["text"]
        campus.daemon.triggers._sign_of_life(ButtonSeen("gate"))
        await campus.advance("30s")
        campus.log.has_no_trouble("button")


async def test_a_line_of_which_every_sender_fails_is_a_trouble_of_its_own() -> None:
    senders = {**SENDERS, "email": Sender(channel="smtp_email", uplink="internet"), "push": Sender(channel="ntfy")}
    async with story(senders=senders) as campus:
        campus.sender("push").fails()
        await campus.advance("90s")
        campus.log.has_no_trouble("uplink")
        campus.sender("email").fails()
        await campus.advance("90s")
        assert "internet" in campus.log.has_trouble("uplink", "internet")["text"]
        campus.sender("push").recovers()
        await campus.advance("60s")
        campus.log.has_no_trouble("uplink")


def _strobe(campus: Story) -> None:
    campus.campus.grounds.device_of("strobe-north").set_wire(Wire.UNPLUGGED)


def _second_path(campus: Story) -> None:
    campus.campus.grounds.device_of("d8:second").set_wire(Wire.UNPLUGGED)


def _contact(campus: Story) -> None:
    campus.door("d2").loses_its_contact()


@pytest.mark.parametrize(
    ("breaks", "kind", "subject", "words"),
    [
        (_strobe, "signal", "strobe-north", "stay dark"),
        (_second_path, "door", "d8:second", "by its second path does not answer"),
        (_contact, "door", "d2", "its sensor says nothing"),
    ],
    ids=["strobe", "second path", "contact"],
)
async def test_what_a_lockdown_would_find_is_found_before(
    breaks: Callable[[Story], None], kind: str, subject: str, words: str
) -> None:
    async with story() as campus:
        breaks(campus)
        await campus.advance("60s")
        assert words in campus.log.has_trouble(kind, subject)["text"]


async def test_a_door_taken_off_the_site_takes_its_trouble_with_it() -> None:
    async with story() as campus:
        campus.door("d7").goes_dead()
        await campus.advance("60s")
        campus.log.has_trouble("door", "d7")
        site = campus.held.site
        fewer = site.model_copy(update={"doors": tuple(door for door in site.doors if door.id != "d7")})
        object.__setattr__(campus.held, "site", fewer)
        await campus.advance("5s")
        campus.log.has_no_trouble("door")
