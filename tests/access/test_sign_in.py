"""Signing in: who fits is let in under a new name, who does not hears the same words whoever they are."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from notifier.access import guesses, sessions, tickets
from notifier.access.passkeys import party_of
from notifier.access.sessions import Place
from notifier.access.ways_in import Way
from notifier.errors import Refused
from notifier.model.events import EventKind
from notifier.model.rights import Right
from notifier.model.second_person import MADE_BY_THE_OTHER
from tests.access.at_the_door import ADMIN, HERE, OTHER_WORDS, WORDS, Door, opened


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as made:
        yield made


async def test_a_password_that_fits_opens_a_session_with_the_rights_of_the_account(door: Door) -> None:
    await door.person()
    session = await door.enter()
    assert Right.COMMAND in door.rights(session)
    assert door.told(EventKind.SIGNED_IN)[-1]["from"] == HERE.address


async def test_an_unknown_name_and_a_wrong_password_hear_the_same_words(door: Door) -> None:
    await door.person()
    said = []
    for name in ("ada-lopez", "nobody-here"):
        for _ in range(4):
            door.clock.time += 60
            with pytest.raises(Refused) as refused:
                await door.sign_in.by_password(name, "not the right words", HERE, None)
            said.append((refused.value.status, str(refused.value)))
    assert said[:4] == said[4:]


async def test_every_name_of_one_account_shares_its_tries(door: Door) -> None:
    account = await door.person(email="ada@example.org")
    names = ["ada-lopez", account, "ada@example.org", "ADA-LOPEZ"]
    for name in names[:3]:
        with pytest.raises(Refused, match="do not match"):
            await door.sign_in.by_password(name, "wrong wrong wrong", HERE, None)
    with pytest.raises(Refused, match="This name waits"):
        await door.sign_in.by_password(names[3], WORDS, HERE, None)


async def test_a_name_waits_longer_after_each_wrong_try_and_is_locked_after_ten(door: Door) -> None:
    account = await door.person()
    for _ in range(10):
        door.clock.time += 40
        with pytest.raises(Refused, match="do not match"):
            await door.sign_in.by_password("ada-lopez", "wrong wrong wrong", HERE, None)
    door.clock.time += 600
    with pytest.raises(Refused, match=r"This name waits after wrong tries\. Try again in 5 minutes") as refused:
        await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    assert refused.value.status == 429
    assert door.told(EventKind.SIGN_IN_DENIED)[-1]["account"] == account

    again = Door(door.ledger, door.clock)
    try:
        with pytest.raises(Refused, match="This name waits"):
            await again.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    finally:
        again.desk.close()

    door.clock.time += 301
    await door.enter()


async def test_one_address_cannot_try_many_names_but_another_address_is_not_slowed(door: Door) -> None:
    await door.person()
    for number in range(20):
        with pytest.raises(Refused, match="do not match"):
            await door.sign_in.by_password(f"name{number}", "wrong wrong wrong", HERE, None)
    with pytest.raises(Refused, match="Too many tries from here"):
        await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    assert (await door.sign_in.by_password("ada-lopez", WORDS, Place("203.0.113.9"), None)).session


async def test_one_machine_cannot_use_its_many_ipv6_addresses(door: Door) -> None:
    for number in range(20):
        with pytest.raises(Refused, match="do not match"):
            await door.sign_in.by_password(f"n{number}", "wrong wrong", Place(f"2001:db8::{number:x}"), None)
    with pytest.raises(Refused, match="Too many tries"):
        await door.sign_in.by_password("another", "wrong wrong", Place("2001:db8::ffff"), None)


async def test_what_the_browser_carried_before_is_worthless_after_signing_in(door: Door) -> None:
    await door.person()
    first = (await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)).session
    second = (await door.sign_in.by_password("ada-lopez", WORDS, HERE, first)).session
    assert first != second
    assert door.desk.sessions.of(first) is None
    assert door.desk.sessions.of("chosen-by-an-attacker") is None


async def test_with_an_app_the_password_is_only_half_the_way(door: Door) -> None:
    await door.person()
    app, _ = await door.with_app(await door.enter())
    door.clock.time += 60
    half = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    assert not half.session
    with pytest.raises(Refused, match="does not fit, or was used"):
        await door.sign_in.by_code(half.ticket, "000000", HERE, None)
    assert door.session(await door.sign_in.by_code(half.ticket, door.code(app), HERE, None)).how == "password and code"


async def test_a_code_works_once_also_in_another_sign_in(door: Door) -> None:
    await door.person()
    app, _ = await door.with_app(await door.enter())
    door.clock.time += 60
    code = door.code(app)
    first = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    await door.sign_in.by_code(first.ticket, code, HERE, None)
    second = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    with pytest.raises(Refused, match="was used already"):
        await door.sign_in.by_code(second.ticket, code, HERE, None)


async def test_the_code_that_set_the_app_up_does_not_sign_in(door: Door) -> None:
    await door.person()
    app, _ = await door.with_app(await door.enter())
    half = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    with pytest.raises(Refused, match="was used already"):
        await door.sign_in.by_code(half.ticket, door.code(app), HERE, None)


async def test_a_stolen_password_buys_no_new_tries_at_the_code(door: Door) -> None:
    await door.person()
    await door.with_app(await door.enter())
    with pytest.raises(Refused, match="waits"):  # noqa: PT012 the loop is what is refused in the end
        for _ in range(6):
            half = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
            with pytest.raises(Refused, match="does not fit"):
                await door.sign_in.by_code(half.ticket, "000000", HERE, None)


async def test_a_recovery_code_stands_in_for_the_app_once(door: Door) -> None:
    await door.person()
    _, session = await door.with_app(await door.enter())
    code, *others = await door.own.new_recovery_codes(session)
    assert len({code, *others}) == 10
    half = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    await door.sign_in.by_code(half.ticket, code.upper().replace("-", " "), HERE, None)
    half = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    with pytest.raises(Refused, match="was used already"):
        await door.sign_in.by_code(half.ticket, code, HERE, None)


async def test_a_recovery_code_without_the_password_opens_nothing(door: Door) -> None:
    await door.person()
    codes = await door.own.new_recovery_codes(await door.enter())
    with pytest.raises(Refused, match="do not fit together"):
        await door.sign_in.by_recovery("ada-lopez", "not the words", codes[0], HERE, None)
    secret = await door.sign_in.by_recovery("ada-lopez", WORDS, codes[0], HERE, None)
    assert door.session(secret).how == "password and recovery code"


async def test_an_administrator_with_one_proof_only_has_no_right_over_others(door: Door) -> None:
    await door.person("Ada Lopez", "administrator")
    session = await door.enter()
    assert not door.rights(session) & {Right.ADMINISTER, Right.PUBLISH, Right.TECHNICIAN}
    assert Right.PRESS in door.rights(session)
    _, session = await door.with_app(session)
    assert door.rights(session) >= {Right.ADMINISTER, Right.PUBLISH}


async def test_a_ticket_of_one_step_is_worthless_at_another(door: Door) -> None:
    await door.person()
    session = await door.enter()
    ticket, _, _ = door.own.begin_app(session)
    with pytest.raises(Refused, match="Begin again"):
        await door.sign_in.by_code(ticket, "123456", HERE, None)


async def test_a_half_done_sign_in_dies_after_ten_minutes(door: Door) -> None:
    await door.person()
    app, _ = await door.with_app(await door.enter())
    half = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    door.clock.time += 601
    with pytest.raises(Refused, match="took too long"):
        await door.sign_in.by_code(half.ticket, door.code(app), HERE, None)


@pytest.mark.parametrize("weak", ["short", "password12345", "aaaaaaaaaaaaaaaa", "Ada Lopez is here", "123456789012"])
async def test_a_password_that_is_tried_first_is_refused_with_what_to_do(door: Door, weak: str) -> None:
    await door.person()
    with pytest.raises(Refused, match=r"[Ff]our words"):
        await door.own.set_password(await door.enter(), weak)


async def test_no_password_code_or_session_is_in_the_record(door: Door) -> None:
    await door.person()
    app, session = await door.with_app(await door.enter())
    codes = await door.own.new_recovery_codes(session)
    await door.own.set_codes(session, "483 920", "117 204")
    door.clock.time += 60
    half = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    secret = await door.sign_in.by_code(half.ticket, door.code(app), HERE, None)
    kept = repr(door.ledger.facts) + repr(door.ledger.rows)
    for hidden in (WORDS, app.secret, codes[0], codes[0].replace("-", ""), "483920", "117204", secret, half.ticket):
        assert hidden not in kept


async def test_a_changed_password_ends_the_other_sessions(door: Door) -> None:
    await door.person()
    other, mine = await door.enter(), await door.enter()
    await door.own.set_password(mine, OTHER_WORDS)
    assert [one.id for one in door.desk.sessions.open_of(mine.account)] == [mine.id]
    assert other.id != mine.id
    with pytest.raises(Refused, match="do not match"):
        await door.enter()
    await door.enter(password=OTHER_WORDS)


async def test_a_disabled_person_is_outside_at_once_and_may_come_back(door: Door) -> None:
    account = await door.person()
    secret = (await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)).session
    await door.people.disable(account, ADMIN)
    assert door.desk.sessions.of(secret) is None
    with pytest.raises(Refused, match="do not match"):
        await door.enter()
    await door.people.enable(account, ADMIN)
    assert door.desk.sessions.of(secret) is None, "what was ended stays ended"
    door.clock.time += 60
    await door.enter()


async def test_new_roles_begin_with_a_new_session(door: Door) -> None:
    account = await door.person()
    secret = (await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)).session
    await door.people.set_roles(account, ["staff"], [], ADMIN)
    assert door.desk.sessions.of(secret) is None
    assert Right.COMMAND not in door.rights(await door.enter())


async def test_a_reset_ends_every_way_in_and_gives_one_new_one(door: Door) -> None:
    account = await door.person()
    await door.with_app(await door.enter())
    link = await door.people.reset(account, ADMIN)
    assert door.desk.sessions.open_of(account) == []
    with pytest.raises(Refused, match="do not match"):
        await door.enter()
    session = door.session(await door.links.take_up(link, OTHER_WORDS, HERE))
    assert session.account == account
    assert not door.own.shown(session).has_app
    with pytest.raises(Refused, match="was used, or is too old"):
        await door.links.take_up(link, OTHER_WORDS, HERE)


async def test_the_duress_code_is_told_from_the_other_and_a_wrong_one_from_both(door: Door) -> None:
    account = await door.person()
    await door.own.set_codes(await door.enter(), "483 920", "117-204")
    assert await door.own.under_duress(f"account:{account}", "483920", HERE) is False
    assert await door.own.under_duress(f"account:{account}", "117204", HERE) is True
    with pytest.raises(Refused, match="does not fit"):
        await door.own.under_duress(f"account:{account}", "000000", HERE)


async def test_a_person_with_two_accounts_has_one_pair_of_codes(door: Door) -> None:
    first = await door.person(email="ada@example.org")
    second, _ = await door.book.add_user("Ada at the desk", ["commander"], [], None, "ada-lopez", ADMIN)
    stranger = await door.person("Kim Park")
    await door.own.set_codes(await door.enter("ada@example.org"), "483 920", "117-204")
    assert door.own.has_codes(second)
    assert not door.own.has_codes(stranger)
    assert await door.own.under_duress(f"account:{second}", "483920", HERE) is False
    assert await door.own.under_duress(f"account:{second}", "117204", HERE) is True

    await door.links.take_up(await door.links.welcome(second, "test"), OTHER_WORDS, HERE)
    await door.own.set_codes(door.desk.sessions.open_of(second)[0], "555 123", "777-321")
    with pytest.raises(Refused, match="does not fit"):
        await door.own.under_duress(f"account:{first}", "117204", HERE)
    assert await door.own.under_duress(f"account:{first}", "777321", HERE) is True


async def test_a_second_account_brings_no_new_tries_at_a_persons_code(door: Door) -> None:
    first = await door.person(email="ada@example.org")
    second, _ = await door.book.add_user("Ada at the desk", ["commander"], [], None, "ada-lopez", ADMIN)
    await door.own.set_codes(await door.enter("ada@example.org"), "483 920", "117-204")
    for number in range(3):
        with pytest.raises(Refused, match="does not fit"):
            await door.own.under_duress(f"account:{first}", "000000", Place(f"203.0.113.{number}"))
    with pytest.raises(Refused, match="waits"):
        await door.own.under_duress(f"account:{second}", "483920", Place("203.0.113.99"))


@pytest.mark.parametrize(("one", "other"), [("123", "456"), ("483920", "483-920"), ("111111", "222222")])
async def test_codes_for_approvals_are_long_and_not_alike(door: Door, one: str, other: str) -> None:
    await door.person()
    with pytest.raises(Refused, match="not alike"):
        await door.own.set_codes(await door.enter(), one, other)


async def test_codes_are_not_guessed_at_by_another_name_of_the_account(door: Door) -> None:
    await door.person(email="ada@example.org")
    app, _ = await door.with_app(await door.enter())
    door.clock.time += 60
    half = await door.sign_in.by_password("ada@example.org", WORDS, HERE, None)
    for number in range(3):
        with pytest.raises(Refused, match="does not fit"):
            await door.sign_in.by_code(half.ticket, "000000", Place(f"203.0.113.{number}"), None)
    with pytest.raises(Refused, match="This name waits"):
        await door.sign_in.by_code(half.ticket, door.code(app), Place("203.0.113.99"), None)


@pytest.mark.parametrize("second", ["app", "passkey"])
async def test_a_stolen_password_makes_no_second_proof_where_there_is_one(door: Door, second: str) -> None:
    account = await door.person("Ada Lopez", "administrator")
    weak = await door.enter()
    if second == "app":
        await door.with_app(await door.enter())
    else:
        await door.desk.tell(
            EventKind.CREDENTIAL_CHANGED, {"account": account},
            [door.desk.ways.made(account, Way.PASSKEY, "phone", {}, "passkey:one")],
        )  # fmt: skip
    ticket = door.desk.tickets.give("new passkey", account, challenge="")
    party = party_of("https://alerts.example.org", "Maplewood")
    for attempt in (
        lambda: door.with_app(weak),
        lambda: door.own.remove_app(weak),
        lambda: door.own.add_passkey(weak, ticket, "{}", "mine", party, HERE),
        lambda: door.own.remove_passkey(weak, "passkey:one"),
        lambda: door.own.new_recovery_codes(weak),
    ):
        with pytest.raises(Refused, match="came in without it"):
            await attempt()
    assert Right.ADMINISTER not in door.rights(weak)


async def test_an_account_that_was_reset_is_a_new_one_at_approvals(door: Door) -> None:
    account = await door.person()
    before = door.clock.now()
    door.clock.time += 60
    link = await door.people.reset(account, ADMIN)
    session = door.session(await door.links.take_up(link, OTHER_WORDS, HERE))
    caller = door.desk.sessions.caller(session)
    assert caller is not None
    assert caller.since > before


async def test_an_account_remembers_who_could_be_using_it(door: Door) -> None:
    kim = replace(ADMIN, id="account:kim", name="Kim", person="kim")
    account, bearer = await door.book.add_user("Ada Lopez", ["commander"], [], None, "ada-lopez", ADMIN)
    made = door.book.caller_of(bearer)
    assert made is not None
    assert (made.since, made.made_by) == (door.clock.now(), "root")
    door.clock.time += 60
    await door.people.invite(account, kim)  # the link is in Kim's hands now
    invited = door.book.caller_of(bearer)
    assert invited is not None
    assert (invited.since, invited.made_by) == (door.clock.now(), "kim root"), "root was shown the token"
    assert invited.shown
    door.clock.time += 60
    session = door.session(await door.links.take_up(await door.people.reset(account, ADMIN), OTHER_WORDS, HERE))
    reset = door.desk.sessions.caller(session)
    assert reset is not None
    assert (reset.since, reset.made_by) == (door.clock.now(), "root")


async def test_a_user_of_the_machine_is_as_new_as_the_account_it_is_linked_to(door: Door) -> None:
    await door.book.add_user("Ada Lopez", ["commander"], [], 1234, "ada-lopez", ADMIN)
    assert door.book.caller_of_os_user(1234).since == door.clock.now()


async def test_a_machine_is_not_invited_to_sign_in(door: Door) -> None:
    account, _ = await door.book.add_user("Robot", ["press"], [], None, None, ADMIN)
    with pytest.raises(Refused, match="never signs in"):
        await door.people.invite(account, ADMIN)


async def test_guesses_at_a_code_that_come_together_count_one_after_the_other(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.person()
    app, _ = await door.with_app(await door.enter())
    door.clock.time += 60
    half = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    run = door.ledger.run

    async def slowly(*args: object, **named: object) -> object:
        await asyncio.sleep(0)
        return await run(*args, **named)  # type: ignore[arg-type] # whatever it takes

    monkeypatch.setattr(door.ledger, "run", slowly)
    tries = [door.sign_in.by_code(half.ticket, "000000", Place(f"203.0.113.{n}"), None) for n in range(30)]
    tries.append(door.sign_in.by_code(half.ticket, door.code(app), Place("203.0.113.99"), None))
    said = [str(one) for one in await asyncio.gather(*tries, return_exceptions=True)]
    assert sum("does not fit" in one for one in said) == 3
    assert "This name waits" in said[-1]


async def test_who_opens_the_sign_in_page_all_day_pushes_out_nobodys_code(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "MOST", 5)
    await door.person()
    app, _ = await door.with_app(await door.enter())
    door.clock.time += 60
    half = await door.sign_in.by_password("ada-lopez", WORDS, HERE, None)
    for _ in range(20):
        door.sign_in.begin_passkey(party_of("https://alerts.example.org", "Maplewood"))
    assert await door.sign_in.by_code(half.ticket, door.code(app), HERE, None)


def test_a_name_that_waits_is_not_freed_by_names_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "MOST", 20)
    kept = guesses.Guesses()
    for _ in range(10):
        kept.failed("ada-lopez", 100.0)
    for number in range(50):
        kept.failed(f"nobody{number}", 100.0)
    with pytest.raises(Refused, match="This name waits"):
        kept.may_try("ada-lopez", "203.0.113.1", 100.0)


async def test_an_account_has_only_so_many_sessions_and_the_oldest_ends(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST", 3)
    account = door.book.account(await door.person())
    assert account is not None
    made = []
    for _ in range(6):
        door.clock.time += 1
        made.append(await door.desk.sessions.sign_in(account, "passkey", HERE))
    assert [door.desk.sessions.of(one) is not None for one in made] == [False] * 3 + [True] * 3


async def test_nobody_at_the_door_uses_up_the_tries_at_a_code_or_at_a_proof(door: Door) -> None:
    account = await door.person()
    session = await door.enter()
    await door.own.set_codes(session, "483 920", "117-204")
    for typed in (f"approval {account}", f"approval\x1f{account}", f"proof\x1f{account}", "ada-lopez", "ada-lopez"):
        for number in range(12):
            with pytest.raises(Refused):
                await door.sign_in.by_password(typed, "wrong words here", Place(f"203.0.113.{number}"), None)
    for _ in range(30):
        with pytest.raises(Refused):
            await door.sign_in.by_password("nobody", "wrong words here", HERE, None)
    assert await door.own.under_duress(f"account:{account}", "483920", HERE) is False
    door.clock.time += 600
    await door.sign_in.prove(session, WORDS, "", HERE)
    assert door.desk.sessions.is_fresh(door.session_of(session))


async def test_proofs_from_inside_are_slowed_down_too(door: Door) -> None:
    await door.person()
    session = await door.enter()
    for number in range(3):
        with pytest.raises(Refused, match="do not match"):
            await door.sign_in.prove(session, "wrong words here", "", Place(f"203.0.113.{number}"))
    with pytest.raises(Refused, match="waits"):
        await door.sign_in.prove(session, WORDS, "", Place("203.0.113.99"))


async def test_a_stolen_password_changes_neither_itself_nor_the_codes_where_there_is_a_passkey(door: Door) -> None:
    account = await door.person()
    weak = await door.enter()
    await door.own.set_codes(weak, "483 920", "117-204")
    made = door.desk.ways.made(account, Way.PASSKEY, "phone", {}, "passkey:one")
    await door.desk.tell(EventKind.CREDENTIAL_CHANGED, {"account": account}, [made])
    with pytest.raises(Refused, match="came in without it"):
        await door.own.set_password(weak, OTHER_WORDS)
    with pytest.raises(Refused, match="came in without it"):
        await door.own.set_codes(weak, "555 123", "777-321")
    assert await door.own.under_duress(f"account:{account}", "117204", HERE) is True
    await door.enter()


async def test_an_account_made_by_one_that_was_just_made_knows_both(door: Door) -> None:
    eve = replace(ADMIN, id="account:eve", person="eve", since=-2 * MADE_BY_THE_OTHER)
    _, bearer = await door.book.add_user("Bea", ["administrator"], [], None, "bea", eve)
    bea = door.book.caller_of(bearer)
    assert bea is not None
    third, _ = await door.book.add_user("Cy", ["commander"], [], None, "cy", bea)
    known = door.book.account(third)
    assert known is not None
    assert known.caller().made_by == "bea eve"
