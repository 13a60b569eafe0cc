"""Push to browsers: the suite that every channel keeps, RFC 8291's own example, and what a service says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from notifier.channels._push_sealing import key_from, sealed
from notifier.channels.web_push import WebPush
from notifier.clock import SystemClock
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import Tools
from notifier.model.delivery import DeliveryState, Purpose
from notifier.model.message import Message
from notifier.model.push import Subscription, encoded, subscription, subscription_in
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from tests.channels.push_service import PushService, b64

LINK = "https://school.example/r/Zk3vR8mTq1"


def words(**more: object) -> Message:
    plain = {"title": "Lockdown", "text": "Locks, lights, out of sight.", "language": "en", "drill": False}
    return Message(**{"purpose": Purpose.EMERGENCY, **plain, **more})  # type: ignore[arg-type]  # fields of many types


@pytest.fixture
async def far() -> AsyncIterator[PushService]:
    async with PushService() as far:
        yield far


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[Tools]:
    async with aiohttp.ClientSession() as http:
        yield Tools(http, SystemClock(), str(tmp_path))


@asynccontextmanager
async def opened(far: PushService, tools: Tools, **settings: object) -> AsyncIterator[WebPush]:
    channel = far.make(tools, **settings)
    await channel.open()
    try:
        yield channel
    finally:
        await channel.close()


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, far: PushService, tools: Tools) -> None:
    await promise(lambda: far.make(tools), far)


def test_the_example_of_rfc_8291_comes_out_to_the_byte() -> None:
    to = subscription(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    body = sealed(
        b"When I grow up, I want to be a watermelon",
        to,
        salt=b64("DGv6ra1nlYgDCS1FRnbzlw"),
        once=key_from("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
    )
    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
        "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


async def test_a_browser_gets_the_words_the_link_and_the_answers(far: PushService, tools: Tools) -> None:
    async with opened(far, tools) as channel:
        receipt = await channel.send(far.good_address, words(link=LINK, answers=("safe", "need_help")), "d1")
    _, said, headers = far.shown[0]
    assert said == {
        "title": "Lockdown",
        "body": "Locks, lights, out of sight.",
        "tag": "d1",
        "link": LINK,
        "lang": "en",
        "drill": False,
        "quiet": False,
        "answers": [["safe", "SAFE"], ["need_help", "NEED HELP"]],
    }
    assert (headers["Urgency"], headers["TTL"]) == ("high", "3600")
    assert (receipt.state, bool(receipt.ref)) == (DeliveryState.SENT, True)


@pytest.mark.parametrize(
    ("more", "urgency"),
    [({"quiet": True}, "normal"), ({"drill": True}, "normal"), ({"purpose": Purpose.ROUTINE}, "normal")],
)
async def test_only_a_live_emergency_to_people_outside_is_urgent(
    far: PushService, tools: Tools, more: dict[str, object], urgency: str
) -> None:
    async with opened(far, tools) as channel:
        await channel.send(far.good_address, words(**more), "d1")
    assert far.shown[0][2]["Urgency"] == urgency


async def test_a_repeat_replaces_what_is_pending_and_another_message_does_not(far: PushService, tools: Tools) -> None:
    async with opened(far, tools) as channel:
        for delivery in ("d1", "d1", "d2"):
            await channel.send(far.good_address, words(), delivery)
    assert sorted(far.pending.values()) == [1, 2]


@pytest.mark.parametrize("letter", ["x", "é", "🔒", '"'])
@pytest.mark.parametrize("drill", [False, True])
async def test_a_long_message_is_cut_to_what_every_service_takes(
    far: PushService, tools: Tools, letter: str, drill: bool
) -> None:
    async with opened(far, tools) as channel:
        await channel.send(far.good_address, words(text=f"Start {letter * 6000} end", drill=drill, link=LINK), "d1")
    _, said, headers = far.shown[0]
    assert 3900 < int(headers["Content-Length"]) <= 4096
    assert said["link"] == LINK
    assert str(said["body"]).endswith("… (DRILL)" if drill else "…")


async def test_a_browser_that_let_go_is_gone_for_good(far: PushService, tools: Tools) -> None:
    far.ada.gone = True
    async with opened(far, tools) as channel:
        with pytest.raises(WillNotWork) as refused:
            await channel.send(far.good_address, words(), "d1")
    assert refused.value.reason is Reason.BAD_ADDRESS


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/wpush/1",
        "http://fcm.googleapis.com/wpush/1",
        "https://fcm.googleapis.com.evil.example/1",
        "https://fcm.googleapis.com@evil.example/1",
        "https://fcm.googleapis.com:8443/1",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://[::1",
    ],
)
async def test_a_subscription_leads_nowhere_but_to_a_named_service(
    far: PushService, tools: Tools, endpoint: str
) -> None:
    address = Subscription(endpoint, far.ada.public, far.ada.auth).address()
    async with opened(far, tools, services=["fcm.googleapis.com", "*.push.apple.com"]) as channel:
        with pytest.raises(WillNotWork) as refused:
            await channel.send(address, words(), "d1")
    assert refused.value.reason is Reason.BAD_ADDRESS


async def test_a_key_is_made_once_and_kept_from_others(far: PushService, tools: Tools, tmp_path: Path) -> None:
    async with opened(far, tools, private_key=None) as channel:
        await channel.send(far.good_address, words(), "d1")
        first = channel.public_key
    async with opened(far, tools, private_key=None) as channel:
        assert channel.public_key == first
    assert (tmp_path / "browsers.vapid").stat().st_mode & 0o777 == 0o600


async def test_a_claim_is_signed_once_for_many_messages(far: PushService, tools: Tools) -> None:
    browsers = [far.subscribes() for _ in range(20)]
    async with opened(far, tools, timeout="20s", connect_timeout="20s") as channel:
        await asyncio.gather(*(channel.send(far.address_of(each), words(), each.id) for each in browsers))
    assert len({headers["Authorization"] for _, _, headers in far.shown}) == 1
    assert sorted(who.id for who, _, _ in far.shown) == sorted(each.id for each in browsers)


@given(st.text(max_size=200))
def test_no_text_whatever_breaks_the_reading_of_an_address(text: str) -> None:
    subscription_in(text)
    subscription_in(f"webpush:{text}")


@pytest.mark.parametrize("wrong", [{"contact": "it@school.example"}, {"services": ["https://x"]}, {"ttl": "1s"}])
async def test_settings_that_cannot_work_are_refused(far: PushService, tools: Tools, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        far.make(tools, **wrong)
