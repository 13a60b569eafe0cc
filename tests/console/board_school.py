"""Things that happen at a school while somebody looks at its board."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Page

from notifier.campus.door_model import DoorModel, LockFault
from notifier.model.incident import Activation
from notifier.model.rights import Caller, Right
from tests.console.browser import ADMIN, Browser, OnlineSchool

DESK_PERSON = Caller("account:ada", "Ada Abara", "ada", frozenset(Right))


def door(school: OnlineSchool, name: str) -> DoorModel:
    assert school.daemon.campus is not None
    return school.daemon.campus.grounds.doors[name]


async def press(school: OnlineSchool, playbook: str = "lockdown", *, drill: bool = False, key: str = "a1") -> str:
    """A lockdown with door 7 that does not lock; the id of the incident."""
    activation = Activation(key, "account:root", playbook, None, drill, presser="Front office desk")
    return (await school.daemon.commands.press(activation, ADMIN)).incident


def jam(school: OnlineSchool, name: str = "d7") -> None:
    door(school, name).fault = LockFault.JAMMED


async def need_help(school: OnlineSchool, incident: str, person: str = "ben", text: str = "Child hurt.") -> None:
    await school.daemon.commands.answer_for(incident, person, "need_help", text, DESK_PERSON)


async def until(school: OnlineSchool, condition: Any) -> None:
    while not condition():  # noqa: ASYNC110 the engine's own state
        await asyncio.sleep(0.02)


@asynccontextmanager
async def board(browser: Browser, school: OnlineSchool, incident: str, **more: Any) -> AsyncIterator[Page]:
    more = {"rights": "commander", "person": "ada", **more}
    async with browser.page(school, **more) as page:
        await page.goto(f"{school.url}/board/{incident}")
        yield page
