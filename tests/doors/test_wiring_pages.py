"""What the how-to pages tell technicians to write is what the drivers take; and a certificate is checked."""

import hashlib
import re
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifier.adapters import door_driver
from notifier.doors.tasmota import TasmotaDoor
from notifier.errors import Reason, WillNotWork
from notifier.model.site import Door
from tests.doors.web_fake import tools

PAGES = Path(__file__).resolve().parents[2] / "docs" / "how_to"
KINDS = ("tasmota", "shelly_gen1", "controlbyweb", "http_relay", "home_assistant", "two_n")
CONTROLLERS = ("axis", "onvif", "unifi_access", "brivo", "openpath")


@pytest.mark.parametrize("kind", [*KINDS, *CONTROLLERS])
def test_the_example_of_a_page_is_what_the_driver_takes(kind: str) -> None:
    text = (PAGES / f"wire_{kind}.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (written,) = yaml.safe_load(example)["doors"]
    door = Door.model_validate(written)
    driver = door_driver(door.driver)
    assert door.driver == kind
    assert driver.Settings.model_validate(door.settings)
    assert driver.leaves in text
    assert driver.proof in text or kind in CONTROLLERS  # their pages tell it over several lines


def test_the_page_of_a_shelly_says_that_it_leaves_nothing() -> None:
    assert door_driver("shelly_gen2").leaves in (PAGES / "wire_a_shelly_door.md").read_text()


def certificate(folder: Path) -> tuple[Path, str]:
    """A self-signed one with its key in one file, and its fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=36500))
    signed = made.sign(key, hashes.SHA256())
    path = folder / "relay.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path, hashlib.sha256(signed.public_bytes(serialization.Encoding.DER)).hexdigest()


async def test_a_self_signed_device_is_spoken_to_only_by_its_fingerprint(tmp_path: Path) -> None:
    path, fingerprint = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    heard: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        heard.append(request.path)
        return web.json_response({"POWER1": "ON"})

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    driver = TasmotaDoor(tools())
    address = f"https://127.0.0.1:{runner.addresses[0][1]}"
    door = Door(id="d", zone="z", side="interior", driver="tasmota", address=address)
    try:
        for settings in ({}, {"fingerprint": "0" * 64}):
            with pytest.raises(WillNotWork, match="certificate") as failure:
                await driver.secure(door.model_copy(update={"settings": settings}))
            assert failure.value.reason is Reason.BAD_ADDRESS
        assert heard == []
        await driver.secure(door.model_copy(update={"settings": {"fingerprint": fingerprint}}))
        assert heard == ["/cm"]
    finally:
        await driver.close()
        await runner.cleanup()
