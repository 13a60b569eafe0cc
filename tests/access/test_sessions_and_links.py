"""How long a browser stays signed in, and the links that let somebody in once."""

import asyncio
from collections.abc import Iterator

import pytest

from notifier.access.once_a_minute import AND_MORE, MOST_OF_ONE, MOST_OF_STRANGERS
from notifier.access.sessions import Place
from notifier.errors import Refused
from notifier.model.events import EventKind
from notifier.model.rights import Caller, Right
from tests.access.at_the_door import HERE, WORDS, Door, opened

HOUR = 3600.0


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as made:
        yield made


async def secret_of(door: Door, *roles: str) -> str:
    await door.person("Ada Lopez", *roles)
    return (await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)).session


async def test_a_commanders_board_lives_through_the_day_while_it_is_used(door: Door) -> None:
    secret = await secret_of(door, "commander")
    for _ in range(35):
        door.clock.time += HOUR
        assert door.desk.sessions.of(secret) is not None
    door.clock.time += HOUR
    assert door.desk.sessions.of(secret) is None, "an end always comes"


async def test_an_unused_session_runs_out_by_the_strictest_role(door: Door) -> None:
    secret = await secret_of(door, "commander", "administrator")
    door.clock.time += 29 * 60
    assert door.desk.sessions.of(secret) is not None
    door.clock.time += 31 * 60
    assert door.desk.sessions.of(secret) is None


async def test_a_restart_signs_nobody_out_and_revives_nobody(door: Door) -> None:
    kept = await secret_of(door, "commander")
    ended = (await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)).session
    await door.own.sign_out(door.session(ended), "here")
    again = Door(door.ledger, door.clock)
    try:
        assert again.desk.sessions.of(kept) is not None
        assert again.desk.sessions.of(ended) is None
    finally:
        again.desk.close()


async def test_another_node_hears_of_a_sign_out(door: Door) -> None:
    other = Door(door.ledger, door.clock)
    try:
        secret = await secret_of(door, "commander")
        assert other.desk.sessions.of(secret) is not None
        await door.own.sign_out(door.session(secret), "everywhere")
        assert other.desk.sessions.of(secret) is None
    finally:
        other.desk.close()


async def test_nobody_signs_out_the_session_of_another(door: Door) -> None:
    secret = await secret_of(door, "commander")
    await door.person("Bo Chan", "commander")
    stranger = await door.enter("bo-chan")
    await door.own.sign_out(stranger, door.session(secret).id)
    assert door.desk.sessions.of(secret) is not None


async def test_a_proof_is_fresh_for_five_minutes(door: Door) -> None:
    secret = await secret_of(door, "commander")
    assert door.desk.sessions.is_fresh(door.session(secret))
    door.clock.time += 301
    assert not door.desk.sessions.is_fresh(door.session(secret))
    with pytest.raises(Refused, match="do not match"):
        await door.sign_in.prove(door.session(secret), "wrong wrong wrong", "", HERE)
    assert not door.desk.sessions.is_fresh(door.session(secret))
    await door.sign_in.prove(door.session(secret), WORDS, "", HERE)
    assert door.desk.sessions.is_fresh(door.session(secret))


async def test_the_first_start_shows_a_way_in_once(door: Door) -> None:
    link = await door.links.first_setup()
    assert link is not None
    assert len(link) >= 22, "128 bits in base64"
    door.links.look_at_setup(link)
    door.links.look_at_setup(link)
    session = door.session(await door.links.set_up(link, "Ada Lopez", "ada@example.org", WORDS, HERE))
    assert Right.ADMINISTER not in door.rights(session), "not before the second proof"
    _, session = await door.with_app(session)
    assert Right.ADMINISTER in door.rights(session)
    with pytest.raises(Refused, match="was used"):
        await door.links.set_up(link, "Eve", "", WORDS, HERE)
    assert await door.links.first_setup() is None


async def test_a_newer_link_of_the_first_start_ends_the_older(door: Door) -> None:
    older, newer = await door.links.first_setup(), await door.links.first_setup()
    assert older is not None
    assert newer is not None
    with pytest.raises(Refused, match="was used"):
        door.links.look_at_setup(older)
    door.links.look_at_setup(newer)
    door.clock.time += 24 * HOUR
    with pytest.raises(Refused, match="too old"):
        await door.links.set_up(newer, "Ada Lopez", "", WORDS, HERE)


async def test_a_link_of_one_kind_is_worthless_for_another(door: Door) -> None:
    account = await door.person()
    welcome = await door.links.welcome(account, "test")
    setup = await door.links.first_setup()
    assert setup is not None
    with pytest.raises(Refused, match="was used"):
        await door.links.set_up(welcome, "Eve", "", WORDS, HERE)
    with pytest.raises(Refused, match="was used"):
        await door.links.take_up(setup, WORDS, HERE)


async def test_nobody_takes_their_own_right_to_give_rights(door: Door) -> None:
    account = await door.person("Ada Lopez", "administrator")
    herself = Caller(f"account:{account}", "Ada Lopez", "ada-lopez", frozenset({Right.ADMINISTER}))
    with pytest.raises(Refused, match="Another administrator"):
        await door.people.set_roles(account, ["staff"], [], herself)
    with pytest.raises(Refused, match="Another administrator"):
        await door.people.disable(account, herself)


async def test_an_administrator_of_one_site_does_not_reach_beyond_it(door: Door) -> None:
    everywhere = await door.person("Ada Lopez", "commander")
    local = Caller("account:l", "Local", "l", frozenset({Right.ADMINISTER}), frozenset({"maplewood"}))
    for deed in (
        door.people.set_roles(everywhere, ["staff"], ["maplewood"], local),
        door.people.disable(everywhere, local),
        door.people.reset(everywhere, local),
    ):
        with pytest.raises(Refused, match="where you have none"):
            await deed
    with pytest.raises(Refused, match="name these sites"):
        await door.people.set_roles(everywhere, ["administrator"], [], local)


async def test_the_audit_says_who_what_when_and_from_where_newest_first(door: Door) -> None:
    await door.person()
    await door.enter()
    with pytest.raises(Refused):
        await door.sign_in.by_password("ada-lopez", "wrong wrong wrong", Place("203.0.113.5"), None)
    first = door.desk.audit(2, None)
    assert [item["kind"] for item in first["items"]] == ["sign_in_denied", "signed_in"]
    assert first["items"][0]["data"]["from"] == "203.0.113.5"
    rest = door.desk.audit(200, first["next"])
    seen = [item["cursor"] for item in [*first["items"], *rest["items"]]]
    assert len(seen) == len(set(seen))
    assert rest["items"][-1]["kind"] == "account_changed"
    assert rest["next"] is None


async def test_who_looks_at_thousands_of_pages_hides_nobody_elses_look(door: Door) -> None:
    eve, ada = (Caller(f"account:{one}", one, one, frozenset({Right.VIEW})) for one in ("eve", "ada"))
    for number in range(3000):
        door.desk.read_personal(eve, f"/api/v1/incidents/{number}/people", "203.0.113.6")
        door.desk.turned_away("passkey", f"2001:db8::{number:x}")
    door.desk.read_personal(ada, "/api/v1/contacts", "203.0.113.5")
    door.desk.denied(eve, "GET /api/v1/audit", "203.0.113.6")
    await asyncio.gather(*door.desk._writing)
    looked = [(data["by"], data["what"]) for data in door.told(EventKind.PERSONAL_DATA_READ)]
    assert looked[-1] == ("account:ada", "/api/v1/contacts")
    assert looked[-2] == ("account:eve", AND_MORE)
    assert len(looked) == MOST_OF_ONE + 2
    assert [data["what"] for data in door.told(EventKind.DENIED)] == ["GET /api/v1/audit"]
    assert len(door.told(EventKind.SIGN_IN_DENIED)) == MOST_OF_STRANGERS + 1


async def test_the_same_look_at_peoples_data_is_written_once_a_minute(door: Door) -> None:
    caller = Caller("account:x", "Ada", "ada", frozenset({Right.VIEW}))
    for _ in range(3):
        door.desk.read_personal(caller, "/api/v1/contacts", "203.0.113.5")
    door.desk.read_personal(caller, "/api/v1/incidents/a/people", "203.0.113.5")
    door.clock.time += 60
    door.desk.read_personal(caller, "/api/v1/contacts", "203.0.113.5")
    await asyncio.gather(*door.desk._writing)
    looked = [data["what"] for data in door.told(EventKind.PERSONAL_DATA_READ)]
    assert looked == ["/api/v1/contacts", "/api/v1/incidents/a/people", "/api/v1/contacts"]
