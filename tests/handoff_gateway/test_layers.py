"""The packages of the gateway import one another in one direction, as docs/architecture.md draws it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GATEWAY = ROOT / "handoff_gateway"
ROW = re.compile(r"^\| `(\w+)/` \|", re.MULTILINE)


def drawn() -> list[str]:
    """Return the packages in the order of the table, the lowest first."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return ROW.findall(page.split("| package of `handoff_gateway/` |", 1)[1].split("\n\n", 1)[0])


def imported(file: Path) -> set[str]:
    """Return the names directly below `handoff_gateway` that a module imports from."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    parts = [(node.module or "").split(".") for node in nodes]
    return {part[1] for part in parts if part[0] == "handoff_gateway" and len(part) > 1}


def test_every_package_is_drawn() -> None:
    packages = {file.parent.name for file in GATEWAY.glob("*/__init__.py")}
    assert packages - {"migrations"} == set(drawn())


def test_a_package_imports_only_packages_above_it_in_the_table() -> None:
    order = drawn()
    wrong = {
        f"{file.relative_to(GATEWAY)} imports {name}"
        for place, package in enumerate(order)
        for file in (GATEWAY / package).glob("*.py")
        for name in imported(file)
        if name in order[place + 1 :]
    }
    assert wrong == set()
