"""From a site to headquarters and back by typed commands: by stick, then over the network."""

import json
from pathlib import Path
from typing import Any

import stamina
from sqlalchemy import select

from app.models.batches import Package
from app.models.store import Store
from tests.cli.conftest import PASSWORD, Make, Place, visits
from tests.hq.serving import running


def digest(place: Place) -> Any:
    return place.json("store", "digest", "--scope", "/01/")["tables"]


def test_a_stick_goes_to_headquarters_and_back_and_both_hold_the_same(hq: Place, site: Place, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    visits(site, 3)
    (file,) = site.json("package", "write", "--out", stick)["files"]
    assert hq.json("package", "show", file)["changes"] == 3
    (line,) = hq.json("hq", "inbox", stick)
    assert (line["state"], line["counts"]) == ("taken", {"taken": 3})
    again = hq.json("package", "read", file)[0]
    assert (again["state"], again["counts"]) == ("again", {"taken": 3})
    learnt = site.json("receipt", "read", line["answers"][0])
    assert (learnt["waiting"], learnt["taken"]) == (0, 3)
    assert digest(site) == digest(hq)
    (status,) = hq.json("hq", "status")
    assert (status["name"], status["changes"], status["waiting"]) == ("采油一作业区", 3, 0)


def test_the_network_carries_the_same(hq: Place, site: Place) -> None:
    visits(site, 3)
    with Store.open(hq.folder, login="boss", password=PASSWORD) as store, running(store) as url:
        done = site.json("sync", "--hq", url)
        assert (done["confirmed"], done["waiting"], done["differs"]) == (3, 0, [])
        assert "上报 0 条" in site("sync", "--hq", url).out
    assert digest(site) == digest(hq)


def test_what_is_wrong_with_files_is_said_calmly_and_nothing_changes(hq: Place, site: Place, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    visits(site, 1)
    (file,) = site.json("package", "write", "--out", stick)["files"]
    whole = Path(file).read_bytes()
    spoilt = {
        "truncated": whole[:-9], "altered": whole[:-9] + bytes(9), "no_package": b"hello", "no_package ": b"",
    }  # fmt: skip
    for code, data in spoilt.items():
        (tmp_path / "bad.fgpkg").write_bytes(data)
        (line,) = hq.json("package", "read", tmp_path / "bad.fgpkg", code=3)
        assert (line["state"], line["code"]) == ("refused", code.strip()) and line["reason"]
    missing = hq.json("package", "read", tmp_path / "gone.fgpkg", code=3)
    assert missing[0]["code"] == "file_unreadable"
    assert hq.json("package", "show", tmp_path / "bad.fgpkg", code=3)["refused"] == "no_package"
    assert site.json("receipt", "read", file, code=3)["files"][0]["code"] == "own_upload"
    assert hq.json("list", "visits") == []


AT_A_SITE = (
        (("package", "write", "--out", "/nowhere/at/all"), "folder_missing"),
        (("sync",), "hq_url"),
        (("sync", "--hq", "http://127.0.0.1:1"), "hq_unreachable"),
        (("sync", "--hq", "https://127.0.0.1:1", "--ca", "/nowhere.pem"), "ca_bad"),
        (("hq", "serve"), "other_store"),
        (("hq", "status"), "other_store"),
        (("enrol", "approve", "x.fgreq", "--scope", "/"), "other_store"),
        (("enrol", "accept", "x.fgenrol"), "file_unreadable"),
)  # fmt: skip

AT_HEADQUARTERS = (
    (("sync", "--hq", "http://127.0.0.1:1"), "other_store"),
    (("package", "write", "--out", "."), "other_store"),
        (("enrol", "request", "--out", "."), "other_store"),
        (("enrol", "approve", "/nowhere.fgreq", "--scope", "采油一作业区"), "file_unreadable"),
        (("hq", "account", "zhangsan", "--name", "李四", "--role", "lead", "--unit", "采油一作业区"), "login_taken"),
        (("hq", "account", "lisi", "--name", "李四", "--role", "lead", "--unit", "没有的单位"), "unit_unknown"),
        (("hq", "serve", "--listen", "nonsense"), "listen_bad"),
        (("hq", "serve", "--listen", "127.0.0.1:0", "--tls-cert", "/nowhere.pem"), "tls_bad"),
        (("hq", "serve", "--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key"), "tls_bad"),
)  # fmt: skip


def test_every_refusal_has_a_code_and_a_sentence(hq: Place, site: Place) -> None:
    with stamina.set_testing(True, attempts=2, cap=True):
        for place, cases in ((site, AT_A_SITE), (hq, AT_HEADQUARTERS)):
            for words, code in cases:
                told = place(*words, "--json", code=3)
                assert told.document["refused"] == code and told.err.strip().endswith("。")


def test_a_wrong_password_is_exit_code_4(hq: Place, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("falsch-123", encoding="utf-8")
    hq.password = wrong
    assert hq("hq", "status", "--json", code=4).document["message"]


def test_a_store_that_is_not_there_is_exit_code_4(places: Make) -> None:
    assert json.loads(places("none")("hq", "status", "--login", "boss", "--json", code=4).out)["refused"]


def test_a_package_is_undone_and_a_silent_site_asked_by_command(hq: Place, site: Place, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    visits(site, 2)
    site.json("package", "write", "--out", stick)
    hq.json("hq", "inbox", stick)
    with Store.open(hq.folder, login="boss", password=PASSWORD) as store, store.read() as s:
        (package,) = s.scalars(select(Package.id).where(Package.direction == "in"))
    assert hq.json("package", "undo", package)["voided"] == {"走访": 2}
    done = hq("package", "undo", package, "--reason", "录错了单位")
    assert "作废 走访 2 条" in done.out and "已撤销" in done.out
    assert hq.json("package", "undo", package, code=3)["refused"] == "package_undone"
    assert hq.json("package", "quarantine") == [] and hq.json("hq", "refused", "--retry")["refused"] == []
    asked = hq.json("hq", "remind", "采油一作业区")
    assert "没有上报" in asked["text"]
    assert hq.json("package", "undo", "第七包", code=3)["refused"] == "id_bad"
    assert site.json("package", "pass", "--out", stick)["files"] == []
