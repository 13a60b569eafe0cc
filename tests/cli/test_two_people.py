"""Publishing typed by two: the first is told that it waits, the second sees what changes before they decide."""

from pathlib import Path

import pytest

from tests.cli.school import Desk, new_school, running


def test_one_publishes_another_looks_and_lets_it_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with new_school("lockdown") as folder:
        site, lockdown = folder / "site.yaml", folder / "playbooks/lockdown.yaml"
        site.write_text(site.read_text() + "\ntwo_people: {publish: true}\n")
        desk = Desk(folder, capsys, tmp_path)
        with running(folder):
            desk.enter("Ada Byron", "administrator")
            desk.enter("Bo Chen", "administrator")
            lockdown.write_text(lockdown.read_text().replace("title: Lockdown", "title: Lock the doors"))

            owner = desk("publish", str(folder))
            assert owner.code == 1
            assert "takes two people here" in owner.err
            asked = desk("publish", str(folder), "--comment", "plainer", "--json", by="Ada Byron")
            assert asked.code == 3
            approval = asked.json["approval"]
            assert "goes on" in asked.json["text"]

            shown = desk("approve", approval, "--show", by="Bo Chen")
            assert shown.code == 0
            assert "Ada Byron proposes: plainer" in shown.out
            assert "-title: Lockdown\n+title: Lock the doors\n" in shown.out
            assert desk("approve", approval, by="Ada Byron").code == 1, "one person must not be both"
            bare = desk("approve", approval, "--refuse", by="Bo Chen")
            assert bare.code == 1
            assert "Say why" in bare.err

            granted = desk("approve", approval, by="Bo Chen")
            assert granted.out == "Version 2 is published and runs now.\n"
            assert granted.code == 0
