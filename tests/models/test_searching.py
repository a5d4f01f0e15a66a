"""The full search finds every part of a text, however it is spelled, and nothing else."""

import uuid
from collections.abc import Iterator

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Row, column, create_engine, or_, select, table
from sqlalchemy.pool import StaticPool

from app.models import postgres, searching
from app.models.names import folded, search_keys
from app.models.values import Id, new_id
from tests import postgres as servers

pytestmark = pytest.mark.both_databases


@pytest.fixture
def index(database: str) -> Iterator[Connection]:
    if not database:
        with _fresh() as connection:
            yield connection
        return
    engine = postgres.connect(database, bytes(32))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _fresh() -> Connection:
    engine = create_engine("sqlite://", module=sqlcipher, poolclass=StaticPool)
    connection = engine.connect()
    searching.create(connection)
    return connection


def written(connection: Connection, *texts: str, kind: str = "visit") -> list[uuid.UUID]:
    ids = [new_id() for _ in texts]
    searching.put_many(connection, kind, zip(ids, texts, strict=True))
    return ids


def ids(found: searching.Found) -> list[uuid.UUID]:
    return [hit.record_id for hit in found.hits]


def test_one_to_four_characters_are_found_exactly(index: Connection) -> None:
    leak, pipe, other = written(index, "王家水管漏水,已报修", "换水管", "家中一切都好")
    assert ids(searching.find(index, "水")) == [pipe, leak]
    assert ids(searching.find(index, "水管")) == [pipe, leak]
    assert ids(searching.find(index, "水管漏")) == [leak]
    assert ids(searching.find(index, "一切都好")) == [other]
    assert ids(searching.find(index, "水好")) == []


def test_a_phrase_does_not_jump_over_punctuation(index: Connection) -> None:
    (record,) = written(index, "反映漏水,水管老化")
    assert ids(searching.find(index, "漏水管")) == []
    assert ids(searching.find(index, "漏水,水管")) == [record]


def test_spelling_does_not_count(index: Connection) -> None:
    (record,) = written(index, "蘇雨萱反映ＡＢ１２井場用電, 阿不都·热合曼")
    for query in ("苏雨萱", "蘇雨萱", "ab12", "AB12井场", "井场用电", "阿不都热合曼", "阿不都‧热合曼"):
        assert ids(searching.find(index, query)) == [record], query


def test_rare_characters_are_found(index: Connection) -> None:
    first, second = written(index, "陈𠅤", "龚\ue863 㛃")
    assert ids(searching.find(index, "𠅤")) == [first]
    assert ids(searching.find(index, "䶮")) == ids(searching.find(index, "㛃")) == [second]


def test_people_are_found_by_pinyin_and_initials(index: Connection) -> None:
    (person,) = written(index, search_keys("单雄信") + " 13800000001", kind="person")
    for query in ("sxx", "dxx", "shanx", "雄信", "0001", "单"):
        assert ids(searching.find(index, query, "person")) == [person], query


def test_several_words_must_all_occur(index: Connection) -> None:
    both, _ = written(index, "张三家漏水", "张三家")
    assert ids(searching.find(index, "漏水 张三")) == [both]


def test_codes_and_telephones_are_found_in_part(index: Connection) -> None:
    (record,) = written(index, "编号C03-017-0042, 电话13800001234, 3.5米")
    for query in ("c03-017", "0042", "1234", "3.5", "-017-"):
        assert ids(searching.find(index, query)) == [record], query


def test_a_new_text_replaces_the_old_one_and_none_takes_it_out(index: Connection) -> None:
    (record,) = written(index, "旧的内容")
    searching.put(index, "visit", record, "新的说法")
    assert ids(searching.find(index, "旧的")) == []
    assert ids(searching.find(index, "新的")) == [record]
    searching.put(index, "visit", record, None)
    assert searching.find(index, "新的").count == 0
    searching.put(index, "visit", record, None)
    searching.put(index, "visit", record, "又来了")
    assert ids(searching.find(index, "又来")) == [record]


def test_each_kind_is_searched_alone_or_all_together(index: Connection) -> None:
    (visit,) = written(index, "漏水", kind="visit")
    (issue,) = written(index, "漏水", kind="issue")
    assert ids(searching.find(index, "漏水", "visit")) == [visit]
    assert ids(searching.find(index, "漏水", "issue")) == [issue]
    assert {hit.kind for hit in searching.find(index, "漏水").hits} == {"visit", "issue"}
    assert searching.find(index, "漏水", "check").count == 0


def test_counting_stops_at_a_thousand(index: Connection) -> None:
    written(index, *["漏水"] * 1005)
    found = searching.find(index, "漏水", limit=20)
    assert (len(found.hits), found.count, found.more) == (20, 1000, True)


def test_an_empty_query_finds_nothing(index: Connection) -> None:
    written(index, "漏水")
    for query in ("", "  ", ",。", '"', "AND", "*", "水 OR"):
        assert searching.find(index, query).count == 0


def test_a_list_narrows_itself_by_the_search(index: Connection) -> None:
    leak, cut = written(index, "漏水", "停电")
    rows: list[Row[tuple[uuid.UUID]]] = list(index.execute(searching.matching(index, "漏水", "visit")))
    assert [row[0] for row in rows] == [leak]
    assert index.execute(searching.matching(index, " ", "visit")).all() == []
    entry = table("search_record", column("record_id", Id()))
    both = or_(
        entry.c.record_id.in_(searching.matching(index, "漏水", "visit")),
        entry.c.record_id.in_(searching.matching(index, "停", "visit")),
    )
    narrowed = select(entry.c.record_id).where(entry.c.record_id.in_(searching.matching(index, "漏水", "visit")))
    assert index.scalars(narrowed).all() == [leak]
    assert set(index.scalars(select(entry.c.record_id).where(both))) == {leak, cut}


ALPHABET = '水管漏电王三龍龙Ａa1-,。 ·𠅤\n¦"*'


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(ALPHABET, max_size=12), max_size=8), st.text("水管漏电王三龍龙Ａa1-𠅤", min_size=1, max_size=4))
def test_the_search_finds_what_looking_through_all_texts_finds(texts: list[str], query: str) -> None:
    with _fresh() as index:
        finds_all(index, texts, query)


@pytest.mark.skipif(not servers.binaries(), reason="no PostgreSQL on this machine")
def test_the_server_finds_what_the_file_finds() -> None:
    engine = postgres.connect(servers.server().new(), bytes(32))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.text(ALPHABET, max_size=12), max_size=8), st.text(ALPHABET, min_size=1, max_size=6))
    def agree(texts: list[str], query: str) -> None:
        with _fresh() as index, engine.connect() as server:
            for connection in (index, server):
                connection.info["ids"] = written(connection, *texts)
            pages = [searching.find(connection, query, "visit", 3) for connection in (index, server)]
            places = [
                [connection.info["ids"].index(hit.record_id) for hit in page.hits]
                for connection, page in zip((index, server), pages, strict=True)
            ]
            assert places[0] == places[1]
            assert (pages[0].count, pages[0].more) == (pages[1].count, pages[1].more)
            server.rollback()

    agree()
    engine.dispose()


def finds_all(index: Connection, texts: list[str], query: str) -> None:
    records = written(index, *texts)
    plain = [folded(text).replace("·", "") for text in texts]
    expected = [record for record, text in zip(records, plain, strict=True) if folded(query) in text]
    assert sorted(ids(searching.find(index, query))) == sorted(expected)
    assert {row[0] for row in index.execute(searching.matching(index, query, "visit"))} == set(expected)
