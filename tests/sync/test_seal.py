"""Packages: what was sealed comes out, anything else is refused with its reason."""

import hashlib
import io
import os
import struct
import time
from datetime import date

import msgspec
import psutil
import pyrage
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Refusal
from app.models import chain
from app.sync import envelope, seal
from app.sync.batch import Header
from app.sync.feed import Statement
from app.sync.keys import sign
from app.sync.wire import WireChange
from tests.sync import making
from tests.sync.making import Party

SITE, HQ, STRANGER = Party.new(), Party.new(), Party.new()
TRUST = making.trust(HQ, SITE)
GOLDEN_BATCH = making.batch(SITE, making.line(SITE, [{"name": "张三", "n": 1}, {"name": "李四"}]), HQ)
GOLDEN = seal.seal(GOLDEN_BATCH, SITE.keys, [HQ.keys.public.age])


def refused(data: bytes, trust: object = TRUST, reader: envelope.Reader | None = None) -> str:
    with pytest.raises(Refusal) as refusal:
        seal.open_(data, trust, reader or HQ.reader)  # type: ignore[arg-type]
    assert str(refusal.value).endswith("。")
    return refusal.value.code


@settings(max_examples=40, deadline=None)
@given(st.lists(making.rows, max_size=6))
def test_a_sealed_batch_comes_out_as_it_went_in(given_rows: list[dict[str, object]]) -> None:
    batch = making.batch(SITE, making.line(SITE, given_rows), HQ, number=7, cursor=3)
    opened = seal.open_(seal.seal(batch, SITE.keys, [HQ.keys.public.age]), TRUST, HQ.reader)
    assert list(opened.changes) == list(batch.changes)
    unsealed = {"payload_size": 0, "payload_sha256": "", "sealed_size": 0, "sealed_sha256": ""}
    assert msgspec.structs.replace(opened.header, **unsealed) == batch.header


def test_large_batches_are_read_again_instead_of_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "_KEPT", 0)
    opened = seal.open_(GOLDEN, TRUST, HQ.reader)
    assert list(opened.changes) == list(opened.changes) == list(GOLDEN_BATCH.changes)


def test_every_reader_of_several_can_open_it() -> None:
    station = Party.new()
    batch = making.batch(SITE, list(GOLDEN_BATCH.changes), HQ)
    batch = type(batch)(msgspec.structs.replace(batch.header, audience=[HQ.id.hex, station.id.hex]), batch.changes)
    data = seal.seal(batch, SITE.keys, [HQ.keys.public.age, station.keys.public.age])
    for party in (HQ, station):
        assert list(seal.open_(data, TRUST, party.reader).changes) == list(batch.changes)


def test_every_truncation_is_refused() -> None:
    codes = {refused(GOLDEN[:length]) for length in range(len(GOLDEN))}
    assert codes <= {"no_package", "truncated", "altered"}


def test_every_flipped_bit_is_refused() -> None:
    for at in range(len(GOLDEN)):
        for bit in range(8):
            spoilt = bytearray(GOLDEN)
            spoilt[at] ^= 1 << bit
            assert refused(bytes(spoilt))


def test_bytes_after_the_end_are_refused() -> None:
    assert refused(GOLDEN + b"\n") == "altered"
    assert refused(GOLDEN + GOLDEN) == "altered"


def test_parts_of_two_packages_put_together_are_refused() -> None:
    other = seal.seal(making.batch(SITE, making.line(SITE, [{"n": 2}]), HQ), SITE.keys, [HQ.keys.public.age])
    head = {data: len(data) - envelope.peek(io.BytesIO(data)).sealed_size for data in (GOLDEN, other)}
    spliced = GOLDEN[: head[GOLDEN]] + other[head[other] :]
    assert refused(spliced) in ("altered", "truncated")
    signature = GOLDEN[: head[GOLDEN] - 64] + other[head[other] - 64 : head[other]] + GOLDEN[head[GOLDEN] :]
    assert refused(signature) == "signature_bad"


def test_a_signature_by_another_hand_is_refused() -> None:
    assert refused(seal.seal(GOLDEN_BATCH, STRANGER.keys, [HQ.keys.public.age])) == "signature_bad"


def test_an_unknown_site_is_refused() -> None:
    batch = making.batch(STRANGER, making.line(STRANGER, [{}]), HQ)
    assert refused(seal.seal(batch, STRANGER.keys, [HQ.keys.public.age])) == "site_unknown"


def test_a_revoked_site_is_refused_with_the_reason() -> None:
    lost = making.trust(HQ, SITE, revoked={SITE.id.hex: "电脑丢失"})
    with pytest.raises(Refusal, match="电脑丢失") as refusal:
        seal.open_(GOLDEN, lost, HQ.reader)
    assert refusal.value.code == "site_revoked"


def test_what_somebody_else_signed_in_the_name_of_a_revoked_or_expired_site_is_a_forgery_and_not_kept() -> None:
    forged = seal.seal(GOLDEN_BATCH, STRANGER.keys, [HQ.keys.public.age])
    assert refused(forged, making.trust(HQ, SITE, revoked={SITE.id.hex: "电脑丢失"})) == "signature_bad"
    assert refused(forged, making.trust(HQ, SITE, today=date(2028, 1, 1))) == "signature_bad"


def test_headquarters_judges_validity_by_its_own_calendar_and_a_laptop_never_does() -> None:
    assert refused(GOLDEN, making.trust(HQ, SITE, today=date(2028, 1, 1))) == "certificate_expired"
    assert seal.open_(GOLDEN, making.trust(HQ, SITE, today=date(2026, 1, 1)), HQ.reader)
    assert seal.open_(GOLDEN, TRUST, HQ.reader)


def test_a_package_for_somebody_else_is_refused() -> None:
    assert refused(GOLDEN, reader=SITE.reader) == "wrong_audience"
    assert refused(GOLDEN, reader=envelope.Reader(HQ.id.hex, (STRANGER.keys.age,))) == "no_key"


def test_a_site_cannot_send_what_only_headquarters_may() -> None:
    feed = type(GOLDEN_BATCH)(msgspec.structs.replace(GOLDEN_BATCH.header, kind="feed"), GOLDEN_BATCH.changes)
    assert refused(seal.seal(feed, SITE.keys, [HQ.keys.public.age])) == "not_from_hq"


def test_a_newer_format_asks_for_a_newer_program_and_keeps_the_file() -> None:
    spoilt = bytearray(GOLDEN)
    spoilt[8] = 2
    assert refused(bytes(spoilt)) == "too_new"
    newer = type(GOLDEN_BATCH)(msgspec.structs.replace(GOLDEN_BATCH.header, min_reader=2), GOLDEN_BATCH.changes)
    assert refused(seal.seal(newer, SITE.keys, [HQ.keys.public.age])) == "too_new"


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"hello", os.urandom(4000), b"\x89FENGGE\r\n" + b"x" * 99])
def test_other_files_are_no_packages(data: bytes) -> None:
    assert refused(data) == "no_package"


def test_a_package_is_known_again_by_its_id() -> None:
    first, second = (seal.open_(GOLDEN, TRUST, HQ.reader) for _ in range(2))
    assert first.package_id == second.package_id


def forged(payload: bytes, *, packed: bytes | None = None, readers: int = 1, **fields: object) -> bytes:
    """A package whose sender signs whatever it likes."""
    packed = zstandard.ZstdCompressor(level=3).compress(payload) if packed is None else packed
    sealed = pyrage.encrypt(packed, [HQ.keys.age.to_public()] * readers)
    stated: dict[str, object] = {
        "payload_size": len(payload),
        "payload_sha256": hashlib.sha256(payload).hexdigest(),
        "sealed_size": len(sealed),
        "sealed_sha256": hashlib.sha256(sealed).hexdigest(),
    }
    header: Header = msgspec.structs.replace(GOLDEN_BATCH.header, **(stated | fields))
    text = chain.canonical_json(msgspec.to_builtins(header))
    head = struct.pack(">8sBBI", envelope.MAGIC, 1, 1, len(text)) + text
    return head + sign(SITE.keys, b"package", head) + sealed


def bomb(unpacked: int) -> bytes:
    out, nothing = io.BytesIO(), (bytes(65_535) + b"\n") * 16
    with zstandard.ZstdCompressor(level=3).stream_writer(out, closefd=False) as stream:
        for _ in range(unpacked >> 20):
            stream.write(nothing)
    return out.getvalue()


def test_a_bomb_is_refused_in_little_memory() -> None:
    packed = bomb(1 << 30)
    assert len(packed) < 100_000
    process = psutil.Process()
    before = process.memory_info().rss
    for stated in (1 << 30, 512 << 20, 100):
        assert refused(forged(b"", packed=packed, payload_size=stated)) == "too_large"
    endless = zstandard.ZstdCompressor(level=3).compress(bytes(64 << 20))  # one line of 64 MiB
    assert refused(forged(b"", packed=endless, payload_size=64 << 20)) == "altered"
    assert process.memory_info().rss - before < 64 << 20


def test_a_package_for_too_many_readers_is_refused_at_once() -> None:
    """The library takes a second for 250 readers, four for 500, a month for as many as fit into a package."""
    data = forged(b"\n", readers=400)
    before = time.process_time()
    assert refused(data) == "no_key"
    assert time.process_time() - before < 0.5


def test_a_line_without_end_is_refused() -> None:
    packed = zstandard.ZstdCompressor(level=3).compress(os.urandom(1 << 20).hex().encode())
    assert refused(forged(b"", packed=packed, payload_size=2 << 20)) == "altered"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"[" * 500_000 + b"\n", "content_bad"),
        (b'{"a":NaN}\n', "content_bad"),
        (b'{"a":1,"a":1}\n', "content_bad"),
        (b'"\xff\xfe"\n', "content_bad"),
        (b"\n", "content_bad"),
        (b"no end", "altered"),
    ],
)
def test_hostile_content_of_a_genuine_sender_is_refused(payload: bytes, code: str) -> None:
    assert refused(forged(payload)) == code


def test_a_digest_that_differs_is_refused() -> None:
    assert refused(forged(b"", payload_sha256="0" * 64)) == "altered"
    assert refused(forged(b"", payload_size=1)) == "altered"


def seal_as(run: list[WireChange], /, **fields: object) -> bytes:
    batch = making.batch(SITE, run, HQ)
    return seal.seal(type(batch)(msgspec.structs.replace(batch.header, **fields), run), SITE.keys, [HQ.keys.public.age])


def test_changes_that_are_not_the_stated_run_are_refused() -> None:
    changes = making.line(SITE, [{}, {}, {}])
    assert refused(seal_as([changes[0], changes[2]])) == "content_differs"
    assert refused(seal_as([changes[1], changes[0]])) == "content_differs"
    assert refused(seal_as(changes, tip="0" * 64)) == "content_differs"
    assert refused(seal_as(changes, changes=2)) == "content_differs"
    assert refused(seal_as(changes, counts={"visit": 2, "issue": 1})) == "content_differs"
    mixed = [changes[0], making.line(SITE, [{}, {}])[1]]
    assert refused(seal_as(mixed)) == "content_differs"


def test_another_sites_history_cannot_be_sent_as_ones_own() -> None:
    assert refused(seal_as(making.line(STRANGER, [{}]))) == "content_differs"


@given(st.binary(max_size=300))
def test_no_bytes_make_opening_fail_otherwise_than_by_refusal(data: bytes) -> None:
    for start in (b"", envelope.MAGIC, envelope.MAGIC + b"\x01\x01", GOLDEN[:200]):
        with pytest.raises(Refusal):
            seal.open_(start + data, TRUST, HQ.reader)


@given(st.sampled_from(sorted(msgspec.to_builtins(GOLDEN_BATCH.header))), making.plain)
def test_no_header_a_genuine_sender_can_write_makes_opening_fail_otherwise(name: str, value: object) -> None:
    stated = msgspec.to_builtins(envelope.peek(io.BytesIO(GOLDEN))) | {name: value}
    text = chain.canonical_json(stated)
    head = struct.pack(">8sBBI", envelope.MAGIC, 1, 1, len(text)) + text
    sealed = GOLDEN[-envelope.peek(io.BytesIO(GOLDEN)).sealed_size :]
    try:
        opened = seal.open_(head + sign(SITE.keys, b"package", head) + sealed, TRUST, HQ.reader)
        assert Statement.of(opened.header) and opened.package_id and opened.site_id
    except Refusal as refusal:
        assert str(refusal)
