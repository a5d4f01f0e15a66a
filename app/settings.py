"""Every setting once: name, type, default, meaning; kept as TOML beside the store."""

import os
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

FILE = "settings.toml"


@dataclass(frozen=True)
class Note:
    """A setting in the file that was not taken; `name` is empty when the whole file could not be read."""

    name: str
    given: str
    used: object


def _setting(default: Any, meaning: str, *, among: tuple[Any, ...] = (), span: tuple[int, int] | None = None) -> Any:
    """A setting with what it means; `among` lists the values it may have, `span` the least and the greatest."""
    return field(default=default, metadata={"meaning": meaning, "among": among, "span": span})


@dataclass(frozen=True)
class Settings:
    """What the people of this machine have chosen; read once at start and handed down."""

    language: str = _setting("zh", "language of window and command line", among=("zh", "en"))
    font_size: int = _setting(11, "size of text in points", among=(11, 13, 16))
    theme: str = _setting("light", "colours of the window", among=("light", "dark", "contrast"))
    touch: bool = _setting(False, "larger targets for gloves and touch screens")
    auto_lock_minutes: int = _setting(10, "idle minutes until the window locks; 0 never locks", span=(0, 240))
    backup_folder: str = _setting("", "where automatic backups go; empty: the folder backups in the store")
    backup_daily: bool = _setting(True, "make a backup on the first start of a day")
    hq_url: str = _setting("", "address of headquarters; empty: packages by stick only")
    sync_minutes: int = _setting(30, "minutes between tries to reach headquarters; 0 only by hand", span=(0, 1440))
    sync_batch_kib: int = _setting(1024, "size of one batch over the network in KiB", span=(64, 65536))
    database: str = _setting("", "headquarters only: postgresql://user@host/name; empty: the encrypted file store.db")
    package_folder: str = _setting("", "where package files were last written; empty: ask")
    page_rows: int = _setting(100, "rows a list shows before it fetches more", span=(20, 1000))
    purge_after_days: int = _setting(
        0, "closed records older than this leave this machine at a start; 0 never", among=(0, 180, 365, 730, 1095, 1825)
    )
    masked: bool = _setting(True, "identity and telephone numbers are shown masked")
    #: Settings of a newer program, kept as they were.
    others: dict[str, Any] = field(default_factory=dict, repr=False)


def meanings() -> dict[str, str]:
    """Every setting by name with its one-line meaning."""
    return {spec.name: spec.metadata["meaning"] for spec in fields(Settings) if spec.metadata}


def load(folder: Path) -> tuple[Settings, list[Note]]:
    """The folder's settings; what cannot be used takes its default and is named in a note."""
    try:
        given = tomllib.loads((folder / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return Settings(), []
    except (OSError, ValueError) as error:
        return Settings(), [Note("", type(error).__name__, "")]
    return taken(given)


def taken(given: dict[str, Any]) -> tuple[Settings, list[Note]]:
    """Settings from these values by name; the unusable are noted, the unknown kept aside."""
    known = {spec.name: spec for spec in fields(Settings) if spec.metadata}
    used, notes = {}, []
    for name, value in given.items():
        if name not in known:
            continue
        if fits(name, value):
            used[name] = value
        else:
            notes.append(Note(name, str(value)[:80], known[name].default))
    others = {name: value for name, value in given.items() if name not in known}
    return Settings(**used, others=others), notes


def fits(name: str, value: object) -> bool:
    """Whether the setting may have this value."""
    spec = next(spec for spec in fields(Settings) if spec.name == name)
    among, span = spec.metadata["among"], spec.metadata["span"]
    if type(value) is not type(spec.default):
        return False
    if among and value not in among:
        return False
    return span is None or (isinstance(value, int) and span[0] <= value <= span[1])


def changed(settings: Settings, **values: Any) -> Settings:
    """The settings with these values; ValueError for one that does not fit (a form offers only what fits)."""
    for name, value in values.items():
        if not fits(name, value):
            raise ValueError(f"{name} cannot be {value!r}")
    return replace(settings, **values)


def save(folder: Path, settings: Settings) -> None:
    """The folder holds these settings, with their meanings as comments; OSError if it cannot be written."""
    fresh = folder / f".{FILE}.{os.getpid()}.new"
    fresh.write_text(written(settings), "utf-8", newline="\n")
    fresh.replace(folder / FILE)


def written(settings: Settings) -> str:
    """The settings as TOML; `load` gives the same back."""
    values = asdict(settings)
    others = values.pop("others")
    lines = [f"# {meaning}\n{name} = {_toml(values[name])}" for name, meaning in meanings().items()]
    lines += [f"{_key(name)} = {_toml(value)}" for name, value in others.items()]
    return "\n".join(lines) + "\n"


_WRITERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else "false"),
    (str, lambda value: _text(value)),
    (list, lambda value: "[" + ", ".join(map(_toml, value)) + "]"),
    (dict, lambda value: "{" + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + "}"),
)


def _toml(value: object) -> str:
    for kind, writer in _WRITERS:
        if isinstance(value, kind):
            return writer(value)
    return str(value)  # numbers and moments are written in TOML as Python writes them


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _text(name)


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
