"""Passkeys: an answer counts at our own address, from a person whom the device has checked, once, for its owner."""

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest

from notifier.access.passkeys import Party, party_of
from notifier.access.sessions import Session
from notifier.errors import Refused
from notifier.model.events import EventKind
from notifier.model.rights import Right
from tests.access.at_the_door import ADMIN, HERE, Door, opened
from tests.access.passkey_device import PRESENT, VERIFIED, PasskeyDevice

PARTY = party_of("https://alerts.example.org", "Maplewood")
FOREIGN = "does not fit"


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as made:
        yield made


async def add(door: Door, session: Session, device: PasskeyDevice) -> Session:
    ticket, options = door.own.begin_passkey(session, PARTY)
    return door.session(await door.own.add_passkey(session, ticket, device.registers(options), "phone", PARTY, HERE))


async def owner(door: Door, name: str = "Ada Lopez", device: PasskeyDevice | None = None) -> PasskeyDevice:
    """Somebody with a passkey, signed out."""
    device = device or PasskeyDevice()
    await door.person(name, "administrator")
    session = await add(door, await door.enter(name.lower().replace(" ", "-")), device)
    await door.own.sign_out(session, "everywhere")
    return device


async def enters(door: Door, device: PasskeyDevice, party: Party = PARTY) -> Session:
    ticket, options = door.sign_in.begin_passkey(party)
    return door.session(await door.sign_in.by_passkey(ticket, device.answers(options), party, HERE, None))


async def test_a_passkey_that_was_added_signs_in_by_itself_with_all_rights(door: Door) -> None:
    device = await owner(door)
    session = await enters(door, device)
    assert session.how == "passkey"
    assert Right.ADMINISTER in door.rights(session)
    assert await enters(door, device)


def elsewhere(device: PasskeyDevice) -> None:
    device.origin = "https://alerts.example.org.evil.example"


def plain(device: PasskeyDevice) -> None:
    device.origin = "http://alerts.example.org"


def for_another(device: PasskeyDevice) -> None:
    device.rp = "evil.example"


def unverified(device: PasskeyDevice) -> None:
    device.flags = PRESENT


def absent(device: PasskeyDevice) -> None:
    device.flags = VERIFIED


def another_key(device: PasskeyDevice) -> None:
    device.key = PasskeyDevice().key


def somebody_else(device: PasskeyDevice) -> None:
    device.handle = "c29tZWJvZHkgZWxzZQ"


def copied(device: PasskeyDevice) -> None:
    """A copy that was taken before the owner's last use counts on from where it was."""
    device.count -= 1


WRONG = (elsewhere, plain, for_another, unverified, absent, another_key, somebody_else, copied)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
async def test_an_answer_that_is_wrong_in_one_thing_lets_nobody_in(
    door: Door, wrong: Callable[[PasskeyDevice], None]
) -> None:
    device = await owner(door)
    session = await enters(door, device)
    wrong(device)
    with pytest.raises(Refused, match=FOREIGN):
        await enters(door, device)
    assert [one.id for one in door.desk.sessions.open_of(session.account)] == [session.id]
    await asyncio.gather(*door.desk._writing)
    (denied,) = door.told(EventKind.SIGN_IN_DENIED)
    assert (denied["what"], denied["from"]) == ("passkey", HERE.address)


@pytest.mark.parametrize("wrong", [elsewhere, plain, for_another, unverified, absent], ids=lambda one: one.__name__)
async def test_a_device_that_is_wrong_in_one_thing_is_not_added(
    door: Door, wrong: Callable[[PasskeyDevice], None]
) -> None:
    await door.person()
    session, device = await door.enter(), PasskeyDevice()
    wrong(device)
    with pytest.raises(Refused, match=FOREIGN):
        await add(door, session, device)
    assert door.own.shown(session).passkeys == []


async def test_a_copy_that_is_used_after_its_original_is_noticed(door: Door) -> None:
    device = await owner(door)
    await enters(door, device)
    copy_at = device.count
    await enters(door, device)
    device.count = copy_at
    with pytest.raises(Refused, match=FOREIGN):
        await enters(door, device)


async def test_a_device_that_counts_nothing_is_let_in_again(door: Door) -> None:
    device = await owner(door, device=PasskeyDevice(counts=False))
    await enters(door, device)
    await enters(door, device)


async def test_an_answer_counts_once_and_for_its_own_question(door: Door) -> None:
    device = await owner(door, device=PasskeyDevice(counts=False))
    ticket, options = door.sign_in.begin_passkey(PARTY)
    said = device.answers(options)
    assert await door.sign_in.by_passkey(ticket, said, PARTY, HERE, None)
    with pytest.raises(Refused, match="Begin again"):
        await door.sign_in.by_passkey(ticket, said, PARTY, HERE, None)
    other, _ = door.sign_in.begin_passkey(PARTY)
    with pytest.raises(Refused, match=FOREIGN):
        await door.sign_in.by_passkey(other, said, PARTY, HERE, None)


async def test_a_passkey_made_for_one_of_our_names_is_nothing_at_another(door: Door) -> None:
    device = await owner(door)
    local = party_of("http://localhost:8470", "Maplewood")
    device.rp, device.origin = local.id, local.origin
    with pytest.raises(Refused, match=FOREIGN):
        await enters(door, device, local)


async def test_a_passkey_that_was_taken_away_or_whose_owner_is_disabled_is_nobodys(door: Door) -> None:
    device, other = await owner(door), await owner(door, "Bo Chan")
    session = await enters(door, device)
    await door.own.remove_passkey(session, f"passkey:{device.id}")
    await door.people.disable((await enters(door, other)).account, ADMIN)
    for one in (device, other):
        with pytest.raises(Refused, match=FOREIGN):
            await enters(door, one)


async def test_nobody_proves_it_again_with_the_passkey_of_another(door: Door) -> None:
    ada, bo = await owner(door), await owner(door, "Bo Chan")
    session = await enters(door, ada)
    door.clock.time += 301
    for whose, ticket_of in ((bo, session), (bo, None)):
        ticket, options = door.sign_in.begin_passkey(PARTY, ticket_of)
        with pytest.raises(Refused, match=FOREIGN):
            await door.sign_in.prove_by_passkey(session, ticket, whose.answers(options), PARTY, HERE)
        assert not door.desk.sessions.is_fresh(door.session_of(session))
    ticket, options = door.sign_in.begin_passkey(PARTY, session)
    await door.sign_in.prove_by_passkey(session, ticket, ada.answers(options), PARTY, HERE)
    assert door.desk.sessions.is_fresh(door.session_of(session))


async def test_a_passkey_of_somebody_else_is_not_added_twice_nor_taken_away_by_others(door: Door) -> None:
    device = await owner(door)
    await door.person("Bo Chan", "commander")
    bo, handle = await door.enter("bo-chan"), device.handle
    with pytest.raises(Refused, match="registered already"):
        await add(door, bo, device)
    device.handle = handle
    with pytest.raises(Refused, match="not yours"):
        await door.own.remove_passkey(bo, f"passkey:{device.id}")
    assert await enters(door, device)


def test_the_browser_is_told_to_check_the_person_and_offered_no_key_twice() -> None:
    from notifier.access.passkeys import question, registration

    asked = json.loads(registration(PARTY, "a1", "Ada", ["AAAA"])[1])
    assert asked["rp"]["id"] == "alerts.example.org"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert [one["id"] for one in asked["excludeCredentials"]] == ["AAAA"]
    said = json.loads(question(PARTY)[1])
    assert (said["rpId"], said["userVerification"]) == ("alerts.example.org", "required")


@pytest.mark.parametrize("address", ["http://alerts.example.org", "https://10.0.0.7", "https://[::1]", "https://", ""])
def test_where_there_is_no_name_or_no_https_no_passkey_is_offered(address: str) -> None:
    with pytest.raises(Refused, match="need a name and https"):
        party_of(address, "Maplewood")


@pytest.mark.parametrize("answer", ["", "[]", "null", "{}", '{"id": 5}', "[" * 5000, '{"id": "x", "response": 1}'])
async def test_an_answer_that_is_none_is_refused_in_words(door: Door, answer: str) -> None:
    await owner(door)
    ticket, _ = door.sign_in.begin_passkey(PARTY)
    with pytest.raises(Refused, match=FOREIGN):
        await door.sign_in.by_passkey(ticket, answer, PARTY, HERE, None)
