"""Speaking from the board with one's own voice: a real browser's microphone, down to the packets on the wire."""

import io
import math
import shutil
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from notifier.campus.rtp_listener import Stream
from notifier.channels.pa_multicast import PaMulticast, Settings
from notifier.clock import SystemClock
from notifier.interfaces import Tools
from notifier.testing.schools import bend, small_school
from tests.channels.rtp_ears import RtpEars
from tests.console.board_school import board, press, until
from tests.console.browser import MISSING, PHONE, Browser, OnlineSchool, assert_accessible, school_online, screenshot

WITH_MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""Chromium's own pretended microphone: a beep each second, and nobody has to allow it."""
LONG = 90_000
"""Milliseconds: a busy machine renders a voice slowly."""


@pytest.fixture
async def speaking() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *WITH_MICROPHONE])
        try:
            yield Browser(chromium)
        finally:
            await chromium.close()


@asynccontextmanager
async def loud_school(folder: Path) -> AsyncIterator[tuple[OnlineSchool, RtpEars]]:
    """Its speakers are spoken to by real packets on loopback."""
    async with RtpEars() as ears:
        hall, _, yard = (each.address for each in ears.speakers)
        files = bend(small_school(), "site.yaml", ("239.255.10.1:5004", hall), ("239.255.10.2:5004", yard))
        settings = Settings.model_validate({"interface": "127.0.0.1", "ttl": 0, "speech_program": ""})
        output = PaMulticast("pa_multicast", settings, Tools(None, SystemClock(), str(folder)))
        async with school_online(folder, files) as school:
            await output.open()
            gear = school.daemon.gear
            gear.speaker_channels = {**gear.speaker_channels, "pa_multicast": output}
            try:
                yield school, ears
            finally:
                await output.close()


async def record(page: Page, seconds: int = 2) -> None:
    await page.get_by_role("button", name="Record", exact=True).click()
    await expect(page.locator("#length")).to_have_text(f"0:0{seconds}", timeout=LONG)
    await page.get_by_role("button", name="Stop, I have said it").click()
    await expect(page.locator("#voice-says")).to_contain_text("recorded", timeout=LONG)


def pages(school: OnlineSchool, incident: str) -> list[dict[str, Any]]:
    """What people said, not what playbooks say."""
    shown = school.daemon.views.incident(incident)["pages"]
    return [page for page in shown if str(page["step"]).startswith("_live:")]


async def heard(school: OnlineSchool, ears: RtpEars, incident: str, group: str) -> Stream:
    """The stream of what was spoken, once all of it has come."""
    await until(school, lambda: pages(school, incident) and pages(school, incident)[-1]["detail"].get("packets"))
    packets = pages(school, incident)[-1]["detail"]["packets"]
    whole = lambda: [one for one in ears.listener.streams(group) if one.packets == packets]  # noqa: E731 asked anew
    await ears.until(whole)
    return whole()[-1]


def tone(seconds: float = 1.0) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        samples = (round(9000 * math.sin(n / 7)) for n in range(int(8000 * seconds)))
        wav.writeframes(struct.pack(f"<{int(8000 * seconds)}h", *samples))
    return file.getvalue()


async def upload(page: Page, sound: bytes) -> None:
    await page.locator("#sound").set_input_files({"name": "words.wav", "mimeType": "audio/wav", "buffer": sound})
    await page.get_by_role("button", name="Say this recording now").click(timeout=LONG)


async def test_a_voice_from_the_board_is_on_the_wire_and_called_sent_and_no_more(
    speaking: Browser, tmp_path: Path
) -> None:
    async with loud_school(tmp_path) as (school, ears):
        incident = await press(school, "hold")
        hall, yard = ears.speakers[0].address, ears.speakers[-1].address
        async with board(speaking, school, incident) as page:
            await page.get_by_role("link", name="Speak on PA…").click()
            await page.get_by_label("Where").select_option("zone:north")
            await record(page)
            await screenshot(page, "board-speak-recorded")
            assert pages(school, incident) == []
            await page.get_by_role("button", name="Listen first").click()
            await expect(page.get_by_role("button", name="Stop listening")).to_be_visible()
            await page.get_by_role("button", name="Say it now").click()
            said = "Handed to 1 speaker. Sent is not heard"
            await expect(page.locator("#voice-says")).to_contain_text(said, timeout=LONG)
            told = "North wing, rooms: sent; nobody has confirmed that it is heard"
            await expect(page.locator("#told")).to_contain_text(told, timeout=LONG)
            await screenshot(page, "board-speak-sent")
        spoken = await heard(school, ears, incident, hall)
        loud = [level > 200 for level in spoken.loudness()]
        assert spoken.continuous
        assert sum(loud[len(loud) // 3 :]) * 0.02 > 0.1, "beeps of the pretended microphone, after the tone"
        assert [each["id"] for each in pages(school, incident)[-1]["speakers"]] == ["north-rooms"]
        assert spoken.audio not in [one.audio for one in ears.listener.streams(yard)], "only the chosen zone hears it"
        (kept,) = (school.daemon.state / "live_pages").iterdir()
        with wave.open(str(kept)) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
            assert 1.5 < file.getnframes() / 16000 < 30


async def test_a_drill_says_so_by_voice_around_the_words(browser: Browser, tmp_path: Path) -> None:
    packets = {}
    async with loud_school(tmp_path) as (school, ears):
        for drill in (True, False):
            incident = await press(school, "hold", drill=drill, key=f"k{drill}")
            async with board(browser, school, incident, java_script_enabled=False) as page:
                await page.goto(f"{school.url}/board/{incident}/speak?to=zone:north")
                assert ("A voice says DRILL" in await page.locator("main").inner_text()) == drill
                await upload(page, tone())
                await expect(page.locator(".did")).to_contain_text("Sent is not heard.", timeout=LONG)
            packets[drill] = (await heard(school, ears, incident, ears.speakers[0].address)).packets
    assert packets[True] > packets[False] + 50, "a second and more: the word DRILL before and after"


async def test_what_is_thrown_away_is_not_said_and_a_press_by_keyboard_records(
    speaking: Browser, tmp_path: Path
) -> None:
    async with school_online(tmp_path) as school:
        incident = await press(school)
        async with board(speaking, school, incident) as page:
            await page.goto(f"{school.url}/board/{incident}/speak")
            await page.get_by_role("button", name="Record", exact=True).focus()
            await page.keyboard.press("Enter")
            await expect(page.locator("#length")).to_have_text("0:01", timeout=LONG)
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("button", name="Say it now")).to_be_focused()
            await page.keyboard.press("Tab")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await expect(page.locator("#voice-says")).to_have_text("Thrown away. Nothing was said.")
            await expect(page.get_by_role("button", name="Say it now")).to_be_hidden()
        assert pages(school, incident) == []


async def test_letting_go_ends_what_was_recorded_while_it_was_pressed(speaking: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        incident = await press(school)
        async with board(speaking, school, incident, size=PHONE) as page:
            await page.goto(f"{school.url}/board/{incident}/speak")
            await page.get_by_role("button", name="Record", exact=True).hover()
            await page.mouse.down()
            await expect(page.locator("#length")).to_have_text("0:01", timeout=LONG)
            await screenshot(page, "board-speak-recording-phone", full_page=True)
            await page.mouse.up()
            await expect(page.locator("#voice-says")).to_contain_text("Nothing has been said yet.")
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_recording_that_the_server_refuses_is_kept_on_the_page(speaking: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        incident = await press(school)
        async with board(speaking, school, incident) as page:
            await page.goto(f"{school.url}/board/{incident}/speak")
            await record(page, 1)
            await page.route("**/page/audio*", lambda route: route.abort())
            await page.get_by_role("button", name="Say it now").click()
            await expect(page.locator("#voice-says")).to_contain_text("nobody knows whether it is said")
            await page.unroute("**/page/audio*")
            await page.evaluate("document.getElementById('to').selectedOptions[0].value = 'zone:moon'")
            await page.get_by_role("button", name="Say it now").click()
            await expect(page.locator("#voice-says")).to_contain_text("No speaker is at zone:moon", timeout=LONG)
            await expect(page.locator("#voice-says")).to_contain_text("Your recording is kept here.")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("Object.defineProperty(window, 'isSecureContext', {value: false})", "only to https addresses"),
        ("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})", "gives pages no microphone"),
        ("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))",
         "may not use the microphone here"),
        ("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))",
         "has no microphone"),
    ],
)  # fmt: skip
async def test_without_a_microphone_the_page_says_why_and_what_else_there_is(
    browser: Browser, tmp_path: Path, fault: str, words: str
) -> None:
    async with school_online(tmp_path) as school:
        incident = await press(school)
        async with board(browser, school, incident) as page:
            await page.add_init_script(fault)
            await page.goto(f"{school.url}/board/{incident}/speak")
            if await page.get_by_role("button", name="Record", exact=True).is_enabled():
                await page.get_by_role("button", name="Record", exact=True).click()
            await expect(page.locator("#voice-says")).to_contain_text(words)
            await expect(page.locator("#voice-says")).to_contain_text("type the words, or send a recording")
            await screenshot(page, f"board-speak-{words.rsplit(maxsplit=1)[-1]}")
            await assert_accessible(page)


async def test_without_scripts_a_file_is_sent_and_a_wrong_one_is_explained(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        incident = await press(school)
        async with board(browser, school, incident, java_script_enabled=False) as page:
            await page.goto(f"{school.url}/board/{incident}/speak")
            await expect(page.locator(".no-scripts")).to_contain_text("A microphone needs scripts")
            await expect(page.get_by_role("button", name="Record", exact=True)).to_be_hidden()
            await page.get_by_label("Where").select_option("zone:north")
            await upload(page, b"OggS" + bytes(100))
            await expect(page.locator("#sound-wrong")).to_contain_text("This is no WAV file.")
            await expect(page.get_by_label("Where")).to_have_value("zone:north")
            await upload(page, tone())
            await expect(page.locator(".did")).to_contain_text("Sent is not heard.", timeout=LONG)
        assert len(pages(school, incident)) == 1


async def test_only_this_page_may_ask_for_a_microphone(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        incident = await press(school)
        async with board(browser, school, incident) as page:
            may = {}
            for path in ("", "/page", "/message", "/speak"):
                answer = await page.goto(f"{school.url}/board/{incident}{path}")
                assert answer is not None
                may[path] = "microphone=()" not in (await answer.all_headers())["permissions-policy"]
            assert may == {"": False, "/page": False, "/message": False, "/speak": True}
