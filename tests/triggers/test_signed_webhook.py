"""Reports that are signed: believed once, fresh, and only with the right key."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from notifier.clock import SystemClock
from notifier.errors import Refused
from notifier.interfaces import CallbackRequest, TriggerTools
from notifier.model.settings import Secret
from notifier.model.site import TriggerEntry
from notifier.testing.check_trigger import TRIGGER_PROMISES, Intake, Promise
from notifier.testing.trigger_far_end import Hostile, TriggerFarEnd, Unable
from notifier.triggers.signed_webhook import SignedWebhook, SignedWebhookSettings, signature
from tests.triggers.a_daemon import running, with_triggers

SECRET = "correct-horse-battery-staple"
CLOCK = SystemClock()


def tools(words: list[str]) -> TriggerTools:
    return TriggerTools(
        clock=CLOCK, state_dir="", button=lambda name: None, person=lambda name: None, playbook=lambda name: None,
        well=lambda well, text: words.append(text), seen=lambda seen: None, fault=lambda device, text: None,
    )  # fmt: skip


def webhook(secret: str = SECRET, **settings: Any) -> SignedWebhook:
    entry = TriggerEntry(id="gunshot", driver="signed_webhook", name="Gun detection", playbook="lockdown", zone="front")
    own = SignedWebhookSettings.model_validate({"secret": Secret(secret), **settings})
    return SignedWebhook(entry, own, tools([]))


def signed(body: bytes, *, name: str = "", ago: float = 0.0, secret: str = SECRET) -> dict[str, str]:
    name = name or f"msg_{secrets.token_hex(8)}"
    stamp = str(int(CLOCK.wall().timestamp() - ago))
    given = signature(secret.encode(), b".".join((name.encode(), stamp.encode(), body)))
    return {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": given.decode()}


class Camera(TriggerFarEnd):
    """A video system that signs what it reports, before a small listener of our own."""

    source, playbook, zone = "trigger:gunshot", "lockdown", "front"
    repeats_within = 120.0
    hostile = (Hostile(b"{broken", True), Hostile(b"\xff\x00", True), Hostile(b"[1]", True))
    noise = (b"UNSIGNED", b"OLD", b"FORGED")
    cannot = (Unable.DRILLS, Unable.BREAKS_OFF)
    secrets = (SECRET,)

    def __init__(self) -> None:
        self._trigger: SignedWebhook | None = None
        self._there = True
        self._last: tuple[bytes, dict[str, str]] = (b"", {})

    def trigger(self) -> SignedWebhook:
        self._trigger = webhook()
        return self._trigger

    async def start(self) -> None:
        self._there = True

    async def stop(self) -> None:
        self._there = False

    async def reached(self) -> None:
        await asyncio.sleep(0)

    async def press(self) -> bool:
        body = json.dumps({"seen": "rifle"}).encode()
        self._last = body, signed(body)
        return await self._post(*self._last)

    async def repeat(self) -> None:
        await self._post(*self._last)

    async def say(self, content: bytes) -> None:
        headers = {b"UNSIGNED": {}, b"OLD": signed(content, ago=301), b"FORGED": signed(content, secret="x" * 20)}
        await self._post(content, headers.get(content, signed(content)))

    async def _post(self, body: bytes, headers: dict[str, str]) -> bool:
        assert self._there
        assert self._trigger is not None
        try:
            reply = await self._trigger.hook(CallbackRequest("POST", "https://x/hooks/gunshot", headers, body))
        except Exception:  # noqa: BLE001 as a sender sees it, any failure is no
            return False
        return reply.status == 202


@pytest.mark.parametrize("promise", TRIGGER_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps_the_promise_that_it(promise: Promise) -> None:
    async with Camera() as far:
        await promise(far.trigger, far)


@asynccontextmanager
async def ready(trigger: SignedWebhook) -> AsyncIterator[Intake]:
    intake = Intake()
    task = asyncio.ensure_future(trigger.listen(intake.press))
    await asyncio.sleep(0)
    try:
        yield intake
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def post(trigger: SignedWebhook, said: Any, headers: dict[str, str] | None = None) -> Any:
    body = json.dumps(said).encode()
    return await trigger.hook(CallbackRequest("POST", "u", signed(body) if headers is None else headers, body))


async def test_fields_are_read_where_the_site_file_says() -> None:
    where = {"zone": "camera.place", "device": "camera.id", "note": "text", "press_id": "uuid", "pressed_at": "ms"}
    trigger = webhook(fields=where, zones={"Hall 2": "north"})
    async with ready(trigger) as intake:
        await post(
            trigger, {"camera": {"place": "Hall 2", "id": 4}, "text": "long gun", "uuid": "u1", "ms": 1795422600000}
        )
    seen = intake.taken[0]
    assert (seen.source, seen.zone, seen.note, seen.dedupe) == ("trigger:gunshot/4", "north", "long gun", "u1")
    assert (seen.pressed_at, seen.presser) == (1795422600.0, "Gun detection, 4")


async def test_what_is_no_report_starts_nothing() -> None:
    trigger = webhook(only_when={"kind": ("weapon",)})
    async with ready(trigger) as intake:
        assert (await post(trigger, {"kind": "test"})).status == 202
        assert not intake.taken
        await post(trigger, {"kind": "weapon"})
        assert len(intake.taken) == 1


async def test_the_secret_before_is_believed_while_it_is_named() -> None:
    body = b"{}"
    headers = signed(body, secret="the-secret-before-this-one")
    trigger = webhook(old_secret=Secret("the-secret-before-this-one"))
    async with ready(trigger) as intake:
        await trigger.hook(CallbackRequest("POST", "u", headers, body))
        assert intake.taken


async def test_another_way_of_signing() -> None:
    own = {"signed": "timestamp.body", "encoding": "hex", "signature_prefix": "sha256=", "signature_header": "X-Sig",
           "timestamp_header": "X-Time"}  # fmt: skip
    trigger, stamp = webhook(**own), CLOCK.wall().isoformat()
    given = signature(SECRET.encode(), stamp.encode() + b".{}", "hex", "sha256=").decode()
    async with ready(trigger) as intake:
        await trigger.hook(CallbackRequest("POST", "u", {"x-sig": given, "x-time": stamp}, b"{}"))
        assert intake.taken


@pytest.mark.parametrize("secret", ["?", "", "short", "whsec_!!!", "whsec_AAAA"])
async def test_a_missing_or_short_secret_believes_nobody(secret: str) -> None:
    trigger = webhook(secret)
    async with ready(trigger) as intake:
        with pytest.raises(Refused):
            await trigger.hook(CallbackRequest("POST", "u", signed(b"{}", secret=secret), b"{}"))
        assert not intake.taken


GUNSHOT = """
  - id: gunshot
    driver: signed_webhook
    name: Gun detection
    playbook: lockdown
    verify: {ack: 2s, investigate: 60s}
    settings: {secret: "file:hook.secret", fields: {zone: zone}}
  - id: pbx
    driver: signed_webhook
    name: Telephones
    playbook: lockdown
    settings: {secret: "file:hook.secret", does: tell_office, fields: {note: extension}}
"""


async def test_a_daemon_is_told_over_http_and_silence_starts_it(tmp_path: Path) -> None:
    tmp_path.joinpath("hook.secret").write_text(SECRET)
    async with running(tmp_path, with_triggers(GUNSHOT)) as school, aiohttp.ClientSession() as http:
        await school.until(lambda: school.triggers.listening == {"gunshot", "pbx"})

        async def report(name: str, said: dict[str, str], headers: dict[str, str] | None = None) -> tuple[int, str]:
            body = json.dumps(said).encode()
            sent = signed(body) if headers is None else headers
            async with http.post(f"{school.url}/hooks/{name}", data=body, headers=sent) as answer:
                return answer.status, await answer.text()

        assert (await report("gunshot", {"zone": "north"}, {}))[0] == 401
        assert (await report("nobody", {}))[0] == 404
        status, text = await report("pbx", {"extension": "204"})
        assert (status, text) == (202, "Taken: the office is told.\n")
        assert "204" in school.tasks()["emergency_call"]
        status, text = await report("gunshot", {"zone": "north"})
        assert (status, text) == (202, "Taken: told; people look first, and silence starts it.\n")
        assert not school.incidents()
        await school.until(school.incidents)
        opened = school.incidents()[0]
        assert (opened["zone"], opened["presser"]) == ("north", "Gun detection")


async def test_a_copy_under_another_id_is_the_same_report_where_the_id_is_not_signed() -> None:
    trigger, stamp = webhook(signed="timestamp.body"), str(int(CLOCK.wall().timestamp()))
    given = signature(SECRET.encode(), stamp.encode() + b".{}").decode()
    async with ready(trigger) as intake:
        for name in ("msg_1", "msg_2", ""):
            headers = {"webhook-signature": given, "webhook-timestamp": stamp, "webhook-id": name}
            await trigger.hook(CallbackRequest("POST", "u", headers, b"{}"))
        assert len({one.dedupe for one in intake.taken}) == 1


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
async def test_bytes_that_are_no_text_are_a_wrong_signature(header: str) -> None:
    headers = signed(b"{}") | {header: "v1,\udcff"}
    async with ready(trigger := webhook()):
        with pytest.raises(Refused, match="does not fit"):
            await trigger.hook(CallbackRequest("POST", "u", headers, b"{}"))


async def test_a_header_full_of_signatures_costs_no_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def counted(key: bytes, text: bytes, *more: str) -> bytes:
        made.append(len(text))
        return signature(key, text, *more)

    monkeypatch.setattr("notifier.triggers.signed_webhook.signature", counted)
    headers = signed(b"{}") | {"webhook-signature": "v1,a " * 3000}
    async with ready(trigger := webhook()):
        with pytest.raises(Refused, match="does not fit"):
            await trigger.hook(CallbackRequest("POST", "u", headers, b"{}"))
    assert len(made) == 1
