"""What the values of newsletter.toml may be: text in, checked values out, and how to mend the others."""

import re
from datetime import time, timedelta
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator

from newsletter.core.address import normalise_address
from newsletter.core.segments import parse_segment
from newsletter.errors import InputError
from newsletter.render.headers import mailbox as header_line
from newsletter.render.text import safe_link

__all__ = [
    "WEEKDAYS",
    "Address",
    "BaseUrl",
    "BouncesTo",
    "Deliver",
    "Duration",
    "HostName",
    "ListenAddress",
    "MailboxName",
    "NetworkRange",
    "Origin",
    "SecureAddress",
    "SegmentText",
    "Sender",
    "Slug",
    "TimeOfDay",
    "WebAddress",
    "Weekday",
    "Zone",
]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)")
_READERS_TIME = re.compile(r"at (\S+) reader['’]s time")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST = 3650 * 86_400
_LONGEST_BOUNCES = 30
"""With a plus sign and a token of 32 characters no more than the 64 that mail allows before an at sign."""


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError('write a number and a unit, such as "30m", "6h" or "2d"')
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST:
        raise ValueError("at most ten years")
    return timedelta(seconds=seconds)


def _time_of_day(value: object) -> time:
    try:
        found = value if isinstance(value, time) else time.fromisoformat(str(value))
    except ValueError:
        raise ValueError('write hours and minutes, such as "07:30"') from None
    if found.tzinfo is not None:
        raise ValueError('write the time without an offset, such as "07:30"; the zone is in timezone')
    return found


def _deliver(value: object) -> time | None:
    if value is None or isinstance(value, time):
        return value
    match = _READERS_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None and value != "at once":
        raise ValueError('write "at once" or a time such as "at 07:30 reader\'s time"')
    return _time_of_day(match[1]) if match else None


def _zone(value: object) -> ZoneInfo:
    try:
        return value if isinstance(value, ZoneInfo) else ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('write a name of the IANA list, such as "Europe/Berlin" or "UTC"') from None


def _address(value: str) -> str:
    try:
        return normalise_address(value)
    except InputError as error:
        raise ValueError(str(error).rstrip(".")) from None


def _sender(value: str) -> str:
    """As it will stand in the header, the domain as A-label."""
    name, address = parseaddr(value)
    try:
        mailbox = f"{name} <{normalise_address(address)}>" if name else normalise_address(address)
        header_line("From", mailbox)
    except InputError as error:
        raise ValueError(
            f'write an address, such as "Morning Papers <papers@example.org>": {error}'
        ) from None
    return mailbox


def _bounces_to(value: str) -> str:
    """An address with room for a token before its at sign."""
    try:
        address = normalise_address(value)
        header_line("Return-Path", address)
    except InputError as error:
        raise ValueError(f'write an address, such as "bounces@papers.example.org": {error}') from None
    local = address.rpartition("@")[0]
    if "+" in local or len(local) > _LONGEST_BOUNCES:
        raise ValueError(
            f"at most {_LONGEST_BOUNCES} characters and no plus sign before the at sign: each copy adds one"
            " and a token"
        )
    return address


def _base_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value) or safe_link(value) is None:
        raise ValueError('write the address of the web pages, such as "https://papers.example.org"')
    return value.rstrip("/")


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", value):
        raise ValueError('write an http or https address, such as "https://example.org/feed.xml"')
    return value


def _secure_address(value: str) -> str:
    if not value.startswith("https://") or safe_link(value) is None:
        raise ValueError('write an https address, such as "https://example.org/logo.png"')
    return value


def _segment(value: str) -> str:
    try:
        parse_segment(value)
    except InputError as error:
        raise ValueError(str(error).rstrip(".")) from None
    return value


def _host_name(value: str) -> str:
    if not re.fullmatch(r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*", value):
        raise ValueError('write a name such as "example.org"')
    return value


def _domain_or_any(value: str) -> str:
    return value if value == "*" else _host_name(value.lower())


def _network(value: object) -> object:
    try:
        return ip_network(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError('write an address or a network, such as "10.0.0.0/8" or "::1"') from None


def _origin(value: str) -> str:
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?", value):
        raise ValueError(
            'write scheme and host in lower case as a browser sends them, such as "https://example.org"'
        )
    return value


def _listen_address(value: str) -> str:
    match = re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})", value)
    if match is None or int(match[2]) > 65535:
        raise ValueError('write an address and a port, such as "127.0.0.1:2424"')
    return value


def _mailbox_name(value: str) -> str:
    if not re.fullmatch(r"[\x20-\x7e]{1,200}", value):
        raise ValueError('write the name of a mailbox as the server has it, in ASCII, such as "INBOX"')
    return value


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", value):
        raise ValueError('write lower-case letters, digits and hyphens, such as "morning-papers"')
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Deliver = Annotated[time | None, BeforeValidator(_deliver)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Sender = Annotated[str, AfterValidator(_sender)]
Address = Annotated[str, AfterValidator(_address)]
BouncesTo = Annotated[str, AfterValidator(_bounces_to)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
SecureAddress = Annotated[str, AfterValidator(_secure_address)]
HostName = Annotated[str, AfterValidator(_host_name)]
NetworkRange = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
Origin = Annotated[str, AfterValidator(_origin)]

SegmentText = Annotated[str, AfterValidator(_segment)]
ListenAddress = Annotated[str, AfterValidator(_listen_address)]
MailboxName = Annotated[str, AfterValidator(_mailbox_name)]
Slug = Annotated[str, AfterValidator(_slug)]
DomainOrAny = Annotated[str, AfterValidator(_domain_or_any)]
