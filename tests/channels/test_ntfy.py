"""Push over ntfy: the suite that every channel keeps, and what is peculiar to ntfy, read from the bytes that left."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import aiohttp
import pytest
from pydantic import ValidationError

from notifier.campus.ntfy_model import NtfyModel, PushFault
from notifier.campus.ntfy_server import NtfyServer
from notifier.channels.ntfy import Ntfy, NtfySettings
from notifier.clock import SystemClock
from notifier.errors import OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Ask3, Tools
from notifier.model.delivery import Purpose
from notifier.model.message import STAMPS, Message
from notifier.testing.check_channel import CHANNEL_PROMISES, Promise
from notifier.testing.far_end import Far, FarEnd, Taken

TOKEN = "tk_7hQ2pLw9secret"
TOPIC = "ada-lovelace-Qx7Lp2"
LINK = "https://school.example/r/Zk3vR8mTq1"


class NtfyFar(FarEnd):
    good_address, bad_address = TOPIC, "not a topic/at all"
    busy_delay = 7.0
    secrets = (TOKEN,)

    def __init__(self) -> None:
        self.model = NtfyModel(SystemClock(), tokens={TOKEN})
        self.server = NtfyServer(self.model)

    async def start(self) -> None:
        await self.server.start()

    async def stop(self) -> None:
        await self.server.stop()

    def behave(self, how: Far) -> None:
        self.model.heal()
        if how is not Far.WELL:
            self.model.order(PushFault(str(how)))

    def taken(self) -> Sequence[Taken]:
        return [Taken(message.topic, message.message, message.title) for message in self.model.published]


@pytest.fixture
async def far() -> AsyncIterator[NtfyFar]:
    async with NtfyFar() as far:
        yield far


@pytest.fixture
async def tools(tmp_path) -> AsyncIterator[Tools]:
    async with aiohttp.ClientSession() as http:
        yield Tools(http, SystemClock(), str(tmp_path))


def made(far: NtfyFar, tools: Tools, **more: object) -> Ntfy:
    settings = {"url": far.server.url, "token": TOKEN, "timeout": "500ms", "connect_timeout": "400ms", **more}
    return Ntfy("push", NtfySettings.model_validate(settings), tools)


def lockdown(**more: object) -> Message:
    words = {"title": "Lockdown", "text": "Locks, lights, out of sight.", "language": "en"}
    return Message(**{**words, "purpose": Purpose.EMERGENCY, "drill": False, **more})  # type: ignore[arg-type]  # the fields are of many types


def last_body(far: NtfyFar) -> dict[str, object]:
    return json.loads(far.server.requests[-1][3])


@pytest.mark.parametrize("promise", CHANNEL_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, far: NtfyFar, tools: Tools) -> None:
    await promise(lambda: made(far, tools), far)


async def test_a_message_leaves_as_json_with_its_topic_words_link_and_our_id(far: NtfyFar, tools: Tools) -> None:
    receipt = await made(far, tools).send(TOPIC, lockdown(link=LINK), "dlv_42")
    method, path, headers, body = far.server.requests[-1]
    assert (method, path) == ("POST", "/")
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {
        "topic": TOPIC,
        "sequence_id": "dlv_42",
        "title": "Lockdown",
        "message": "Locks, lights, out of sight.",
        "click": LINK,
        "priority": 5,
        "tags": ["rotating_light"],
    }
    assert receipt.ref == far.model.published[0].id


@pytest.mark.parametrize(
    ("more", "priority", "tags"),
    [
        ({}, 5, ["rotating_light"]),
        ({"quiet": True}, 3, ["rotating_light"]),
        ({"drill": True}, 3, ["test_tube", "drill"]),
        ({"drill": True, "quiet": True}, 3, ["test_tube", "drill"]),
        ({"purpose": Purpose.ROUTINE}, 3, ["rotating_light"]),
    ],
)
async def test_only_a_live_emergency_to_people_outside_is_loud(
    far: NtfyFar, tools: Tools, more: dict[str, object], priority: int, tags: list[str]
) -> None:
    await made(far, tools).send(TOPIC, lockdown(**more), "d1")
    assert (last_body(far)["priority"], last_body(far)["tags"]) == (priority, tags)


async def test_answers_are_buttons_that_post_to_the_persons_own_link(far: NtfyFar, tools: Tools) -> None:
    asked = lockdown(link=LINK, answers=("safe", "need_help"), language="es")
    await made(far, tools).send(TOPIC, asked, "d1")
    buttons = last_body(far)["actions"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    both = {"action": "http", "url": LINK, "method": "POST", "headers": form, "clear": True}
    assert buttons == [
        {**both, "label": "A SALVO", "body": "answer=safe"},
        {**both, "label": "PIDO AYUDA", "body": "answer=need_help"},
    ]


async def test_more_answers_than_buttons_open_the_page(far: NtfyFar, tools: Tools) -> None:
    asked = lockdown(link=LINK, answers=("safe", "need_help", "on_the_bus", "at_home"))
    await made(far, tools).send(TOPIC, asked, "d1")
    assert last_body(far)["actions"] == [{"action": "view", "label": "Answer", "url": LINK, "clear": True}]


@pytest.mark.parametrize(
    ("more", "settings"),
    [
        ({"link": LINK}, {}),
        ({"answers": ("safe",)}, {}),
        ({"link": LINK, "answers": ("safe",)}, {"buttons": False}),
        ({"link": LINK, "answers": ("safe",), "text": "x" * 5000}, {}),
    ],
    ids=["asked nothing", "no link", "switched off", "no room"],
)
async def test_there_are_no_buttons_where_they_would_lead_nowhere(
    far: NtfyFar, tools: Tools, more: dict[str, object], settings: dict[str, object]
) -> None:
    await made(far, tools, **settings).send(TOPIC, lockdown(**more), "d1")
    assert "actions" not in last_body(far)
    assert len(far.server.requests[-1][3]) <= 4096


@pytest.mark.parametrize("language", STAMPS)
async def test_a_drill_is_stamped_in_title_and_text_on_the_wire(far: NtfyFar, tools: Tools, language: str) -> None:
    await made(far, tools).send(TOPIC, lockdown(drill=True, language=language), "d1")
    body, word = last_body(far), STAMPS[language]
    assert body["title"] == f"{word}: Lockdown ({word})"
    assert body["message"] == f"{word}: Locks, lights, out of sight. ({word})"


@pytest.mark.parametrize("letter", ["x", "é", "🔒", '"', "x\n", "\x01"])
@pytest.mark.parametrize("drill", [False, True])
async def test_a_long_message_is_cut_at_4096_bytes_and_keeps_stamp_and_link(
    far: NtfyFar, tools: Tools, letter: str, drill: bool
) -> None:
    words = lockdown(text=f"Start {letter * 5000} end", drill=drill, link=LINK)
    await made(far, tools).send(TOPIC, words, "d1")
    wire = far.server.requests[-1][3]
    assert 4096 - 12 <= len(wire) <= 4096
    body = json.loads(wire)
    assert body["click"] == LINK
    if drill:
        assert body["title"].startswith("DRILL:")
        assert body["message"].startswith("DRILL: Start")
        assert body["message"].endswith("… (DRILL)")
    else:
        assert body["message"].startswith("Start")
        assert body["message"].endswith("…")
    assert far.model.published[0].message != "You received a file: attachment.txt"


async def test_a_message_that_just_fits_is_not_cut(far: NtfyFar, tools: Tools) -> None:
    channel = made(far, tools)
    await channel.send(TOPIC, lockdown(text="x"), "d1")
    room = 4096 - len(far.server.requests[-1][3]) + 1
    await channel.send(TOPIC, lockdown(text="x" * room), "d1")
    assert last_body(far)["message"] == "x" * room
    await channel.send(TOPIC, lockdown(text="x" * (room + 1)), "d1")
    assert str(last_body(far)["message"]).endswith("…")


async def test_a_long_title_leaves_room_for_the_text(far: NtfyFar, tools: Tools) -> None:
    await made(far, tools).send(TOPIC, lockdown(title="T" * 6000, text="Go to room 12. " * 20, drill=True), "d1")
    body = last_body(far)
    assert str(body["title"]).endswith("… (DRILL)")
    assert body["message"] == f"DRILL: {('Go to room 12. ' * 20).strip()} (DRILL)"


@pytest.mark.parametrize(
    "hostile", ['A"}, "priority": 1, "x": "', "A\r\nX-Priority: 1\r\n\r\nGET /", "\x00\x7f\u2028", "\ud800"]
)
async def test_hostile_words_stay_words(far: NtfyFar, tools: Tools, hostile: str) -> None:
    await made(far, tools).send(TOPIC, lockdown(title=hostile, text=hostile, link=hostile), "d\r\n1")
    body, harmless = last_body(far), hostile.replace("\ud800", "?")
    assert (body["title"], body["message"], body["click"]) == (harmless, harmless, harmless)
    assert body["priority"] == 5
    assert set(body) == {"topic", "sequence_id", "title", "message", "click", "priority", "tags"}
    assert "Priority" not in " ".join(far.server.requests[-1][2])


@pytest.mark.parametrize("topic", ["", "a" * 65, "a/b", "a b", "ä", "a\n", '","priority":1,"x":"'])
async def test_what_is_no_topic_never_leaves(far: NtfyFar, tools: Tools, topic: str) -> None:
    with pytest.raises(WillNotWork) as caught:
        await made(far, tools).send(topic, lockdown(), "d1")
    assert caught.value.reason is Reason.BAD_ADDRESS
    assert far.server.requests == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (PushFault.STRANGER, Reason.CREDENTIALS),
        (PushFault.FORBIDDEN, Reason.CREDENTIALS),
        (PushFault.MISSING, Reason.BAD_ADDRESS),
        (PushFault.TOO_LARGE, Reason.REFUSED),
    ],
)
async def test_a_refusal_says_whose_fault_it_is(far: NtfyFar, tools: Tools, fault: PushFault, reason: Reason) -> None:
    far.model.order(fault)
    with pytest.raises(WillNotWork) as caught:
        await made(far, tools).send(TOPIC, lockdown(), "d1")
    assert caught.value.reason is reason


async def test_a_topic_that_the_server_keeps_for_itself_is_a_bad_address(far: NtfyFar, tools: Tools) -> None:
    with pytest.raises(WillNotWork) as caught:
        await made(far, tools).send("docs", lockdown(), "d1")
    assert caught.value.reason is Reason.BAD_ADDRESS


async def test_a_full_bucket_says_when_to_come_back(far: NtfyFar, tools: Tools) -> None:
    far.model.bucket = 2
    channel = made(far, tools)
    await channel.send(TOPIC, lockdown(), "d1")
    await channel.send(TOPIC, lockdown(), "d2")
    with pytest.raises(TryAgain) as caught:
        await channel.send(TOPIC, lockdown(), "d3")
    assert caught.value.after == 7.0


async def test_a_fault_on_the_servers_side_may_be_tried_again(far: NtfyFar, tools: Tools) -> None:
    far.model.order(PushFault.BROKEN, times=1)
    channel = made(far, tools)
    with pytest.raises(TryAgain):
        await channel.send(TOPIC, lockdown(), "d1")
    await channel.send(TOPIC, lockdown(), "d1")
    assert len(far.model.published) == 1


async def test_a_page_of_a_guest_network_is_not_taken_for_a_receipt(far: NtfyFar, tools: Tools) -> None:
    far.model.order(PushFault.NONSENSE)
    with pytest.raises(OutcomeUnknown):
        await made(far, tools).send(TOPIC, lockdown(), "d1")


async def test_one_slow_exchange_does_not_stop_the_others(far: NtfyFar, tools: Tools) -> None:
    channel = made(far, tools)
    far.model.order(PushFault.HANGS, times=1)
    slow = asyncio.ensure_future(channel.send(TOPIC, lockdown(), "d0"))
    await far.server.asked.wait()
    await asyncio.gather(*(channel.send(TOPIC, lockdown(), f"d{n}") for n in range(1, 20)))
    assert len(far.model.published) == 19
    with pytest.raises(OutcomeUnknown):
        await slow


async def test_a_hundred_hanging_exchanges_all_end(far: NtfyFar, tools: Tools) -> None:
    far.model.order(PushFault.HANGS)
    channel = made(far, tools)
    ended = await asyncio.gather(
        *(channel.send(TOPIC, lockdown(), f"d{n}") for n in range(100)), return_exceptions=True
    )
    assert {type(end) for end in ended} == {OutcomeUnknown}


async def test_connections_are_used_again(far: NtfyFar, tools: Tools) -> None:
    channel = made(far, tools)
    for number in range(20):
        await channel.send(TOPIC, lockdown(), f"d{number}")
    assert far.server.connections == 1


async def test_a_repeat_carries_the_same_sequence_so_that_phones_can_replace_it(far: NtfyFar, tools: Tools) -> None:
    channel = made(far, tools)
    await channel.send(TOPIC, lockdown(), "dlv_1")
    await channel.send(TOPIC, lockdown(), "dlv_1")
    await channel.send(TOPIC, lockdown(collapse="K7QM"), "dlv_2")
    await channel.send(TOPIC, lockdown(), "an id / of another shape")
    sequences = [json.loads(request[3])["sequence_id"] for request in far.server.requests]
    assert sequences[:3] == ["dlv_1", "dlv_1", "K7QM"]
    assert len(sequences[3]) == 32


@pytest.mark.parametrize("knows_sequences", [True, False])
async def test_an_unknown_attempt_is_told_from_others_in_the_same_topic(
    far: NtfyFar, tools: Tools, knows_sequences: bool
) -> None:
    far.model.knows_sequences = knows_sequences
    channel = made(far, tools)
    await channel.send(TOPIC, lockdown(text="Another one."), "other")
    receipt = await channel.send(TOPIC, lockdown(link=LINK), "mine")
    assert await channel.find(TOPIC, lockdown(link=LINK), "mine", 0) == (Ask3.FOUND, receipt)
    assert await channel.find(TOPIC, lockdown(text="Never sent."), "lost", 0) == (Ask3.NOT_FOUND, None)


async def test_an_earlier_message_under_the_same_collapse_key_is_not_taken_for_it(far: NtfyFar, tools: Tools) -> None:
    channel = made(far, tools)
    await channel.send(TOPIC, lockdown(text="First.", collapse="K7QM"), "d1")
    assert (await channel.find(TOPIC, lockdown(text="Second.", collapse="K7QM"), "d2", 0))[0] is Ask3.NOT_FOUND
    assert (await channel.find(TOPIC, lockdown(text="First.", collapse="K7QM"), "d1", 0))[0] is Ask3.FOUND


async def test_a_message_from_before_the_attempt_is_not_taken_for_it(far: NtfyFar, tools: Tools) -> None:
    channel = made(far, tools)
    await channel.send(TOPIC, lockdown(), "d1")
    later = far.model.published[0].time + 3600.0
    assert await channel.find(TOPIC, lockdown(), "d1", later) == (Ask3.NOT_FOUND, None)


async def test_a_server_without_a_cache_or_without_the_right_to_read_cannot_say(far: NtfyFar, tools: Tools) -> None:
    await made(far, tools).send(TOPIC, lockdown(), "d1")
    assert await made(far, tools, kept=False).find(TOPIC, lockdown(), "d1", 0) == (Ask3.CANNOT_SAY, None)
    assert await made(far, tools, token=None).find(TOPIC, lockdown(), "d1", 0) == (Ask3.CANNOT_SAY, None)


async def test_a_user_and_a_password_are_as_good_as_a_token(far: NtfyFar, tools: Tools) -> None:
    far.model.users = {"school": "pässword"}
    channel = made(far, tools, token=None, user="school", password="pässword")
    await channel.send(TOPIC, lockdown(), "d1")
    assert len(far.model.inbox(TOPIC)) == 1


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"url": "http://ntfy.school.example"}, "plain_http"),
        ({"url": "http://127.evil.example"}, "plain_http"),
        ({"url": "https://me:pw@ntfy.example"}, "url"),
        ({"url": "https://ntfy.example/under/a/path"}, "url"),
        ({"user": "school"}, "password"),
        ({"token": "tk_x", "user": "school", "password": "y"}, "either a token"),
        ({"token": "tk_x\n"}, "line end"),
        ({"timeout": "1s", "connect_timeout": "2s"}, "connect_timeout"),
        ({"timeout": 10}, "unit"),
        ({"priorities": {"emergency": 6}}, "emergency"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_setting_is_refused_without_showing_the_secrets_beside_it(
    wrong: dict[str, object], advice: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        NtfySettings.model_validate({"url": "https://ntfy.example", "token": None, **wrong})
    assert advice in str(caught.value)
    assert "tk_x" not in str(caught.value)
