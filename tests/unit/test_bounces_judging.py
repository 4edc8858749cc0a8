"""Hard or soft, from a reply code and its text."""

import pytest

from newsletter.core.bounces import Cause, Kind, classify_reply


@pytest.mark.parametrize(
    ("code", "text", "cause", "status"),
    [
        (
            550,
            "5.1.1 <ada@example.com>: Recipient address rejected: User unknown",
            Cause.UNKNOWN_USER,
            "5.1.1",
        ),
        (550, "No such user here", Cause.UNKNOWN_USER, None),
        (550, "5.1.1 Destinataire inconnu", Cause.UNKNOWN_USER, "5.1.1"),
        (550, "5.1.1", Cause.UNKNOWN_USER, "5.1.1"),
        (550, "Requested action not taken: mailbox unavailable", Cause.UNKNOWN_USER, None),
        (550, "5.1.2 bad destination system address", Cause.NO_DOMAIN, "5.1.2"),
        (550, "5.1.6 recipient no longer on server", Cause.MOVED, "5.1.6"),
        (556, "5.1.10 domain has null MX", Cause.NO_MAIL, "5.1.10"),
        (556, "no mail here", Cause.NO_MAIL, None),
        (450, "4.1.1 <ada@example.com> user unknown", Cause.UNKNOWN_USER, "4.1.1"),
    ],
)
def test_what_cannot_be_delivered_at_any_time_is_hard(code: int, text: str, cause: Cause, status: str | None):
    """Nobody is there, or nothing that takes mail."""
    assert classify_reply(code, text) == (Kind.HARD, cause, status)


@pytest.mark.parametrize(
    ("code", "text", "cause", "status"),
    [
        (550, "5.1.1 <ada@example.com> mailbox over quota", Cause.FULL, "5.1.1"),
        (552, "5.2.2 The email account that you tried to reach is over quota", Cause.FULL, "5.2.2"),
        (552, "sorry", Cause.FULL, None),
        (550, "5.2.1 The email account that you tried to reach is disabled", Cause.DISABLED, "5.2.1"),
        (552, "5.3.4 message size exceeds fixed limit", Cause.TOO_BIG, "5.3.4"),
        (554, "5.7.1 Service unavailable; client [192.0.2.7] blocked", Cause.BLOCKED, "5.7.1"),
        (550, "5.7.26 this message does not pass SPF", Cause.AUTHENTICATION, "5.7.26"),
        (554, "5.7.1 <ada@example.com>: Relay access denied", Cause.RELAYING, "5.7.1"),
        (550, "5.1.8 sender address rejected: domain not found", Cause.SENDER, "5.1.8"),
        (550, "5.7.1", Cause.POLICY, "5.7.1"),
        (554, "5.4.6 too many hops", Cause.LOOP, "5.4.6"),
        (450, "4.2.0 greylisted, try again in five minutes", Cause.TEMPORARY, "4.2.0"),
        (421, "4.7.0 too many connections", Cause.TOO_MANY, "4.7.0"),
        (451, "", Cause.TEMPORARY, None),
        (450, "4.1.2 domain not found", Cause.NETWORK, "4.1.2"),
        (450, "domain not found", Cause.NETWORK, None),
        (451, "4.4.4 unable to route", Cause.NETWORK, "4.4.4"),
        (450, "4.1.1", Cause.TEMPORARY, "4.1.1"),
        (504, "5.5.2 Helo command rejected: Host not found", Cause.BLOCKED, "5.5.2"),
        (550, "user unknown (in reply to end of DATA command)", Cause.UNKNOWN_USER, None),
        (550, "xyzzy", None, None),
        (550, "", None, None),
    ],
)
def test_all_else_is_soft(code: int, text: str, cause: Cause | None, status: str | None):
    """Also what is not understood: nobody is taken off for words that nobody knows."""
    assert classify_reply(code, text) == (Kind.SOFT, cause, status)


@pytest.mark.parametrize(
    "text",
    [
        "rejected, see https://example.org/user-unknown",
        "<user-unknown@example.org> was rejected",
        "rejected by unknown.user.example.org",
    ],
)
def test_names_are_not_what_a_server_says(text: str):
    """What a page, an address or a host is called decides nothing."""
    assert classify_reply(550, text)[0] is Kind.SOFT


def test_an_address_of_the_network_is_no_status():
    """Four numbers are not three."""
    assert classify_reply(550, "client 5.1.1.7 refused")[2] is None
