"""What every test shares: how hypothesis looks for examples, and what each suite has cost against its budget."""

import os
from collections import defaultdict

import pytest
from hypothesis import settings

# Property tests share two cores with everything else, so one slow example proves nothing.
settings.register_profile("desk", deadline=None)
# Whoever lands a change must not fail over an example that nobody can get back.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

# Seconds that a suite's tests may take, added up over the workers; with lint and types a run stays under 25 minutes.
BUDGETS = {"unit": 180, "stories": 360, "recovery": 300, "console": 1300, "nodes": 360}
LONGEST_FIRST = ("console", "stories", "recovery", "channels", "deploy", "doors", "cli")
"""Files go to the workers whole, in this order: a long one that begins last would leave the other worker idle."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {suite: place for place, suite in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.parent.name, len(ranks)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    spent: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                parts = report.nodeid.split("::")[0].split("/")
                spent[parts[1] if len(parts) > 2 else "house"] += report.duration
    for suite, seconds in sorted(spent.items()):
        budget = BUDGETS.get(suite)
        limit = f" of {budget} s{' OVER BUDGET' if seconds > budget else ''}" if budget else " s"
        terminalreporter.write_line(f"{suite:<12} {seconds:7.1f}{limit}")
