"""From an outbox row to the bytes that go out, and what their envelope says."""

import base64
import email
import email.policy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dkim.canonicalization import CanonicalizationPolicy
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.adapters.dkim import DkimKey, DkimSigner
from newsletter.adapters.transports.commands import dot_stuffed
from newsletter.core import tokens
from newsletter.core.model import Edition, Newsletter
from newsletter.core.wishes import Wishes
from newsletter.ports import DueCopy, PublishedEdition
from newsletter.render.digest import RenderedEdition
from newsletter.services.compose import Composer

SECRET = b"0123456789abcdef0123456789abcdef"
CREATED = datetime(2026, 11, 20, 6, tzinfo=UTC)
ADA = DueCopy(17, 1, 7, "ada@example.org", "Ada Lovelace", Wishes(), 0)
KEY = rsa.generate_private_key(65537, 2048)
SIGNER = DkimSigner("example.org", [DkimKey("papers", KEY)])
RECORD = b"v=DKIM1; k=rsa; p=" + base64.b64encode(
    KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)
WISHED = st.lists(
    st.sampled_from(
        ["Vision", "agents", "paper 2", "paper 8", "Bo Li", "paper", "second sentence", "x", "é  ."]
    ),
    max_size=3,
).map(tuple)
PEOPLE = st.builds(
    DueCopy,
    id=st.integers(1, 2**40),
    edition_id=st.just(1),
    subscriber_id=st.integers(1, 2**40),
    email=st.sampled_from(
        ["ada@example.org", "o'brien&sons@example.org", "дима@example.org", "a@" + "b" * 60 + ".org"]
    ),
    name=st.text(max_size=90).filter(lambda text: "\0" not in text),
    wishes=st.builds(Wishes, topics=WISHED, keywords=WISHED, authors=WISHED, muted=WISHED),
    attempts=st.just(0),
)


@pytest.fixture(scope="module")
def published(render_rendered: RenderedEdition, render_plain_edition: Edition) -> PublishedEdition:
    rendered = render_rendered
    return PublishedEdition(1, render_plain_edition, rendered.html, rendered.text, rendered.nonce, CREATED)


@pytest.fixture(scope="module")
def composer(published: PublishedEdition, render_newsletter: Newsletter) -> Composer:
    return Composer(published, render_newsletter, SECRET, SIGNER)


@given(PEOPLE)
def test_what_is_called_ready_for_the_wire_is(composer: Composer, row: DueCopy):
    """A strict look finds nothing to refuse and nothing to stuff, with a signature and without; only an
    address in another script is left to be looked at."""
    message = composer.unsigned(row)
    if message is not None:
        assert message.wire_ready == row.email.isascii()
        for sent in (message, composer.sign(message)):
            assert sent.wire_ready == message.wire_ready
            assert dot_stuffed(sent.data) == sent.data
            assert sent.data.isascii() or not sent.wire_ready


@given(PEOPLE)
def test_a_message_is_what_was_written(composer: Composer, row: DueCopy):
    """Both parts decode to the copy; no line is longer than mail allows, and no value is missing."""
    written, message = composer.write(row), composer.unsigned(row)
    if written is None or message is None:
        assert written is message is None
        return
    text, html = email.message_from_bytes(message.data, policy=email.policy.default).iter_parts()
    assert text.get_content().replace("\r\n", "\n") == written.copy.text
    assert html.get_content().replace("\r\n", "\n") == written.copy.html
    body = message.data.partition(b"\r\n\r\n")[2]
    assert body.isascii()
    assert b"\0" not in body
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert body.count(b"\r\n") == body.count(b"\n") == body.count(b"\r")


@given(PEOPLE)
def test_its_signature_verifies(composer: Composer, row: DueCopy):
    """Its body is its own canonical form, which the signer is told and does not look at."""
    message = composer.message(row)
    if message is None:
        return
    body = message.data.partition(b"\r\n\r\n")[2]
    relaxed = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    assert relaxed.canonicalize_body(body) == body
    assert dkim.verify(message.data, dnsfunc=lambda name, **_: RECORD)


@given(st.lists(PEOPLE, min_size=2, max_size=6))
@settings(max_examples=20, deadline=None)
def test_what_is_remembered_of_one_reader_changes_nothing_for_the_next(
    composer: Composer, published: PublishedEdition, render_newsletter: Newsletter, rows: list[DueCopy]
):
    """Whoever came before, a message is the one that a new process writes."""
    after = [composer.unsigned(row) for row in rows]
    fresh = Composer(published, render_newsletter, SECRET)
    assert [fresh.unsigned(row) for row in reversed(rows)] == after[::-1]


def test_signing_apart_is_the_same(
    composer: Composer, published: PublishedEdition, render_newsletter: Newsletter
):
    """In any thread, and as often as it is asked for; without a key nothing is changed."""
    rows = [replace(ADA, subscriber_id=number) for number in range(20)]
    unsigned = [message for row in rows if (message := composer.unsigned(row))]
    with ThreadPoolExecutor(4) as threads:
        signed = list(threads.map(composer.sign, unsigned))
    assert signed == [composer.message(row) for row in rows]
    assert composer.signs
    bare = Composer(published, render_newsletter, SECRET)
    assert not bare.signs
    assert bare.sign(unsigned[0]) is unsigned[0]
    assert bare.message(rows[0]) == unsigned[0]


def test_a_bounce_names_its_row(published: PublishedEdition, render_newsletter: Newsletter):
    """Where bounces have an address, each copy has one of its own; what the reader sees stays the same."""
    newsletter = replace(render_newsletter, bounces_to=f"{'b' * 30}@papers.example.org")
    message, plain = (
        Composer(published, one, SECRET).message(ADA) for one in (newsletter, render_newsletter)
    )
    assert message
    assert plain
    assert plain.envelope.sender == "papers@example.org"
    local, _, domain = message.envelope.sender.rpartition("@")
    assert (domain, message.data) == ("papers.example.org", plain.data)
    assert len(local) <= 64
    assert tokens.read_envelope([SECRET], newsletter.id, local.partition("+")[2]) == ADA.id
    other = Composer(published, newsletter, SECRET).message(replace(ADA, id=18))
    assert other
    assert other.envelope.sender != message.envelope.sender
