"""A roster read, checked and taken in (goal 14)."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median

from app.services.imports import stored
from app.services.imports.checking import check
from app.services.imports.intake import take
from tests.bench import Figure, seconds
from tests.bench.world import GRIDS, Place, Twin, Writes, place

_HEADERS = ("序号", "姓名", "性别", "身份证号", "联系电话", "所属网格", "政治面貌", "岗位", "家庭住址")
_AS_OF = date(2026, 1, 5)


def figures(full: bool) -> Iterator[Figure]:
    """Seconds for the file to be read, checked and on record, against calamine or openpyxl and the same rows said raw."""
    rows, rounds = 7_000, 5 if full else 3
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "花名册.xlsx"
        roster(file, rows)
        ours: list[float] = []
        base: dict[str, list[float]] = {"calamine": [], "openpyxl": []}
        for round_ in range(rounds):
            with place(Path(name) / f"hq{round_}") as here:
                writes, twin = Writes(here.store), Twin(here.store, Path(name) / f"twin{round_}.db")
                ours.append(seconds(_take, here, file))
                said = writes.take()
                writing = seconds(twin.say, said)
                base["calamine"].append(seconds(_calamine, file) + writing)
                base["openpyxl"].append(seconds(_openpyxl, file) + writing)
                twin.close()
        name_ = f"read, check and take a roster of {rows:,} rows"
        yield Figure(name_, median(ours), median(base["calamine"]), ratio=4, against="calamine read + raw inserts")
        yield Figure(name_, median(ours), median(base["openpyxl"]), against="openpyxl read + raw inserts")
        peak = [_peak(file, what) for what in ("take", "nothing")]
        yield Figure(
            "peak memory of taking the roster", *peak, "MB", most=150, against="the same process without a file"
        )


def roster(file: Path, rows: int) -> None:
    """A sound roster of so many people over the grids of the invented unit."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("花名册")
    sheet.append(["人员花名册"])
    sheet.append(_HEADERS)
    names = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
    given = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂"
    for n in range(rows):
        name = names[n % 20] + given[n // 20 % 22] + given[n // 440 % 22]
        born = date(1965 + n % 35, n % 12 + 1, n % 28 + 1)
        sheet.append(
            (n + 1, name, "男" if n % 2 else "女", _number(born, n), f"142{n:08d}", f"第{n % GRIDS}网格", "群众", "采油工",
             f"安居苑{n // 96 + 1}号楼{n % 96 + 101}")
        )  # fmt: skip
    book.save(file)


def _number(born: date, n: int) -> str:
    body = f"419801{born:%Y%m%d}{n // 35 % 100 * 10 + n % 2:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def _take(here: Place, file: Path) -> None:
    with here.store.read(here.boss) as s:
        context = stored.known(s)
    outcome = check(file, context, as_of=_AS_OF)
    with here.store.begin(here.boss) as s:
        taken = take(s, outcome)
    if taken.made.get("person", 0) < 6_000:
        raise RuntimeError(f"the roster was not understood: {taken.made}")


def _calamine(file: Path) -> None:
    from python_calamine import CalamineWorkbook

    CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()


def _openpyxl(file: Path) -> None:
    from openpyxl import load_workbook

    for _row in load_workbook(file, read_only=True).worksheets[0].iter_rows(values_only=True):
        pass


def _peak(file: Path, what: str) -> float:
    command = [sys.executable, "-m", "tests.bench.imports", str(file), what]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


if __name__ == "__main__":
    from tests.bench.ledgers import high_water

    with tempfile.TemporaryDirectory() as folder, place(Path(folder) / "hq") as made:
        if sys.argv[2] == "take":
            _take(made, Path(sys.argv[1]))
        print(high_water())
