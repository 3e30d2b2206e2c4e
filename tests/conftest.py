"""Shared by both environments, so this file imports nothing that only one of them has."""

import os
from pathlib import Path

# Every test has a state folder of its own; making the encoder ready in each of them would take ten seconds a test.
os.environ.setdefault("TANDEM_MODEL_CACHE", str(Path(__file__).resolve().parents[1] / ".pytest_cache" / "models"))
