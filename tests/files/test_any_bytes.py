"""Whatever bytes stand in a file, the readers answer with faults or a model, soon, and with nothing else."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier.errors import Fault, SetupError
from notifier.files.positions import LARGEST_YAML, MOST_FAULTS, read_yaml
from notifier.files.settings_file import read_settings
from tests.files.a_school import ADAPTERS, read, school

GOOD = [raw for _, raw in sorted(school().items())]
TOKENS = [
    *[b"- ", b": ", b"\n", b"\n  ", b"\n    ", b"{", b"}", b"[", b"]", b",", b'"', b"'", b"&a ", b"*a", b"!x ", b"|\n"],
    *[b">-\n", b"? ", b"---\n", b"#", b"\t", b"\x00", b"\xff", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"no", b"8:30"],
    *[b"+1555", b"1e9999", b"site", b"playbook", b"steps", b"doors", b"id", b"settings", b"notify", b"say", b"en"],
    *[b"{{", b"}}", b"after", b"all"],
]
STEP = b"{id: s%d, after: [s%d], signal: {outputs: [all]}}"
noise = st.binary(max_size=300)
written = st.lists(st.sampled_from(TOKENS), max_size=60).map(b"".join)


@st.composite
def bent(draw: st.DrawFn) -> bytes:
    """A good file with a piece cut out, doubled or replaced."""
    raw = draw(st.sampled_from(GOOD))
    start = draw(st.integers(0, len(raw)))
    end = min(len(raw), start + draw(st.integers(0, 40)))
    return raw[:start] + draw(st.one_of(st.just(b""), noise, written, st.just(raw[start:end] * 2))) + raw[end:]


anything = st.one_of(noise, written, bent())
patient = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def said(reading: Callable[[], Sequence[Fault]]) -> Sequence[Fault]:
    """The faults of a reading, returned or raised; it must not raise anything else, nor refuse without a reason."""
    try:
        return reading()
    except SetupError as refused:
        if not refused.faults:
            raise
        return refused.faults


@patient
@given(anything)
def test_yaml_of_any_bytes_is_read_or_refused_in_place(raw: bytes) -> None:
    document, faults = read_yaml("x.yaml", raw)
    assert document is not None or faults
    lines = raw.count(b"\n") + raw.count(b"\r") + raw.count(b"\xe2\x80") + raw.count(b"\xc2\x85") + 2
    for fault in faults:
        assert 1 <= fault.line <= lines
        assert fault.column >= 1
        assert fault.text


@settings(patient, max_examples=30)
@given(site=anything, lockdown=anything, people=anything)
def test_a_set_of_any_bytes_gives_faults_or_a_school(site: bytes, lockdown: bytes, people: bytes) -> None:
    for changed in ({"site": site}, {"lockdown": lockdown}, {"people": people}, {"site": site, "people": people}):
        assert all(isinstance(fault, Fault) for fault in said(lambda changed=changed: read(school(**changed)).faults))


@patient
@given(anything)
def test_settings_of_any_bytes_are_settings_or_refused(raw: bytes) -> None:
    for adapters in (None, ADAPTERS):
        said(lambda adapters=adapters: read_settings(raw, "settings.yaml", Path("nowhere"), adapters, {}) and ())


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * (LARGEST_YAML - 1),
        b"{a: " * 200_000,
        b"- " * 400_000,
        b"a: b\n" * 150_000,
        b"? " * 400_000,
        b"a" * (LARGEST_YAML - 1),
        b'"' + b"\\u0041" * 150_000 + b'"',
        b"a: &a [x,x]\n" + b"b: &b [*a,*a,*a,*a]\n" * 30_000,
        b"!" * 500_000,
        b"#\n" * 490_000,
        b"0" * 900_000,
        b"9:59" * 200_000,
        b"steps: [" + b"{id: a, after: [a]}," * 40_000 + b"]",
        b"playbook: x\ntitle: X\naction: other\nall_clear: ["
        + STEP % (0, 0)
        + b"]\ncorrection: ["
        + STEP % (0, 0)
        + b"]\nsteps: ["
        + b",".join(STEP % (place + 1, place) for place in range(12_000))
        + b"]",
    ],
    ids=lambda raw: raw[:12].decode(),
)
def test_nothing_that_fits_into_a_file_takes_long(raw: bytes) -> None:
    """What takes longer than the time limit of every test would be a daemon that does not start."""
    faults = [fault for fault in read(school(extra=raw)).faults if fault.file == "playbooks/extra.yaml"]
    assert 1 <= len(faults) <= MOST_FAULTS


def test_a_site_of_a_million_letters_is_refused_in_place() -> None:
    zones = b",".join(b"{id: z%d, parent: z%d}" % (place + 1, place) for place in range(30_000))
    with pytest.raises(SetupError) as refused:
        read(school(site=b"site: example-school\nname: X\nzones: [" + zones + b"]\n"))
    (fault,) = [fault for fault in refused.value.faults if fault.file == "site.yaml"]
    assert fault.line == 3
    assert "more than 10,000 entries" in fault.text


def test_a_file_that_is_too_large_is_not_even_read() -> None:
    document, faults = read_yaml("x.yaml", b"a" * (LARGEST_YAML + 1))
    assert document is None
    assert "at most 1,000,000" in faults[0].text


@pytest.mark.parametrize(
    ("raw", "place", "words"),
    [
        (b"a: b\nc: \xff\n", (2, 4), "Byte 0xff is not UTF-8"),
        (b"a: b\nc: x\x00y\n", (2, 5), "invisible character here (U+0000)"),
        ("a: b\nc: ñ\u200e\ufffe".encode(), (2, 6), "invisible character here (U+FFFE)"),
        ("a: b".encode("utf-16"), (1, 1), "UTF-16"),
        (b"a:\n\t- b\n", (2, 1), "indented with a tab"),
        (b"a: &x b\n", (1, 4), "Anchors (&x)"),
        (b"a: !!python/object/apply:os.system [id]\n", (1, 4), "YAML tags"),
        (b"? [a, b]\n: c\n", (1, 3), "where a key must be"),
        (b"1: a\n", (1, 1), "`1` is not read as a word"),
        (b"a: b\na: c\n", (2, 1), "`a` is written twice; the first stands in line 1"),
    ],
)
def test_what_yaml_would_guess_or_choke_on_is_said_in_place(raw: bytes, place: tuple[int, int], words: str) -> None:
    _, faults = read_yaml("x.yaml", raw)
    assert any((fault.line, fault.column) == place and words in fault.text for fault in faults), faults


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("x: 12", 12), ("x: -3", -3), ("x: 1.5", 1.5), ("x: true", True), ("x: ~", None), ("x:", None),
        ('x: "12"', "12"), ("x: 'no'", "no"), ("x: 2026-10-01", "2026-10-01"), ("x: 12E4", "12E4"), ("x: 0x1F", "0x1F"),
        ("x: 1_000", "1_000"), ("x: .inf", ".inf"), ("x: =", "="), ("x: 90s", "90s"), ("x: |\n  a\n  b", "a\nb"),
    ],
)  # fmt: skip
def test_a_plain_word_means_what_it_looks_like(written: str, meant: object) -> None:
    document, faults = read_yaml("x.yaml", written.encode())
    assert faults == []
    assert document
    assert document.data == {"x": meant}
    assert type(document.data["x"]) is type(meant)
