"""The email, in one line: what `newsletter check` says of it. Pure."""

from dataclasses import dataclass

from newsletter.core.doctor.finding import Finding, ok, problem, warning

__all__ = ["EmailVerdict", "judge_email"]


@dataclass(frozen=True, slots=True)
class EmailVerdict:
    """What `newsletter check` says of an edition, in short."""

    size: int
    """Bytes of its HTML."""
    limit: int
    """From which on Gmail cuts it short."""
    passed: int
    warned: tuple[str, ...] = ()
    """The names of points."""
    failed: tuple[str, ...] = ()
    sample: bool = False
    """It was made of the seeds, since there is nothing new."""


def judge_email(seen: EmailVerdict) -> Finding:
    """In one line; `newsletter check` has the rest."""
    kilobytes = f"{seen.size / 1000:.0f} KB of HTML, Gmail cuts from {seen.limit / 1000:.0f} KB on"
    of = "A sample edition" if seen.sample else "The edition that would go out now"
    mend = "See each point with its mend:\nnewsletter check"
    if seen.failed:
        title = f"{of} fails in {_points(len(seen.failed))}"
        return problem("email", title, f"{'; '.join(seen.failed)}. {kilobytes}.", mend)
    if seen.warned:
        title = f"{of} passes, with {_points(len(seen.warned))} to look at"
        return warning("email", title, f"{'; '.join(seen.warned)}. {kilobytes}.", mend)
    return ok("email", f"{of} passes all {_points(seen.passed)}: {kilobytes}")


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count} points"
