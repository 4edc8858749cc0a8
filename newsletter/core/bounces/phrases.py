"""Phrases in what servers say.

A phrase is words in lower case without punctuation; `*` stands for up to four words of the same sentence, `~`
at the end of a word for any ending. Web addresses, mail addresses and names of hosts are taken out of a text
before it is searched: what they are called is not what the server says.
"""

import re

__all__ = ["compiled", "plain_words"]

_LONGEST = 2000

_NAMES = re.compile(
    r"\bhttps?://\S+"
    r"|[^\s<>@]{1,128}@[\w.\[\]-]{1,255}"
    r"|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,8}\b",
    re.IGNORECASE,
)
_APOSTROPHES = re.compile("['’`´]")
_UNSPACED = re.compile("[\u3040-\u9fff]")
"""Scripts that do not set words apart."""
_END_OF_SENTENCE = re.compile(r"(?<![.\d])[.!?;](?=\s|$)")
_NO_WORD = re.compile(r"(?:(?!\|)[\W_])+")


def compiled(phrases: str) -> re.Pattern[str]:
    """One expression for phrases that stand on lines or between bars. Its repeats are bounded."""
    found = [" ".join(phrase.split()) for line in phrases.splitlines() for phrase in line.split("|")]
    spaced = (_expression(phrase) for phrase in found if phrase and not _UNSPACED.search(phrase))
    unspaced = (phrase for phrase in found if _UNSPACED.search(phrase))
    return re.compile("|".join([rf"\b(?:{'|'.join(spaced)})\b", *unspaced]))


def plain_words(text: str) -> str:
    """In lower case, without punctuation and without the names of hosts, addresses and pages.

    >>> plain_words("550-5.1.1 <a@example.org>... User doesn't exist; see https://example.org/spam")
    '550 5 1 1 user doesnt exist |  see '
    """
    named = _NAMES.sub(" ", text[:_LONGEST])
    sentences = _END_OF_SENTENCE.sub("|", _APOSTROPHES.sub("", named))
    return _NO_WORD.sub(" ", sentences).replace("|", " | ").casefold()


def _expression(phrase: str) -> str:
    return phrase.replace(" * ", r" (?:\w+ ){0,4}").replace("~", r"\w{0,12}")
