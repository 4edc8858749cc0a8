"""signup-form: the form for other sites."""

from typing import Annotated

import typer

from newsletter.bootstrap import open_app
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, async_command
from newsletter.cli.output import print_json
from newsletter.errors import ConfigError

__all__ = ["signup_form"]

Script = Annotated[
    bool, typer.Option("--script", metavar="", help="With a script that shows the answer in its place.")
]


@async_command
async def signup_form(config: Config = DEFAULT_CONFIG, script: Script = False, json: Json = False) -> None:
    """Print the sign-up form as HTML for your own site."""
    # Loaded where it is needed: every other command starts without it.
    from newsletter.web.snippet import snippet

    async with open_app(config) as app:
        if not app.settings.signup.enabled:
            raise ConfigError("[signup] enabled is false, so a form would lead nowhere.")
        html = snippet(app.newsletter, app.theme, script=script)
    if json:
        print_json({"html": html})
    else:
        typer.echo(html, nl=False)
