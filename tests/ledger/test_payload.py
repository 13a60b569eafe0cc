"""What the chain keeps of rows is what was said, however it is shortened."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.ledger import chain

CELL = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from([0.0, 1.0, 2.5]), st.sampled_from("ab"))


def by_name(batches: list[Any]) -> list[Any]:
    """Each row as (column, value, type), for the columns may come back in another order."""
    return [
        (new, table, [sorted((name, repr(value)) for name, value in zip(columns, row, strict=True)) for row in cells])
        for new, table, columns, cells in batches
    ]


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=5))
def test_rows_come_back_as_they_were_said(rows: list[tuple[Any, ...]]) -> None:
    said = [(1, "delivery", ["site", "id", "state"], [list(row) for row in rows])]
    _data, back = chain.read_payload(chain.write_payload({}, said))
    assert by_name(back) == by_name(said)


@pytest.mark.parametrize("count", [2, 400])
def test_what_all_rows_share_is_kept_once(count: int) -> None:
    said = [(1, "delivery", ["site", "id"], [["maplewood", str(n)] for n in range(count)])]
    assert chain.write_payload({}, said).count("maplewood") == 1
