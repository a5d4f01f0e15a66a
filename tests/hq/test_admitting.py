"""A site comes in over the network by a code told on the telephone, whoever sits on the line; nobody can try codes."""

from pathlib import Path

import httpx
import pytest
import stamina
from filelock import FileLock

from app.errors import Refusal
from app.hq import admitting
from app.hq.admitting import Tries
from app.models.store import Store
from app.models.visits import Visit
from app.sync import client, enrolling, inviting, joining, own
from tests.hq.serving import running
from tests.sync.conftest import CHEAP, PASSWORD, Office, World

NAMES = ("127.0.0.1",)


def invited(world: World) -> str:
    with world.hq.store.begin(world.hq.actor) as s:
        return inviting.invite(s, name="联合值班室", paths=["/PS1/"])


def new(folder: Path) -> Store:
    return Store.create(folder / "new", kind="site", login="setup", password=PASSWORD, cost=CHEAP)


def test_a_site_comes_in_by_its_code_and_believes_headquarters_from_then_on(world: World, tmp_path: Path) -> None:
    code, store = invited(world), new(tmp_path)
    with running(world.hq.store, names=NAMES) as url:
        site = Office(store, joining.join(store, url, code.lower(), "值班室"))
        visit = site.visit()
        assert site.actor is not None and client.exchange(store, site.actor, url).confirmed == 1
    assert world.hq.ids(Visit) == {visit}
    with store.read() as s:
        assert own.hq(s).ca and own.identity(s).name == "联合值班室"
    store.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_code_that_is_none_is_refused_like_any_other(world: World, url: str, tmp_path: Path) -> None:
    code, store = invited(world), new(tmp_path)
    request, _mark = enrolling.ask(store, "值班室")
    heads = {"Fengge-Proof": "0" * 64}
    wrong = httpx.post(f"{url}/v1/enrolments", content=request, headers=heads, trust_env=False)
    assert (wrong.status_code, wrong.json()["refused"]) == (403, "invitation_bad")
    assert httpx.post(f"{url}/v1/enrolments", content=request, trust_env=False).status_code == 422
    other = {"Fengge-Proof": inviting.prove(code, request)}
    nonsense = httpx.post(f"{url}/v1/enrolments", content=b"nonsense", headers=other, trust_env=False)
    assert nonsense.status_code == 422
    with pytest.raises(Refusal) as refusal, stamina.set_testing(True, attempts=2):
        joining.join(store, url, "2345-2345-2345-2345", "值班室")
    assert refusal.value.code == "code_mistyped"
    store.close()


def test_the_command_line_takes_the_code_from_a_file(world: World, tmp_path: Path) -> None:
    from app.cli.main import run

    code, store = invited(world), new(tmp_path)
    store.close()
    for name, text in (("password", PASSWORD), ("code", code)):
        (tmp_path / name).write_text(text, "utf-8")
    with running(world.hq.store, names=NAMES) as url:
        words = ["enrol", "join", "--hq", url, "--name", "值班室", "--code-file", str(tmp_path / "code")]
        words += ["--store", str(store.folder), "--login", "setup", "--password-file", str(tmp_path / "password")]
        assert run(words) == 0
    with Store.open(store.folder, login="zs", password=PASSWORD) as opened, opened.read() as s:
        assert own.identity(s).name == "联合值班室"


def test_codes_cannot_be_tried_one_after_the_other(url: str) -> None:
    heads = {"Fengge-Proof": "0" * 64, "X-Forwarded-For": "10.0.0.9"}
    answers = [
        httpx.post(f"{url}/v1/enrolments", content=b"x", headers=heads, trust_env=False)
        for _ in range(admitting.EACH + 1)
    ]
    assert [one.status_code for one in answers[-2:]] == [422, 429] and answers[-1].headers["retry-after"]
    heads["X-Forwarded-For"] = "10.0.0.10"
    assert httpx.post(f"{url}/v1/enrolments", content=b"x", headers=heads, trust_env=False).status_code == 422


def test_tries_count_at_all_processes_together_and_wear_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, at = Tries(world.hq.store), Tries(world.hq.store), [1000.0]
    monkeypatch.setattr(admitting.time, "monotonic", lambda: at[0])
    for number in range(admitting.EACH):
        (one, two)[number % 2].count("10.0.0.9")
    for tries in (one, two, Tries(world.hq.store)):
        with pytest.raises(Refusal):
            tries.count("10.0.0.9")
    assert "10.0.0.9" not in (world.hq.store.folder / "tries.json").read_text()
    for number in range(admitting.ALL - admitting.EACH):
        (one, two)[number % 2].count(str(number))
    with pytest.raises(Refusal):
        two.count("another")
    at[0] += admitting.SPAN + 1
    two.count("10.0.0.9")
    at[0] = 3.0  # switched off and on again
    one.count("10.0.0.9")


def test_tries_that_cannot_be_counted_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    tries, at = Tries(world.hq.store), [1000.0]
    monkeypatch.setattr(admitting.time, "monotonic", lambda: at[0])
    tries.count("10.0.0.9")
    (world.hq.store.folder / "tries.json").write_text("[[1")
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            tries.count("10.0.0.9")
        assert refused.value.code == "too_many"
    at[0] += admitting.SPAN + 1
    tries.count("10.0.0.9")
    monkeypatch.setattr(admitting, "_WAIT", 0.01)
    with FileLock(world.hq.store.folder / "tries.json.lock"), pytest.raises(Refusal):
        tries.count("10.0.0.10")
