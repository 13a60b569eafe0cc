"""Whoever publishes or changes what others may do has proved who they are, and loses nothing that was typed by it."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from playwright.async_api import Page, expect

from notifier.access.sessions import Place
from notifier.console.callers import SESSION_COOKIE
from notifier.console.route import Flag
from notifier.console.routes import ROUTES
from tests.console.browser import ADMIN, Browser, OnlineSchool, assert_accessible, school_online, screenshot, set_cookie

WORDS = "seven grey herons wade"
PUBLISHING = {"publish", "apply"}
"""What `Commands`, `Editing` and `SettingUp` call the deed."""
LEAST = {
    "POST /api/v1/publications", "POST /first-hour/publish", "POST /people/import/publish", "POST /people/new",
    "POST /people/of/{person}/edit", "POST /playbooks/{playbook}/out", "POST /playbooks/{playbook}/publish",
    "POST /playbooks/{playbook}/versions/{version}",
}  # fmt: skip
"""Known to publish; so that a search that finds nothing is noticed."""


def publishes(handler: Any, seen: set[Any]) -> bool:
    """Whether a publication can be reached from it, through functions of the console."""
    handler = inspect.unwrap(handler)
    if handler in seen or not inspect.isfunction(handler) or not handler.__module__.startswith("notifier.console"):
        return False
    seen.add(handler)
    named: list[str] = []
    for node in ast.walk(ast.parse(inspect.getsource(handler).strip())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PUBLISHING:
            return True
        if isinstance(node, ast.Name):
            named.append(node.id)
    return any(publishes(handler.__globals__[name], seen) for name in named if callable(handler.__globals__.get(name)))


def test_every_route_that_publishes_asks_for_a_fresh_proof() -> None:
    found = {f"{route.method} {route.path}": route for route in ROUTES if publishes(route.handler, set())}
    assert found.keys() >= LEAST
    assert [name for name, route in found.items() if Flag.FRESH not in route.flags] == []


def test_every_route_that_changes_accounts_secrets_or_buttons_asks_for_a_fresh_proof() -> None:
    about = ("/accounts", "/api/v1/accounts", "/enrol", "/site/buttons", "/api/v1/buttons", "/api/v1/backup")
    found = [
        route for route in ROUTES
        if route.method != "GET" and route.path.startswith(about) and Flag.SECRET_PATH not in route.flags
    ]  # fmt: skip
    assert len(found) >= 12
    assert [f"{route.method} {route.path}" for route in found if Flag.FRESH not in route.flags] == []


async def signed_in(page: Page, school: OnlineSchool, *, password: bool = True, name: str = "Mina Castellow") -> None:
    """As an administrator with a password, who proved who they are a long time ago."""
    accounts, entrance = school.daemon.accounts, school.daemon.entrance
    identity = (await accounts.add_user(name, ["administrator", "technician"], [], None, "mina", ADMIN))[0]
    if password:
        await entrance.links.take_up(await entrance.links.welcome(identity, "Root"), WORDS, Place("127.0.0.1"))
    account = accounts.account(identity)
    assert account is not None
    secret = await entrance.sessions.sign_in(account, "passkey", Place("127.0.0.1", "Test browser"))
    await set_cookie(page.context, school.url, SESSION_COOKIE, secret)
    grow_old(school, identity)


def grow_old(school: OnlineSchool, account: str) -> None:
    """As if five minutes had passed since each of their proofs."""
    sessions = school.daemon.entrance.sessions
    for session in sessions.open_of(account):
        sessions._held.take({"id": session.id, "proved_at": session.proved_at - 301})


def accounts_of(school: OnlineSchool, name: str) -> Iterator[str]:
    return (str(one["id"]) for one in school.daemon.accounts.listing() if one["name"] == name)


def contacts(school: OnlineSchool) -> str:
    return str(school.daemon.views.published_files(None)["files"]["contacts/people.csv"])


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_form_that_was_open_for_long_goes_on_after_the_proof(
    browser: Browser, tmp_path: Path, scripts: bool
) -> None:
    async with school_online(tmp_path) as school, browser.page(school, java_script_enabled=scripts) as page:
        await signed_in(page, school)
        (account,) = accounts_of(school, "Mina Castellow")
        await page.goto(f"{school.url}/people/of/ben/edit")
        await prove(page, WORDS)
        await expect(page.get_by_role("heading", name="Change Ben Brandt")).to_be_visible()
        grow_old(school, account)

        await page.get_by_label("Name").fill('Benjamin "Ben" <b>Brandt</b>')
        await page.get_by_label("Groups").fill("staff; coaches")
        await page.get_by_label("A note for the record").fill("new name\u200b, 100 % = sure?")
        await page.get_by_role("button", name="Publish the change").click()
        await expect(page.get_by_role("heading", name="Prove who you are")).to_be_visible()
        await expect(page.get_by_text("Nothing was changed yet.")).to_be_visible()
        await screenshot(page, "prove-carried")
        if scripts:
            await assert_accessible(page)
        assert "Benjamin" not in contacts(school)

        await prove(page, "not the password")
        await expect(page.locator("#password-wrong")).to_be_visible()
        await expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
        assert "Benjamin" not in contacts(school)
        await prove(page, WORDS)
        await expect(page.get_by_role("heading", name="You have proved who you are")).to_be_visible()
        await screenshot(page, "proved")
        if scripts:
            await assert_accessible(page)
        assert "Benjamin" not in contacts(school), "nothing happens by itself"
        await page.get_by_role("button", name="Go on with it").click()
        await page.wait_for_url("**/people/of/ben")
        (line,) = (one for one in contacts(school).splitlines() if one.startswith("ben,"))
        assert '"Benjamin ""Ben"" <b>Brandt</b>"' in line
        assert "staff;coaches" in line
        assert school.daemon.views.state("publications")["items"][0]["comment"].endswith("100 % = sure?")


async def test_what_has_a_fault_is_shown_again_as_typed_after_the_proof(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, java_script_enabled=False) as page:
        await signed_in(page, school)
        (account,) = accounts_of(school, "Mina Castellow")
        await page.goto(f"{school.url}/people/new")
        await prove(page, WORDS)
        grow_old(school, account)
        await page.get_by_label("Name").fill("Zoë Żak")
        await page.get_by_label("Text messages (sms)").fill("call me")
        await page.get_by_role("button", name="Add and publish").click()
        await prove(page, WORDS)
        await page.get_by_role("button", name="Go on with it").click()
        await expect(page.locator("#sms-wrong")).to_be_visible()
        await expect(page.get_by_label("Name")).to_have_value("Zoë Żak")
        await expect(page.get_by_label("Text messages (sms)")).to_have_value("call me")
        await page.get_by_label("Text messages (sms)").fill("+15550100199")
        await page.get_by_role("button", name="Add and publish").click()
        await page.wait_for_url("**/people/of/zoe-zak")


async def test_a_secret_is_never_carried(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, java_script_enabled=False) as page:
        await signed_in(page, school)
        await page.goto(f"{school.url}/account")
        await page.get_by_label("New password").or_(page.get_by_label("Password", exact=True)).first.fill("four words")
        await page.get_by_label("The same again").fill("four words")
        await page.get_by_role("button", name="Change it").or_(page.get_by_role("button", name="Change the")).click()
        await expect(page.get_by_role("heading", name="Prove who you are")).to_be_visible()
        assert "four words" not in await page.content()
        await prove(page, WORDS)
        await page.wait_for_url("**/account")


async def test_who_has_no_password_signs_in_beside_it_and_goes_on(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, java_script_enabled=False) as page:
        await signed_in(page, school, password=False)
        (account,) = accounts_of(school, "Mina Castellow")
        sessions = school.daemon.entrance.sessions
        (session,) = sessions.open_of(account)
        sessions._held.take({"id": session.id, "proved_at": session.proved_at + 301})
        await page.goto(f"{school.url}/people/of/ben/edit")
        grow_old(school, account)
        await page.get_by_label("Name").fill("Benjamin Brandt")
        await page.get_by_role("button", name="Publish the change").click()
        await expect(page.get_by_role("link", name="Sign in again")).to_have_attribute("target", "_blank")
        known = school.daemon.accounts.account(account)
        assert known is not None
        again = await sessions.sign_in(known, "passkey", Place("127.0.0.1", "Test browser"))
        await set_cookie(page.context, school.url, SESSION_COOKIE, again)
        await page.get_by_role("button", name="Go on with it").click()
        await page.wait_for_url("**/people/of/ben")
        assert "Benjamin" in contacts(school)


async def test_what_is_carried_goes_nowhere_else(tmp_path: Path) -> None:
    """The address that a form of ours goes on to is one of ours, whatever a request says."""
    async with school_online(tmp_path) as school:
        accounts, entrance = school.daemon.accounts, school.daemon.entrance
        identity = (await accounts.add_user("Mina", ["administrator"], [], None, "mina", ADMIN))[0]
        await entrance.links.take_up(await entrance.links.welcome(identity, "Root"), WORDS, Place("127.0.0.1"))
        account = accounts.account(identity)
        assert account is not None
        secret = await entrance.sessions.sign_in(account, "passkey", Place("127.0.0.1", "x"))
        headers = {"Cookie": f"{SESSION_COOKIE}={secret}", "Sec-Fetch-Site": "same-origin"}
        url = f"{school.url}/prove"
        async with ClientSession() as http:
            for to in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
                said = {"password": WORDS, "next": "/people", "then": to, "typed": "a=1"}
                async with http.post(url, data=said, headers=headers, allow_redirects=False) as answer:
                    assert (answer.status, answer.headers["Location"]) == (303, "/people")


async def prove(page: Page, words: str) -> None:
    await page.get_by_label("Password").fill(words, timeout=15_000)
    await page.get_by_role("button", name="Go on", exact=True).click()
