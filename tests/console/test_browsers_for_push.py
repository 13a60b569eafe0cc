"""A real browser registers for push and shows what comes: title and text with a drill's stamp, and its link."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from notifier.channels.web_push import WebPush
from notifier.interfaces import Tools
from notifier.model.settings import Sender
from tests.console.browser import Browser, assert_accessible, school_online, screenshot

SHOWN = """async () => {
  const worker = await navigator.serviceWorker.getRegistration("/static/");
  let all = [];
  for (let tries = 0; !all.length && tries < 100; tries += 1) {
    all = await worker.getNotifications();
    await new Promise((done) => setTimeout(done, 20));
  }
  return all.map((one) => [one.title, one.body, one.data.link, one.silent]);
}"""


@pytest.fixture
async def browsers(tmp_path: Path):
    async with aiohttp.ClientSession() as http:
        from notifier.clock import SystemClock

        settings = WebPush.Settings(contact="mailto:it@school.example")
        sender = WebPush("browsers", settings, Tools(http, SystemClock(), str(tmp_path)))
        await sender.open()
        yield sender


async def test_the_button_stands_only_where_it_can_work_and_the_worker_shows_what_comes(
    browser: Browser, browsers: WebPush, tmp_path: Path
) -> None:
    async with school_online(tmp_path / "school") as school:
        gear = school.daemon.gear
        gear.channels = {**gear.channels, "browsers": browsers}
        gear.senders = {**gear.senders, "browsers": Sender(channel="web_push")}
        async with browser.page(school, rights="staff", permissions=["notifications"]) as page:
            await page.goto(f"{school.url}/account")
            button = page.get_by_role("button", name="Get messages in this browser too")
            await button.wait_for(state="visible")
            await assert_accessible(page)
            await screenshot(page, "push")
            # No maker's push service is there in a test, so subscribing fails after the worker was registered.
            await button.click()
            await page.get_by_text("It did not work here").wait_for()
            cdp = await page.context.new_cdp_session(page)
            known: asyncio.Future[str] = asyncio.get_running_loop().create_future()

            def registered(event: dict[str, list[dict[str, str]]]) -> None:
                for one in event["registrations"]:
                    if one["scopeURL"].endswith("/static/") and not known.done():
                        known.set_result(one["registrationId"])

            cdp.on("ServiceWorker.workerRegistrationUpdated", registered)
            await cdp.send("ServiceWorker.enable")
            told = {"title": "DRILL: Hold", "body": "DRILL: Clear the halls. (DRILL)", "link": "https://x.example/r/1",
                    "tag": "d1", "drill": True, "quiet": True, "lang": "en"}  # fmt: skip
            push = {"origin": school.url, "registrationId": await known, "data": json.dumps(told)}
            async with asyncio.timeout(40):
                shown: list[object] = []
                while not shown:  # Chromium now and then drops what reaches a worker that it has just stopped
                    await cdp.send("ServiceWorker.deliverPushMessage", push)
                    shown = await page.evaluate(SHOWN)
            assert shown == [["DRILL: Hold", "DRILL: Clear the halls. (DRILL)", "https://x.example/r/1", True]]
        async with browser.page(school, rights="staff", person="ben", java_script_enabled=False) as page:
            await page.goto(f"{school.url}/account")
            assert await page.locator("[data-push-key] button").is_hidden()
