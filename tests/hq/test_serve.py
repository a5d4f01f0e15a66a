"""The server listens where it may: on this machine in plain HTTP, elsewhere only with a certificate."""

import pytest

from app.errors import Refusal
from app.hq import serve
from tests.factories import Plant


def test_without_tls_nobody_else_reaches_the_server(plant: Plant) -> None:
    with pytest.raises(Refusal) as refused:
        serve.serve(plant.store, "0.0.0.0:0", serve.Wishes(plain=True))
    assert refused.value.code == "tls_needed"


@pytest.mark.parametrize("listen", ["", "nowhere", "127.0.0.1", "127.0.0.1:port", "127.0.0.1:99999999"])
def test_an_address_that_is_none_is_refused(plant: Plant, listen: str) -> None:
    with pytest.raises(Refusal) as refused:
        serve.serve(plant.store, listen)
    assert refused.value.code


def test_certificate_and_key_come_together(plant: Plant) -> None:
    with pytest.raises(Refusal) as refused:
        serve.serve(plant.store, "127.0.0.1:0", serve.Wishes(cert="nowhere.pem"))
    assert refused.value.code == "tls_bad"
