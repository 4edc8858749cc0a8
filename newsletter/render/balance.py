"""Whether a piece of HTML opens and closes its own elements, in every program that reads it."""

import re
from html.parser import HTMLParser

__all__ = ["balance_error"]

_FOR_OUTLOOK = re.compile(r"<!--\[if [^\]!]*\]>|<!\[endif\]-->")
_FOR_OTHERS = re.compile(r"<!--\[if !mso\]><!-->.*?<!--<!\[endif\]-->", re.DOTALL)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)


class _Stack(HTMLParser):
    """Follows start and end tags; `error` says what was the first not to fit."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.error: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.error = self.error or f"</{tag}> closes what it did not open"


def balance_error(html: str) -> str | None:
    """What is wrong with `html` for browsers or for Outlook, which reads conditional comments; or None."""
    for_outlook = _FOR_OUTLOOK.sub("", _FOR_OTHERS.sub("", html))
    return _error(html) or (_error(for_outlook) if for_outlook != html else None)


def _error(html: str) -> str | None:
    stack = _Stack()
    stack.feed(html)
    stack.close()
    return stack.error or (f"<{stack.open[-1]}> stays open" if stack.open else None)
