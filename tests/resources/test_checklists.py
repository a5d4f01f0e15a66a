"""The shipped checklists are examples, and whole."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from app.paths import resources

FILES = sorted((resources() / "codes" / "checklists").glob("*.json"))


def test_three_examples_are_shipped() -> None:
    assert len(FILES) == 3


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_checklist_is_an_example_and_says_so(path: Path) -> None:
    book = json.loads(path.read_text(encoding="utf-8"))
    assert book["example"] and "示例" in book["title"] and "不代替" in book["note"] and book["code"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_items_are_whole_and_only_ask_about_earlier_ones(path: Path) -> None:
    earlier: dict[str, dict[str, object]] = {}
    for item in json.loads(path.read_text(encoding="utf-8"))["items"]:
        assert item["text"] and item["code"] not in earlier
        assert item["kind"] in ("verdict", "number", "choice", "text", "photo")
        if item["kind"] == "number":
            assert Decimal(item["low"]) < Decimal(item["high"]) and item["unit"]
        if item["kind"] == "choice":
            assert len(item["choices"]) > 1
        if item["kind"] in ("verdict", "number"):
            assert item["requirement"] and item["method"] and item["weight"] > 0
        if rule := item.get("show_if"):
            asked = earlier[rule["item"]]
            choices = asked["choices"]
            assert isinstance(choices, list) and (rule.get("is") or rule.get("not")) in choices
        earlier[item["code"]] = item
