"""SHOW MEM."""

from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


def test_rows_have_sizes_and_nothing_is_kept_unused(stage: Stage) -> None:
    stage.pooler.context.secrets = {"ann": "12345", "bob": "123"}
    rows = opened(stage).ask("SHOW MEM").rows
    assert len(rows) == 12
    assert ("credentials_cache", "4", "2", "0", "8") in rows


def test_a_sum_beyond_int4_is_cut_there(stage: Stage) -> None:
    class Vast(bytearray):
        """As long as no buffer is."""

        def __len__(self) -> int:
            return 1 << 32

    stage.client(stage.pool()).requests.pending = Vast(b"Q")
    rows = {row[0]: row for row in opened(stage).ask("SHOW MEM").rows}
    assert rows["iobuf_cache"][4] == "2147483647"
