"""The demo school's devices have no address until its virtual campus listens somewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping

from notifier.errors import Fault, SetupError

_PLACE = re.compile(r"\$\{campus:([a-z0-9_-]+)(?:\|([^}\n]*))?\}")


def fill_campus(files: Mapping[str, bytes], addresses: Mapping[str, str]) -> dict[str, bytes]:
    """`files` with each `${campus:ID}` replaced by `addresses[ID]`, or by what stands after `|` if that is missing.

    Raises SetupError naming every ID that has neither.
    """
    faults: list[Fault] = []
    filled: dict[str, bytes] = {}
    for path, raw in files.items():
        if b"${campus:" not in raw:
            filled[path] = raw
            continue
        lines = []
        for number, line in enumerate(raw.decode().split("\n"), 1):
            for found in _PLACE.finditer(line):
                if found[1] not in addresses and found[2] is None:
                    why = f"The virtual campus has no device `{found[1]}`."
                    faults.append(Fault(path, number, found.start() + 1, why))
            lines.append(_PLACE.sub(lambda found: addresses.get(found[1], found[2] or ""), line))
        filled[path] = "\n".join(lines).encode()
    if faults:
        raise SetupError(faults)
    return filled
