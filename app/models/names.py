"""Spellings of names and texts: traditional and simplified characters, dots, spaces, pinyin and initials."""

import itertools
import os
import unicodedata
from functools import cache, lru_cache

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

#: Surnames that are read otherwise than the character usually is, each with the readings people type for it.
_SURNAMES = (
    "尉迟 yu chi,万俟 mo qi,单于 chan yu,长孙 zhang sun,澹台 tan tai,令狐 ling hu,鲜于 xian yu,夏侯 xia hou,"
    "诸葛 zhu ge,皇甫 huang fu,亓官 qi guan,拓跋 tuo ba,濮阳 pu yang,呼延 hu yan,赫连 he lian,"
    "单 shan,解 xie,曾 zeng,仇 qiu,区 ou,查 zha,盖 ge|gai,翟 zhai|di,朴 piao|pu,乐 yue|le,任 ren,华 hua,纪 ji,"
    "宁 ning,覃 qin|tan,缪 miao,冼 xian,洗 xian,员 yun|yuan,折 she,秘 bi|mi,种 chong,召 shao,黑 he|hei,繁 po,"
    "重 chong,柏 bai|bo,葛 ge,车 che,谌 chen|shen,都 du,过 guo,句 gou,隗 wei|kui,牟 mu|mou,那 na,能 nai|neng,"
    "佴 nai,粘 nian,逄 pang,阙 que,沈 shen,盛 sheng,相 xiang,行 xing,燕 yan,幺 yao,要 yao,叶 ye,应 ying,郁 yu,"
    "臧 zang,藏 zang,占 zhan,祭 zhai,訾 zi,尉 wei|yu,贾 jia,强 qiang,曲 qu,薄 bo,宓 mi|fu,郗 xi|chi,乜 nie,"
    "费 fei|bi,宿 su,厍 she,石 shi,卜 bu,郝 hao,阚 kan,瞿 qu,晁 chao,褚 chu,俞 yu,于 yu,余 yu,车 che,哈 ha,"
    "万 wan,殷 yin,莘 shen|xin,妫 gui,撒 sa,尹 yin,仉 zhang,亓 qi,洪 hong,冯 feng,吾 wu,厉 li,黄 huang,咸 xian"
)
_SPELLING = str.maketrans(_RADICALS | _NOTHING | _PRIVATE)
_NAME = str.maketrans(_DOTS)
#: So many readings of one name are enough; more would only find the wrong people.
_MOST = 12


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


#: Full-width letters, digits and signs, which NFKC would make narrow: together with the rest they cost one pass, not two.
_NARROW = {code: unicodedata.normalize("NFKC", chr(code)) for code in (0x3000, *range(0xFF01, 0xFF5F))}


@cache
def _folding() -> dict[int, str]:
    return {**_simpler(), **_SPELLING, **_NARROW}


def folded(text: str) -> str:
    """The text as it is searched: NFKC, simplified, lower case, no radicals, nothing invisible; one case for all."""
    first = text.translate(_folding())
    plain = unicodedata.normalize("NFKC", first)
    if plain != first:  # only then can there be anything left to fold; one pass is what a long import can afford
        plain = unicodedata.normalize("NFKC", plain.translate(_folding()))
    low = plain.lower()
    return low if low == plain else unicodedata.normalize("NFKC", low)


@lru_cache(maxsize=512)
def spelled(name: str) -> str:
    """The name as it is kept: NFKC, no white space, one kind of dot, no radicals; traditional characters stay."""
    text = unicodedata.normalize("NFKC", name.translate(_SPELLING)).translate(_SPELLING)
    text = "".join(text.split()).translate(_NAME)
    return unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=512)  # the checks and keys of one row ask for the same name a dozen times
def name_key(name: str) -> str:
    """What all spellings of one name have in common: simplified characters, letters in lower case."""
    return spelled(simplified(spelled(name)).lower())


@cache
def _surnames() -> dict[str, list[tuple[str, ...]]]:
    entries = (entry.split(" ", 1) for entry in _SURNAMES.split(","))
    return {name: [tuple(reading.split(" ")) for reading in readings.split("|")] for name, readings in entries}


@cache
def _readings(character: str) -> tuple[str, ...]:
    """The readings of one character, the usual one first; letters and digits read as themselves, signs not."""
    if character.isascii():
        return (character.lower(),) if character.isalnum() else ()
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # the phrase table costs 45 MB and is wrong for names
    from pypinyin import Style, pinyin

    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return tuple(found[0]) if found else ()


@lru_cache(maxsize=512)
def _syllables(name: str) -> list[list[tuple[str, ...]]]:
    """For each place of the name the sounds it can have, the likeliest first; a double surname is one place."""
    key = name_key(name)
    surname = next((key[:size] for size in (2, 1) if key[:size] in _surnames()), key[:1])
    known = _surnames().get(surname, [])
    usual = [tuple(sounds) for sounds in itertools.product(*(_readings(character) for character in surname))]
    places = [list(dict.fromkeys(known + usual))]
    places += [[(reading,) for reading in _readings(character)[:2]] for character in key[len(surname) :]]
    return [place for place in places if place]


def sounds(name: str) -> tuple[str, ...]:
    """All plausible pinyin of the name without tones, the likeliest first: shanxiongxin, danxiongxin …; ü is v."""
    combinations = itertools.islice(itertools.product(*reversed(_syllables(name))), _MOST)
    spoken = ("".join(itertools.chain(*reversed(places))) for places in combinations)
    return tuple(dict.fromkeys(sound for sound in spoken if sound))


@lru_cache(maxsize=512)
def initials(name: str) -> tuple[str, ...]:
    """All plausible initials of the name, the likeliest first: zs for 张三, sxx and dxx for 单雄信."""
    combinations = itertools.islice(itertools.product(*reversed(_syllables(name))), _MOST)
    letters = ("".join(sound[0] for sound in itertools.chain(*reversed(places))) for places in combinations)
    return tuple(dict.fromkeys(short for short in letters if short))


def pinyin(name: str) -> str:
    """The likeliest pinyin of the name without tones and spaces: zhangsan."""
    return next(iter(sounds(name)), "")


def place_keys(text: str) -> tuple[str, str]:
    """Initials and pinyin of the name of a place, each character as it is usually read: jfl, jiefanglu for 解放路."""
    spoken = [found[0] for character in name_key(text) if (found := _readings(character))]
    return "".join(sound[0] for sound in spoken), "".join(spoken)


@lru_cache(maxsize=4096)  # asked for the record and for the index of words, a part of a long import apart
def search_keys(name: str) -> str:
    """Everything a person is found by as you type, each after a bar: |张三|zs|zhangsan; "" for an empty name.

    Contained text finds parts of the name; text after a bar finds it from its beginning.
    """
    return "".join(f"|{key}" for key in dict.fromkeys((name_key(name), *initials(name), *sounds(name))) if key)
