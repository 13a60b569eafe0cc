"""A real browser before a real daemon: Debian's Chromium, driven by playwright, at a school with pretended devices.

    async def test_something(browser: Browser, tmp_path: Path) -> None:
        async with school_online(tmp_path) as school:
            async with browser.page(school, rights="administrator") as page:
                await page.goto(f"{school.url}/board")
                await screenshot(page, "board")
                await assert_accessible(page)

Set `SCREENSHOTS=/some/folder` to keep what `screenshot` sees.
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from notifier.access.sessions import Place
from notifier.campus.in_process import InProcessCampus
from notifier.console.callers import KIOSK_COOKIE, SESSION_COOKIE
from notifier.daemon import Daemon
from notifier.daemon.equipment import Equipment
from notifier.engine.held import Held
from notifier.interfaces import CallbackReply, Outcome
from notifier.model.rights import Caller, Right
from notifier.model.settings import NodeSettings
from notifier.testing.schools import small_school
from notifier.testing.story import SENDERS
from notifier.testing.story_process import CampusEquipment

expect.set_options(timeout=15_000)  # milliseconds until something counts as not coming: a machine may be busy

ADMIN = Caller("account:root", "Root", None, frozenset(Right))
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
MISSING = "Chromium is missing; type: sudo apt-get install -y chromium"


class OnlineDaemon(Daemon):
    """The daemon's own wiring, store, clock and listeners; doors, phones and providers are pretended."""

    campus: InProcessCampus | None = None

    def _equipment(self) -> Equipment:
        return CampusEquipment(self.gear, self.tools, self._closing.append, self._campus_for)

    def _campus_for(self, held: Held) -> InProcessCampus:
        if self.campus is None:
            self.campus = InProcessCampus(self.clock, held, self.settings.senders)
        return self.campus


@dataclass
class OnlineSchool:
    daemon: OnlineDaemon
    running: asyncio.Task[None]

    @property
    def url(self) -> str:
        return self.daemon.server.addresses["main"]

    @property
    def site(self) -> str:
        return self.daemon.engine.desk.site

    async def token(self, *roles: str, name: str = "Mina Castellow", person: str | None = None) -> str:
        """A new account's bearer token."""
        return (await self.daemon.accounts.add_user(name, roles, [], None, person, ADMIN))[1]

    async def session(self, *roles: str, name: str = "Mina Castellow", person: str | None = None) -> str:
        """The secret of a browser in which a new account has just signed in."""
        accounts = self.daemon.accounts
        account = accounts.account((await accounts.add_user(name, roles, [], None, person or "mina", ADMIN))[0])
        assert account is not None
        return await self.daemon.entrance.sessions.sign_in(account, "passkey", Place("127.0.0.1", "Test browser"))

    async def kiosk(self, button: str = "front-office") -> str:
        """The secret of a browser that was enrolled as this button."""
        accounts = self.daemon.accounts
        return await accounts.redeem_kiosk(await accounts.enrol_kiosk(f"Screen at {button}", button, ADMIN))


@contextlib.asynccontextmanager
async def school_online(
    folder: Path, files: Mapping[str, bytes] | None = None, *, port: int = 0, **settings: Any
) -> AsyncIterator[OnlineSchool]:
    """A running daemon for `files` (the small school without them); the same folder again is the same store."""
    for path, raw in (small_school() if files is None else files).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)
    listen = {"address": f"127.0.0.1:{port}"}
    made = NodeSettings.model_validate({"listen": listen, "senders": dict(SENDERS), **settings})
    daemon = OnlineDaemon(folder, made)
    await daemon.open()
    running = asyncio.create_task(daemon.run())

    async def reported(sender: str, reply: CallbackReply) -> None:
        await daemon.commands.reported(sender, reply)

    async def answered(token: str, answer: str, text: str) -> Outcome:
        return await daemon.commands.answer(token, answer, text)

    assert daemon.campus is not None
    await daemon.campus.open(reported, answered)
    try:
        yield OnlineSchool(daemon, running)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await daemon.campus.close()
        await daemon.close()


@dataclass
class Browser:
    chromium: Chromium

    @contextlib.asynccontextmanager
    async def page(
        self,
        school: OnlineSchool,
        *,
        rights: str = "",
        person: str | None = "mina",
        kiosk: str = "",
        size: Mapping[str, int] = DESK,
        **more: Any,
    ) -> AsyncIterator[Page]:
        """A page of a fresh browser, signed in as `person` with `rights` (a role), or enrolled as the button `kiosk`.

        `more` goes to playwright's new_context: `color_scheme="dark"`, `forced_colors="active"`, `has_touch=True`,
        `java_script_enabled=False`, … Fails if the page broke the content security policy or a script threw.
        """
        context = await self.chromium.new_context(viewport=dict(size), **more)  # type: ignore[arg-type] # its own shape
        if rights:
            await sign_in(context, school, rights, person=person)
        if kiosk:
            await set_cookie(context, school.url, KIOSK_COOKIE, await school.kiosk(kiosk))
        page = await context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
        try:
            yield page
            assert wrong == []
        finally:
            await context.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        # Without a sandbox: tests may run as root in a container, and open nothing but our own pages.
        chromium = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield Browser(chromium)
        finally:
            await chromium.close()


async def sign_in(context: BrowserContext, school: OnlineSchool, *roles: str, **who: Any) -> None:
    """As after the sign-in page with a passkey: the browser holds the session's cookie."""
    await set_cookie(context, school.url, SESSION_COOKIE, await school.session(*roles, **who))


async def set_cookie(context: BrowserContext, url: str, name: str, value: str) -> None:
    # By address, not by domain and path: so the browser holds it to the rules of the __Host- prefix.
    secure = url.replace("http://", "https://")
    await context.add_cookies([{"name": name, "value": value, "url": secure, "secure": True, "sameSite": "Lax"}])


async def screenshot(page: Page, name: str, **more: Any) -> bytes:
    """What the page looks like, as PNG; kept under `name` if SCREENSHOTS names a folder."""
    png = await page.screenshot(animations="disabled", **more)
    if folder := os.environ.get("SCREENSHOTS"):
        _keep(Path(folder), name, png)
    return png


def _keep(folder: Path, name: str, png: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.png").write_bytes(png)


async def assert_accessible(page: Page, *, looks: bool = True) -> None:
    """No violation that axe-core finds; with `looks` in light, dark and forced colours, one after the other."""
    schemes: list[dict[str, Any]] = [
        {"color_scheme": "light", "forced_colors": "none"},
        {"color_scheme": "dark", "forced_colors": "none"},
        {"color_scheme": "dark", "forced_colors": "active"},
    ]
    for scheme in schemes if looks else schemes[:1]:
        await page.emulate_media(**scheme)
        found = await Axe().run(page)
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
    await page.emulate_media(color_scheme="light", forced_colors="none")
