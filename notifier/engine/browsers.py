"""Browsers that people registered for push: which there are, how one is added, and when one is gone for good."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.errors import Reason, Refused
from notifier.interfaces import Ledger, RegistersBrowsers
from notifier.model.delivery import DeliveryWord
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.push import subscription

KIND = "web_push"
WITH = "push"
"""Whoever is written to by push is written to on their browsers too: a person may have both."""
MOST = 5
"""Browsers of one person; another one takes the place of the oldest."""
ACTIVE, GONE = "active", "gone"


@dataclass
class Browsers:
    """Held in memory, as committed."""

    active: dict[str, dict[str, str]] = field(default_factory=dict)
    """Person to id and address of each browser."""
    gone: dict[str, set[str]] = field(default_factory=dict)
    """Person to ids of those that let go."""

    def load(self, ledger: Ledger, site: str) -> None:
        for row in ledger.read("browsers", site=site):
            self.learn(row)

    def learn(self, row: Mapping[str, Any]) -> None:
        mine, gone = self.active.setdefault(row["person"], {}), self.gone.setdefault(row["person"], set())
        if row["state"] == ACTIVE:
            gone.discard(row["id"])
            mine[row["id"]] = row["address"]
        else:
            mine.pop(row["id"], None)
            gone.add(row["id"])

    def of(self, person: str) -> Mapping[str, str]:
        return self.active.get(person, {})

    @property
    def people(self) -> frozenset[str]:
        """Everybody who has one."""
        return frozenset(person for person, mine in self.active.items() if mine)

    def lost(self) -> list[str]:
        """People whose last browser is gone: nothing reaches them there until they register again."""
        return [person for person, ids in self.gone.items() if ids and not self.active.get(person)]


def with_browsers(kinds: Sequence[str]) -> tuple[str, ...]:
    """The kinds of address that a step names, with browsers right after push."""
    if WITH not in kinds or KIND in kinds:
        return tuple(kinds)
    at = list(kinds).index(WITH) + 1
    return (*kinds[:at], KIND, *kinds[at:])


def browser_id(address: str) -> str:
    """The same browser registering again is the same one."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def register_body(site: str, person: str, address: str, agent: str, now: float) -> Body[str]:
    """Take in a browser of this person. One that was somebody else's is this person's from now on."""
    own = browser_id(address)
    known = yield Ask("browsers_of_person", {"site": site, "person": person})
    mine = [row for row in known if row["state"] == ACTIVE and row["id"] != own]
    values = {
        "site": site, "id": own, "person": person, "address": address, "agent": agent, "state": ACTIVE, "at": now,
        "gone_at": None,
    }  # fmt: skip
    rows = [Row("browser", values, new=True)]
    for row in sorted(mine, key=lambda one: float(one["at"]))[: max(0, len(mine) + 1 - MOST)]:
        rows.append(_gone(row, now))  # noqa: PERF401 the new one stands first
    yield Fact(EventKind.BROWSER_CHANGED, site, None, {"person": person, "change": "registered"}, rows)
    return own


def retire_body(site: str, person: str, address: str, now: float) -> Body[None]:
    """The push service says that this browser has let go: it is never tried again, only registered anew."""
    known = yield Ask("browsers_of_person", {"site": site, "person": person})
    mine = [row for row in known if row["state"] == ACTIVE and row["id"] == browser_id(address)]
    if mine:
        told = {"person": person, "change": "gone"}
        yield Fact(EventKind.BROWSER_CHANGED, site, None, told, [_gone(row, now) for row in mine])


def _gone(row: Mapping[str, Any], now: float) -> Row:
    """The address goes with it: nobody needs it any more."""
    return Row("browser", {**dict(row), "state": GONE, "gone_at": now, "address": ""})


def let_go(settled: Sequence[Any], rows: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(person, address) of browsers that a batch of outcomes says are gone."""
    return [
        (rows[one.id]["person"], rows[one.id]["address"])
        for one in settled
        if one.word is DeliveryWord.FAIL and one.reason is Reason.BAD_ADDRESS and rows[one.id]["kind"] == KIND
    ]


def subscription_address(channels: Iterable[object], endpoint: str, p256dh: str, auth: str) -> str:
    """The address of a browser, as it is kept. Raises Refused for what no sender of ours could write to."""
    senders = [channel for channel in channels if isinstance(channel, RegistersBrowsers)]
    if not senders:
        raise Refused("This site has no sender that writes to browsers (web_push).", status=409)
    try:
        address = subscription(endpoint, p256dh, auth).address()
    except ValueError as error:
        raise Refused(f"This is no subscription of a browser: {error}.", status=422) from error
    if not any(sender.takes(endpoint) for sender in senders):
        raise Refused("This is no push service that this site speaks to (services in the settings).", status=422)
    return address


def push_key(channels: Iterable[object]) -> str:
    """What a page hands to the browser; "": nothing here writes to browsers."""
    return next((one.public_key for one in channels if isinstance(one, RegistersBrowsers)), "")
