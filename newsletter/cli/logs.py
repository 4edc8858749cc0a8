"""Logs: structured lines on stderr, without addresses; stdout is for results."""

import logging
import os
import sys

import structlog

from newsletter.core.address import without_addresses
from newsletter.errors import ConfigError

__all__ = ["configure_logs"]


LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logs() -> None:
    """For people on a terminal, else one JSON object a line; NEWSLETTER_LOG and NEWSLETTER_LOG_LEVEL say
    otherwise. Raises ConfigError."""
    usual = "text" if sys.stderr.isatty() else "json"
    looks = _one_of("NEWSLETTER_LOG", ("text", "json"), usual)
    level = LEVELS[_one_of("NEWSLETTER_LOG_LEVEL", tuple(LEVELS), "info")]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_addresses,
            _for_people() if looks == "text" else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # What libraries have to say goes the same way, or it would stand there as it is, addresses and all. Of
    # what they say below a warning nobody has ever looked at every word.
    logging.getLogger().addHandler(_Foreign(max(level, logging.WARNING)))


class _Foreign(logging.Handler):
    """Hands records of the standard library's logging to ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """With the name of the library's logger."""
        structlog.get_logger().log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info
        )


def _for_people() -> structlog.typing.Processor:
    colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    return structlog.dev.ConsoleRenderer(colors=colours)


def _one_of(variable: str, allowed: tuple[str, ...], usual: str) -> str:
    """What this variable of the environment says. Raises ConfigError."""
    said = os.environ.get(variable, "").strip().lower() or usual
    if said not in allowed:
        raise ConfigError(f"{variable} is {said!r}: write {', '.join(allowed[:-1])} or {allowed[-1]}.")
    return said


def _without_addresses(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {
        key: without_addresses(value) if isinstance(value, str) else value for key, value in event.items()
    }
