"""档案: the page of people, households, grids, posts and risk points."""

import uuid
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSplitter, QStackedLayout, QWidget

from app.clock import today
from app.i18n import N_, _
from app.services import people
from app.services.access import may
from app.services.people import HouseholdRow, PersonRow
from app.services.risks import RiskRow
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.page import Page
from app.ui.registry import deeds, lists
from app.ui.registry.forms import RegistryForm, home_form, person_form, post_form
from app.ui.registry.places import EVERYWHERE, Place, children
from app.ui.registry.risk_form import risk_form, risk_values
from app.ui.registry.risks import RiskSheet, risks_list
from app.ui.registry.sheets import HomeSheet, PersonSheet, PostSheet
from app.ui.registry.writing import home_values, person_values
from app.ui.widgets.fields import column
from app.ui.widgets.list_page import ListPage
from app.ui.widgets.pickers import Pick
from app.ui.widgets.tree import Leaf, Tree

#: key, title, icon of each list
VIEWS = (
    ("people", N_("人员"), "people"),
    ("households", N_("住户"), "household"),
    ("grids", N_("网格"), "grid"),
    ("posts", N_("任职"), "person"),
    ("risks", N_("风险点"), "risk"),
)


def page(desk: Desk) -> Page:
    """The page 「档案」."""
    return RegistryPage(desk)


class RegistryPage(Page):
    """The tree at the left, a list and its sheet at the right, or a form in the place of both.

    `open_record` takes the id of a person or household, {"risk_point": id}, a list's key, or {"new": values} with "kind"
    person, household, post, risk.
    """

    tables = frozenset({"unit", "grid", "post"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.place = EVERYWHERE
        self._lists: dict[str, ListPage] = {}
        self._forms: dict[str, RegistryForm] = {}
        self._buttons: dict[str, QPushButton] = {}
        self._front = QWidget(self)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._front)
        self._build()
        self.show_view("people")
        keys = QShortcut(QKeySequence("Ctrl+E"), self._front, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys.activated.connect(self._edit_current)

    # --- what the window uses ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        self.tree.refresh()

    def open_record(self, record_id: object) -> None:
        if isinstance(record_id, dict) and "new" in record_id:
            self.start(str(record_id.get("kind", "person")), record_id["new"])
        elif isinstance(record_id, dict) and "risk_point" in record_id:
            self._read_in("risks", record_id["risk_point"])
        elif isinstance(record_id, str) and record_id in self._buttons:
            self.show_view(record_id)
        elif isinstance(record_id, uuid.UUID):
            self._find_out(record_id)

    def focus_search(self) -> None:
        self._stack.setCurrentWidget(self._front)
        self.here.focus_search()

    def leave(self) -> None:
        for form in self._forms.values():
            form.form.keep_draft()

    # --- building ---------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.tree = Tree(self.desk.tasks, children, self._front)
        self.tree.chosen.connect(self._place_chosen)
        self.tree.model.rowsInserted.connect(self._first_open)
        self.tree.view.setMinimumWidth(200)
        self.tree.view.setIndentation(14)
        tabs = QFrame(self._front)
        line = self._tabs = QHBoxLayout(tabs)
        line.setContentsMargins(16, 10, 16, 0)
        line.setSpacing(8)
        group = QButtonGroup(self)
        for key, title, picture in VIEWS:
            button = QPushButton(_(title), tabs)
            button.setCheckable(True)
            button.setProperty("kind", "choice")
            button.setAccessibleName(_("看{name}").format(name=_(title)))
            dress(button, picture)
            button.clicked.connect(lambda _on, one=key: self.show_view(one))
            group.addButton(button)
            line.addWidget(button)
            self._buttons[key] = button
        line.addStretch(1)
        right = QWidget(self._front)
        rows = column(right, 0)
        rows.addWidget(tabs)
        middle = QWidget(right)
        self._views = QStackedLayout(middle)
        rows.addWidget(middle, 1)
        split = QSplitter(Qt.Orientation.Horizontal, self._front)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(self.tree)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setSizes([208, 1000])
        column(self._front, 0).addWidget(split)

    def _first_open(self) -> None:
        """The unit one belongs to lies open from the start."""
        view = self.tree.view
        model = self.tree.model
        if not view.currentIndex().isValid() and model.rowCount() == 2:
            view.expand(model.index(1, 0))

    def _make(self, key: str) -> ListPage:
        desk = self.desk
        edits = may(desk.actor, "person.edit")

        def new(kind: str, right: bool) -> Callable[[], None] | None:
            return (lambda: self.start(kind)) if right else None

        if key == "people":
            sheet = PersonSheet(
                desk,
                N_("选中一个人, 在这里看档案。"),
                self.edit_person,
                lambda row: deeds.void_person(self, desk, row),
                lambda row: deeds.visit_person(desk, row),
            )
            return lists.people_list(desk, sheet, new("person", edits), self._read_sheet)
        if key == "households":
            home = HomeSheet(
                desk,
                N_("选中一户, 在这里看家里有谁。"),
                self.edit_home,
                lambda row: deeds.visit_home(desk, row),
                self._add_to_home,
            )
            return lists.homes_list(desk, home, new("household", edits), self._read_sheet)
        if key == "risks":
            sheet_ = RiskSheet(desk, self.edit_risk)
            return risks_list(desk, sheet_, new("risk", may(desk.actor, "risk.edit")), self._read_sheet)
        if key == "grids":
            return lists.grids_list(desk, self._open_grid)
        post = PostSheet(
            desk, N_("选中一条任职, 在这里看。"), lambda row: deeds.relieve(self, desk, row), self.open_record
        )
        return lists.posts_list(desk, post, new("post", may(desk.actor, "post.edit")), self._read_sheet)

    # --- looking ----------------------------------------------------------------------------------------------------

    @property
    def here(self) -> ListPage:
        """The list in front."""
        return self._lists[self.view]

    def show_view(self, key: str) -> ListPage:
        """One of the lists is in front, kept to the chosen place."""
        self.leave()
        self.view = key
        if key not in self._lists:
            made = self._lists[key] = self._make(key)
            self._views.addWidget(made)
            made.search.setMinimumWidth(110)  # the buttons need the room when enlarged
            for part in self._top_of(made):  # beside the tabs, where a line of their own would waste room
                self._tabs.addWidget(part)
        shown = self._lists[key]
        if isinstance(shown, lists.RegistryList):
            shown.look_at(self.place)
        self._views.setCurrentWidget(shown)
        for one in self._lists.values():
            for part in self._top_of(one):
                part.setVisible(one is shown)
        self._stack.setCurrentWidget(self._front)
        self._buttons[key].setChecked(True)
        self.setFocusProxy(shown.table)
        return shown

    @staticmethod
    def _top_of(one: ListPage) -> list[QWidget]:
        return [one.search, one.new_button] if one.spec.new is not None else [one.search]

    def _place_chosen(self, leaf: Leaf) -> None:
        self.place = leaf.id if isinstance(leaf.id, Place) else EVERYWHERE
        if isinstance(self.here, lists.RegistryList):
            self.here.look_at(self.place)

    def _read_sheet(self, _row: Any) -> None:
        """Enter: the sheet has the keyboard."""
        self.here.pane.show()
        if self.here.spec.detail is not None:
            self.here.spec.detail.setFocus()

    def _edit_current(self) -> None:
        row = self.here.table.current()
        if isinstance(row, PersonRow):
            self.edit_person(row.id)
        elif isinstance(row, HouseholdRow):
            self.edit_home(row.id)
        elif isinstance(row, RiskRow) and not row.voided:
            self.edit_risk(row.id)

    def _open_grid(self, row: lists.GridLine) -> None:
        self.place = Place(None, "", row.id, row.name)
        self.show_view("people")

    def _find_out(self, record: uuid.UUID) -> None:
        """The list that holds this id is in front with it, whichever place was chosen."""

        def show(is_home: bool) -> None:
            self._read_in("households" if is_home else "people", record)

        self.desk.tasks.read(lambda s: bool(people.homes(s, [record])), show, owner=self)

    def _read_in(self, view: str, record: uuid.UUID) -> None:
        self.place = EVERYWHERE
        shown = self.show_view(view)
        shown.open_record(record)
        if shown.spec.detail is not None:
            shown.pane.show()

    # --- forms ------------------------------------------------------------------------------------------------------

    def form(self, kind: str) -> RegistryForm:
        """The form of this kind, made when first needed."""
        if kind not in self._forms:
            make = {"person": person_form, "household": home_form, "post": post_form, "risk": risk_form}[kind]
            made = self._forms[kind] = make(self.desk)
            made.left.connect(self._back)
            made.saved.connect(lambda record, one=kind: self._saved(one, record))
            self._stack.addWidget(made)
        return self._forms[kind]

    def start(self, kind: str, given: dict[str, Any] | None = None) -> None:
        """F2: a new person, household, post or risk point."""
        form = self.form(kind)
        self._stack.setCurrentWidget(form)
        values: dict[str, Any] = (
            {"from_on": today()} if kind == "post" else {"kind": "staff"} if kind == "person" else {}
        )
        form.start({**values, **given} if given else None)
        if not given:
            form.form.fill(values)

    def edit_person(self, person: uuid.UUID) -> None:
        """The form opens with the person in it."""
        self._amend("person", person, person_values)

    def edit_home(self, home: uuid.UUID) -> None:
        """The form opens with the home in it."""
        self._amend("household", home, home_values)

    def edit_risk(self, point: uuid.UUID) -> None:
        """The form opens with the risk point in it."""
        self._amend("risk", point, risk_values, "risk.edit")

    def _amend(
        self, kind: str, record: uuid.UUID, values: Callable[[Any, uuid.UUID], Any], right: str = "person.edit"
    ) -> None:
        if not may(self.desk.actor, right):
            return

        def show(found: tuple[str, dict[str, Any]]) -> None:
            form = self.form(kind)
            self._stack.setCurrentWidget(form)
            form.amend(record, *found)

        self.desk.tasks.read(lambda s: values(s, record), show, owner=self)

    def _back(self) -> None:
        self._stack.setCurrentWidget(self._front)
        self.here.table.setFocus()

    def _saved(self, kind: str, record: uuid.UUID) -> None:
        view = {"person": "people", "household": "households", "post": "posts", "risk": "risks"}[kind]
        if self.view == view:
            self.here.open_record(record)

    # --- deeds ------------------------------------------------------------------------------------------------------

    def _add_to_home(self, row: HouseholdRow) -> None:
        grid = Pick(row.grid_id, row.grid) if row.grid_id else None
        self.start("person", {"kind": "family", "household_id": Pick(row.id, row.address, row.head), "grid_id": grid})
