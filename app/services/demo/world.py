"""The invented world itself, as rows in the order in which they may be written; same seed and day, same world."""

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.clock import BEIJING
from app.services.demo import words
from app.services.demo.sizes import Size

Row = dict[str, Any]


class World:
    """Units, grids, people and a year of work until `day`; every id comes from the seed."""

    def __init__(self, size: Size, seed: int, day: date, root: uuid.UUID) -> None:
        self.size, self.day, self.root = size, day, root
        self.rng = random.Random(f"{size.name} {seed}")
        self.ticks = 0
        self.units: list[Row] = []
        self.grids: list[Row] = []
        self.households: list[Row] = []
        self.people_of: dict[uuid.UUID, list[tuple[uuid.UUID, str]]] = {}
        self.homes_of: dict[uuid.UUID, list[tuple[uuid.UUID, str]]] = {}
        self.staff_of: dict[uuid.UUID, list[tuple[uuid.UUID, str]]] = {}
        self._numbered: Counter[tuple[uuid.UUID, str]] = Counter()
        self._lay_out()

    def id(self) -> uuid.UUID:
        """The next id: in the form of a UUIDv7, rising, from the seed."""
        self.ticks += 1
        head = (1_735_660_800_000 + self.ticks) << 80
        tail = self.rng.getrandbits(62)
        return uuid.UUID(int=head | 0x7000 << 64 | 0b10 << 62 | tail)

    def _lay_out(self) -> None:
        for plant in range(self.size.plants):
            parent, path = self.root, "/"
            if self.size.plants > 1:
                path = f"/{plant + 1:02d}/"
                parent = self._unit(f"第{plant + 1}采油厂", "factory", self.root, path, f"PS{plant + 1}")
            for n in range(self.size.middle):
                name = words.MIDDLE[n] if self.size.middle > 3 else (*words.MIDDLE[:2], "厂机关")[n]
                code = f"PS6-{n + 1:02d}" if self.size.plants == 1 else f"PS{plant + 1}-{n + 1:02d}"
                self._unit(name, "area", parent, f"{path}{n + 1:02d}/", code)
        middle = [unit for unit in self.units if unit["kind"] == "area"]
        networks: dict[uuid.UUID, list[Row]] = {}
        for n in range(self.size.networks):
            unit = middle[n % len(middle)]
            networks.setdefault(unit["id"], []).append(self._grid(unit, n, "net4", None))
        for n in range(self.size.grids):
            unit = middle[n % len(middle)]
            above = networks.get(unit["id"], [])
            self._grid(unit, n, "grid", above[n // len(middle) % len(above)]["id"] if above else None)

    def _unit(self, name: str, kind: str, parent: uuid.UUID, path: str, code: str) -> uuid.UUID:
        unit = {"id": self.id(), "name": name, "kind": kind, "parent_id": parent, "path": path, "code": code}
        self.units.append(unit)
        return uuid.UUID(str(unit["id"]))

    def _grid(self, unit: Row, n: int, kind: str, parent: uuid.UUID | None) -> Row:
        place = self.rng.choice(words.PLACES_1) + self.rng.choice(words.PLACES_2)
        self._numbered[unit["id"], kind] += 1
        number = self._numbered[unit["id"], kind]
        name = f"{place}{'网' if kind == 'net4' else '中心站'}" if kind == "net4" else f"{place}第{number}网格"
        grid = {
            "id": self.id(), "name": name, "kind": kind, "unit_id": unit["id"], "parent_id": parent, "path": unit["path"],
            "code": f"{unit['code']}-{'N' if kind == 'net4' else 'G'}{number:02d}", "sort": n + 1, "branch": f"{place}党支部",
        }  # fmt: skip
        self.grids.append(grid)
        return grid

    def working_grids(self) -> list[Row]:
        """The grids in which people live and work (networks only hold them together)."""
        return [grid for grid in self.grids if grid["kind"] == "grid"]

    def homes(self) -> Iterator[Row]:
        """The households, spread over the grids."""
        grids = self.working_grids()
        for n in range(self.size.households):
            grid = grids[n % len(grids)]
            estate = words.ESTATES[n % len(words.ESTATES)]
            address = f"{estate}{n // 96 + 1}号楼{n // 24 % 4 + 1}单元{n // 4 % 6 + 1}0{n % 4 + 1}"
            home = self.id()
            name, _sex, _old = self.name()
            self.homes_of.setdefault(grid["id"], []).append((home, address))
            tag = self.rng.choice((None,) * 6 + ("living_alone", "away_family", "hardship", "empty_nest"))
            yield {
                "id": home, "address": address, "grid_id": grid["id"], "path": grid["path"], "head": name,
                "number": f"H{n + 1:05d}", "phone": self.phone(), "tags": [tag] if tag else None,
            }  # fmt: skip

    def people(self) -> Iterator[Row]:
        """Staff and family members; about one in twelve households' people need special care."""
        grids = self.working_grids()
        for n in range(self.size.people):
            grid = grids[n % len(grids)]
            homes = self.homes_of.get(grid["id"], ())
            home = homes[n // len(grids) % len(homes)] if homes else (None, "")
            name, sex, old = (*words.RARE[n], True) if n < len(words.RARE) else self.name()
            staff = n % 10 < 6
            age = self.rng.randint(42, 82) if old and not staff else self.rng.randint(22, 59)
            born = self.day - timedelta(days=age * 365 + self.rng.randint(0, 364))
            person = self.id()
            known = (person, name)
            self.people_of.setdefault(grid["id"], []).append(known)
            if staff:
                self.staff_of.setdefault(grid["id"], []).append(known)
            yield {
                "id": person, "name": name, "kind": "staff" if staff else "family", "sex": sex, "birth_on": born,
                "id_number": self.id_number(born, sex), "phones": [self.phone()], "unit_id": grid["unit_id"],
                "grid_id": grid["id"], "household_id": home[0], "address": home[1], "path": grid["path"],
                "employee_no": f"{8_000_000 + n}" if staff else None,
                "job": self.rng.choice(words.JOBS) if staff else None, "ethnic": "01",
                "political": self.rng.choice(("01", "13", "13", "03")) if staff else "13",
                "status": self.rng.choice(("on_duty",) * 9 + ("away",)) if staff else None,
                "relation": None if staff else self.rng.choice(("spouse", "son", "daughter", "mother", "father")),
                "tags": [self.rng.choice(("living_alone", "serious_illness", "retiring", "away_family"))]
                if self.rng.random() < 0.08 else None,
            }  # fmt: skip

    def posts(self) -> Iterator[Row]:
        """A leader, a guide and workers for each grid; every twentieth grid has no leader, as in life."""
        start = date(self.day.year - 1, 1, 1)
        for n, grid in enumerate(self.working_grids()):
            staff = self.staff_of.get(grid["id"], [])
            roles = ("leader", "guide", "worker", "worker", *("member",) * max(len(staff) - 4, 0))
            for at, ((person, _name), role) in enumerate(zip(staff, roles, strict=False)):
                if role == "leader" and n % 20 == 19:
                    continue
                duties = [words_duty(at)] if role in ("worker", "leader") else None
                yield {
                    "id": self.id(), "person_id": person, "role": role, "grid_id": grid["id"], "unit_id": grid["unit_id"],
                    "duties": duties, "from_on": start, "path": grid["path"],
                }  # fmt: skip

    def visits(self) -> Iterator[Row]:
        """A year of visits until the day, busier before the festivals; a few without any problem told twice in one text."""
        grids = self.working_grids()
        for n in range(self.size.visits):
            grid = grids[n % len(grids)]
            day = self._day(n / self.size.visits)
            homes, staff = self.homes_of.get(grid["id"], []), self.staff_of.get(grid["id"], [])
            home = homes[self.rng.randrange(len(homes))] if homes else (None, "")
            visitor = staff[self.rng.randrange(min(len(staff), 3))] if staff else (None, "网格员")
            met = self.people_of.get(grid["id"], [(None, "住户")])
            person = met[self.rng.randrange(len(met))]
            text = self._visit_text(day)
            yield {
                "id": self.id(), "day": day, "way": self.rng.choice(("home",) * 7 + ("phone", "phone", "video", "care")),
                "grid_id": grid["id"], "household_id": home[0], "path": grid["path"], "minutes": self.rng.choice((20, 30, 40, 60)),
                "visitors": [{"person": visitor[0].hex if visitor[0] else None, "name": visitor[1]}],
                "met": [{"person": person[0].hex if person[0] else None, "name": person[1]}],
                "summary": text, "heard": text if n % 9 == 0 else None,
                "duties": [self.rng.choice(("basics", "opinion", "service", "policy"))],
                "next_on": day + timedelta(days=30) if n % 7 == 0 and (self.day - day).days < 40 else None,
                "created_at": self._moment(day),
            }  # fmt: skip

    def helps(self, visits: list[Row]) -> Iterator[Row]:
        """Nearly every second visit gave some help."""
        for visit in visits:
            if self.rng.random() < 0.46:
                kind = self.rng.choice(("medical", "daily", "errand", "repair", "policy", "care", "urgent"))
                yield {
                    "id": self.id(), "kind": kind, "day": visit["day"], "visit_id": visit["id"], "path": visit["path"],
                    "household_id": visit["household_id"], "grid_id": visit["grid_id"], "created_at": visit["created_at"],
                }  # fmt: skip

    def issues(self, year: int) -> Iterator[tuple[Row, list[Row]]]:
        """Issues with the steps they have had so far; the newest are still open, some are late."""
        grids = self.working_grids()
        for n in range(self.size.issues):
            grid = grids[self.rng.randrange(len(grids))]
            day = self._day(n / self.size.issues)
            fitting = [i for i in words.ISSUES if not i[4] or day.month in i[4]]
            topic, kind, title, text, _months = fitting[self.rng.randrange(len(fitting))]
            person = self.rng.choice(self.people_of.get(grid["id"], [(None, "李师傅")]))
            issue = {
                "id": self.id(), "number": f"PS6-{day.year}-S00-{n + 1:04d}", "title": title, "kind": kind, "day": day,
                "heard_on": day - timedelta(days=self.rng.randint(0, 3)), "text": text, "topic": topic, "path": grid["path"],
                "channel": self.rng.choice(("visit", "visit", "in_person", "call", "hotline", "mailbox", "sweep")),
                "grid_id": grid["id"], "reporter_id": person[0], "reporter": person[1], "phone": self.phone(),
                "sensitive": topic in ("pay", "pension"), "people": self.rng.choice((1, 1, 1, 1, 3, 6)),
                "due_on": day + timedelta(days=60), "created_at": self._moment(day),
            }  # fmt: skip
            yield issue, list(self._steps(issue))

    def _steps(self, issue: Row) -> Iterator[Row]:
        day, age = issue["day"], (self.day - issue["day"]).days
        life = [("register", 0), ("accept", 1), ("handle", 3), ("contact", 4), ("contact", 6), ("contact", 9), ("answer", 12),
                ("revisit", 20), ("close", 25)]  # fmt: skip
        stuck = self.rng.random() < (0.02 if age > 75 else 0.3)
        reach = self.rng.randint(1, 4) if age <= 25 else self.rng.choice((3, 6, 7)) if stuck else 9
        met = 0
        for kind, after in life[:reach]:
            if after > age:
                return
            step = {
                "id": self.id(), "issue_id": issue["id"], "kind": kind, "day": day + timedelta(days=after),
                "by": "网格长", "path": issue["path"], "created_at": self._moment(day + timedelta(days=after)),
            }  # fmt: skip
            if kind == "accept":
                step["due_on"] = day + timedelta(days=60)
            elif kind == "handle":
                step["text"] = self.rng.choice(words.HANDLINGS)
            elif kind == "contact":
                step |= {"way": "talk" if met == 0 else "meet", "with_whom": issue["reporter"]}
                met += 1
            elif kind == "answer":
                step |= {
                    "text": self.rng.choice(words.ANSWERS),
                    "way": self.rng.choice(("oral", "phone", "face", "written")),
                }
            elif kind == "revisit":
                step["satisfaction"] = self.rng.choice(("satisfied",) * 8 + ("fairly", "dissatisfied"))
            elif kind == "close":
                step["level"] = self.rng.choice(("grid",) * 6 + ("area", "area", "plant"))
            yield step

    def risks(self) -> Iterator[Row]:
        """Risk points of places, never of people."""
        grids = self.working_grids()
        for n in range(self.size.risks):
            grid = grids[n % len(grids)]
            thing, place, what, accident, controls, score = words.RISKS[n % len(words.RISKS)]
            level = (
                "major"
                if int(score) >= 320
                else "high"
                if int(score) >= 160
                else "medium"
                if int(score) >= 70
                else "low"
            )
            yield {
                "id": self.id(), "code": f"FX-{n + 1:05d}", "grid_id": grid["id"], "path": grid["path"], "thing": thing,
                "place": f"{grid['name'][:2]}{place}{n // len(words.RISKS) % 40 + 1}号", "hazard": what, "accident": accident,
                "level": level, "score": score, "controls": controls,
            }  # fmt: skip

    def name(self) -> tuple[str, str, bool]:
        """A name, its sex code (GB/T 2261.1) and whether it belongs to the older generation."""
        sex, old = self.rng.choice("12"), self.rng.random() < 0.7
        first, second = words.GIVEN[(sex, old)]
        given = self.rng.choice(first) + (self.rng.choice(second) if self.rng.random() < 0.85 else "")
        return self.rng.choice(words.SURNAMES) + given, sex, old

    def phone(self) -> str:
        """Eleven digits of a prefix that is not in service."""
        return f"{self.rng.choice((142, 143, 154, 160, 161, 163))}{self.rng.randrange(10**8):08d}"

    def id_number(self, born: date, sex: str) -> str:
        """18 characters with a right check digit and an area code that was never assigned (GB 11643)."""
        last = self.rng.randrange(50) * 2 + (1 if sex == "1" else 0)
        body = f"4198{self.rng.randrange(10, 99)}{born:%Y%m%d}{self.rng.randrange(10):d}{last:02d}"
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]

    def _visit_text(self, day: date) -> str:
        fitting = [text for text, months in words.VISIT_TEXTS if not months or day.month in months]
        return self.rng.choice(fitting) + self.rng.choice(words.VISIT_ENDS)

    def _day(self, share: float) -> date:
        start = self.day - timedelta(days=364)
        day = start + timedelta(days=min(int(share * 365), 364))
        return day - timedelta(days=day.weekday() - 4) if day.weekday() > 4 and self.rng.random() < 0.8 else day

    def _moment(self, day: date) -> datetime:
        clock = time(self.rng.randint(8, 17), self.rng.randint(0, 59))
        return datetime.combine(day, clock, BEIJING).astimezone(UTC)


def words_duty(at: int) -> str:
    """One of the eight duties 八大员, in turn."""
    return ("publicist", "example", "mediator", "safety", "security", "health", "discipline", "production")[at % 8]
