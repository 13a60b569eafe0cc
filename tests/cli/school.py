"""A school as a technician has it: made by `init`, run by `run` in a process of its own, asked by commands."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notifier.cli import main

SECRETS = {"NTFY_TOKEN": "tk-of-this-test", "TWILIO_AUTH_TOKEN": "auth-of-this-test"}
READY = re.compile(r"ready: (?P<url>http://\S+) \(control socket (?P<socket>\S+)\)")


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@contextmanager
def new_school(*playbooks: str) -> Iterator[Path]:
    """A folder made by `init`, with its secrets in place; `playbooks` keeps these only, so that it starts sooner.

    Not below pytest's own folder, whose long names leave no room for a socket's path.
    """
    with tempfile.TemporaryDirectory(prefix="school.") as made:
        folder = Path(made) / "s"
        assert main(["init", str(folder), "--name", "Maple Wood"]) == 0
        change(folder / "settings.yaml", "127.0.0.1:8470", "127.0.0.1:0")
        (folder / "mail.password").write_text("mail-of-this-test\n")
        for path in (folder / "playbooks").iterdir():
            if playbooks and path.stem not in playbooks:
                path.unlink()
        yield folder


@contextmanager
def copy_of(school: Path) -> Iterator[Path]:
    """Another folder with the same files, state included: a school of its own that has run before."""
    with tempfile.TemporaryDirectory(prefix="school.") as made:
        yield shutil.copytree(school, Path(made) / "s")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


class Running:
    """A daemon in a process of its own, ready to be pressed."""

    def __init__(self, folder: Path, environ: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._log = (folder / ".log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "notifier", "run", str(folder)],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, **(SECRETS if environ is None else environ)},
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()  # waits until it is ready, or has ended
        found = READY.fullmatch(said.strip())
        if found is None:
            self.stop()
            raise AssertionError(f"not ready: {said!r}\n{self.log}")
        self.url, self.socket = found["url"], Path(found["socket"])

    @property
    def log(self) -> str:
        return (self.folder / ".log").read_text()

    def stop(self) -> int:
        """Ask it to end as a service manager does; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        assert self.process.stdout is not None
        self.process.stdout.close()
        code = self.process.wait(20)
        self._log.close()
        return code


@contextmanager
def running(folder: Path, environ: dict[str, str] | None = None) -> Iterator[Running]:
    daemon = Running(folder, environ)
    try:
        yield daemon
    finally:
        daemon.stop()


def typed(*words: str, environ: dict[str, str] | None = None) -> Said:
    """A command in a process of its own, as a person types it."""
    done = subprocess.run(
        [sys.executable, "-m", "notifier", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environ or {})},
    )
    return Said(done.returncode, done.stdout, done.stderr)


class Desk:
    """Commands to one daemon, run in this process, as somebody."""

    def __init__(self, folder: Path, capsys: Any, tmp_path: Path) -> None:
        self.folder, self._capsys, self._tmp = folder, capsys, tmp_path
        self.tokens: dict[str, str] = {}

    def __call__(self, *words: str, by: str | None = None) -> Said:
        """`by`: a person that `enter` has made; else the user who owns the daemon."""
        if by is not None:
            words = (*words, "--token-file", self.tokens[by])
        return self.say(*words, "--dir", str(self.folder))

    def say(self, *words: str) -> Said:
        self._capsys.readouterr()
        code = main(words)
        read = self._capsys.readouterr()
        return Said(code, read.out, read.err)

    def enter(self, person: str, rights: str) -> None:
        made = self("user", "add", person, "--rights", rights, "--json").json
        file = self._tmp / f"{person}.token"
        file.write_text(made["token"])
        self.tokens[person] = str(file)


def sentences(text: str) -> Sequence[str]:
    """The lines of what was said to a person; fails if one is a stack trace."""
    assert "Traceback" not in text, text[-4000:]
    assert 'File "' not in text, text[-4000:]
    return text.strip().splitlines()
