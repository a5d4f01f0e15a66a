"""From the values of a form to the records of the registry, and back."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from app.errors import Refusal
from app.i18n import N_, _
from app.models import identity
from app.models.people import Household, Person
from app.models.posts import Post
from app.services import people, posts, units
from app.services.access import allow
from app.ui.registry import finders
from app.ui.tasks import Session
from app.ui.widgets.pickers import Pick

#: What a form does with its values: problems by field, a question to the store before saving (its answer is a doubt in
#: words, "" for none), and the saving.
Judged = tuple[dict[str, str], Callable[[Session], str] | None, Callable[[Session], uuid.UUID]]
Deed = Callable[[dict[str, Any], uuid.UUID | None], Judged]

_PERSON = (
    "name", "kind", "household_id", "relation", "grid_id", "sex", "birth_on", "status", "job", "employee_no", "political",
    "former_name", "note", "tags",
)  # fmt: skip


def person_deed(given: dict[str, Any], editing: uuid.UUID | None) -> Judged:
    """A person is entered, or amended: numbers left empty stay as they were."""
    fields = {name: given.get(name) or None for name in _PERSON} | {"name": given.get("name") or ""}
    problems: dict[str, str] = {}
    if number := given.get("id_number"):
        read = identity.read_id(number)
        if read.problems or not read.number:
            problems["id_number"] = N_("身份证号有误, 请对照证件逐位核对 (18 位, 末位可为 X)。")
        else:
            fields["id_number"] = read.number
            fields["birth_on"] = fields["birth_on"] or identity.birth(read.number)
            fields["sex"] = fields["sex"] or identity.sex(read.number)
    if phones := given.get("phones"):
        fields["phones"], wrong = identity.read_phones(phones)
        if wrong:
            problems["phones"] = N_("有的号码不像电话, 请核对: 手机 11 位, 座机带区号。")
    problems = Person(**fields).problems() | problems

    def doubt(s: Session) -> str:
        if editing is not None:
            return ""
        _house(s, fields)
        alike = people.alike(s, Person(**fields))
        lines = (" · ".join(p for p in (row.name, row.grid, row.address, row.phone) if p) for row in alike)
        return "\n".join([_("下面的人很像, 请先看是不是同一个人:"), *lines]) if alike else ""

    def act(s: Session) -> uuid.UUID:
        _house(s, fields)
        if editing is None:
            return people.enter(s, Person(**fields)).id
        return people.amend(s, editing, **fields).id

    return problems, doubt, act


def _house(s: Session, fields: dict[str, Any]) -> None:
    """Grid and address follow from the household where they are not given."""
    if fields.get("household_id"):
        home = next(iter(people.homes(s, [fields["household_id"]])), None)
        if home is not None:
            fields["grid_id"] = fields.get("grid_id") or home.grid_id
            fields["address"] = home.address


def home_deed(given: dict[str, Any], editing: uuid.UUID | None) -> Judged:
    """A home is entered, or amended: a phone number left empty stays as it was."""
    names = ("address", "grid_id", "head", "tags", "note") + (("phone",) if given.get("phone") else ())
    fields = {name: given.get(name) or None for name in names} | {"address": given.get("address") or ""}

    def act(s: Session) -> uuid.UUID:
        if editing is None:
            return people.settle(s, Household(**fields)).id
        home = s.get(Household, editing)
        if home is None:
            raise Refusal("household_gone", N_("没有找到这户, 可能已移交其他单位。"))
        allow(s, "person.edit", home.path)
        for name, value in fields.items():
            setattr(home, name, value)
        return people.settle(s, home).id

    return Household(**fields).problems(), None, act


def post_deed(given: dict[str, Any], _editing: uuid.UUID | None) -> Judged:
    """Somebody takes up a post."""
    fields: dict[str, Any] = {
        name: given.get(name) or None for name in ("person_id", "grid_id", "role", "duties", "from_on")
    }
    return Post(**fields).problems(), None, lambda s: posts.appoint(s, Post(**fields)).id


def person_values(s: Session, person_id: uuid.UUID) -> tuple[str, Mapping[str, Any]]:
    """Name and form values of a person on file; numbers are not shown."""
    person = s.get(Person, person_id)
    if person is None:
        raise Refusal("person_gone", N_("没有找到这个人, 可能已移交其他单位。"))
    allow(s, "person.edit", person.path)
    found = {name: getattr(person, name) for name in _PERSON}
    home = next(iter(people.homes(s, [person.household_id])), None) if person.household_id else None
    found["household_id"] = Pick(home.id, home.address, home.head) if home else None
    found["grid_id"] = _grid(s, person.grid_id)
    return person.name, found


def home_values(s: Session, home_id: uuid.UUID) -> tuple[str, Mapping[str, Any]]:
    """Address and form values of a home on file; its number is not shown."""
    home = s.get(Household, home_id)
    if home is None:
        raise Refusal("household_gone", N_("没有找到这户, 可能已移交其他单位。"))
    allow(s, "person.edit", home.path)
    found = {name: getattr(home, name) for name in ("address", "head", "tags", "note")}
    return home.address, found | {"grid_id": _grid(s, home.grid_id)}


def _grid(s: Session, grid: uuid.UUID | None) -> Pick | None:
    return next((finders.grid_pick(row) for row in units.grids(s) if row.id == grid), None)
