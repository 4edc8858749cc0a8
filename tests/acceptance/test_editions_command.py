"""editions pause, resume and resolve, as an operator types them."""

from pathlib import Path

import pytest
from support import store
from support.commands import mailbox
from support.room import READERS, Room, furnish


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """An edition for three readers, published and not sent; nobody listens at its server's port."""
    room = furnish(tmp_path, port=1)
    room.do("collect")
    room.do("publish")
    return room


def put_in_doubt(room: Room) -> None:
    store.change(room.folder, "UPDATE outbox SET state = 'unknown', attempts = 1")


def test_a_paused_edition_waits_for_its_resume(room: Room) -> None:
    """Status, list and show say that it is paused, why and how it goes on; a send leaves it alone, and after
    the resume delivers it."""
    paused = room.do("editions", "pause", 1, "--reason", "a wrong\nlink")
    assert paused["paused"] == "a wrong link"
    assert room.do("editions", "list")["editions"] == [paused]
    assert room.do("status")["paused"] == [{"number": 1, "name": "1", "reason": paused["paused"]}]
    for command in (("status",), ("editions", "list"), ("editions", "show", 1)):
        assert "Edition 1 is paused: a wrong link. `newsletter editions resume 1`" in room.say(*command)[0]
    with mailbox(room.folder) as server:
        room.configure("port = 1\n", f"port = {server.port}\n")
        assert room.do("send")["outbox"]["pending"] == len(READERS)
        assert server.count == 0
        assert room.do("editions", "resume", 1)["paused"] is None
        assert room.do("send")["outbox"]["accepted"] == len(READERS)
        assert server.recipients == sorted(READERS)
    assert room.do("status")["paused"] == []


def test_copies_in_doubt_are_decided_by_the_operator(room: Room) -> None:
    """Some by their address, the rest at once; status says how many there are and what to type."""
    put_in_doubt(room)
    for command in (("status",), ("editions", "list"), ("editions", "show", 1)):
        said = room.say(*command)[0]
        assert "nobody knows whether the server took 3 of its copies" in said
        assert "`newsletter editions resolve 1 --resend`" in said
    one = room.do("editions", "resolve", 1, "--accepted", READERS[0].upper())
    assert (one["resolved"], one["outbox"]["accepted"], one["outbox"]["unknown"]) == (1, 1, 2)
    rest = room.do("editions", "resolve", 1, "--resend")
    assert (rest["resolved"], rest["outbox"]["pending"], rest["outbox"]["unknown"]) == (2, 2, 0)
    assert "None of these copies is unknown" in room.say("editions", "resolve", 1, "--resend")[0]


@pytest.mark.parametrize("choice", [[], ["--resend", "--accepted"]])
def test_a_decision_has_to_be_said(room: Room, choice: list[str]) -> None:
    """One of the two, or nothing changes."""
    put_in_doubt(room)
    assert "either --resend or --accepted" in room.say("editions", "resolve", 1, *choice, code=2)[1]
    assert room.do("editions", "list")["editions"][0]["outbox"]["unknown"] == len(READERS)


@pytest.mark.parametrize("command", [["pause", 2], ["resume", 2], ["resolve", 2, "--resend"]])
def test_an_edition_that_there_is_not_is_named(room: Room, command: list[object]) -> None:
    """With where to look."""
    assert "no edition 2; `newsletter editions list` shows" in room.say("editions", *command, code=1)[1]
