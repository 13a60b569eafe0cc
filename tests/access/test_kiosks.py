"""Screens that press: enrolled once, by somebody who may, for one button; revoked at once."""

import pytest

from notifier.access.accounts import AccountBook
from notifier.errors import NotFound, Refused
from notifier.model.rights import Caller, Right
from notifier.model.site import Button
from tests.access.memory_ledger import MemoryLedger
from tests.campus.hand_clock import HandClock

ADMIN = Caller("account:a", "Ada", "ada", frozenset({Right.ADMINISTER}))
STAFF = Caller("account:s", "Sol", "sol", frozenset({Right.PRESS, Right.VIEW}))
OFFICE = Button(id="office", zone="front", name="Front office", playbook="lockdown")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ledger(clock: HandClock) -> MemoryLedger:
    return MemoryLedger(clock)


@pytest.fixture
def book(ledger: MemoryLedger) -> AccountBook:
    return AccountBook(ledger, "maplewood", {"office": OFFICE}.get, own_uid=990)


async def test_a_screen_enrolled_by_a_link_presses_as_its_button(book: AccountBook) -> None:
    secret = await book.redeem_kiosk(await book.enrol_kiosk("Tablet at the desk", "office", ADMIN))

    kiosk = book.kiosk_of(secret)

    assert kiosk is not None
    assert (kiosk["id"], kiosk["zone"], kiosk["playbook"], kiosk["site"]) == (
        "office",
        "front",
        "lockdown",
        "maplewood",
    )
    assert kiosk["device"] == "Tablet at the desk"
    assert kiosk["kiosk"].startswith("kiosk:")


async def test_a_screen_is_nothing_else_than_a_screen(book: AccountBook) -> None:
    secret = await book.redeem_kiosk(await book.enrol_kiosk("Tablet", "office", ADMIN))
    assert book.caller_of(secret) is None
    assert book.button_of(secret) is None
    assert book.kiosk_of(await book.enrol_button("office", ADMIN)) is None


async def test_the_link_of_a_screen_works_once(book: AccountBook) -> None:
    token = await book.enrol_kiosk("Tablet", "office", ADMIN)
    await book.redeem_kiosk(token)
    with pytest.raises(Refused, match="was used, or is too old"):
        await book.redeem_kiosk(token)


async def test_the_link_of_a_screen_dies_after_ten_minutes(book: AccountBook, clock: HandClock) -> None:
    token = await book.enrol_kiosk("Tablet", "office", ADMIN)
    clock.time += 600
    with pytest.raises(Refused, match="too old"):
        await book.redeem_kiosk(token)


async def test_a_screen_is_worthless_at_once_when_revoked(book: AccountBook, clock: HandClock) -> None:
    secret = await book.redeem_kiosk(await book.enrol_kiosk("Tablet", "office", ADMIN))
    clock.time += 400 * 24 * 3600
    kiosk = book.kiosk_of(secret)
    assert kiosk is not None, "a screen survives every holiday"
    await book.revoke(kiosk["kiosk"], ADMIN)
    assert book.kiosk_of(secret) is None


async def test_only_who_looks_after_devices_enrols_a_screen_of_a_published_button(book: AccountBook) -> None:
    with pytest.raises(Refused, match="needs the right"):
        await book.enrol_kiosk("Tablet", "office", STAFF)
    with pytest.raises(NotFound, match="no button"):
        await book.enrol_kiosk("Tablet", "gym", ADMIN)


async def test_the_record_holds_neither_the_link_nor_the_secret(book: AccountBook, ledger: MemoryLedger) -> None:
    token = await book.enrol_kiosk("Tablet", "office", ADMIN)
    secret = await book.redeem_kiosk(token)
    kept = repr(ledger.facts) + repr(ledger.rows)
    assert token not in kept
    assert secret not in kept
