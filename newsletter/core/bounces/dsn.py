"""Delivery reports for machines (RFC 3464), also those that are not quite well-formed."""

import re
from collections.abc import Iterator
from itertools import islice

from newsletter.core.bounces.reading import ADDRESS
from newsletter.core.bounces.verdict import Phase, Report, mailbox

__all__ = ["fields_of", "has_fields", "reported"]

_MOST_GROUPS = 60
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60})[ \t]{0,9}:[ \t]{0,9}(.*)")
_RECIPIENTS = ("original-recipient", "final-recipient", "x-actual-recipient")
_BEGINS = ("final-recipient", "original-recipient", "action")
_DELIVERED = ("delivered", "relayed", "expanded")
_NAMED = re.compile(r"^[ \t]{0,9}(?:final|original)-recipient[ \t]{0,9}:", re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(r"^\s{0,9}[\w/.-]{1,40}\s{0,9};")

_REFUSED = re.compile(r"55[013]\b")
"""What RFC 5321 has for RCPT; after the data it is 552 or 554."""
_VAGUE = re.compile(r"\s{0,9}(?:$|5\.0\.0)")

Fields = dict[str, str]


def has_fields(text: str) -> bool:
    """Whether a report stands in this text, whatever the type of its part."""
    return bool(_NAMED.search(text))


def reported(text: str) -> tuple[tuple[Report, ...], bool]:
    """What a report says of those who did not get the message; and whether it says that anybody did."""
    groups = list(islice(fields_of(text), _MOST_GROUPS))
    people = [group for group in groups if any(group.get(name) for name in _RECIPIENTS)]
    failed = [group for group in people if not _is_delivered(group)]
    return tuple(_report(group) for group in failed), len(failed) < len(people)


def fields_of(text: str) -> Iterator[Fields]:
    """Fields by their lower-case names, in groups that end at an empty line or a name that comes again."""
    group: Fields = {}
    name = ""
    for line in text.splitlines():
        found = _FIELD.match(line.strip() if not name else line.rstrip())
        if found is None and name and line[:1] in (" ", "\t") and line.strip():
            group[name] = f"{group[name]} {line.strip()}"[:4000]
            continue
        ended = not line.strip()
        name = found[1].lower() if found else ""
        if group and (ended or (name in _BEGINS and name in group)):
            yield group
            group = {}
        if found and name not in group:
            group[name] = found[2].strip()[:4000]
    if group:
        yield group


def _is_delivered(group: Fields) -> bool:
    action = group.get("action", "").lower()
    return action.startswith(_DELIVERED) or (not action and group.get("status", "").startswith("2"))


def _report(group: Fields) -> Report:
    status = group.get("status", "")
    diagnostic = _TYPE.sub("", group.get("diagnostic-code", "")).strip()
    remark = status.partition("(")[2].rstrip(")")
    return Report(
        recipient=mailbox(*(address for name in _RECIPIENTS for address in _addresses(group.get(name, "")))),
        text=diagnostic or remark,
        status=status,
        phase=Phase.RECIPIENT if _REFUSED.match(diagnostic) and _VAGUE.match(status) else None,
        delayed=group.get("action", "").lower().startswith("delayed"),
    )


def _addresses(value: str) -> Iterator[str]:
    """What stands behind `rfc822;`, also with angle brackets."""
    stated = value.partition(";")[2] or value
    yield stated.strip(" <>\t")
    yield from ADDRESS.findall(stated)
