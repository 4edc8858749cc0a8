"""`newsletter dkim generate`: from nothing to a signature that holds."""

import re
import stat
import tomllib
from pathlib import Path

import dkim
import pytest
from support.commands import Ended, answer, newsletter

from newsletter.adapters.dkim import DkimKey, DkimSigner
from newsletter.config import load_settings

MESSAGE = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: One\r\n\r\nhello  there \r\n\r\n"
CONFIG = """
[newsletter]
name = "Papers"
from = "Papers <papers@bücher.example>"
base_url = "https://papers.example.org"
"""
AT = ("--now", "2026-11-26T12:00:00Z")


def pasted(ended: Ended) -> dict[str, bytes]:
    """What a name server answers once the printed records are in it: the strings of each, put together."""
    found = re.findall(r"^  name   (\S+)\n  value  (.*)$", ended.stdout, re.MULTILINE)
    strings = {name: re.findall('"([^"]*)"', value) for name, value in found}
    assert all(len(part) <= 255 for parts in strings.values() for part in parts)
    return {f"{name}.": "".join(parts).encode() for name, parts in strings.items()}


def test_what_is_printed_can_be_pasted(tmp_path: Path):
    """The lines for newsletter.toml make a signer; with the record others verify what it signs."""
    (tmp_path / "newsletter.toml").write_text(CONFIG, encoding="utf-8")
    ended = newsletter("dkim", "generate", *AT, cwd=tmp_path)
    config = ended.stdout[ended.stdout.index("  [dkim]") :].replace("  ", "")
    (tmp_path / "newsletter.toml").write_text(CONFIG + config, encoding="utf-8")
    settings = load_settings(tmp_path / "newsletter.toml")
    assert settings.dkim
    assert (settings.dkim.domain, settings.dkim.selector) == ("xn--bcher-kva.example", "nl202611")
    key = settings.path(settings.dkim.key_file)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    signer = DkimSigner(settings.dkim.domain, [DkimKey.load(settings.dkim.selector, key)])
    records = pasted(ended)
    assert list(records) == ["nl202611._domainkey.xn--bcher-kva.example."]
    assert dkim.verify(signer.sign(MESSAGE), dnsfunc=lambda name, **_: records.get(name.decode()))


def test_both_keys(tmp_path: Path):
    """Two files, two records and one table; a folder is made where it is named."""
    found = answer(
        "dkim",
        "generate",
        "--domain",
        "Example.org",
        "--selector",
        "s1",
        "--type",
        "both",
        "--out",
        "keys",
        cwd=tmp_path,
    )
    assert tomllib.loads("\n".join(f'{name} = "{value}"' for name, value in found["dkim"].items())) == {
        "domain": "example.org",
        "selector": "s1",
        "key_file": "keys/dkim-s1.pem",
        "ed25519_selector": "s1-ed25519",
        "ed25519_key_file": "keys/dkim-s1-ed25519.pem",
    }
    rsa, ed25519 = found["keys"]
    assert DkimKey.load("s1", tmp_path / rsa["file"]).record == rsa["value"] == "".join(rsa["strings"])
    second = DkimKey.load("s1-ed25519", tmp_path / ed25519["file"], "ed25519_key_file")
    assert second.record == ed25519["value"]
    assert ed25519["value"].startswith("v=DKIM1; k=ed25519; p=")
    assert ed25519["name"] == "s1-ed25519._domainkey.example.org"


def test_the_configuration_says_what_is_not_asked_for(tmp_path: Path):
    """Domain and selectors of [dkim], whose keys may not be there yet."""
    table = '[dkim]\ndomain = "example.com"\nselector = "a"\nkey_file = "k"\n'
    table += 'ed25519_selector = "b"\ned25519_key_file = "l"\n'
    (tmp_path / "newsletter.toml").write_text(CONFIG + table, encoding="utf-8")
    found = answer("dkim", "generate", "--type", "both", cwd=tmp_path)
    names = [key["name"] for key in found["keys"]]
    assert names == ["a._domainkey.example.com", "b._domainkey.example.com"]


def test_no_key_is_overwritten(tmp_path: Path):
    """Neither of two where one is there, and the one that is there stays."""
    (tmp_path / "dkim-s1-ed25519.pem").write_text("a key")
    ended = newsletter(
        "dkim",
        "generate",
        "--domain",
        "example.org",
        "--selector",
        "s1",
        "--type",
        "both",
        cwd=tmp_path,
        code=1,
    )
    assert "dkim-s1-ed25519.pem exists already" in ended.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["dkim-s1-ed25519.pem"]
    assert (tmp_path / "dkim-s1-ed25519.pem").read_text() == "a key"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--domain", "exa mple.org"),
        ("--domain", "../example.org"),
        ("--domain", 'example.org"'),
        ("--domain", "a..org"),
        ("--selector", "../s1"),
        ("--selector", "s_1;"),
        ("--selector", ""),
        ("--selector", "s" * 63),
    ],
)
def test_names_are_those_of_the_dns(tmp_path: Path, option: str, value: str):
    """Anything else is refused, and no file is made."""
    given = {"--domain": "example.org", "--selector": "s1", option: value}
    ended = newsletter(
        "dkim", "generate", *(part for pair in given.items() for part in pair), cwd=tmp_path, code=1
    )
    assert option in ended.stderr
    assert not list(tmp_path.iterdir())
