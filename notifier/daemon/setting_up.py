"""What the pages of the first hour do to a node that began in an empty folder: notes, mail, certificate, publication.

It touches only what it wrote itself: once somebody has changed a file by hand or published by another way, the files
are theirs, and these pages say so.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from notifier import adapters
from notifier.errors import AdapterError, Refused
from notifier.files.beginning import NOT_SET_UP, beginning_files, settings_text
from notifier.files.folder import read_folder, write_folder
from notifier.files.publishing import sha_of
from notifier.files.settings_file import read_settings
from notifier.interfaces import Outcome
from notifier.model.delivery import Purpose
from notifier.model.message import Message
from notifier.model.rights import Caller

if TYPE_CHECKING:
    from notifier.daemon.wiring import Daemon

log = logging.getLogger(__name__)

NOTES = "first-hour.json"
SETTINGS = "settings.yaml"
PASSWORD = "mail.password"  # noqa: S105 a file's name
CERTIFICATES = "tls"
MAIL = "smtp_email"
LEAVE = 0.3  # seconds for the answer to leave before the listeners close
THEIRS = "{path} was changed by another way, so these pages leave all files alone. Go on with the other pages."


class SetUp:
    """See `notifier.console.parts.SettingUp`."""

    def __init__(self, daemon: Daemon, site: str) -> None:
        self._daemon, self.site = daemon, site
        self._folder, self._state = daemon.folder, daemon.state
        if not (self._folder / CERTIFICATES).exists():
            return
        from notifier.access.certificates import renewed  # a start without certificates needs none of X.509

        try:
            renewed(self._folder / CERTIFICATES, daemon.clock.wall())
        except (OSError, Refused) as error:  # supervision sees its end coming; a start never fails for it
            log.warning("the certificate cannot be made anew: %s", error)

    def begun(self) -> bool:
        return (self._state / NOTES).exists() or self._daemon.engine.desk.held.site.name == NOT_SET_UP

    def notes(self) -> dict[str, Any]:
        try:
            found = json.loads((self._state / NOTES).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def keep(self, notes: Mapping[str, Any]) -> None:
        _write(self._state / NOTES, json.dumps(notes, ensure_ascii=False, indent=1).encode("utf-8", "replace"))

    async def try_mail(self, settings: Mapping[str, Any], to: str) -> tuple[bool, str]:
        kind = adapters.channel(MAIL)
        if settings.get("password"):
            _write(self._folder / PASSWORD, str(settings["password"]).encode())
        try:
            made = kind.Settings.model_validate(_mail(settings, self._password()))
        except ValidationError as error:
            raise Refused(" ".join(_said(one) for one in error.errors(include_input=False)), 422) from None
        channel = kind("trial", made, self._daemon.tools)
        await channel.open()
        try:
            health = await channel.check()
            if not health.well or not to:
                return health.well, health.text
            name = str(self.notes().get("answers", {}).get("school", {}).get("name") or self.site)
            text = (
                f"This mail tells that {name} can send mail by notifier. Nothing has happened, nothing is asked of you."
            )
            await channel.send(
                to, Message(f"{name}: mail works", text, "en", Purpose.ROUTINE, False), secrets.token_hex(8)
            )
        except AdapterError as error:
            return False, str(error)
        finally:
            await channel.close()
        return True, f"The mail server took a mail to {to}. Look whether it has arrived."

    def make_certificate(self, host: str) -> Mapping[str, str]:
        from cryptography import x509

        from notifier.access.certificates import certify, fingerprint, host_of

        made = certify(self._folder / CERTIFICATES, self._name(), host_of(host), self._daemon.clock.wall())
        ours = x509.load_pem_x509_certificate(self.authority())
        return {
            "authority": fingerprint(ours),
            "fingerprint": fingerprint(made),
            "ends": made.not_valid_after_utc.isoformat(),
        }

    def authority(self) -> bytes:
        from notifier.access.certificates import CA

        try:
            return (self._folder / CERTIFICATES / CA).read_bytes()
        except OSError:
            return b""

    async def apply(
        self, files: Mapping[str, bytes], mail: Mapping[str, Any] | None, host: str, caller: Caller
    ) -> Outcome:
        from notifier.access.certificates import SERVER

        daemon = self._daemon
        if daemon.engine.desk.incidents:
            raise Refused("Something is going on now. Set it up when that has ended.", 409)
        written = self._ours()
        text = settings_text(self._address(host), tls=bool(host), mail=_mail_lines(mail) if mail else "").encode()
        if host and not (self._folder / CERTIFICATES / SERVER).exists():
            raise Refused("There is no certificate for this address yet: make it first.", 409)
        settings = read_settings(text, SETTINGS, self._folder, adapters.Installed())
        daemon.sets.use(settings)
        try:
            # The record first: files that are not published are a trouble, a publication without files is none.
            outcome = await daemon.commands.publish(files, "the first hour", caller)
            if not outcome.done:  # these pages write files and settings together, which cannot wait for somebody
                raise Refused("Publishing takes two people here: use the pages Playbooks, People and Site.", 409)
        except BaseException:
            daemon.sets.use(daemon.settings)
            raise
        for path in sorted(set(written) - set(files) - {SETTINGS}):
            (self._folder / path).unlink(missing_ok=True)
        write_folder(self._folder, {**files, SETTINGS: text}, overwrite=True)
        self.keep({**self.notes(), "wrote": {path: sha_of(raw) for path, raw in {**files, SETTINGS: text}.items()}})
        daemon.engine.spawn(self._again())
        return outcome

    async def _again(self) -> None:
        await self._daemon.clock.sleep(LEAVE)
        self._daemon.again.set()

    def _ours(self) -> Mapping[str, str]:
        """What these pages wrote last, path to sha256. Raises Refused if anything of it has changed since."""
        listening = self._daemon.settings.listen.address
        first = beginning_files(self._folder.name, listening)
        wrote = self.notes().get("wrote") or {path: sha_of(raw) for path, raw in first.items()}
        here = {**read_folder(self._folder), SETTINGS: (self._folder / SETTINGS).read_bytes()}
        published = self._daemon.views.published_files(None)["files"]
        for path in sorted({*here, *wrote, *published}):
            if path not in here or sha_of(here[path]) != wrote.get(path):
                raise Refused(THEIRS.format(path=path), 409)
            if path != SETTINGS and sha_of(published.get(path, "").encode()) != wrote[path]:
                raise Refused(THEIRS.format(path=f"What is published ({path})"), 409)
        return dict(wrote)

    def _name(self) -> str:
        return str(self.notes().get("answers", {}).get("school", {}).get("name") or self.site)

    def _password(self) -> str:
        try:
            return (self._folder / PASSWORD).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return ""

    def _address(self, host: str) -> str:
        """Where to listen: for the whole network once there is a certificate."""
        port = self._daemon.settings.listen.address.rpartition(":")[2]
        return f"0.0.0.0:{port}" if host else f"127.0.0.1:{port}"


def _mail(settings: Mapping[str, Any], password: str) -> dict[str, Any]:
    words = ("host", "port", "tls", "user", "from_address", "from_name")
    found = {name: settings[name] for name in words if settings.get(name) not in (None, "")}
    return {**found, "password": password} if password and found.get("user") else found


def _mail_lines(settings: Mapping[str, Any]) -> str:
    said = _mail(settings, "")
    if said.get("user"):
        said["password"] = f"file:{PASSWORD}"
    lines = "".join(f"      {name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in said.items())
    return f"  email:\n    channel: {MAIL}\n    uplink: internet\n    settings:\n{lines}"


def _said(error: Any) -> str:
    place = ".".join(str(one) for one in error["loc"])
    return f"{place + ': ' if place else ''}{str(error['msg']).removeprefix('Value error, ')}."


def _write(path: Path, raw: bytes) -> None:
    """Readable by its owner only: it holds people's addresses or a password."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
