"""Between two transactions nothing of a client's is under way."""

from pgpool_py.client.boundary import at_boundary
from tests.client.parties import Scene
from tests.fixtures.messages import IN_TRANSACTION, complete, done, query


def test_who_has_no_server_and_wants_none_stands_there(scene: Scene) -> None:
    assert at_boundary(scene.session)


def test_who_waits_for_one_does_not(scene: Scene) -> None:
    scene.send(query("SELECT 1"))
    assert not at_boundary(scene.session)


def test_who_is_in_a_transaction_does_not(scene: Scene) -> None:
    scene.send(query("BEGIN"))
    scene.lend()
    assert not at_boundary(scene.session)
    scene.answer(complete("BEGIN") + IN_TRANSACTION)
    assert not at_boundary(scene.session)
    scene.send(query("COMMIT"))
    scene.answer(done("COMMIT"))
    assert at_boundary(scene.session)
