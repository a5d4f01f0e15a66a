"""Every colour can be read, every icon is there, every theme fills the style sheet."""

import pytest
from PySide6.QtGui import QFont, QFontDatabase, QFontMetrics
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QPushButton
from pytestqt.qtbot import QtBot

from app.settings import Settings
from app.ui import icons, theme
from app.ui.theme import STATES, THEMES, Look, Theme, contrast

ALL = pytest.mark.parametrize("colours", THEMES.values(), ids=THEMES)


@ALL
def test_body_text_reaches_four_and_a_half_to_one(colours: Theme) -> None:
    for ground in (colours.ground, colours.card, colours.hover, colours.selection):
        assert contrast(colours.ink, ground) >= 4.5
    for ground in (colours.ground, colours.card):
        assert contrast(colours.secondary, ground) >= 4.5
    assert contrast(colours.rail_ink, colours.rail) >= 4.5
    assert contrast(colours.rail_here_ink, colours.rail_here) >= 4.5
    assert contrast(colours.accent_ink, colours.accent) >= 4.5


@ALL
@pytest.mark.parametrize("state", STATES)
def test_a_state_can_be_read_on_its_chip_on_a_card_and_under_its_text(colours: Theme, state: str) -> None:
    assert contrast(colours.legible(state), colours.soft(state)) >= 4.5
    assert contrast(colours.legible(state, colours.card), colours.card) >= 4.5
    assert contrast(colours.text_on(colours.state(state)), colours.state(state)) >= 4.5


@ALL
def test_the_focus_border_stands_out_from_what_is_around_it(colours: Theme) -> None:
    for ground in (colours.card, colours.ground):
        assert contrast(colours.accent, ground) >= 3


def test_high_contrast_reaches_seven_to_one() -> None:
    high = theme.CONTRAST
    assert contrast(high.ink, high.card) >= 7
    assert contrast(high.secondary, high.card) >= 7
    for state in STATES:
        assert contrast(high.legible(state), high.soft(state)) >= 7


@pytest.mark.parametrize("size", theme.SIZES)
@ALL
def test_every_token_of_the_style_sheet_is_filled_in(colours: Theme, size: int) -> None:
    text = theme.style_sheet(colours, Look(colours.name, size))
    assert "$" not in text
    assert colours.accent in text


def test_rows_are_34_px_and_44_for_gloves_and_grow_with_the_text() -> None:
    assert Look().row == 34
    assert Look(touch=True).row == 44
    assert Look(touch=True).target == 44
    assert Look().target >= 36
    assert Look(size=16).row > Look(size=13).row > 34


def test_the_look_follows_the_settings() -> None:
    assert Look.of(Settings(theme="contrast", font_size=16, touch=True)) == Look("contrast", 16, True)


def test_our_font_draws_rare_names() -> None:
    metrics = QFontMetrics(QFont(theme.FAMILY))
    assert QFontDatabase.families().count(theme.FAMILY) == 1
    assert all(metrics.inFontUcs4(ord(char)) for char in "赵㛃𠅤燊犇枫格…「」·●")


@pytest.mark.parametrize("meaning", icons.names())
def test_every_icon_draws_something_in_the_colour_asked_for(qapp: QApplication, meaning: str) -> None:
    image = icons.pixmap(meaning, "#C62828", 20).toImage()
    inked = [image.pixelColor(x, y) for x in range(20) for y in range(20) if image.pixelColor(x, y).alpha() > 200]
    assert inked
    assert all(colour.red() > 150 and colour.green() < 90 for colour in inked)


def test_an_unknown_icon_is_a_bug() -> None:
    with pytest.raises(KeyError):
        icons.icon("no such thing")


def test_dressed_buttons_take_the_colour_of_another_theme(qapp: QApplication, qtbot: QtBot) -> None:
    button = QPushButton("保存")
    qtbot.addWidget(button)
    icons.dress(button, "save")
    light = button.icon().pixmap(20, 20).toImage()
    try:
        theme.apply(qapp, Look("dark", motion=False))
        icons.redress(button)  # a button below a window, here the window itself has none below
        around = QPushButton("x")
        qtbot.addWidget(around)
        button.setParent(around)
        icons.redress(around)
        assert button.icon().pixmap(20, 20).toImage() != light
    finally:
        theme.apply(qapp, Look(motion=False))


def test_standard_buttons_bring_no_old_icons(qtbot: QtBot) -> None:
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
    qtbot.addWidget(box)
    box.show()
    assert all(button.icon().isNull() for button in box.buttons())
