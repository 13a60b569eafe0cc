"""Accounts: secrets are shown once, die when revoked, and a press never asks the store who presses."""

import dataclasses
import json

import pytest

from notifier.access.accounts import AccountBook
from notifier.errors import NotFound, Refused
from notifier.model.rights import ROLES, Caller, Right
from notifier.model.site import Button
from tests.access.memory_ledger import MemoryLedger

ADMIN = Caller("account:a", "Ada", "ada", frozenset({Right.ADMINISTER}))
OFFICE = Button(id="office", zone="front", name="Front office", playbook="lockdown")


@pytest.fixture
def published() -> dict[str, Button]:
    return {"office": OFFICE}


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def book(ledger: MemoryLedger, published: dict[str, Button]) -> AccountBook:
    return AccountBook(ledger, "maplewood", published.get, own_uid=990)


async def test_a_token_names_its_person_and_rights(book: AccountBook) -> None:
    account, bearer = await book.add_user("Grace Hop", ["commander"], ["maplewood"], None, "grace", ADMIN)

    caller = book.caller_of(bearer)

    assert caller is not None
    assert (caller.id, caller.name, caller.person) == (f"account:{account}", "Grace Hop", "grace")
    assert caller.rights == ROLES["commander"]
    assert caller.may(Right.COMMAND, "maplewood")
    assert not caller.may(Right.COMMAND, "otherwood")


async def test_no_secret_is_kept_or_listed(book: AccountBook, ledger: MemoryLedger) -> None:
    _, bearer = await book.add_user("Robot", ["press"], [], None, None, ADMIN)
    secret = await book.enrol_button("office", ADMIN)

    kept = json.dumps([[dataclasses.asdict(fact) for fact in ledger.facts], list(ledger.rows.values())])
    kept += json.dumps(book.listing())

    assert bearer not in kept
    assert secret not in kept
    assert "secret_hash" not in json.dumps(book.listing())


async def test_secrets_cannot_be_guessed(book: AccountBook) -> None:
    _, bearer = await book.add_user("Robot", ["press"], [], None, None, ADMIN)
    secret = await book.enrol_button("office", ADMIN)
    assert len(bearer.removeprefix("nt_")) * 6 >= 256
    assert len(secret) * 6 >= 128


async def test_a_revoked_token_and_button_are_nobody(book: AccountBook, ledger: MemoryLedger) -> None:
    account, bearer = await book.add_user("Robot", ["press"], [], 1200, None, ADMIN)
    secret = await book.enrol_button("office", ADMIN)

    await book.revoke(account, ADMIN)
    await book.revoke("button:office", ADMIN)

    assert book.caller_of(bearer) is None
    assert book.button_of(secret) is None
    assert book.caller_of_os_user(1200).rights == frozenset()
    assert [row["secret_hash"] for row in ledger.rows.values()] == [None, None]


async def test_enrolling_a_button_again_ends_its_older_secret(book: AccountBook) -> None:
    older = await book.enrol_button("office", ADMIN)
    newer = await book.enrol_button("office", ADMIN)
    assert book.button_of(older) is None
    assert book.button_of(newer) is not None


async def test_knowing_a_presser_asks_the_store_nothing(book: AccountBook, ledger: MemoryLedger) -> None:
    secret = await book.enrol_button("office", ADMIN)
    before = ledger.reads
    assert book.button_of(secret) is not None
    assert book.caller_of("nt_wrong") is None
    assert ledger.reads == before


async def test_a_button_follows_the_published_site_and_survives_its_loss(
    book: AccountBook, published: dict[str, Button]
) -> None:
    secret = await book.enrol_button("office", ADMIN)

    published["office"] = OFFICE.model_copy(update={"zone": "north", "get": True, "networks": ("10.0.0.0/8",)})
    moved = book.button_of(secret)
    assert moved is not None
    assert (moved["zone"], moved["get"], moved["networks"], moved["site"]) == (
        "north",
        True,
        ["10.0.0.0/8"],
        "maplewood",
    )

    del published["office"]
    kept = book.button_of(secret)
    assert kept is not None
    assert (kept["id"], kept["zone"], kept["playbook"]) == ("office", "front", "lockdown")


async def test_a_button_may_press_and_nothing_else(book: AccountBook) -> None:
    secret = await book.enrol_button("office", ADMIN)
    caller = book.caller_of(secret)
    assert caller is not None
    assert (caller.id, caller.person, caller.rights) == ("button:office", None, {Right.PRESS})


async def test_a_persons_token_is_no_button(book: AccountBook) -> None:
    _, bearer = await book.add_user("Grace", ["commander"], [], None, "grace", ADMIN)
    assert book.button_of(bearer) is None


async def test_another_process_sees_accounts_of_before_and_hears_of_later_ones(ledger: MemoryLedger) -> None:
    here = AccountBook(ledger, "maplewood", {"office": OFFICE}.get)
    _, early = await here.add_user("Early", ["view"], [], None, None, ADMIN)
    # The store gives lists and objects back as the JSON text it keeps.
    for row in ledger.rows.values():
        row.update({key: json.dumps(row[key]) for key in ("roles", "sites", "detail")})
    there = AccountBook(ledger, "maplewood", {"office": OFFICE}.get)
    account, late = await here.add_user("Late", ["view"], [], None, None, ADMIN)

    assert there.caller_of(early) is not None
    assert there.caller_of(late) is not None
    await here.revoke(account, ADMIN)
    assert there.caller_of(late) is None


async def test_a_user_of_the_machine_is_the_linked_person(book: AccountBook) -> None:
    await book.add_user("Grace", ["commander"], [], 1200, "grace", ADMIN)
    caller = book.caller_of_os_user(1200)
    assert caller.person == "grace"
    assert caller.rights == ROLES["commander"]


@pytest.mark.parametrize("uid", [0, 990])
def test_the_owner_of_the_machine_may_look_after_it_but_approves_nothing(book: AccountBook, uid: int) -> None:
    caller = book.caller_of_os_user(uid)
    assert caller.person is None
    assert Right.COMMAND not in caller.rights
    assert caller.rights == {
        Right.TECHNICIAN,
        Right.VIEW,
        Right.PUBLISH,
        Right.PRESS,
        Right.DRILL,
        Right.ADMINISTER,
    }


def test_any_other_user_of_the_machine_is_anonymous(book: AccountBook) -> None:
    assert book.caller_of_os_user(1201).rights == frozenset()


async def test_accounts_are_made_by_who_may(book: AccountBook) -> None:
    nobody = Caller("account:x", "X", "x", frozenset({Right.PRESS, Right.VIEW}))
    with pytest.raises(Refused, match="administer"):
        await book.add_user("Friend", ["administrator"], [], None, None, nobody)
    with pytest.raises(Refused, match="administer"):
        await book.enrol_button("office", nobody)
    with pytest.raises(Refused, match="administer"):
        await book.revoke("button:office", nobody)


async def test_an_administrator_of_one_site_gives_no_rights_at_another(book: AccountBook) -> None:
    local = Caller("account:a", "Ada", "ada", frozenset({Right.ADMINISTER}), frozenset({"maplewood"}))
    with pytest.raises(Refused, match="maplewood only"):
        await book.add_user("Friend", ["view"], [], None, None, local)
    with pytest.raises(Refused, match="maplewood only"):
        await book.add_user("Friend", ["view"], ["otherwood"], None, None, local)
    await book.add_user("Friend", ["view"], ["maplewood"], None, None, local)


@pytest.mark.parametrize("roles", [[], ["king"]])
async def test_rights_are_never_guessed(book: AccountBook, roles: list[str]) -> None:
    with pytest.raises(Refused, match="commander"):
        await book.add_user("Friend", roles, [], None, None, ADMIN)


async def test_one_user_of_the_machine_is_one_account(book: AccountBook) -> None:
    await book.add_user("Grace", ["view"], [], 1200, "grace", ADMIN)
    with pytest.raises(Refused, match="1200"):
        await book.add_user("Other", ["view"], [], 1200, "other", ADMIN)


async def test_what_does_not_exist_is_named(book: AccountBook) -> None:
    with pytest.raises(NotFound, match="'gym'"):
        await book.enrol_button("gym", ADMIN)
    with pytest.raises(NotFound, match="'nobody'"):
        await book.revoke("nobody", ADMIN)


async def test_who_looks_after_one_site_revokes_nobody_of_all_of_them(book: AccountBook) -> None:
    _, district = await book.add_user("District", ["administrator"], [], None, "dora", ADMIN)
    account, _ = await book.add_user("Elsewhere", ["press"], ["otherwood"], None, None, ADMIN)
    own, _ = await book.add_user("Here", ["press"], ["maplewood"], None, None, ADMIN)
    here = Caller("account:h", "Hal", "hal", frozenset({Right.ADMINISTER}), frozenset({"maplewood"}))
    everybody = [one["id"] for one in book.listing() if one["name"] == "District"]
    for other in (*everybody, account):
        with pytest.raises(Refused, match="rights where you have none"):
            await book.revoke(other, here)
    assert book.caller_of(district) is not None
    await book.revoke(own, here)


async def test_nobody_revokes_themselves(book: AccountBook) -> None:
    account, token = await book.add_user("Grace Hop", ["administrator"], [], None, "grace", ADMIN)
    caller = book.caller_of(token)
    assert caller is not None
    with pytest.raises(Refused, match="lock yourself out"):
        await book.revoke(account, caller)
    assert book.caller_of(token) is not None
