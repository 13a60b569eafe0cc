"""Cameras that hand out a picture over HTTP: what is the same for all of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from notifier.errors import OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import CameraDriver, Still, Tools
from notifier.model.looks import LookRules
from notifier.model.picture import LONGEST_PICTURE, NotAPicture, read_jpeg
from notifier.model.settings import Secret
from notifier.model.site import Camera
from notifier.model.words import Duration, Written
from notifier.wire.device_settings import WebSettings, read_settings
from notifier.wire.web_device import Login, Reply, Scheme, WebDevice, WebNetwork


class Looks(Written):
    """What every camera may have under `settings:`, however its picture comes."""

    frozen_after: Duration = Field(default=20.0, ge=5, le=3600)
    """The very same bytes for so long are a frozen picture. Longer for a source that renews its picture seldom."""
    may_be_blank: bool = False
    """For a camera that truly sees nothing at night: one colour all over is then no trouble."""
    oldest: Duration = Field(default=60.0, ge=5, le=86_400)
    """How old a picture may be by the camera's own word, where it says when it was taken."""


class LookSettings(Looks, WebSettings):
    """And of those whose picture comes by HTTP."""

    reply_limit: Duration = Field(default=6.0, gt=0, le=8)
    """Seconds for the whole picture. A look of supervision has 10 s, and a still is a second's work for a camera."""


def rules_of(settings: Looks) -> LookRules:
    return LookRules(settings.frozen_after, settings.may_be_blank, settings.oldest)


def still_of(name: str, jpeg: bytes, taken_at: datetime | None = None) -> Still:
    """What `name` sent, as a whole picture; raises TryAgain for one that was cut short, else WillNotWork."""
    try:
        return Still(jpeg, read_jpeg(jpeg), taken_at)
    except NotAPicture as fault:
        if fault.cut:
            raise TryAgain(f"{name} sent {fault}.") from None
        raise WillNotWork(f"{name} sent {fault}.", Reason.NOT_SUPPORTED) from None


class WebCamera(CameraDriver):
    """A picture by HTTP. A driver says where it is and how one logs in."""

    called: ClassVar[str]
    """What a technician calls it: "Axis camera"."""

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._network = WebNetwork(tools.allow_addresses, self.called)

    async def close(self) -> None:
        await self._network.close()

    def rules(self, camera: Camera) -> LookRules:
        return rules_of(read_settings(self.Settings, camera.settings))

    async def still(self, camera: Camera) -> Still:
        settings = read_settings(self.Settings, camera.settings)
        device = self._network.device(self.login(camera, settings))
        try:
            return await device.ask(f"{camera.id} {settings!r}", lambda: self.picture(device, settings))
        except OutcomeUnknown as silence:
            raise TryAgain(str(silence)) from None  # a picture that did not come changes nothing

    @abstractmethod
    def login(self, camera: Camera, settings: Any) -> Login:
        """How to speak to it; `login_of_camera` makes one."""

    @abstractmethod
    async def picture(self, device: WebDevice, settings: Any) -> Still:
        """One picture; raises AdapterError."""


def login_of_camera(
    camera: Camera, settings: LookSettings, scheme: Scheme, user: str, password: str | None, unit: str = ""
) -> Login:
    return Login(
        camera.address, scheme, user, plain(password) or None, settings.connect_limit, settings.reply_limit,
        settings.fingerprint, unit, LONGEST_PICTURE,
    )  # fmt: skip


def plain(secret: str | None) -> str:
    """The secret itself, for the wire only."""
    return secret.reveal() if isinstance(secret, Secret) else secret or ""


def in_a_query(text: str) -> str:
    """`text` as it may stand in a path or a query."""
    return quote(text, safe="")


async def fetched(device: WebDevice, path: str, time_header: str | None = None) -> Still:
    """The JPEG at `path`; raises AdapterError."""
    reply = await device.exchange("GET", path, headers={"Accept": "image/jpeg, */*;q=0.1"})
    if reply.status != 200:
        raise device.refusal(reply.status, "give a picture")
    return still_of(device.name, reply.body, taken_at(reply, time_header))


def taken_at(reply: Reply, header: str | None) -> datetime | None:
    """When the picture was taken, by a header of the answer: Unix seconds, ISO 8601 or an HTTP date; None: not said."""
    written = _in_any_case(reply.headers, header) if header else ""
    try:
        return datetime.fromtimestamp(float(written), UTC)
    except (ValueError, OverflowError, OSError):
        pass
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            told = read(written)
        except (ValueError, TypeError):
            continue
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    return None


def _in_any_case(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "").strip()
