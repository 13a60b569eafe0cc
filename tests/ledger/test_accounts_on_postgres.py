"""The same door over a store on a server: the portable queries and rows hold there too."""

from pathlib import Path

import pytest

from notifier.access.accounts import AccountBook
from notifier.access.entrance import Entrance
from notifier.clock import SystemClock
from notifier.errors import Refused
from notifier.ledger.postgres import PostgresLedger
from tests.access.at_the_door import ADMIN, HERE, WORDS
from tests.postgres_server import Server


async def test_a_link_a_password_a_session_and_the_audit_on_a_server(tmp_path: Path, postgres: Server) -> None:
    ledger = await PostgresLedger.open(tmp_path / "copy.sqlite", "desk", SystemClock(), address=postgres.database())
    book = AccountBook(ledger, "maplewood", {}.get, own_uid=990)
    door = Entrance(ledger, "maplewood", "Maplewood", book, b"k" * 32)
    try:
        link = await door.links.first_setup()
        assert link is not None
        await door.links.set_up(link, "Ada Lopez", "", WORDS, HERE)
        with pytest.raises(Refused, match="was used"):
            await door.links.set_up(link, "Eve", "", WORDS, HERE)
        session = door.sessions.of((await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)).session)
        assert session is not None
        (code, *_rest) = await door.own.new_recovery_codes(session)
        await door.sign_in.by_recovery("ada-lopez", WORDS, code, HERE, None)
        with pytest.raises(Refused, match="do not fit together"):
            await door.sign_in.by_recovery("ada-lopez", WORDS, code, HERE, None)
        first = door.desk.audit(3, None)
        rest = door.desk.audit(200, first["next"])
        kinds = [item["kind"] for item in [*first["items"], *rest["items"]]]
        assert kinds[0] == "sign_in_denied"
        assert kinds.count("signed_in") == 3

        await door.people.disable(session.account, ADMIN)
        assert door.sessions.open_of(session.account) == []
    finally:
        await door.close()
        book.close()
        await ledger.close()
