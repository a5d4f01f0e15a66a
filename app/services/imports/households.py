"""The register of households: members row by row, the household itself merged or written once."""

from collections.abc import Iterator
from typing import Any

from app.services.imports.addresses import home
from app.services.imports.cells import is_ditto, yes_or_no
from app.services.imports.context import Known
from app.services.imports.findings import SheetOutcome
from app.services.imports.headers import Table
from app.services.imports.lines import Line, place
from app.services.imports.persons import key_of, read_id, read_sex, struck
from app.services.imports.sheets import Judged

_Row = tuple[Line, dict[str, Any]]


def check(table: Table, known: Known) -> SheetOutcome:
    """Every row is a member of a household; a member listed twice in one household is a duplicate."""
    judged = Judged(table, known)
    for rows in _households(judged):
        _judge(judged, rows, known)
    return judged.outcome()


def _households(judged: Judged) -> Iterator[list[_Row]]:
    rows: list[_Row] = []
    above: dict[str, Any] = {}
    for line in judged.lines():
        layout = line.table.layout
        begins = any(line.own(key) is not None and not is_ditto(line.own(key)) for key in layout.keys)
        if begins and rows:
            yield rows
            rows = []
        for field in layout.levels[0]:
            if begins or line.own(field) is not None:
                above[field] = line.value(field)
            line.carry(field, above.get(field))
        struck(line)
        rows.append((line, key_of(_record(line))))
    if rows:
        yield rows


def _record(line: Line) -> dict[str, Any]:
    number = read_id(line)
    address = line.short("address")
    return {
        "number": line.short("number"),
        "head": line.name("head"),
        "address": address,
        "stated_size": line.count("stated_size"),
        "name": line.name("name"),
        "relation": line.label("relation"),
        "sex": read_sex(line, number),
        "id_number": number,
        "phones": line.phones(),
        "workplace": line.short("workplace"),
        "employee": yes_or_no(line.sound("employee")),
        "grid": line.grid(),
        "tag": line.short("tag"),
        "note": line.text("note"),
        "household": home(address) if address else None,
    }


def _judge(judged: Judged, rows: list[_Row], known: Known) -> None:
    """Members are compared with each other and with the roster, then counted against the stated size."""
    here: dict[str, int] = {}
    twice: dict[int, int] = {}
    for line, record in rows:
        number = record["id_number"]
        if line.refused:
            continue
        if number and number in here:
            twice[line.row] = here[number]
            continue
        if number:
            here[number] = line.row
        _compare(line, record, known)
    taken = [(line, record) for line, record in rows if not line.refused and line.row not in twice]
    first, stated = rows[0][0], rows[0][1]["stated_size"]
    if stated is not None and stated != len(taken):
        first.find("stated_size", "W_HOUSEHOLD_SIZE", stated=stated, size=len(taken))
    for line, record in rows:
        if line.row in twice:
            judged.twice(line, place(known.file, judged.table.sheet.name, twice[line.row]), "same_id", record)
        elif member := judged.take(line, record):
            known.add_member(member)
    if taken:
        _keep(known, taken[0][1], len(taken))


def _compare(line: Line, record: dict[str, Any], known: Known) -> None:
    number, household = record["id_number"], record["household"]
    if number:
        other = known.home_of(number)
        if other and other != household:
            line.find("id_number", "W_IN_TWO_HOUSEHOLDS", household=other)
        return
    for person in known.namesakes(record["name"]):
        same_phone = set(person["phones"]) & set(record["phones"])
        if same_phone and (not person["address"] or home(person["address"]) == household):
            line.find("id_number", "W_PROBABLY_SAME", name=person["name"])


def _keep(known: Known, record: dict[str, Any], size: int) -> None:
    household = {field: record[field] for field in ("number", "head", "grid", "stated_size", "tag")}
    known.households[record["household"]] = household | {"size": size}
