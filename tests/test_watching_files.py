"""The Grafana board and the alert rules in deploy/ speak only of numbers that a node tells."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from notifier.model.measured import MEASURED, PREFIX, MetricKind

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
RULES = DEPLOY / "prometheus/alerts.yaml"
BOARD = DEPLOY / "grafana/notifier.json"
NAME = re.compile(rf"\b{PREFIX}[a-z_]+")
LABELS = re.compile(rf"\b{PREFIX}([a-z_]+)\{{([^}}]*)\}}")
OF_PROMETHEUS = {"instance", "job", "le"}


def known() -> set[str]:
    names = set()
    for each in MEASURED.values():
        if each.kind is MetricKind.HISTOGRAM:
            names |= {f"{PREFIX}{each.name}_{end}" for end in ("bucket", "sum", "count")}
        else:
            names.add(f"{PREFIX}{each.name}")
    return names


def alerts() -> list[dict[str, Any]]:
    (group,) = YAML(typ="safe").load(RULES.read_text())["groups"]
    return list(group["rules"])


def expressions() -> list[str]:
    panels = json.loads(BOARD.read_text())["panels"]
    return [rule["expr"] for rule in alerts()] + [target["expr"] for panel in panels for target in panel["targets"]]


def test_every_number_they_ask_for_exists() -> None:
    asked = {name for expression in expressions() for name in NAME.findall(expression)}
    assert asked
    assert asked <= known()


def test_every_label_they_choose_by_exists() -> None:
    for expression in expressions():
        for name, chosen in LABELS.findall(expression):
            labels = set(re.findall(r"([a-z_]+)\s*[=!]", chosen)) - OF_PROMETHEUS
            assert labels <= set(MEASURED[name.removesuffix("_bucket")].labels), expression


def test_the_board_shows_every_number() -> None:
    asked = {name for panel in json.loads(BOARD.read_text())["panels"] for each in panel["targets"]
             for name in NAME.findall(each["expr"])}  # fmt: skip
    shown = {name.removeprefix(PREFIX).removesuffix("_bucket") for name in asked}
    assert set(MEASURED) - shown == set()


def test_every_alert_says_what_to_do_and_whom_it_wakes() -> None:
    for rule in alerts():
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["annotations"]["description"], rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here: apt-get install prometheus")
def test_prometheus_understands_the_rules() -> None:
    said = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
