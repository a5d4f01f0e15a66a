"""The fonts of paper and window."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from app.ledgers.fonts import GETA, faces, unseen
from app.paths import resources

FOLDER: Path = resources() / "fonts"
RARE = "㛃䶮犇喆堃燊祎甯珺玥翀龑彧㙦㺭䴖䲢𠅤𫖯𬀩𬍡𬱖𬭎𪨶𣗋"


def gb2312() -> set[str]:
    pairs = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    return {text for pair in pairs if (text := pair.decode("gb2312", "ignore"))}


@pytest.mark.parametrize("name", ["NotoSansSC-Regular", "NotoSansSC-Bold", "NotoSerifSC-Regular", "NotoSerifSC-Bold"])
def test_every_font_has_the_common_characters_and_may_be_embedded(name: str) -> None:
    with TTFont(FOLDER / f"{name}.ttf") as font:
        known = set(map(chr, font.getBestCmap()))
        assert "glyf" in font and font["OS/2"].fsType == 0
    assert len(gb2312()) == 6763 and gb2312() <= known
    if name.endswith("Regular"):
        assert set(RARE) <= known


def test_the_licence_lies_beside_the_fonts() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FOLDER / "OFL.txt").read_text(encoding="utf-8")


def test_bold_falls_back_to_regular_and_then_to_a_mark() -> None:
    regular, bold = faces()
    assert bold.holder("国") is bold and bold.holder("𠅤") is regular and bold.holder("𰻝") is None
    assert bold.width("𰻝", 10) == bold.width(GETA, 10) == pytest.approx(10, abs=0.5)


def test_marks_without_ink_take_no_room() -> None:
    regular, _bold = faces()
    assert all(unseen(char) and regular.width(char, 9) == 0 for char in "\u200b\u200d\ufe0f\U000e0100\x07\t")
    assert not unseen("国") and not unseen(" ")
