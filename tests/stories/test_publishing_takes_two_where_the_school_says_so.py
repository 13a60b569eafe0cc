"""One proposes, another human looks and lets it run; what runs goes on until then, and the rule guards itself."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from notifier.errors import IllegalMove, Refused, SetupError
from notifier.interfaces import Outcome
from notifier.model.rights import Caller, Right
from notifier.testing.schools import small_school
from notifier.testing.story import Story, story

TWO = b"\ntwo_people: {publish: true}\n"


def school(rule: bytes = TWO) -> dict[str, bytes]:
    files = small_school()
    return {**files, "site.yaml": files["site.yaml"] + rule}


def renamed(files: Mapping[str, bytes], to: str = "Locked") -> dict[str, bytes]:
    lockdown = files["playbooks/lockdown.yaml"].decode().replace("title: Lockdown", f"title: {to}")
    return {**files, "playbooks/lockdown.yaml": lockdown.encode()}


async def proposes(campus: Story, who: str, files: Mapping[str, bytes], why: str = "a better title") -> Outcome:
    caller = campus.person(who).caller
    return await campus.ask(lambda commands: commands.publish(files, why, caller))


async def decides(campus: Story, who: str, asked: Outcome, *, grant: bool = True, reason: str = "") -> Outcome:
    caller = campus.person(who).caller
    return await campus.ask(lambda commands: commands.decide(asked.approval or "", caller, grant, reason=reason))


def title(campus: Story) -> str:
    return campus.held.playbooks["lockdown"].title


async def test_one_person_publishes_where_the_school_says_nothing() -> None:
    files = school(b"")
    async with story(files) as campus:
        assert (await proposes(campus, "kim", renamed(files))).done
        assert title(campus) == "Locked"


async def test_a_proposal_runs_only_when_another_person_lets_it() -> None:
    files = school()
    async with story(files) as campus:
        asked = await proposes(campus, "kim", renamed(files))
        assert not asked.done
        assert asked.expires
        assert asked.detail == {"version": 1, "changed": ["playbooks/lockdown.yaml"]}
        await campus.restarts()
        assert (title(campus), campus.held.version) == ("Lockdown", 1)
        campus.log.has_no_trouble("files")

        (one,) = campus.daemon.views.proposals()
        assert (one["first_name"], one["comment"], one["state"]) == ("Kim Park", "a better title", "asked")
        (changed,) = campus.daemon.views.proposal(asked.approval or "")["changed"]
        assert "title: Lockdown" in changed["before"]
        assert "title: Locked" in changed["after"]
        with pytest.raises(Refused, match="must be another one"):
            await decides(campus, "kim", asked)

        assert (await decides(campus, "ada", asked)).text == "Version 2 is published and runs now."
        assert title(campus) == "Locked"
        newest = campus.daemon.views.published_files(None)
        assert (newest["version"], newest["author"]) == (2, "Kim Park and Ada Abara")
        await campus.restarts()
        assert title(campus) == "Locked"
        with pytest.raises(IllegalMove):
            await decides(campus, "ada", asked)


async def test_it_is_refused_for_a_reason_that_its_author_can_read() -> None:
    files = school()
    async with story(files) as campus:
        asked = await proposes(campus, "kim", renamed(files))
        with pytest.raises(Refused, match="Say why"):
            await decides(campus, "ada", asked, grant=False)
        await decides(campus, "ada", asked, grant=False, reason="nobody knows that word")
        (one,) = campus.daemon.views.proposals()
        assert (one["state"], one["second_name"], one["why"]) == ("refused", "Ada Abara", "nobody knows that word")
        with pytest.raises(IllegalMove):
            await decides(campus, "ada", asked)
        assert title(campus) == "Lockdown"


async def test_who_proposed_it_may_take_it_back_and_nobody_decides_then() -> None:
    files = school()
    async with story(files) as campus:
        asked = await proposes(campus, "kim", renamed(files))
        assert "taken back" in (await decides(campus, "kim", asked, grant=False)).text
        assert campus.daemon.views.proposals()[0]["state"] == "withdrawn"
        with pytest.raises(IllegalMove):
            await decides(campus, "ada", asked)


async def test_it_runs_out_after_a_week() -> None:
    files = school()
    async with story(files) as campus:
        asked = await proposes(campus, "kim", renamed(files))
        await campus.restarts("168h")
        await campus.advance("1s")
        assert campus.daemon.views.proposals()[0]["state"] == "expired"
        with pytest.raises((Refused, IllegalMove)):
            await decides(campus, "ada", asked)
        assert title(campus) == "Lockdown"


async def test_of_two_proposals_the_second_one_must_be_made_anew() -> None:
    files = school()
    async with story(files) as campus:
        first = await proposes(campus, "kim", renamed(files, "One"))
        second = await proposes(campus, "ada", renamed(files, "Two"))
        await decides(campus, "ada", first)
        assert [one["overtaken"] for one in campus.daemon.views.proposals() if one["state"] == "asked"] == [True]
        with pytest.raises(Refused, match="published version 2 meanwhile"):
            await decides(campus, "kim", second)
        assert title(campus) == "One"


async def test_taking_the_rule_away_takes_two_as_well() -> None:
    async with story(school()) as campus:
        asked = await proposes(campus, "kim", school(b""), "one is enough")
        assert not asked.done
        assert campus.held.site.two_people.publish
        await decides(campus, "ada", asked)
        assert not campus.held.site.two_people.publish
        assert (await proposes(campus, "kim", renamed(school(b"")))).done


async def test_neither_a_machine_nor_who_may_not_publish_is_one_of_the_two() -> None:
    files = school()
    async with story(files) as campus:
        owner = Caller("cli:0", "user 0 of this machine", None, frozenset(Right))
        with pytest.raises(Refused, match="Publishing takes two people here"):
            await campus.ask(lambda commands: commands.publish(renamed(files), "", owner))
        asked = await proposes(campus, "kim", renamed(files))
        operator = campus.person("ada", Right.OPERATE, Right.COMMAND).caller
        with pytest.raises(Refused, match="needs the right publish"):
            await campus.ask(lambda commands: commands.decide(asked.approval or "", operator, True))
        with pytest.raises(Refused, match="own account"):
            await campus.ask(lambda commands: commands.decide(asked.approval or "", owner, True))


async def test_an_account_made_for_the_purpose_does_not_let_it_run() -> None:
    files = school()
    async with story(files) as campus:
        asked = await proposes(campus, "kim", renamed(files))
        await campus.advance("1m")
        made = replace(campus.person("ada").caller, since=campus.clock.now(), made_by="lee")
        with pytest.raises(Refused, match="made after this was asked"):
            await campus.ask(lambda commands: commands.decide(asked.approval or "", made, True))
        mine = replace(made, since=campus.clock.now() - 3600, made_by="kim")
        with pytest.raises(Refused, match="could be using both"):
            await campus.ask(lambda commands: commands.decide(asked.approval or "", mine, True))


async def test_files_with_a_fault_are_not_even_proposed() -> None:
    files = school()
    async with story(files) as campus:
        with pytest.raises(SetupError):
            await proposes(campus, "kim", {**files, "playbooks/lockdown.yaml": b"playbook: ["})
        assert campus.daemon.views.proposals() == []


async def test_a_response_that_runs_knows_nothing_of_a_proposal() -> None:
    files = school()
    async with story(files) as campus:
        await campus.press("front-office")
        asked = await proposes(campus, "kim", renamed(files))
        await campus.advance("10s")
        campus.door("d1").is_secured()
        await decides(campus, "ada", asked)
        assert campus.row()["publication"] == 1


async def test_other_publishers_hear_of_a_proposal_and_the_proposer_is_told_who() -> None:
    files = school()
    async with story(files) as campus:
        owner = Caller("account:root", "Root", None, frozenset(Right))
        for who, role in (("kim", "administrator"), ("ada", "administrator"), ("ben", "staff")):
            person = campus.somebody(who)
            await campus.daemon.accounts.add_user(person.name, [role], [], None, person.id, owner)
        await campus.advance("1s")
        asked = await proposes(campus, "kim", renamed(files))
        assert "A message is on its way to Ada Abara." in asked.text
        await campus.advance("30s")
        rows = campus.daemon.ledger.read("people_told", site=campus.held.id, incident=f"proposal-{asked.approval}")
        assert {row["person"] for row in rows} == {"ada"}


async def test_a_proposer_whom_nobody_else_can_hear_is_told_so() -> None:
    files = school()
    async with story(files) as campus:
        assert (await proposes(campus, "kim", renamed(files))).text.endswith("No message goes to them: tell them.")


async def test_whoever_switches_the_rule_on_alone_is_warned() -> None:
    files = school(b"")
    async with story(files) as campus:
        said = await proposes(campus, "kim", {**files, "site.yaml": files["site.yaml"] + TWO})
        assert "nobody has an account of their own" in said.detail["warnings"][0]
