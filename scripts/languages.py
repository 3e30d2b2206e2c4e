"""Whether questions in other languages are compared by meaning: known some seconds after the knowledge base serves."""

import httpx

PROBE_DEADLINE_S = 2.0
MOST_LOOKS = 300  # one a second: the slowest encoder is loaded by then, or /health will tell whoever asks


class LanguageWatch:
    """Asks the knowledge base until it has its second encoder, or knows why it cannot have it."""

    def __init__(self, health: str) -> None:
        """Watch `health`, the address of the knowledge base's `/health`."""
        self._health = health
        self._looks = MOST_LOOKS

    def look(self) -> str | None:
        """Return what is wrong, once; `None` while that is not known, after it was said, and where all is well."""
        if not self._looks:
            return None
        self._looks -= 1
        try:
            body = httpx.get(self._health, timeout=PROBE_DEADLINE_S, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            return None  # it is being restarted
        problem = body.get("multilingual_problem") if isinstance(body, dict) else None
        if problem is not None or (isinstance(body, dict) and body.get("multilingual") is not None):
            self._looks = 0
        return None if problem is None else str(problem)
