"""What every kind of test shares."""

import os

import pytest
from hypothesis import settings

if not os.environ.get("CI"):  # where Hypothesis has a profile of its own that repeats the same examples
    settings.register_profile("local", deadline=None)
    settings.load_profile("local")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI everything is installed, so a test that was skipped there is a gap nobody would see."""
    if os.environ.get("NEWSLETTER_TESTS_NO_SKIP") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line(
            "skipped tests count as failures here (NEWSLETTER_TESTS_NO_SKIP)", red=True
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """See above."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NEWSLETTER_TESTS_NO_SKIP") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
