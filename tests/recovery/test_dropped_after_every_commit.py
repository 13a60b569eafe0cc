"""The daemon is dropped after every single commit of a story, starts again, and the story ends as it would have."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.recovery.lived_through import (
    AT_ONCE,
    QUICK,
    SLOW_SMS,
    Outcome,
    Told,
    a_lockdown,
    a_provider_that_hangs,
    a_recall,
    an_upgrade,
    lives_through,
    nothing_was_lost,
    whoever_was_alerted_is_corrected,
)

PARTS = 6
"""Each story's commits are dealt out to so many tests, so that one that fails names a few commits only."""


@dataclass(frozen=True)
class Case:
    told: Told
    files: dict[str, bytes]
    check: Callable[[Outcome, Outcome], None]
    how: Mapping[str, Any] = field(default_factory=dict)


CASES = {
    "a lockdown": Case(a_lockdown, QUICK, nothing_was_lost),
    "a recall": Case(a_recall, AT_ONCE, whoever_was_alerted_is_corrected, {"senders": SLOW_SMS}),
    "an upgrade": Case(an_upgrade, QUICK, nothing_was_lost),
    "a provider that hangs": Case(a_provider_that_hangs, QUICK, nothing_was_lost),
}
WHOLE: dict[str, Outcome] = {}
"""Each story as it goes without any drop."""


@pytest.mark.timeout(180)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", CASES)
async def test_the_story_ends_as_if_nothing_had_happened(name: str, part: int) -> None:
    case = CASES[name]
    if name not in WHOLE:
        WHOLE[name] = await lives_through(case.told, 0, case.files, **case.how)
        case.check(WHOLE[name], WHOLE[name])
    whole = WHOLE[name]
    for at in range(part + 1, whole.commits + 1, PARTS):
        case.check(await lives_through(case.told, at, case.files, **case.how), whole)
