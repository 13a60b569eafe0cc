"""A start without any file: an empty folder begins, a wrong one is refused."""

from __future__ import annotations

import re
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from tests.cli.school import running, typed


def test_an_empty_folder_starts_and_shows_the_way_in() -> None:
    with tempfile.TemporaryDirectory(prefix="school.") as made:
        (Path(made) / ".keep").touch()
        with running(Path(made)) as daemon:
            link = re.search(r"http://localhost:\d+/setup/\S+", daemon.log)
            assert link, daemon.log
            with urllib.request.urlopen(link[0].replace("localhost", "127.0.0.1")) as page:
                assert "The first administrator" in page.read().decode()
            assert daemon.stop() == 0
        site = yaml.safe_load((Path(made) / "site.yaml").read_text())
        with running(Path(made)) as again:
            assert "There is no administrator yet" in again.log, "a second start of it is not a first one"
        assert yaml.safe_load((Path(made) / "site.yaml").read_text()) == site


def test_a_folder_that_is_not_there_or_not_empty_is_refused_as_before(tmp_path: Path) -> None:
    assert typed("run", str(tmp_path / "nowhere")).code == 1
    (tmp_path / "photos").mkdir()
    said = typed("run", str(tmp_path))
    assert said.code == 1
    assert "settings" in said.err
    assert [one.name for one in tmp_path.iterdir()] == ["photos"], "nothing is written into somebody else's folder"


def test_faulty_files_are_still_refused_at_a_first_start(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("node: node1\nlisten: {address: 127.0.0.1:0}\n")
    (tmp_path / "site.yaml").write_text("site: x\nname: 5:\n")
    said = typed("run", str(tmp_path))
    assert said.code == 1
    assert "site.yaml:2" in said.err


def test_a_browser_at_an_unknown_address_sees_a_page_and_a_program_gets_a_problem() -> None:
    with tempfile.TemporaryDirectory(prefix="school.") as made, running(Path(made)) as daemon:
        for accept, kind in (("text/html,*/*;q=0.8", "text/html"), ("*/*", "application/problem+json")):
            asked = urllib.request.Request(f"{daemon.url}/no<i>thing", headers={"Accept": accept})
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(asked)
            with refused.value as answer:
                body = answer.read().decode()
            assert (answer.code, answer.headers.get_content_type()) == (404, kind)
            assert "<i>" not in body
            assert ("<h1>Nothing is here</h1>" in body) == (kind == "text/html")
