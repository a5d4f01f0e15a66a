"""The user's language: Chinese is the source, other languages are gettext catalogues in resources/i18n."""

import gettext
from pathlib import Path

from app.errors import Refusal
from app.paths import resources

LANGUAGES = {"zh": "简体中文", "en": "English"}

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = "zh"


def use(language: str, folder: Path | None = None) -> None:
    """All text is in this language from here on; an unknown one falls back to Chinese."""
    global _catalogue, _language
    _language = language if language in LANGUAGES else "zh"
    source = folder or resources() / "i18n"
    _catalogue = gettext.translation("fengge", str(source), languages=[_language], fallback=True)


def language() -> str:
    """The code of the language in use: zh or en."""
    return _language


def _(text: str) -> str:
    """The text in the user's language."""
    return _catalogue.gettext(text) if text else text


def N_(text: str) -> str:
    """Marks a text for translation without translating it yet."""
    return text


def say(refusal: Refusal) -> str:
    """The refusal as one calm sentence in the user's language."""
    return _(refusal.sentence).format(**refusal.params)
