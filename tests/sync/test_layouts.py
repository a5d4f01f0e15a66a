"""Layouts travel: headquarters' come down to everybody with their workbooks, a unit's own go up."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from app.clock import today
from app.errors import Refusal
from app.ledgers import editions, issuing, layouts, verifying
from app.ledgers.editions import Subject
from app.ledgers.forms import filling, keeping, reading
from app.ledgers.layouts import LaidOut
from app.ledgers.marks import marks_of
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.changes import Change
from app.models.editions import Layout
from app.sync import answering, carrying, vouching
from tests.sync.conftest import Office, World

PLAN = {"format": 1, "columns": [{"key": "day"}, {"key": "content", "title": "谈了什么"}]}


def round_by_stick(world: World, site: Office, name: str) -> None:
    """Up and down once by stick, as an office does at the end of a week."""
    stick = world.folder / name
    stick.mkdir()
    carrying.write_upload(site.store, site.actor, stick)
    carrying.read_files(world.hq.store, world.hq.actor, [stick])
    answering.write_answers(world.hq.store, world.hq.actor, stick, [site.store.id])
    carrying.read_files(site.store, site.actor, [stick])


def form() -> bytes:
    made = Workbook()
    sheet: Any = made.active
    sheet["A1"], sheet["A2"], sheet["B2"], sheet["B3"] = "{{单位}}", "{{行.序号}}", "{{行.走访内容}}", "=COUNTA(B2:B2)"
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def test_a_layout_made_at_headquarters_prints_at_a_site_and_the_sites_own_is_seen_at_headquarters(
    world: World, tmp_path: Path
) -> None:
    site = world.site("A")
    with world.hq.store.begin(world.hq.actor) as s:
        kept = keeping.save(s, "visits", "全厂走访表", form(), "走访表.xlsx")
        plain = layouts.save(s, "visits", "走访简表", PLAN)
        assert (kept.path, plain.path) == ("", "")
    for summary in ("暖气不热", "家里都好"):
        site.visit(summary)
    round_by_stick(world, site, "first")
    month = Period.around(today())
    with site.store.read(site.actor) as s:
        assert [row.title for row in layouts.rows(s)] == ["全厂走访表", "走访简表"]
        page = layouts.named(s, "走访简表").page(s, month, Scope())
        assert [column.title for column in page.columns] == ["走访日期", "谈了什么"]
        assert [line[1] for line in page.rows if isinstance(line, tuple)] == ["暖气不热", "家里都好"]
        with pytest.raises(Refusal):  # its workbook comes with the next answer
            keeping.content(s, layouts.named(s, "全厂走访表"))
    round_by_stick(world, site, "second")
    with site.store.read(site.actor) as s:
        printed = layouts.named(s, "全厂走访表")
        page, content = printed.page(s, month, Scope()), keeping.content(s, printed)
    keeping.write(page, tmp_path / "out.xlsx", content, "张")
    sheet: Any = load_workbook(tmp_path / "out.xlsx").active
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2, max_row=4)] == [
        [1, "暖气不热"], [2, "家里都好"], [None, "=COUNTA(B2:B3)"],
    ]  # fmt: skip
    with site.store.begin(site.actor) as s:
        own = layouts.save(s, "visits", "站上的走访表", PLAN | {"signatures": ["站长"]})
        assert own.path == layouts.home(s) != ""
        with pytest.raises(Refusal, match="只能由它们停用"):
            layouts.retire(s, kept.id, "不想要")
    with world.hq.store.begin(world.hq.actor) as s:
        layouts.save(s, "visits", "走访简表", PLAN | {"landscape": False}, code=plain.code)
        layouts.retire(s, kept.id, "换新表")
    round_by_stick(world, site, "third")
    with world.hq.store.read(world.hq.actor) as s:
        assert {row.title: (row.whose, row.version) for row in layouts.rows(s)} == {
            "走访简表": ("本单位", 2), "站上的走访表": ("其他单位", 1),
        }  # fmt: skip
        assert layouts.named(s, "站上的走访表").page(s, month, Scope()).signatures == ("站长",)
    with site.store.read(site.actor) as s:
        names = [(one.title, one.version) for one in layouts.offered(s) if isinstance(one, LaidOut)]
        assert names == [("站上的走访表", 1), ("走访简表", 2)]
        assert layouts.page(s, plain.id, month, Scope()).landscape  # the version it was printed in
        assert layouts.page(s, kept.id, month, Scope()).title == "全厂走访表"


def test_a_site_cannot_make_layouts_for_everybody(world: World) -> None:
    site = world.site("A")
    with site.store.begin(site.actor) as s:
        s.add(Layout(code="x", version=1, title="冒充总部的", ledger="visits", plan=PLAN, path=""))
    world.exchange(site)
    assert world.hq.ids(Layout) == set()
    with site.store.read() as s:
        assert s.scalar(select(Change.state).where(Change.table == "layout")) == "refused"


def test_an_edition_is_made_again_in_the_version_it_was_printed_in(world: World) -> None:
    site = world.site("A")
    visit = site.visit("暖气不热")
    month = Period.around(today())
    with site.store.begin(site.actor) as s:
        own = layouts.save(s, "visits", "站上的走访表", PLAN)
        made = issuing.issue(s, Subject("visits", month, Scope("/PS1/"), own.id), vouching.vouch)
        layouts.save(s, "visits", "站上的走访表", PLAN | {"columns": [{"key": "n"}]}, code=own.code)
        assert made.layout_id == own.id and made.title == "站上的走访表"
        again = issuing.anew(s, made)
        assert again is not None and again.rows == editions.printed(s, made).rows
        assert [column.key for column in again.columns] == ["day", "content"] and visit


def test_an_edition_in_the_units_own_form_is_known_again_and_so_is_what_was_altered(
    world: World, tmp_path: Path
) -> None:
    site = world.site("A")
    site.visit("暖气不热")
    month, path = Period.around(today()), tmp_path / "印发.xlsx"
    with site.store.begin(site.actor) as s:
        own = keeping.save(s, "visits", "站上的走访表", form(), "走访表.xlsx")
        made = issuing.issue(s, Subject("visits", month, Scope("/PS1/"), own.id), vouching.vouch)
        printed, filled = editions.printed(s, made), keeping.of_edition(s, made)
    keeping.write(printed, path, *filled)
    marks = marks_of(path)
    assert marks["Edition"] == made.number

    def verdict(file: Path) -> verifying.Verdict:
        with site.store.read(site.actor) as s:
            return verifying.of_file(s, file, vouching.vouched, issuing.anew)

    assert (verdict(path).state, verdict(path).signed) == (verifying.GENUINE, True)
    book = load_workbook(path)
    book.save(tmp_path / "另存.xlsx")
    assert verdict(tmp_path / "另存.xlsx").state == verifying.RESAVED
    sheet: Any = book.active
    sheet["B2"], sheet["B3"] = "一切正常", "=1"
    book.save(tmp_path / "改过.xlsx")
    found = verdict(tmp_path / "改过.xlsx")
    assert found.state == verifying.ALTERED and ["B2" in found.altered[0], "B3" in found.altered[1]] == [True, True]
    sheet["A1"] = "{{单位}}"  # a form made from an edition does not go on saying that it is one
    book.save(tmp_path / "再用.xlsx")
    again = reading.read((tmp_path / "再用.xlsx").read_bytes(), "再用.xlsx", printed.columns)
    filling.write(again, replace(printed, marks=()), tmp_path / "再.xlsx", "张")
    assert marks_of(tmp_path / "再.xlsx") == {}
