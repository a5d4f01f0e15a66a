"""Carrying by stick: the upload, the answers written later with what was recorded since, and every file that is not right."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.errors import Refusal
from app.models.batches import Package
from app.models.people import Person
from app.models.sites import Site
from app.models.visits import Visit
from app.services import sites
from app.sync import answering, carrying, collect, exchange, own, previewing, tally
from tests.sync.conftest import Office, World


@pytest.fixture
def site(world: World) -> Iterator[Office]:
    made = world.site("A")
    yield made
    made.store.close()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


def site_id(office: Office) -> uuid.UUID:
    with office.store.read() as s:
        return own.line(s).site_id


def waiting(office: Office) -> int:
    with office.store.read() as s:
        return collect.unconfirmed(s)


def upload(office: Office, stick: Path) -> Path:
    (path,) = carrying.write_upload(office.store, office.actor, stick).paths
    return path


def test_the_whole_way_by_stick_with_an_answer_recorded_after_taking(world: World, site: Office, stick: Path) -> None:
    site.visit()
    path = upload(site, stick)
    (read,) = carrying.read_files(world.hq.store, world.hq.actor, [stick])
    assert (read.state, read.name, read.counts) == ("taken", "A", {"taken": 1})
    assert answering.to_answer(world.hq.store)
    world.hq.edit(world.people[0], note="总部补记")
    written = carrying.write_answers(world.hq.store, world.hq.actor, stick, [site_id(site)])
    assert len(written) == 1 and not answering.to_answer(world.hq.store)
    reads = carrying.read_files(site.store, site.actor, [stick])
    assert sorted((read.file, read.state) for read in reads) == sorted(
        [(path.name, "skipped"), (written[0].name, "settled")]
    )
    assert waiting(site) == 0
    with site.store.read() as s:
        assert s.get_one(Person, world.people[0]).note == "总部补记"
        compared = tally.compared(s)
    assert compared.told and compared.ours == compared.theirs
    assert {row.difference for row in compared.rows} == {0}
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_the_same_stick_again_changes_nothing(world: World, site: Office, stick: Path) -> None:
    site.visit()
    upload(site, stick)
    carrying.read_files(world.hq.store, world.hq.actor, [stick])
    before = world.hq.digest("")
    (read,) = carrying.read_files(world.hq.store, world.hq.actor, [stick])
    assert read.state == "again" and world.hq.digest("") == before


def test_the_receipt_of_every_package_that_is_still_open_is_written(world: World, site: Office, stick: Path) -> None:
    for summary in ("一", "二"):
        site.visit(summary)
        upload(site, stick)
    carrying.read_files(world.hq.store, world.hq.actor, [stick])
    written = carrying.write_answers(world.hq.store, world.hq.actor, stick, [site_id(site)])
    assert len(written) == 2
    carrying.read_files(site.store, site.actor, written)
    with site.store.read() as s:
        assert [row.state for row in tally.packages(s) if row.state != "came"] == ["settled", "settled"]
    site.visit("三")
    path = upload(site, stick)
    carrying.read_files(world.hq.store, world.hq.actor, [path])
    assert len(carrying.write_answers(world.hq.store, world.hq.actor, stick, [site_id(site)])) == 1


def test_a_lost_package_is_covered_by_writing_again(world: World, site: Office, stick: Path) -> None:
    site.visit("一")
    upload(site, stick).unlink()
    site.visit("二")
    upload(site, stick)
    carrying.read_files(world.hq.store, world.hq.actor, [stick])
    carrying.read_files(
        site.store, site.actor, carrying.write_answers(world.hq.store, world.hq.actor, stick, [site_id(site)])
    )
    assert waiting(site) == 0
    with site.store.read() as s:
        assert sorted(row.state for row in tally.packages(s) if row.state != "came") == ["covered", "settled"]
    assert len(world.hq.ids(Visit)) == 2


def test_a_site_that_never_sent_anything_gets_its_whole_scope(world: World, site: Office, stick: Path) -> None:
    world.hq.edit(world.people[0], note="新")
    (path,) = carrying.write_answers(world.hq.store, world.hq.actor, stick, [site_id(site)])
    assert "下发" in path.name
    (read,) = carrying.read_files(site.store, site.actor, [path])
    assert (read.state, read.kind) == ("taken", "feed")
    with site.store.read() as s:
        assert s.get_one(Person, world.people[0]).note == "新"


def test_bad_files_are_told_one_by_one_and_the_good_one_is_taken(world: World, site: Office, stick: Path) -> None:
    site.visit()
    good = upload(site, stick)
    data = good.read_bytes()
    (stick / "a.fgpkg").write_bytes(data[:-40])
    (stick / "b.fgpkg").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    (stick / "c.fgpkg").write_text("这不是数据包")
    (stick / "d.fgpkg").write_bytes(b"")
    codes = {read.file: read.code for read in carrying.read_files(world.hq.store, world.hq.actor, [stick])}
    assert codes == {
        "a.fgpkg": "truncated", "b.fgpkg": "altered", "c.fgpkg": "no_package", "d.fgpkg": "no_package", good.name: ""
    }  # fmt: skip
    previews = {one.path.name: one.state for one in previewing.preview(world.hq.store, world.hq.actor, [stick])}
    assert previews == dict.fromkeys(codes, "refused") | {good.name: "again"}
    (mine,) = carrying.read_files(site.store, site.actor, [good])
    assert (mine.state, mine.code) == ("refused", "own_upload")


def test_a_revoked_site_goes_to_quarantine_and_comes_out_of_it_never_half_taken(
    world: World, site: Office, stick: Path
) -> None:
    site.visit()
    path = upload(site, stick)
    with world.hq.store.begin(world.hq.actor) as s:
        sites.revoke(s, site_id(site), "电脑遗失")
    (shown,) = previewing.preview(world.hq.store, world.hq.actor, [path])
    assert (shown.state, shown.code) == ("quarantine", "site_revoked")
    (read,) = carrying.read_files(world.hq.store, world.hq.actor, [path])
    assert read.state == "quarantined" and "电脑遗失" in read.why
    assert world.hq.ids(Visit) == set()
    with world.hq.store.read(world.hq.actor) as s:
        (held,) = previewing.came(s, "quarantined")
        (row,) = sites.listed(s)
    assert held.reason == read.why and row.state == "revoked"
    kept = world.hq.store.folder / answering.QUARANTINE / f"{held.id.hex}.fgpkg"
    assert kept.read_bytes() == path.read_bytes()
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Site, site_id(site)).revoked_at = None
    (again,) = carrying.read_files(world.hq.store, world.hq.actor, [kept])
    assert again.state == "taken" and not kept.exists()


def test_a_preview_tells_new_changed_and_refused_and_takes_nothing(world: World, site: Office, stick: Path) -> None:
    site.visit()
    site.edit(world.people[0], note="改")
    site.visit(path="/PS9/")
    path = upload(site, stick)
    (shown,) = previewing.preview(world.hq.store, world.hq.actor, [path])
    assert (shown.state, shown.name, shown.to_seq - shown.from_seq) == ("ready", "A", 2)
    assert [(line.kind, line.new, line.changed, line.refused) for line in shown.lines] == [
        ("人员", 0, 1, 0), ("走访", 1, 0, 1)
    ]  # fmt: skip
    assert shown.reasons == (("这条记录不在该站点的管辖范围内。", 1),)
    assert world.hq.ids(Visit) == set()
    (read,) = carrying.read_files(world.hq.store, world.hq.actor, [path])
    assert read.counts == {"taken": 2, "refused": 1}


def test_a_stick_that_cannot_be_written_leaves_no_trace_of_a_package(
    world: World, site: Office, tmp_path: Path
) -> None:
    site.visit()
    with pytest.raises(Refusal) as caught:
        carrying.write_upload(site.store, site.actor, tmp_path / "gone")
    assert caught.value.code == "stick_gone"
    with site.store.read() as s:
        assert s.scalars(select(Package).where(Package.direction == "out")).all() == []
        assert own.identity(s).package_number == 0
    assert waiting(site) == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser writes everywhere")
def test_a_read_only_stick_is_told_calmly(site: Office, stick: Path) -> None:
    stick.chmod(0o500)
    with pytest.raises(Refusal) as caught:
        carrying.write_upload(site.store, site.actor, stick)
    stick.chmod(0o700)
    assert caught.value.code == "stick_readonly"


def test_progress_goes_from_nothing_to_all_and_can_stop_between_files(world: World, site: Office, stick: Path) -> None:
    site.visit()
    told: list[tuple[int, int, str]] = []
    carrying.write_upload(site.store, site.actor, stick, lambda *said: told.append(said))
    assert told[0][:2] == (0, 1) and told[-1][:2] == (1, 1)

    class Stopped(Exception):
        pass

    def stop(_done: int, _total: int, _label: str) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        carrying.read_files(world.hq.store, world.hq.actor, [stick], stop)
    assert world.hq.ids(Visit) == set()


def test_sites_say_when_they_were_heard_and_what_is_the_matter(world: World, site: Office, stick: Path) -> None:
    with world.hq.store.read(world.hq.actor) as s:
        (row,) = sites.listed(s)
    assert (row.state, row.heard_at, row.scope) == ("never", None, "采油一作业区")
    site.visit("一")
    with site.store.begin(site.actor) as s:
        answer_to = collect.collect(s).header.to_seq
    site.visit("二")
    with site.store.begin(site.actor) as s:
        _header, data = exchange.pack(s, after=answer_to)
    (stick / "late.fgpkg").write_bytes(data)
    (read,) = carrying.read_files(world.hq.store, world.hq.actor, [stick])
    assert read.missing
    with world.hq.store.read(world.hq.actor) as s:
        (row,) = sites.listed(s)
    assert row.state == "gap" and row.heard_at is not None
    for reason, code in (("", "reason_missing"), ("丢失", "")):
        try:
            with world.hq.store.begin(world.hq.actor) as s:
                sites.revoke(s, row.id, reason)
        except Refusal as refusal:
            assert refusal.code == code
