"""The marked copy carries every finding, leaves the original alone and runs no formula the user typed as text."""

import hashlib
import json
import pickle
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell

from app.errors import Refusal
from app.services.imports.checking import check, check_all
from app.services.imports.context import Context
from app.services.imports.findings import PROBLEMS, Outcome
from app.services.imports.marked import mark

AS_OF = date(2026, 1, 5)
FILES = ("组织机构与网格划分.xlsx", "人员花名册.xlsx", "住户走访台账(2025年).xlsx")


@pytest.fixture(scope="module")
def outcomes(samples: Callable[[int], Path]) -> list[Outcome]:
    folder = samples(1)
    tables = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["tables"]
    return check_all([folder / name for name in FILES], Context(tables=tables), as_of=AS_OF)


@pytest.fixture(scope="module")
def copies(
    samples: Callable[[int], Path], outcomes: list[Outcome], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Workbook]:
    folder = tmp_path_factory.mktemp("marked")
    for name, outcome in zip(FILES, outcomes, strict=True):
        mark(samples(1) / name, outcome, folder / name)
    return {name: load_workbook(folder / name) for name in FILES}


def test_every_finding_is_in_the_list_and_at_its_cell(outcomes: list[Outcome], copies: dict[str, Workbook]) -> None:
    for name, outcome in zip(FILES, outcomes, strict=True):
        book = copies[name]
        assert book.sheetnames[0] == PROBLEMS
        rows = list(book[PROBLEMS].iter_rows(min_row=4, values_only=True))
        assert [(row[0], row[1], row[2]) for row in rows] == [
            (one.sheet, one.row, one.column) for one in outcome.findings
        ]
        for finding in outcome.findings:
            row = book[finding.sheet][finding.row]
            cells = [cell for cell in row if cell.comment and finding.message in cell.comment.text]
            if finding.column and not isinstance(book[finding.sheet][f"{finding.column}{finding.row}"], MergedCell):
                assert book[finding.sheet][f"{finding.column}{finding.row}"] in cells
            elif not finding.column:
                assert cells


def test_the_original_stays_as_it_is(
    samples: Callable[[int], Path], outcomes: list[Outcome], copies: dict[str, Workbook]
) -> None:
    for name, outcome in zip(FILES, outcomes, strict=True):
        assert copies[name]
        assert hashlib.sha256((samples(1) / name).read_bytes()).hexdigest() == outcome.sha256


def test_comments_of_the_user_stay(copies: dict[str, Workbook]) -> None:
    texts = [
        cell.comment.text for sheet in copies[FILES[1]] for row in sheet.iter_rows() for cell in row if cell.comment
    ]
    assert any("此号码为家属电话" in text for text in texts)


def test_text_that_looks_like_a_formula_stays_text(samples: Callable[[int], Path], copies: dict[str, Workbook]) -> None:
    for name in FILES:
        original, copy = load_workbook(samples(1) / name), copies[name]
        for sheet in original:
            formulas = {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"}
            copied = {cell.coordinate for row in copy[sheet.title].iter_rows() for cell in row if cell.data_type == "f"}
            assert formulas == copied
        assert not [cell for row in copy[PROBLEMS].iter_rows() for cell in row if cell.data_type == "f"]


def test_the_marked_copy_can_be_imported_again(
    samples: Callable[[int], Path], outcomes: list[Outcome], tmp_path: Path
) -> None:
    mark(samples(1) / FILES[0], outcomes[0], tmp_path / "copy.xlsx")
    again = check(tmp_path / "copy.xlsx", Context(), as_of=AS_OF)
    assert again.ignored[PROBLEMS] == "problems"
    assert [sheet.records for sheet in again.sheets] == [sheet.records for sheet in outcomes[0].sheets]


def test_the_original_is_never_written_over(
    samples: Callable[[int], Path], outcomes: list[Outcome], tmp_path: Path
) -> None:
    with pytest.raises(Refusal) as refusal:
        mark(samples(1) / FILES[0], outcomes[0], samples(1) / FILES[0])
    assert refusal.value.code == "would_overwrite"
    with pytest.raises(Refusal) as refusal:
        mark(samples(1) / FILES[0], outcomes[0], tmp_path / "no" / "folder.xlsx")
    assert refusal.value.code == "cannot_write"


def test_every_finding_is_a_sentence_with_its_advice(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        for finding in outcome.findings:
            assert finding.message.endswith("。")
            assert "{" not in finding.message
            assert finding.message == finding.reason + finding.advice


def test_an_outcome_travels_between_processes(outcomes: list[Outcome]) -> None:
    assert pickle.loads(pickle.dumps(outcomes)) == outcomes
