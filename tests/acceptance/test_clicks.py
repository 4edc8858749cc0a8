"""Links that are counted: from the mail that was sent to the figures that the operator sees."""

import re
import signal
from pathlib import Path

import httpx
import pytest
from support.commands import finish, mailbox, ready, started
from support.room import DUE, READERS, Room, furnish

LATER = "2026-03-11T09:00:00+00:00"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize("by_reader", ["false", "true"])
def test_from_the_mail_to_the_figures(tmp_path: Path, by_reader: str) -> None:
    """Every link of a mail that was sent leads to its entry's page, and a forged one nowhere; one person's
    click is counted as that, and a scanner's sweep over all links is not."""
    (tmp_path / "server").mkdir()
    with mailbox(tmp_path / "server") as inbox:
        room = furnish(tmp_path, inbox.port)
        room.configure("[schedule]", f"[clicks]\nenabled = true\nby_reader = {by_reader}\n\n[schedule]")
        room.do("run")
        copies = {message.recipient: message.message for message in inbox.received}
    parts = [str(copies[READERS[0]].get_body((kind,)).get_content()) for kind in ("html", "plain")]
    links = [set(re.findall(r"https://papers\.example\.org(/c/[\w/-]+)", part)) for part in parts]
    assert links[0] == links[1]
    assert "arxiv.org" not in "".join(parts)

    with started("serve", "--now", LATER, "--json", cwd=room.folder) as process:
        with httpx.Client(base_url=ready(process)["web"], timeout=10) as web:
            web.headers["User-Agent"] = FIREFOX
            # As a proxy on this machine says who asks.
            scanner = {"X-Forwarded-For": "192.0.2.1"}
            found = {link: web.get(link, headers=scanner) for link in links[0]}
            assert {answer.status_code for answer in found.values()} == {302}
            leads = {answer.headers["Location"]: link for link, answer in found.items()}
            assert leads.keys() == {f"https://arxiv.org/abs/2603.{number:05}" for number in range(1, 6)}
            liked = leads["https://arxiv.org/abs/2603.00002"]
            assert web.get(liked).status_code == 302
            forged = liked[:3] + ("B" if liked[3] == "A" else "A") + liked[4:]
            assert web.get(forged).status_code == 404
        process.send_signal(signal.SIGTERM)
        assert finish(process).returncode == 0

    clicks = room.do("editions", "show", 1, now=LATER)["clicks"]
    ranks = rank_of(room)
    assert [(row["rank"], row["people"]) for row in clicks if row["people"]] == [(ranks["Paper 2"], 1)]
    assert sum(row["machines"] for row in clicks) == 5
    said = room.say("editions", "show", 1, now=LATER)[0]
    assert "Before each title its clicks by people, 1 in all; 5 more by machines" in said
    assert f"{ranks['Paper 2']}. 1 Paper 2 on subject 2" in said


def rank_of(room: Room) -> dict[str, int]:
    """By the beginning of the title."""
    content = room.do("editions", "show", 1, now=DUE)["content"]
    items = [item for section in content["sections"] for item in section["entries"]] + content["also"]
    return {item["entry"]["title"][:7]: item["rank"] for item in items}
