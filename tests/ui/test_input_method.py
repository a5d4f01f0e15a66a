"""Chinese can be typed on every desktop."""

import pytest

from app.ui.input_method import FCITX4, FCITX5, choose


@pytest.mark.parametrize(
    ("environment", "services", "platform", "chosen"),
    [
        ({}, {FCITX5}, "linux", {"QT_IM_MODULE": "ibus"}),
        ({"QT_IM_MODULE": "fcitx"}, {FCITX5}, "linux", {"QT_IM_MODULE": "ibus"}),
        ({}, {FCITX4}, "linux", {"QT_IM_MODULE": "fcitx"}),
        ({}, {FCITX4, FCITX5}, "linux", {"QT_IM_MODULE": "ibus"}),
        ({"QT_IM_MODULE": "ibus"}, set(), "linux", {}),
        ({"QT_QPA_PLATFORM": "dxcb;xcb"}, set(), "linux", {"QT_QPA_PLATFORM": "xcb"}),
        ({"QT_QPA_PLATFORM": "offscreen"}, set(), "linux", {}),
        ({}, {FCITX5}, "win32", {}),
    ],
)
def test_the_module_follows_the_input_method_that_runs(
    environment: dict[str, str], services: set[str], platform: str, chosen: dict[str, str]
) -> None:
    assert choose(environment, services, platform) == chosen
