"""Asking for a file or a folder; the folder last used for each purpose is remembered on this machine."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from app.i18n import _
from app.ui.places import Places

#: What must not stand in a file name on Windows.
_BAD = str.maketrans(dict.fromkeys('\\/:*?"<>|\r\n\t', " "))


def file_name(*parts: str) -> str:
    """The parts as one file name that every system takes, at most 120 characters."""
    return "-".join(" ".join(part.translate(_BAD).split()) for part in parts if part.strip())[:120]


def last_folder(places: Places, purpose: str) -> Path:
    """The folder last used for this purpose while it exists, else the person's documents."""
    kept = places.get(f"folder/{purpose}")
    if isinstance(kept, str) and kept and Path(kept).is_dir():
        return Path(kept)
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation) or Path.home())


def ask_save(
    parent: QWidget, places: Places, purpose: str, title: str, name: str, kind: str, act: Callable[[Path], None]
) -> QFileDialog:
    """The person names the file to write; `kind` is its ending without dot. The dialog itself asks before overwriting."""
    dialog = _dialog(parent, places, purpose, title, act)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(f"{kind.upper()} (*.{kind})")
    dialog.setDefaultSuffix(kind)
    dialog.selectFile(f"{name}.{kind}")
    dialog.open()
    return dialog


def ask_open(
    parent: QWidget, places: Places, purpose: str, title: str, filters: str, act: Callable[[Path], None]
) -> QFileDialog:
    """The person picks a file to read; `filters` as "Excel (*.xlsx)"."""
    dialog = _dialog(parent, places, purpose, title, act)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilter(filters)
    dialog.open()
    return dialog


def ask_folder(parent: QWidget, places: Places, purpose: str, title: str, act: Callable[[Path], None]) -> QFileDialog:
    """The person picks a folder."""
    dialog = _dialog(parent, places, purpose, title, act)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.open()
    return dialog


def show_folder(path: Path) -> None:
    """The folder of the file is open in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path if path.is_dir() else path.parent)))


def _dialog(parent: QWidget, places: Places, purpose: str, title: str, act: Callable[[Path], None]) -> QFileDialog:
    dialog = QFileDialog(parent, title, str(last_folder(places, purpose)))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setLabelText(QFileDialog.DialogLabel.Reject, _("取消"))

    def chosen(text: str) -> None:
        path = Path(text)
        places.put(f"folder/{purpose}", str(path if path.is_dir() else path.parent))
        act(path)

    dialog.fileSelected.connect(chosen)
    return dialog
