"""Enrolment, certificates, receipts: who answers whom, and nobody else."""

import io
import os
from datetime import date

import msgspec
import pytest

from app.errors import Refusal
from app.models.values import new_id
from app.sync import certificates, enrolment, receipts
from app.sync.certificates import Revocation, Revocations
from app.sync.enrolment import AccountGrant, Approval
from app.sync.keys import Keys, fingerprint
from app.sync.receipts import Height, Outcome, Receipt
from tests.sync import making
from tests.sync.making import Party

HQ, SITE, STRANGER = Party.new(), Party.new(), Party.new()
KNOWN = making.trust(HQ, SITE).hq


def asked(party: Party = SITE) -> enrolment.Request:
    return enrolment.read_request(enrolment.ask(party.keys, party.id, "采油一作业区", 1))


def approved(request: enrolment.Request, hq: Party = HQ, party: Party = SITE, feed: bytes = b"feed") -> bytes:
    text = certificates.issue(making.certificate(party, hq), hq.keys)
    approval = Approval(
        request=request.request, certificate=text, hq=making.trust(hq).hq, incarnation=1,
        accounts=[AccountGrant(account=new_id().hex, login="zs", name="张三", role="member")],
    )  # fmt: skip
    return enrolment.approve(
        approval, request.site, hq.keys, [request.age], feed, epoch=new_id().hex, schema=1, serial=1
    )


def test_a_site_asks_and_headquarters_reads_the_same_fingerprint() -> None:
    assert asked().fingerprint == SITE.keys.fingerprint
    assert len(SITE.keys.fingerprint) == 19 and SITE.keys.fingerprint != HQ.keys.fingerprint
    assert fingerprint("a", "b") == fingerprint("a", "b")


def test_an_approval_brings_certificate_accounts_keys_and_the_first_feed() -> None:
    request, feed = asked(), os.urandom(50_000)
    accepted = enrolment.accept(io.BytesIO(approved(request, feed=feed)), request, SITE.keys)
    assert accepted.feed == feed
    assert accepted.certificate.paths == ["/PS1/"]
    assert accepted.approval.hq == KNOWN
    assert accepted.approval.accounts[0].login == "zs"


@pytest.mark.parametrize(
    "spoilt", [b"", b"{}", b"[]", b"null", b'"x"', b"\xff", bytes(range(100, 200)), b"x" * 100_000]
)
def test_other_files_are_no_requests(spoilt: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        enrolment.read_request(spoilt)
    assert refused.value.code == "no_request"


def test_a_changed_request_is_refused() -> None:
    data = enrolment.ask(SITE.keys, SITE.id, "采油一作业区", 1)
    for at in range(len(data)):
        with pytest.raises(Refusal):
            enrolment.read_request(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(Refusal):
            enrolment.read_request(data[:at])


def code(data: bytes, request: enrolment.Request, keys: Keys = SITE.keys) -> str:
    with pytest.raises(Refusal) as refused:
        enrolment.accept(data, request, keys)
    return refused.value.code


def test_an_approval_of_another_request_site_or_key_is_refused() -> None:
    request = asked()
    assert code(approved(asked()), request) == "not_answered"
    assert code(approved(asked(STRANGER), party=STRANGER), request) == "wrong_audience"
    assert code(approved(request, party=STRANGER), request) == "not_answered"


def test_every_changed_byte_of_an_approval_is_refused() -> None:
    request = asked()
    data = approved(request)
    for at in range(len(data)):
        assert code(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :], request)
    assert code(data[:-1], request) == "truncated"
    assert code(data + b"x", request) == "altered"


def test_an_approval_signed_by_a_key_that_headquarters_does_not_own_is_refused() -> None:
    request = asked()
    approval = Approval(
        request=request.request, certificate=certificates.issue(making.certificate(SITE, HQ), HQ.keys), hq=KNOWN,
        incarnation=1, accounts=[],
    )  # fmt: skip
    data = enrolment.approve(
        approval, request.site, STRANGER.keys, [request.age], b"", epoch=new_id().hex, schema=1, serial=1
    )
    assert code(data, request) == "signature_bad"


def test_certificates_and_revocations_are_read_only_as_headquarters_signed_them() -> None:
    text = certificates.issue(making.certificate(SITE, HQ), HQ.keys)
    assert certificates.read(text, KNOWN.sign) == making.certificate(SITE, HQ)
    assert certificates.read(text, [STRANGER.keys.public.sign, *KNOWN.sign])
    revoked = Revocations(number=3, sites=[Revocation(site=SITE.id.hex, on=date(2025, 1, 1), reason="丢失")])
    assert certificates.read_revocations(certificates.revoke(revoked, HQ.keys), KNOWN.sign) == revoked
    for bad in (text.replace("采油", "采气"), text[:-3], "", "{}", certificates.revoke(revoked, HQ.keys)):
        with pytest.raises(Refusal):
            certificates.read(bad, KNOWN.sign)
    with pytest.raises(Refusal):
        certificates.read(text, [STRANGER.keys.public.sign])


RECEIPT = Receipt(
    package=new_id().hex,
    site=SITE.id.hex,
    incarnation=2,
    height=Height(epoch=new_id().hex, seq=42, hash="ab" * 32, top=50, missing=[(43, 44)]),
    outcomes=[Outcome(change=new_id().hex, what="refused", why="没有这个网格")],
    counts={"taken": 41, "refused": 1},
)


def sealed(receipt: Receipt = RECEIPT, hq: Party = HQ) -> bytes:
    age = [SITE.keys.public.age]
    return receipts.seal(receipt, hq.keys, age, hq=HQ.id, epoch=new_id(), schema=1)


def test_a_receipt_comes_out_as_it_went_in() -> None:
    assert receipts.open_(sealed(), making.trust(HQ), SITE.reader) == RECEIPT
    assert receipts.counted(["taken", "had", "taken"]) == {"taken": 2, "had": 1}


def test_a_receipt_for_another_site_or_by_another_hand_is_refused() -> None:
    for data, reader in ((sealed(), STRANGER.reader), (sealed(hq=STRANGER), SITE.reader)):
        with pytest.raises(Refusal):
            receipts.open_(data, making.trust(HQ), reader)
    with pytest.raises(Refusal):
        receipts.open_(sealed(msgspec.structs.replace(RECEIPT, site=HQ.id.hex)), making.trust(HQ), SITE.reader)


def test_secret_keys_do_not_show_in_text() -> None:
    sign, age = SITE.keys.secrets()
    assert sign not in repr(SITE.keys) and age not in repr(SITE.keys) and age not in repr(SITE.reader)
    assert Keys.load(sign, age).public == SITE.keys.public
