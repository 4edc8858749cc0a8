"""What keeps mail out of the inbox or the daily job from running, judged from facts that others gather.

checks      what is looked at
finding     how it stands, and how to mend it
setting     the configuration
spf, tags   the records of the DNS, read strictly: who wrote them may be anybody
sending, dkim, dmarc, names   what they mean for our mail
email, servers, pages, machine, running   the email, mail servers, web pages, this machine, the daily job

Nothing in here asks anybody. What the DNS is to be asked is passed in as a function (`questions.Ask`).
"""

from newsletter.core.doctor.checks import CHECKS, Check, check_of
from newsletter.core.doctor.finding import Finding, Status

__all__ = ["CHECKS", "Check", "Finding", "Status", "check_of"]
