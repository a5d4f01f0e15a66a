"""`fengge enrol renew|revoke|invite`, `fengge keys` and `fengge recover`, as they are typed."""

from pathlib import Path

from tests.cli.conftest import Place, visits


def test_a_site_is_renewed_follows_new_keys_is_recovered_and_stopped(hq: Place, site: Place, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    before = hq.json("hq", "status")[0]["valid_to"]
    assert hq.json("enrol", "renew", "采油一作业区", "--name", "一区值班室")["valid_to"] >= before
    first = hq.json("keys", "show")
    new = hq.json("keys", "rotate")
    assert new["number"] > first["number"] == 0 and Path(new["backup"]).is_dir()
    visits(site, 1)
    (up,) = site.json("package", "write", "--out", stick)["files"]
    (line,) = hq.json("package", "read", up, "--out", stick)
    site.json("receipt", "read", *line["answers"])
    assert len(hq.json("list", "visits")) == 1
    assert site.json("keys", "show")["fingerprint"] == new["fingerprint"]

    asked = site.json("recover", "request", "--out", stick)
    answer = hq.json("recover", "answer", asked["request"], "--reason", "口令忘记", "--out", stick)
    assert answer["fingerprint"] == asked["fingerprint"]
    site.password = tmp_path / "new"
    site.password.write_text("xin-kouling-9", encoding="utf-8")
    assert site.json("recover", "accept", answer["answer"], "--login", "zhangsan")["login"] == "zhangsan"
    assert len(site.json("list", "visits")) == 1
    assert site("recover", "accept", answer["answer"], "--login", "zhangsan", code=3)

    code = hq.json("enrol", "invite", "--scope", "采油一作业区", "--name", "二号电脑")["code"]
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    hq.json("enrol", "revoke", "一区值班室", "--reason", "笔记本丢失")
    assert hq.json("hq", "status")[0]["revoked"] == "笔记本丢失"
    (up,) = site.json("package", "write", "--out", stick)["files"]
    (line,) = hq.json("package", "read", up, code=3)
    assert (line["state"], line["code"]) == ("quarantined", "site_revoked")
    assert hq.json("enrol", "renew", "一区值班室", code=3)["refused"] == "site_revoked"
    assert hq.json("enrol", "renew", "没有的", code=3)["refused"] == "site_unknown"
