"""The packages of a service import one another in one direction, as docs/architecture.md draws it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(\w+)/` \|", re.MULTILINE)
SERVICES = pytest.mark.parametrize("service", ["handoff_gateway", "knowledge_base"])


def drawn(service: str) -> list[str]:
    """Return the packages in the order of the table, the lowest first."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return ROW.findall(page.split(f"| package of `{service}/` |", 1)[1].split("\n\n", 1)[0])


def imported(file: Path, service: str) -> set[str]:
    """Return the names directly below a service that a module imports from."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    parts = [(node.module or "").split(".") for node in nodes]
    return {part[1] for part in parts if part[0] == service and len(part) > 1}


@SERVICES
def test_every_package_is_drawn(service: str) -> None:
    packages = {file.parent.name for file in (ROOT / service).glob("*/__init__.py")}
    assert packages - {"migrations"} == set(drawn(service))


@SERVICES
def test_a_package_imports_only_packages_above_it_in_the_table(service: str) -> None:
    order = drawn(service)
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for place, package in enumerate(order)
        for file in (ROOT / service / package).rglob("*.py")
        for name in imported(file, service)
        if name in order[place + 1 :]
    }
    assert wrong == set()
