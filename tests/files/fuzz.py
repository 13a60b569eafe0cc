"""Readers under a coverage-guided fuzzer: `make fuzz`, for as long as one likes. Needs `atheris`, which has wheels for
CPython on Linux; where it is missing this says so. The same readers meet hypothesis in `make test`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

try:
    import atheris
except ImportError:
    sys.exit("The fuzzer is not installed: .venv/bin/pip install --only-binary :all: atheris")

with atheris.instrument_imports():
    from notifier.errors import SetupError
    from notifier.files.importing.school import plan_for
    from notifier.files.settings_file import read_settings
    from tests.files.a_school import ADAPTERS, read, school

GOOD = school()
PATHS = ("playbooks/bad.yaml", "contacts/bad.yaml", "contacts/bad.csv", "site.yaml")


def one(raw: bytes) -> None:
    """The first byte chooses the reader; a fault is an answer, anything else that is raised is a find."""
    which, rest = (raw[0], raw[1:]) if raw else (0, b"")
    try:
        match which % 6:
            case 4:
                read_settings(rest, "settings.yaml", Path("nowhere"), ADAPTERS, {})
            case 5:
                plan_for(GOOD, "export", rest)
            case number:
                read({**GOOD, PATHS[number]: rest})
    except SetupError as refused:
        if not refused.faults:
            raise


def main(args: list[Any]) -> None:
    atheris.Setup(args, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
