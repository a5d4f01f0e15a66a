"""Photos and files by stick: only what the other side lacks, in pieces, going on where it broke off."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from app.errors import Refusal, StoreRefusal
from app.models.attachments import Attachment
from app.models.blobs import Blobs
from app.models.visits import Visit
from app.services import attachments
from app.sync import answering, carrying, epochs, files, pieces, rotating
from tests.sync.conftest import Office, World, back_to, imaged


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


def test_a_file_of_which_a_piece_cannot_be_read_any_more_begins_anew(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pieces, "PIECE", 1000)
    monkeypatch.setattr(files, "EACH", 3000)
    site = world.site("A")
    before = imaged(world.hq, tmp_path / "before")
    with world.hq.store.begin(world.hq.actor) as s:
        rotating.rotate(s)
    world.exchange(site)
    attach(site, bytes(range(48, 58)) * 500)
    up = folder(world, "up")
    written = carrying.write_upload(site.store, site.actor, up)
    carrying.read_files(world.hq.store, world.hq.actor, [*written.paths, written.files[0]])
    coming = shutil.copytree(world.folder / "hq" / "coming", tmp_path / "coming")
    back_to(world.hq, before)  # its database alone: what lies beside it stays, sealed to a key that is lost
    shutil.copytree(coming, world.folder / "hq" / "coming")
    epochs.settle_doubt(world.hq.store)
    for number in range(4):
        world.exchange(site)
        out = folder(world, f"again{number}")
        carrying.write_upload(site.store, site.actor, out)
        carrying.read_files(world.hq.store, world.hq.actor, [out])
    assert lacking(world.hq) == []


def test_the_pieces_of_a_file_stay_where_the_disk_has_no_room_for_the_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = world.site("A")
    attach(site, b"a photo" * 1000)
    up = folder(world, "up")
    carrying.write_upload(site.store, site.actor, up)
    with monkeypatch.context() as full:
        full.setattr(Blobs, "put", lambda *_: (_ for _ in ()).throw(StoreRefusal("disk_full", "磁盘已满")))
        with pytest.raises(StoreRefusal, match="磁盘已满"):
            carrying.read_files(world.hq.store, world.hq.actor, [up])
    ((_content, have),) = lacking(world.hq)
    assert have == 7000
    world.exchange(site)
    again = carrying.write_upload(site.store, site.actor, folder(world, "again"))
    carrying.read_files(world.hq.store, world.hq.actor, again.files)
    assert lacking(world.hq) == [] and again.files[0].stat().st_size < 3000


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
