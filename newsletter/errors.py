"""Every error that this package raises on purpose.

    NewsletterError
    ├── ConfigError(ValueError)        newsletter.toml, environment, a theme's folder: names the key or file
    ├── InputError(ValueError)         a page, a list, an address from outside: names file and line
    ├── TemplateError(ValueError)      a theme that does not render: names the template and line
    ├── SourceError                    one source could not be read; the others go on
    ├── IntakeError                    a mailbox of returned messages could not be read; the others go on
    ├── StoreError                     the database refuses, is busy or is not ours
    │   └── AlreadyRunning             another process is sending from this database
    ├── IllegalMove(ValueError)        a delivery or a consent cannot go from this state to that one
    ├── NotFound(LookupError)          no such edition, entry or subscriber
    ├── DraftChanged                   somebody else has changed or decided on an edition that waits
    ├── EditionPaused                  copies wait until a person has looked
    ├── CheckFailed                    an email does not satisfy every point of `newsletter check`
    └── DeliveryError                  the mail server as a whole cannot be used (not one recipient)
        ├── ServerUnavailable(ConnectionError)   no connection, time-out, 421: try again later
        └── ServerRefused                        it will not take this sender: 5xx at AUTH, MAIL, STARTTLS

The text of each says what is wrong and how to mend it; the command line prints it as it is.
"""

__all__ = [
    "AlreadyRunning",
    "CheckFailed",
    "ConfigError",
    "DeliveryError",
    "DraftChanged",
    "EditionPaused",
    "IllegalMove",
    "InputError",
    "IntakeError",
    "NewsletterError",
    "NotFound",
    "ServerRefused",
    "ServerUnavailable",
    "SourceError",
    "StoreError",
    "TemplateError",
    "said",
]


class NewsletterError(Exception):
    """The base of them all."""


class ConfigError(NewsletterError, ValueError):
    """The configuration cannot be used; the text names the key."""


class InputError(NewsletterError, ValueError):
    """Text from outside cannot be used; the text names file and line."""


class TemplateError(NewsletterError, ValueError):
    """A theme does not render; the text names the template and, where known, the line."""


class SourceError(NewsletterError):
    """One source could not be read."""


class IntakeError(NewsletterError):
    """A mailbox of returned messages could not be read, or one of its messages not be kept."""


class StoreError(NewsletterError):
    """The database cannot be used."""


class AlreadyRunning(StoreError):
    """Another process holds the right to send from this database."""


class IllegalMove(NewsletterError, ValueError):
    """The state table has no such move."""


class NotFound(NewsletterError, LookupError):
    """There is no such thing."""


class DraftChanged(NewsletterError):
    """Somebody else was quicker with an edition that waits for a person's word."""


class EditionPaused(NewsletterError):
    """What is left of an edition waits for a person; the text says why and what to do."""


class CheckFailed(NewsletterError):
    """An email does not satisfy every point that it must; what fails has been said."""


class DeliveryError(NewsletterError):
    """The mail server as a whole cannot be used; `code` is its reply code, or 0 where it gave none."""

    def __init__(self, text: str, *, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


class ServerUnavailable(DeliveryError, ConnectionError):
    """No usable connection now; a later try may succeed."""


class ServerRefused(DeliveryError):
    """The server does not take mail from this sender; a person must look."""


def said(error: Exception) -> str:
    """What went wrong; an error that nobody foresaw is named by its class."""
    return str(error) if isinstance(error, NewsletterError) else f"{type(error).__name__}: {error}"
