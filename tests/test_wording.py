"""Numbers in the texts that people read."""

import pytest

from pgpool_py.wording import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 servers"), (1, "1 server"), (20, "20 servers")]
)
def test_a_noun_is_as_its_number_asks_for(number: int, said: str) -> None:
    assert counted(number, "server") == said
