"""The story that docs/story-conflict.md tells is what the program does."""

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.paths import resources
from tests.ui.story import MEMBER, Story

DOCS = resources().parent / "docs"


def test_one_number_changed_on_two_laptops_is_decided_once_and_seen_by_all_three(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qapp, "quit", lambda: None)  # each machine of the story leaves, the tests go on
    story = Story(qapp, tmp_path / "story", tmp_path / "pictures")
    pictures = story.tell()
    assert [story.phones(machine) for machine in ("hq", "lead", "member")] == [[MEMBER]] * 3
    told = re.findall(r"pictures/(story-[\w-]+[.]png)", (DOCS / "story-conflict.md").read_text("utf-8"))
    assert [picture.name for picture in pictures] == told
    assert all(picture.stat().st_size < 120_000 for picture in pictures)
    assert all((DOCS / "pictures" / name).exists() for name in told)
