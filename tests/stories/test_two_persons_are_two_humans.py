"""Whoever makes or resets an account could be using it: for a time it is no second person beside its maker."""

from dataclasses import replace

import pytest

from notifier.errors import Refused
from notifier.testing.story import story

HOUR = 3600.0


async def test_who_made_an_account_this_morning_cannot_be_its_second_person() -> None:
    async with story() as campus:
        kim, ada = campus.person("kim"), campus.person("ada")
        ada.caller = replace(ada.caller, since=campus.clock.now() - 5 * HOUR, made_by="kim")
        await campus.press("front-office")
        await kim.asks_all_clear()
        with pytest.raises(Refused, match="made or reset by who asked, who could be using both"):
            await ada.approves()
        with pytest.raises(Refused, match="could be using both"):
            await ada.asks_all_clear()  # asking for the same is approving it
        campus.is_("active")
        await campus.person("lee").approves()
        campus.is_("releasing")


async def test_nor_can_the_made_account_ask_and_its_maker_approve() -> None:
    async with story() as campus:
        kim, ada = campus.person("kim"), campus.person("ada")
        ada.caller = replace(ada.caller, since=campus.clock.now() - 5 * HOUR, made_by="kim")
        await campus.press("front-office")
        await ada.asks_all_clear()
        with pytest.raises(Refused, match="the account that asks was made or reset by you"):
            await kim.approves()
        campus.is_("active")


async def test_an_account_that_somebody_else_made_this_morning_counts() -> None:
    async with story() as campus:
        ada = campus.person("ada")
        ada.caller = replace(ada.caller, since=campus.clock.now() - 5 * HOUR, made_by="lee")
        await campus.press("front-office")
        await campus.person("kim").asks_all_clear()
        await ada.approves()
        campus.is_("releasing")


async def test_two_accounts_that_one_person_made_this_morning_are_not_two_people() -> None:
    async with story() as campus:
        kim, ada = campus.person("kim"), campus.person("ada")
        morning = campus.clock.now() - 5 * HOUR
        kim.caller = replace(kim.caller, since=morning, made_by="eve")
        ada.caller = replace(ada.caller, since=morning, made_by="bea eve")
        await campus.press("front-office")
        await kim.asks_all_clear()
        with pytest.raises(Refused, match="One and the same person made or reset both"):
            await ada.approves()
        campus.is_("active")
        await campus.person("lee").approves()
        campus.is_("releasing")


async def test_two_accounts_that_a_user_of_the_machine_made_are_two_people() -> None:
    async with story() as campus:
        morning = campus.clock.now() - 5 * HOUR
        for name in ("kim", "ada"):
            one = campus.person(name)
            one.caller = replace(one.caller, since=morning, made_by="cli:1000")
        await campus.press("front-office")
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        campus.is_("releasing")


async def test_a_token_is_never_a_second_person_beside_who_was_shown_it() -> None:
    async with story() as campus:
        kim, ada = campus.person("kim"), campus.person("ada")
        ada.caller = replace(ada.caller, since=campus.clock.now() - 240 * HOUR, made_by="kim", shown=True)
        await campus.press("front-office")
        await kim.asks_all_clear()
        with pytest.raises(Refused, match="token of this account was shown to who asked"):
            await ada.approves()
        await ada.asks_recall()
        with pytest.raises(Refused, match="token of the account that asks was shown to you"):
            await kim.asks_recall()
        campus.is_("active")
        await campus.person("lee").approves()


async def test_a_day_later_it_is_somebodys_own() -> None:
    async with story() as campus:
        ada = campus.person("ada")
        ada.caller = replace(ada.caller, since=campus.clock.now() - 24 * HOUR, made_by="kim")
        await campus.press("front-office")
        await campus.person("kim").asks_all_clear()
        await ada.approves()
        campus.is_("releasing")


async def test_an_account_reset_during_the_incident_is_none_of_the_two_whoever_reset_it() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("10s")
        ada = campus.person("ada")
        ada.caller = replace(ada.caller, since=campus.clock.now(), made_by="lee")
        await campus.person("kim").asks_all_clear()
        with pytest.raises(Refused, match="reset since, so it is none of the two"):
            await ada.approves()
        with pytest.raises(Refused, match="none of the two"):
            await ada.asks_recall()
        campus.is_("active")
