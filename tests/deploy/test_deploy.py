"""What is shipped in `deploy/` is read by the programs it is for, where they are installed; else by us."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from notifier.cli.entry import parser
from tests.cli.certificate import certificate

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = [DEPLOY / "systemd" / "notifier.service", DEPLOY / "tunnel" / "notifier-tunnel.service"]


def needs(program: str, package: str) -> str:
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{program} is not installed; as root: apt-get install {package}")
    return found


def said_by(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)


def unit(path: Path) -> configparser.RawConfigParser:
    class Several(dict[str, Any]):
        """A key that stands twice means both."""

        def __setitem__(self, key: str, value: Any) -> None:
            if isinstance(value, list) and key in self:
                value = [*self[key], *value]
            super().__setitem__(key, value)

    read = configparser.RawConfigParser(dict_type=Several, strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]  # the way that the library offers
    read.read_string("\n".join(line for line in path.read_text().splitlines() if not line.startswith("#")))
    return read


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_reads_every_line_of_the_unit(path: Path, tmp_path: Path) -> None:
    program = needs("systemd-analyze", "systemd")
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", path.read_text(), flags=re.MULTILINE)
    for folder in re.findall(r"/etc/notifier/\S+", text):
        text = text.replace(folder, "/dev/null")
    (tmp_path / path.name).write_text(text)
    said = said_by(program, "verify", "--man=no", str(tmp_path / path.name))
    complaints = [line for line in said.stderr.splitlines() if path.name in line]
    assert complaints == [], said.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_the_unit_is_as_closed_as_we_say(path: Path) -> None:
    program = needs("systemd-analyze", "systemd")
    said = said_by(program, "security", "--offline=true", "--no-pager", str(path))
    level = re.search(r"exposure level for \S+: ([0-9.]+)", said.stdout)
    assert level is not None, said.stderr
    assert float(level[1]) <= 2.0


def test_the_unit_waits_for_ready_is_watched_and_comes_back() -> None:
    service = unit(UNITS[0])["Service"]
    assert service["Type"] == "notify"
    assert service["Restart"] == "always"
    assert "WatchdogSec" in service
    assert service["User"] == "notifier"
    assert "network-online" not in unit(UNITS[0])["Unit"]["After"]  # a school whose line is down can still be started


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*")), ids=lambda path: path.name)
def test_every_command_that_a_file_names_exists(path: Path) -> None:
    if not path.is_file():
        return
    commands = next(action for action in parser()._actions if action.dest == "command")
    known = set(commands.choices or ())
    named = re.findall(
        r"bin/notifier (\w+)|\"notifier\", \"(\w+)\"|\(notifier (\w+)\)", path.read_text(errors="replace")
    )
    for words in named:
        assert "".join(words) in known


def test_nginx_takes_its_example(tmp_path: Path) -> None:
    program = needs("nginx", "nginx-light")
    certificate(tmp_path, "alerts.example.org", days=9)
    text = (DEPLOY / "proxy" / "nginx.conf").read_text()
    text = text.replace("/etc/notifier/tls", str(tmp_path))
    text = text.replace("/var/log/nginx", str(tmp_path))
    (tmp_path / "site.conf").write_text(text)
    whole = f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ include {tmp_path}/site.conf; }}"
    (tmp_path / "nginx.conf").write_text(whole)
    said = said_by(program, "-t", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path))
    assert said.returncode == 0, said.stderr
    assert "[warn]" not in said.stderr


def test_caddy_takes_its_example() -> None:
    program = needs("caddy", "caddy")
    path = DEPLOY / "proxy" / "Caddyfile"
    said = said_by(program, "adapt", "--config", str(path), "--adapter", "caddyfile", "--validate")
    assert said.returncode == 0, said.stderr
    assert said_by(program, "fmt", str(path)).stdout == path.read_text()


def test_no_proxy_example_logs_a_secret_or_sends_a_press_twice() -> None:
    nginx = (DEPLOY / "proxy" / "nginx.conf").read_text()
    assert "$request_uri" not in nginx.split("log_format", 1)[1].split(";", 1)[0]
    assert "$request " not in nginx
    assert "proxy_next_upstream off" in nginx
    caddy = (DEPLOY / "proxy" / "Caddyfile").read_text()
    assert "request>uri delete" in caddy
    for text in (nginx, caddy):
        assert "X-Forwarded-For" in text
        assert "$proxy_add_x_forwarded_for" not in text


def test_the_containers_of_compose_are_closed_and_watched() -> None:
    whole = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text())
    node, database = whole["services"]["node"], whole["services"]["database"]
    assert node["read_only"] is True
    assert node["cap_drop"] == ["ALL"]
    assert node["depends_on"]["database"]["condition"] == "service_healthy"
    assert "healthcheck" in database
    assert "POSTGRES_PASSWORD" not in database["environment"]  # a file holds it
    assert (DEPLOY / "container" / node["build"]["context"]).resolve() == ROOT
    assert (ROOT / node["build"]["dockerfile"]).is_file()
    assert {volume.split(":")[0] for volume in database["volumes"]} <= set(whole["volumes"])
    assert set(database["secrets"]) <= set(whole["secrets"])


def test_the_container_runs_as_an_ordinary_user_and_is_asked_whether_it_is_ready() -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith("#")]
    last = text.rindex("\nFROM ")
    assert "\nUSER notifier\n" in text[last:]
    words = [word for word, _ in lines]
    assert words.count("HEALTHCHECK") == 1
    assert {"ENTRYPOINT", "CMD", "USER"} <= set(words)
    for word, rest in lines:
        if word == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
    assert "--require-hashes" in text
