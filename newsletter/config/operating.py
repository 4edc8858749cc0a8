"""The tables of whoever runs it: whom to tell what, who looks at an edition before it goes, who may watch."""

from datetime import timedelta
from typing import Literal

from newsletter.config.table import Table
from newsletter.config.values import Address, Duration, WebAddress

__all__ = ["ApprovalTable", "DashboardTable", "OperatorTable"]


class OperatorTable(Table):
    """Who is told how each slot ended, and how; and what watches the scheduler from outside."""

    mail: tuple[Address, ...] = ()
    tell: Literal["all", "trouble"] = "all"
    slot_url: WebAddress | None = None
    trouble_url: WebAddress | None = None
    alive_url: WebAddress | None = None
    alive_every: Duration = timedelta(minutes=5)


class ApprovalTable(Table):
    """Whether a person looks at an edition before it goes."""

    required: bool = False
    deadline: Duration = timedelta(hours=2)
    otherwise: Literal["skip", "send"] = "skip"


class DashboardTable(Table):
    """Who may look at the dashboard and the metrics from elsewhere than this machine."""

    token_env: str = "NEWSLETTER_DASHBOARD_TOKEN"  # noqa: S105 the name of the variable, not its value
    token_file: str | None = None
