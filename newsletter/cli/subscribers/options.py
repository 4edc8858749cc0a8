"""What several of these commands take."""

from collections.abc import AsyncIterator
from typing import Annotated

import typer

from newsletter.bootstrap import App
from newsletter.cli.options import read_segment
from newsletter.core.model import Subscriber, SubscriberStatus
from newsletter.core.segments import Segment

__all__ = ["Email", "Only", "Status", "Tag", "chosen"]

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address.")]
Status = Annotated[
    SubscriberStatus | None,
    typer.Option("--status", metavar="STATUS", help=f"Only these: {', '.join(SubscriberStatus)}."),
]
Tag = Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only those with this tag.")]
Only = Annotated[
    Segment | None,
    typer.Option(
        "--segment",
        metavar="CONDITIONS",
        parser=read_segment,
        help="Only those in this segment, such as 'topic:Agents and not tag:internal'.",
    ),
]


async def chosen(
    app: App, status: SubscriberStatus | None, tag: str | None, only: Segment | None
) -> AsyncIterator[Subscriber]:
    """Those for whom all of these hold, by address."""
    async for person in app.subscribers.all(status, tag):
        if only is None or only.matches(person):
            yield person
