"""How large the invented worlds are (product.md §2)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How many of what; `raw` worlds go straight into the tables of headquarters, without a change log."""

    name: str
    middle: int
    networks: int
    grids: int
    people: int
    households: int
    visits: int
    issues: int
    risks: int
    plants: int = 1
    raw: bool = False


SIZES = {
    "small": Size("平沙油田第六采油厂", 3, 0, 8, 300, 90, 420, 40, 120),
    "company": Size("平沙油田天然气分公司", 23, 92, 311, 7_000, 2_100, 18_000, 1_200, 8_491),
    "oilfield": Size(
        "平沙油田公司", 23, 92, 50_000, 1_000_000, 300_000, 12_000_000, 60_000, 400_000, plants=160, raw=True
    ),
}
