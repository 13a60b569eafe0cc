"""`python -m notifier` is the same as the command `notifier`."""

from __future__ import annotations

import sys


def main() -> int:
    from notifier.cli import main as run_command

    return run_command()


if __name__ == "__main__":
    sys.exit(main())
