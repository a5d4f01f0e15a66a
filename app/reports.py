"""Reports of bugs: which kind of error, at which places of the program; nothing about anybody."""

import platform
import traceback
from pathlib import Path

from app.clock import now
from app.paths import user_state

_ROOT = Path(__file__).resolve().parents[1]


def describe(error: BaseException, *versions: str) -> str:
    """What went wrong, for us: types and places in the program only; messages may hold names and are left out."""
    lines = [
        f"fengge {versions[0] if versions else ''} · {now():%Y-%m-%d %H:%M:%S}Z",
        " · ".join((
            f"{platform.system()} {platform.release()} {platform.machine()}",
            f"Python {platform.python_version()}", *versions[1:],
        )),
    ]  # fmt: skip
    chain: list[BaseException] = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and before not in chain:
        chain.append(before)
    for link in chain:
        lines += ["", f"{type(link).__module__}.{type(link).__qualname__}"]
        lines += [f"  {_place(f.filename)}:{f.lineno} {f.name}" for f in traceback.extract_tb(link.__traceback__)]
    return "\n".join(lines) + "\n"


def _place(filename: str) -> str:
    path = Path(filename)
    try:
        return path.resolve().relative_to(_ROOT).as_posix()
    except ValueError:
        return path.name


def save(text: str, folder: Path | None = None) -> Path | None:
    """The report lies in the folder (default: reports beside this machine's state); None where the disk refuses."""
    target = folder or user_state() / "reports"
    try:
        target.mkdir(parents=True, exist_ok=True)
        path = target / f"report-{now():%Y%m%d-%H%M%S}.txt"
        path.write_text(text, encoding="utf-8")
    except OSError:
        return None
    return path
