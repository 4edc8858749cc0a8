"""`newsletter preview --watch`, started as a person starts it while they edit a theme."""

import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from support.commands import answer, newsletter, ready, started


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of somebody who has just begun."""
    folder = tmp_path_factory.mktemp("begun") / "morning"
    newsletter("init", folder, cwd=folder.parent)
    newsletter("collect", cwd=folder)
    return folder


@pytest.fixture
def folder(collected: Path, tmp_path: Path) -> Path:
    """A copy of it, to be edited."""
    return Path(shutil.copytree(collected, tmp_path / "morning"))


@contextmanager
def listening(web: str) -> Iterator[Iterator[str]]:
    """The versions that the server tells of."""
    with httpx.stream("GET", f"{web}changes", timeout=20) as stream:
        yield (line.removeprefix("data: ") for line in stream.iter_lines() if line)


def test_an_afternoon_of_editing(folder: Path) -> None:
    """An edit is seen by whoever looks; a mistake is a page and a line with file and line; mended, the
    email is back; a new name for the newsletter is seen too; and stopping is no failure."""
    words, config = folder / "templates/base/words.jinja", folder / "newsletter.toml"
    original = words.read_text()
    with started("preview", "--watch", "--port", "0", "--out", "seen", "--json", cwd=folder) as process:
        where = ready(process)
        assert set(where) == {"web"}
        web = where["web"]
        with httpx.Client(base_url=web, timeout=20) as browser, listening(web) as versions:
            first = next(versions)
            assert f'data-version="{first}"' in browser.get("/").text
            assert "More like this" in browser.get("/email.html").text

            words.write_text(original.replace("More like this", "Many more of these"))
            second = next(versions)
            assert "Many more of these" in browser.get("/email.html").text
            assert f'data-version="{second}"' in browser.get("/").text
            assert "Many more of these" in (folder / "seen/email.html").read_text()

            words.write_text(original + "{{ oops")
            next(versions)
            problem = browser.get("/")
            assert problem.status_code == 500
            assert f"words.jinja:{original.count(chr(10)) + 1}: " in problem.text

            words.write_text(original)
            assert next(versions) == first
            assert browser.get("/").status_code == 200

            # As many editors save: a new file in place of the old.
            changed = config.with_suffix(".new")
            changed.write_text(config.read_text().replace('name = "Morning Papers"', 'name = "Late Papers"'))
            changed.replace(config)
            next(versions)
            assert "Late Papers · No. 1" in browser.get("/").text
            process.send_signal(signal.SIGTERM)
            assert list(versions) == []
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (0, "")
    (line,) = err.splitlines()
    assert "words.jinja:" in line
    assert answer("editions", "list", cwd=folder)["editions"] == []


def test_a_theme_that_is_broken_from_the_start(folder: Path) -> None:
    """The server starts all the same and shows the mistake, to be mended."""
    template = folder / "templates/digest/edition.mjml"
    original = template.read_text()
    template.write_text("{% for %}\n" + original)
    with started("preview", "--watch", "--port", "0", cwd=folder) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("Look at  http://127.0.0.1:")
        web = line.split()[-1]
        assert "edition.mjml:1: " in httpx.get(web, timeout=20).text
        with listening(web) as versions:
            next(versions)
            template.write_text(original)
            next(versions)
        assert httpx.get(web, timeout=20).status_code == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Renewed" in out
    assert "edition.mjml:1: " in err


def test_it_is_reached_from_this_machine_only(folder: Path) -> None:
    """Another address of the machine is not listened on, another name not answered."""
    with started("preview", "--watch", "--port", "0", "--json", cwd=folder) as process:
        web = httpx.URL(ready(process)["web"])
        assert httpx.get(web, headers={"Host": "papers.example.org"}, timeout=20).status_code == 400
        with closing(socket.socket()) as other:
            assert other.connect_ex(("127.0.0.2", web.port or 0)) != 0


def test_one_of_out_and_watch_is_needed(folder: Path) -> None:
    """Without both the command is misspelt, and it says what there is."""
    said = " ".join(newsletter("preview", cwd=folder, code=2).stderr.split())
    assert "--out" in said
    assert "--watch" in said


def test_what_no_edit_can_mend_ends_it(folder: Path) -> None:
    """A reader who is not on the list is said at once, as without --watch."""
    failed = newsletter("preview", "--watch", "--port", "0", "--as", "no@example.org", cwd=folder, code=1)
    assert "no@example.org" in failed.stderr


def test_a_port_in_use_is_a_clear_failure(folder: Path) -> None:
    """It names the option that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = newsletter("preview", "--watch", "--port", port, cwd=folder, code=1)
    assert f"port {port}" in failed.stderr
    assert "--port" in failed.stderr
