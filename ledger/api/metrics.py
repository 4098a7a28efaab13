"""What is counted for operators (Prometheus). Numbers only: no unit, no person, no organisation is a label."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

CONTENT_TYPE = CONTENT_TYPE_PLAIN_1_0_0
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The counters of one application, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "xuemai_http_requests", "Requests answered", ["endpoint", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "xuemai_http_request_seconds",
            "Time to answer",
            ["endpoint"],
            registry=self._registry,
            buckets=_SECONDS,
        )
        self._batches = Counter("xuemai_batches", "Batches by what became of them", ["step"], registry=self._registry)
        self._asked: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        """The series of each route and status: to find one by its labels takes longer than to count."""
        self._log_size = Gauge("xuemai_log_size", "Batches in the log", registry=self._registry)
        self._witnessed = Gauge(
            "xuemai_witnessed_size", "Size of the latest witnessed checkpoint", registry=self._registry
        )
        self._silent = Gauge("xuemai_witnesses_failing", "Witnesses that do not cosign now", registry=self._registry)
        self._standstill = Gauge("xuemai_standstill", "1 while the ledger signs nothing", registry=self._registry)
        self._checkpoint = Gauge("xuemai_checkpoint_size", "Size of the latest checkpoint", registry=self._registry)

    def count_request(self, endpoint: str, status: int, seconds: float) -> None:
        """One request was answered; `endpoint` is a route's name, so that addresses make no new series."""
        asked = self._asked.get((endpoint, status))
        if asked is None:  # as many as there are routes and statuses
            asked = self._requests.labels(endpoint, str(status)), self._seconds.labels(endpoint)
            self._asked[endpoint, status] = asked
        asked[0].inc()
        asked[1].observe(seconds)

    def count_batch(self, step: str) -> None:
        """One batch was accepted (`accepted`) or refused at `step`."""
        self._batches.labels(step).inc()

    def set_trust(self, *, witnessed_size: int, witnesses_failing: int, standstill: bool) -> None:
        """How far outside witnesses vouch for the log, and whether it stands still."""
        self._witnessed.set(witnessed_size)
        self._silent.set(witnesses_failing)
        self._standstill.set(int(standstill))

    def exposition(self, *, log_size: int, checkpoint_size: int) -> bytes:
        """All of it in Prometheus's text format."""
        self._log_size.set(log_size)
        self._checkpoint.set(checkpoint_size)
        return generate_latest(self._registry)
