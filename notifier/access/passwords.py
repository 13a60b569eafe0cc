"""Passwords: hashed by Argon2id in a thread of their own, so that neither a press nor a door waits for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from notifier.errors import Refused

MEMORY, ROUNDS, LANES = 19 * 1024, 2, 1
"""19 MiB, two rounds, one lane: the least that OWASP's password storage cheat sheet names for Argon2id, because the
machine that hashes is also the one that locks doors. About 25 ms of one processor."""
SHORTEST = 12  # characters; NIST SP 800-63B section 3.1.1.2 asks for 8 beside a second factor and 15 alone
LONGEST = 256  # characters; a longer one would only be work for us
CODE_SHORTEST = 6  # digits or letters of a confirmation code: tried only by who is signed in already, and slowed down
MOST_WAITING = 32  # hashes that wait; more at once is somebody guessing, and they are told to come again

NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$yt+QMV+opJhKsEQGa4ewgg$q7hg4XMWfjIvVzpovlaJeVkRS7aAyeOe8lVOPBPlyTE"
"""A hash of nothing that anybody knows, with the same cost as a real one."""
R = TypeVar("R")

COMMON = Path(__file__).with_name("common_passwords.txt")


class Passwords:
    """Hashes and checks, one at a time."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY, parallelism=LANES)
        self._thread = ThreadPoolExecutor(1, "passwords")
        self._waiting = 0

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def hashed(self, password: str) -> str:
        """Raises Refused if too many wait."""
        return await self._aside(self._hasher.hash, password)

    async def fits(self, kept: str | None, password: str) -> bool:
        """Whether it is the one; takes the same time for nobody's (`kept` None). Raises Refused if too many wait."""
        return await self._aside(self._check, kept or NOBODYS, password[:LONGEST]) and kept is not None

    def _check(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _aside(self, deed: Callable[..., R], *args: str) -> R:
        if self._waiting >= MOST_WAITING:
            raise Refused("Too many people sign in at this moment. Try again in a few seconds.", 503)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, partial(deed, *args))
        finally:
            self._waiting -= 1


def complaint(password: str, names: tuple[str, ...] = ()) -> str:
    """What is wrong with a new password, in a sentence; empty if nothing is."""
    if len(password) < SHORTEST:
        return f"The password is too short: take {SHORTEST} characters or more. Four words in a row are easy to keep."
    if len(password) > LONGEST:
        return f"The password is longer than {LONGEST} characters. Take a shorter one."
    bare = "".join(sign for sign in password.casefold() if sign.isalnum())
    if any(word in bare and len(bare) - len(word) < 6 for word in common()) or len(set(bare)) < 5:
        return "That password is one of those that are tried first. Take four words that have nothing to do with you."
    if any(len(name) > 3 and name.casefold() in password.casefold() for name in names):
        return "The password holds your name, which is tried first. Take four words that have nothing to do with you."
    return ""


@cache
def common() -> frozenset[str]:
    """Passwords and stems that everybody tries, in lower case without signs."""
    lines = COMMON.read_text(encoding="utf-8").split()
    return frozenset(line for line in lines if not line.startswith("#"))
