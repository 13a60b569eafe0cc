"""Readiness and drills, as an operator sees them in a real browser."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import expect

from notifier.model.incident import Activation
from notifier.testing.schools import small_school
from tests.console.board_school import until
from tests.console.browser import ADMIN, PHONE, Browser, assert_accessible, school_online, screenshot
from tests.console.pixels import colours, red

WEEKLY = 'drills:\n  - {id: weekly, name: "Weekly lockdown drill", playbook: lockdown, cron: "30 10 * * wed"}\n'


async def test_a_gap_is_filled_until_somebody_has_it(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="operator") as page:
        await page.goto(f"{school.url}/readiness")
        await expect(page.locator("h1")).to_contain_text("If LOCKDOWN were pressed now:")
        before = await page.locator(".row.fault").count()

        engine = school.daemon.engine
        await engine.trouble("door", "d8/x", 'Door 8 <b>Room 2</b> does not answer. Look at its "switch".')
        row = page.locator(".row", has_text="Door 8 <b>Room 2</b> does not answer")
        await expect(row).to_contain_text("Nobody has it")
        assert "filled" in str(await row.get_attribute("class"))
        assert await page.locator(".row.fault").count() == before + 1
        await screenshot(page, "readiness", full_page=True)
        await assert_accessible(page)

        await row.get_by_role("button").click()
        await expect(row).to_contain_text("Mina Castellow has it")
        assert "filled" not in str(await row.get_attribute("class"))
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type] # width and height
        await screenshot(page, "readiness-phone", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_who_may_only_look_is_offered_no_button_on_readiness(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="staff") as page:
        await school.daemon.engine.trouble("door", "d8", "Door 8 does not answer.")
        await page.goto(f"{school.url}/readiness")
        await expect(page.locator(".row", has_text="Door 8 does not answer")).to_be_visible()
        await expect(page.get_by_role("button", name="I have it")).to_have_count(0)


async def test_an_administrator_plans_a_drill_without_scripts_and_without_yaml(
    browser: Browser, tmp_path: Path
) -> None:
    async with (
        school_online(tmp_path) as school,
        browser.page(school, rights="administrator", java_script_enabled=False) as page,
    ):
        await page.goto(f"{school.url}/drills")
        await page.get_by_role("link", name="Plan a drill").click()
        await page.get_by_label("Where it is pressed").select_option("north")
        await page.get_by_label("Day").fill("2020-01-31")
        await page.get_by_label("Begins at").fill("09:15")
        await page.get_by_label("Name", exact=True).fill('Second break, "North": 1')
        await page.get_by_role("button", name="Put it on the calendar").click()
        await expect(page.get_by_role("alert")).to_contain_text("This has passed at the site.")
        await page.get_by_label("How often").select_option("monthly")
        await page.get_by_role("button", name="Put it on the calendar").click()
        await expect(page.get_by_role("alert")).to_contain_text("Not every month has a day 31.")
        await screenshot(page, "drills-calendar", full_page=True)
        assert school.daemon.engine.desk.held.site.drills == ()

        day = str(datetime.now(UTC).year + 1) + "-03-17"
        await page.get_by_label("Day").fill(day)
        await page.get_by_label("How often").select_option("once")
        await page.get_by_role("button", name="Put it on the calendar").click()
        listed = page.get_by_role("region", name="Scheduled drills")
        await expect(listed).to_contain_text('Second break, "North": 1')
        await expect(listed).to_contain_text("17 March")
        (drill,) = school.daemon.engine.desk.held.site.drills
        assert (drill.at, drill.zone, drill.told_ahead) == (f"{day} 09:15", "north", 600.0)

        await page.get_by_role("link", name="Plan a drill").click()
        await page.get_by_role("radio", name="Second break").check()
        await page.get_by_role("button", name="Take it off the calendar").click()
        await expect(page.get_by_role("alert")).to_contain_text("Tick that it is to be taken off")
        await page.get_by_label("It is not to begin: take it off").check()
        await page.get_by_role("button", name="Take it off the calendar").click()
        await expect(page.get_by_text("No drill is scheduled.")).to_be_visible()
        assert school.daemon.engine.desk.held.site.drills == ()


async def test_a_drill_is_read_started_and_ended_without_scripts(browser: Browser, tmp_path: Path) -> None:
    files = small_school()
    files["site.yaml"] += WEEKLY.encode()
    async with (
        school_online(tmp_path, files) as school,
        browser.page(school, rights="operator", java_script_enabled=False) as page,
    ):
        await page.goto(f"{school.url}/drills")
        await expect(page.get_by_role("region", name="Scheduled drills")).to_contain_text("Weekly lockdown drill")
        await page.get_by_label("What to practise").select_option("lockdown")
        await page.get_by_label("Where it is pressed").select_option("north")
        await screenshot(page, "drills", full_page=True)
        await page.get_by_role("button", name="Show what it would do").click()
        await expect(page.get_by_text("Doors stay as they are. Nobody outside is told.")).to_be_visible()
        assert school.daemon.commands is not None
        assert not school.daemon.views.incidents(open_only=True, limit=5, after=None)["items"]
        png = await screenshot(page, "drill-plan", full_page=True)
        assert not [one for one in colours(png).all() if red(one)]

        await page.get_by_role("button", name="Start DRILL LOCKDOWN, North wing, 3 people").click()
        await expect(page.locator("h1")).to_contain_text("LOCKDOWN, North wing")
        await expect(page.get_by_text("No door was commanded: they stayed as they were.")).to_be_visible()
        await expect(page.locator(".lead", has_text="It is running.")).to_be_visible()
        ben = school.daemon.engine.desk.link_token(page.url.rpartition("/")[2], "ben")
        await school.daemon.commands.answer(ben, "safe", "")
        await page.get_by_role("link", name="look again").click()
        await expect(page.get_by_text("1 of 3 people who were written to has answered.")).to_be_visible()
        silent = page.locator("section", has=page.get_by_role("heading", name="No answer from"))
        await expect(silent.get_by_role("listitem")).to_have_count(2)
        await expect(silent).not_to_contain_text("Ben")
        await screenshot(page, "drill-running", full_page=True)
        await page.get_by_role("button", name="End the DRILL").click()
        await expect(page.get_by_role("button", name="End the DRILL")).to_have_count(0)
        await expect(page.locator(".lead").first).to_contain_text("begun")
        incident = page.url.rpartition("/")[2]
        await until(school, lambda: school.daemon.views.incident(incident)["state"] == "closed")
        await page.goto(f"{school.url}/drills")
        await expect(page.get_by_role("region", name="Past drills")).to_contain_text("DRILL LOCKDOWN")


async def test_drill_pages_are_accessible_and_fit_a_phone(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="operator", size=PHONE) as page:
        for path in ("/drills", "/drills/plan?playbook=lockdown&zone=", "/drills/plan?playbook=%3Cb%3E&zone=x"):
            await page.goto(school.url + path)
            await assert_accessible(page)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        await screenshot(page, "drills-phone-refused", full_page=True)


async def test_a_drill_is_begun_and_ended_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="operator") as page:

        async def tab_to(words: str) -> None:
            for _ in range(60):
                await page.keyboard.press("Tab")
                if words in str(await page.evaluate("document.activeElement.textContent.trim()")):
                    return
            raise AssertionError(f"no Tab leads to {words!r}")

        await page.goto(f"{school.url}/drills")
        await tab_to("Show what it would do")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/drills/plan?*")
        await tab_to("Start DRILL")
        await page.keyboard.press("Space")
        await expect(page.get_by_role("heading", name="Who answered")).to_be_visible()
        await tab_to("End the DRILL")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="End the DRILL")).to_have_count(0)


async def test_the_same_start_sent_twice_is_one_drill(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="operator") as page:
        await page.goto(f"{school.url}/drills/plan?playbook=lockdown&zone=north")
        key = await page.locator("input[name=key]").input_value()
        for _ in range(2):
            await page.request.post(
                f"{school.url}/drills/start", form={"playbook": "lockdown", "zone": "north", "key": key},
                headers={"Sec-Fetch-Site": "same-origin"},
            )  # fmt: skip
        found = school.daemon.views.incidents(open_only=False, limit=9, after=None)["items"]
        assert [each["drill"] for each in found] == [True]


async def test_no_drill_page_shows_or_ends_what_is_live(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="operator") as page:
        pressed = await school.daemon.commands.press(Activation("a1", "account:root", "lockdown", None), ADMIN)
        await page.goto(f"{school.url}/drills")
        await expect(page.get_by_text("A live incident is open: no drill can start.")).to_be_visible()
        await expect(page.get_by_role("button", name="Show what it would do")).to_have_count(0)
        await page.goto(f"{school.url}/drills/{pressed.incident}")
        await expect(page.get_by_text("This is no drill")).to_be_visible()
        await page.request.post(
            f"{school.url}/drills/{pressed.incident}/stop", form={}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert school.daemon.views.incident(pressed.incident)["state"] == "active"


async def test_a_running_drill_counts_answers_as_they_come(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path) as school, browser.page(school, rights="operator") as page:
        activation = Activation("d1", "account:root", "lockdown", None, drill=True, presser="Root")
        pressed = await school.daemon.commands.press(activation, ADMIN)
        await page.goto(f"{school.url}/drills/{pressed.incident}")
        await expect(page.get_by_role("region", name="Answers")).to_have_count(0)
        await school.daemon.commands.answer_for(pressed.incident, "ben", "safe", "", ADMIN)
        await expect(page.get_by_role("region", name="Answers")).to_contain_text("Ben Brandt")
        await screenshot(page, "drill-answers")
        await assert_accessible(page)
