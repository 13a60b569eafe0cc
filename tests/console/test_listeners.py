"""The listeners: who may speak plainly, who is asked of the kernel, and what is never written down."""

import asyncio
import ipaddress
import logging
import os
import socket
import ssl
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from notifier.console.server import SOCKET_NAME
from notifier.errors import SetupError
from tests.console.school import ADMIN, LINK, School, open_school


def over_socket(school: School) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.UnixConnector(school.server.addresses["socket"]))


async def test_the_owner_of_the_machine_is_known_over_the_socket_without_a_token(school: School) -> None:
    async with over_socket(school) as http:
        async with http.get("http://notifier/api/v1/accounts") as response:
            assert response.status == 200
        async with http.post("http://notifier/api/v1/incidents/i1/all-clear", json={"reason": "x"}) as response:
            assert response.status == 403


async def doors_as(school: School, uid: int) -> bytes:
    """Ask for the doors as a user of this machine; the kernel notes who connects."""
    sock = socket.socket(socket.AF_UNIX)
    before = os.geteuid()
    os.seteuid(uid)
    try:
        sock.connect(school.server.addresses["socket"])
    finally:
        os.seteuid(before)
    reader, writer = await asyncio.open_unix_connection(sock=sock)
    writer.write(b"GET /api/v1/doors HTTP/1.0\r\nHost: x\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return answer.split(b" ")[1]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine may look into."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


async def test_a_user_of_the_machine_is_nobody_until_linked(open_folder: Path) -> None:
    uid = 4242 if os.getuid() == 0 else os.getuid()
    async with open_school(open_folder, own_uid=4343) as school:
        open_to_all(open_folder / SOCKET_NAME)
        assert await doors_as(school, uid) == b"401"
        await school.accounts.add_user("Grace", ["view"], [], uid, "grace", ADMIN)
        assert await doors_as(school, uid) == b"200"


def open_to_all(path: Path) -> None:
    path.chmod(0o666)


async def test_a_wrong_token_over_the_socket_is_nobody(school: School) -> None:
    async with over_socket(school) as http:
        wrong = {"Authorization": "Bearer nt_wrong"}
        async with http.get("http://notifier/api/v1/doors", headers=wrong) as response:
            assert response.status == 401


async def test_a_press_over_the_socket_works(school: School) -> None:
    press = {"playbook": "hold"}
    async with over_socket(school) as http, http.post("http://x/api/v1/activations", json=press) as response:
        assert response.status == 202
    assert school.engine.presses[0][0].source == f"cli:{os.getuid()}"


async def test_the_socket_opens_to_its_user_and_group_only_and_goes_with_the_daemon(tmp_path: Path) -> None:
    path = tmp_path / SOCKET_NAME
    async with open_school(tmp_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert not path.exists()


async def test_what_a_killed_daemon_left_is_no_hindrance_and_a_living_one_is(tmp_path: Path) -> None:
    async with open_school(tmp_path):
        with pytest.raises(SetupError, match="A daemon answers"):
            async with open_school(tmp_path):
                pass
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / SOCKET_NAME))
    async with open_school(tmp_path) as school, over_socket(school) as http, http.get("http://x/healthz") as response:
        assert response.status == 200


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"listen": {"address": "0.0.0.0:0"}}, "plain HTTP to everybody"),
        ({"listen": {"address": "8470"}}, "host:port"),
        ({"listen": {"address": "127.0.0.1:99999"}}, "host:port"),
        ({"listen": {"address": "192.0.2.77:0"}}, "plain HTTP"),
        ({"behind_proxy": ["10.0.0.0/99"]}, "behind_proxy"),
        ({"press_listen": "nowhere.invalid:1"}, "press_listen"),
        ({"listen": {"address": "127.0.0.1:0", "tls": {"certificate": "no.pem", "key": "no.key"}}}, "PEM"),
    ],
)
async def test_settings_that_cannot_be_listened_on_say_what_to_do(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(SetupError, match=words):
        async with open_school(tmp_path, settings=settings):
            pass
    assert not (tmp_path / SOCKET_NAME).exists()


async def test_an_address_in_use_is_said(tmp_path: Path) -> None:
    async with open_school(tmp_path) as school:
        taken = {"listen": {"address": urlsplit(school.url).netloc}}
        with pytest.raises(SetupError, match="cannot be listened on"):
            async with open_school(tmp_path / "x", settings=taken):
                pass


async def test_behind_a_proxy_others_may_press_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"listen": {"address": "0.0.0.0:0"}, "behind_proxy": ["10.0.0.0/8"]}
    async with open_school(tmp_path, settings=settings) as school:
        port = urlsplit(school.url).port
        school.server.addresses["main"] = f"http://127.0.0.1:{port}"
        assert (await school.ask("GET", "/healthz"))[0] == 200
        stranger = ipaddress.ip_address("192.0.2.1")
        monkeypatch.setattr("notifier.console.reception.peer_address", lambda request: stranger)
        assert (await school.ask("GET", "/healthz"))[0] == 403
        assert (await school.ask("POST", await school.button()))[0] == 202


async def test_the_press_listener_serves_nothing_but_presses(tmp_path: Path) -> None:
    async with open_school(tmp_path, settings={"press_listen": "127.0.0.1:0"}) as school:
        headers = await school.token("commander")
        path = await school.button()
        school.server.addresses["main"] = school.server.addresses["press"]
        assert (await school.ask("POST", path))[0] == 202
        for other in ("/healthz", "/api/v1/doors", "/api/v1/activations", f"/r/{LINK}", "/api/docs"):
            assert (await school.ask("GET", other, headers))[0] == 404


def certificate(folder: Path, days: int) -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return {"certificate": str(folder / "tls.pem"), "key": str(folder / "tls.key")}


async def shown_certificate(school: School) -> bytes | None:
    place = urlsplit(school.url)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection(place.hostname, place.port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return bytes(shown)


async def test_a_new_certificate_is_used_without_a_restart_and_half_a_one_is_not(tmp_path: Path) -> None:
    settings = {"listen": {"address": "127.0.0.1:0", "tls": certificate(tmp_path, 30)}}
    async with open_school(tmp_path, settings=settings) as school:
        assert school.url.startswith("https://")
        first = await shown_certificate(school)
        ends = school.server.certificate_ends
        assert ends is not None

        (tmp_path / "tls.pem").write_text("half")
        assert not school.server.reload_tls()
        assert await shown_certificate(school) == first

        keep_key = (tmp_path / "tls.key").read_bytes()
        certificate(tmp_path, 90)
        new_key = (tmp_path / "tls.key").read_bytes()
        (tmp_path / "tls.key").write_bytes(keep_key)
        assert not school.server.reload_tls()
        assert await shown_certificate(school) == first

        (tmp_path / "tls.key").write_bytes(new_key)
        assert school.server.reload_tls()
        assert await shown_certificate(school) != first
        assert school.server.certificate_ends is not None
        assert school.server.certificate_ends > ends + timedelta(days=50)

        headers = await school.cookie("commander")
        for path in ("/healthz", "/sign-in", "/api/v1/events", "/nowhere"):
            async with school.http.get(f"{school.url}{path}", headers=headers, ssl=False) as response:
                assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_no_secret_reaches_the_log(school: School, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = await school.button()
    secret = path.rpartition("/")[2]
    headers = await school.token("operator")
    bearer = headers["Authorization"].removeprefix("Bearer ")
    for method in ("POST", "GET", "HEAD", "OPTIONS", "DELETE"):
        await school.ask(method, path, headers)
        await school.ask(method, f"/r/{LINK}?answer=x")
        await school.ask(method, f"/pres/{secret}")
        await school.ask(method, f"{path}/{secret}?q={secret}")
    await school.ask("GET", f"/api/v1/doors?token={bearer}", headers)
    await raw(school, f"GET {path} HTTP/9.9\r\n\r\n")
    await raw(school, f"{secret} / HTTP/1.1\r\n\r\n")
    await raw(school, f"GET /press/{secret}\x01 HTTP/1.1\r\n\r\n")
    await school.ask("POST", "/api/v1/incidents/i1/notes", headers, json={"text": "Child of 5551230142"})

    ours = [one for one in caplog.records if not one.name.startswith("asyncio")]
    said = "\n".join(logging.Formatter("%(name)s %(message)s").format(one) for one in ours)
    for hidden in (secret, bearer, LINK, "5551230142"):
        assert hidden not in said
    assert "POST /press/{secret} 202" in said
    assert "POST /r/{token} 422" in said
    assert "GET /api/v1/doors 400" in said


async def raw(school: School, data: str) -> bytes:
    place = urlsplit(school.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(data.encode("latin-1"))
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    "data", ["\x16\x03\x01\x02", "GET / HTTP/1.1\r\nX: " + "y" * 20_000 + "\r\n\r\n", "GET /" + "y" * 70_000]
)
async def test_what_is_no_http_is_answered_as_a_problem(school: School, data: str) -> None:
    answer = await raw(school, f"{data}\r\n\r\n")
    assert answer.split(b" ")[1] == b"400"
    assert b"application/problem+json" in answer
    assert b"yyyy" not in answer


async def test_it_tells_whether_it_lives_is_ready_and_how_it_does(school: School) -> None:
    assert (await school.ask("GET", "/healthz"))[:2] == (200, {"alive": True})
    assert (await school.ask("GET", "/readyz"))[:2] == (200, {"ready": True, "recorded": True})
    school.views.ready = False
    assert (await school.ask("GET", "/readyz"))[0] == 503

    _, text, response = await school.ask("GET", "/metrics", await school.token("view"))
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE notifier_loop_stall_seconds gauge\nnotifier_loop_stall_seconds " in text
    assert 'notifier_incidents_open{action="hold"} 2\n' in text
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
