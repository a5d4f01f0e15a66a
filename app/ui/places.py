"""What this machine remembers of its window: sizes, widths, folded panes; never anything a person typed."""

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from app.paths import user_state


class Places(QObject):
    """A small file of window places; a damaged file is forgotten, a full disk only costs the places."""

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path or user_state() / "window.json"
        self._kept: dict[str, Any] = self._load()
        self._later = QTimer(self, singleShot=True, interval=500)
        self._later.timeout.connect(self.save)

    def get(self, key: str, default: Any = None) -> Any:
        """What was last put under this key."""
        return self._kept.get(key, default)

    def put(self, key: str, value: Any) -> None:
        """Remembered from here on; written half a second later."""
        if self._kept.get(key) != value:
            self._kept[key] = value
            self._later.start()

    def save(self) -> None:
        """The places are on disk now, if the disk takes them."""
        self._later.stop()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(self._kept, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        except OSError:  # window places are not worth a word to the user
            return

    def _load(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
