"""Which input method module Qt must load so that Chinese can be typed on every desktop."""

import os
from collections.abc import Collection, Mapping

PROBE = "fengge-probe"
FCITX5, FCITX4 = "org.fcitx.Fcitx5", "org.fcitx.Fcitx"


def choose(environment: Mapping[str, str], services: Collection[str], platform: str) -> dict[str, str]:
    """The variables to set before the window exists, from the present ones and the names on the session bus.

    fcitx 5 speaks ibus, so Qt's own module serves it; fcitx 4 needs our plugin; UOS names a platform Qt lacks.
    """
    if not platform.startswith("linux"):
        return {}
    chosen = {}
    if environment.get("QT_QPA_PLATFORM", "").startswith("dxcb"):
        chosen["QT_QPA_PLATFORM"] = "xcb"
    if FCITX5 in services:
        chosen["QT_IM_MODULE"] = "ibus"
    elif FCITX4 in services:
        chosen["QT_IM_MODULE"] = "fcitx"
    return chosen


def bus_services() -> frozenset[str]:
    """The names now on the session bus; empty where there is no bus."""
    from PySide6.QtDBus import QDBusConnection

    # A connection of our own: Qt's shared one must not be made before the application.
    bus = QDBusConnection.connectToBus(QDBusConnection.BusType.SessionBus, PROBE)
    try:
        if not bus.isConnected():
            return frozenset()
        return frozenset(name for name in (FCITX5, FCITX4) if bus.interface().isServiceRegistered(name).value())
    finally:
        del bus
        QDBusConnection.disconnectFromBus(PROBE)


def prepare(platform: str) -> dict[str, str]:
    """Before QApplication: the right module is set; returns what was set, for diagnostics and the log."""
    wanted = choose(os.environ, frozenset(), platform)
    if platform.startswith("linux") and os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        wanted = choose(os.environ, bus_services(), platform)
    os.environ.update(wanted)
    return wanted
