"""Spellings of names and texts: traditional and simplified characters, dots, spaces, pinyin and initials."""

import unicodedata
from functools import cache

from app.paths import resources

#: Radicals that look like characters and that Unicode does not fold by itself: ⻓ is typed for 长.
_RADICALS = dict(
    zip(
        "⺁⺅⺈⺉⺌⺍⺎⺐⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲",
        "厂亻刀刂小小兀尢巳幺彑彐忄㣺扌攵旡日月歺民氵氺灬爫爫丬牛犭王疋目示礻竹糹纟罓罒㓁网网羊羊羊耂肀聿肉臼艹艹艹虎衤覀西见角角讠贝足车辶辶辶阝钅長镸长门阜阝雨青韦页风飞食食飠饣首马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀",
        strict=True,
    )
)
#: Every way of writing the dot in 阿不都·热合曼.
_DOTS = dict.fromkeys("‧•・．.･∙⋅●᛫•․‥·・﹒｡。", "·")
#: Characters that take no room: they come along when text is copied from other programs.
_NOTHING = dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u180e", "")
#: Old Windows fonts keep 䶮 in the private area.
_PRIVATE = {"\ue863": "䶮"}

_SPELLING = str.maketrans(_RADICALS | _NOTHING | _PRIVATE)
_NAME = str.maketrans(_DOTS)


@cache
def _simpler() -> dict[int, str]:
    """The table of simplified characters, read once; chains end, so folding twice changes nothing."""
    table: dict[str, str] = {}
    for line in (resources() / "opencc" / "TSCharacters.txt").read_text(encoding="utf-8").splitlines():
        character, _, choices = line.partition("\t")
        if choices and not line.startswith("#"):
            table[character] = choices.split(" ")[0]
    return {ord(character): _last(table, character) for character, simple in table.items() if simple != character}


def _last(table: dict[str, str], character: str) -> str:
    seen = {character}
    while (following := table.get(character, character)) not in seen:
        seen.add(following)
        character = following
    return character


def simplified(text: str) -> str:
    """The text in simplified characters, one for one; everything else stays as it is."""
    return text.translate(_simpler())


def spelled(name: str) -> str:
    """The name as it is kept: NFKC, no white space, one kind of dot, no radicals; traditional characters stay."""
    text = unicodedata.normalize("NFKC", name.translate(_SPELLING)).translate(_SPELLING)
    text = "".join(text.split()).translate(_NAME)
    return unicodedata.normalize("NFKC", text)


def name_key(name: str) -> str:
    """What all spellings of one name have in common: simplified characters, letters in lower case."""
    return spelled(simplified(spelled(name)).lower())
