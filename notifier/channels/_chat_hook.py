"""What incoming webhooks of chat services share: named hooks whose addresses are secrets, and one POST of JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from pydantic import ConfigDict, Field, model_validator

from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Health, Tools
from notifier.model.message import Message, stamp_for
from notifier.model.outgoing import stays_here
from notifier.model.settings import Secret, SecretText
from notifier.model.words import Duration, Identifier, Written

LONGEST_WAIT = 300.0
NOT_HERE = "?"
"""What stands for a secret where settings are checked away from the node that has it (`files.secrets`)."""


class Hook(Written):
    model_config = ConfigDict(hide_input_in_errors=True)  # the address is the secret

    url: SecretText


class HookSettings(Written):
    model_config = ConfigDict(hide_input_in_errors=True)

    hooks: dict[Identifier, Hook] = Field(min_length=1)
    """Name to hook: the name is what stands in the contacts' `chat` column."""
    connect_timeout: Duration = Field(default=3.0, gt=0)
    timeout: Duration = Field(default=10.0, gt=0)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, hook in self.hooks.items():
            if revealed(hook.url) == NOT_HERE:
                continue
            parts = urlsplit(revealed(hook.url))
            here = parts.scheme == "http" and stays_here(parts.hostname or "")
            if not parts.hostname or (parts.scheme != "https" and not here):
                raise ValueError(f"the hook {name} needs an https address")
        return self


class Hooks:
    """The hooks of one sender."""

    def __init__(self, service: str, settings: HookSettings, tools: Tools) -> None:
        self._service, self._settings, self._http = service, settings, tools.http
        self._limits = aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout)

    async def post(self, address: str, content: Mapping[str, Any]) -> tuple[int, str]:
        """(status, text) of a success. Raises TryAgain, WillNotWork or OutcomeUnknown."""
        hook, service = self._settings.hooks.get(address), self._service
        if hook is None:
            raise WillNotWork(f"This sender has no {service} hook of that name.", Reason.NO_SENDER)
        body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            async with (
                asyncio.timeout(self._settings.timeout),
                self._http.post(
                    revealed(hook.url), data=body, headers=headers, timeout=self._limits, allow_redirects=False
                ) as reply,
            ):
                text = (await reply.content.read(1000)).decode("utf-8", "replace")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise TryAgain(f"{service} cannot be reached; nothing was sent.") from None
        except TimeoutError:
            limit = self._settings.timeout
            raise OutcomeUnknown(f"{service} did not answer within {limit:g} s; it may have posted it.") from None
        except (aiohttp.ClientError, OSError, ValueError):
            # The library's own sentences hold the address, which is the secret.
            raise OutcomeUnknown(f"{service} broke off before it answered; it may have posted it.") from None
        if not 200 <= reply.status < 300:
            raise self._refusal(reply.status, reply.headers.get("Retry-After"))
        return reply.status, text

    async def check(self) -> Health:
        """A GET posts nothing. Whether a hook still leads to its channel only a message shows."""
        for name, hook in self._settings.hooks.items():
            try:
                async with (
                    asyncio.timeout(self._settings.timeout),
                    self._http.get(revealed(hook.url), timeout=self._limits, allow_redirects=False) as reply,
                ):
                    status = reply.status
            except (aiohttp.ClientError, OSError, ValueError) as error:
                return Health(False, f"{self._service} does not answer for the hook {name} ({type(error).__name__}).")
            if status in (401, 403, 404, 410) or status >= 500:
                return Health(False, f"{self._service} answers {status} for the hook {name}: make it anew there.")
        return Health(True, f"{self._service} answers. Whether each hook still leads to its channel a message shows.")

    def _refusal(self, status: int, retry_after: str | None) -> AdapterError:
        service = self._service
        if status == 429:
            known = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
            seconds = min(float(retry_after or 0), LONGEST_WAIT) if known else None
            return TryAgain(f"{service} takes no more from us for now ({status}).", seconds)
        if status >= 500:
            return OutcomeUnknown(f"{service} says that something is wrong on its side ({status}).")
        if status in (401, 403):
            return WillNotWork(f"{service} refuses this hook ({status}).", Reason.CREDENTIALS)
        if status in (404, 410):
            return WillNotWork(f"{service} does not know this hook any more ({status}).", Reason.SENDER_FAULT)
        return WillNotWork(f"{service} refuses the message ({status}).", Reason.REFUSED)


def cut(message: Message, text: str, letters: int) -> str:
    """At most so many letters; a drill's word stays at both ends."""
    if len(text) <= letters:
        return text
    ending = f"… ({stamp_for(message.language)})" if message.drill else "…"
    return text[: letters - len(ending)].rstrip() + ending


def revealed(secret: str) -> str:
    return secret.reveal() if isinstance(secret, Secret) else secret
