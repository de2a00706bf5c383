"""A snapshot leaves the connection as it found it. What it is for stands in test_page_store_servers.py."""

import pytest
from django.db import connection, transaction

from networks.models import Network
from networks.snapshot import snapshot


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_open", [False, True])
def test_who_writes_after_a_snapshot_takes_the_lock_at_once_again(is_open):
    if not is_open:
        connection.close()
    with pytest.raises(ZeroDivisionError), snapshot():
        assert connection.in_atomic_block
        assert Network.objects.count() == 0 / 0
    assert not connection.in_atomic_block
    with no_deferred_transaction(), transaction.atomic():
        Network.objects.create(name_sr="Мрежа")


def no_deferred_transaction():
    def refuse(execute, sql, *rest):
        assert "DEFERRED" not in sql
        return execute(sql, *rest)

    return connection.execute_wrapper(refuse)


@pytest.mark.django_db
def test_within_a_transaction_a_snapshot_sees_what_was_written_in_it():
    Network.objects.create(name_sr="Мрежа")
    with snapshot():
        assert Network.objects.count() == 1
