"""Mail servers, the rules of sending and of signing up, as the configuration has them."""

import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from datetime import date

from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.throttles import Patience, SqlThrottle
from newsletter.adapters.transports.smtp import SmtpServer, SmtpTransport
from newsletter.config import Secrets, Settings
from newsletter.config.mailing import ServerTable
from newsletter.core.delivery import Alarm, Policy, RetrySchedule
from newsletter.core.pace import Limits
from newsletter.core.signup import Limits as SignupLimits
from newsletter.core.warmup import WarmUp
from newsletter.ports import Throttle
from newsletter.services.deliver import DeliveryOptions
from newsletter.services.outcomes import Rules
from newsletter.services.throttle import LocalThrottle
from newsletter.services.ways import Server

__all__ = [
    "delivery_options",
    "make_servers",
    "make_throttle",
    "signup_limits",
    "smtp_server",
    "warm_up_allowance",
    "warm_up_plan",
    "worker_name",
]


def delivery_options(
    settings: Settings, budget: int | None, recount: Callable[[], Awaitable[int | None]] | None = None
) -> DeliveryOptions:
    """How to send; `budget` is how many copies may be begun, which `recount` says once more."""
    table = settings.delivery
    return DeliveryOptions(
        rules=Rules(
            policy=Policy(table.ambiguous),
            retries=RetrySchedule(lifetime=table.lifetime),
            alarm=Alarm(share=table.pause_at),
        ),
        domains={limits.domain: Limits(limits.rate, limits.connections) for limits in settings.smtp.domains},
        # A warm-up reaches only some readers a day; the others get at least yesterday's.
        newest_only=settings.schedule.deliver is not None and budget is None,
        idle=table.hold_after,
        budget=budget,
        recount=recount,
    )


def make_servers(settings: Settings, greeting_name: str) -> list[Server]:
    """What copies may go through. Raises ConfigError."""
    return [_server(table, settings, greeting_name) for table in settings.smtp.all_servers]


def make_throttle(database: Database, worker: str, lease: float) -> Throttle:
    """What keeps the limits of servers and domains: over all workers where there can be several. For one
    run. Whoever gives no sign of life for `lease` seconds loses its connections as it loses its batches, or
    others would have the batches and nothing to send them over."""
    if database.kind != "postgresql":
        return LocalThrottle()
    return SqlThrottle(database.again(), worker, Patience.of(lease))


def worker_name() -> str:
    """Of this process among those that send from one database; none has the same."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


def warm_up_allowance(settings: Settings, day: date) -> int | None:
    """Copies on this day by the warm-up plan; None where there is none."""
    plan = warm_up_plan(settings)
    return None if plan is None else plan.allowance(day)


def warm_up_plan(settings: Settings) -> WarmUp | None:
    """How many copies may go out on which day, if that is bounded."""
    table = settings.smtp.warmup
    return None if table is None else WarmUp(table.started, table.first_day, table.growth)


def signup_limits(settings: Settings) -> SignupLimits:
    """How many sign-ups are let through."""
    table = settings.signup
    return SignupLimits(
        table.per_ip_hour,
        table.per_ip_day,
        table.per_domain_hour,
        table.per_hour,
        frozenset(map(str.lower, table.large_domains)),
    )


def smtp_server(table: ServerTable, settings: Settings, greeting_name: str) -> SmtpServer:
    """How to speak to the server of one table. Raises ConfigError."""
    return SmtpServer(
        host=table.host,
        port=table.port,
        tls=table.tls,
        greeting_name=greeting_name,
        username=table.username,
        password=Secrets(settings).smtp_password(table),
        timeout=table.timeout.total_seconds(),
        ca_file=settings.path(table.ca_file) if table.ca_file else None,
    )


def _server(table: ServerTable, settings: Settings, greeting_name: str) -> Server:
    server = smtp_server(table, settings, greeting_name)
    return Server(str(server), SmtpTransport(server), table.connections, table.rate, table.weight)
