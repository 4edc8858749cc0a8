"""dkim generate: keys to sign with, and what belongs into the DNS and into newsletter.toml."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from newsletter.adapters.clock import SystemClock
from newsletter.cli.options import DEFAULT_CONFIG, Config, Json, Now, async_command
from newsletter.cli.output import print_json, print_lines
from newsletter.config import Settings, load_settings
from newsletter.core.address import domain_of
from newsletter.core.doctor.finding import strings_of
from newsletter.errors import ConfigError, InputError

__all__ = ["app"]

app = typer.Typer(help="Keys to sign with.", no_args_is_help=True)

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,180}}\Z){_LABEL}(?:\.{_LABEL})*")


class KeyType(StrEnum):
    """Which keys to make."""

    RSA = "rsa"
    ED25519 = "ed25519"
    BOTH = "both"


@dataclass(frozen=True)
class _Key:
    """One to be made."""

    kind: KeyType
    selector: str
    domain: str
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / f"dkim-{self.selector}.pem"

    @property
    def name(self) -> str:
        """Of its record in the DNS."""
        return f"{self.selector}._domainkey.{self.domain}"


@app.callback()
def _group() -> None:
    """Keys to sign with."""  # with a callback, one command does not become the whole group


@app.command()
@async_command
async def generate(
    domain: Annotated[
        str | None, typer.Option(metavar="DOMAIN", help="The signing domain; by default the configured one.")
    ] = None,
    selector: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="By default the configured one, else the month, as nl202611."),
    ] = None,
    kind: Annotated[
        KeyType, typer.Option("--type", help="Ed25519 is a second key beside RSA.")
    ] = KeyType.RSA,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the private keys go.")] = Path(),
    config: Config = DEFAULT_CONFIG,
    now: Now = None,
    as_json: Json = False,
) -> None:
    """Make keys for DKIM, and say what belongs into the DNS and into newsletter.toml.

    The private keys are PEM that only you can read. No file is overwritten.
    """
    settings = load_settings(config) if domain is None or config.path.exists() else None
    keys = [
        _Key(one, name, _domain(domain, settings), out)
        for one, name in _selectors(selector, settings, now).items()
        if kind in (one, KeyType.BOTH)
    ]
    records = _write(keys)
    table = _table(keys, config.path)
    if as_json:
        print_json({"keys": [_key_json(key, records[key]) for key in keys], "dkim": table})
        return
    print_lines(f"✓ {key.file} has the private key, for nobody else to read." for key in keys)
    print_lines(["", "Into the DNS, as TXT:"])
    for key in keys:
        strings = " ".join(f'"{part}"' for part in strings_of(records[key]))
        print_lines([f"  name   {key.name}", f"  value  {strings}"])
    print_lines(["", f"Into {config}, once the DNS has it:", "  [dkim]"])
    print_lines(f"  {setting} = {json.dumps(value)}" for setting, value in table.items())


def _domain(given: str | None, settings: Settings | None) -> str:
    found = given or ""
    if settings and given is None:
        dkim = settings.dkim
        found = dkim.domain if dkim else domain_of(parseaddr(settings.newsletter.from_)[1])
    try:
        return _checked("--domain", found.encode("idna").decode(), "example.org")
    except UnicodeError:
        raise InputError(f'--domain {found!r} is no name; write one such as "example.org".') from None


def _selectors(given: str | None, settings: Settings | None, now: datetime | None) -> Mapping[KeyType, str]:
    """Of both kinds of key: two keys cannot have one name."""
    dkim = settings.dkim if settings and given is None else None
    month = f"nl{now or SystemClock().now():%Y%m}"
    default = dkim.selector if dkim else month
    first = _checked("--selector", default if given is None else given, month)
    second = dkim.ed25519_selector if dkim else None
    return {KeyType.RSA: first, KeyType.ED25519: second or _checked("--selector", f"{first}-ed25519", month)}


def _checked(option: str, name: str, example: str) -> str:
    if not _NAME.fullmatch(name.lower()):
        raise InputError(f'{option} {name!r} is no name for the DNS; write one such as "{example}".')
    return name.lower()


def _write(keys: Sequence[_Key]) -> dict[_Key, str]:
    """The records of the new keys."""
    from newsletter.adapters.dkim import DkimKey  # brings cryptography with it

    for key in keys:
        if key.file.exists():
            raise ConfigError(
                f"{key.file} exists already, and mail may be signed with it: give another --selector."
            )
    records = {}
    for key in keys:
        made = DkimKey.generate(key.selector, key.kind)
        try:
            key.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(key.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(made.pem)
        except OSError as error:
            raise ConfigError(f"{key.file}: cannot be written ({error.strerror}).") from error
        records[key] = made.record
    return records


def _table(keys: Sequence[_Key], config: Path) -> dict[str, str]:
    """What [dkim] of newsletter.toml has to say, the files as they are seen from there."""
    table = {"domain": keys[0].domain}
    for key in keys:
        prefix = "" if key.kind is KeyType.RSA else "ed25519_"
        file, folder = key.file.resolve(), config.parent.resolve()
        shown = file.relative_to(folder) if file.is_relative_to(folder) else file
        table |= {f"{prefix}selector": key.selector, f"{prefix}key_file": str(shown)}
    return table


def _key_json(key: _Key, record: str) -> dict[str, object]:
    return {
        "type": key.kind,
        "selector": key.selector,
        "file": str(key.file),
        "name": key.name,
        "value": record,
        "strings": strings_of(record),
    }
