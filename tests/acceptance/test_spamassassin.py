"""What a spam filter makes of the digest."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support import emails

from newsletter.adapters.dkim import DkimSigner

pytestmark = pytest.mark.skipif(
    shutil.which("spamassassin") is None, reason="SpamAssassin is not installed: Debian's spamassassin"
)

MOST = -0.5
"""Points; a message with five is spam. Mailing lists get one off."""
ALL = [(theme, language) for theme in emails.THEMES for language in emails.LANGUAGES]


def judged(message: bytes, home: Path) -> tuple[float, str]:
    """The points, and the report with those of each rule."""
    ended = subprocess.run(
        ["spamassassin", "-L", "-t"],
        input=message,
        env=os.environ | {"HOME": str(home)},  # where it keeps what it remembers of senders
        capture_output=True,
        timeout=60,
        check=True,
    )
    report = ended.stdout.decode("utf-8", "replace").partition("Content analysis details:")[2]
    points = re.search(r"\((-?[\d.]+) points", report)
    assert points, ended.stderr
    return float(points[1]), report


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> DkimSigner:
    key = tmp_path_factory.mktemp("dkim") / "dkim.pem"
    subprocess.run(
        ["openssl", "genrsa", "-traditional", "-out", key, "2048"], check=True, capture_output=True
    )
    return DkimSigner.load("example.org", "papers", key)


@pytest.mark.parametrize(("theme", "language"), ALL)
def test_the_digest_is_no_spam(signer: DkimSigner, tmp_path: Path, theme: str, language: str) -> None:
    """Signed, with the headers of a mailing list, and nothing in it that weighs against it."""
    points, report = judged(emails.message(theme, language, signer).data, tmp_path)
    if points > MOST:
        pytest.fail(report, pytrace=False)


SHOUTING = b"""From: a@example.org
Subject: FREE MONEY!!! ACT NOW
Content-Type: text/html

<p>CLICK HERE!!!</p>
"""


def test_the_judge_sees_what_is_wrong(tmp_path: Path) -> None:
    """A message that shouts, without the headers of a list."""
    points, report = judged(SHOUTING, tmp_path)
    assert points > 1, report
