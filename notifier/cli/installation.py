"""Where versions of the program lie: a folder each, and a link `current` that says which one runs.

    /opt/notifier/versions/0.1.0/bin/notifier
    /opt/notifier/current -> versions/0.1.0

A version is never changed once it is there, so going back is one rename of a link.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notifier.errors import NotifierError

WHEEL = re.compile(r"lockdown_notifier-(?P<version>[0-9][A-Za-z0-9.+!_]*)-py3-none-any\.whl")
JOURNAL = "upgrade.json"
WHOLE = ".whole"
"""A file in a version's folder once everything is in it."""


class UpgradeError(NotifierError):
    """An upgrade that was not done; the sentence says what runs now."""


@dataclass(frozen=True, slots=True)
class Installation:
    root: Path
    running: str
    """The version whose command this is."""

    @classmethod
    def here(cls, prefix: str = sys.prefix) -> Installation:
        """Raises UpgradeError if this program was installed in another way."""
        own = Path(prefix).resolve()
        root = own.parent.parent
        if own.parent.name != "versions" or not (root / "current").is_symlink():
            text = (
                f"This program is in {own}, and only one in …/versions/VERSION with a link …/current can be upgraded."
            )
            raise UpgradeError(f"{text} See docs/how_to/upgrade.md; nothing was done.")
        return cls(root, own.name)

    @property
    def current(self) -> str:
        return (self.root / "current").readlink().name

    def program(self, version: str) -> Path:
        return self.folder(version) / "bin" / "notifier"

    def folder(self, version: str) -> Path:
        return self.root / "versions" / version

    def switch(self, version: str) -> None:
        """One rename: at every moment `current` leads to a whole version."""
        fresh = self.root / ".current.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(Path("versions") / version)
        fresh.replace(self.root / "current")

    def install(self, wheel: Path, requirements: Path | None) -> str:
        """Put the wheel into a folder of its own; returns its version. Raises UpgradeError."""
        found = WHEEL.fullmatch(wheel.name)
        if found is None or not wheel.is_file():
            raise UpgradeError(f"{wheel} is no wheel of notifier. Name a file lockdown_notifier-…-py3-none-any.whl.")
        version = found["version"]
        folder = self.folder(version)
        if version == self.current:
            raise UpgradeError(f"Version {version} is what runs already. Nothing was done.")
        if (folder / WHOLE).exists():
            return version
        shutil.rmtree(folder, ignore_errors=True)  # of an upgrade that was broken off here
        python = str(folder / "bin" / "python")
        pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        self._said(sys.executable, "-m", "venv", str(folder))
        if requirements is not None:
            self._said(*pip, "--require-hashes", "--requirement", str(requirements))
            self._said(*pip, "--no-deps", str(wheel))
        else:
            self._said(*pip, str(wheel))
        self._said(str(self.program(version)), "--help")
        (folder / WHOLE).touch()
        return version

    def _said(self, *words: str) -> None:
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 -- words of ours and the technician's
        if done.returncode:
            why = (done.stderr.strip() or done.stdout.strip() or "it says nothing").splitlines()[-1]
            raise UpgradeError(f"The new version could not be installed: {why}. What ran before runs on.")

    def ask(self, version: str, *words: str, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
        """A command of that version: its exit code and what it said."""
        line: Sequence[str] = (str(self.program(version)), *words)
        done = subprocess.run(  # noqa: S603 -- a program of ours
            line, capture_output=True, text=True, check=False, env={**os.environ, **(environ or {})}
        )
        return done.returncode, (done.stderr.strip() or done.stdout.strip())

    # ------------------------------------------------------------------------------- what is under way, if it breaks

    def begun(self) -> dict[str, str] | None:
        try:
            said: dict[str, str] = json.loads((self.root / JOURNAL).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return said

    def begin(self, said: Mapping[str, str]) -> None:
        fresh = self.root / f"{JOURNAL}.new"
        fresh.write_text(json.dumps(said), encoding="utf-8")
        fresh.replace(self.root / JOURNAL)

    def end(self) -> None:
        (self.root / JOURNAL).unlink(missing_ok=True)
