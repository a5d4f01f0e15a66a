"""The look of the window: every colour, size and font in one place, for light, dark and high contrast."""

from dataclasses import dataclass, fields
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from app.paths import resources
from app.settings import Settings

FAMILY = "Noto Sans SC"
SIZES = (11, 13, 16)
STATES = ("draft", "waiting", "due", "overdue", "done", "sent", "conflict")


@dataclass(frozen=True)
class Theme:
    """The colours of one look; the same names in every theme."""

    name: str
    ink: str = "#1B2430"
    secondary: str = "#5A6675"
    hairline: str = "#E3E7ED"
    edge: str = "#C3CBD6"
    ground: str = "#F5F7FA"
    card: str = "#FFFFFF"
    hover: str = "#EEF2F7"
    rail: str = "#14304F"
    rail_ink: str = "#C9D6E6"
    rail_here: str = "#24486F"
    rail_here_ink: str = "#FFFFFF"
    accent: str = "#1F6FD6"
    accent_hover: str = "#185DB6"
    accent_ink: str = "#FFFFFF"
    selection: str = "#DFEBFA"
    draft: str = "#6B7684"
    waiting: str = "#B26A00"
    due: str = "#C77700"
    overdue: str = "#C62828"
    done: str = "#2E7D4F"
    sent: str = "#1F6FD6"
    conflict: str = "#7A3FB8"
    tick: str = "mark_tick_light"
    tint: float = 0.11
    line: int = 1

    def state(self, tone: str) -> str:
        """The colour of a tone: a state, or ink, secondary, accent."""
        return str(getattr(self, tone))

    def soft(self, tone: str) -> str:
        """The pale ground of a chip or banner of this tone."""
        return mixed(self.state(tone), self.card, self.tint)

    def text_on(self, colour: str) -> str:
        """White or black, whichever reads better on the colour; one of them always reaches 4.5:1."""
        return max(("#FFFFFF", "#000000"), key=lambda ink: contrast(ink, colour))

    def legible(self, tone: str, ground: str | None = None) -> str:
        """The tone's colour, moved towards the ink until text in it reaches 4.5:1 on the ground."""
        colour, below = self.state(tone), ground or self.soft(tone)
        for step in range(11):
            shade = mixed(self.ink, colour, step / 10)
            if contrast(shade, below) >= 4.5:
                return shade
        return self.ink


LIGHT = Theme("light")
DARK = Theme(
    "dark", ink="#E6EBF2", secondary="#A7B2C0", hairline="#2D3846", edge="#445164", ground="#11161D", card="#1A212B",
    hover="#232D3A", rail="#0B1725", rail_ink="#B7C6D8", rail_here="#1D3A5C", accent="#62A5F5", accent_hover="#86BBFA",
    accent_ink="#0E1620", selection="#243B57", draft="#A0ABB9", waiting="#E0A03C", due="#F0B04A", overdue="#F0706A",
    done="#66C18C", sent="#62A5F5", conflict="#B98AE8", tick="mark_tick_dark", tint=0.18,
)  # fmt: skip
CONTRAST = Theme(
    "contrast", ink="#000000", secondary="#22282F", hairline="#5B636D", edge="#000000", ground="#FFFFFF", card="#FFFFFF",
    hover="#E4ECF7", rail="#000000", rail_ink="#FFFFFF", rail_here="#FFE14A", rail_here_ink="#000000", accent="#0038A8",
    accent_hover="#001F66", selection="#BFD8FF", draft="#3A424C", waiting="#7A4500", due="#7A4500", overdue="#A80000",
    done="#0B5A2E", sent="#0038A8", conflict="#57208F", tint=0.0, line=2,
)  # fmt: skip
THEMES = {theme.name: theme for theme in (LIGHT, DARK, CONTRAST)}


@dataclass(frozen=True)
class Look:
    """What the user chose: theme (light, dark, contrast), body size in points, touch targets, motion."""

    theme: str = "light"
    size: int = 11
    touch: bool = False
    motion: bool = True

    @classmethod
    def of(cls, settings: Settings) -> "Look":
        """What the settings say."""
        return cls(settings.theme, settings.font_size, settings.touch)

    def points(self, body: float) -> float:
        """A size given for the 11 pt body, scaled to the chosen one."""
        return round(body * self.size / 11, 1)

    @property
    def row(self) -> int:
        """Height of a table row in px."""
        return max(34, round(self.size * 96 / 72 * 1.45) + 13, 44 if self.touch else 0)

    @property
    def target(self) -> int:
        """Height of a button or field in px."""
        return max(36, round(self.size * 96 / 72 * 1.45) + 15, 44 if self.touch else 0)


def mixed(above: str, below: str, share: float) -> str:
    """The colour `above` laid over `below` with this share (0 to 1), as #RRGGBB."""
    a, b = QColor(above), QColor(below)
    parts = zip((a.red(), a.green(), a.blue()), (b.red(), b.green(), b.blue()), strict=True)
    return "#{:02X}{:02X}{:02X}".format(*(round(x * share + y * (1 - share)) for x, y in parts))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        c = QColor(colour)
        linear = [
            v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c.redF(), c.greenF(), c.blueF())
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def load_fonts() -> None:
    """Our fonts are known to Qt; the machine's own are only a fallback."""
    for name in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"):
        path = resources() / "fonts" / name
        if path.exists():
            QFontDatabase.addApplicationFont(str(path))


def style_sheet(theme: Theme, look: Look) -> str:
    """resources/style.qss with every token filled in; an unknown token is a KeyError."""
    tokens: dict[str, object] = {f.name: getattr(theme, f.name) for f in fields(theme)}
    tokens |= {f"{tone}_soft": theme.soft(tone) for tone in STATES}
    tokens |= {f"{tone}_ink": theme.legible(tone) for tone in STATES}
    tokens |= {f"{tone}_on": theme.text_on(theme.state(tone)) for tone in STATES}
    tokens |= {
        "body": look.points(11), "caption": look.points(9.5), "small": look.points(10), "title": look.points(15),
        "heading": look.points(12), "figure": look.points(20), "row": look.row, "target": look.target - 2,
        "compact": look.target - 4, "icons": (resources() / "icons").as_posix(), "family": FAMILY,
        "focus": theme.line + 1, "chip": look.target - 10, "round": (look.target - 10) // 2 + 1,
    }  # fmt: skip
    return Template((resources() / "style.qss").read_text(encoding="utf-8")).substitute(tokens)


def palette(theme: Theme) -> QPalette:
    """The colours that Fusion itself draws with."""
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.ground, role.WindowText: theme.ink, role.Base: theme.card, role.AlternateBase: theme.hover,
        role.Text: theme.ink, role.Button: theme.card, role.ButtonText: theme.ink, role.BrightText: theme.overdue,
        role.Highlight: theme.selection, role.HighlightedText: theme.ink, role.Link: theme.accent,
        role.PlaceholderText: theme.secondary, role.ToolTipBase: theme.card, role.ToolTipText: theme.ink,
        role.Mid: theme.edge, role.Light: theme.card, role.Dark: theme.edge, role.Accent: theme.accent,
    }  # fmt: skip
    made = QPalette()
    for key, colour in colours.items():
        made.setColor(key, QColor(colour))
    for key in (role.Text, role.ButtonText, role.WindowText):
        made.setColor(QPalette.ColorGroup.Disabled, key, QColor(mixed(theme.secondary, theme.card, 0.75)))
    return made


def apply(app: QApplication, look: Look | None = None) -> None:
    """The whole window has this look from here on; fonts are loaded at the first call."""
    chosen = look or Look()
    theme = THEMES.get(chosen.theme, LIGHT)
    if FAMILY not in QFontDatabase.families():
        load_fonts()
    app.setProperty("look", chosen)
    app.setProperty("theme", theme)
    app.setStyle("Fusion")
    font = QFont(FAMILY)
    font.setPointSizeF(float(chosen.size))
    font.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
    app.setFont(font)
    app.setPalette(palette(theme))
    app.setStyleSheet(style_sheet(theme, chosen))


def theme() -> Theme:
    """The theme in use (light before any was applied)."""
    app = QApplication.instance()
    found = app.property("theme") if app is not None else None
    return found if isinstance(found, Theme) else LIGHT


def look() -> Look:
    """The look in use."""
    app = QApplication.instance()
    found = app.property("look") if app is not None else None
    return found if isinstance(found, Look) else Look()


def mark(widget: QWidget, **properties: object) -> QWidget:
    """The widget carries these properties for the style sheet and is drawn anew with them."""
    for key, value in properties.items():
        widget.setProperty(key, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    return widget
