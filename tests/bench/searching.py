"""How fast the full search is on the encrypted store, against looking through all texts with LIKE (goal 4)."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, create_engine, event

from app.models import searching
from app.models.names import folded
from app.models.values import new_id
from tests.bench import Figure, slowest

_PHRASES = (
    "入户走访,了解老人身体状况",
    "家中暖气不热,测温只有14℃",
    "联系物业上门维修",
    "检查燃气软管和阀门",
    "老人独居,子女在外闯市场",
    "反映班车发车时间调整",
    "提醒楼道不堆放杂物",
    "了解子女就业情况,介绍招聘信息",
    "物业费收费标准不明白",
    "水管漏水",
    "宣传反诈知识",
    "协调供热公司上门排气",
    "自来水有异味,烧开有沉淀",
    "食堂饭菜价格偏高",
    "夜班津贴标准多年未调整",
    "医疗转诊报销手续多",
    "约定下月再来",
    "家属表示支持",
    "邻里关系和睦",
    "查看插座线路,提醒不私拉乱接",
    "职称晋升名额少",
    "采暖费补贴未到账",
)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石"


def notes(count: int, seed: int = 1) -> Iterator[str]:
    """So many notes of about 40 characters; names and numbers make rare parts, phrases common ones."""
    draw = random.Random(seed)
    for _ in range(count):
        name = draw.choice(_SURNAMES) + chr(draw.randrange(0x4E00, 0x9FA5)) + chr(draw.randrange(0x4E00, 0x9FA5))
        yield f"{name}家,{'。'.join(draw.sample(_PHRASES, 4))}。{draw.randrange(10**5):05d}"


def queries(texts: list[str], count: int = 60, seed: int = 2) -> list[str]:
    """Parts of one to four characters as they stand in the notes, and pairs of common characters that hardly meet."""
    draw = random.Random(seed)
    found: list[str] = []
    while len(found) < count:
        text, size = draw.choice(texts), draw.randint(1, 4)
        start = draw.randrange(len(text) - size)
        if all(character not in ",。" for character in text[start : start + size]):
            found.append(text[start : start + size])
    common = "了不上老人水家"
    return found + [a + b + c for a, b, c in zip(common, common[2:], common[1:], strict=False)]


@contextmanager
def _store() -> Iterator[Connection]:
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'bench.db'}", module=sqlcipher)

        @event.listens_for(engine, "connect")
        def unlock(connection: sqlcipher.Connection, _: object) -> None:
            connection.execute(f"PRAGMA key = \"x'{'5a' * 32}'\"")
            for pragma in ("journal_mode = WAL", "cache_size = -65536", "synchronous = FULL"):
                connection.execute(f"PRAGMA {pragma}")

        with engine.connect() as connection:
            yield connection
        engine.dispose()


def _slow(ask: Callable[[str], object], asked: list[str]) -> float:
    times = []
    for query in asked:
        start = time.perf_counter()
        ask(query)
        times.append((time.perf_counter() - start) * 1000)
    return slowest(times)


def figures(full: bool) -> Iterator[Figure]:
    """Goal 4: milliseconds at p99 for a page of 100 with its count; microseconds to write one note."""
    count = 1_000_000 if full else 100_000
    texts = list(notes(count))
    asked = queries(texts[:10_000])
    with _store() as connection:
        connection.exec_driver_sql("CREATE TABLE note (id INTEGER PRIMARY KEY, words TEXT)")
        searching.create(connection)
        start = time.perf_counter()
        connection.exec_driver_sql("INSERT INTO note (words) VALUES (?)", [(folded(text),) for text in texts])
        connection.commit()
        raw = time.perf_counter() - start
        start = time.perf_counter()
        for first in range(0, count, 20_000):
            searching.put_many(connection, "visit", [(new_id(), text) for text in texts[first : first + 20_000]])
        connection.commit()
        written = time.perf_counter() - start
        ours = _slow(lambda query: searching.find(connection, query, "visit", 100), asked)
        base = _slow(lambda query: _like(connection, query), asked[:20])
    yield Figure(f"search in {count:,} notes, p99", ours, base, "ms", ratio=0.1, most=16, against="LIKE")
    yield Figure(
        f"index {count:,} notes, each", written / count * 1e6, raw / count * 1e6, "µs", against="the text alone"
    )


def _like(connection: Connection, query: str) -> int:
    sql = "SELECT count(*) FROM note WHERE words LIKE ?"
    return int(connection.exec_driver_sql(sql, (f"%{folded(query)}%",)).scalar() or 0)
