"""Headquarters vouches for its own server: its sites believe this authority and nobody else, whatever their clock says."""

import ssl
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import stamina
from cryptography import x509

from app.clock import now, set_clock
from app.errors import Refusal
from app.hq import tls
from app.models.visits import Visit
from app.sync import authority, client, collect, own, trusting
from tests.hq.serving import running
from tests.sync.conftest import Office, World
from tests.sync.test_client import certificate

NAMES = ("127.0.0.1", "localhost")


def sync(site: Office, url: str, ca: str | None = None) -> client.Exchanged:
    assert site.actor is not None
    with stamina.set_testing(True, attempts=3, cap=True):
        return client.exchange(site.store, site.actor, url, ca=ca)


def waiting(site: Office) -> int:
    with site.store.read() as s:
        return collect.unconfirmed(s)


def test_an_enrolled_site_believes_headquarters_server_without_being_told_anything(world: World) -> None:
    site = world.site("A")
    visit = site.visit()
    with running(world.hq.store, names=NAMES) as url:
        assert url.startswith("https://")
        assert sync(site, url).confirmed == 1
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/v1/health", trust_env=False)  # nobody else has reason to
    assert world.hq.ids(Visit) == {visit}


def test_a_server_that_another_authority_vouches_for_gets_nothing(world: World, tmp_path: Path) -> None:
    site = world.site("A")
    site.visit()
    cert, key = certificate(tmp_path)
    with running(world.hq.store, cert=str(cert), key=str(key)) as url:
        with pytest.raises(Refusal) as refusal:
            sync(site, url)
        assert refusal.value.code == "hq_certificate" and waiting(site) == 1
        assert not (world.hq.store.folder / "inbox").exists()
        assert sync(site, url, ca=str(cert)).confirmed == 1  # unless an administrator says so


def test_a_certificate_for_another_name_is_not_believed(world: World) -> None:
    site = world.site("A")
    site.visit()
    with running(world.hq.store, names=("hq.example",)) as url, pytest.raises(Refusal) as refusal:
        sync(site, url)
    assert refusal.value.code == "hq_certificate" and waiting(site) == 1


@pytest.mark.parametrize("years", [-30, 30])
def test_a_clock_that_is_years_off_is_no_reason_to_refuse_headquarters(world: World, years: int) -> None:
    there = now() + timedelta(days=365 * years)
    set_clock(lambda: there)
    try:
        by = tls.ByAuthority(world.hq.store, NAMES)  # to the site's clock it is not good yet, or no longer
    finally:
        set_clock(None)
    site = world.site("A")
    site.visit()
    made = x509.load_pem_x509_certificate((by.folder / "server.pem").read_bytes())
    assert not made.not_valid_before_utc <= now() <= made.not_valid_after_utc
    with site.store.read() as s:
        context = trusting.context(own.hq(s).ca)
    near, far = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_end = context.wrap_bio(near, far, server_hostname="localhost")
    server_end = by.context.wrap_bio(far, near, server_side=True)
    for _round in range(4):
        for end in (client_end, server_end):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert client_end.version() in ("TLSv1.3", "TLSv1.2")


def test_a_certificate_is_issued_anew_before_it_wears_out_and_for_other_names(world: World) -> None:
    by = tls.ByAuthority(world.hq.store, NAMES)
    first = (by.folder / "server.pem").read_bytes()
    by.renew()
    assert (by.folder / "server.pem").read_bytes() == first
    later = now() + authority.SERVER - timedelta(days=20)
    set_clock(lambda: later)
    try:
        by.renew()
    finally:
        set_clock(None)
    second = (by.folder / "server.pem").read_bytes()
    assert second != first
    tls.ByAuthority(world.hq.store, ("hq.example", "10.0.0.1"))
    made = x509.load_pem_x509_certificate((by.folder / "server.pem").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["hq.example"]
    assert b"ENCRYPTED" in (by.folder / "server.key").read_bytes()


def test_the_authority_stays_and_its_key_is_nowhere_in_clear(world: World) -> None:
    with world.hq.store.begin() as s:
        known = own.hq(s).ca
        assert authority.equip(s).ca == known and "BEGIN CERTIFICATE" in known
        kept = str((own.identity(s).hq or {})["ca_key"])
    assert "PRIVATE" not in kept and bytes.fromhex(kept)
    assert len(authority.fingerprint(known).split(":")) == 32


def test_a_name_that_is_none_is_refused(world: World) -> None:
    with pytest.raises(Refusal) as refusal:
        tls.ByAuthority(world.hq.store, ("a" * 70 + ".example",))
    assert refusal.value.code == "name_bad"


def test_names_are_found(world: World) -> None:
    assert {"localhost", "127.0.0.1"} <= set(tls.found("0.0.0.0:8470"))
    assert tls.found("10.1.2.3:8470")[0] == "10.1.2.3"
