"""bounces scan, list: taking in what came back, and looking at it."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.bootstrap import open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines, print_table, when
from newsletter.errors import ConfigError, IntakeError
from newsletter.ports import Fate

if TYPE_CHECKING:
    from newsletter.services.returns import Taken

__all__ = ["list_bounces", "scan"]

_KINDS = ("hard", "soft", "complaint", "unsubscribe", "auto-reply", "none")

Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="How many at most.")]


@async_command
async def scan(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Take in the messages that came back, once.

    Looks into the mailboxes of [bounces] in newsletter.toml; `newsletter serve` does so every few minutes.
    """
    async with open_app(config, now) as opened:
        if not opened.intakes:
            raise ConfigError(
                "nothing is to be looked into: [bounces] in newsletter.toml names no maildir, and there is "
                "no [bounces.imap]."
            )
        rejected = await opened.returns.count_rejections()
        found = await opened.returns.scan(opened.intakes)
    taken = found.taken + rejected
    if json:
        print_json({**_scan_json(taken), "errors": list(found.errors)})
    else:
        print_lines(_scan_lines(taken))
    if found.errors:
        raise IntakeError("\n".join(found.errors))


@async_command
async def list_bounces(
    limit: Limit = 50, config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False
) -> None:
    """What came back lately, the newest first.

    Nobody's are those that prove to be of no copy that was sent.
    """
    async with open_app(config, now) as opened:
        found = await opened.bounces.recent(limit)
    if json:
        fields = ("email", "kind", "cause", "status", "source", "detail")
        print_json(
            {
                "bounces": [
                    {"at": bounce.at.isoformat()} | {name: getattr(bounce, name) for name in fields}
                    for bounce in found
                ]
            }
        )
    elif not found:
        print_lines(["Nothing came back."])
    else:
        rows = [
            (when(item.at), item.email or "nobody", item.kind, item.cause or item.status, item.detail)
            for item in found
        ]
        print_table(("WHEN", "SUBSCRIBER*", "KIND", "CAUSE*", "DETAIL*"), rows)


def _scan_json(taken: "Counter[Taken]") -> dict[str, object]:
    kinds = _by_kind(taken)
    return {
        "taken": {kind: kinds[kind] for kind in _KINDS},
        **{fate.value: _of_fate(taken, fate) for fate in Fate},
    }


def _scan_lines(taken: "Counter[Taken]") -> Iterator[str]:
    kinds = _by_kind(taken)
    told = ", ".join(f"{kinds[kind]} {kind}" for kind in _KINDS if kinds[kind])
    yield f"{taken.total()} taken in{': ' if told else '.'}{told}"
    words = {
        Fate.LEFT: "ended a subscription",
        Fate.REPEATED: "known already",
        Fate.NOBODY: "about no copy that was sent",
        Fate.ASIDE: "put aside, since it could not be read",
    }
    yield from (f"  {count} {what}" for fate, what in words.items() if (count := _of_fate(taken, fate)))


def _by_kind(taken: "Counter[Taken]") -> Counter[str]:
    """Of those that could be read."""
    kinds: Counter[str] = Counter()
    for item, count in taken.items():
        if item.fate is not Fate.ASIDE:
            kinds[item.kind.value] += count
    return kinds


def _of_fate(taken: "Counter[Taken]", fate: Fate) -> int:
    return sum(count for item, count in taken.items() if item.fate is fate)
