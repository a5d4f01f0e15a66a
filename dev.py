"""The one door to the working tree: sets up what is missing, then runs, tests, checks or draws the program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tools.environment import (
    LIBRARIES,
    LINUX,
    ROOT,
    SCREEN,
    Stop,
    find_uv,
    fits,
    python,
    restart_with_fitting_python,
    say,
    set_up,
)

GENERATED = {"__pycache__", "build", "dist", "pictures"}
CATALOGUES = ROOT / "resources" / "i18n"

#: What must not stand in the repository: addresses of package registries and paths of one person's machine.
FOREIGN = re.compile(
    r"pypi[.]org|pythonhosted[.]org|deb[.]debian[.]org|registry[.]npmjs|mirrors?[.]\w+[.](?:edu|com)"
    r"|(?<![\w.~}])/(?:work|root|home/\w+|tmp/fengge)/|[A-Z]:\\+Users\\"
)


def work(*arguments: str, **environment: str) -> int:
    """Runs the environment's Python in the working tree and gives back its exit code."""
    return subprocess.call([str(python()), *arguments], cwd=str(ROOT), env={**os.environ, **environment})


def run(rest: list[str]) -> int:
    """opens the program on a demo world (without a display: writes pictures of its windows)"""
    set_up(LIBRARIES)
    if LINUX and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        say(
            "这里没有显示器，改为把各窗口画成图片，存到 pictures 文件夹。",
            "No display here: drawing the windows into the folder pictures.",
        )
        return tour([])
    return work("-m", "app", "--demo", *rest)


def tour(rest: list[str]) -> int:
    """writes pictures of every window, in both languages, into the folder pictures"""
    set_up(LIBRARIES)
    return work(
        "-m",
        "app.ui.tour",
        "--out",
        "pictures",
        *(rest or ["--lang", "zh", "--lang", "en"]),
        QT_QPA_PLATFORM="offscreen",
    )


def test(rest: list[str], **environment: str) -> int:
    """runs the tests; what follows is handed to pytest"""
    set_up({**LIBRARIES, **SCREEN})
    from tests.postgres import binaries

    if not binaries():
        say(
            "没有找到 PostgreSQL 服务程序 (initdb), 总部用数据库的测试会跳过。",
            "No PostgreSQL server here (initdb): the tests of headquarters' database will be skipped.",
        )
    return work("-m", "pytest", "-n", "2", *rest, QT_QPA_PLATFORM="offscreen", **environment)


def golden(rest: list[str]) -> int:
    """runs the tests and writes the golden files anew; look at the difference before you commit it"""
    return test(rest, FENGGE_GOLDEN="1")


def bench(rest: list[str]) -> int:
    """measures, each figure against a baseline of the same run"""
    set_up(LIBRARIES)
    return work("-m", "tests.bench", *rest, QT_QPA_PLATFORM="offscreen")


def campaign(rest: list[str]) -> int:
    """runs a campaign of faults by seed, stopped and continued at will; --list tells which there are"""
    set_up(LIBRARIES)
    return work("-m", "tests.campaigns", *rest, QT_QPA_PLATFORM="offscreen")


def check(rest: list[str]) -> int:
    """style, types, the rooms' order, and no address or path that belongs to one machine"""
    set_up({})
    tools = [
        ["-m", "ruff", "check", "."],
        ["-m", "ruff", "format", "--check", "."],
        ["-m", "mypy"],
        ["-c", "from importlinter.cli import lint_imports_command as check; check()"],
    ]
    failed = [tool for tool in tools if work(*tool) != 0]
    found = foreign_lines()
    print("\n".join(found) or "No foreign addresses.")
    return 1 if failed or found else 0


def foreign_lines() -> list[str]:
    """Lines of the tree's text files that name a package registry or a path of somebody's machine."""
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name == ".ci" or not (name.startswith(".") or name in GENERATED)]
        for path in (Path(folder, name) for name in sorted(files)):
            content = path.read_bytes()
            if b"\0" not in content:
                lines = enumerate(content.decode("utf-8", "replace").splitlines(), 1)
                found += [
                    f"{path.relative_to(ROOT)}:{n}: {text.strip()[:120]}" for n, text in lines if FOREIGN.search(text)
                ]
    return found


def fix(rest: list[str]) -> int:
    """repairs what ruff can repair, and formats the whole tree"""
    set_up({})
    return work("-m", "ruff", "check", "--fix", ".") | work("-m", "ruff", "format", ".")


def i18n(rest: list[str]) -> int:
    """collects the texts, brings the translations up to date and compiles them"""
    set_up({})
    CATALOGUES.mkdir(parents=True, exist_ok=True)
    babel, template = ["-m", "babel.messages.frontend", "-q"], CATALOGUES / "fengge.pot"
    before = template.read_text(encoding="utf-8") if template.exists() else ""
    options = [
        "--sort-output",
        "--add-location=file",
        "--project=fengge",
        "--copyright-holder=the Fengge authors",
        "-o",
        str(template),
    ]
    if work(*babel, "extract", *options, "app") != 0:
        return 1
    after, undated = template.read_text(encoding="utf-8"), re.compile(r'^("POT-Creation-Date.*|# .*)$', re.MULTILINE)
    if undated.sub("", before) == undated.sub("", after):
        template.write_text(before, encoding="utf-8")
    where = ["-i", str(template), "-d", str(CATALOGUES), "-D", "fengge"]
    if not (CATALOGUES / "en" / "LC_MESSAGES" / "fengge.po").exists():
        work(*babel, "init", *where, "-l", "en")
    updated = work(*babel, "update", *where, "--no-fuzzy-matching", "--ignore-pot-creation-date", "--ignore-obsolete")
    return updated | work(*babel, "compile", "-d", str(CATALOGUES), "-D", "fengge")


def lock(rest: list[str]) -> int:
    """writes requirements/*.txt anew from pyproject.toml, keeping versions; --upgrade takes the newest"""
    uv = find_uv()
    if uv is None:
        set_up({})
        work("-m", "pip", "install", "-q", "uv")
        uv = find_uv() or ["uv"]
    compile_ = [*uv, "pip", "compile", "pyproject.toml", "--universal", "--generate-hashes", "--no-build", "-q"]
    compile_ += ["--no-config", "--python-version", "3.11", "--no-annotate", "--no-header", *rest]
    for name, extras in (("dev", ["hq", "dev"]), ("hq", ["hq"]), ("app", [])):
        wanted = [option for extra in extras for option in ("--extra", extra)]
        same = ["-c", "requirements/dev.txt"] if name != "dev" else []
        if subprocess.call([*compile_, *wanted, *same, "-o", f"requirements/{name}.txt"], cwd=str(ROOT)) != 0:
            return 1
    return 0


COMMANDS = {f.__name__: f for f in (run, test, check, fix, bench, campaign, tour, golden, i18n, lock)}


def main(arguments: list[str]) -> int:
    """Carries out one command; the exit code is that of its work, 1 when the set-up stops, 2 for a wrong word."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if not arguments or arguments[0] not in COMMANDS:
        print("python3 dev.py " + "|".join(COMMANDS))
        print("\n".join(f"  {name:8}{command.__doc__}" for name, command in COMMANDS.items()))
        return 0 if arguments[:1] in ([], ["-h"], ["--help"]) else 2
    try:
        return COMMANDS[arguments[0]](arguments[1:]) if fits(sys.version_info[:2]) else restart_with_fitting_python()
    except Stop as sentence:
        print(sentence, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
