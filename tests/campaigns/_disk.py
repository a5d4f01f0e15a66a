"""What really lies on a disk after a power cut: the file system's view of a process's calls, told by `strace`.

Strict: a write counts only after a flush of its file, a name only after a flush of its folder. What has not been flushed
may be there or not, whole or in torn pieces, in any order. Names of one journal come in their order.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

_CALLS = (
    "openat,open,creat,close,write,pwrite64,lseek,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,"
    "mkdir,mkdirat,rmdir,sendfile,copy_file_range,writev,pwritev,dup,dup2,dup3,fallocate"
)
MODES = ("lost", "kept", "torn")


def missing() -> str:
    """Why nothing can be recorded here; nothing if it can."""
    return "" if shutil.which("strace") else "power cuts are recorded with strace, which is not installed here"


def record(command: list[str], into: Path, **environment: str) -> None:
    """The command has run, and its calls that concern files lie in the file. CalledProcessError if it failed."""
    tracing = [
        "strace",
        "-f",
        "-qq",
        "-xx",
        "-s",
        str(1 << 26),
        "--seccomp-bpf",
        "-e",
        f"trace={_CALLS}",
        "-o",
        str(into),
    ]
    subprocess.run([*tracing, *command], check=True, env={**os.environ, **environment}, capture_output=True)


@dataclass
class Call:
    """One call that succeeded: its name, its arguments as they were written, and what it gave back."""

    name: str
    arguments: list[str | bytes]
    result: int


_LINE = re.compile(rb"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_PART = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"|([^,"]+)')


def calls(file: Path) -> Iterator[Call]:
    """The calls of the recording, in their order."""
    begun: dict[bytes, bytes] = {}
    with file.open("rb") as lines:
        for line in lines:
            who = line.split(b" ", 1)[0]
            if line.rstrip().endswith(b"<unfinished ...>"):
                begun[who] = line[: line.rindex(b"<unfinished")].rstrip()
                continue
            if b"resumed>" in line[:80] and who in begun:
                line = begun.pop(who) + line[line.index(b"resumed>") + 8 :]
            found = _LINE.match(line)
            if found and not found[3].startswith(b"-"):
                yield Call(found[1].decode(), list(_arguments(found[2])), int(found[3]))


def _arguments(text: bytes) -> Iterator[str | bytes]:
    for part in _PART.finditer(text):
        if part[1] is not None:
            yield bytes.fromhex(part[1].replace(b"\\x", b"").decode())
        elif word := part[2].strip():
            yield word.decode()


class Node:
    """A file or folder: as everybody sees it now, and as it is safe on the disk."""

    def __init__(self, folder: bool) -> None:
        self.folder = folder
        self.now, self.safe = bytearray(), bytearray()
        self.names: dict[str, Node] = {}
        self.safe_names: dict[str, Node] = {}
        self.pending: list[tuple[int, bytes | None]] = []
        self.version = self.safe_version = 0

    def write(self, at: int, data: bytes) -> None:
        """Bytes are written; safe only later."""
        _put(self.now, at, data)
        self.pending.append((at, data))
        self.version += 1

    def cut(self, size: int) -> None:
        """The file has this length; safe only later."""
        _cut(self.now, size)
        self.pending.append((size, None))
        self.version += 1

    def flush(self) -> None:
        """What was written is safe."""
        for at, data in self.pending:
            _put(self.safe, at, data) if data is not None else _cut(self.safe, at)
        self.pending.clear()
        self.safe_version = self.version

    def torn(self, dice: Random) -> bytes:
        """Some of what is not safe got through, in sectors, whatever their order."""
        content, likely, sector = bytearray(self.safe), dice.choice((0.1, 0.5, 0.9)), dice.choice((512, 4096))
        for at, data in self.pending:
            if data is None:
                if dice.random() < likely:
                    _cut(content, at)
                continue
            start = at
            while start < at + len(data):
                end = min(at + len(data), (start // sector + 1) * sector)
                if dice.random() < likely:
                    _put(content, start, data[start - at : end - at])
                start = end
        return bytes(content)


def _put(content: bytearray, at: int, data: bytes) -> None:
    if at > len(content):
        content.extend(bytes(at - len(content)))
    content[at : at + len(data)] = data


def _cut(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))


#: Names that change together: folder, name, what it means from now on (None: nothing).
Naming = list[tuple[Node, str, Node | None]]


@dataclass
class _Handle:
    node: Node
    at: int = 0
    append: bool = False


@dataclass
class Disk:
    """Everything below one folder, while the calls of a recording happen to it."""

    root: Path
    tree: Node = field(default_factory=lambda: Node(True))
    unsafe: list[Naming] = field(default_factory=list)
    handles: dict[int, _Handle] = field(default_factory=dict)
    said: bytes = b""

    @classmethod
    def of(cls, root: Path, template: Path) -> "Disk":
        """The disk of this root when its content was that of the template, all of it safe."""
        disk = cls(root)
        disk._fill(disk.tree, template)
        return disk

    def _fill(self, node: Node, folder: Path) -> None:
        for path in folder.iterdir():
            child = Node(path.is_dir())
            if child.folder:
                self._fill(child, path)
            else:
                child.now, child.safe = bytearray(path.read_bytes()), bytearray(path.read_bytes())
            node.names[path.name] = node.safe_names[path.name] = child

    def happen(self, call: Call) -> bool:
        """The call has happened; says whether it changed anything on the disk or in what was said."""
        return bool(getattr(self, f"_{call.name}", self._unknown)(call))

    def _unknown(self, call: Call) -> bool:
        moves = call.name in ("sendfile", "copy_file_range", "writev", "pwritev", "fallocate", "dup", "dup2", "dup3")
        if moves and int(str(call.arguments[0])) in self.handles:
            raise NotImplementedError(f"a recording with {call.name}")
        return False

    def _place(self, path: bytes, beside: object = "AT_FDCWD") -> tuple[Node, str] | None:
        """The folder and name a path means; None for what lies elsewhere."""
        text = os.fsdecode(path)
        if not text.startswith("/"):
            handle = self.handles.get(int(str(beside))) if str(beside).isdigit() else None
            return (handle.node, text) if handle and handle.node.folder and "/" not in text else None
        if not text.startswith(f"{self.root}/"):
            return (self.tree, "") if text == str(self.root) else None
        *folders, name = text[len(str(self.root)) + 1 :].rstrip("/").split("/")
        node = self.tree
        for one in folders:
            node = node.names[one]
        return node, name

    def _openat(self, call: Call) -> bool:
        beside, path, flags = call.arguments[0], call.arguments[1], str(call.arguments[2])
        place = self._place(bytes(path), beside)  # type: ignore[arg-type]
        self.handles.pop(call.result, None)
        if place is None:
            return False
        folder, name = place
        node = folder.names.get(name) if name else folder
        changed = node is None
        if node is None:
            node = Node(False)
            self._name([(folder, name, node)])
        self.handles[call.result] = _Handle(node, append="O_APPEND" in flags)
        if "O_TRUNC" in flags and node.now:
            node.cut(0)
            return True
        return changed

    def _close(self, call: Call) -> bool:
        self.handles.pop(int(str(call.arguments[0])), None)
        return False

    def _write(self, call: Call) -> bool:
        number, data = int(str(call.arguments[0])), call.arguments[1]
        if not isinstance(data, bytes):
            data = b""
        if number == 1:
            self.said += data[: call.result]
            return True
        handle = self.handles.get(number)
        if handle is None:
            return False
        at = len(handle.node.now) if handle.append else handle.at
        handle.node.write(at, data[: call.result])
        handle.at = at + call.result
        return True

    def _pwrite64(self, call: Call) -> bool:
        handle = self.handles.get(int(str(call.arguments[0])))
        if handle is None:
            return False
        handle.node.write(int(str(call.arguments[3])), bytes(call.arguments[1])[: call.result])  # type: ignore[arg-type]
        return True

    def _lseek(self, call: Call) -> bool:
        if handle := self.handles.get(int(str(call.arguments[0]))):
            handle.at = call.result
        return False

    def _ftruncate(self, call: Call) -> bool:
        handle = self.handles.get(int(str(call.arguments[0])))
        if handle is None:
            return False
        handle.node.cut(int(str(call.arguments[1])))
        return True

    def _fsync(self, call: Call) -> bool:
        handle = self.handles.get(int(str(call.arguments[0])))
        if handle is None:
            return False
        if handle.node.folder:
            self._settle({id(handle.node)})
        else:
            handle.node.flush()
        return True

    _fdatasync = _fsync

    def _name(self, naming: Naming) -> bool:
        for folder, name, node in naming:
            if node is None:
                folder.names.pop(name, None)
            else:
                folder.names[name] = node
        self.unsafe.append(naming)
        return True

    def _settle(self, folders: set[int]) -> None:
        """Names in these folders are safe, and with them all that came before in the folders they touch."""
        last = max((n for n, naming in enumerate(self.unsafe) if _touches(naming, folders)), default=-1)
        for naming in reversed(self.unsafe[: last + 1]):
            if _touches(naming, folders):
                folders |= {id(folder) for folder, _name, _node in naming}
        kept = []
        for number, naming in enumerate(self.unsafe):
            if number <= last and _touches(naming, folders):
                _rename(naming)
            else:
                kept.append(naming)
        self.unsafe = kept

    def _rename(self, call: Call) -> bool:
        paths = [one for one in call.arguments if isinstance(one, bytes)]
        former, new = self._place(paths[0]), self._place(paths[1])
        if former is None or new is None:
            return False
        return self._name([(*former, None), (*new, former[0].names[former[1]])])

    _renameat = _renameat2 = _rename

    def _unlink(self, call: Call) -> bool:
        path = next(one for one in call.arguments if isinstance(one, bytes))
        place = self._place(path, call.arguments[0])
        return place is not None and self._name([(*place, None)])

    _unlinkat = _rmdir = _unlink

    def _mkdir(self, call: Call) -> bool:
        path = next(one for one in call.arguments if isinstance(one, bytes))
        place = self._place(path, call.arguments[0])
        return place is not None and self._name([(*place, Node(True))])

    _mkdirat = _mkdir

    def image(self, mode: str, dice: Random) -> "dict[str, File]":
        """Every file as it lies there when the power is cut now, by its path below the root."""
        if mode == "kept":
            return dict(_files(self.tree, "", lambda n: n.names, lambda n: (n.version, n.now)))
        if mode == "lost":
            return dict(_files(self.tree, "", lambda n: n.safe_names, lambda n: (n.safe_version, n.safe)))
        names: dict[int, dict[str, Node]] = {}
        for naming in self.unsafe[: dice.randint(0, len(self.unsafe))]:
            for folder, name, node in naming:
                mine = names.setdefault(id(folder), dict(folder.safe_names))
                mine.pop(name, None) if node is None else mine.update({name: node})
        torn = {}

        def content(node: Node) -> tuple[int, bytes]:
            if not node.pending:
                return node.version, node.safe
            if id(node) not in torn:
                torn[id(node)] = (-dice.getrandbits(60), node.torn(dice))
            return torn[id(node)]

        return dict(_files(self.tree, "", lambda n: names.get(id(n), n.safe_names), content))


def _touches(naming: Naming, folders: set[int]) -> bool:
    return any(id(folder) in folders for folder, _name, _node in naming)


def _rename(naming: Naming) -> None:
    for folder, name, node in naming:
        if node is None:
            folder.safe_names.pop(name, None)
        else:
            folder.safe_names[name] = node


@dataclass(frozen=True)
class File:
    """One file of an image; `key` is the same for the same content."""

    key: tuple[int, int]
    content: bytes | bytearray = field(repr=False)


def _files(node: Node, path: str, names: object, content: object) -> Iterator[tuple[str, File]]:
    for name, child in names(node).items():  # type: ignore[operator]
        if child.folder:
            yield from _files(child, f"{path}{name}/", names, content)
        else:
            version, data = content(child)  # type: ignore[operator]
            yield f"{path}{name}", File((id(child), version), data)


def lay(image: "dict[str, File]", folder: Path, there: dict[str, tuple[int, int]], touched: Iterable[str]) -> None:
    """The image lies in the folder; what lies there already (and was not touched) stays."""
    for path in touched:
        for one in [name for name in there if name.startswith(path)]:
            del there[one]
    for path in [*folder.rglob("*")]:
        name = path.relative_to(folder).as_posix()
        if path.is_file() and (name not in image or there.get(name) != image[name].key):
            path.unlink()
    for name, file in image.items():
        if there.get(name) != file.key:
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.content)
            there[name] = file.key
    for name in [one for one in there if one not in image]:
        del there[name]
