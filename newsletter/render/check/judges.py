"""What SpamAssassin and a DKIM verifier say (points 14, 18)."""

from newsletter.render.check.reading import Reading
from newsletter.render.check.specimen import SpamVerdict
from newsletter.render.check.verdict import Problem, Verdict
from newsletter.render.findings import Status

__all__ = ["not_spam", "signed"]

_SPAM = 2.0
"""With what a server adds for the network's reputation it soon is 5, which is spam."""


def not_spam(reading: Reading) -> Verdict:
    """14: SpamAssassin's score is at most 0."""
    found = reading.specimen.spam
    if found is None:
        install = "Install it: apt-get install --no-install-recommends spamassassin"
        return Verdict.of("", [Problem("SpamAssassin is not installed.", install + ".", Status.WARN)])
    score = f"SpamAssassin gives {found.score:+.1f}"
    if found.score <= 0:
        return Verdict.of(f"{score}: no spam; {len(found.rules)} rules fired.", [])
    worst = f"{score}, for {_worst(found)}."
    mend = (
        "Look each rule up (`spamassassin -L -t < email.eml`) and change the theme or the headers it names."
    )
    return Verdict.of("", [Problem(worst, mend, Status.FAIL if found.score > _SPAM else Status.WARN)])


def _worst(found: SpamVerdict) -> str:
    """The rules that made it so."""
    worst = sorted(found.rules, key=lambda rule: -rule[1])[:4]
    return ", ".join(f"{name} {score:+.1f}" for name, score in worst if score > 0) or "no rule of its own"


def signed(reading: Reading) -> Verdict:
    """18: the DKIM signature holds on the bytes that are handed over."""
    holds = reading.specimen.dkim
    problems = []
    if holds is None:
        mend = "Set [dkim] in newsletter.toml, or let your mail server sign: Gmail asks for it."
        problems = [Problem("The message is not signed here: your mail server must sign.", mend, Status.WARN)]
    elif not holds:
        mend = "Change nothing after signing; [dkim] key_file and selector must fit the DNS record."
        problems = [Problem("The DKIM signature does not hold on the message.", mend)]
    return Verdict.of("The DKIM signature holds on the bytes that the mail server gets.", problems)
