"""Settings come back as they were saved, and a spoilt file never stops the program."""

from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import settings
from app.settings import Note, Settings


def test_without_a_file_all_is_as_shipped(tmp_path: Path) -> None:
    assert settings.load(tmp_path) == (Settings(), [])


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    chosen = settings.changed(Settings(), language="en", font_size=16, touch=True, backup_folder='D:\\备份 "甲"\n')
    settings.save(tmp_path, chosen)
    assert settings.load(tmp_path) == (chosen, [])


def test_an_impossible_value_takes_its_default_and_is_named(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_text('language = "fr"\nfont_size = 13\ntouch = 1\nauto_lock_minutes = 9999\n')
    chosen, notes = settings.load(tmp_path)
    assert chosen == Settings(font_size=13)
    assert notes == [Note("language", "fr", "zh"), Note("touch", "1", False), Note("auto_lock_minutes", "9999", 10)]


@pytest.mark.parametrize("spoilt", [b"language = ", b"\xff\xfe\x00", b"a = 1\na = 2\n"])
def test_a_file_that_is_no_toml_counts_as_none_and_is_noted(tmp_path: Path, spoilt: bytes) -> None:
    (tmp_path / settings.FILE).write_bytes(spoilt)
    chosen, [note] = settings.load(tmp_path)
    assert chosen == Settings()
    assert note.name == ""


def test_settings_of_a_newer_program_are_kept(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_text('"voice input" = true\ncolours = ["red", {since = 2027-01-01}]\n')
    chosen, notes = settings.load(tmp_path)
    settings.save(tmp_path, settings.changed(chosen, theme="dark"))
    again, _ = settings.load(tmp_path)
    assert (again.theme, notes) == ("dark", [])
    assert again.others == {"voice input": True, "colours": ["red", {"since": date(2027, 1, 1)}]}


def test_a_value_that_does_not_fit_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="font_size"):
        settings.changed(Settings(), font_size=12)


def test_every_setting_says_what_it_means() -> None:
    assert set(settings.meanings()) == {spec.name for spec in fields(Settings)} - {"others"}
    assert all(settings.fits(name, getattr(Settings(), name)) for name in settings.meanings())


anything = st.one_of(st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False), st.lists(st.text()))


@given(st.dictionaries(st.sampled_from(sorted(settings.meanings())) | st.text(min_size=1), anything))
def test_whatever_the_file_says_reading_and_writing_agree(given_values: dict[str, Any]) -> None:
    import tomllib

    chosen, _ = settings.taken({name: value for name, value in given_values.items() if name != "others"})
    assert settings.taken(tomllib.loads(settings.written(chosen))) == (chosen, [])
