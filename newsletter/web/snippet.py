"""The sign-up form as HTML for pages of other sites."""

from newsletter.core.model import Newsletter
from newsletter.render.theme import Theme, environment
from newsletter.services.signup import LONGEST_NAME
from newsletter.web.pages.common import TEMPLATES, TRAP

__all__ = ["snippet"]


def snippet(newsletter: Newsletter, theme: Theme, *, script: bool = False) -> str:
    """A plain form, which works without scripts; with `script` the answer appears in its place."""
    templates = environment((TEMPLATES, *theme.folders), theme.language, autoescape=True)
    return templates.get_template("snippet.html").render(
        address=f"{newsletter.base_url}/subscribe", longest_name=LONGEST_NAME, trap=TRAP, script=script
    )
