"""Files to what the engine holds: checked when they are published, trusted when they were published before."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

from notifier import adapters
from notifier.engine.held import Held
from notifier.errors import SetupError
from notifier.files.device_secrets import site_with_secrets
from notifier.files.load import Loaded, load, read_again
from notifier.model.people import Person
from notifier.model.settings import NodeSettings

log = logging.getLogger(__name__)


class PublishedSets:
    def __init__(self, folder: Path, state: Path, settings: NodeSettings) -> None:
        self._folder, self._state, self._settings = folder, state, settings
        self._read: tuple[dict[str, bytes], Loaded] | None = None

    def use(self, settings: NodeSettings) -> None:
        """Check against other settings from now on: those that the next start will have."""
        self._settings, self._read = settings, None

    @property
    def settings(self) -> NodeSettings:
        """What files are checked against."""
        return self._settings

    def remembers(self, files: Mapping[str, bytes]) -> bool:
        """Whether these were the last ones to be loaded."""
        return self._read is not None and self._read[0] == files

    def load(self, files: Mapping[str, bytes]) -> Loaded:
        """As `files.load`; the last set is remembered, for a start asks again and 100,000 people take seconds."""
        if self._read is None or self._read[0] != files:
            self._read = None  # the one before must not stand in memory beside the new one
            self._read = (
                dict(files),
                load(
                    files,
                    adapters.Installed(),
                    self._settings.senders,
                    allow_addresses=self._settings.allow_addresses,
                ),
            )
        return self._read[1]

    def as_published(self, files: Mapping[str, bytes], version: int) -> Held:
        """What was published once runs, whatever is said of it now."""
        return self._held(self.load(files), files, version)

    def checked(self, files: Mapping[str, bytes], version: int) -> Held:
        """Check a set of files; raises SetupError with every error."""
        loaded = self.load(files)
        if loaded.errors:
            raise SetupError(loaded.errors)
        return self._held(loaded, files, version)

    def with_people(self, files: Mapping[str, bytes], people: Mapping[str, Person], version: int) -> Held:
        """A set that was checked elsewhere, where its people were read as well."""
        self._read = None
        return self._held(read_again(files, people), files, version)

    def _held(self, loaded: Loaded, files: Mapping[str, bytes], version: int) -> Held:
        site, faults = site_with_secrets(loaded.site, adapters.Installed(), self._folder)
        for fault in faults:
            log.warning("%s", fault)
        return Held(version, site, loaded.people, loaded.playbooks, self._recordings(files))

    def _recordings(self, files: Mapping[str, bytes]) -> dict[str, str]:
        """Recorded voices as files of this node, named by their content."""
        folder = self._state / "recordings"
        found = {}
        for path, body in files.items():
            if path.endswith(".wav"):
                folder.mkdir(parents=True, exist_ok=True)
                kept = folder / f"{hashlib.sha256(body).hexdigest()[:32]}.wav"
                if not kept.exists():
                    kept.write_bytes(body)
                found[path] = str(kept)
        return found
