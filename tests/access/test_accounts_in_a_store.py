"""Accounts in the real store: they come back as they were made, and the record never holds a secret."""

from pathlib import Path

from notifier.access.accounts import AccountBook
from notifier.clock import SystemClock
from notifier.ledger.sqlite import SqliteLedger
from notifier.model.rights import Caller, Right
from notifier.model.site import Button

ADMIN = Caller("account:a", "Ada", "ada", frozenset({Right.ADMINISTER}))
BUTTONS = {"office": Button(id="office", zone="front", name="Front office", playbook="lockdown")}


async def test_accounts_and_buttons_outlive_the_daemon(tmp_path: Path) -> None:
    store = tmp_path / "ledger.sqlite"
    ledger = await SqliteLedger.open(store, "node1", SystemClock())
    book = AccountBook(ledger, "maplewood", BUTTONS.get)
    account, bearer = await book.add_user("Grace", ["commander"], ["maplewood"], 1200, "grace", ADMIN)
    gone, dead = await book.add_user("Left", ["view"], [], None, None, ADMIN)
    secret = await book.enrol_button("office", ADMIN)
    await book.revoke(gone, ADMIN)
    before = book.listing()
    await ledger.close()

    ledger = await SqliteLedger.open(store, "node1", SystemClock())
    book = AccountBook(ledger, "maplewood", BUTTONS.get)
    try:
        assert book.listing() == before
        caller = book.caller_of(bearer)
        assert caller is not None
        assert (caller.id, caller.person, caller.sites) == (f"account:{account}", "grace", {"maplewood"})
        assert book.caller_of_os_user(1200).person == "grace"
        assert book.caller_of(dead) is None
        assert book.button_of(secret) is not None
    finally:
        await ledger.close()

    kept = everything_in(tmp_path)
    assert bearer.encode() not in kept
    assert secret.encode() not in kept


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
