"""Figures written into the docs, between markers, with the date and the machine they come from."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

import psutil


def machine() -> str:
    """The machine in a phrase."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB, Linux {platform.machine()}, Python {platform.python_version()}"


def measured_with(command: str) -> str:
    """When, with what and where."""
    return f"Measured {datetime.now(UTC):%Y-%m-%d} with `{command}` on {machine()}."


def write_between(page: Path, name: str, text: str) -> None:
    """Put text between `<!-- name: begin -->` and `<!-- name: end -->` of a page.

    Raises:
        ValueError: the page has no such markers.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before = page.read_text(encoding="utf-8")
    if begin not in before or end not in before:
        raise ValueError(f"{page.name} has no markers {begin} … {end}")
    page.write_text(re.sub(f"(?s){begin}.*{end}", lambda _: f"{begin}\n{text}\n{end}", before), encoding="utf-8")
