"""印发即冻结: what was printed stays; what comes later is told on 更正页; paper and files can be checked."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from app import i18n
from app.errors import Refusal
from app.ledgers import board, closings, corrections, editions, excel, issuing, layouts, pdf, verifying
from app.ledgers.editions import Subject
from app.ledgers.page import Total
from app.ledgers.period import Period
from app.ledgers.preview import Preview
from app.ledgers.scope import Scope
from app.models.accounts import Actor
from app.models.editions import Closing, Edition
from app.models.visits import Visit
from app.services import visits
from app.sync import own, vouching
from tests.conftest import Clock
from tests.factories import Plant, account, copy_of_headquarters

MARCH = Period.parse("2025-03")


@pytest.fixture
def plant(tmp_path: Path, clock: Clock) -> Iterator[Plant]:
    made = copy_of_headquarters(tmp_path / "hq")
    yield made
    made.store.close()


@pytest.fixture
def lead(plant: Plant) -> Actor:
    return account(plant, "lead", "lead", "周芳")


def subject(plant: Plant, ledger: str = "visits") -> Subject:
    return Subject(ledger, MARCH, Scope(plant.path, plant.first))


def issue(plant: Plant, lead: Actor, **more: Any) -> Edition:
    of = subject(plant)
    with plant.store.begin(lead) as s:
        return issuing.issue(s, of, vouching.vouch, **more)


def record(plant: Plant, lead: Actor, **fields: Any) -> uuid.UUID:
    with plant.store.begin(lead) as s:
        return visits.record(s, plant.visit(**fields)).id


def verdict(plant: Plant, lead: Actor, what: Path | str) -> verifying.Verdict:
    with plant.store.read(lead) as s:
        if isinstance(what, Path):
            return verifying.of_file(s, what, vouching.vouched, issuing.anew)
        return verifying.of_code(s, what, vouching.vouched, issuing.anew)


def test_a_printed_month_stays_as_it_was_whatever_happens_to_its_visits(
    plant: Plant, lead: Actor, tmp_path: Path
) -> None:
    visit = record(plant, lead, summary="家里都好")
    made = issue(plant, lead)
    assert made.number == "PS6-01-2025-" + made.number.split("-")[3] + "-L0001"
    with plant.store.read(lead) as s:
        before = editions.printed(s, made)
        pdf.write(before, tmp_path / "before.pdf")
    with plant.store.begin(lead) as s:
        visits.correct(s, visit, reason="写错了", summary="水管漏水")
    record(plant, lead, summary="后来补录")
    with plant.store.read(lead) as s:
        after = editions.printed(s, made)
        pdf.write(after, tmp_path / "after.pdf")
    assert (tmp_path / "before.pdf").read_bytes() == (tmp_path / "after.pdf").read_bytes()
    with Preview(tmp_path / "after.pdf") as seen:
        text = seen.text(0)
    assert "家里都好" in text and "后来补录" not in text
    assert made.number in text and editions.check(made.hash) in text


def test_it_is_printed_once_until_the_month_is_opened_again_with_a_reason(
    plant: Plant, lead: Actor, clock: Clock
) -> None:
    clock.set(2025, 4, 2, 9)
    record(plant, lead)
    first = issue(plant, lead)
    with pytest.raises(Refusal) as refused:
        issue(plant, lead)
    assert refused.value.code == "edition_there" and first.number in str(refused.value)
    with plant.store.begin(lead) as s:
        closings.close(s, MARCH, Scope(plant.path))
        assert closings.closed(s, MARCH, Scope(plant.path, plant.first))
    with pytest.raises(Refusal, match="请写明重新打开的原因"), plant.store.begin(lead) as s:
        closings.reopen(s, MARCH, Scope(plant.path), " ")
    with plant.store.begin(lead) as s:
        closings.reopen(s, MARCH, Scope(plant.path), "漏了一户")
    clock.forward(hours=1)
    second = issue(plant, lead, reason="漏了一户")
    assert (second.about, second.reason) == (first.id, "漏了一户")
    with plant.store.read(lead) as s:
        rows = editions.rows(s)
    assert [(row.number, row.replaced_by) for row in rows] == [(second.number, ""), (first.number, second.number)]
    assert all(row.here for row in rows)


@pytest.mark.parametrize(
    ("who", "month", "code"),
    [("member", "2025-03", "not_allowed"), ("lead", "2025-07", "period_ahead"), ("leader", "2025-03", "not_allowed")],
)
def test_who_may_not_print_for_signature_and_for_when(plant: Plant, who: str, month: str, code: str) -> None:
    of = replace(subject(plant), period=Period.parse(month))
    actor = account(plant, "other", who)
    with pytest.raises(Refusal) as refused, plant.store.begin(actor) as s:
        issuing.issue(s, of, vouching.vouch)
    assert refused.value.code == code
    with plant.store.read(plant.boss) as s:
        assert editions.rows(s) == []


def test_what_comes_later_is_told_on_a_correction_with_old_new_and_why(plant: Plant, lead: Actor, clock: Clock) -> None:
    kept = record(plant, lead, summary="家里都好")
    gone = record(plant, lead, summary="录重了", day=date(2025, 3, 6))
    made = issue(plant, lead)
    with plant.store.begin(lead) as s:
        visits.correct(s, kept, reason="听错了", summary="水管漏水")
        visits.void(s, gone, "重复录入")
    record(plant, lead, summary="断网时走访的", day=date(2025, 3, 7))
    of = subject(plant)
    with plant.store.read(lead) as s:
        found = corrections.pending(s, made, issuing.page(s, of))
    assert {(one.kind, one.why.split("（")[0]) for one in found if one.kind != "sum"} == {
        ("changed", "更正：听错了"), ("removed", "作废：重复录入"), ("added", "印发以后才录入或送到"),
    }  # fmt: skip
    with plant.store.begin(lead) as s:
        sheet = issuing.correct(s, made, vouching.vouch)
        assert corrections.pending(s, made, issuing.page(s, of)) == []
        with pytest.raises(Refusal) as refused:
            issuing.correct(s, made, vouching.vouch)
        text = "\n".join(map(str, editions.printed(s, sheet).rows))
    assert refused.value.code == "nothing_to_correct"
    for words in ("家里都好", "水管漏水", "断网时走访的", "录重了", "听错了"):
        assert words in text
    assert verdict(plant, lead, f"{made.number} {editions.check(made.hash)}").corrections == (sheet.number,)
    since = verdict(plant, lead, f"{made.number} {editions.check(made.hash)}").since
    assert any("走访内容：家里都好 → 水管漏水（更正：听错了" in one for one in since), since
    assert any(one.startswith("新增 整行：（无） → ") and "断网时走访的" in one for one in since)
    assert verdict(plant, lead, f"{sheet.number} {editions.check(sheet.hash)}").about == made.number


def test_files_are_genuine_saved_again_or_altered(plant: Plant, lead: Actor, tmp_path: Path) -> None:
    record(plant, lead, summary="家里都好")
    made = issue(plant, lead)
    with plant.store.read(lead) as s:
        printed = editions.printed(s, made)
    pdf.write(printed, tmp_path / "a.pdf")
    excel.write(printed, tmp_path / "a.xlsx")
    for name in ("a.pdf", "a.xlsx"):
        found = verdict(plant, lead, tmp_path / name)
        assert (found.state, found.signed, found.current, found.changed) == ("genuine", True, True, 0), found

    from openpyxl import load_workbook

    book = load_workbook(tmp_path / "a.xlsx")
    book.save(tmp_path / "again.xlsx")
    assert verdict(plant, lead, tmp_path / "again.xlsx").state == "resaved"
    cell = next(one for row in book.active.iter_rows() for one in row if one.value == "家里都好")  # type: ignore[union-attr]
    cell.value = "家里都坏"
    book.save(tmp_path / "bad.xlsx")
    found = verdict(plant, lead, tmp_path / "bad.xlsx")
    assert found.state == "altered"
    assert [one for one in found.altered if "家里都好" in one and "家里都坏" in one and cell.coordinate in one]
    other = pdf.document(replace(printed, rows=tuple(row for row in printed.rows if not isinstance(row, tuple))))
    (tmp_path / "bad.pdf").write_bytes(other)
    assert verdict(plant, lead, tmp_path / "bad.pdf").state == "altered"
    record(plant, lead, summary="又走访")
    assert verdict(plant, lead, tmp_path / "a.pdf").changed == 2  # the visit, and the sum below


def test_the_code_on_paper_is_read_from_a_photo_and_a_false_one_is_found_out(
    plant: Plant, lead: Actor, tmp_path: Path
) -> None:
    from PIL import Image

    record(plant, lead)
    made = issue(plant, lead)
    with plant.store.read(lead) as s:
        printed = editions.printed(s, made)
    with Preview(pdf.document(printed)) as seen:
        drawn = seen.picture(0, 150)
    sheet = Image.frombuffer("RGB", (drawn.width, drawn.height), drawn.pixels, "raw", "BGR", drawn.stride, 1)
    sheet.rotate(7, expand=True, fillcolor="white").save(tmp_path / "photo.jpg", quality=70)
    seen_there = verdict(plant, lead, tmp_path / "photo.jpg")
    typed = verdict(plant, lead, f"{made.number} {editions.check(made.hash)}")
    for one in (seen_there, typed):
        assert (one.state, one.signed, one.compared) == ("genuine", True, False)
        assert "纸上的字请与「已印发」里的那一份对照" in one.sentences()[0]
    Image.new("RGB", (300, 300), "white").save(tmp_path / "white.png")
    (tmp_path / "no.png").write_bytes(b"\x89PNG nothing")
    for name, code in (("white.png", "no_code_seen"), ("no.png", "picture_unreadable")):
        with pytest.raises(Refusal) as refused:
            verdict(plant, lead, tmp_path / name)
        assert refused.value.code == code
    first, number, mark, site, signature = printed.code.split(":")
    forged = mark[:-1] + ("A" if mark[-1] != "A" else "Q")
    assert verdict(plant, lead, ":".join((first, number, forged, site, signature))).state == "forged"
    assert verdict(plant, lead, ":".join((first, number[:-1] + "9", mark, site, signature))).state == "forged"
    assert verdict(plant, lead, f"{number} AAAA-AAAA").state == "forged"
    with pytest.raises(Refusal, match="看不懂这个码"):
        verdict(plant, lead, "随便写的")


def test_number_and_letters_are_understood_as_they_come_from_the_hand(plant: Plant, lead: Actor) -> None:
    record(plant, lead)
    made = issue(plant, lead)
    letters = editions.check(made.hash)
    right = f"{made.number} {letters}"
    wide = "".join(chr(ord(char) + 0xFEE0) if char > " " else "\u3000" for char in right.lower())
    typed = [right, wide, right.replace("-", "—"), right.replace(" ", ""), right.replace(" ", "－")]
    typed += [right.replace("0", "O"), right.replace("1", "I").replace("0", "o")]
    for text in typed:
        found = verdict(plant, lead, text)
        assert (found.state, found.number) == ("genuine", made.number), text
    assert verifying.read_code("PS3-2025-S01-L0042 k0tq-7m1p").mark == "KOTQ7MIP"
    assert verdict(plant, lead, f"{made.number} AAAA-AAAA").state == "forged"
    with pytest.raises(Refusal, match="看不懂这个码"):
        verdict(plant, lead, f"{made.number} K8TQ-7MZP")


@pytest.fixture
def chinese_again() -> Iterator[None]:
    yield
    i18n.use("zh")


@pytest.mark.usefixtures("chinese_again")
def test_an_edition_is_compared_in_its_own_language(plant: Plant, lead: Actor) -> None:
    record(plant, lead, met=[{"name": "张三"}, {"name": "李四"}])
    made = issue(plant, lead)
    typed = f"{made.number} {editions.check(made.hash)}"
    i18n.use("en")
    found = verdict(plant, lead, typed)
    assert (found.changed, found.since) == (0, ())
    with plant.store.begin(lead) as s, pytest.raises(Refusal) as refused:
        issuing.correct(s, editions.found(s, made.number), vouching.vouch)
    assert refused.value.code == "nothing_to_correct"


def test_the_oldest_month_not_yet_printed_is_offered_first(plant: Plant, lead: Actor, clock: Clock) -> None:
    clock.set(2025, 6, 3, 9)
    of = subject(plant)
    with plant.store.read(lead) as s:
        assert editions.months_without(s, of) == [Period.parse("2025-05")]
    issue(plant, lead)
    with plant.store.read(lead) as s:
        assert editions.months_without(s, of) == [Period.parse("2025-04"), Period.parse("2025-05")]


def test_a_total_line_is_kept_as_it_was(plant: Plant, lead: Actor) -> None:
    with plant.store.begin(lead) as s:
        of = Subject("appeal-figures", MARCH, Scope(plant.path))
        made = issuing.issue(s, of, vouching.vouch)
        again = editions.printed(s, made)
    assert any(isinstance(one, Total) for one in again.totals)
    assert again.totals == page_totals(plant, lead)


def page_totals(plant: Plant, lead: Actor) -> tuple[Total, ...]:
    with plant.store.read(lead) as s:
        return issuing.page(s, Subject("appeal-figures", MARCH, Scope(plant.path))).totals


def test_what_was_purged_from_this_machine_is_no_change_of_the_ledger(plant: Plant, lead: Actor) -> None:
    kept = record(plant, lead)
    gone = record(plant, lead, summary="去年的", day=date(2025, 3, 6))
    made = issue(plant, lead)
    with plant.store.begin() as s:
        s.execute(delete(Visit).where(Visit.id == gone))  # as purging does, with no word to anybody
        own.note(s, purged_before="2025-04-01")
    of = subject(plant)
    with plant.store.read(lead) as s:
        now = issuing.page(s, of)
        assert corrections.pending(s, made, now) == []
        assert "本机已清理 2025-04-01 以前的旧资料" in now.notes[-1]
    with pytest.raises(Refusal) as refused, plant.store.begin(lead) as s:
        issuing.issue(s, subject(plant, "hazards"), vouching.vouch)
    assert refused.value.code == "period_purged"
    with plant.store.begin(lead) as s:
        visits.void(s, kept, "录错了")
    with plant.store.read(lead) as s:
        (one,) = corrections.pending(s, made, issuing.page(s, of))
    assert (one.kind, one.about) == ("removed", f"visit:{kept.hex}")


def test_an_edition_keeps_the_layout_it_was_printed_in(plant: Plant, lead: Actor) -> None:
    record(plant, lead, summary="家里都好")
    with plant.store.begin(lead) as s:
        first = layouts.save(s, "visits", "走访简表", plan("day", "content"))
        of = issuing.subject(s, "走访简表", MARCH, Scope(plant.path, plant.first))
        assert of.layout == first.id
        made = issuing.issue(s, of, vouching.vouch)
        second = layouts.save(s, "visits", "走访简表", plan("content", "way", "day"), code=first.code)
    with plant.store.read(lead) as s:
        printed = editions.printed(s, made)
        assert [column.key for column in printed.columns] == ["day", "content"]
        now = issuing.anew(s, made)
        assert now is not None and corrections.pending(s, made, now) == []
        again = issuing.subject(s, "走访简表", MARCH, Scope(plant.path, plant.first))
        assert again.layout == second.id
        there = editions.in_force(s, again)
        assert there is not None and there.id == made.id
        assert editions.in_force(s, subject(plant)) is None


def plan(*keys: str) -> dict[str, Any]:
    return {"format": 1, "columns": [{"key": key} for key in keys]}


def test_a_scanned_paper_is_known_by_its_code_and_a_page_of_a_hundred_metres_costs_nothing(
    plant: Plant, lead: Actor, tmp_path: Path
) -> None:
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    record(plant, lead)
    made = issue(plant, lead)
    with plant.store.read(lead) as s:
        document = pdf.document(editions.printed(s, made))
    with Preview(document) as seen:
        drawn = seen.picture(0, 150)
    sheet = Image.frombuffer("RGB", (drawn.width, drawn.height), drawn.pixels, "raw", "BGR", drawn.stride, 1)
    for name, size, picture in (("scan.pdf", (842, 595), True), ("huge.pdf", (280_000, 280_000), False)):
        canvas = Canvas(str(tmp_path / name), pagesize=size)
        if picture:
            canvas.drawImage(ImageReader(sheet), 0, 0, *size)
        canvas.showPage()
        canvas.save()
    assert verdict(plant, lead, tmp_path / "scan.pdf").number == made.number
    with pytest.raises(Refusal) as refused:
        verdict(plant, lead, tmp_path / "huge.pdf")
    assert refused.value.code == "no_code_seen"


def test_the_board_and_the_printing_go_by_the_same_word_about_a_month(plant: Plant, lead: Actor, clock: Clock) -> None:
    clock.set(2025, 4, 2, 9)
    grid = Scope(plant.path, plant.first)
    for path, kind, shut in ((plant.path, "close", True), ("/", "reopen", False), ("/", "close", True)):
        with plant.store.begin(lead) as s:
            s.add(Closing(path=path, month="2025-03", kind=kind))
        with plant.store.read(lead) as s:
            told = {row.grid: row.closed for row in board.of(s, MARCH).rows}
            assert told[plant.first] is closings.closed(s, MARCH, grid) is shut
    with plant.store.begin(lead) as s:
        closings.reopen(s, MARCH, grid, "漏了一户")
    with plant.store.read(lead) as s:
        told = {row.grid: row.closed for row in board.of(s, MARCH).rows}
        assert (told[plant.first], told[plant.second]) == (False, True)
        assert not closings.closed(s, MARCH, grid) and closings.closed(s, MARCH, Scope(plant.path, plant.second))
