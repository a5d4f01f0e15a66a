"""Invented sites, keys and changes for the tests of the protocol."""

import uuid
from dataclasses import dataclass
from datetime import date

import msgspec
from hypothesis import strategies as st

from app.models.values import new_id
from app.sync import wire
from app.sync.batch import Batch, build
from app.sync.certificates import Certificate, HqKeys, Trust
from app.sync.envelope import Reader
from app.sync.keys import Keys
from app.sync.wire import WireChange

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
rows = st.dictionaries(st.text(min_size=1, max_size=12), plain, max_size=6)


@dataclass
class Party:
    """An installation with its keys."""

    id: uuid.UUID
    keys: Keys

    @classmethod
    def new(cls) -> "Party":
        return cls(new_id(), Keys.new())

    @property
    def reader(self) -> Reader:
        return Reader(self.id.hex, (self.keys.age,))


def certificate(party: Party, hq: Party, **other: object) -> Certificate:
    """A certificate as headquarters would issue it."""
    fields: dict[str, object] = {
        "serial": 1,
        "site": party.id.hex,
        "name": "采油一作业区",
        "code": "C01",
        "kind": "site",
        "paths": ["/PS1/"],
        "roles": ["member"],
        "sign": party.keys.public.sign,
        "age": party.keys.public.age,
        "valid_from": date(2025, 1, 1),
        "valid_to": date(2027, 1, 1),
        "hq_key": hq.keys.fingerprint,
    }
    return Certificate(**(fields | other))  # type: ignore[arg-type]


def trust(hq: Party, *sites: Party, **other: object) -> Trust:
    """What headquarters believes."""
    known = HqKeys(
        site=hq.id.hex, name="总部", sign=[hq.keys.public.sign], age=hq.keys.public.age, recovery=hq.keys.public.age
    )
    return Trust(known, {site.id.hex: [certificate(site, hq)] for site in sites}, **other)  # type: ignore[arg-type]


def change(party: Party, epoch: uuid.UUID, seq: int, prev: str, row: dict[str, object], **other: object) -> WireChange:
    """The next change of a line."""
    fields: dict[str, object] = {
        "change_id": new_id().hex,
        "site": party.id.hex,
        "epoch": epoch.hex,
        "seq": seq,
        "txn": new_id().hex,
        "table": "visit",
        "record": new_id().hex,
        "base": 0,
        "fields": sorted(row),
        "path": "/PS1/01/",
        "at": (1_762_300_000_000 << 16) + seq,
        "device_at": "2025-11-05T00:00:00.000000Z",
        "schema": 1,
        "row": row,
        "salt": "00" * 16,
        "prev": prev,
    }
    draft = WireChange(**(fields | other))  # type: ignore[arg-type]
    return msgspec.structs.replace(draft, hash=wire.link(draft).hex())


def line(party: Party, given: list[dict[str, object]], epoch: uuid.UUID | None = None) -> list[WireChange]:
    """A line of history with these rows, from its beginning."""
    epoch, prev, made = epoch or new_id(), "00" * 32, []
    for seq, row in enumerate(given, 1):
        made.append(change(party, epoch, seq, prev, row))
        prev = made[-1].hash
    return made


def batch(party: Party, changes: list[WireChange], to: Party, **more: object) -> Batch:
    """A batch of a whole line."""
    epoch = uuid.UUID(hex=changes[0].epoch) if changes else new_id()
    return build(changes, kind="changes", site=party.id, epoch=epoch, audience=[to.id], schema=1, **more)  # type: ignore[arg-type]
