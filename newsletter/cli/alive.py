"""alive: whether all is well, for cron and monitoring systems."""

import typer

from newsletter.bootstrap import open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, command_for_each
from newsletter.cli.output import print_json, print_lines, when
from newsletter.core.slots import local_time, next_slot

__all__ = ["alive"]


@command_for_each
async def alive(config: Config = DEFAULT_CONFIG, now: Now = None, json: Json = False) -> None:
    """Say whether all is well; exit code 1 where it is not.

    That the scheduler lives, or else cron has served the last slot; that it did not fail; that nothing waits.
    """
    async with open_app(config, now) as app:
        instant = local_time(app.clock.now(), app.schedule.zone)
        health = await app.watch.look(instant)
        upcoming = next_slot(app.schedule, instant)
    if json:
        print_json(
            {
                "alive": not health.findings,
                "findings": [{"what": found.what, "mend": found.mend} for found in health.findings],
                "scheduler": health.pulse.isoformat() if health.pulse else None,
                "next_slot": upcoming.isoformat(),
            }
        )
    elif health.findings:
        print_lines(f"✗ {found.what[:1].upper()}{found.what[1:]}. {found.mend}." for found in health.findings)
    else:
        runs = "The scheduler runs" if health.pulse else "No scheduler runs, and none of the slots was missed"
        print_lines([f"✓ {runs}. Next slot: {when(upcoming)}"])
    if health.findings:
        raise typer.Exit(1)
