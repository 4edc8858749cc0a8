"""What several of these commands take."""

from typing import Annotated

import typer

from newsletter.core.model import SubscriberStatus

__all__ = ["Email", "Status", "Tag"]

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address.")]
Status = Annotated[
    SubscriberStatus | None,
    typer.Option("--status", metavar="STATUS", help=f"Only these: {', '.join(SubscriberStatus)}."),
]
Tag = Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only those with this tag.")]
