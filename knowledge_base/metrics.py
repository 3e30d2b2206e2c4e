"""What the service counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from knowledge_base.service import Health, KnowledgeBase

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """Counters of one running service."""

    def __init__(self) -> None:
        """Make them, in a registry of their own."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "knowledge_base_requests", "Requests by route and status.", ["route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "knowledge_base_request_seconds", "Time of a request.", ["route"], buckets=SECONDS, registry=self.registry
        )
        self._answers = Counter(
            "knowledge_base_answers",
            "Searches by whether they were answerable.",
            ["answerable"],
            registry=self.registry,
        )
        self._gauges = {
            name: Gauge(f"knowledge_base_{name}", text, registry=self.registry)
            for name, text in {
                "generation": "Generation of the base that search knows.",
                "articles": "Published articles that search knows.",
                "passages": "Passages that search knows.",
                "pending": "Changes of the base that search does not know yet.",
                "encoder_cache_hits": "Texts whose vector was remembered.",
                "encoder_cache_misses": "Texts that were encoded.",
                "unlogged_queries": "Searches that could not be kept.",
            }.items()
        }

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answer(self, answerable: bool) -> None:
        """Count a search."""
        self._answers.labels(str(answerable).lower()).inc()

    def text(self, health: Health, base: KnowledgeBase) -> bytes:
        """Return everything in Prometheus' format."""
        for name in ("generation", "articles", "passages", "pending"):
            self._gauges[name].set(getattr(health, name))
        hits, misses = base.encoder_cache
        self._gauges["encoder_cache_hits"].set(hits)
        self._gauges["encoder_cache_misses"].set(misses)
        self._gauges["unlogged_queries"].set(base.unlogged_queries)
        return generate_latest(self.registry)
