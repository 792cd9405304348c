"""Django with persistent connections that are checked, and else its defaults."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.signals import (  # type: ignore[import-untyped]  # it has no types
    request_finished,
    request_started,
)
from django.db import (  # type: ignore[import-untyped]  # as above
    IntegrityError,
    connection,
    transaction,
)

from tests.fixtures.observing import Observed

from .shop import Order


@pytest.fixture(autouse=True)
def _shop(observed: Observed) -> Iterator[None]:
    where = {"HOST": observed.pooler.host, "PORT": observed.pooler.port}
    connection.settings_dict.update(where)
    with connection.schema_editor() as editor:
        editor.create_model(Order)
    yield
    connection.close()


@contextmanager
def request() -> Iterator[None]:
    """Do what Django does before and after each request."""
    request_started.send(sender=None)
    yield
    request_finished.send(sender=None)


def names() -> list[str]:
    return [order.name for order in Order.objects.order_by("id")]


def test_requests_and_their_health_checks_cost_nothing(observed: Observed) -> None:
    for number in range(4):
        with request():
            Order.objects.create(name=f"order {number}")
            assert len(names()) == number + 1
    assert observed.cost() == []


def test_the_time_zone_of_the_settings_is_the_connections(observed: Observed) -> None:
    with observed.pooler.connect() as other, connection.cursor() as cursor:
        for _ in range(3):
            cursor.execute("SHOW TimeZone")
            assert cursor.fetchone() == ("Asia/Tokyo",)
            assert other.execute("SHOW TimeZone").fetchone() != ("Asia/Tokyo",)
    assert observed.cost() == []


def test_transactions_and_savepoints_cost_nothing(observed: Observed) -> None:
    with transaction.atomic():
        Order.objects.bulk_create([Order(name=f"{n}") for n in range(3)])
        order = Order.objects.select_for_update().get(name="1")
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.create(name="2")
        order.count += 1
        order.save()
        # On the server, a cursor that ends with the transaction.
        assert [o.count for o in Order.objects.order_by("id").iterator()] == [0, 1, 0]
    assert names() == ["0", "1", "2"]
    assert observed.cost() == []


def test_an_iterator_outside_a_transaction_keeps_its_server_to_its_end(
    observed: Observed,
) -> None:
    Order.objects.bulk_create([Order(name=f"{n}") for n in range(5)])
    found = Order.objects.order_by("id").iterator(chunk_size=2)
    assert next(found).name == "0"
    assert observed.pins() == ["cursor with hold"]
    assert [order.name for order in found] == ["1", "2", "3", "4"]
    assert observed.pins() == []
