"""Shared by both environments, so this file imports nothing that only one of them has."""

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

from tests.support.closing_servers import close_what_comes_too_late

# Every test has a state folder of its own; making the encoder ready in each of them would take ten seconds a test.
os.environ.setdefault("TANDEM_MODEL_CACHE", str(Path(__file__).resolve().parents[1] / ".pytest_cache" / "models"))

# A busy machine may need a second for one example; what hangs is ended by the test's own limit.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

close_what_comes_too_late()
