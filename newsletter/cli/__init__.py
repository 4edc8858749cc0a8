"""The command line: one module a command or group, put together here."""

import io
import sys

import typer

from newsletter.cli import approval, bounces, dkim, editions, entries, evaluation, subscribers
from newsletter.cli.alive import alive
from newsletter.cli.backup import backup, restore
from newsletter.cli.check import check
from newsletter.cli.demo import demo
from newsletter.cli.doctor import doctor
from newsletter.cli.init import init
from newsletter.cli.jobs import collect, publish, run, send
from newsletter.cli.logs import configure_logs
from newsletter.cli.mailbox import mailbox
from newsletter.cli.migrate import migrate
from newsletter.cli.output import print_error
from newsletter.cli.preview import preview
from newsletter.cli.serve import serve
from newsletter.cli.signup import signup_form
from newsletter.cli.slots import slots
from newsletter.cli.status import status
from newsletter.cli.why import why
from newsletter.cli.worker import worker
from newsletter.errors import NewsletterError

__all__ = ["app", "main"]

app = typer.Typer(
    help="Trending papers in your inbox, self-hosted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    demo,
    init,
    doctor,
    collect,
    preview,
    check,
    publish,
    send,
    run,
    serve,
    worker,
    signup_form,
    status,
    slots,
    alive,
    why,
    backup,
    restore,
    migrate,
    mailbox,
):
    app.command()(command)
for word in approval.commands:
    editions.app.command()(word)
app.add_typer(editions.app, name="editions")
app.add_typer(entries.app, name="entries")
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(dkim.app, name="dkim")
app.add_typer(bounces.app, name="bounces")
app.add_typer(evaluation.app, name="eval")


def main() -> None:
    """Run the command; an error that we expect is a sentence on stderr and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names and titles are in every script, whatever the terminal's locale says.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        configure_logs()
        app()
    except NewsletterError as error:
        print_error(error)
        sys.exit(1)
