"""One examination: every check, side by side."""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.core.doctor.checks import CHECKS
from newsletter.core.doctor.dkim import judge_signature
from newsletter.core.doctor.email import judge_email
from newsletter.core.doctor.finding import Finding, left_out, problem, sentence, unknown
from newsletter.core.doctor.machine import (
    DatabaseState,
    judge_database,
    judge_files,
    judge_space,
    judge_sqlite,
    judge_zones,
)
from newsletter.core.doctor.pages import judge_clock, judge_unsubscribe, judge_web
from newsletter.core.doctor.questions import NoAnswer
from newsletter.core.doctor.running import judge_schedule, judge_sources
from newsletter.core.doctor.server import ServerState, judge_postgresql, judge_store
from newsletter.core.doctor.servers import Refusal, judge_server
from newsletter.core.doctor.setting import judge_readers, judge_setting, judge_warm_up, misread, reserved
from newsletter.core.slots import Outcome, local_time
from newsletter.errors import NewsletterError
from newsletter.ports.doctor import Machine
from newsletter.services.doctor.dns import DnsChecks
from newsletter.services.doctor.patient import Patient

__all__ = ["Doctor"]

_SECONDS = 12.0
"""For what one check asks; all run at once."""
_VOID = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""A token that is nobody's: none was ever signed like this."""
_ONE_CLICK = b"List-Unsubscribe=One-Click"

Work = Awaitable[Sequence[Finding]]


@dataclass(frozen=True)
class Doctor:
    """Looks at one newsletter."""

    machine: Machine
    dns: DnsChecks
    folder: Path
    """The one that newsletter.toml lies in."""
    now: datetime
    offline: bool = False

    async def examine(self, patient: Patient) -> tuple[Finding, ...]:
        """All findings, in the order of `CHECKS`."""
        state = await self._store(patient)
        usable = not state.trouble and state.revision == patient.revision
        # By itself and first: it keeps the processor busy, and what waits for an answer would seem late.
        found = await self._done(["email"], self._email(patient, usable), None)
        found += await self._side_by_side(
            [
                (["configuration"], self._setting(patient)),
                (["readers", "warm-up", "sources", "schedule"], self._records(patient, usable)),
                (["disk", "database", _kind(state), "open-files", "time-zone"], self._here(patient, state)),
            ]
        )
        if self.offline:
            found += _skipped("--offline", *(check.id for check in CHECKS if check.network))
            return _in_order(found)
        asked = [
            (["smtp", "smtp-tls"], self._servers(patient)),
            *self._dns(patient, found),
            *self._web(patient, found),
        ]
        return _in_order([*found, *await self._side_by_side(asked)])

    def without_configuration(self, reason: str) -> tuple[Finding, ...]:
        """What can be said where newsletter.toml cannot be used, and why."""
        found = [*misread(reason), judge_sqlite(self.machine.sqlite())]
        found += [judge_space(self.machine.space(self.folder), 0)]
        seen = {finding.check for finding in found}
        found += _skipped("the configuration does not load", *(c.id for c in CHECKS if c.id not in seen))
        return _in_order(found)

    def _dns(self, patient: Patient, found: list[Finding]) -> list[tuple[list[str], Work]]:
        """Nothing to ask, which is `found`, where the domain is nobody's."""
        if reserved(patient.domain):
            found += _skipped(f"{patient.domain} is only an example", "spf", "dkim", "dmarc", "mx", "ptr")
            return []
        dns = self.dns
        return [
            (["spf"], dns.spf(patient)),
            (["dkim"], dns.dkim(patient)),
            (["dmarc"], dns.dmarc(patient)),
            (["mx"], dns.mx(patient)),
            (["ptr"], dns.ptr(patient)),
        ]

    def _web(self, patient: Patient, found: list[Finding]) -> list[tuple[list[str], Work]]:
        """Likewise."""
        names = ["web", "unsubscribe", "clock"]
        if reserved(patient.setting.host):
            found += _skipped(f"{patient.setting.host} is only an example", *names)
            return []
        return [(names, self._pages(patient))]

    async def _side_by_side(self, works: Sequence[tuple[list[str], Work]]) -> list[Finding]:
        done = await asyncio.gather(*(self._done(checks, work) for checks, work in works))
        return [finding for findings in done for finding in findings]

    async def _done(
        self, checks: Sequence[str], work: Work, seconds: float | None = _SECONDS
    ) -> list[Finding]:
        """What was found; a check that fails by itself says so. Without a limit for what only computes."""
        try:
            async with asyncio.timeout(seconds):
                return list(await work)
        except TimeoutError:
            reason = f"No answer within {seconds:g} s."
        except (NoAnswer, NewsletterError) as error:
            reason = sentence(str(error))
        except Exception as error:
            reason = f"The check itself failed ({type(error).__name__}: {error})."
        names = [check for check in CHECKS if check.id in checks]
        return [unknown(check.id, f"Not known: {check.name}", reason) for check in names]

    async def _setting(self, patient: Patient) -> Sequence[Finding]:
        return [
            *judge_setting(patient.setting),
            judge_signature(patient.domain, patient.keys, patient.key_trouble),
        ]

    async def _email(self, patient: Patient, usable: bool) -> Sequence[Finding]:
        try:
            return [judge_email(await patient.newsroom.email(sample=not usable))]
        except NewsletterError as error:
            mend = "Correct it; this shows each step:\nnewsletter preview --out preview"
            return [problem("email", "No email can be made", sentence(str(error)), mend)]

    async def _records(self, patient: Patient, usable: bool) -> Sequence[Finding]:
        """What only the database knows; where it cannot be asked now, the finding on it says why."""
        if not usable:
            why = "there is no database yet, or it is not to be touched as it is"
            return _skipped(why, "readers", "warm-up", "sources", "schedule")
        known = await patient.newsroom.records()
        sent = any(outcome.outcome is Outcome.SENT for outcome in known.outcomes)
        today = local_time(self.now, patient.schedule.zone).date()
        return [
            judge_readers(known.active),
            judge_warm_up(patient.warm_up, today, known.active, sent_before=sent),
            judge_schedule(patient.schedule, known.outcomes, known.pulses, self.now),
            *judge_sources(patient.sources, known.sources, self.now),
        ]

    async def _store(self, patient: Patient) -> DatabaseState | ServerState:
        if patient.server is None:
            return await self.machine.database(patient.database)
        return await patient.server.look()

    async def _here(self, patient: Patient, state: DatabaseState | ServerState) -> Sequence[Finding]:
        machine = self.machine
        folders = dict.fromkeys((patient.database.parent.resolve(), self.folder.resolve()))
        connections = sum(post.connections for post in patient.posts)
        return [
            *(judge_space(machine.space(folder), _size_here(state)) for folder in folders),
            *self._data(patient, state),
            judge_files(machine.open_files(), connections),
            judge_zones(machine.zones(str(patient.schedule.zone)), self.now),
        ]

    def _data(self, patient: Patient, state: DatabaseState | ServerState) -> Iterator[Finding]:
        if isinstance(state, DatabaseState):
            yield from judge_database(state, patient.revision)
            yield judge_sqlite(self.machine.sqlite())
            return
        yield from judge_store(state, patient.revision)
        if state.trouble:
            yield left_out("postgresql", "PostgreSQL", "it does not answer")
        else:
            yield from judge_postgresql(state)

    async def _servers(self, patient: Patient) -> Sequence[Finding]:
        seen = await asyncio.gather(*(post.greeter.greet() for post in patient.posts))
        return [
            finding
            for post, answer in zip(patient.posts, seen, strict=True)
            for finding in judge_server(post.server, answer, self.now)
        ]

    async def _pages(self, patient: Patient) -> Sequence[Finding]:
        """One after the other: the same server answers them all."""
        pages, url = patient.pages, patient.setting.base_url
        health = await pages.visit("/health")
        if isinstance(health, Refusal):
            return [
                *judge_web(url, health, self.now),
                *_skipped("the web pages do not answer", "unsubscribe", "clock"),
            ]
        link = f"/unsubscribe/{_VOID}"
        asked, posted = await pages.visit(link), await pages.visit(link, _ONE_CLICK)
        return [
            *judge_web(url, health, self.now),
            judge_unsubscribe(url, asked, posted),
            judge_clock(url, health),
        ]


def _kind(state: DatabaseState | ServerState) -> str:
    """The check on the program that keeps the data; there is none on the other."""
    return "sqlite" if isinstance(state, DatabaseState) else "postgresql"


def _size_here(state: DatabaseState | ServerState) -> int:
    return state.size if isinstance(state, DatabaseState) else 0


def _skipped(why: str, *names: str) -> list[Finding]:
    return [left_out(check.id, check.name, why) for check in CHECKS if check.id in names]


def _in_order(found: Sequence[Finding]) -> tuple[Finding, ...]:
    place: Mapping[str, int] = {check.id: at for at, check in enumerate(CHECKS)}
    return tuple(sorted(found, key=lambda finding: place[finding.check]))
