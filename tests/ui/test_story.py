"""The stories that docs/story-*.md tell are what the program does."""

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.paths import resources
from tests.ui.story import MEMBER, KeyStory, NumberStory, Story

DOCS = resources().parent / "docs"


@pytest.fixture(autouse=True)
def _goes_on(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qapp, "quit", lambda: None)  # each machine of a story leaves, the tests go on


def _told(story: Story, page: str) -> None:
    """The page shows the pictures of the story, and they are there."""
    pictures = story.tell()
    told = re.findall(r"pictures/(story-[\w-]+[.]png)", (DOCS / page).read_text("utf-8"))
    assert [picture.name for picture in pictures] == told
    assert all(picture.stat().st_size < 120_000 for picture in pictures)
    assert all((DOCS / "pictures" / name).exists() for name in told)


def test_one_number_changed_on_two_laptops_is_decided_once_and_seen_by_all_three(
    qapp: QApplication, tmp_path: Path
) -> None:
    story = NumberStory(qapp, tmp_path / "story", tmp_path / "pictures")
    _told(story, "story-conflict.md")
    assert [story.phones(machine) for machine in ("hq", "lead", "member")] == [[MEMBER]] * 3


def test_headquarters_changes_its_keys_and_reads_what_was_sealed_to_the_former_ones(
    qapp: QApplication, tmp_path: Path
) -> None:
    story = KeyStory(qapp, tmp_path / "story", tmp_path / "pictures")
    _told(story, "story-keys.md")
    assert story.keys("lead") == story.keys("hq") and len(story.keys("hq")[1]) == 2
    assert story.waiting() == 0
