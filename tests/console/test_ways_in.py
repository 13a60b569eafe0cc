"""Signing in with a real browser: the first link, passkeys, codes, and what stops at once when somebody is out."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Page, expect

from tests.console.browser import Browser, OnlineSchool, assert_accessible, school_online, screenshot

WORDS = "seven grey herons wade"


def named(school: OnlineSchool) -> str:
    """Passkeys are made for names, so the browser opens localhost by its name."""
    return school.url.replace("127.0.0.1", "localhost")


@asynccontextmanager
async def authenticator(page: Page) -> AsyncIterator[None]:
    """A passkey device built into this browser, that finds the right finger on it (Chrome DevTools Protocol)."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield


async def set_up(page: Page, school: OnlineSchool) -> None:
    token = await school.daemon.entrance.links.first_setup()
    await page.goto(f"{named(school)}/setup/{token}")
    await page.get_by_label("Your name").fill("Ada Lopez")
    await page.get_by_label("Your e-mail address").fill("ada@example.org")
    await page.get_by_label("Password", exact=True).fill(WORDS)
    await page.get_by_label("The same again").fill(WORDS)
    await page.get_by_role("button", name="Become the administrator").click()
    await page.wait_for_url("**/account?new=yes")


async def test_from_the_first_link_to_a_passkey_and_in_again(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school) as page, authenticator(page):
        await set_up(page, school)
        await expect(page.get_by_text("Your rights over others wait for a second proof")).to_be_visible()
        await screenshot(page, "account-new", full_page=True)
        await assert_accessible(page)
        await page.goto(f"{named(school)}/accounts")
        await expect(page.get_by_role("heading", name="Not with this account")).to_be_visible()

        await page.goto(f"{named(school)}/account")
        await page.get_by_role("button", name="Add a passkey").click()
        await expect(page.get_by_text("The passkey is added.")).to_be_visible()
        await page.goto(f"{named(school)}/accounts")
        await expect(page.get_by_role("heading", name="Accounts and rights")).to_be_visible()
        await screenshot(page, "accounts", full_page=True)
        await assert_accessible(page)

        await page.goto(f"{named(school)}/account")
        await page.get_by_role("button", name="Sign out", exact=True).click()
        await page.wait_for_url("**/sign-in")
        await screenshot(page, "sign-in")
        await assert_accessible(page)
        await page.goto(f"{named(school)}/sign-in?next=/audit")
        await page.get_by_role("button", name="Use a passkey").click()
        await page.wait_for_url("**/audit")
        await expect(page.get_by_role("cell", name="A person signed in. passkey").first).to_be_visible()
        await screenshot(page, "audit", full_page=True)
        await assert_accessible(page)


async def test_a_password_and_a_code_without_any_script(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, java_script_enabled=False) as page:
        await set_up(page, school)
        await page.get_by_role("link", name="Set it up").click()
        app = pyotp.TOTP((await page.locator("code").inner_text()).strip())
        await screenshot(page, "account-app", full_page=True)
        await page.get_by_label("Six digits").fill("000000")
        await page.get_by_role("button", name="Set it up").click()
        await expect(page.locator("#code-wrong").filter(has_text="That code does not fit.")).to_be_visible()
        await page.get_by_label("Six digits").fill(app.now())
        await page.get_by_role("button", name="Set it up").click()
        await expect(page.get_by_text("The app is set up.")).to_be_visible()
        await page.get_by_role("button", name="Make ten new codes").click()
        codes = await page.locator("ul.codes code").all_inner_texts()
        assert len(codes) == 10
        await page.get_by_role("link", name="I have written them down").click()
        await page.get_by_role("button", name="Sign out everywhere").click()

        await page.get_by_label("Name").fill("ada@example.org")
        await page.get_by_label("Password").fill("not my password")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.locator("#password-wrong").filter(has_text="Name and password do not match.")).to_be_visible()
        assert await page.get_by_label("Name").input_value() == "ada@example.org", "what was typed is kept"
        await screenshot(page, "sign-in-wrong")
        await page.get_by_label("Password").fill(WORDS)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_label("Code").fill(codes[3])
        await screenshot(page, "sign-in-code")
        await page.get_by_role("button", name="Sign in").click()
        await page.goto(f"{named(school)}/accounts")
        await expect(page.get_by_role("heading", name="Accounts and rights")).to_be_visible()


async def test_an_administrator_lets_a_person_in_and_out_again(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/accounts")
        await page.get_by_label("Name", exact=True).fill("Bo Chan")
        await page.get_by_role("button", name="Make the account").click()
        await expect(page.get_by_text("Choose one role or more.").first).to_be_visible()
        assert await page.get_by_label("Name", exact=True).input_value() == "Bo Chan"
        await page.get_by_label("commander").check()
        await page.get_by_role("button", name="Make the account").click()
        link = await page.locator("p code").inner_text()
        await screenshot(page, "account-link", full_page=True)
        await assert_accessible(page)

        async with browser.page(school) as theirs:
            assert link.startswith("https://alerts.birchwood.example/welcome/")
            link = link.replace("https://alerts.birchwood.example", school.url)
            await theirs.goto(link)
            await screenshot(theirs, "welcome")
            await assert_accessible(theirs)
            await theirs.get_by_label("New password").fill("four words in row")
            await theirs.get_by_label("The same again").fill("four words in row")
            await theirs.get_by_role("button", name="Take this password").click()
            await theirs.wait_for_url("**/account?new=yes")
            ended = theirs.evaluate(
                """() => new Promise((done) => {
                    const stream = new EventSource("/api/v1/events");
                    stream.addEventListener("hello", () => document.body.dataset.open = "yes");
                    stream.addEventListener("signed_out", () => done(performance.now()));
                })"""
            )
            async with theirs.expect_response("**/api/v1/events"):
                hearing = asyncio.ensure_future(ended)
                await theirs.wait_for_selector("body[data-open=yes]")
            await page.goto(f"{school.url}/accounts")
            await page.get_by_role("link", name="Bo Chan").click()
            await screenshot(page, "one-account", full_page=True)
            await assert_accessible(page)
            await page.get_by_role("button", name="Disable Bo Chan").click()
            await expect(page.get_by_text("disabled").first).to_be_visible()
            await hearing
            await theirs.goto(f"{school.url}/account")
            await theirs.wait_for_url(re.compile("/sign-in"))

        async with browser.page(school) as late:
            await late.goto(link)
            await expect(late.get_by_role("heading", name="This link does not work any more")).to_be_visible()


async def test_what_changes_others_asks_for_a_proof_of_the_last_five_minutes(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school) as page, authenticator(page):
        await set_up(page, school)
        await page.get_by_role("button", name="Add a passkey").click()
        await expect(page.get_by_text("The passkey is added.")).to_be_visible()
        entrance = school.daemon.entrance
        (session,) = entrance.sessions.open_of(entrance.desk.book.named("ada@example.org").id)  # type: ignore[union-attr] # it was just made
        entrance.sessions._held.take({"id": session.id, "proved_at": session.proved_at - 301})
        await page.goto(f"{named(school)}/account/app")
        await expect(page.get_by_role("heading", name="Prove who you are")).to_be_visible()
        await screenshot(page, "prove")
        await assert_accessible(page)
        await page.get_by_role("button", name="Use a passkey").click()
        await page.wait_for_url("**/account/app")


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/lost"])
async def test_an_emergency_needs_no_sign_in(browser: Browser, tmp_path: Path, path: str) -> None:
    async with school_online(tmp_path) as school, browser.page(school, size={"width": 390, "height": 844}) as page:
        await page.goto(school.url + path)
        first = await page.locator("body").inner_text()
        assert first.strip().startswith("An emergency now? You do not need to sign in.")
        assert await page.locator(".emergency a[href='/press']").count() == 1
        await screenshot(page, f"phone{path.replace('/', '-')}")
        await assert_accessible(page)


async def test_a_session_is_no_token_and_a_token_no_session(tmp_path: Path) -> None:
    async with school_online(tmp_path) as school:
        secret, bearer = await school.session("commander"), await school.token("commander")
        accounts, sessions = school.daemon.accounts, school.daemon.entrance.sessions
        assert accounts.caller_of(secret) is None
        assert sessions.of(bearer) is None
