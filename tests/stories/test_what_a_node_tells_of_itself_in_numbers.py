"""`/metrics`: true numbers, in the format, and nothing personal among them."""

import asyncio
import shutil
from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from notifier.console.operations import prometheus
from notifier.console.parts import Metric
from notifier.model.measured import MEASURED
from notifier.testing.story import Story, story

COUNTED_BY_THE_CONSOLE = {"live_streams"}
ONLY_WITH_TLS = {"certificate_expiry_timestamp_seconds"}
ONLY_AFTER_A_BACKUP = {"last_backup_timestamp_seconds"}


def told(campus: Story) -> dict[str, Metric]:
    return {metric.name: metric for metric in campus.daemon.metrics.told()}


def value(campus: Story, name: str, **labels: str) -> float:
    found = [number for said, number in told(campus)[name].samples if labels.items() <= dict(said).items()]
    assert found, f"{name} says nothing of {labels}"
    return sum(found)


async def test_a_node_tells_exactly_what_the_table_says() -> None:
    async with story() as campus:
        await campus.advance("40s")
        await campus.press("front-office")
        await campus.advance("30s")
        metrics = told(campus)
        assert set(metrics) == set(MEASURED) - COUNTED_BY_THE_CONSOLE - ONLY_WITH_TLS - ONLY_AFTER_A_BACKUP
        for name, metric in metrics.items():
            assert metric.kind == MEASURED[name].kind
            for labels, _ in metric.samples:
                assert set(labels) == set(MEASURED[name].labels), name


async def test_the_numbers_follow_a_response() -> None:
    async with story() as campus:
        await campus.advance("40s")
        before = value(campus, "commits_total")
        assert value(campus, "incidents_open") == 0
        await campus.press("front-office")
        await campus.advance("10s")
        assert value(campus, "incidents_open") == 1
        assert value(campus, "drills_open") == 0
        assert value(campus, "commits_total") > before
        assert value(campus, "doors", lock="secured") == len(campus.held.site.doors)
        assert value(campus, "doors_held") == len(campus.held.site.doors)
        assert value(campus, "deliveries_total", sender="sms", state="sent") == len(campus.sender("sms").sent())
        texts = len(campus.sender("sms").sent())
        assert value(campus, "deliveries_total", sender="sms", state="queued") == texts
        assert value(campus, "deliveries_total", sender="sms", state="delivered") == texts
        histogram = told(campus)["press_seconds"].histogram
        assert histogram is not None
        assert sum(histogram.counts) == 1


async def test_what_is_dark_is_counted() -> None:
    async with story() as campus:
        campus.door("d1").goes_dead()
        await campus.advance("60s")
        assert value(campus, "watched", kind="door", well="no") == 1
        assert value(campus, "troubles", kind="door", state="raised") == 1
        assert value(campus, "doors", lock="unknown") == 1


async def test_any_prometheus_can_read_it() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("40s")
        text = prometheus(campus.daemon.metrics.told())
        families: Mapping[str, str] = {each.name: each.type for each in text_string_to_metric_families(text)}
        assert families["notifier_press_seconds"] == "histogram"
        assert families["notifier_commits"] == "counter"
        for person in campus.held.people.values():
            for word in (person.name, *person.addresses.values()):
                assert word not in text


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here: apt-get install prometheus")
async def test_promtool_has_nothing_to_say_against_it() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("40s")
        text = prometheus(campus.daemon.metrics.told())
    asked = await asyncio.create_subprocess_exec(
        "promtool", "check", "metrics", stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(asked.communicate(text.encode()), 60)
    assert asked.returncode == 0, said.decode()
