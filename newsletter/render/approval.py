"""What stands above an edition in the mail that asks the operator for a word on it, in both parts."""

from dataclasses import dataclass
from html import escape

from newsletter.render.copy import Copy

__all__ = ["Question", "with_question"]

_RULE = "=" * 72
_BOX = (
    "margin:0;padding:20px 24px;background:#FFF4CC;color:#1F1B10;text-align:left;direction:ltr;"
    "font:16px/24px -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
    "border-bottom:3px solid #B8860B"
)
_BUTTON = (
    "display:inline-block;padding:10px 20px;border-radius:6px;background:#1F1B10;color:#FFFFFF;"
    "font-weight:bold;text-decoration:none"
)
_MONO = "font:14px/22px ui-monospace,Menlo,Consolas,monospace"


@dataclass(frozen=True)
class Question:
    """Which edition, and how one answers."""

    headline: str
    """ "Edition 5 waits for your word until 09:30"."""
    otherwise: str
    """What happens where nobody answers."""
    page: str
    """An https address."""
    commands: tuple[str, ...]


def with_question(copy: Copy, question: Question) -> Copy:
    """The copy with the question above it."""
    return Copy.of(_above(copy.html, _html(question)), f"{_text(question)}\n\n{copy.text}")


def _above(html: str, banner: str) -> str:
    """As the first thing in the body."""
    start = html.lower().find("<body")
    inside = html.find(">", start) + 1 if start >= 0 else 0
    return html[:inside] + banner + html[inside:]


def _html(question: Question) -> str:
    commands = "<br>".join(map(escape, question.commands))
    return (
        f'<div role="note" lang="en" style="{_BOX}">'
        f'<p style="margin:0;font-size:18px;font-weight:bold">{escape(question.headline)}</p>'
        f'<p style="margin:4px 0 16px">{escape(question.otherwise)}</p>'
        f'<p style="margin:0 0 16px"><a href="{escape(question.page)}" style="{_BUTTON}">'
        "Look at it, change it, decide</a></p>"
        f'<p style="margin:0">Or type:<br><code style="{_MONO}">{commands}</code></p>'
        '<p style="margin:16px 0 0">What follows is the copy of a reader without wishes.</p></div>'
    )


def _text(question: Question) -> str:
    commands = "\n".join(f"    {command}" for command in question.commands)
    return "\n".join(
        (
            _RULE,
            question.headline,
            question.otherwise,
            "",
            f"Look at it, change it, decide: {question.page}",
            "Or type:",
            commands,
            "",
            "What follows is the copy of a reader without wishes.",
            _RULE,
        )
    )
