"""What the operator sees of a newsletter that runs: a page, and metrics for Prometheus."""

from collections.abc import Iterator, Sequence

from starlette.routing import Route

from newsletter.bootstrap import App
from newsletter.web.dashboard.access import Guard, guarded
from newsletter.web.dashboard.metrics import MetricsPage
from newsletter.web.dashboard.page import DashboardPage

__all__ = ["dashboard_routes"]


def dashboard_routes(app: App, starts: Sequence[str]) -> Iterator[Route]:
    """Below each of `starts`. Raises ConfigError for a token that is none."""
    guard = Guard(app.dashboard_token, app.clock, app.settings.web.trusted_proxies)
    page, metrics = DashboardPage(app), MetricsPage(app)
    for start in starts:
        yield Route(f"{start}/dashboard", guarded(guard, page.show))
        yield Route(f"{start}/dashboard.css", guarded(guard, page.style))
        yield Route(f"{start}/metrics", guarded(guard, metrics.show))
