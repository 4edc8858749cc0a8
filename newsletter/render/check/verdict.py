"""What a judge says about its point: what is wrong, or with which figures all is well."""

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.render.findings import Status

__all__ = ["MJML", "PLAIN", "STYLE", "WORDS", "Problem", "Verdict", "quote"]

MJML = "templates/<theme>/edition.mjml"
STYLE = "templates/<theme>/style.css"
PLAIN = "templates/<theme>/edition.txt"
WORDS = "templates/base/words.jinja"

_NAMED = 3
"""Of many problems a reader of findings wants the first few."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or worth a look."""

    what: str
    """A sentence."""
    mend: str
    """Another one, which says what to change and where."""
    status: Status = Status.FAIL


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one point."""

    good: str
    """What was found, with figures: said where there is no problem."""
    problems: tuple[Problem, ...]

    @classmethod
    def of(cls, good: str, problems: Iterable[Problem]) -> "Verdict":
        """The failures first, and nothing twice."""
        unique = dict.fromkeys(problems)
        return cls(good, tuple(sorted(unique, key=lambda problem: problem.status is not Status.FAIL)))

    @property
    def status(self) -> Status:
        """That of the worst problem."""
        return self.problems[0].status if self.problems else Status.PASS

    @property
    def detail(self) -> str:
        """The first few problems, and how many more there are."""
        if not self.problems:
            return self.good
        named = [problem.what for problem in self.problems[:_NAMED]]
        left = len(self.problems) - len(named)
        return " ".join([*named, f"And {left} more like this."] if left else named)

    @property
    def mend(self) -> str:
        """Of those that are named."""
        return " ".join(dict.fromkeys(problem.mend for problem in self.problems[:_NAMED]))


def quote(text: str, longest: int = 60) -> str:
    """`text` on one line between quotation marks, cut short."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= longest else line[: longest - 1] + '…'}”"
