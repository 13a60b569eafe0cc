"""People, as an administrator and a member of staff see them in a real browser."""

from pathlib import Path

from playwright.async_api import Page, expect

from tests.console.browser import PHONE, Browser, OnlineSchool, assert_accessible, school_online, screenshot

EXPORT = (
    "First Name;Last Name;Cell;E-mail;Job\n"
    "Nia;Novak;(615) 555-0199;nia@birchwood.example;teacher\n"
    "Ada;Abara;+15550100001;;teacher\n"
    "=HYPERLINK(1);Evil;;evil@birchwood.example;\n"
    "Omar;Ochoa;911;omar@birchwood.example;teacher\n"
)


def contacts(school: OnlineSchool, path: str = "contacts/people.csv") -> str:
    return str(school.daemon.views.published_files(None)["files"].get(path, ""))


async def fits(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def test_people_are_found_by_words_and_numbers_are_shown_in_part(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="staff") as page:
        await page.goto(f"{school.url}/people")
        await expect(page.get_by_role("status").filter(has_text="8 people")).to_be_visible()
        await screenshot(page, "people")
        await assert_accessible(page)
        await page.get_by_label("Name, id, room, group or role").fill("castíllo STAFF")
        await page.get_by_role("button", name="Find").click()
        await expect(page.locator("tbody tr")).to_have_count(1)
        await page.get_by_role("link", name="Carla Castillo").click()
        await expect(page.get_by_text("••• 0003").first).to_be_visible()
        assert "+15550100003" not in await page.content()
        assert "birchwood-carla" not in await page.content()
        await expect(page.get_by_role("link", name="Change")).to_have_count(0)
        await expect(page.get_by_role("button", name="Send one check")).to_have_count(0)
        await page.goto(f"{school.url}/people/of/carla/edit")
        await expect(page.get_by_text("Not with this account")).to_be_visible()


async def test_one_person_is_changed_and_every_other_line_stays(browser: Browser, tmp_path: Path) -> None:
    async with (
        school_online(tmp_path) as school,
        browser.page(school, rights="administrator", java_script_enabled=False) as page,
    ):
        before = contacts(school).splitlines()
        await page.goto(f"{school.url}/people/of/ben/edit")
        await expect(page.get_by_label("Text messages (sms)")).to_have_value("+15550100002")
        await page.get_by_label("Name").fill("Ben “Benny” Brandt, <b>jr</b>")
        await page.get_by_label("Text messages (sms)").fill("555 0100")
        await page.get_by_label("Groups").fill("staff, coaches")
        await page.get_by_role("button", name="Publish the change").click()
        await expect(page.get_by_role("alert")).to_contain_text("has no country code")
        await expect(page.get_by_label("Name")).to_have_value("Ben “Benny” Brandt, <b>jr</b>")
        await expect(page.get_by_label("Text messages (sms)")).to_have_value("555 0100")
        await expect(page.locator("#sms-wrong")).to_contain_text("has no country code")
        await screenshot(page, "people-edit-refused", full_page=True)
        assert contacts(school).splitlines() == before, "nothing is published before all of it holds"

        await page.get_by_label("Text messages (sms)").fill("+1 555-010-0077")
        await page.get_by_role("button", name="Publish the change").click()
        await expect(page.locator("h1")).to_have_text("Ben “Benny” Brandt, <b>jr</b>")
        await expect(page.get_by_text("••• 0077").first).to_be_visible()
        after = contacts(school).splitlines()
        assert [one for one in after if not one.startswith("ben,")] == [
            one for one in before if not one.startswith("ben,")
        ]
        line = next(one for one in after if one.startswith("ben,"))
        assert "staff;coaches" in line
        assert "Ben Brandt" not in line


async def test_a_new_person_is_added_and_taken_out_again(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        before = contacts(school)
        await page.goto(f"{school.url}/people/new")
        await assert_accessible(page)
        await page.get_by_label("Name").fill("=cmd|' /C calc'!A0")
        await page.get_by_label("E-mail").fill("new@birchwood.example")
        await page.get_by_role("button", name="Add and publish").click()
        await expect(page.get_by_role("alert")).to_contain_text("formula")
        await assert_accessible(page)
        await page.get_by_label("Name").fill("N" * 10_000)
        await page.get_by_role("button", name="Add and publish").click()
        await expect(page.get_by_role("alert")).to_contain_text("at most 120 letters")
        await page.get_by_label("Name").fill("Ada Abara\u202e😀")
        await page.get_by_role("button", name="Add and publish").click()
        await page.wait_for_url("**/people/of/ada-abara")
        await page.get_by_role("link", name="Change").click()
        await page.get_by_text("Take this person out").click()
        await page.get_by_role("button", name="Take out and publish").click()
        await expect(page.get_by_role("alert")).to_contain_text("Tick that")
        await page.get_by_label("Take Ada Abara").check()
        await page.get_by_role("button", name="Take out and publish").click()
        await page.wait_for_url("**/people?published=3")
        await expect(page.get_by_text("Version 3 is published and runs.")).to_be_visible()
        assert contacts(school) == before


async def test_a_change_made_by_two_at_once_is_shown_not_lost(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/people/of/ben/edit")
        other = await page.context.new_page()
        await other.goto(f"{school.url}/people/of/carla/edit")
        await other.get_by_label("Name").fill("Carla C.")
        await other.get_by_role("button", name="Publish the change").click()
        await other.wait_for_url("**/people/of/carla")
        await page.get_by_label("Name").fill("Ben B.")
        await page.get_by_role("button", name="Publish the change").click()
        await expect(page.get_by_role("alert")).to_contain_text("Somebody published meanwhile")
        await page.get_by_role("button", name="Publish the change").click()
        await page.wait_for_url("**/people/of/ben")
        assert "Carla C." in contacts(school)
        assert "Ben B." in contacts(school)


async def test_an_export_is_looked_at_row_by_row_before_it_is_published(browser: Browser, tmp_path: Path) -> None:
    async with (
        school_online(tmp_path) as school,
        browser.page(school, rights="administrator", java_script_enabled=False) as page,
    ):
        await page.goto(f"{school.url}/people/import")
        await page.get_by_role("button", name="Show what would change").click()
        await expect(page.get_by_role("alert")).to_contain_text("Choose the file")
        await page.get_by_label("Everybody in it also belongs to").fill("staff")
        await page.locator("#file").set_input_files(
            {"name": "<i>staff</i>.csv", "mimeType": "text/csv", "buffer": EXPORT.encode()}
        )
        await page.get_by_text("Columns, roles and OneRoster").click()
        await page.get_by_label("Roles under other names").fill("teacher =")
        await page.get_by_role("button", name="Show what would change").click()
        await expect(page.get_by_role("region", name="Left out", exact=True)).to_contain_text("formula")
        await expect(page.get_by_role("region", name="Look at these")).to_contain_text("Ada Abara")
        await expect(page.get_by_role("region", name="Taken, with something")).to_contain_text("emergency number")
        await expect(page.locator("h1 + .lead")).to_contain_text("<i>staff</i>.csv into contacts/imported.csv")
        await screenshot(page, "people-dry-run", full_page=True)
        assert contacts(school, "contacts/imported.csv") == "", "a dry run changes nothing"

        await page.get_by_role("button", name="Publish 3 people").click()
        await page.wait_for_url("**/people?published=2")
        written = contacts(school, "contacts/imported.csv")
        assert "Nia Novak" in written
        assert "HYPERLINK" not in written
        assert "911" not in written
        await page.get_by_label("Name, id, room, group or role").fill("novak")
        await page.get_by_role("button", name="Find").click()
        await expect(page.locator("tbody tr")).to_have_count(1)


async def test_an_export_that_is_none_is_refused_in_words(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        await page.goto(f"{school.url}/people/import")
        await assert_accessible(page)
        await page.locator("#file").set_input_files(
            {"name": "x.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04 no zip at all"}
        )
        await page.get_by_role("button", name="Show what would change").click()
        await expect(page.locator("#file-wrong")).to_be_visible()
        await assert_accessible(page)


async def test_a_contact_is_checked_from_the_page_and_what_became_of_it_stands_there(
    browser: Browser, tmp_path: Path
) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="technician", size=PHONE) as page:
        await page.goto(f"{school.url}/people/of/carla")
        await page.get_by_role("button", name="Send one check").click()
        await expect(page.get_by_role("region", name="Checks")).to_contain_text("••• 0003")
        await page.get_by_role("button", name="Send one check").click()
        await expect(page.get_by_role("alert")).to_contain_text("less than a minute ago")
        await screenshot(page, "person-phone", full_page=True)
        await assert_accessible(page)
        assert await fits(page)


async def test_whom_nothing_reaches_is_named_for_each_step(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="operator", size=PHONE) as page:
        await page.goto(f"{school.url}/people/reach")
        await expect(page.locator("h1")).to_have_text("Nothing reaches 0 people of 8")
        await expect(page.get_by_role("region", name="Reach of each step")).to_contain_text("guardians")
        await assert_accessible(page)
        assert await fits(page)
        await page.goto(f"{school.url}/people")
        assert await fits(page)


async def test_what_is_taken_out_as_a_table_is_no_formula(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        answer = await page.request.get(f"{school.url}/people/export")
        text = await answer.text()
        assert "'+15550100001" in text
        assert not [cell for line in text.splitlines() for cell in line.split(",") if cell[:1] in {"=", "+", "-", "@"}]
        assert "attachment" in answer.headers["content-disposition"]


async def test_a_smaller_import_takes_nobody_out_unseen(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="administrator") as page:
        for count, lines in enumerate(("Nia;nia@b.example\nOmar;omar@b.example\n", "Nia;nia2@b.example\n")):
            await page.goto(f"{school.url}/people/import")
            raw = ("Name;E-mail\n" + lines).encode()
            await page.locator("#file").set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": raw})
            await page.get_by_role("button", name="Show what would change").click()
            await page.get_by_role("button", name="Publish").click()
            if count:
                await expect(page.get_by_role("alert")).to_contain_text("Tick that these people")
                await expect(page.get_by_role("region", name="Would be taken out")).to_contain_text("omar")
                assert "omar@b.example" in contacts(school, "contacts/imported.csv")
                await page.get_by_label("Take out 1 person").check()
                await page.get_by_role("button", name="Publish").click()
            await page.wait_for_url("**/people?published=*")
        assert contacts(school, "contacts/imported.csv").count("@") == 1
