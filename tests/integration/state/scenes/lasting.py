"""What no catalogue shows: libraries, seeds, values of sequences."""

from tests.integration.state.scene import Voice


def a_seed_is_its_clients(one: Voice, other: Voice) -> None:
    one("SELECT setseed(0.5)")
    other("SELECT setseed(0.25)")
    one("SELECT random()")
    other("SELECT random()")
    one("SELECT random()")


def a_seed_is_set_by_its_parameter(one: Voice, other: Voice) -> None:
    one("SET seed = 0.5")
    other("SELECT 'between'")
    one("SELECT random()")
    other("SELECT setseed(0.5)")
    one("SELECT random()")
    other("SELECT random()")


def a_sequences_value_is_its_clients(one: Voice, other: Voice) -> None:
    one("BEGIN; SELECT nextval('numbers'), currval('numbers'), lastval(); COMMIT")
    other("BEGIN; SELECT nextval('numbers'), nextval('numbers'), lastval(); COMMIT")
    one("SELECT currval('numbers'), lastval()")
    other("SELECT currval('numbers')")
    other("SELECT lastval()")


def a_library_is_loaded(one: Voice, other: Voice) -> None:
    one("LOAD 'auto_explain'")
    other("SELECT 'between'")
    one("SHOW auto_explain.log_analyze")
    one("SET auto_explain.log_min_duration = 'nonsense'")
    other("SELECT 'between'")
    one("SHOW auto_explain.log_nested_statements")
