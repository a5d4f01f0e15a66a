"""The line below a list: what is to be known about it, and what can be done with the chosen row."""

from PySide6.QtWidgets import QHBoxLayout, QPushButton

from app.ui.widgets.prose import prose


def foot(words: str, *buttons: QPushButton) -> QHBoxLayout:
    """The note at the left, the buttons at the right."""
    line = QHBoxLayout()
    line.setSpacing(8)
    line.addWidget(prose(words, "caption"), 1)
    for button in buttons:
        line.addWidget(button)
    return line
