"""Docs and code say the same: every setting, command and link that exists is written down, and the other way round."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from knowledge_base.evaluation import unseen_report

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PACKAGES = ("bot", "actions", "knowledge_base", "handoff_gateway", "scripts")
# Rasa is handed these by bot/serve.py itself; nobody sets them.
INTERNAL = {"TANDEM_SERVICE_TOKEN"}


def settings_in_code() -> set[str]:
    """Every `TANDEM_*` variable that the code reads or sets."""
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    found: set[str] = set()
    for source in [*sources, ROOT / "endpoints.yml", ROOT / "config.yml"]:
        found |= set(re.findall(r"\bTANDEM_[A-Z][A-Z_]*[A-Z]\b", source.read_text(encoding="utf-8")))
    return found - INTERNAL


def test_every_setting_is_documented() -> None:
    documented = set(re.findall(r"`(TANDEM_[A-Z_]+)`", OPERATIONS))
    assert settings_in_code() == documented


def test_every_make_target_is_documented() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.M)) - {"help"}
    documented = set(re.findall(r"`make ([a-z-]+)`", OPERATIONS))
    assert targets == documented


@pytest.mark.parametrize("package", ["knowledge_base", "handoff_gateway"])
def test_every_command_is_documented(package: str) -> None:
    ask = [sys.executable, "-m", package, "--help"]
    said = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
    commands = re.findall(r"^    ([a-z-]+)(?: |$)", said, re.M)
    assert "serve" in commands
    for command in commands:
        assert f"-m {package} {command}`" in OPERATIONS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_requirements_record_no_download_address() -> None:
    for path in (ROOT / "requirements").iterdir():
        assert "://" not in path.read_text(encoding="utf-8"), path.name


def test_what_the_confidence_is_worth_is_what_was_recorded_with_it() -> None:
    page = (ROOT / "docs/evaluation.md").read_text(encoding="utf-8")
    written = page.split("<!-- confidence: begin -->")[1].split("<!-- confidence: end -->")[0]
    assert written.strip() == unseen_report.markdown(unseen_report.recorded())
