"""Providers' callbacks: only what is signed, for the address as the provider saw it."""

import asyncio
import io
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from notifier.console import webhooks
from notifier.console.reading import LongBodies
from notifier.console.routes import CALLBACK as MOST
from notifier.errors import StoreGone
from tests.console.school import School, open_school

CALLBACK = "/webhooks/sms/status"
PUBLIC = "https://school.example/notify"


async def test_a_signed_callback_reaches_the_engine_and_is_answered_as_the_channel_says(school: School) -> None:
    url = school.url + CALLBACK + "?x=1&x=2"
    status, text, response = await school.ask("POST", CALLBACK + "?x=1&x=2", {"X-Signature": url}, data=b"SM1")
    assert (status, response.content_type, text) == (200, "text/xml", "<ok/>")
    verb, (channel, reply) = school.engine.said[0]
    assert (verb, channel, reply.reports[0].ref) == ("reported", "sms", "SM1")


async def test_a_callback_with_a_wrong_signature_is_403_and_changes_nothing(school: School) -> None:
    status, problem, _ = await school.ask("POST", CALLBACK, {"X-Signature": "forged"}, data=b"SM1")
    assert (status, school.engine.said) == (403, [])
    assert "signature" in problem["detail"]


async def test_behind_a_public_address_the_signature_covers_that_address(tmp_path: Path) -> None:
    async with open_school(tmp_path, public_url=PUBLIC + "/") as school:
        headers = {"X-Signature": PUBLIC + CALLBACK, "X-Forwarded-Host": "evil.example"}
        assert (await school.ask("POST", CALLBACK, headers))[0] == 200


async def test_forwarded_headers_count_only_from_a_named_proxy(tmp_path: Path) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "school.example"}
    headers["X-Signature"] = f"https://school.example{CALLBACK}"
    async with open_school(tmp_path) as school:
        assert (await school.ask("POST", CALLBACK, headers))[0] == 403
    async with open_school(tmp_path, settings={"behind_proxy": ["127.0.0.0/8"]}) as school:
        assert (await school.ask("POST", CALLBACK, headers))[0] == 200


async def test_a_callback_that_was_not_recorded_is_asked_for_again(school: School) -> None:
    school.engine.raises = StoreGone("disk")
    headers = {"X-Signature": school.url + CALLBACK}
    assert (await school.ask("POST", CALLBACK, headers, data=b"SM1"))[0] == 503


async def test_unknown_callbacks_are_not_found(school: School) -> None:
    for path in ("/webhooks/sms/voice", "/webhooks/fax/status"):
        assert (await school.ask("POST", path))[0] == 404


async def test_a_callback_has_a_most(school: School) -> None:
    assert (await school.ask("POST", CALLBACK, data=io.BytesIO(bytes(1024 * 1024 + 1))))[0] == 413
    assert school.sender.seen == []


async def test_strangers_long_bodies_have_only_so_much_room_and_short_ones_always_find_some(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "LONG", LongBodies(room=2 * MOST, free=64 * 1024))
    host, port = urlsplit(school.url).netloc.split(":")
    head = f"POST {CALLBACK} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 200000\r\n\r\n".encode()
    held = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
    for _, writer in held:
        writer.write(head + b"a" * 100_000)
    # One of the three is over the room; the other two wait for the rest of their bodies.
    reading = [asyncio.ensure_future(reader.readline()) for reader, _ in held]
    done, waiting = await asyncio.wait(reading, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    assert [b" 503 " in task.result() for task in done] == [True]
    assert len(waiting) == 2
    assert (await school.ask("POST", CALLBACK, data=b"a" * 60_000))[0] == 403
    for _, writer in held:
        writer.write(b"a" * 100_000)
    assert [b" 403 " in line for line in await asyncio.gather(*waiting)] == [True, True]
    for _, writer in held:
        writer.close()
    assert (await school.ask("POST", CALLBACK, data=b"a" * 200_000))[0] == 403
