"""What an email must satisfy to arrive, to be shown whole and to be read: twenty points, judged without a
browser, a clock or the net. `POINTS` lists them; docs/email.md says what is looked at and how to mend it.

What only a program outside can tell (official MJML, SpamAssassin, a DKIM verifier) comes with the specimen.
"""

from collections.abc import Callable
from dataclasses import dataclass

from newsletter.render.check import content, copies, document, headers, judges, legible, links, size
from newsletter.render.check.reading import Reading
from newsletter.render.check.specimen import SpamVerdict, Specimen, Told
from newsletter.render.check.verdict import Verdict
from newsletter.render.findings import Finding

__all__ = ["POINTS", "Point", "SpamVerdict", "Specimen", "Told", "check"]


@dataclass(frozen=True, slots=True)
class Point:
    """One of the twenty."""

    number: int
    name: str
    judge: Callable[[Reading], Verdict]


POINTS = (
    Point(1, "official MJML accepts the theme", document.accepted),
    Point(2, "the document type comes first", document.begins_with_type),
    Point(3, "inlining the CSS loses nothing", document.survived),
    Point(4, "nothing is loaded from the net", content.nothing_fetched),
    Point(5, "no mark and no template tag is left", content.nothing_left),
    Point(6, "texts from outside are shown as text", content.texts_are_texts),
    Point(7, "at most 102,400 bytes", size.fits),
    Point(8, "at most 16 KB of CSS", size.little_css),
    Point(9, "language, roles and headings", document.structure),
    Point(10, "every link says where it leads, by https", links.links_are_sound),
    Point(11, "contrast in light and in dark", legible.enough_contrast),
    Point(12, "no sideways scroll at 320 px", legible.fits_a_phone),
    Point(13, "every title and link in both parts", content.complete),
    Point(14, "SpamAssassin's score is at most 0", judges.not_spam),
    Point(15, "lines that every mail server takes", headers.sound_lines),
    Point(16, "the headers of a list, and both parts", headers.list_headers),
    Point(17, "unsubscribing with one click", headers.one_click),
    Point(18, "the DKIM signature holds", judges.signed),
    Point(19, "the same input, the same bytes", copies.reproducible),
    Point(20, "nothing of another reader's", copies.nothing_of_others),
)


def check(specimen: Specimen) -> tuple[Finding, ...]:
    """A finding for each point, in their order; whatever the specimen holds, nothing is raised."""
    reading = Reading(specimen)
    verdicts = ((point, point.judge(reading)) for point in POINTS)
    return tuple(
        Finding(point.number, point.name, verdict.status, verdict.detail, verdict.mend)
        for point, verdict in verdicts
    )
