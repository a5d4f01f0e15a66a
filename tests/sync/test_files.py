"""Photos and files by stick: only what the other side lacks, in pieces, going on where it broke off."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.errors import Refusal
from app.models.attachments import Attachment
from app.models.visits import Visit
from app.services import attachments
from app.sync import answering, carrying, files, pieces
from tests.sync.conftest import Office, World


def attach(office: Office, note: bytes) -> None:
    visit = office.visit()
    with office.store.begin(office.actor) as s:
        attachments.attach(s, "visit", visit, note, "记录.txt")


def lacking(office: Office) -> list[tuple[str, int]]:
    with office.store.read() as s:
        return files.lacking(s)


def folder(world: World, name: str) -> Path:
    place = world.folder / name
    place.mkdir()
    return place


def test_a_file_travels_up_and_down_by_stick_with_its_record_and_is_not_carried_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE", 4000)
    one, two = world.site("A"), world.site("B")
    note = "".join(f"走访记录 {number}\n" for number in range(700)).encode()
    attach(one, note)
    up = folder(world, "up")
    written = carrying.write_upload(one.store, one.actor, up)
    assert len(written.files) == 1 and written.left == 0
    reads = carrying.read_files(world.hq.store, world.hq.actor, [up])
    assert [(read.kind, read.state) for read in reads] == [("changes", "taken"), ("files", "taken")]
    assert reads[1].counts == {"complete": 1, "begun": 0} and lacking(world.hq) == []
    back = folder(world, "back")
    answering.write_answers(world.hq.store, world.hq.actor, back, [one.store.id])
    carrying.read_files(one.store, one.actor, [back, up])
    assert carrying.write_upload(one.store, one.actor, folder(world, "up2")).files == ()
    carrying.write_upload(two.store, two.actor, folder(world, "two"))
    carrying.read_files(world.hq.store, world.hq.actor, [world.folder / "two"])
    first = folder(world, "first")
    answering.write_answers(world.hq.store, world.hq.actor, first, [two.store.id])
    carrying.read_files(two.store, two.actor, [first])
    with two.store.read(two.actor) as s:
        (known,) = s.scalars(select(Attachment))
        assert [row.here for row in attachments.of(s, known.of_id)] == [False]
    assert len(lacking(two)) == 1  # its next package asks for it
    carrying.write_upload(two.store, two.actor, folder(world, "three"))
    carrying.read_files(world.hq.store, world.hq.actor, [world.folder / "three"])
    second = folder(world, "second")
    written_down = answering.write_answers(world.hq.store, world.hq.actor, second, [two.store.id])
    assert [path.suffix for path in written_down] == [".fgpkg", ".fgfile"]
    carrying.read_files(two.store, two.actor, [second])
    with two.store.read(two.actor) as s:
        assert attachments.read(s, known.id) == note
    assert one.ids(Visit) == two.ids(Visit)


def test_a_file_in_two_parts_goes_on_where_it_broke_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 1000)
    monkeypatch.setattr(files, "EACH", 3000)
    site = world.site("A")
    attach(site, bytes(range(48, 58)) * 500)
    up = folder(world, "up")
    written = carrying.write_upload(site.store, site.actor, up)
    assert len(written.files) == 2
    carrying.read_files(world.hq.store, world.hq.actor, [*written.paths, written.files[0]])
    ((_content, have),) = lacking(world.hq)
    assert have == 3000
    back = folder(world, "back")
    answering.write_answers(world.hq.store, world.hq.actor, back, [site.store.id])
    carrying.read_files(site.store, site.actor, [back])
    again = carrying.write_upload(site.store, site.actor, folder(world, "up2"))
    assert len(again.files) == 1
    (read,) = carrying.read_files(world.hq.store, world.hq.actor, [again.files[0]])
    assert read.counts == {"complete": 1, "begun": 0} and lacking(world.hq) == []


def test_what_has_no_room_follows_and_a_damaged_or_foreign_file_changes_nothing(world: World) -> None:
    one, two = world.site("A"), world.site("B")
    for number in range(3):
        attach(one, f"记录{number}".encode() * 1000)
    up = folder(world, "up")
    written = files.write_up(one.store, one.actor, up, most=10_000)
    assert len(written.paths) == 1 and written.left == 2
    data = written.paths[0].read_bytes()
    with pytest.raises(Refusal, match="不完整"):
        files.take(world.hq.store, data[:-1], world.hq.actor)
    with pytest.raises(Refusal, match="不是发给本单位的"):
        files.take(two.store, data, two.actor)
    assert files.take(world.hq.store, data, world.hq.actor) == files.Came(0, 0)  # no record names it yet
    (read,) = carrying.read_files(one.store, one.actor, [up])
    assert (read.state, read.code) == ("skipped", "own_upload")
