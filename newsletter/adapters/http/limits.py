"""What one address may cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["FetchLimits"]


@dataclass(frozen=True)
class FetchLimits:
    """Limits for one address. Times are in seconds, sizes in bytes."""

    timeout: float = 30
    """For a connection, and for every pause in an answer."""
    total_timeout: float = 300
    """For everything together: redirects, retries and the waits between them."""
    max_bytes: int = 50_000_000
    """Of an answer as it comes, and again of what is packed inside."""
    max_ratio: int = 100
    """How many times larger an answer may get by unpacking; the first megabyte is free."""
    redirects: int = 5
    attempts: int = 4
    """How many times a request is made that fails in a passing way."""
    backoff: float = 1
    """The first wait between attempts; each further one is twice as long."""
    max_wait: float = 60
    """No wait is longer; a server that asks for a longer one is left alone until the next run."""
    intervals: Mapping[str, float] = field(default_factory=dict)
    """The pause between two requests to a host, by host name; such a host gets one request at a time."""
