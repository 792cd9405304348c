"""Fixtures and rules of the whole suite: one file below fixtures/ for each."""

pytest_plugins = (
    "pytester",
    "tests.fixtures.certificates",
    "tests.fixtures.distribution",
    "tests.fixtures.leftovers",
    "tests.fixtures.loops",
    "tests.fixtures.marks",
    "tests.fixtures.pooling",
    # It builds on pooling.
    "tests.fixtures.observing",
    "tests.fixtures.properties",
    "tests.fixtures.servers",
    "tests.fixtures.skips",
)
