"""Cameras on the site page in a real browser: seen, looked through without scripts, and who looked written down."""

from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import expect

from notifier.campus.camera_model import CameraModel, Sight
from notifier.campus.relay_device import Wire
from notifier.model.events import EventKind
from notifier.model.facts import Event
from notifier.testing.schools import bend, small_school
from tests.console.browser import Browser, OnlineSchool, assert_accessible, school_online, screenshot

CAMERA = """cameras:
  - {id: hall, zone: north, name: "North hall", driver: http_still, address: "http://10.0.0.61",
     settings: {path: "/snapshot.jpg", auth: none}}

buttons:
"""
FILES = bend(small_school(), "site.yaml", ("buttons:\n", CAMERA))


def hall(school: OnlineSchool) -> CameraModel:
    assert school.daemon.campus is not None
    return school.daemon.campus.grounds.cameras["hall"]


async def test_a_technician_looks_through_a_camera_without_scripts(browser: Browser, tmp_path: Path) -> None:
    async with (
        school_online(tmp_path, FILES) as school,
        browser.page(school, rights="technician", java_script_enabled=False) as page,
    ):
        await page.goto(f"{school.url}/site")
        tile = page.locator(".tile", has_text="North hall")
        await tile.get_by_role("button", name="Look through it now").click()
        picture = page.get_by_role("img", name="What North hall showed when it was asked")
        await expect(picture).to_be_visible()
        assert await picture.evaluate("one => one.naturalWidth") == 640
        await expect(page.get_by_text("how old it is, the camera does not say")).to_be_visible()
        await screenshot(page, "site-look")
        await page.get_by_role("link", name="Back to the site").click()
        await expect(tile).to_contain_text("Answers")
        await expect(tile).to_contain_text("640 x 360")
        await screenshot(page, "site-cameras", full_page=True)


async def test_what_is_wrong_with_a_picture_stands_beside_it(browser: Browser, tmp_path: Path) -> None:
    async with school_online(tmp_path, FILES) as school, browser.page(school, rights="technician") as page:
        for sight, wire, said, pictures in (
            (Sight.DARK, Wire.WELL, "Its picture is one colour all over", 1),
            (Sight.CLEAR, Wire.UNPLUGGED, "cannot be reached", 0),
        ):
            hall(school).sight, hall(school).wire = sight, wire
            await page.goto(f"{school.url}/site")
            await page.locator(".tile", has_text="North hall").get_by_role("button").click()
            await expect(page.get_by_text(said)).to_be_visible()
            await expect(page.locator("figure img")).to_have_count(pictures)
            await assert_accessible(page)
        await page.get_by_role("link", name="Back to the site").click()
        await expect(page.locator(".tile.fault", has_text="North hall")).to_contain_text("Does NOT answer as it should")
        await assert_accessible(page)


async def test_a_picture_is_for_technicians_and_is_kept_by_nobody(tmp_path: Path) -> None:
    async with school_online(tmp_path, FILES) as school, aiohttp.ClientSession() as http:
        seen: list[Event] = []
        school.daemon.engine.ledger.follow(seen.extend)
        address = f"{school.url}/api/v1/cameras/hall/still"
        for role, status in (("view", 403), ("commander", 403), ("technician", 200)):
            headers = {"Authorization": f"Bearer {await school.token(role, name=role)}"}
            async with http.get(address, headers=headers) as reply:
                assert reply.status == status
                body = await reply.read()
        assert body.startswith(b"\xff\xd8")
        assert body.endswith(b"\xff\xd9")
        assert reply.content_type == "image/jpeg"
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["X-Picture-Well"] == "yes"
        assert "X-Picture-Taken" not in reply.headers

        hall(school).wire = Wire.NONSENSE
        async with http.get(address, headers=headers) as reply:
            assert reply.status == 502
            told: dict[str, Any] = await reply.json()
        assert "a web page, mostly a login" in told["detail"]
        await school.token("view", name="a write that waits behind the others")
    looks = [event.data for event in seen if event.kind is EventKind.PERSONAL_DATA_READ]
    assert [(data["name"], data["what"]) for data in looks] == [("technician", "/api/v1/cameras/hall/still")]
    assert [str(path) for path in _files(tmp_path) if body[600:700] in path.read_bytes()] == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
