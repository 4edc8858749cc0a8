"""The same input gives the same bytes: in another process, on another machine, in another place."""

import json
import os
import subprocess
import sys
from pathlib import Path

from support.emails import ALL

TESTS = Path(__file__).parents[1]
HASHES = """
import hashlib, json
from support import emails

def digest(name, language):
    pieces = (emails.mjml(name, language), emails.html(name, language), emails.text(name, language))
    if name in emails.THEMES:
        pieces = (*pieces, emails.message(name, language).data.decode())
    return [hashlib.sha256(piece.encode()).hexdigest() for piece in pieces]

print(json.dumps({f"{name} {language}": digest(name, language) for name, language in emails.ALL[::2]}))
"""


def started(seed: str, zone: str, folder: Path) -> "subprocess.Popen[str]":
    """All emails in a process where strings hash otherwise, in another time zone, locale and folder."""
    path = os.pathsep.join([str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH", "")])
    there = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C", "PYTHONPATH": path}
    return subprocess.Popen(
        [sys.executable, "-c", HASHES],
        cwd=folder,
        env={**os.environ, **there},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_in_two_processes(tmp_path: Path) -> None:
    """Editions and letters are the same to the byte, whatever order a set or a dict of
    hashes has there."""
    processes = [started("1", "UTC", tmp_path), started("4711", "Asia/Tokyo", TESTS)]
    one, other = (json.loads(process.communicate(timeout=100)[0]) for process in processes)
    assert len(one) == len(ALL[::2])
    assert {name for name in one if one[name] != other[name]} == set()
    assert len({hashes[1] for hashes in one.values()}) == len(one)
