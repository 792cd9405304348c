"""What the clients of the demo count."""

from pgpool_py.demo.workload import Tally


def test_all_errors_are_counted_and_the_first_is_kept() -> None:
    tally = Tally()
    tally.add_error("the cause")
    tally.add_error("what came of it")
    assert (tally.errors, tally.first_error) == (2, "the cause")
