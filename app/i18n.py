"""The user's language: Chinese is the source, other languages are gettext catalogues in resources/i18n."""

import gettext
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from app.errors import Refusal
from app.paths import resources

LANGUAGES = {"zh": "简体中文", "en": "English"}

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "zh"
#: What is spoken here for a while whatever the user's language is; None: that one.
_spoken: ContextVar[tuple[str, gettext.NullTranslations] | None] = ContextVar("spoken", default=None)


def use(language: str, folder: Path | None = None) -> None:
    """All text is in this language from here on; an unknown one falls back to Chinese."""
    global _catalogue, _language
    _language = language if language in LANGUAGES else "zh"
    _catalogue = _opened(_language, folder)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Inside, all text is in this language, on this thread alone: what was written in it can be compared with what would be."""
    token = _spoken.set((language, _catalogue if language == _language else _opened(language)))
    try:
        yield
    finally:
        _spoken.reset(token)


def _opened(language: str, folder: Path | None = None) -> gettext.NullTranslations:
    source = folder or resources() / "i18n"
    return gettext.translation("fengge", str(source), languages=[language], fallback=True)


def language() -> str:
    """The code of the language in use: zh or en."""
    spoken = _spoken.get()
    return spoken[0] if spoken else _language


def _(text: str) -> str:
    """The text in the user's language."""
    spoken = _spoken.get()
    return (spoken[1] if spoken else _catalogue).gettext(text) if text else text


def N_(text: str) -> str:
    """Marks a text for translation without translating it yet."""
    return text


def joined(parts: Iterable[str], mark: str = N_("、")) -> str:
    """The words one after the other, as the language joins them: 甲、乙, or A, B."""
    return _(mark).join(parts)


def say(refusal: Refusal) -> str:
    """The refusal as one calm sentence in the user's language."""
    return _(refusal.sentence).format(**refusal.params)
