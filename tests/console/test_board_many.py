"""The board of a large school: two thousand people, five thousand messages, and nothing waits for them."""

from pathlib import Path

from playwright.async_api import expect

from notifier.testing.schools import small_school
from tests.console.board_school import board, need_help, press, until
from tests.console.browser import Browser, school_online, screenshot

HEAD = (
    "id,name,site,room,roles,groups,language,on_site,sms,push,email,voice,agreement_who,agreement_date,agreement_tested"
)
PEOPLE = 2000


def crowd() -> dict[str, bytes]:
    files = small_school()
    rows = files["contacts/people.csv"].decode().splitlines()
    rows += [
        f"p{n},Person {n},birchwood,r{n % 2 + 1},,staff,en,yes,+1555020{n:04},crowd-{n},p{n}@birchwood.example,,,,"
        for n in range(PEOPLE)
    ]
    return files | {"contacts/people.csv": "\n".join([HEAD, *rows[1:]]).encode()}


async def test_two_thousand_people_and_a_board_that_keeps_up(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path, crowd()) as school:
        incident = await press(school)
        views = school.daemon.views
        await until(
            school, lambda: sum(sum(s.values()) for s in views.incident(incident)["deliveries"].values()) > 4000
        )
        async with board(browser, school, incident) as page:
            await expect(page.locator("#counts")).to_contain_text("of 2,003")
            await need_help(school, incident)
            await expect(page.locator("#needs .row.real")).to_contain_text("Room 1 NEEDS HELP", timeout=5000)
            await screenshot(page, "board-many")
            size = len(await page.content())
            assert size < 120_000
            await page.goto(f"{school.url}/board/{incident}/people")
            assert await page.locator("tbody tr").count() == 50
            await expect(page.locator("tbody tr").first).to_contain_text("NEEDS HELP")
            assert await page.locator("tbody tr", has_text="Ben").count() == 1
            await page.get_by_role("link", name="Next 50").click()
            assert await page.locator("tbody tr").count() == 50
            await page.goto(f"{school.url}/board/{incident}/people?only=help")
            assert await page.locator("tbody tr").count() == 1
            await page.goto(f"{school.url}/board/{incident}/deliveries")
            assert await page.locator("tbody tr").count() == 50
