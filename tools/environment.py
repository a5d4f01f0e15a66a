"""What the program needs on this machine: a fitting Python, the system's libraries, the locked packages in .venv."""

# Whatever Python 3 the machine has must be able to read this file, or an old one could not be told so in a sentence:
# nothing here needs more than Python 3.7 to be parsed, and only the standard library is imported.
from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import locale
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKED = ROOT / "requirements" / "dev.txt"
STAMP = VENV / "fengge-stamp"
OLDEST, TOO_NEW = (3, 11), (3, 14)
WINDOWS = os.name == "nt"
LINUX = sys.platform.startswith("linux")

#: Debian's package -> what can be found once it is installed. The names are those of Debian 11 and 12; on Debian 13
#: and Ubuntu 24.04 apt takes the renamed packages (libcups2t64 …) that provide them.
LIBRARIES = {
    "libglib2.0-0": "libglib-2.0.so.0",
    "libegl1": "libEGL.so.1",
    "libgl1": "libGL.so.1",
    "libxkbcommon0": "libxkbcommon.so.0",
    "libdbus-1-3": "libdbus-1.so.3",
    "libfontconfig1": "libfontconfig.so.1",
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-image0": "libxcb-image.so.0",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-randr0": "libxcb-randr.so.0",
    "libxcb-render-util0": "libxcb-render-util.so.0",
    "libxcb-shape0": "libxcb-shape.so.0",
    "libxcb-xinerama0": "libxcb-xinerama.so.0",
    "libxcb-xkb1": "libxcb-xkb.so.1",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
    "libcups2": "libcups.so.2",
}
SCREEN = {"xvfb": "Xvfb", "xauth": "xauth"}


class Stop(Exception):
    """The set-up cannot go on; the sentence says what the person can do about it."""


def words(zh: str, en: str) -> str:
    """The sentence in the language of the person's desktop."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return zh if os.environ[name].lower().startswith("zh") else en
    return zh if WINDOWS and (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else en


def say(zh: str, en: str) -> None:
    print(words(zh, en), flush=True)


# ---- which Python


def fits(version: tuple[int, int]) -> bool:
    """True for the versions of Python that every locked package has been built for."""
    return OLDEST <= version < TOO_NEW


def another_python() -> str | None:
    """A Python of this machine that fits, when the one that started us does not."""
    for minor in range(OLDEST[1], TOO_NEW[1]):
        for command in ([f"python3.{minor}"], ["py", f"-3.{minor}"]):
            path = shutil.which(command[0])
            question = [path or "", *command[1:], "-c", "import sys; print(sys.executable)"]
            answer = subprocess.run(question, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) if path else None
            if answer and answer.returncode == 0:
                return answer.stdout.decode().strip()
    return None


def restart_with_fitting_python() -> int:
    """Hands over to a Python that fits; says which is needed when there is none."""
    here, other = "{}.{}".format(*sys.version_info[:2]), another_python()
    if other is None:
        raise Stop(
            words(
                f"需要 Python 3.11、3.12 或 3.13，这里是 {here}。请安装其中之一，再运行：python3.11 dev.py run",
                f"Python 3.11, 3.12 or 3.13 is needed, this is {here}. Install one, then run: python3.11 dev.py run",
            )
        )
    return subprocess.call([other, *sys.argv])


# ---- system packages


def present(name: str) -> bool:
    """Whether a shared library or a program can be found on this machine."""
    if ".so" not in name:
        return shutil.which(name) is not None
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def missing(wanted: dict[str, str]) -> list[str]:
    """The packages among these whose library or program is not on this machine."""
    return [package for package, found in wanted.items() if not present(found)] if LINUX else []


def rights() -> list[str] | None:
    """What to write before a command to run it as administrator; None when that would ask for a password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0:
        return ["sudo", "-n"]
    return None


def install(packages: list[str]) -> None:
    """The system packages are installed; without apt or rights it stops and says what the person has to run."""
    if not packages:
        return
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        files = ", ".join({**LIBRARIES, **SCREEN}.get(package, package) for package in packages)
        raise Stop(words(f"本机缺少下列系统组件，请先用系统的软件管理安装：{files}", f"Please install first: {files}"))
    command = f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}"
    prefix = rights()
    if prefix is None:
        zh, en = (
            "缺少系统组件。请运行下面一行，再重新开始：",
            "System packages are missing. Run this line, then start again:",
        )
        raise Stop(f"{words(zh, en)}\n  {command}")
    say(f"正在安装系统组件：{names}", f"Installing system packages: {names}")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    # A broken source of somebody else's must not stop us here; the installation itself tells whether it matters.
    subprocess.run([*apt, "update"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wanted = [*apt, "install", "-y", "--no-install-recommends", *packages]
    done = subprocess.run(wanted, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:
        zh, en = "系统组件没有装上。请检查网络，再运行：", "They could not be installed. Check the network, then run:"
        reasons = done.stderr.decode("utf-8", "replace").splitlines()[-3:]
        raise Stop("\n".join([*reasons, words(zh, en), f"  {command}"]))


# ---- the environment


def python() -> Path:
    return VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")


def stamp() -> str:
    """What the environment is made from: the locked packages and the version of Python."""
    return hashlib.sha256(LOCKED.read_bytes() + repr(sys.version_info[:2]).encode()).hexdigest()


def ready() -> bool:
    """True when the environment holds exactly the locked packages, so that nothing has to be fetched."""
    return python().exists() and STAMP.is_file() and STAMP.read_text(encoding="utf-8") == stamp()


def find_uv() -> list[str] | None:
    """uv, when this machine has it and it works."""
    path = shutil.which("uv")
    candidates = [[path]] if path else []
    candidates += [[str(each), "-m", "uv"] for each in (Path(sys.executable), python()) if each.exists()]
    for command in candidates:
        if subprocess.call([*command, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return command
    return None


def make_environment(uv: list[str] | None) -> None:
    """An environment of this Python lies in .venv; one that is there already is kept."""
    note = VENV / "pyvenv.cfg"
    version = re.escape("{}.{}.".format(*sys.version_info[:2]))
    if python().exists() and re.search(rf"^version\w* = {version}", note.read_text(encoding="utf-8"), re.MULTILINE):
        return
    by_uv = uv is not None and importlib.util.find_spec("ensurepip") is None
    command = [*(uv or []), "venv", "-q", "--python", sys.executable] if by_uv else [sys.executable, "-m", "venv"]
    if subprocess.call([*command, "--clear", str(VENV)]) != 0:
        raise Stop(
            words("没能建立 .venv，原因见上。", "The environment .venv could not be made; the reason stands above.")
        )


def set_up(libraries: dict[str, str]) -> None:
    """Everything the program needs is on this machine; when it is already, nothing is fetched and no time is lost."""
    packages, uv = missing(libraries), None if ready() else find_uv()
    if LINUX and not ready() and uv is None and importlib.util.find_spec("ensurepip") is None:
        packages += ["python{}.{}-venv".format(*sys.version_info[:2]), "ca-certificates"]
    install(packages)
    if ready():
        return
    say(
        "正在准备运行环境（首次约需下载 200 MB，请稍候）…",
        "Preparing the environment (the first time fetches about 200 MB) …",
    )
    make_environment(uv)
    locked = ["--only-binary", ":all:", "--require-hashes", "-r", str(LOCKED)]
    by_uv = uv is not None and subprocess.call([*uv, "pip", "install", "-q", "--python", str(python()), *locked]) == 0
    pip = [str(python()), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-q", *locked]
    if not by_uv and subprocess.call(pip) != 0:
        raise Stop(
            words(
                "组件没有下载完。请检查网络，再运行一次。",
                "Not everything could be fetched. Check the network and try again.",
            )
        )
    STAMP.write_text(stamp(), encoding="utf-8")
