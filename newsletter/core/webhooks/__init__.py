"""What providers tell of copies that came back: their words in, ours out. Who says so is checked elsewhere.

Nothing in what they send is relied on to be there, or to be of the type that their documentation has.
"""

from newsletter.core.webhooks.mailgun import mailgun_feedback
from newsletter.core.webhooks.postmark import postmark_feedback
from newsletter.core.webhooks.sendgrid import sendgrid_feedback
from newsletter.core.webhooks.ses import ses_feedback

__all__ = ["mailgun_feedback", "postmark_feedback", "sendgrid_feedback", "ses_feedback"]
