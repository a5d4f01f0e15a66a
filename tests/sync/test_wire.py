"""Changes as lines: spelt one way, read strictly."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refusal
from app.models import chain
from app.models.values import new_id
from app.sync import wire
from tests.sync import making
from tests.sync.making import Party

SITE = Party.new()


@given(making.plain)
def test_canonical_json_is_what_any_sorted_compact_writer_gives(value: object) -> None:
    spelt = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert chain.canonical_json(value) == spelt
    assert chain.read_canonical(spelt) == value


@given(st.lists(making.rows, max_size=5))
def test_changes_come_out_of_their_lines_as_they_went_in(given_rows: list[dict[str, object]]) -> None:
    changes = making.line(SITE, given_rows)
    lines = list(wire.write_lines(changes))
    assert list(wire.read_lines(line[:-1] for line in lines)) == changes
    for change in changes:
        assert wire.from_entry(wire.entry(change)) == change


def test_a_line_leaves_out_what_the_line_before_tells() -> None:
    changes = making.line(SITE, [{"a": 1}, {"a": 2}])
    second = list(wire.write_lines(changes))[1]
    assert b"hash" not in second and b"prev" not in second


def test_an_erased_row_keeps_the_chain_valid() -> None:
    epoch = new_id()
    whole = making.change(SITE, epoch, 1, "00" * 32, {"name": "张三"})
    bare = msgspec.structs.replace(whole, row=None, salt="", digest=wire.covered(whole).hex())
    erased = msgspec.structs.replace(bare, hash=wire.link(bare).hex())
    assert erased.hash == whole.hash
    assert wire.from_entry(wire.entry(erased)) == erased
    assert wire.read_line(wire.write_line(erased)[:-1]) == erased


LINE = wire.write_line(making.line(SITE, [{"name": "张三", "n": 1}])[0])[:-1]


@pytest.mark.parametrize(
    "spoilt",
    [
        b"",
        b"null",
        b"[]",
        b" " + LINE,
        LINE + b" ",
        LINE.replace(b'"n":1', b'"n":1.5'),
        LINE.replace(b'"n":1', b'"n":1e2'),
        LINE.replace(b'"n":1', b'"n":NaN'),
        LINE.replace(b'"n":1', b'"n":Infinity'),
        LINE.replace(b'"n":1', b'"n":01'),
        LINE.replace(b'"n":1', b'"n":-0'),
        LINE.replace(b'"n":1', b'"n":9223372036854775808'),
        LINE.replace(b'"n":1', b'"n":1,"n":2'),
        LINE.replace(b'"seq":1', b'"seq":1,"seq":1'),
        LINE.replace(b'"seq":1', b'"seq":0'),
        LINE.replace(b'"seq":1', b'"seq":true'),
        LINE.replace(b'"seq":1', b'"seq":"1"'),
        LINE.replace(b'"n":1', b'"n":' + b"[" * 17 + b"]" * 17),
        LINE.replace(b'"n":1', b'"n":' + b"[" * 400_000),
        LINE.replace(b'"n":1', b'"n":' + b'{"a":' * 100_000),
        LINE.replace("张".encode(), b"\xff"),
        LINE.replace("张".encode(), b"\xed\xa0\x80"),
        LINE.replace("张".encode(), b"\\ud800"),
        LINE.replace("张".encode(), b"\\u5f20"),
        LINE.replace(b'"txn"', b'"zzz":1,"txn"'),
        LINE.replace(b'"path":"/PS1/01/"', b'"path":"' + b"/x" * 200 + b'"'),
        LINE.replace(b'"path":"/PS1/01/"', b'"path":"/PS1/\\u0000/"'),
        LINE.replace(b'"table":"visit"', b'"table":"vis\\u0000it"'),
        LINE.replace(SITE.id.hex.encode(), SITE.id.hex.upper().encode()),
        LINE.replace(SITE.id.hex.encode(), b"{" + SITE.id.hex[:30].encode() + b"}"),
        LINE.replace(b".000000Z", b".000000+00:00"),
        LINE.replace(b"2025-11-05", b"2025-13-05"),
        LINE.replace(b'"salt":"' + b"00" * 16, b'"salt":"' + b"0g" * 16),
        LINE.replace(b'"prev":"' + b"00" * 32, b'"prev":"' + b"00" * 31),
        LINE.replace(b'"record"', b'"position":-1,"record"'),
    ],
)
def test_any_other_spelling_of_a_line_is_refused(spoilt: bytes) -> None:
    assert spoilt != LINE
    with pytest.raises(Refusal) as refused:
        wire.read_line(spoilt)
    assert refused.value.code == "content_bad"
    assert str(refused.value)


def test_a_change_over_one_megabyte_is_refused() -> None:
    with pytest.raises(Refusal, match="1 MB"):
        wire.read_line(LINE.replace("张".encode(), b"x" * wire.LARGEST_CHANGE))


def test_more_changes_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_CHANGES", 2)
    lines = [line[:-1] for line in wire.write_lines(making.line(SITE, [{}, {}, {}]))]
    with pytest.raises(Refusal) as refused:
        list(wire.read_lines(lines))
    assert refused.value.code == "too_many_changes"


@given(st.binary(max_size=200))
def test_no_bytes_make_reading_fail_otherwise_than_by_refusal(data: bytes) -> None:
    with pytest.raises(Refusal):
        wire.read_line(data)
