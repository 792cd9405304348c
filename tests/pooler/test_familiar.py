"""Which startup packets are remembered, and for how long."""

from pgpool_py.pooler.familiar import LONGEST, MOST, Familiar, parameters_of
from pgpool_py.settings import SessionStatePolicy, Settings
from pgwire.startup import StartupMessage

SETTINGS = Settings(ignore_startup_parameters=("geqo",))


def packet_of(name: str) -> bytes:
    words = {"user": "alice", "database": "app", "application_name": name}
    return StartupMessage(0, words).encode()


def read(familiar: Familiar, packet: bytes) -> StartupMessage:
    startup = familiar.read(packet)
    assert isinstance(startup, StartupMessage)
    return startup


def let_in(familiar: Familiar, packet: bytes) -> StartupMessage:
    startup = read(familiar, packet)
    asked = parameters_of(startup, SETTINGS, SessionStatePolicy.TRACK)
    familiar.remember(startup, asked)
    return startup


def test_the_packet_of_a_client_that_was_in_is_not_read_again() -> None:
    familiar = Familiar(SETTINGS)
    startup = let_in(familiar, packet_of("again"))
    assert read(familiar, packet_of("again")) is startup
    assert familiar.asked(startup, SETTINGS) == {"application_name": "again"}


def test_nothing_is_remembered_of_a_stranger() -> None:
    familiar = Familiar(SETTINGS)
    startup = read(familiar, packet_of("stranger"))
    assert familiar.asked(startup, SETTINGS) is None
    assert read(familiar, packet_of("stranger")) is not startup
    assert len(familiar) == 0


def test_other_settings_may_let_a_packet_ask_for_something_else() -> None:
    familiar = Familiar(SETTINGS)
    startup = let_in(familiar, packet_of("again"))
    assert familiar.asked(startup, Settings()) is None
    assert len(familiar) == 0


def test_the_oldest_is_forgotten_where_there_are_too_many() -> None:
    familiar = Familiar(SETTINGS)
    first, *_, last = [let_in(familiar, packet_of(str(n))) for n in range(MOST + 1)]
    assert len(familiar) == MOST
    assert familiar.asked(first, SETTINGS) is None
    assert familiar.asked(last, SETTINGS) is not None


def test_a_long_packet_is_not_remembered() -> None:
    familiar = Familiar(SETTINGS)
    let_in(familiar, packet_of("x" * LONGEST))
    assert len(familiar) == 0


def test_what_is_remembered_cannot_be_changed_by_one_who_has_it() -> None:
    familiar = Familiar(SETTINGS)
    startup = let_in(familiar, packet_of("again"))
    asked = familiar.asked(startup, SETTINGS)
    assert not hasattr(asked, "__setitem__")
