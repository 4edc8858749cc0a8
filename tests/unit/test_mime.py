"""Copies to the bytes that a mail server gets."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import InputError
from newsletter.render.copy import Copy
from newsletter.render.mime import MessageHeaders, build_message
from newsletter.render.text import clean

ONCE = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Post",
    "Auto-Submitted",
    "Precedence",
    "MIME-Version",
    "Content-Type",
]
COPY = Copy.of(html="<p>é</p>\n", text="é\n")
HOSTILE = [
    "a\r\nBcc: eve@example.net",
    "a\nX: y",
    "a\u2028X: y\u2029z",
    "=?utf-8?q?=0d=0aBcc:_eve=40example.net?=",
    '"Ada" <eve@example.net>, b',
    "Ünï, eve@example.net;",
    "\\",
    '"',
    "(comment)",
    "日本語" * 40,
    "x" * 1500,
    "word " * 60,
    "\u202eab\u202c \x7f\x1b[31m",
    "🧪" * 50,
    "\ud800",
    "",
]
TEXT = st.one_of(st.text(max_size=120), st.sampled_from(HOSTILE)).filter(lambda text: "\0" not in text)


def headers(**fields):
    known = {
        "from_": "The Morning Papers <papers@example.org>",
        "to": "ada@example.org",
        "subject": "x",
        "date": datetime(2026, 11, 20, 6, tzinfo=UTC),
        "message_id": "<42.7@papers.example.org>",
        "list_id": "papers.example.org",
        "list_unsubscribe": "https://papers.example.org/unsubscribe/t0k3n",
    }
    return MessageHeaders(**{**known, **fields})


def parsed(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def check_wire(data):
    """CRLF only, ASCII only, no line that a server would break, no long encoded-word."""
    assert not re.search(rb"[^\r]\n|\r[^\n]", data)
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert max(map(len, re.findall(rb"=\?\S*\?=", data)), default=0) <= 75


class TestWholeMessage:
    @pytest.fixture
    def copy(self, render_plain_edition, render_copy):
        return render_copy(render_plain_edition)

    def test_same_input_same_bytes(self, copy, render_headers):
        """A copy that is sent again is the same message."""
        assert build_message(copy, render_headers()) == build_message(copy, render_headers())

    def test_headers(self, copy, render_headers):
        """Each header once, as the large inboxes ask."""
        message = parsed(build_message(copy, render_headers()))
        assert message.keys() == ONCE
        assert message["To"] == "Ada <ada@example.org>"
        assert message["Date"] == "Fri, 20 Nov 2026 06:00:00 +0000"
        assert message["List-Unsubscribe"] == "<https://papers.example.org/unsubscribe/t0k3n>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Precedence"] == "bulk"
        assert message["List-Post"] == "NO"

    def test_optional_headers(self, render_headers):
        """Reply-To, List-Help and a mailto beside the one https address are there when given."""
        asked = render_headers(
            reply_to="Ed <ed@example.org>",
            list_help="https://papers.example.org/",
            list_unsubscribe_mailto="u+7@example.org",
        )
        message = parsed(build_message(COPY, asked))
        assert message["Reply-To"] == "Ed <ed@example.org>"
        assert message["List-Help"] == "<https://papers.example.org/>"
        assert message["List-Unsubscribe"].endswith("t0k3n>, <mailto:u+7@example.org>")

    def test_parts(self, copy, render_headers):
        """Text first, then HTML; both come out as they went in; both are quoted-printable."""
        data = build_message(copy, render_headers())
        message = parsed(data)
        assert message.get_content_type() == "multipart/alternative"
        text, html = message.iter_parts()
        for part, subtype, content in ((text, "plain", copy.text), (html, "html", copy.html)):
            assert part.get_content_subtype() == subtype
            assert part.get_content_charset() == "utf-8"
            assert part["Content-Transfer-Encoding"] == "quoted-printable"
            assert part.get_content().replace("\r\n", "\n").rstrip("\n") == content.rstrip("\n")
            assert not part.defects
        assert not message.defects
        check_wire(data)
        assert max(map(len, data.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76

    def test_long_unsubscribe_address(self):
        """One-click needs the address whole: neither folded nor encoded."""
        url = "https://papers.example.org/unsubscribe/" + "aB3-_" * 60
        data = build_message(COPY, headers(list_unsubscribe=url))
        assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in data

    def test_body_cannot_end_its_part(self):
        """A text that looks like the boundary does not act as one."""
        boundary = parsed(build_message(COPY, headers())).get_boundary()
        copy = Copy.of(html=f"<p>--{boundary}--</p>", text=f"a\n--{boundary}\n\nb\r\n.\r\n.c \r")
        text, html = parsed(build_message(copy, headers())).iter_parts()
        assert f"--{boundary}\n" in text.get_content().replace("\r\n", "\n")
        assert f"--{boundary}--" in html.get_content()


class TestHostileHeaders:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_examples(self, text):
        """No title and no name adds, removes or changes a header."""
        self.check(text, text)

    @given(subject=TEXT, name=TEXT)
    def test_anything(self, subject, name):
        """So it is with any text."""
        self.check(subject, name)

    def check(self, subject, name):
        data = build_message(COPY, headers(subject=subject, to_name=name))
        check_wire(data)
        message = email.message_from_bytes(data)
        assert message.keys() == ONCE
        assert str(make_header(decode_header(message["Subject"].replace("\r\n", "")))) == clean(subject)
        modern = parsed(data)
        assert modern.keys() == ONCE
        assert [address.addr_spec for address in modern["To"].addresses] == ["ada@example.org"]
        if len(clean(name).encode()) < 40:
            assert modern["To"].addresses[0].display_name == clean(name)
        assert modern.get_body(("plain",)).get_content().strip() == "é"

    @pytest.mark.parametrize("field", ["subject", "to_name", "to", "from_", "message_id", "list_id"])
    def test_nul_is_refused(self, field):
        """A NUL is an attack or a fault, so nothing is sent."""
        with pytest.raises(InputError):
            build_message(COPY, headers(**{field: "a\0b@example.org"}))

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "ada",
            "ada@",
            "@example.org",
            "a b@example.org",
            "ada@example.org, eve@example.net",
            "ada@example.org>\r\nBcc: <eve@example.net",
            "<ada@example.org> AUTH=<>",
            "x> AUTH=<y@example.org",
            "alice@example.org)bob@example.com",
            "ada@example.org\u2028",
            "a" * 65 + "@example.org",
            "jü rgen@example.org",
            "jü\u00a0rgen@example.org",
            "jü\u0085rgen@example.org",
            "jü\u202ergen@example.org",
            "jü\0rgen@example.org",
            "jü<rgen@example.org",
            "jürgen>@example.org",
            "jü\r\nBcc: eve@example.net",
            "jü,eve@example.net",
            "jü@rgen@example.org",
            "ü" * 33 + "@example.org",
            "jürgen@exa\ud800mple.org",
            "j\udcffrgen@example.org",
        ],
    )
    def test_addresses_are_strict(self, address):
        """What is not one plain address is refused, and the header named."""
        with pytest.raises(InputError, match=r"^To: "):
            build_message(COPY, headers(to=address, to_name="Ada"))
        with pytest.raises(InputError, match=r"^From: "):
            build_message(COPY, headers(from_=address))

    @pytest.mark.parametrize("local", ["jürgen", "用户", "ü" * 32, "дима.ф+x"])
    def test_readers_write_in_any_script(self, local):
        """What stands before the at sign goes as it is (RFC 6532), in To alone."""
        data = build_message(COPY, headers(to=f"{local}@bücher.example", to_name="Jürgen"))
        (line,) = [line for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n") if not line.isascii()]
        assert line.endswith(f"<{local}@xn--bcher-kva.example>".encode())
        assert line.startswith((b"To: ", b" <"))
        for field in ("from_", "reply_to"):
            with pytest.raises(InputError, match="is not an address of plain ASCII"):
                build_message(COPY, headers(**{field: f"{local}@example.org"}))

    def test_domains_become_a_labels(self):
        """A domain of any script is written in ASCII."""
        message = parsed(
            build_message(COPY, headers(to="ada@bücher.example", from_='"A, B" <a@bücher.example>'))
        )
        assert message["To"].addresses[0].addr_spec == "ada@xn--bcher-kva.example"
        assert str(message["From"]) == '"A, B" <a@xn--bcher-kva.example>'

    @pytest.mark.parametrize(
        "url", ["javascript:x", "mailto:u@example.org", "https://e.org/\r\nX: y", "x" * 10, ""]
    )
    def test_unsubscribe_must_be_of_the_web(self, url):
        """List-Unsubscribe takes an address of the web and nothing else."""
        with pytest.raises(InputError, match=r"^List-Unsubscribe: "):
            build_message(COPY, headers(list_unsubscribe=url))

    @pytest.mark.parametrize("token", ["", "a b", "a>b", "a\r\nb", "ü", "a" * 901])
    def test_ids_are_single_words(self, token):
        """Message-ID and List-Id are one word each."""
        with pytest.raises(InputError, match=r"^Message-ID: "):
            build_message(COPY, headers(message_id=token))
        with pytest.raises(InputError, match=r"^List-Id: "):
            build_message(COPY, headers(list_id=token))

    def test_date_needs_a_zone(self):
        """A date without a zone could be any hour."""
        with pytest.raises(InputError, match=r"^Date: "):
            build_message(COPY, headers(date=datetime(2026, 11, 20, 6)))  # noqa: DTZ001
