"""The daemon is dropped after every single commit of a story, starts again, and the story ends as it would have."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from notifier.testing.story import STORES
from tests.postgres_server import Reused, server
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

DROPS_ON_A_SERVER = 6
"""Evenly over each story: another commit is met whenever a story gets longer or shorter."""
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


@pytest.fixture(scope="module")
def databases() -> Iterator[Reused]:
    with server("fsync=off", "full_page_writes=off", "listen_addresses=''") as running:
        yield Reused(running)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", CASES)
async def test_the_story_ends_so_on_a_server_too(name: str, databases: Reused) -> None:
    """After some of its commits: each telling takes a second or two there."""
    case = CASES[name]
    STORES.append(databases.database)
    try:
        whole = await lives_through(case.told, 0, case.files, **case.how)
        case.check(whole, whole)
        for drop in range(1, DROPS_ON_A_SERVER + 1):
            databases.give_back()
            at = drop * whole.commits // (DROPS_ON_A_SERVER + 1)
            case.check(await lives_through(case.told, at, case.files, **case.how), whole)
    finally:
        STORES.pop()
        databases.give_back()
