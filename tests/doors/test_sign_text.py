"""Text signs over HTTP, against an imitation on a real socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from notifier.doors.sign_text import SignSettings, SignText, text_of
from notifier.interfaces import ShowsText, SignWords
from notifier.testing.check_signal_driver import SIGNAL_PROMISES, Promise
from tests.doors.controller_bench import tools
from tests.doors.sign_bench import SignBench

LIVE, DRILL = SignWords("lockdown", drill=False), SignWords("lockdown", drill=True)


@asynccontextmanager
async def bench_and_driver() -> AsyncIterator[tuple[SignBench, SignText]]:
    async with SignBench() as bench:
        driver = SignText(tools())
        await driver.open()
        try:
            yield bench, driver
        finally:
            await driver.close()


@pytest.mark.parametrize("promise", SIGNAL_PROMISES, ids=lambda promise: promise.__name__)
async def test_a_sign_keeps_the_promise_that_it(promise: Promise) -> None:
    async with SignBench() as bench:
        await promise(lambda: SignText(tools()), bench)


async def test_it_shows_the_words_of_the_action_in_each_language() -> None:
    async with bench_and_driver() as (bench, driver):
        assert isinstance(driver, ShowsText)
        await driver.show(bench.signal, LIVE)
        assert bench.shows == "LOCKDOWN / CIERRE"
        assert await driver.read_signal(bench.signal) is True


async def test_a_drill_says_so_in_each_language_and_no_setting_takes_it_off() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.show(bench.signal, DRILL)
        assert bench.shows == "DRILL: LOCKDOWN (DRILL) / SIMULACRO: CIERRE (SIMULACRO)"
        assert await driver.read_signal(bench.signal) is True


async def test_an_action_without_words_shows_its_name() -> None:
    settings = SignSettings.model_validate({"show": {"url": "/?t={text}"}})
    assert text_of(settings, SignWords("shelter", drill=False)) == "SHELTER"
    assert text_of(settings, SignWords("other", drill=False)) == "EMERGENCY"


async def test_words_are_put_into_json_without_breaking_it() -> None:
    async with bench_and_driver() as (bench, driver):
        await driver.show(bench.signal, SignWords("evacuate", drill=False))
    assert bench.shows == 'GO "NOW"'


@pytest.mark.parametrize(("encode", "body"), [("form", "say={text}&speed=3"), ("plain", "{text}")])
async def test_words_are_put_into_a_form_or_sent_bare(encode: str, body: str) -> None:
    async with bench_and_driver() as (bench, driver):
        show = {"method": "POST", "url": "/message", "body": body}
        sign = bench.with_settings(encode=encode, show=show, texts={"lockdown": {"en": "Lock & wait", "es": "ñ"}})
        await driver.show(sign, LIVE)
    assert bench.shows == "Lock & wait / ñ"


async def test_a_200_of_a_deaf_sign_proves_nothing() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.deaf = True
        await driver.show(bench.signal, LIVE)
        assert await driver.read_signal(bench.signal) is False


async def test_what_somebody_else_wrote_on_it_is_not_ours() -> None:
    async with bench_and_driver() as (bench, driver):
        bench.shows = "Lunch: soup"
        assert await driver.read_signal(bench.signal) is False


async def test_a_sign_that_cannot_be_read_says_so() -> None:
    async with bench_and_driver() as (bench, driver):
        sign = bench.with_settings(state=None)
        assert driver.can_tell(bench.signal)
        assert not driver.can_tell(sign)
        await driver.show(sign, LIVE)
        assert await driver.read_signal(sign) is None


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"show": {"url": "/message"}}, "no {text}"),
        ({"show": {"url": "/m", "method": "POST", "body": "say={text}"}}, "no JSON"),
        ({"show": {"url": "/{text}"}, "texts": {"lokdown": "x"}}, "texts"),
    ],
)
def test_settings_that_would_show_nothing_are_refused(written: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SignSettings.model_validate(written)
