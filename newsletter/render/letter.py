"""The small mails around a subscription, each rendered for the one person who gets it."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.core.letters import LetterKind
from newsletter.core.model import Newsletter
from newsletter.render.copy import Copy
from newsletter.render.html import make_html
from newsletter.render.language import Language
from newsletter.render.text import clean, clean_lines, host, safe_link
from newsletter.render.theme import Theme

__all__ = ["Letter", "render_letter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a letter knows; its templates call it `letter`. Texts are clean, addresses safe."""

    subject: str
    name: str
    """The newsletter's."""
    email: str
    """The reader's."""
    link: str
    """Where its button leads."""
    unsubscribe: str
    archive: str
    site: str
    """The host of the web pages, as people say it."""
    logo: str | None
    postal_address: tuple[str, ...]
    next_edition: datetime | None
    """When the next one is due, in local time; None where nobody knows."""

    @classmethod
    def of(
        cls,
        kind: LetterKind,
        newsletter: Newsletter,
        language: Language,
        *,
        email: str,
        link: str,
        unsubscribe: str,
        next_edition: datetime | None = None,
    ) -> "Letter":
        """This letter to this reader; ValueError where one of the addresses is not one of the web."""
        addresses = [safe_link(url) for url in (link, unsubscribe)]
        if None in addresses:
            raise ValueError("the links of a letter must be web addresses")
        name = clean(newsletter.name)
        return cls(
            subject=_subject(kind, language) % {"newsletter": name},
            name=name,
            email=clean(email),
            link=str(addresses[0]),
            unsubscribe=str(addresses[1]),
            archive=f"{newsletter.base_url}/archive",
            site=host(newsletter.base_url),
            logo=safe_link(newsletter.logo),
            postal_address=clean_lines(newsletter.postal_address),
            next_edition=next_edition,
        )


def render_letter(kind: LetterKind, letter: Letter, theme: Theme) -> Copy:
    """Both parts. Raises TemplateError."""
    html = make_html(theme, f"{kind}.mjml", letter=letter).html
    return Copy.of(html, theme.render(f"{kind}.txt", letter=letter).strip() + "\n")


def _subject(kind: LetterKind, language: Language) -> str:
    gettext = language.texts.gettext
    match kind:
        case LetterKind.CONFIRM:
            return str(gettext("Please confirm: %(newsletter)s"))
        case LetterKind.WELCOME:
            return str(gettext("Welcome to %(newsletter)s"))
        case LetterKind.GOODBYE:
            return str(gettext("You are unsubscribed from %(newsletter)s"))
