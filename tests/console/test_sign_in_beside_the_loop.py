"""Nobody who signs in holds up a press: hashing, and reading what passkeys need, happen beside the loop."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

import pytest

from notifier.access import later
from notifier.access.passwords import Passwords
from tests.console.school import School

PATIENCE = 30.0
"""Seconds, only so that a fault ends the test."""


class Gate:
    """Work in another thread stands here until it is let through."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def stand(self) -> None:
        self.reached.set()
        assert self.open.wait(PATIENCE), "the test forgot to open the gate"


async def press_while(school: School, gate: Gate, slow: Callable[[], Awaitable[Any]]) -> Any:
    """Begin `slow`, press once it stands at the gate, and let it through when the press is answered."""
    waiting = asyncio.ensure_future(slow())
    try:
        assert await asyncio.to_thread(gate.reached.wait, PATIENCE), "nobody came to the gate"
        body = {"playbook": "lockdown"}
        status, told, _ = await school.ask("POST", "/api/v1/activations", await school.token("press"), json=body)
        assert (status, told["recorded"]) == (202, True)
        assert not waiting.done()
    finally:
        gate.open.set()
    return await waiting


async def test_a_press_is_answered_while_a_password_is_hashed(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, check = Gate(), Passwords._check

    def slow(passwords: Passwords, kept: str, password: str) -> bool:
        gate.stand()
        return check(passwords, kept, password)

    monkeypatch.setattr(Passwords, "_check", slow)
    said = {"name": "ada", "password": "seven grey herons wade"}
    headers = {"Sec-Fetch-Site": "same-origin"}
    status, _, _ = await press_while(
        school, gate, lambda: school.ask("POST", "/sign-in", headers, data=said, allow_redirects=False)
    )
    assert status == 422  # there is nobody of that name


async def test_a_press_is_answered_while_the_first_sign_in_page_reads_its_libraries(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()

    def slow(name: str) -> Any:
        if name == "webauthn":
            gate.stand()
        return import_module(name)

    monkeypatch.setattr(later, "_read", set())
    monkeypatch.setattr(later, "import_module", slow)
    status, page, _ = await press_while(school, gate, lambda: school.ask("GET", "/sign-in"))
    assert status == 200
    assert "Sign in" in str(page)
