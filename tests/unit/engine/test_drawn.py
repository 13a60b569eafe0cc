"""Of a long list only what is looked at is drawn."""

from notifier.engine.drawn import Drawn


def test_a_page_of_a_list_draws_no_more_than_itself() -> None:
    drawn: list[int] = []

    def draw(number: int) -> str:
        drawn.append(number)
        return f"no {number}"

    whole = Drawn(range(20_000), draw)
    assert whole[5:7] == ["no 5", "no 6"]
    assert (whole[-1], len(whole)) == ("no 19999", 20_000)
    assert drawn == [5, 6, 19_999]
