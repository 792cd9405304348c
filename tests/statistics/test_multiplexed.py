"""What became of exchanges that could share a server, of several pools."""

from pgpool_py.statistics import Counters, MultiplexedCounts


def test_counts_are_summed_up_but_the_depth_is_the_most() -> None:
    rest = Counters(multiplexed=MultiplexedCounts(shared=3, deepest=2))
    rest.add(Counters(multiplexed=MultiplexedCounts(shared=4, deepest=5, slow=1)))
    rest.add(Counters(multiplexed=MultiplexedCounts(deepest=1)))
    assert rest.multiplexed == MultiplexedCounts(shared=7, deepest=5, slow=1)
