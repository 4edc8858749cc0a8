"""The doctor and the patient: what is configured, in the terms of the checks."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pydantic import BaseModel

from newsletter.adapters.clock import FixedClock, SystemClock
from newsletter.adapters.dkim import DkimKey
from newsletter.adapters.dns import Resolver
from newsletter.adapters.http.addresses import why_not_public
from newsletter.adapters.http.visit import Visitor
from newsletter.adapters.machine import ThisMachine
from newsletter.adapters.sources.file import FileSource
from newsletter.adapters.stores.database import Database
from newsletter.adapters.stores.schema import REVISION
from newsletter.adapters.transports.probe import SmtpProbe
from newsletter.bootstrap import App, open_app
from newsletter.bootstrap.foundation import shipped
from newsletter.bootstrap.sending import smtp_server, warm_up_plan
from newsletter.config import ConfigFile, Secrets, Settings
from newsletter.config.mailing import ServerTable
from newsletter.core.address import domain_of
from newsletter.core.doctor.dkim import SigningKey
from newsletter.core.doctor.email import EmailVerdict
from newsletter.core.doctor.finding import Finding
from newsletter.core.doctor.running import SourceHealth
from newsletter.core.doctor.servers import MailServer, Refusal, Welcome
from newsletter.core.doctor.setting import LooseFile, Setting
from newsletter.core.model import SubscriberStatus
from newsletter.core.slots import local_time
from newsletter.errors import ConfigError, NotFound
from newsletter.ports.doctor import Greeter, Records, StoreServer
from newsletter.render.findings import Status
from newsletter.render.fitting import CLIP_LIMIT
from newsletter.services.doctor import Doctor, Patient, Post
from newsletter.services.doctor.dns import DnsChecks
from newsletter.services.publish import Draft

__all__ = ["examine"]

_SIGNED = 18
"""The point on the signature, which says no more of one that is not there than the check on DKIM."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


async def examine(
    config: ConfigFile, now: datetime | None, *, offline: bool, resolver: str | None
) -> tuple[Finding, ...]:
    """What keeps mail of this newsletter out of the inbox, or its daily job from running; nothing is changed.
    A configuration that cannot be used is a finding. Raises InputError where `resolver` is no name server."""
    machine, clock = ThisMachine(), FixedClock(now) if now else SystemClock()
    dns = DnsChecks(Resolver.at(resolver), machine, _is_public)
    doctor = Doctor(machine, dns, config.path.parent, clock.now(), offline)
    async with AsyncExitStack() as stack:
        try:
            app = await stack.enter_async_context(open_app(config, now))
            visitor = await stack.enter_async_context(Visitor(app.newsletter.base_url))
            patient = _patient(app, visitor, config)
        except ConfigError as error:
            return doctor.without_configuration(str(error))
        return await doctor.examine(patient)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return why_not_public(address) is None


def _patient(app: App, visitor: Visitor, config: ConfigFile) -> Patient:
    settings, newsletter = app.settings, app.newsletter
    sender = parseaddr(newsletter.sender)[1]
    keys, trouble = _keys(settings, domain_of(sender))
    return Patient(
        setting=_setting(settings, sender, config),
        domain=domain_of(sender),
        envelope=domain_of(newsletter.bounces_to or sender),
        replies=domain_of(parseaddr(newsletter.reply_to or sender)[1]),
        posts=[_post(table, settings, domain_of(sender)) for table in settings.smtp.all_servers],
        keys=keys,
        key_trouble=trouble,
        schedule=app.schedule,
        warm_up=warm_up_plan(settings),
        sources=[source.name for source in settings.sources],
        database=app.database.path,
        server=_server(app),
        revision=REVISION,
        newsroom=_Newsroom(app),
        pages=visitor,
    )


def _server(app: App) -> StoreServer | None:
    if app.database.kind != "postgresql":
        return None
    from newsletter.adapters.stores.serverlook import ServerLook  # with a driver of its own

    return ServerLook(app.settings.store.url)


def _setting(settings: Settings, sender: str, config: ConfigFile) -> Setting:
    table, hooks = settings.newsletter, settings.hooks
    try:
        secret: int | str = min(map(len, Secrets(settings).signing_keys()))
    except ConfigError as error:
        secret = str(error)
    return Setting(
        file=str(config),
        sender=sender,
        bounces_to=table.bounces_to,
        takes_bounces=settings.bounces.takes_mail or any(hook for _, hook in hooks),
        base_url=table.base_url,
        postal_address=table.address,
        secret=secret,
        missing=tuple(_missing(settings)),
        loose=tuple(_loose(settings, settings)),
    )


def _missing(settings: Settings) -> Iterator[str]:
    """What is wrong with other secrets than those that have a check of their own."""
    secrets, imap, hooks = Secrets(settings), settings.bounces.imap, settings.hooks
    asked: list[Callable[[], object]] = [secrets.api_tokens]
    if imap:
        asked.append(partial(secrets.password, imap.password_env, imap.password_file, "[bounces.imap]"))
    if table := hooks.postmark:
        asked.append(partial(secrets.password, table.password_env, table.password_file, "[hooks.postmark]"))
    if key := hooks.mailgun:
        names = (key.signing_key_env, key.signing_key_file, "[hooks.mailgun]", "signing_key")
        asked.append(partial(secrets.password, *names))
    for ask in asked:
        try:
            ask()
        except ConfigError as error:
            yield str(error)


def _loose(table: BaseModel, settings: Settings, place: str = "") -> Iterator[LooseFile]:
    """Every file with a secret that the tables name: their keys end in _file, but for certificates."""
    for name, value in table:
        if isinstance(value, BaseModel):
            yield from _loose(value, settings, f"{place}.{name}".lstrip("."))
        elif isinstance(value, tuple):
            for inner in (one for one in value if isinstance(one, BaseModel)):
                yield from _loose(inner, settings, f"{place}.{name}".lstrip("."))
        elif name.endswith("_file") and name != "ca_file" and isinstance(value, str):
            file = settings.path(value)
            with suppress(OSError):  # whoever needs it says that it cannot be read
                if (mode := file.stat().st_mode & 0o777) & 0o077:
                    yield LooseFile(f"[{place}] {name}", str(file), mode)


def _keys(settings: Settings, domain: str) -> tuple[list[SigningKey], str]:
    table = settings.dkim
    if table is None:
        return [], ""
    named = [(table.selector, table.key_file, "key_file")]
    if table.ed25519_selector and table.ed25519_key_file:
        named.append((table.ed25519_selector, table.ed25519_key_file, "ed25519_key_file"))
    try:
        keys = [DkimKey.load(selector, settings.path(file), key) for selector, file, key in named]
    except ConfigError as error:
        return [], str(error)
    return [_signing(key, table.domain, domain) for key in keys], ""


def _signing(key: DkimKey, domain: str, identity: str) -> SigningKey:
    bits = key.private.key_size if isinstance(key.private, RSAPrivateKey) else None
    return SigningKey(f"{key.selector}._domainkey.{domain}", key.record, bits, identity)


def _post(table: ServerTable, settings: Settings, greeting_name: str) -> Post:
    loopback = table.host in _LOOPBACK or _is_loopback(table.host)
    server = MailServer(f"{table.host}:{table.port}", table.tls, bool(table.username), loopback)
    try:
        greeter: Greeter = SmtpProbe(smtp_server(table, settings, greeting_name))
    except ConfigError as error:
        greeter = _Unusable(str(error))
    return Post(server, table.host, table.connections, greeter)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class _Unusable:
    """A server that cannot be greeted as it is configured."""

    reason: str

    async def greet(self) -> Welcome | Refusal:
        return Refusal(self.reason.rstrip("."))


@dataclass(frozen=True)
class _Newsroom:
    """`ports.Newsroom` of an app."""

    app: App

    async def records(self) -> Records:
        app = self.app
        known = await app.memory.states()
        return Records(
            active=(await app.subscribers.counts()).get(SubscriberStatus.ACTIVE, 0),
            outcomes=await app.slots.outcomes(app.newsletter.id),
            sources=tuple(SourceHealth(state.name, state.succeeded, state.error) for state in known),
            pulses={pulse.name: pulse.at for pulse in await app.insight.pulses()},
        )

    async def email(self, *, sample: bool) -> EmailVerdict:
        _ = self.app.weekly_desk  # loads its theme, which is not looked at any further
        draft = None if sample else await _draft(self.app)
        if draft is not None:
            return await _verdict(self.app, draft, sample=False)
        with tempfile.TemporaryDirectory() as folder:
            app = replace(self.app, database=Database("sqlite:///sample.db", Path(folder)))
            try:
                await _fill(app)
                if (draft := await _draft(app)) is None:
                    raise NotFound("the papers that come with the program make no edition by these rules.")
                return await _verdict(app, draft, sample=True)
            finally:
                await app.database.close()


async def _fill(app: App) -> None:
    """With the papers that come with the program."""
    now = app.clock.now()
    fetched = await FileSource("Sample", shipped("seeds") / "papers.txt").fetch(now)
    await app.entries.add(fetched.entries, now)


async def _draft(app: App) -> Draft | None:
    now = app.clock.now()
    edition = await app.desk.propose(local_time(now, app.schedule.zone), now)
    return None if edition is None else app.desk.draft(edition, now)


async def _verdict(app: App, draft: Draft, *, sample: bool) -> EmailVerdict:
    seen = await app.inspect(draft, spam=False)
    findings = [f for f in seen.findings if f.point != _SIGNED or f.status is Status.FAIL]
    names = {status: tuple(f.name for f in findings if f.status is status) for status in Status}
    return EmailVerdict(
        size=len(seen.copy.html.encode()),
        limit=CLIP_LIMIT,
        passed=len(names[Status.PASS]),
        warned=names[Status.WARN],
        failed=names[Status.FAIL],
        sample=sample,
    )
