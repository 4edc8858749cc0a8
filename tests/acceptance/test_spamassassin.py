"""What a spam filter makes of the digests."""

import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from support import emails

from newsletter.adapters.dkim import DkimKey, DkimSigner

pytestmark = pytest.mark.skipif(
    shutil.which("spamassassin") is None, reason="SpamAssassin is not installed: Debian's spamassassin"
)

MOST = -0.5
"""Points; a message with five is spam. Mailing lists get one off."""
REPORT = re.compile(r"Content analysis details: +\((-?[\d.]+) points.*?\n\n(.*?)\n\n", re.DOTALL)

SHOUTING = b"""From: a@example.org
Subject: FREE MONEY!!! ACT NOW
Content-Type: text/html

<p>CLICK HERE!!!</p>
"""


def judged(messages: Sequence[bytes], folder: Path) -> list[tuple[float, str]]:
    """For each message its points, and how many each rule gave. No network, and nothing remembered."""
    files = [folder / f"{number}.eml" for number in range(len(messages))]
    for file, message in zip(files, messages, strict=True):
        file.write_bytes(message)
    ended = subprocess.run(
        ["spamassassin", "-L", "-t", "--cf=use_bayes 0", "--cf=report_safe 0", *files],
        env=os.environ | {"HOME": str(folder)},
        capture_output=True,
        timeout=100,
        check=True,
    )
    reports = REPORT.findall(ended.stdout.decode("utf-8", "replace"))
    assert len(reports) == len(messages), ended.stderr
    return [(float(points), rules) for points, rules in reports]


def test_no_digest_is_spam(tmp_path: Path) -> None:
    """Signed, with the headers of a mailing list, and nothing in it that weighs against it."""
    key = tmp_path / "dkim.pem"
    subprocess.run(
        ["openssl", "genrsa", "-traditional", "-out", key, "2048"], check=True, capture_output=True
    )
    signer = DkimSigner("example.org", [DkimKey.load("papers", key)])
    names = [*itertools.product(emails.THEMES, ["en"]), ("digest", "ar")]
    found = judged([emails.message(*name, signer).data for name in names], tmp_path)
    bad = {name: found for name, found in zip(names, found, strict=True) if found[0] > MOST}
    if bad:
        pytest.fail("\n".join(f"{name}: {points}\n{rules}" for name, (points, rules) in bad.items()), False)


def test_the_judge_sees_what_is_wrong(tmp_path: Path) -> None:
    """A message that shouts, without the headers of a list."""
    [(points, rules)] = judged([SHOUTING], tmp_path)
    assert points > 1, rules
