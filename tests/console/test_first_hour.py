"""The first hour: from an empty folder to a drill that somebody answered, in a browser, without a line of YAML."""

from __future__ import annotations

import hashlib
import socket
import ssl
from email.header import decode_header, make_header
from pathlib import Path

import yaml
from playwright.async_api import Page, expect

from tests.console.browser import Browser, assert_accessible, screenshot
from tests.console.newcomer import come_in, empty_folder, link_of, post_office, ready_again, text_of

MOST_PAGES = 40
"""From the first link to the end of the drill: at a minute and a half each, that is the hour we promise."""
ROOMS = "North wing: Room 11, Room 12\nFront office: Reception"
PEOPLE = (
    "Ada Lopez, ada@school.example, Reception, principal\nBen Weiss, ben@school.example, Room 11\n"
    "Officer Day, day@police.example, , police\n"
)
"""Two on site; the third is outside, and no drill writes to anybody there."""


async def next_page(page: Page, title: str) -> None:
    await expect(page.get_by_text(f": {title}", exact=False).first).to_be_visible()


async def answer_all(page: Page, port: int) -> None:
    """The seven questions, each on its page."""
    await page.get_by_label("Name", exact=True).fill("Öak “Hill” School: one")
    await page.get_by_label("Street address").fill("1 Oak Road")
    await page.get_by_label("Time zone").fill("America/Denver")
    await page.get_by_role("button", name="Keep and go on").click()
    await next_page(page, "rooms")
    await page.get_by_label("Parts and rooms").fill(ROOMS)
    await page.get_by_role("button", name="Keep and go on").click()
    await next_page(page, "doors, speakers, strobes")
    await expect(page.get_by_text("Öak “Hill” School: one has no door that this computer can lock")).to_be_visible()
    await page.get_by_role("button", name="Accept it until that day").click()
    await next_page(page, "people")
    await page.get_by_label("People").fill(PEOPLE)
    await page.get_by_role("button", name="Keep", exact=True).click()
    await page.get_by_role("link", name="Go on").click()
    await next_page(page, "e-mail")
    await page.get_by_label("Mail server").fill("127.0.0.1")
    await page.get_by_label("How it is spoken to").select_option("none")
    await page.get_by_label("Port").fill(str(port))
    await page.get_by_label("Mails come from").fill("alerts@school.example")
    await page.get_by_label("Send a mail now to").fill("ada@school.example")
    await page.get_by_role("button", name="Try it and keep it").click()
    await expect(page.get_by_text("The mail server took a mail to ada@school.example.")).to_be_visible()
    await page.get_by_role("link", name="Go on").click()
    await next_page(page, "the network")
    await page.get_by_role("button", name="Only this computer for now").click()
    await next_page(page, "the first drill")


async def test_a_newcomer_comes_from_an_empty_folder_to_an_answered_drill_without_any_script(browser: Browser) -> None:
    async with post_office() as post, empty_folder() as daemon:
        context = await browser.chromium.new_context(java_script_enabled=False)
        page = await context.new_page()
        seen: list[str] = []
        page.on("framenavigated", lambda frame: seen.append(frame.url))
        home = await come_in(page, daemon)
        await answer_all(page, post.port)
        trial = await post.to("ada@school.example", "mail works")
        assert "School" in str(make_header(decode_header(str(trial["Subject"])))), "the school's own name, not an id"
        assert "nothing is asked of you" in str(trial.get_payload())
        await screenshot(page, "first-hour-drill-before", full_page=True)
        await page.get_by_role("button", name="Write and publish").click()
        await expect(page.get_by_role("heading", name="It starts again now")).to_be_visible()
        await ready_again(daemon)
        await page.get_by_role("link", name="Go on").click()
        await expect(page.get_by_text("This runs now.")).to_be_visible()
        await expect(page.get_by_text("2 people may get a mail")).to_be_visible()
        await screenshot(page, "first-hour-drill-ready", full_page=True)

        await page.get_by_role("link", name="Open the drill page").click()
        await page.get_by_role("button", name="DRILL LOCKDOWN").click()
        await page.get_by_role("button", name="Start DRILL LOCKDOWN").click()
        await expect(page.get_by_role("heading", name="DRILL LOCKDOWN started")).to_be_visible()
        mail = await post.to("ben@school.example", "DRILL")
        await page.goto(link_of(text_of(mail), "/r/"))
        await page.get_by_role("button", name="We are SAFE").click()
        await expect(page.get_by_text("Room 11 SAFE")).to_be_visible()
        await page.goto(f"{home}/first-hour")
        await page.get_by_role("link", name="See it and end it").click()
        await page.get_by_role("button", name="End the DRILL").click()
        await page.goto(f"{home}/first-hour")
        await expect(page.get_by_text("You have held a drill: LOCKDOWN")).to_be_visible()
        await expect(page.get_by_text("2 people were asked, 1 answered.")).to_be_visible()
        await screenshot(page, "first-hour-done", full_page=True)
        pages = len(seen)
        assert pages <= MOST_PAGES, f"{pages} pages are more than a newcomer should need"
        assert "“Hill” School" in str(site_of(daemon.folder)["name"])
        assert "LOCKDOWN" in (daemon.folder / "playbooks/lockdown.yaml").read_text()
        await context.close()


def site_of(folder: Path) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((folder / "site.yaml").read_text())
    return found


async def test_everything_may_stay_unknown_and_nothing_is_lost_by_a_restart(browser: Browser) -> None:
    async with empty_folder() as daemon:
        context = await browser.chromium.new_context()
        page = await context.new_page()
        home = await come_in(page, daemon)
        await page.get_by_label("Name", exact=True).fill("<b>Oak</b> {{ 7*7 }}: [x] #\t&amp; \u202e")
        await page.get_by_label("Time zone").fill("Mars/Base")
        await page.get_by_role("button", name="Keep and go on").click()
        await expect(page.get_by_text("There is no time zone “Mars/Base”").first).to_be_visible()
        assert "{{ 7*7 }}" in await page.get_by_label("Name", exact=True).input_value(), "what was typed stays"
        await screenshot(page, "first-hour-wrong", full_page=True)
        await assert_accessible(page)
        await page.get_by_label("Time zone").fill("Europe/Madrid")
        await page.get_by_role("button", name="Keep and go on").click()
        for title in ("rooms", "doors, speakers, strobes", "people", "e-mail", "the network"):
            await next_page(page, title)
            await screenshot(page, f"first-hour-{title.split(',')[0].replace(' ', '-')}", full_page=True)
            await assert_accessible(page, looks=False)
            await page.locator("button[name=later]").click()
        await expect(page.get_by_text("No playbook runs yet: nobody is known who could be told.")).to_be_visible()
        await assert_accessible(page, looks=False)
        await page.get_by_role("button", name="Write and publish").click()
        await ready_again(daemon)
        assert "<b>Oak</b> {{ 7*7 }}: [x] #" in str(site_of(daemon.folder)["name"])
        await page.goto(f"{home}/first-hour/rooms")
        await expect(page.get_by_text("<b>Oak</b>").first).to_be_visible()
        assert await page.locator("b", has_text="Oak").count() == 0
        await page.get_by_label("Parts and rooms").fill("Gym\nA: " + "x" * 90)
        await page.get_by_role("button", name="Keep and go on").click()
        await expect(page.get_by_text("is too long for a room's name").first).to_be_visible()

        (daemon.folder / "site.yaml").write_text("site: s\nname: mine\n")
        await page.goto(f"{home}/first-hour/drill")
        await page.get_by_role("button", name="Write and publish").click()
        await expect(page.get_by_text("site.yaml was changed by another way")).to_be_visible()
        assert site_of(daemon.folder)["name"] == "mine", "somebody's own work is not written over"
        await context.close()


async def test_a_mail_server_that_does_not_answer_is_said_before_anything_is_kept(browser: Browser) -> None:
    async with empty_folder() as daemon:
        context = await browser.chromium.new_context()
        page = await context.new_page()
        home = await come_in(page, daemon)
        await page.goto(f"{home}/first-hour/mail")
        for label, value in (("Mail server", "127.0.0.1"), ("Port", "9"), ("User", "ada"), ("Password", "tr1cky: #x")):
            await page.get_by_label(label, exact=True).fill(value)
        await page.get_by_label("How it is spoken to").select_option("none")
        await page.get_by_label("Mails come from").fill("alerts@school.example")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("The mail server cannot be reached")).to_be_visible()
        await screenshot(page, "first-hour-mail-wrong", full_page=True)
        await assert_accessible(page)
        assert await page.get_by_label("Password", exact=True).input_value() == "", "a password is never shown again"
        kept = daemon.folder / "mail.password"
        assert (kept.read_text(), kept.stat().st_mode & 0o777) == ("tr1cky: #x", 0o600)
        assert "tr1cky" not in (daemon.folder / "state" / "ledger.sqlite").read_bytes().decode("latin-1")
        assert "tr1cky" not in daemon.log
        await context.close()


async def test_a_certificate_of_its_own_opens_the_pages_to_the_network(browser: Browser) -> None:
    async with empty_folder() as daemon:
        context = await browser.chromium.new_context(ignore_https_errors=True)
        page = await context.new_page()
        home = await come_in(page, daemon)
        await page.goto(f"{home}/first-hour/school")
        await page.get_by_label("Name", exact=True).fill("Oak School")
        await page.get_by_role("button", name="Keep and go on").click()
        await page.goto(f"{home}/first-hour/network")
        await page.get_by_label("Address of this computer").fill("http://x y")
        await page.get_by_role("button", name="Make a certificate for it").click()
        await expect(page.get_by_text("is no address of a computer").first).to_be_visible()
        await page.get_by_label("Address of this computer").fill("127.0.0.2")
        await page.get_by_role("button", name="Make a certificate for it").click()
        shown = await page.locator("code#own").inner_text()
        await screenshot(page, "first-hour-network-made", full_page=True)
        await assert_accessible(page)
        authority = await (await page.request.get(f"{home}/authority.crt")).body()
        await page.get_by_role("link", name="Go on").click()
        await page.get_by_role("button", name="Write and publish").click()
        await expect(page.get_by_text("From now on it is opened at this address.")).to_be_visible()
        assert (await ready_again(daemon)).startswith("https://0.0.0.0:")

        trusts = ssl.create_default_context(cadata=authority.decode())
        port = int(home.rpartition(":")[2])
        raw = socket.create_connection(("127.0.0.2", port))
        with trusts.wrap_socket(raw, server_hostname="127.0.0.2") as line:
            served = line.getpeercert(binary_form=True)
        assert served is not None
        assert hashlib.sha256(served).digest().hex(":").upper() == shown
        await page.goto(f"https://127.0.0.2:{port}/sign-in")
        await expect(page.get_by_role("heading", name="Sign in").first).to_be_visible()
        await context.close()
