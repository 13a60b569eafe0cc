"""A hundred other services through the `apprise` package (github.com/caronc/apprise): the long tail, not the way to
police.

Seen to work with our own double over `json://` only. A plugin says yes or no and nothing else: *sent* at the most,
and nobody can be asked later. Plugins block, so each message has a thread of its own, a few for each hook: one that
hangs holds up its own hook and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ConfigDict, Field

from notifier.channels._chat_hook import Hook, cut, revealed
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Channel, Health, Tools
from notifier.model.delivery import Receipt
from notifier.model.message import Message
from notifier.model.words import Duration, Identifier, Written

T = TypeVar("T")

AT_ONCE = 4
"""Threads of one hook. A thread cannot be ended from outside; this is the most that a hanging plugin can hold."""
OWN_LIMIT = 2
"""What the plugins' HTTP waits, in our limits: it ends the thread, and never before we have said *unknown*."""
NEVER_LEFT = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "NameResolutionError",
    "Failed to establish a new connection",
)
"""What the HTTP library of the plugins says when no connection was made at all."""
STATUS = re.compile(r"\berror=([1-5][0-9]{2})\b")
"""How nearly all plugins write the HTTP status of a refusal; those that do not end as *unknown*."""
CHATTY = "urllib3"
"""Its lines hold whole addresses, which are the secrets here."""


class AppriseSettings(Written):
    model_config = ConfigDict(hide_input_in_errors=True)

    hooks: dict[Identifier, Hook] = Field(min_length=1)
    """Name to Apprise URL: the name is what stands in the contacts' `chat` column."""
    timeout: Duration = Field(default=15.0, gt=0)
    """For one message; after it the plugin goes on in its thread, and nobody waits for it."""


class AppriseBridge(Channel):
    """An address is the name of a hook."""

    Settings = AppriseSettings
    address_kind = "chat"

    def __init__(self, name: str, settings: AppriseSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings = settings
        self._free = {hook: asyncio.Semaphore(AT_ONCE) for hook in settings.hooks}
        self._said = _Said()

    async def open(self) -> None:
        """Importing the package takes some 100 ms, once."""
        await asyncio.to_thread(_plugin, "json://localhost")
        _listen(self._said)

    async def close(self) -> None:
        logging.getLogger("apprise").removeHandler(self._said)

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        hook = self.settings.hooks.get(address)
        if hook is None:
            raise WillNotWork("This sender has no Apprise hook of that name.", Reason.NO_SENDER)
        begun = threading.Event()

        def hand_over() -> AdapterError | None:
            plugin = _plugin(revealed(hook.url))
            if plugin is None:
                return WillNotWork("Apprise has no service for this hook's address.", Reason.SENDER_FAULT)
            plugin.socket_connect_timeout = plugin.socket_read_timeout = self.settings.timeout * OWN_LIMIT
            begun.set()
            return self._said.of(lambda: plugin.notify(title=message.title, body=_fitting(message, plugin)))

        try:
            async with asyncio.timeout(self.settings.timeout):
                refused = await self._beside(address, hand_over)
        except TimeoutError:
            if not begun.is_set():
                raise TryAgain("Earlier messages of this hook still hang; this one was not begun.") from None
            limit = self.settings.timeout
            raise OutcomeUnknown(f"The service did not answer within {limit:g} s; it may have taken it.") from None
        if refused is not None:
            raise refused from None
        return Receipt("")

    async def check(self) -> Health:
        """Whether each hook's address is one of Apprise's and, where it names a host, whether that one listens."""
        asked = []
        for name, hook in self.settings.hooks.items():
            plugin = await asyncio.to_thread(_plugin, revealed(hook.url))
            if plugin is None:
                return Health(False, f"Apprise has no service for the address of the hook {name}: write it anew.")
            host, port = getattr(plugin, "host", None), getattr(plugin, "port", None)
            if not host or not port:
                continue
            try:
                async with asyncio.timeout(self.settings.timeout):
                    _reader, writer = await asyncio.open_connection(host, port)
                writer.close()
                asked.append(name)
            except (OSError, ValueError):
                return Health(False, f"Nobody listens where the hook {name} leads.")
        listen = f"{', '.join(asked)} can be reached. " if asked else ""
        return Health(True, f"{listen}Apprise knows every hook; whether one takes messages only a message shows.")

    async def _beside(self, hook: str, deed: Callable[[], T]) -> T:
        """`deed` in a thread of its own, as soon as the hook has one free. A daemon's: it never holds up the end."""
        free, loop = self._free[hook], asyncio.get_running_loop()
        await free.acquire()
        outcome: asyncio.Future[T] = loop.create_future()

        def settle(found: T | None, error: BaseException | None) -> None:
            free.release()
            if outcome.done():
                return
            if error is not None:
                outcome.set_exception(error)
            else:
                outcome.set_result(found)  # type: ignore[arg-type]  # without an error it is what `deed` gave

        def work() -> None:
            found: T | None = None
            error: BaseException | None = None
            try:
                found = deed()
            except Exception as raised:  # noqa: BLE001 a plugin may raise anything; its own sentence may hold the address
                error = OutcomeUnknown(f"The plugin broke off ({type(raised).__name__}); it may have sent it.")
            with contextlib.suppress(RuntimeError):  # the loop is gone, and nobody waits
                loop.call_soon_threadsafe(settle, found, error)

        threading.Thread(target=work, name=f"apprise-{hook}", daemon=True).start()
        return await outcome


class _Said(logging.Handler):
    """What plugins write while they work, by thread: the only place where they say why not. It goes no further."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._lines: dict[int, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        lines = self._lines.get(threading.get_ident())
        if lines is not None:
            lines.append(record.getMessage())

    def of(self, notify: Callable[[], bool]) -> AdapterError | None:
        """What a plugin's yes or no means, by what it wrote meanwhile; None: it says that it was taken."""
        lines = self._lines[threading.get_ident()] = []
        try:
            if notify():
                return None
        finally:
            del self._lines[threading.get_ident()]
        return _refusal("\n".join(lines))


def _refusal(lines: str) -> AdapterError:
    statuses = {int(found) for found in STATUS.findall(lines)}
    if len(statuses) != 1:
        if not statuses and any(sign in lines for sign in NEVER_LEFT):
            return TryAgain("The service cannot be reached; nothing was sent.")
        return OutcomeUnknown("The service did not say yes, and its plugin does not say why; it may have taken it.")
    (status,) = statuses
    if status == 429:
        return TryAgain(f"The service takes no more from us for now ({status}).")
    if status >= 500:
        return OutcomeUnknown(f"The service says that something is wrong on its side ({status}).")
    if status in (401, 403):
        return WillNotWork(f"The service refuses this hook ({status}).", Reason.CREDENTIALS)
    if status in (404, 410):
        return WillNotWork(f"The service does not know this hook any more ({status}).", Reason.SENDER_FAULT)
    return WillNotWork(f"The service refuses the message ({status}).", Reason.REFUSED)


def _plugin(url: str) -> Any:
    """A new one for each message, so that nothing is shared between threads; None if the address is no service's."""
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(async_mode=False, secure_logging=True, http_redirects=False)
    return Apprise.instantiate(url, asset=asset)


def _listen(said: _Said) -> None:
    apprise = logging.getLogger("apprise")
    apprise.addHandler(logging.NullHandler())  # a plugin that outlives us must not fall back to writing to stderr
    apprise.addHandler(said)
    apprise.setLevel(logging.DEBUG)
    apprise.propagate = False
    logging.getLogger(CHATTY).setLevel(logging.ERROR)


def _fitting(message: Message, plugin: Any) -> str:
    """As long as the service takes it; where it has no title, the title goes before the text."""
    room = int(getattr(plugin, "body_maxlen", 0)) or len(message.text)
    if not getattr(plugin, "title_maxlen", 0):
        room -= len(message.title) + 2
    return cut(message, message.text, max(room, 1)).encode("utf-8", "replace").decode()
