"""Twilio goes down while a wave is leaving: SNS carries the rest, nobody is lost, and nobody outside the window in
flight gets it twice.
"""

from collections import Counter

import pytest

from notifier.engine.lanes import BREAKER_FOR
from notifier.model.settings import Sender
from notifier.testing.schools import small_school
from notifier.testing.story import SENDERS, Story, story

CROWD = 120
WINDOW = 8
TWO_PROVIDERS = {
    **SENDERS,
    "sms": Sender(channel="twilio", rate=20, window=WINDOW, uplink="cellular"),
    "sms2": Sender(channel="aws_sns", rate=20, window=WINDOW, uplink="fibre"),
}


def full_house() -> dict[str, bytes]:
    files = small_school()
    more = "".join(f"staff-{n},Staff {n},birchwood,,,staff,en,yes,+1555020{n:04d},,,,,,\n" for n in range(CROWD))
    return files | {"contacts/people.csv": files["contacts/people.csv"] + more.encode()}


def got_it(campus: Story, sender: str) -> Counter[str]:
    return Counter(text.to for text in campus.campus.sms[sender].texts.values() if text.to.startswith("+1555020"))


@pytest.mark.parametrize("fault", ["fails", "refuses_us", "breaks", "takes_and_hangs"])
async def test_the_second_provider_carries_the_rest(fault: str) -> None:
    async with story(full_house(), senders=TWO_PROVIDERS) as campus:
        await campus.press("front-office")
        await campus.advance("2s")
        before = got_it(campus, "sms")
        assert 10 < len(before) < CROWD, "the fault must come in mid wave"
        getattr(campus.sender("sms"), fault)()
        await campus.advance("60s")
        first, second = got_it(campus, "sms"), got_it(campus, "sms2")
        assert len(first | second) == CROWD, "somebody got nothing"
        assert len(second) > CROWD / 3, "the second provider carries the rest"
        assert max((first + second).values()) <= 2
        doubled = [number for number, times in (first + second).items() if times > 1]
        # A sender that is passed over is felt out with one message now and then, and that one was in flight too.
        assert len(doubled) <= WINDOW + 60 / BREAKER_FOR, "more doubles than were in flight when it failed"
        if fault in ("fails", "refuses_us"):
            assert not doubled, "what a provider refused was never sent"
        campus.log.has_trouble("sender", "sms")


async def test_a_provider_that_is_found_to_have_taken_it_costs_no_double() -> None:
    async with story(full_house(), senders=TWO_PROVIDERS) as campus:
        await campus.press("front-office")
        await campus.advance("2s")
        campus.sender("sms").takes_and_hangs()
        await campus.advance("6s")
        campus.sender("sms").recovers()
        await campus.advance("60s")
        both = got_it(campus, "sms") + got_it(campus, "sms2")
        assert len(both) == CROWD
        assert max(both.values()) == 1
