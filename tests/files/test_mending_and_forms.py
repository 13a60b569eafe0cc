"""What a button mends, what a form changes, what two playbooks differ in, and drafts that are kept."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.errors import Fault, Refused
from notifier.files.differences import differences, span
from notifier.files.drafts import LARGEST, MOST, Draft, Drafts
from notifier.files.form_view import changed, field_at, fields_of
from notifier.files.mending import Mend, mend_by_key, mend_of
from notifier.files.positions import read_yaml
from notifier.files.starter import shipped_playbooks
from notifier.model.playbook import Playbook

SHIPPED = {path: raw.decode() for path, raw in shipped_playbooks().items()}
LOCKDOWN = SHIPPED["playbooks/lockdown.yaml"]


def fault(line: int, column: int, text: str, advice: str) -> Fault:
    return Fault("playbooks/x.yaml", line, column, text, advice)


@pytest.mark.parametrize(
    ("line", "column", "text", "advice", "mended"),
    [
        ("to: [role:ofice]", 6, "Nobody has the role `ofice`.", "Did you mean `office`?", "to: [role:office]"),
        ("after: [polic]", 9, "There is no step `polic`.", "Did you mean `police`?", "after: [police]"),
        ("titel: x", 1, "`titel` is not known.", "Did you mean `title`?", "title: x"),
        ("phone: 0301234", 8, "An unquoted 0301234 is read as a number.", 'Put it in quotes: "0301234".',
         'phone: "0301234"'),
        ("\t- id: x", 1, "The line is indented with a tab.", "Use two spaces for each level.", "  - id: x"),
        ("notify: {purpose: polise, to: [role:police]}", 19, "`notify.purpose` of the step `police` is `polise`.",
         "Did you mean `routine`?", "notify: {purpose: routine, to: [role:police]}"),
        ("title: “Hold fast” ", 8, "“ is a quotation mark of a word processor.", "Type straight ones.",
         'title: "Hold fast" '),
        ("  – id: x", 3, "The line begins with –, which is no hyphen.", "Type - and a space.", "  - id: x"),
        ("title: #1, the first  ", 8, "YAML takes what begins with # for a remark.",
         'Put it in quotes: "#1, the first".', 'title: "#1, the first"  '),
        ("\u00a0 - id: x", 1, "It is indented with a sign that only looks like a space (U+00A0).", "", "  - id: x"),
    ],
)  # fmt: skip
def test_a_definite_advice_mends_exactly_its_word(line: str, column: int, text: str, advice: str, mended: str) -> None:
    mend = mend_of(fault(1, column, text, advice), line)
    assert mend is not None
    assert mend.on(line) == mended
    again = mend_by_key(mend.key, line)
    assert again is not None
    assert again.on(line) == mended


@pytest.mark.parametrize(
    ("line", "column", "text", "advice"),
    [
        ("to: [role:x]", 6, "Nobody has the role `x`.", "Known here: office, police."),
        ("to: [role:y]", 6, "Nobody has the role `x`.", "Did you mean `z`?"),
        ("wait: 60", 7, "wait: a time is needed.", "Write 60s or 60m."),
        ("", 1, "The file is empty.", "Write it."),
        ('say: “he said "go” now', 6, "“ is a quotation mark of a word processor.", "Type straight ones."),
    ],
)
def test_what_is_not_certain_gets_no_button(line: str, column: int, text: str, advice: str) -> None:
    assert mend_of(fault(1, column, text, advice), line) is None


def test_a_mend_leaves_a_text_alone_that_is_another_by_now() -> None:
    mend = Mend(1, 10, 15, "ofice", "office")
    assert mend.on("to: [role:staff]") == "to: [role:staff]"
    assert mend.on("") == ""
    assert mend_by_key("9:0:1:x", "one line") is None
    assert mend_by_key("nonsense", "one line") is None


@pytest.mark.parametrize("path", sorted(SHIPPED))
def test_a_form_that_changes_nothing_leaves_every_byte(path: str) -> None:
    text = SHIPPED[path]
    known = fields_of(text)
    assert known is not None
    title, steps = known
    values = {field.name: field.value for field in (title, *(field for step in steps for field in step.fields))}
    assert changed(text, values) == text
    assert changed(text, {name: value + " " for name, value in values.items()}) == text


@pytest.mark.parametrize("path", sorted(SHIPPED))
def test_one_field_changes_one_line(path: str) -> None:
    text = SHIPPED[path]
    new = changed(text, {"title": "Another title"})
    differ = [(was, now) for was, now in zip(text.splitlines(), new.splitlines(), strict=True) if was != now]
    assert len(differ) == 1
    assert differ[0][0].startswith("title:")


def test_a_form_changes_what_it_says_and_no_comment() -> None:
    text = changed(
        LOCKDOWN,
        {
            "steps.6.delay": "",
            "steps.3.notify.to": "group:staff, role:office",
            "steps.3.notify.message.es": 'Diga: "sí" # no',
            "steps.1.delay": "2s",
        },
    )
    comments = [line.strip() for line in LOCKDOWN.splitlines() if line.strip().startswith("#")]
    assert [line.strip() for line in text.splitlines() if line.strip().startswith("#")] == comments
    book = _read(text)
    assert book.steps[6].delay == 0
    assert book.steps[1].delay == 2
    assert book.steps[3].notify is not None
    assert book.steps[3].notify.to == ("group:staff", "role:office")
    assert book.steps[3].notify.message["es"] == 'Diga: "sí" # no'


@given(st.text(max_size=200))
def test_whatever_is_typed_into_a_text_field_comes_out_as_typed(words: str) -> None:
    text = changed(LOCKDOWN, {"steps.4.notify.message": words})
    document, _faults = read_yaml("x", text.encode("utf-8", "replace"))
    bare = " ".join(words.replace("\r", "\n").split("\n")).strip()
    if document is not None and bare and bare.isprintable():
        assert document.value(("steps", 4, "notify", "message")).split() == bare.split()
    if document is not None:
        assert document.value(("steps", 5, "id")) == "district"


def test_a_fault_stands_beside_its_field() -> None:
    text = LOCKDOWN.replace("wait: 60s", "wait: soon")
    line = text[: text.index("wait: soon")].count("\n") + 1
    assert field_at(text, line, 17) == "steps.3.acknowledge.escalate.0.wait"
    assert field_at(text, 1, 1) is None


def _read(text: str) -> Playbook:
    document, faults = read_yaml("x", text.encode())
    assert document is not None
    assert not faults
    return Playbook.model_validate(document.data)


def test_a_change_is_told_in_sentences() -> None:
    old = _read(LOCKDOWN)
    new = _read(
        LOCKDOWN.replace("wait: 60s", "wait: 45s")
        .replace("within: 5s", "within: 8s")
        .replace("again_every: 2m", "again_every: 1m30s")
        .replace("to: [role:police]\n", "to: [role:police, role:ems]\n", 1)
        .replace("  - id: lights\n    signal: {outputs: [all], until: cleared}\n", "")
    )
    assert differences(old, new) == [
        "Step lights is taken out (switches signals on).",
        "Step lock tells a person after 8 s instead of 5 s.",
        "Step page is said again every 1 min 30 s instead of 2 min.",
        "Escalation after 45 s instead of 1 min (step staff).",
        "Step police goes to role:police, role:ems instead of role:police.",
    ]
    assert differences(old, old) == []
    assert differences(None, new) == ["The playbook Lockdown is new: 6 steps when it is pressed."]
    assert differences(old, None) == ["The playbook Lockdown is taken out."]


def test_every_field_of_a_step_that_changes_is_told() -> None:
    """A change of meaning that nobody is told of would be published unread."""
    old = _read(LOCKDOWN)
    for index, step in enumerate(old.steps):
        deed = getattr(step, step.deed)
        for name, value in _other_values(deed):
            other = step.model_copy(update={step.deed: deed.model_copy(update={name: value})})
            new = old.model_copy(update={"steps": (*old.steps[:index], other, *old.steps[index + 1 :])})
            assert differences(old, new), f"{step.id}: {name} was changed and nothing is said"
    for name in Playbook.model_fields:
        if name not in {"steps", "all_clear", "correction"}:
            assert differences(old, old.model_copy(update={name: "other"})), name


def _other_values(deed: object) -> list[tuple[str, object]]:
    others: dict[type, object] = {tuple: ("other:one",), dict: {"en": "Other words"}, float: 33.0, int: 7, str: "other"}
    fields = type(deed).model_fields  # type: ignore[attr-defined] # a pydantic model, whichever
    found = [(name, others.get(type(getattr(deed, name)))) for name in fields if name != "until"]
    return [(name, value) for name, value in found if value is not None]


def test_times_are_said_as_people_say_them() -> None:
    assert [span(each) for each in (0, 0.5, 45, 60, 90, 300, 3600)] == [
        "0 s", "0.5 s", "45 s", "1 min", "1 min 30 s", "5 min", "1 h",
    ]  # fmt: skip


def draft(**more: object) -> Draft:
    made = Draft("playbooks/hold.yaml", "title: Hold\n", 1, "old", "account:a", "Ada", "2026-03-02T10:00:00+00:00")
    return replace(made, **more)  # type: ignore[arg-type] # fields by name


def test_drafts_are_each_accounts_own(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    drafts.keep(draft())
    drafts.keep(draft(owner="account:../../b", owner_name="Bo", text="other"))
    assert Drafts(tmp_path).of("account:a", "playbooks/hold.yaml") == draft()
    assert drafts.of("account:c", "playbooks/hold.yaml") is None
    assert sorted(each.owner_name for each in drafts.all_of("playbooks/hold.yaml")) == ["Ada", "Bo"]
    drafts.drop("account:a", "playbooks/hold.yaml")
    assert drafts.mine("account:a") == []
    assert all(tmp_path in file.parents for file in tmp_path.rglob("*"))


def test_what_is_too_long_or_too_much_is_refused_and_the_last_one_stays(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    drafts.keep(draft())
    with pytest.raises(Refused, match="200,000 bytes"):
        drafts.keep(draft(text="x" * (LARGEST + 1)))
    assert drafts.of("account:a", "playbooks/hold.yaml") == draft()
    for number in range(MOST - 1):
        drafts.keep(draft(path=f"playbooks/p{number}.yaml"))
    with pytest.raises(Refused, match="100 drafts"):
        drafts.keep(draft(path="playbooks/one_more.yaml"))
    drafts.keep(draft(text="again"))


def test_a_broken_draft_is_none_and_stops_nobody(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    drafts.keep(draft())
    next((tmp_path / "drafts").rglob("*.json")).write_bytes(b'{"path": ')
    assert drafts.of("account:a", "playbooks/hold.yaml") is None
    assert drafts.mine("account:a") == []
