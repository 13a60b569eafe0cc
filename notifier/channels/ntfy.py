"""Push to phones over an ntfy server, one topic per person.

Formats: docs/publish.md, docs/subscribe/api.md and server/ of binwiederhier/ntfy.
Seen to work with our own double only; no ntfy server was run.
Unverified: that a server from 2.16 on returns our `sequence_id` when it is polled, and that phones replace a
notification by it. Older servers ignore the field, so `find` falls back on comparing the words.

A message is published as JSON to the root URL, not as headers to `/TOPIC`: the URL and the headers are then constant,
and nothing that a person wrote stands in a header (so no UTF-8 trouble with proxies and no injection).
"""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import aiohttp
from multidict import CIMultiDict
from pydantic import ConfigDict, Field, model_validator
from yarl import URL

from notifier.channels._answer_buttons import labels, open_label
from notifier.channels._fitting import fitted
from notifier.channels._keep_alive import BrokenOff, NotConnected, Posts
from notifier.channels._overdue import Overdue
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Ask3, Channel, Health, Tools
from notifier.model.delivery import Purpose, Receipt
from notifier.model.message import Message
from notifier.model.outgoing import stays_here
from notifier.model.settings import Secret, SecretText
from notifier.model.words import Duration, Written

TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
"""Also what ntfy takes as a sequence id."""

# ntfy writes its id first, so most replies need no JSON parser; any other shape goes through one.
_ID = re.compile(rb'\{"id":"([-_A-Za-z0-9]{1,64})","time":\d')

# A server's clock may be behind ours; a message is looked for from this long before it can have been sent.
SKEW = 60.0

_VISIBLE = re.compile(r"[!-~]+")

_BAD_TOPIC_CODES = (40009, 40010)

MOST_BUTTONS = 3

Priority = Literal[1, 2, 3, 4, 5]


class Priorities(Written):
    """ntfy's 1 (min) to 5 (max: long vibration, pop-over)."""

    emergency: Priority = 5
    quiet: Priority = 3
    """People inside during a live lockdown: normal priority, no urgent sound."""
    drill: Priority = 3
    routine: Priority = 3


class NtfySettings(Written):
    model_config = ConfigDict(hide_input_in_errors=True)  # a wrong setting must not show the token beside it

    url: str = Field(pattern=r"^https?://[^/@?#\s]+/?$")
    """The server's root; ntfy cannot live under a path."""
    plain_http: bool = False
    """Allows http:// beyond this machine: token and words can then be read on the network."""
    token: SecretText | None = None
    user: str | None = None
    password: SecretText | None = None
    priorities: Priorities = Priorities()
    tags: tuple[Annotated[str, Field(pattern=r"^[^,\s]{1,40}$")], ...] = ("rotating_light",)
    """Short codes of emojis become emojis; others are shown as words."""
    drill_tags: tuple[Annotated[str, Field(pattern=r"^[^,\s]{1,40}$")], ...] = ("test_tube", "drill")
    limit: int = Field(default=4096, ge=512, le=65536)
    """Bytes of one publish request's body. Above its message limit ntfy silently makes an attachment of a text, and
    older servers count the whole JSON; so the whole body is held to it."""
    buttons: bool = True
    """Answers as buttons on the notification; each posts to the person's own link when it is tapped, nothing before."""
    kept: bool = True
    """False where the server's cache is off: then nobody can say what became of a lost attempt."""
    connect_timeout: Duration = Field(default=3.0, gt=0)
    timeout: Duration = Field(default=10.0, gt=0)
    """For the whole exchange."""

    @model_validator(mode="after")
    def _whole(self) -> NtfySettings:
        if self.url.startswith("http://") and not self.plain_http and not stays_here(URL(self.url).host or ""):
            raise ValueError("use https, or set plain_http: true if words and token may be read on this network")
        if (self.user is None) != (self.password is None) or (self.token and self.user):
            raise ValueError("give either a token, or a user with a password, or neither")
        if self.token is not None and not _VISIBLE.fullmatch(_revealed(self.token)):
            raise ValueError(
                "the token holds a blank, a line end or a letter beyond ASCII; look at where it comes from"
            )
        if self.connect_timeout > self.timeout:
            raise ValueError("connect_timeout is part of timeout and cannot be longer")
        return self


class Ntfy(Channel):
    """One ntfy server with one account. An address is a topic."""

    Settings = NtfySettings
    address_kind = "push"

    def __init__(self, name: str, settings: NtfySettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings = settings
        self._http: Any = tools.http
        self._root = URL(settings.url).with_path("/")
        # Everything aiohttp would add per request, so that it has nothing to work out.
        self._headers = CIMultiDict(
            {
                "Content-Type": "application/json",
                "User-Agent": "notifier",
                "Accept": "*/*",
                "Accept-Encoding": "identity",
                **_credentials(settings),
            }
        )
        # aiohttp's own total limit costs some 10 us a message; `Overdue` costs one.
        self._limits = aiohttp.ClientTimeout(total=None, sock_connect=settings.connect_timeout)
        self._overdue = Overdue(settings.timeout)
        self._posts = Posts(str(self._root), self._headers, settings.connect_timeout)
        self._tails = {
            (drill, quiet, purpose): _tail(settings, drill, quiet, purpose)
            for drill in (False, True)
            for quiet in (False, True)
            for purpose in Purpose
        }

    async def close(self) -> None:
        self._overdue.stop()
        self._posts.close()

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        """Publish; the receipt's ref is ntfy's id.

        A refusal by 5xx is a TryAgain although ntfy tells its listeners before it writes its cache, so that a 500 may
        follow a push that arrived: a second push replaces the first (same sequence id, from ntfy 2.16 on), and a late
        lockdown is worse than a double one. Silence after the request left is OutcomeUnknown: `find` can ask.
        """
        if not TOPIC.fullmatch(address):
            raise WillNotWork("A topic has 1 to 64 letters, digits, - and _; this one has not.", Reason.BAD_ADDRESS)
        body = self._body(address, message, delivery)
        try:
            with self._overdue.limit():
                reply = await self._posts.post(body)
        except NotConnected as error:
            raise TryAgain("The ntfy server cannot be reached; nothing was sent.") from error
        except TimeoutError as error:
            text = f"The ntfy server did not answer within {self.settings.timeout:g} s; it may have published."
            raise OutcomeUnknown(text) from error
        except (BrokenOff, OSError) as error:
            raise OutcomeUnknown("The ntfy server broke off before it answered; it may have published.") from error
        if reply.status != 200:
            raise _refusal(reply.status, reply.headers.get(b"retry-after", b"").decode("latin-1"), reply.body)
        known = _ID.match(reply.body)
        return Receipt(known[1].decode() if known else _id_in(reply.body))

    async def check(self) -> Health:
        """GET /v1/health, with our credentials: ntfy answers 401 to wrong ones on every path."""
        try:
            status, answer = await self._get(self._root.with_path("/v1/health"))
        except (aiohttp.ClientError, OSError) as error:
            return Health(False, f"The ntfy server does not answer ({type(error).__name__}); look at it and the line.")
        if status in (401, 403):
            return Health(False, f"The ntfy server refuses our credentials ({status}); look at token or password.")
        if status == 200 and _parsed(answer).get("healthy") is True:
            return Health(True, "The ntfy server says that it is healthy.")
        return Health(False, f"Something answers {status} but does not say that it is a healthy ntfy server.")

    async def find(
        self, address: str, message: Message, delivery: str, sent_after: float
    ) -> tuple[Ask3, Receipt | None]:
        """Read the topic's cache (12 h by ntfy's default). Needs the right to read the topic."""
        if not self.settings.kept or not TOPIC.fullmatch(address):
            return Ask3.CANNOT_SAY, None
        sought = _parsed(self._body(address, message, delivery))
        since = max(0, int(sent_after - SKEW))
        url = self._root.with_path(f"/{address}/json").with_query(poll="1", since=str(since))
        try:
            status, answer = await self._get(url)
            if status != 200:
                return Ask3.CANNOT_SAY, None
            lines = [json.loads(line) for line in answer.decode().splitlines() if line.strip()]
            found = next((line["id"] for line in lines if _same(line, sought, bool(message.collapse))), None)
        except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Ask3.CANNOT_SAY, None  # also a captive portal's page
        return (Ask3.NOT_FOUND, None) if found is None else (Ask3.FOUND, Receipt(str(found)))

    async def _get(self, url: URL) -> tuple[int, bytes]:
        async with (
            asyncio.timeout(self.settings.timeout),
            self._http.get(url, headers=self._headers, timeout=self._limits, allow_redirects=False) as reply,
        ):
            return reply.status, await reply.read()

    def _body(self, topic: str, message: Message, delivery: str) -> bytes:
        sequence = message.collapse or delivery
        if not TOPIC.fullmatch(sequence):
            sequence = sha256(sequence.encode("utf-8", "replace")).hexdigest()[:32]
        click = f',"click":{quoted(message.link)}' if message.link else ""
        start = f'{{"topic":"{topic}","sequence_id":"{sequence}","title":'
        buttons = _buttons(message) if self.settings.buttons else ""
        end = f"{click}{buttons}{self._tails[message.drill, message.quiet, message.purpose]}"
        body = f'{start}{quoted(message.title)},"message":{quoted(message.text)}{end}'.encode("utf-8", "replace")
        if len(body) <= self.settings.limit:
            return body
        end = f"{click}{self._tails[message.drill, message.quiet, message.purpose]}"  # words go before buttons
        room = self.settings.limit - len(f'{start},"message":{end}'.encode("utf-8", "replace"))
        title, text = fitted(message, room)
        return f'{start}{quoted(title)},"message":{quoted(text)}{end}'.encode("utf-8", "replace")


def _buttons(message: Message) -> str:
    """As JSON; ntfy shows at most three. With more answers than that, one button opens the page that has them all."""
    if not message.link or not message.answers:
        return ""
    if len(message.answers) > MOST_BUTTONS:
        label = quoted(open_label(message.language))
        return f',"actions":[{{"action":"view","label":{label},"url":{quoted(message.link)},"clear":true}}]'
    url = quoted(message.link)
    each = ",".join(
        f'{{"action":"http","label":{quoted(label)},"url":{url},"method":"POST",'
        f'"headers":{{"Content-Type":"application/x-www-form-urlencoded"}},'
        f'"body":{quoted(urlencode({"answer": answer}))},"clear":true}}'
        for answer, label in labels(message.language, message.answers)
    )
    return f',"actions":[{each}]'


def _credentials(settings: NtfySettings) -> dict[str, str]:
    if settings.token is not None:
        return {"Authorization": f"Bearer {_revealed(settings.token)}"}
    if settings.user is not None and settings.password is not None:
        pair = f"{settings.user}:{_revealed(settings.password)}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
    return {}


def _revealed(secret: str) -> str:
    return secret.reveal() if isinstance(secret, Secret) else secret


def _tail(settings: NtfySettings, drill: bool, quiet: bool, purpose: Purpose) -> str:
    """The end of the JSON body, which hangs on nothing but the kind of message."""
    levels, tags = settings.priorities, settings.drill_tags if drill else settings.tags
    if drill or purpose is Purpose.DRILL:
        level = levels.drill
    elif quiet:
        level = levels.quiet
    else:
        level = levels.emergency if purpose is Purpose.EMERGENCY else levels.routine
    listed = f',"tags":{json.dumps(tags, ensure_ascii=False)}' if tags else ""
    return f',"priority":{level}{listed}}}'


def _refusal(status: int, retry_after: str | None, answer: bytes) -> AdapterError:
    """What a status other than 200 means (server/errors.go); none of ntfy's words go into ours."""
    code = _parsed(answer).get("code")
    which = f"{status}, code {code}" if isinstance(code, int) else str(status)
    if status in (401, 403):
        return WillNotWork(f"The ntfy server refuses us or this topic to us ({which}).", Reason.CREDENTIALS)
    if status == 404 or code in _BAD_TOPIC_CODES:
        return WillNotWork(f"The ntfy server knows no such topic ({which}).", Reason.BAD_ADDRESS)
    if status == 429:
        seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
        return TryAgain(f"The ntfy server takes no more from us for now ({which}).", seconds)
    if status >= 500:
        return TryAgain(f"The ntfy server says that something is wrong on its side ({which}).")
    if status == 413:
        return WillNotWork(f"The message is too long for this ntfy server ({which}); lower `limit`.", Reason.REFUSED)
    return WillNotWork(f"The ntfy server refuses the message ({which}).", Reason.REFUSED)


def _id_in(answer: bytes) -> str:
    found = _parsed(answer).get("id")
    if not isinstance(found, str) or not found:
        # A captive portal also says 200 to everything.
        raise OutcomeUnknown("Something says 200 but does not answer as ntfy does; it may not have been ntfy.")
    return found


def _parsed(answer: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _same(line: dict[str, Any], sought: dict[str, Any], collapsed: bool) -> bool:
    """Whether a cached message is the one we may have published. ntfy trims the ends of a text."""
    if line.get("event") != "message":
        return False
    words = (str(line.get("message", "")).strip(), line.get("title", ""), line.get("click", ""))
    equal = words == (sought["message"].strip(), sought["title"], sought.get("click", ""))
    if line.get("sequence_id") == sought["sequence_id"]:
        # Under one collapse key stand several messages of ours.
        return equal or not collapsed
    return equal and line.get("sequence_id") in (None, "", line["id"])
