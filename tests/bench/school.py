"""Schools for benchmarks: as many people, doors and timers as a measurement needs, and nothing else."""

from __future__ import annotations

from pathlib import Path

SITE = """site: bench
name: Bench School
zones: [{{id: main, name: Main}}]
rooms: [{{id: r1, zone: main, name: Room 1}}]
doors: [{doors}]
buttons: [{{id: office, zone: main, playbook: all}}, {{id: doors, zone: main, playbook: doors}}]
accepted_gaps: [{{zone: main, accepted_by: Bench, until: 2099-01-01, reason: no speakers in a benchmark}}]
"""
DOOR = (
    '{{id: d{n}, number: {n}, zone: main, side: interior, driver: shelly_gen2, address: "{url}", egress: mechanical, '
    "sensed_by: {{input: 0}}}}"
)
NOTIFY = """playbook: all
title: Everybody
action: other
severity: extreme
steps:
  - id: everybody
    notify: {to: [group:everybody], by: [push], message: "{{site}}: {{action}} at {{time}}. Stay where you are. {{incident}}"}
all_clear:
  - id: over
    notify: {to: [group:office], by: [push], message: "{{site}}: {{action}} is over at {{time}}. Go on. {{incident}}"}
correction:
  - id: wrong
    notify: {to: [group:office], by: [push], message: "{{site}}: {{action}} was a mistake, {{time}}. Go on. {{incident}}"}
"""
DOORS = """playbook: doors
title: Doors
action: secure
severity: moderate
steps:
  - id: lock
    secure_doors: {doors: [all]}
all_clear:
  - id: over
    notify: {to: [group:office], by: [push], message: "{{site}}: {{action}} is over at {{time}}. Go on. {{incident}}"}
correction:
  - id: wrong
    notify: {to: [group:office], by: [push], message: "{{site}}: {{action}} was a mistake, {{time}}. Go on. {{incident}}"}
"""


def write_school(folder: Path, *, people: int, sink: str, rate: float | None, doors: list[str], window: int = 64) -> None:
    """A site with `people` to push to, `doors` (addresses of real sockets) and one push sender."""
    (folder / "playbooks").mkdir(parents=True)
    (folder / "contacts").mkdir()
    listed = ", ".join(DOOR.format(n=n, url=url) for n, url in enumerate(doors, 1))
    (folder / "site.yaml").write_text(SITE.format(doors=listed))
    (folder / "playbooks" / "all.yaml").write_text(NOTIFY)
    (folder / "playbooks" / "doors.yaml").write_text(DOORS)
    rows = ["id,name,site,room,roles,groups,language,on_site,sms,push,email,voice"]
    rows += [f"p{n},Person {n},bench,,staff,everybody,en,no,,topic-{n},," for n in range(people)]
    rows.append("office,Office,bench,r1,staff,office,en,yes,,topic-office,,")
    (folder / "contacts" / "people.csv").write_text("\n".join(rows) + "\n")
    limit = f", rate: {rate}" if rate else ""
    (folder / "settings.yaml").write_text(
        "listen: {address: 127.0.0.1:0}\nallow_addresses: [127.0.0.0/8]\nsenders:\n"
        f"  push: {{channel: ntfy, window: {window}{limit}, settings: {{url: '{sink}'}}}}\n"
    )
