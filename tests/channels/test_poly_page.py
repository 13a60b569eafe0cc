"""Poly group paging: heard by phones on loopback, packet by packet."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from notifier.channels.poly_page import PolyPage, PolySettings
from notifier.clock import SystemClock
from notifier.errors import Reason, WillNotWork
from notifier.interfaces import TellsWhetherItPlays, Tools
from notifier.testing.check_speaker_channel import LONG, SHORT, SPEAKER_PROMISES, Promise, opened
from tests.channels.poly_phones import ALERT, END, TRANSMIT, PolyPhones


def poly(folder: Path, phones: PolyPhones, **more: Any) -> PolyPage:
    written = {"address": phones.address, "interface": "127.0.0.1", "ttl": 0, "speech_program": "", **more}
    settings = PolySettings.model_validate(written)
    return PolyPage("poly_page", settings, Tools(None, SystemClock(), str(folder)))


def nothing() -> None: ...


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rendered once: what is promised here is how it leaves."""
    return tmp_path_factory.mktemp("rendered")


@pytest.mark.parametrize("promise", SPEAKER_PROMISES, ids=lambda promise: promise.__name__)
async def test_keeps(promise: Promise, rendered: Path) -> None:
    async with PolyPhones() as phones:
        await promise(lambda: poly(rendered, phones, alerts=8, ends=4), phones)


async def test_a_page_is_alerts_then_speech_then_ends(rendered: Path) -> None:
    async with PolyPhones() as phones, opened(lambda: poly(rendered, phones, caller_id="Maplewood")) as output:
        report = await output.page(phones.speakers[-1:], SHORT, 10, nothing)
        await phones.until(lambda: bool(phones.heard) and phones.heard[0].ends == 12)
        (page,) = phones.heard
    assert (page.channel, page.caller, page.alerts, page.codecs) == (50, "Maplewood", 32, {0})
    assert phones.order == [ALERT] * 32 + [TRANSMIT] * len(page.frames) + [END] * 12
    assert report.packets == len(phones.order)
    assert sorted(page.frames) == [160 * n for n in range(len(page.frames))]
    assert phones.strange == []


async def test_a_lost_packet_is_mended_from_the_copy_in_the_next_one(rendered: Path) -> None:
    async with PolyPhones() as phones, opened(lambda: poly(rendered, phones)) as output:
        await output.page(phones.speakers[:1], SHORT, 10, nothing)
        phones.lose = lambda frame: frame % 5 == 3
        await output.page(phones.speakers[:1], SHORT, 10, nothing)
        await phones.until(lambda: len(phones.heard) == 2 and not phones.heard[1].open)
    whole, holed = phones.heard
    assert whole.mended == 0
    assert holed.mended > 5
    assert holed.audio == whole.audio


async def test_a_page_that_is_cut_ends_before_the_higher_one_begins(rendered: Path) -> None:
    async with PolyPhones() as phones, opened(lambda: poly(rendered, phones)) as output:
        lower = asyncio.create_task(output.page(phones.speakers[:1], LONG, 10, nothing))
        await phones.until(lambda: bool(phones.pages("1")))
        assert (await output.page(phones.speakers[:1], SHORT, 90, nothing)).finished
        assert not (await lower).finished
    cut = phones.order.index(END)
    assert phones.order[cut : cut + 4] == [END] * 4
    assert phones.order[cut + 4] == ALERT
    assert phones.strange == []


async def test_a_stopped_page_tells_the_phones_that_it_is_over(rendered: Path) -> None:
    async with PolyPhones() as phones, opened(lambda: poly(rendered, phones)) as output:
        page = asyncio.create_task(output.page(phones.speakers[:1], LONG, 10, nothing))
        await phones.until(lambda: bool(phones.pages("1")))
        await output.stop(phones.speakers[:1])
        await phones.until(lambda: phones.heard[0].ends == 4)
        assert not (await page).finished


async def test_two_groups_are_paged_at_once_on_channels_of_their_own(rendered: Path) -> None:
    async with PolyPhones() as phones, opened(lambda: poly(rendered, phones)) as output:
        await output.page(phones.speakers, SHORT, 10, nothing)
        await phones.until(lambda: len(phones.heard) == 2 and not any(each.open for each in phones.heard))
    assert sorted(each.channel for each in phones.heard) == [26, 50]
    assert phones.heard[0].audio == phones.heard[1].audio


async def test_a_phone_tells_nothing_so_sent_is_all(rendered: Path) -> None:
    async with PolyPhones() as phones:
        assert not isinstance(poly(rendered, phones), TellsWhetherItPlays)


@pytest.mark.parametrize("group", ["0", "26", "x", "239.1.1.1:5000", ""])
async def test_a_group_that_no_phone_has_is_named(group: str, rendered: Path) -> None:
    async with PolyPhones() as phones, opened(lambda: poly(rendered, phones)) as output:
        wrong = phones.speakers[0].model_copy(update={"address": group})
        with pytest.raises(WillNotWork, match="write 1 to 25") as raised:
            await output.page([wrong], SHORT, 10, nothing)
        assert raised.value.reason is Reason.BAD_ADDRESS


@pytest.mark.parametrize("settings", [{"caller_id": "longer than thirteen"}, {"address": "10.0.0.1:5001"}, {"ends": 0}])
def test_settings_that_cannot_work_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PolySettings.model_validate(settings)
