"""Wheels of this program and of invented later versions, installed as a technician does; no index is asked."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import site
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def build(into: Path) -> Path:
    """The wheel of the sources as they are, built from a copy."""
    source = into / "source"
    source.mkdir(parents=True)
    shutil.copytree(ROOT / "notifier", source / "notifier", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index")
    subprocess.run((*pip, "--wheel-dir", str(into), str(source)), check=True, capture_output=True)
    (wheel,) = into.glob("lockdown_notifier-*.whl")
    return wheel


def later(wheel: Path, version: str, changed: Mapping[str, bytes]) -> Path:
    """The same with another version's number and some files changed or added."""
    old = wheel.name.split("-")[1]
    made = wheel.with_name(wheel.name.replace(old, version, 1))
    info = f"lockdown_notifier-{version}.dist-info"
    lines = []
    with zipfile.ZipFile(wheel) as read, zipfile.ZipFile(made, "w") as written:
        bodies = {name: read.read(name) for name in read.namelist() if not name.endswith("/RECORD")} | dict(changed)
        for name, content in bodies.items():
            to = re.sub(r"lockdown_notifier-[^/]+\.dist-info", info, name)
            body = content
            if to == f"{info}/METADATA":
                body = content.replace(f"\nVersion: {old}\n".encode(), f"\nVersion: {version}\n".encode())
            written.writestr(to, body)
            digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
            lines.append(f"{to},sha256={digest},{len(body)}")
        lines.append(f"{info}/RECORD,,")
        written.writestr(f"{info}/RECORD", "\n".join(lines) + "\n")
    return made


def needed(into: Path) -> Path:
    """A folder with everything that is installed here but this program: what an index would have given."""
    into.mkdir()
    for folder in site.getsitepackages():
        for path in Path(folder).iterdir():
            if not re.match(r"lockdown_notifier|__editable__|__pycache__|.*\.pth$|pip(-|$)", path.name):
                (into / path.name).symlink_to(path)
    return into


def environ(packages: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "NOTIFIER"))}
    return {**kept, "PYTHONPATH": str(packages), "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"}


def install(wheel: Path, folder: Path) -> Path:
    """The wheel in a virtual environment of its own; returns its command."""
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", str(folder)), check=True)
    pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet", "--no-deps")
    subprocess.run((*pip, "--no-index", str(wheel)), check=True, capture_output=True)
    return folder / "bin" / "notifier"
