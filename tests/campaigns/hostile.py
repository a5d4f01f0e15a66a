"""Hostile files of senders with good keys: whatever is in them, they are refused or taken, within 5 seconds and 300 MB."""

import gc
import hashlib
import io
import json
import signal
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pyrage
import zstandard

from app.errors import Refusal
from app.models import chain
from app.sync import certificates, enrolment, envelope, exchange, files, pieces, receipts, seal, wire
from app.sync.batch import Header
from app.sync.certificates import Revocation, Revocations
from app.sync.keys import Keys, sign
from tests.campaigns import Done, chance
from tests.campaigns._mortal import Death, Mortal, Tell
from tests.campaigns._prepared import remembered
from tests.campaigns.bits import golden
from tests.sync import making
from tests.sync.making import Party

TITLE = "hostile files by senders with good keys: packages, lines, receipts, approvals, requests, certificates"
FULL, SMALL, DATABASES = 1_000, 2, ("sqlite",)
#: Inputs of one case.
INPUTS = 1_000
LONGEST, LARGEST = 5.0, 300 << 20
#: What the program holds before it reads anything; the copy of a long test run that is measured here holds more.
FRESH = 90 << 20

SITE, HQ = Party.new(), Party.new()
TRUST = making.trust(HQ, SITE)
_PACK = zstandard.ZstdCompressor(level=1).compress


def case(number: int, seed: int, database: str = "sqlite") -> Done:
    """A thousand inputs in a process of its own, whose memory and time are measured."""
    dice, kinds = chance(seed, number), list(KINDS)
    golden()

    def life(tell: Tell) -> None:
        done, before = Counter[str](), _counted_from_here()
        for at in range(INPUTS):
            kind = kinds[at % len(kinds)]
            done[f"{kind} {_judged(kind, KINDS[kind], dice)}"] += 1
        if (most := _grown(before)) > LARGEST:
            raise AssertionError(f"{most >> 20} MB")
        tell(json.dumps(done))

    told = Mortal(life, Death()).end(longest=600).told[0]
    return Done(steps=INPUTS, faults=Counter(json.loads(told)))


def _judged(kind: str, make: Callable[[Random], Callable[[], object]], dice: Random) -> str:
    """What became of one input: refused or taken; anything else ends the campaign with the input."""
    state = dice.getstate()
    read = make(dice)
    began = time.monotonic()
    signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, LONGEST * 4)  # processor time is what counts, on a busy machine
    before = time.process_time()
    try:
        read()
    except Refusal as refusal:
        assert str(refusal), kind
        return "refused"
    except BaseException as error:
        raise AssertionError(f"{kind}: {error!r} for the dice at {hash(state)}") from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        took = time.process_time() - before
        assert took < LONGEST, f"{kind}: {took:.1f} s of the processor, {time.monotonic() - began:.1f} s in all"
    return "taken"


def _too_long(_number: int, _frame: object) -> None:
    raise TimeoutError("too long")


# --- what a hostile hand does to values, text and bytes ---

_WORDS: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63 - 1, -(2**63), "", " ", "\0", "a\0b", "\u202e", "\ufeff", "x" * 300, "长" * 2_000,
    [], {}, [[]], {"": None}, "00" * 16, "g" * 32, "0" * 64, "../../keys.json", "2025-02-30", "9999-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00.000000Z", "/PS1/01/", "/" * 300, ["a"] * 400, "-----BEGIN AGE ENCRYPTED FILE-----",
)  # fmt: skip
#: Text that canonical JSON never has: put in place of a value.
_TEXTS = (
    b"NaN", b"Infinity", b"-Infinity", b"1.5", b"1e999", b"-0", b"01", b"9" * 400, b"1e1000000", b'"\\ud800"', b'"\\u0000"',
    b'"\xff\xfe"', b'"\xed\xa0\x80"', b"[" * 2_000, b'{"a":' * 1_000, b"true", b"nul", b'{"a":1,"a":2}', b"//", b'"\t"', b"",
)  # fmt: skip


def twisted(value: Any, dice: Random) -> Any:
    """The value with one part of it replaced, left out, doubled or deepened."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        name = dice.choice(list(value))
        how = dice.random()
        if how < 0.1:
            return {key: one for key, one in value.items() if key != name}
        if how < 0.15:
            return value | {dice.choice(("x", "", "\0", "position", "hash", name + " ")): dice.choice(_WORDS)}
        return value | {name: twisted(value[name], dice)}
    if isinstance(value, list) and value and dice.random() < 0.7:
        at = dice.randrange(len(value))
        if dice.random() < 0.3:
            return value[:at] + value[at : at + 1] * dice.choice((0, 2, 2_000)) + value[at + 1 :]
        return [*value[:at], twisted(value[at], dice), *value[at + 1 :]]
    if isinstance(value, int) and not isinstance(value, bool) and dice.random() < 0.5:
        return max(-(2**63), min(2**63 - 1, value + dice.choice((-1, 1, 2**32, -value, value))))
    if isinstance(value, str) and value and dice.random() < 0.4:
        at = dice.randrange(len(value))
        return value[:at] + dice.choice(("", "\0", "\u200b", value, value[at].upper())) + value[at + 1 :]
    if dice.random() < 0.05:
        deep: Any = value
        for _ in range(dice.choice((3, 15, 17, 60))):
            deep = [deep] if dice.random() < 0.5 else {"a": deep}
        return deep
    return dice.choice(_WORDS)


def spelt(value: Any, dice: Random) -> bytes:
    """The value as JSON: mostly in its one spelling, else with something in it that has none."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")
    how = dice.random()
    if how < 0.6:
        return text
    if how < 0.8:
        at = [n for n, byte in enumerate(text) if byte == ord(":")] or [0]
        place = dice.choice(at) + 1
        end = next((n for n in range(place, len(text)) if text[n] in b",}]"), len(text))
        return text[:place] + dice.choice(_TEXTS) + text[end:]
    return mangled(text, dice)


def mangled(data: bytes, dice: Random) -> bytes:
    """Bytes flipped, cut out, doubled or put in."""
    spoilt = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at, span = dice.randrange(len(spoilt) + 1), dice.choice((1, 1, 4, 60))
        how = dice.randrange(4)
        if how == 0 and at < len(spoilt):
            spoilt[at] ^= 1 << dice.randrange(8)
        elif how == 1:
            del spoilt[at : at + span]
        elif how == 2:
            spoilt[at:at] = spoilt[at : at + span]
        else:
            spoilt[at:at] = dice.randbytes(span)
    return bytes(spoilt)


def forged(
    header: dict[str, Any], payload: bytes, keys: Keys, to: str, dice: Random | None = None, **stated: Any
) -> bytes:
    """A file whose sender signs whatever it likes; `packed` and `sealed` may be given as well."""
    packed = stated.pop("packed", None)
    sealed = stated.pop("sealed", None)
    if sealed is None:
        sealed = pyrage.encrypt(_PACK(payload) if packed is None else packed, [pyrage.x25519.Recipient.from_str(to)])
    told = header | {
        "payload_size": len(payload), "payload_sha256": hashlib.sha256(payload).hexdigest(), "sealed_size": len(sealed),
        "sealed_sha256": hashlib.sha256(sealed).hexdigest(),
    }  # fmt: skip
    told |= stated
    text = spelt(twisted(told, dice), dice) if dice is not None else chain.canonical_json(told)
    head = struct.pack(">8sBBI", envelope.MAGIC, 1, 1, len(text)) + text
    return head + sign(keys, b"package", head) + sealed


# --- the kinds of input ---


@cache
def _line() -> list[wire.WireChange]:
    rows: list[dict[str, object]] = [
        {"name": "张三", "phones": ["13800000000"], "n": 1, "met": [{"name": "李四", "person": None}]}, {"name": "王五"},
    ]  # fmt: skip
    return making.line(SITE, rows)


@cache
def _header() -> dict[str, Any]:
    header: dict[str, Any] = msgspec.to_builtins(making.batch(SITE, _line(), HQ).header)
    return header


def _lines(dice: Random) -> list[bytes]:
    """The lines of a genuine package, one of them spoilt."""
    lines = [one.rstrip(b"\n") for one in wire.write_lines(_line())]
    at = dice.randrange(len(lines))
    value = twisted(json.loads(lines[at]), dice)
    lines[at] = spelt(value, dice)
    return lines


def _opened(data: bytes) -> object:
    batch = seal.open_(data, TRUST, HQ.reader)
    return list(batch.changes), batch.package_id, batch.site_id


def _package_header(dice: Random) -> Callable[[], object]:
    payload = b"".join(wire.write_lines(_line()))
    data = forged(_header(), payload, SITE.keys, HQ.keys.public.age, dice)
    return lambda: _opened(data)


def _package_body(dice: Random) -> Callable[[], object]:
    data = forged(_header(), b"".join(one + b"\n" for one in _lines(dice)), SITE.keys, HQ.keys.public.age)
    return lambda: _opened(data)


def _package_frame(dice: Random) -> Callable[[], object]:
    """The compressed frame, or the age file around it, is mangled and signed."""
    payload = b"".join(wire.write_lines(_line()))
    if dice.random() < 0.5:
        data = forged(_header(), payload, SITE.keys, HQ.keys.public.age, packed=mangled(_PACK(payload), dice))
    else:
        sealed = pyrage.encrypt(_PACK(payload), [HQ.keys.age.to_public()])
        data = forged(_header(), payload, SITE.keys, HQ.keys.public.age, sealed=mangled(sealed, dice))
    return lambda: _opened(data)


def _json_lines(dice: Random) -> Callable[[], object]:
    lines = _lines(dice)
    return lambda: list(wire.read_lines(lines))


def _receipt(dice: Random) -> Callable[[], object]:
    told = {
        "package": "ab" * 16, "site": SITE.id.hex, "incarnation": 1, "counts": {"taken": 2}, "totals": {"visit": 2},
        "height": {"epoch": "cd" * 16, "seq": 2, "hash": "ef" * 32, "top": 9, "missing": [[3, 8]]},
        "others": [{"epoch": "12" * 16, "seq": 1, "hash": "34" * 32}],
    }  # fmt: skip
    rows: list[Any] = [told, {"change": "56" * 16, "what": "refused", "why": "不在管辖范围"}]
    at = dice.randrange(2)
    rows[at] = twisted(rows[at], dice)
    payload = b"".join(spelt(one, dice) + b"\n" for one in rows)
    header = _header() | {"kind": "receipt", "site": HQ.id.hex, "audience": [SITE.id.hex], "answers": "ab" * 16}
    data = forged(header, payload, HQ.keys, SITE.keys.public.age)
    return lambda: receipts.open_with_feed(data, TRUST, SITE.reader)


@cache
def _asked() -> tuple[Keys, enrolment.Request]:
    keys = Keys.new()
    return keys, enrolment.read_request(enrolment.ask(keys, SITE.id, "A", 2))


def _approval(dice: Random) -> Callable[[], object]:
    keys, request = _asked()
    party = Party(SITE.id, keys)
    certificate = certificates.issue(making.certificate(party, HQ), HQ.keys)
    told = {
        "request": request.request, "certificate": certificate, "hq": msgspec.to_builtins(TRUST.hq), "incarnation": 1,
        "accounts": [{"account": "ab" * 16, "login": "zs", "name": "张三", "role": "lead"}], "revocations": "",
    }  # fmt: skip
    payload = spelt(twisted(told, dice), dice) + b"\n"
    header = _header() | {
        "kind": "enrolment", "site": HQ.id.hex, "audience": [SITE.id.hex], "answers": request.request,
        "signer": HQ.keys.public.sign,
    }  # fmt: skip
    data = forged(header, payload, HQ.keys, keys.public.age)
    return lambda: enrolment.accept(data, request, keys)


def _request(dice: Random) -> Callable[[], object]:
    keys, request = _asked()
    body = spelt(twisted(msgspec.to_builtins(request), dice), dice)
    if dice.random() < 0.5:
        data = chain.canonical_json(
            {"fgreq": 1, "body": body.decode("utf-8", "replace"), "signature": sign(keys, b"request", body).hex()}
        )
    else:
        data = mangled(enrolment.ask(keys, SITE.id, "A", 2), dice)
    return lambda: enrolment.read_request(data)


def _certificate(dice: Random) -> Callable[[], object]:
    if dice.random() < 0.5:
        genuine: Any = making.certificate(SITE, HQ)
        purpose, read = b"certificate", certificates.read
    else:
        from datetime import date

        genuine = Revocations(number=3, sites=[Revocation(site=SITE.id.hex, on=date(2025, 1, 1), reason="丢失")])
        purpose, read = b"revocations", certificates.read_revocations  # type: ignore[assignment]
    body = spelt(twisted(msgspec.to_builtins(genuine), dice), dice)
    told = {"body": body.decode("utf-8", "replace"), "signature": sign(HQ.keys, purpose, body).hex()}
    text = json.dumps(twisted(told, dice) if dice.random() < 0.3 else told, ensure_ascii=dice.random() < 0.5)
    return lambda: read(text, TRUST.hq.sign)


def _files(dice: Random) -> Callable[[], object]:
    """Attachments by stick: pieces that claim a hash, a place and bytes."""
    told = [{"data": "cGhvdG8=", "hash": "ab" * 32, "start": at} for at in (0, 5)]
    payload = b"".join(spelt(twisted(one, dice), dice) + b"\n" for one in told)
    data = forged(_header() | {"kind": "files", "counts": {"attachment": 1}}, payload, SITE.keys, HQ.keys.public.age)
    return lambda: list(files._pieces(envelope.read(io.BytesIO(data), TRUST.judge, HQ.reader).lines()))


def _piece(dice: Random) -> Callable[[], object]:
    sealed = mangled(pieces.seal(b"photo" * 9, HQ.keys.public.age), dice)
    return lambda: pieces.unseal(sealed, HQ.reader)


def _to_the_store(dice: Random) -> Callable[[], object]:
    """A site's own package with a spoilt row, rightly chained and signed, goes to a real headquarters."""
    made = golden()
    header, changes = made.readers["changes"](made.files["changes"])  # type: ignore[misc]
    change = dice.choice(changes)
    plain = msgspec.to_builtins(change)
    spoilt = twisted(
        {name: plain[name] for name in plain if name not in ("prev", "hash", "seq", "epoch", "site")}, dice
    )
    try:
        one = msgspec.convert(plain | spoilt, wire.WireChange)
        one = msgspec.structs.replace(one, change_id=dice.randbytes(16).hex(), prev=changes[0].prev, seq=changes[0].seq)
        one = msgspec.structs.replace(one, hash=wire.link(one).hex())
    except (msgspec.MsgspecError, ValueError, TypeError):
        return lambda: None
    told: Header = msgspec.structs.replace(
        header, package=dice.randbytes(16).hex(), to_seq=one.seq, tip=one.hash, changes=1, counts={one.table: 1}
    )
    from app.sync import own
    from app.sync.batch import Batch

    with remembered(made.folder):
        with made.site.store.read() as s:
            keys, (_, readers) = own.keys(s), own.readers_above(s)
        try:
            data = seal.seal(Batch(told, [one]), keys, readers)
        except ValueError:
            return lambda: None
    return lambda: exchange.answer(made.world.hq.store, data, made.world.hq.actor)


KINDS: dict[str, Callable[[Random], Callable[[], object]]] = {
    "header": _package_header, "body": _package_body, "frame": _package_frame, "lines": _json_lines, "receipt": _receipt,
    "approval": _approval, "request": _request, "certificate": _certificate, "piece": _piece, "files": _files, "row": _to_the_store,
}  # fmt: skip


# --- single monsters ---


@dataclass(frozen=True)
class Monster:
    """A large or endless input, made in the process that reads it."""

    make: Callable[[], bytes]
    read: Callable[[bytes], object] = _opened


def _sealed(payload: bytes = b"", **stated: Any) -> bytes:
    return forged(_header(), payload, SITE.keys, HQ.keys.public.age, **stated)


def _streamed(pieces_: Iterator[bytes], window: int = 0, size: int = -1) -> bytes:
    out = io.BytesIO()
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=window) if window else None
    pack = zstandard.ZstdCompressor(compression_params=parameters) if parameters else zstandard.ZstdCompressor(level=3)
    with pack.stream_writer(out, size=size, closefd=False) as stream:
        for piece in pieces_:
            stream.write(piece)
    return out.getvalue()


def _nothing(megabytes: int) -> Iterator[bytes]:
    return ((bytes(65_535) + b"\n") * 16 for _ in range(megabytes))


def _heavy(megabytes: int) -> bytes:
    """Lines that do not shrink: hexadecimal digits of noise are as long as their noise, twice."""
    dice = Random(1)
    return b"".join(dice.randbytes(400_000).hex().encode() + b"\n" for _ in range(megabytes * 10 // 8))


def _receipt_with(feed: bytes) -> bytes:
    header = _header() | {"kind": "receipt", "site": HQ.id.hex, "audience": [SITE.id.hex], "answers": "ab" * 16}
    stated = {"enclosed_size": len(feed), "enclosed_sha256": hashlib.sha256(feed).hexdigest()}
    return forged(header | stated, b"{}\n", HQ.keys, SITE.keys.public.age) + feed


def _heard(data: bytes) -> object:
    return receipts.open_with_feed(data, TRUST, SITE.reader)


MONSTERS: dict[str, Monster] = {
    "1 GiB of nothing, said to be 1 GiB": Monster(lambda: _sealed(packed=_streamed(_nothing(1024)), payload_size=1 << 30)),
    "1 GiB of nothing, said to be 512 MiB": Monster(lambda: _sealed(packed=_streamed(_nothing(1024)), payload_size=512 << 20)),
    "1 GiB of nothing, said to be nothing": Monster(lambda: _sealed(packed=_streamed(_nothing(1024)), payload_size=0)),
    "a frame that declares its 1 GiB": Monster(lambda: _sealed(packed=_streamed(_nothing(1024), size=1 << 30), payload_size=1 << 30)),
    "a window of 2 GiB": Monster(lambda: _sealed(packed=_streamed(_nothing(16), window=31), payload_size=16 << 20)),
    "64 MiB of blank lines": Monster(lambda: _sealed(packed=_PACK(b"\n" * (64 << 20)), payload_size=64 << 20)),
    "a line of 64 MiB": Monster(lambda: _sealed(packed=_PACK(bytes(64 << 20)), payload_size=64 << 20)),
    "a hundred thousand frames": Monster(lambda: _sealed(packed=_PACK(b"\n") * 100_000, payload_size=100_000)),
    "depth 500,000": Monster(lambda: _sealed(b"[" * 500_000 + b"\n")),
    "depth 500,000 closed": Monster(lambda: _sealed(b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"\n")),
    "a number of a million digits": Monster(lambda: _sealed(b"9" * 1_000_000 + b"\n")),
    "a million heads": Monster(lambda: _sealed(b'{"heads":[' + b'"",' * 300_000 + b'""]}\n')),
    "a header of 4 GiB": Monster(lambda: struct.pack(">8sBBI", envelope.MAGIC, 1, 1, 2**32 - 1) + bytes(1 << 20)),
    "a header of nests": Monster(lambda: struct.pack(">8sBBI", envelope.MAGIC, 1, 1, 64 << 10) + b"[" * (64 << 10) + bytes(64)),
    "a header that says it seals 2^63": Monster(lambda: _sealed(b"\n", sealed_size=2**63 - 1)),
    "60 MiB that do not shrink": Monster(lambda: _sealed(_heavy(96))),
    "a receipt with 60 MiB behind it": Monster(lambda: _receipt_with(bytes(60 << 20)), _heard),
    "a receipt that says 2^63 follow": Monster(lambda: forged(
        _header() | {"kind": "receipt", "site": HQ.id.hex, "audience": [SITE.id.hex], "enclosed_size": 2**63 - 1}, b"{}\n", HQ.keys,
        SITE.keys.public.age), _heard),
    "a file sealed with a password": Monster(lambda: _sealed(b"\n", sealed=pyrage.passphrase.encrypt(b"x", "mima"))),
    "an age file of ten thousand readers": Monster(lambda: _sealed(
        b"\n", sealed=pyrage.encrypt(_PACK(b"\n"), [HQ.keys.age.to_public()] * 10_000))),
    "an age file with armour": Monster(lambda: _sealed(b"\n", sealed=pyrage.encrypt(b"x", [HQ.keys.age.to_public()], armored=True))),
    "a request of 100 MiB": Monster(lambda: b"[" * (100 << 20), lambda data: enrolment.read_request(io.BytesIO(data))),
    "a certificate of nests": Monster(lambda: b'{"body":' + b"[" * 1_000_000, lambda data: certificates.read(data.decode(), TRUST.hq.sign)),
}  # fmt: skip


def faced(name: str) -> tuple[float, int]:
    """The monster is refused in a process of its own; gives its seconds and its peak of memory in MB, both within bounds."""
    monster = MONSTERS[name]

    def life(tell: Tell) -> None:
        data = monster.make()
        gc.collect()
        before = _counted_from_here() - len(data)
        began = time.process_time()
        try:
            monster.read(data)
            raise AssertionError("taken")
        except Refusal as refusal:
            assert str(refusal)
        tell(f"{time.process_time() - began} {_grown(before)}")

    seconds, most = Mortal(life, Death()).end(120).told[0].split()
    assert float(seconds) <= LONGEST and int(most) <= LARGEST, f"{name}: {float(seconds):.1f} s, {int(most) >> 20} MB"
    return float(seconds), int(most) >> 20


def _counted_from_here() -> int:
    """The bytes this process holds; the system counts the peak of its memory from here on."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _grown(before: int) -> int:
    """The most this process has held since, as if it had held no more than the program alone `before`."""
    return _status("VmHWM") - before + FRESH


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))
