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
ENDINGS = """all_clear:
  - id: over
    notify: {to: [group:office], by: [push], message: "{{site}}: {{action}} is over at {{time}}. Go on. {{incident}}"}
correction:
  - id: wrong
    notify: {to: [group:office], by: [push], message: "{{site}}: {{action}} was a mistake. Go on. {{incident}}"}
"""
DOORS = f"""playbook: doors
title: Doors
action: secure
severity: moderate
steps:
  - id: lock
    secure_doors: {{doors: [all]}}
{ENDINGS}"""


def everybody(*, to: str = "everybody", by: str = "push", answers: str = "", levels: int = 0) -> str:
    """The playbook of the button `office`: one message to a group. `answers`: what it asks for; whoever answers is sent
    nothing more. `levels`: how often it may be escalated, each time to the office."""
    level = '        - {wait: 170s, to: [group:office], by: [push], message: "{{site}}: no answer. {{incident}}"}\n'
    acknowledge = "    acknowledge:\n      need: all\n      escalate:\n" + level * levels if levels else ""
    asks = f"      answers: [{answers}]\n" if answers else ""
    return f"""playbook: all
title: Everybody
action: other
severity: extreme
steps:
  - id: everybody
    notify:
      to: [group:{to}]
      by: [{by}]
      message: "{{{{site}}}}: {{{{action}}}} at {{{{time}}}}. Stay where you are. {{{{incident}}}}"
{asks}{acknowledge}{ENDINGS}"""


def write_school(
    folder: Path,
    *,
    people: int,
    sink: str,
    rate: float | None,
    doors: list[str],
    window: int = 64,
    playbook: str = "",
    sms: str = "",
) -> None:
    """A site with `people` to push to, `doors` (addresses of real sockets) and one push sender.

    `playbook`: that of the button `office`. `sms`: one line of settings for a sender of texts; then everybody
    has a number.
    """
    (folder / "playbooks").mkdir(parents=True)
    (folder / "contacts").mkdir()
    listed = ", ".join(DOOR.format(n=n, url=url) for n, url in enumerate(doors, 1))
    (folder / "site.yaml").write_text(SITE.format(doors=listed))
    (folder / "playbooks" / "all.yaml").write_text(playbook or everybody())
    (folder / "playbooks" / "doors.yaml").write_text(DOORS)
    rows = ["id,name,site,room,roles,groups,language,on_site,sms,push,email,voice"]
    number = "+1555{:07}" if sms else ""
    rows += [f"p{n},Person {n},bench,,staff,everybody,en,no,{number.format(n)},topic-{n},," for n in range(people)]
    rows.append("office,Office,bench,r1,staff,office,en,yes,,topic-office,,")
    (folder / "contacts" / "people.csv").write_text("\n".join(rows) + "\n")
    limit = f", rate: {rate}" if rate else ""
    (folder / "settings.yaml").write_text(
        "listen: {address: 127.0.0.1:0}\nallow_addresses: [127.0.0.0/8]\nsenders:\n"
        f"  push: {{channel: ntfy, window: {window}{limit}, settings: {{url: '{sink}'}}}}\n"
        + (f"  sms: {sms}\n" if sms else "")
    )
