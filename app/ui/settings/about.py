"""关于: the version, whose work is in it, and under which licences."""

from importlib import metadata

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QWidget

from app import __version__
from app.i18n import _
from app.paths import resources
from app.ui.settings.help import reader
from app.ui.widgets.fields import column

#: Works of others that the program is made with, by the name of their distribution; Qt and fonts are told apart.
_PARTS = (
    ("PySide6-Essentials", "LGPL-3.0"), ("SQLAlchemy", "MIT"), ("alembic", "MIT"), ("sqlcipher3", "Zlib"),
    ("argon2-cffi", "MIT"), ("cryptography", "Apache-2.0 / BSD-3-Clause"), ("pyrage", "MIT"),
    ("zstandard", "BSD-3-Clause"), ("msgspec", "BSD-3-Clause"), ("httpx", "BSD-3-Clause"), ("stamina", "MIT"),
    ("openpyxl", "MIT"), ("defusedxml", "PSF-2.0"), ("python-calamine", "MIT"), ("reportlab", "BSD-3-Clause"),
    ("pypdfium2", "Apache-2.0 / BSD-3-Clause"), ("Pillow", "MIT-CMU"), ("segno", "BSD-3-Clause"), ("pypinyin", "MIT"),
    ("python-stdnum", "LGPL-2.1"), ("holidays", "MIT"), ("platformdirs", "MIT"), ("filelock", "MIT"),
    ("uuid-utils", "BSD-3-Clause"), ("fastapi", "MIT"), ("uvicorn", "BSD-3-Clause"),
)  # fmt: skip


def components() -> list[tuple[str, str, str]]:
    """(name, version, licence) of what is installed; what is not part of this program is left out."""
    found = []
    for name, licence in _PARTS:
        try:
            found.append((name, metadata.version(name), licence))
        except metadata.PackageNotFoundError:
            continue
    return found


def text() -> str:
    """The page as Markdown."""
    lines = [f"# 枫格 Fengge {__version__}", "", _("网格工作离线记录、台账与上报。"), ""]
    lines += [_("本程序按 Apache License 2.0 许可使用。所有数据都在您自己的电脑和总部, 程序不向任何别处发送内容。"), ""]
    lines += ["## " + _("使用的软件"), ""]
    lines += [f"- **{name}** {version} · {licence}" for name, version, licence in components()]
    lines += [
        f"- **Qt** {qVersion()} · LGPL-3.0, " + _("以动态库方式使用, 可以自行替换"),
        "- **SQLCipher** · BSD-3-Clause",
        "- **Noto Sans SC, Noto Serif SC** · SIL Open Font License 1.1",
        "- " + _("图标、繁简对照表") + " · resources/icons/LICENSE.txt, resources/opencc/LICENSE",
    ]
    for title, file in ((_("字体许可证"), "fonts/OFL.txt"), (_("图标许可证"), "icons/LICENSE.txt")):
        path = resources() / file
        if path.exists():
            body = path.read_text(encoding="utf-8", errors="replace")
            lines += ["", "## " + title, "", *(f"    {line}" for line in body.splitlines())]
    return "\n".join(lines)


class AboutView(QWidget):
    """The page, to be read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = reader()
        self.text.setAccessibleName(_("关于"))
        self.text.setMarkdown(text())
        column(self, 0, (16, 12, 16, 12)).addWidget(self.text)
        self.setFocusProxy(self.text)
