"""Signing in by a real OpenID Connect provider on this machine: what fits is let in, what was swapped is not."""

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from oidc_provider_mock import User, run_server_in_thread

from notifier.access.provider import Asked, ProviderClient
from notifier.clock import SystemClock
from notifier.errors import Refused
from notifier.model.rights import Right
from notifier.model.settings import Provider
from tests.access.at_the_door import ADMIN, HERE, Door
from tests.access.memory_ledger import MemoryLedger

# The provider's own server uses names that its library is about to give up; ours are still errors.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:oidc_provider_mock"),
]

BACK = "http://localhost:8470/sign-in/provider/back"
ADA = User(sub="u-1", claims={"email": "ada@example.org", "email_verified": True})
EVE = User(sub="u-2", claims={"email": "ada@example.org", "email_verified": False})
MOVED = User(sub="u-3", claims={"email": "ada@example.org", "email_verified": True})


@dataclass
class District:
    door: Door
    client: ProviderClient
    http: aiohttp.ClientSession

    async def back_from(self, address: str, sub: str) -> dict[str, str]:
        """What the provider sends a person back with who says there that they are `sub`."""
        async with self.http.post(address, data={"sub": sub}, allow_redirects=False) as response:
            assert response.status == 302, await response.text()
            where = response.headers["Location"]
        assert where.startswith(BACK)
        return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}

    async def enters(self, sub: str) -> str:
        ticket, address = await self.door.sign_in.begin_provider(BACK, "/board")
        secret, after = await self.door.sign_in.by_provider(ticket, await self.back_from(address, sub), HERE, None)
        assert after == "/board"
        return secret


@pytest.fixture
async def district() -> AsyncIterator[District]:
    clock = SystemClock()
    with run_server_in_thread(require_nonce=True, user_claims=[ADA, EVE, MOVED]) as server:
        settings = Provider(issuer=f"http://localhost:{server.server_port}", client_id="notifier", client_secret="x")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            client = ProviderClient(settings, http, clock)
            door = Door(MemoryLedger(clock), clock, client)
            try:
                yield District(door, client, http)
            finally:
                door.desk.close()


async def account(district: District, *roles: str) -> str:
    made, _ = await district.door.book.add_user(
        "Ada Lopez", roles or ("commander",), [], None, "ada-lopez", ADMIN, "Ada@Example.org"
    )
    return made


async def test_whose_address_the_provider_has_verified_enters_their_own_account(district: District) -> None:
    made = await account(district)
    session = district.door.session(await district.enters("u-1"))
    assert session.account == made
    assert Right.COMMAND in district.door.rights(session)
    assert district.door.session(await district.enters("u-1")).account == made


async def test_an_administrators_rights_do_not_come_from_a_provider_that_proves_one_thing(district: District) -> None:
    await account(district, "administrator")
    assert Right.ADMINISTER not in district.door.rights(district.door.session(await district.enters("u-1")))
    district.client.settings = district.client.settings.model_copy(update={"proves_two": True})
    assert Right.ADMINISTER in district.door.rights(district.door.session(await district.enters("u-1")))


async def test_a_provider_makes_no_account(district: District) -> None:
    with pytest.raises(Refused, match="no account for you here"):
        await district.enters("u-1")
    assert district.door.book.listing() == []


async def test_an_address_that_is_not_verified_is_nobodys(district: District) -> None:
    await account(district)
    with pytest.raises(Refused, match="no account for you here"):
        await district.enters("u-2")


async def test_an_address_that_moved_to_another_person_does_not_take_the_account_along(district: District) -> None:
    await account(district)
    await district.enters("u-1")
    with pytest.raises(Refused, match="no account for you here"):
        await district.enters("u-3")


async def test_the_answer_for_one_browser_is_worthless_in_another(district: District) -> None:
    await account(district)
    _, attackers = await district.door.sign_in.begin_provider(BACK, "/")
    said = await district.back_from(attackers, "u-1")
    victims, _ = await district.door.sign_in.begin_provider(BACK, "/")
    with pytest.raises(Refused, match="does not fit what was asked"):
        await district.door.sign_in.by_provider(victims, said, HERE, None)


async def test_an_answer_counts_once(district: District) -> None:
    await account(district)
    ticket, address = await district.door.sign_in.begin_provider(BACK, "/")
    said = await district.back_from(address, "u-1")
    await district.door.sign_in.by_provider(ticket, said, HERE, None)
    with pytest.raises(Refused, match="Begin again"):
        await district.door.sign_in.by_provider(ticket, said, HERE, None)


async def test_an_answer_that_names_another_provider_is_refused(district: District) -> None:
    asked, address = await district.client.begin(BACK)
    said = await district.back_from(address, "u-1")
    with pytest.raises(Refused, match="does not fit"):
        await district.client.finish(asked, {**said, "iss": "https://evil.example"})


async def test_the_code_is_tied_to_a_secret_that_never_leaves_in_the_address(district: District) -> None:
    """The provider of this test does not check it, so it is looked at here (RFC 7636 section 4.2)."""
    asked, address = await district.client.begin(BACK)
    query = parse_qs(urlsplit(address).query)
    digest = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).decode().rstrip("=")
    assert (query["code_challenge"], query["code_challenge_method"]) == ([digest], ["S256"])
    assert asked.verifier not in address


async def test_a_token_made_for_another_sign_in_is_refused(district: District) -> None:
    asked, address = await district.client.begin(BACK)
    said = await district.back_from(address, "u-1")
    with pytest.raises(Refused, match="does not fit"):
        await district.client.finish(replace(asked, nonce="another"), said)


KEY = RSAKey.generate_key(2048, {"kid": "1"})
OTHER = RSAKey.generate_key(2048, {"kid": "1"})
ASKED = Asked("state", "nonce", "verifier", BACK)


@pytest.mark.parametrize(
    ("change", "key", "alg"),
    [
        ({"iss": "https://evil.example"}, KEY, "RS256"),
        ({"aud": "another-client"}, KEY, "RS256"),
        ({"aud": ["notifier", "another-client"]}, KEY, "RS256"),
        ({"nonce": "another"}, KEY, "RS256"),
        ({"exp": 1}, KEY, "RS256"),
        ({}, OTHER, "RS256"),
        ({}, OctKey.import_key("x" * 32), "HS256"),
    ],
)
async def test_a_token_that_is_wrong_in_one_thing_is_refused(
    district: District, change: dict[str, object], key: RSAKey | OctKey, alg: str
) -> None:
    now = int(district.door.desk.clock.wall().timestamp())
    right = {
        "iss": district.client.settings.issuer, "aud": "notifier", "sub": "u-1", "nonce": "nonce", "exp": now + 60,
        "iat": now,
    }  # fmt: skip
    keys = KeySet([KEY]).as_dict(private=False)
    good = jwt.encode({"alg": "RS256", "kid": "1"}, right, KEY)
    assert district.client._read(good, ASKED, keys).subject == "u-1"
    token = jwt.encode({"alg": alg, "kid": "1"}, {**right, **change}, key)
    with pytest.raises(Refused, match="does not fit"):
        district.client._read(token, ASKED, keys)


async def test_an_answer_with_another_state_is_refused_before_the_provider_is_asked(district: District) -> None:
    asked, address = await district.client.begin(BACK)
    said = await district.back_from(address, "u-1")
    for other in ({**said, "state": "another"}, {**said, "state": ""}, {"code": said["code"]}):
        with pytest.raises(Refused, match="does not fit"):
            await district.client.finish(asked, other)
    assert (await district.client.finish(asked, said)).subject == "u-1", "its code was not used up"


@asynccontextmanager
async def described_as(**lies: str) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that says of itself what a provider says, but for `lies`; its address, and what it was asked for."""
    asked: list[str] = []

    async def describe(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        if request.path == "/moved":
            raise web.HTTPFound("/keys")
        if request.path == "/keys":
            return web.json_response(KeySet([KEY]).as_dict(private=False))
        if "big" in lies:
            return web.json_response({"issuer": "x" * 1_100_000})
        told = {
            "issuer": own,
            "authorization_endpoint": f"{own}/a",
            "token_endpoint": f"{own}/t",
            "jwks_uri": f"{own}/keys",
        }
        return web.json_response(told | {name: lie.format(own=own) for name, lie in lies.items()})

    server = TestServer(web.Application())
    server.app.router.add_route("*", "/{path:.*}", describe)
    await server.start_server()
    own = f"http://localhost:{server.port}"
    try:
        yield own, asked
    finally:
        await server.close()


@pytest.mark.parametrize(
    "lies",
    [
        {"issuer": "https://evil.example"},
        {"issuer": "{own}/"},
        {"token_endpoint": "ftp://localhost/t"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "{own}/moved"},
        {"big": "yes"},
    ],
    ids=str,
)
async def test_a_provider_that_describes_itself_as_another_is_not_gone_to(lies: dict[str, str]) -> None:
    async with described_as() as (own, _), aiohttp.ClientSession() as http:
        _, address = await ProviderClient(Provider(issuer=own, client_id="n"), http, SystemClock()).begin(BACK)
        assert address.startswith(f"{own}/a?")
    async with described_as(**lies) as (own, asked), aiohttp.ClientSession() as http:
        with pytest.raises(Refused, match="does not answer as it must"):
            await ProviderClient(Provider(issuer=own, client_id="n"), http, SystemClock()).begin(BACK)
        assert "/keys" not in asked, "it was led there"


async def test_a_provider_over_https_is_never_left_for_plain_http(district: District) -> None:
    client = ProviderClient(Provider(issuer="https://id.example", client_id="n"), district.http, SystemClock())
    assert client._is_safe("https://id.example/token")
    assert not client._is_safe("http://id.example/token")


async def test_a_provider_that_is_down_is_said_in_a_sentence(district: District) -> None:
    down = Provider(issuer="http://127.0.0.1:9", client_id="notifier")
    with pytest.raises(Refused, match="does not answer as it must") as refused:
        await ProviderClient(down, district.http, SystemClock()).begin(BACK)
    assert refused.value.status == 502
