"""Logs: structured lines on stderr, without addresses; stdout is for results."""

import sys

import structlog

from newsletter.core.address import without_addresses

__all__ = ["configure_logs"]


def configure_logs() -> None:
    """For people on a terminal, else one JSON object a line."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_addresses,
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _without_addresses(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {
        key: without_addresses(value) if isinstance(value, str) else value for key, value in event.items()
    }
