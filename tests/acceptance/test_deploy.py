"""What deploy/ has for systemd and Docker says what the program can do, and works."""

import json
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from support.commands import ROOT, finish
from support.dockerfile import Image, exec_form, health_command, read_stages
from support.installing import clean_environment, dependencies, new_venv
from typer.main import get_command

from newsletter.cli import app

DEPLOY = ROOT / "deploy"
SHIPPED = ("templates", "seeds", "subscribers")
PROGRAM = "/opt/newsletter/bin/newsletter"
SERVICES = sorted(file.name for file in DEPLOY.glob("*.service"))
TIMERS = sorted(file.name for file in DEPLOY.glob("*.timer"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
BUILD, FINAL = read_stages(DOCKERFILE)
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVER: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.postgresql.yaml").read_text())


def accepts(words: list[str]) -> None:
    """The command line knows this command, and all that follows it."""
    command: Any = get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


# systemd


def unit(name: str) -> dict[str, list[str]]:
    """Its keys; the names of sections stand before them."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (DEPLOY / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, sign, value = line.partition("=")
            assert sign, line
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_knows_every_key(tmp_path: Path) -> None:
    """It has nothing to say of the units, where the program is installed."""
    program = tmp_path / "newsletter"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = []
    for name in (*SERVICES, *TIMERS):
        text = (DEPLOY / name).read_text()
        assert PROGRAM in text or name in TIMERS
        units.append(tmp_path / name)
        units[-1].write_text(text.replace(PROGRAM, str(program)))
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    ours = [line for line in ended.stderr.splitlines() if "newsletter" in line]
    assert (ended.returncode, ours) == (0, [])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_what_there_is(name: str) -> None:
    """By a command that the program knows, as a user of its own, who can write to its state alone."""
    service = unit(name)
    (start,) = service["Service.ExecStart"]
    program, *words = start.split()
    assert program == PROGRAM
    accepts(words)
    assert service["Service.User"] == ["newsletter"]
    assert service["Service.ProtectSystem"] == ["strict"]
    assert service["Service.NoNewPrivileges"] == ["yes"]
    assert service["Service.UMask"] == ["0077"]
    folders = [f"/var/lib/{name}" for name in service["Service.StateDirectory"][0].split()]
    for path in re.findall(r" (/var/\S+)", start):
        assert any(Path(path).is_relative_to(folder) for folder in folders), path


@pytest.mark.parametrize("name", TIMERS)
def test_a_timer_has_its_service(name: str) -> None:
    """And makes up for a time when the machine was off."""
    assert name.replace(".timer", ".service") in SERVICES
    assert unit(name)["Timer.Persistent"] == ["true"]
    assert unit(name)["Install.WantedBy"] == ["timers.target"]


def test_a_stop_waits_for_what_is_on_its_way() -> None:
    """Longer than the ten minutes for which an answer is waited for."""
    assert unit("newsletter.service")["Service.TimeoutStopSec"] == ["11min"]
    assert unit("newsletter-worker.service")["Service.TimeoutStopSec"] == ["11min"]
    assert COMPOSE["services"]["newsletter"]["stop_grace_period"] == "11m"
    assert SERVER["services"]["worker"]["stop_grace_period"] == "11m"


# Docker

STEPS = {"WORKDIR", "COPY", "RUN", "ENV"}
ABOUT = {"USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


def test_the_image_is_not_roots_and_can_be_asked_and_stopped() -> None:
    """It knows every instruction, and starts what the program knows."""
    assert {name for stage in (BUILD, FINAL) for name, _ in stage.steps} <= STEPS | ABOUT
    assert BUILD.base == FINAL.base
    (made,) = FINAL.all("RUN")
    assert made.startswith("useradd --system")
    assert made.endswith(f" {FINAL.last('USER')}")
    assert FINAL.last("VOLUME") == FINAL.last("WORKDIR")
    assert f"--home-dir {FINAL.last('VOLUME')} --create-home" in made
    assert FINAL.last("STOPSIGNAL") == "SIGTERM"
    assert FINAL.last("EXPOSE") == FINAL.environment["NEWSLETTER_WEB__PORT"]
    assert exec_form(FINAL.last("ENTRYPOINT")) == ["newsletter"]
    accepts(exec_form(FINAL.last("CMD")))


def test_no_secret_gets_into_a_layer() -> None:
    """Only what the wheel is made of is handed over, by name."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    handed_over = {line[1:] for line in rules if line.startswith("!")}
    assert handed_over == {
        "pyproject.toml",
        "constraints.txt",
        "README.md",
        "LICENSE",
        "newsletter",
        *SHIPPED,
    }
    assert not re.search(r"(?i)password|secret|token", DOCKERFILE.replace("secrets come as files", ""))


def test_what_the_dockerfile_says_works(tmp_path: Path) -> None:
    """Its steps done one by one below a folder: the wheel is built and installed, the entry point serves, the
    health check says so, and after the stop signal that it does not."""
    environment = clean_environment(dependencies(tmp_path / "packages"))
    environment["PATH"] = f"{new_venv(tmp_path / 'base')}:{environment['PATH']}"
    state = FINAL.last("VOLUME")
    image = Image(tmp_path / "image", environment, ("/src", "/dist", "/opt/newsletter", state))
    image.build(BUILD, ROOT, (ROOT / ".dockerignore").read_text())
    assert FINAL.all("COPY") == ["--from=build /opt/newsletter /opt/newsletter"]

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    running = environment | FINAL.environment | {"NEWSLETTER_WEB__PORT": port}
    running |= {
        "PATH": image.inside(FINAL.environment["PATH"]).replace("/usr/local/bin", str(tmp_path / "base/bin"))
    }
    home = Path(image.inside(FINAL.last("WORKDIR")))
    home.mkdir(parents=True)
    start = [shutil.which("newsletter", path=running["PATH"]) or "missing"]
    assert start[0] == image.inside(PROGRAM)
    subprocess.run([*start, "init", "."], cwd=home, env=running, check=True, capture_output=True)
    health = health_command(FINAL.last("HEALTHCHECK"))
    health[0] = shutil.which(health[0], path=running["PATH"]) or "missing"

    def healthy() -> bool:
        return subprocess.run(health, cwd=home, env=running, capture_output=True, check=False).returncode == 0

    with subprocess.Popen(
        [*start, *exec_form(FINAL.last("CMD")), "--json"],
        cwd=home,
        env=running,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stdout
        assert json.loads(serving.stdout.readline())["web"].endswith(f":{port}/")
        assert healthy()
        serving.send_signal(getattr(signal, FINAL.last("STOPSIGNAL")))
        assert finish(serving, 60).returncode == 0
    assert not healthy()


# Compose

RIGHTS = {"read_only", "tmpfs", "cap_drop", "security_opt", "network_mode", "ports", "volumes", "secrets"}
RUNNING = {"restart", "stop_grace_period", "init", "profiles", "depends_on", "command", "healthcheck"}
KEYS = RIGHTS | RUNNING | {"build", "image", "environment"}


def test_compose_has_known_keys_and_nothing_open_to_the_world() -> None:
    """Ports are those of this machine only; both services are without rights, and their commands exist."""
    assert set(COMPOSE) <= {"name", "services", "volumes", "secrets"}
    for service in COMPOSE["services"].values():
        assert set(service) <= KEYS
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        accepts(list(service.get("command", ["serve"])))
    serve = COMPOSE["services"]["newsletter"]
    assert (DEPLOY / serve["build"]["context"]).resolve() == ROOT
    assert (ROOT / serve["build"]["dockerfile"]).is_file()
    assert f"127.0.0.1:8080:{FINAL.last('EXPOSE')}" in serve["ports"]
    volume, _, target = serve["volumes"][0].partition(":")
    assert volume in COMPOSE["volumes"]
    assert target == FINAL.last("VOLUME")


def test_compose_shows_how_a_secret_comes_as_a_file() -> None:
    """What is commented out is right once the signs are taken away."""
    text = (DEPLOY / "compose.yaml").read_text()
    wanted = r"^( *)# ((?:environment|secrets):|  (?:NEWSLETTER|smtp_password|- smtp).*|    file: .*)$"
    shown: dict[str, Any] = yaml.safe_load(re.sub(wanted, r"\1\2", text, flags=re.MULTILINE))
    service = shown["services"]["newsletter"]
    (name,) = service["secrets"]
    assert service["environment"] == {"NEWSLETTER_SMTP__PASSWORD_FILE": f"/run/secrets/{name}"}
    assert shown["secrets"] == {name: {"file": "smtp.secret"}}


def test_what_is_laid_over_it_has_workers_and_a_server() -> None:
    """No port is opened, no password stands there, and a worker may do as little as the others."""
    services = SERVER["services"]
    worker, database = services["worker"], services["database"]
    assert set(SERVER) <= {"services", "volumes", "secrets"}
    assert set(worker) <= KEYS
    accepts(list(worker["command"]))
    serve = COMPOSE["services"]["newsletter"]
    for key in ("image", "read_only", "cap_drop", "security_opt", "volumes", "init", "tmpfs"):
        assert worker[key] == serve[key], key
    assert not any("ports" in service for service in services.values())
    for service in (services["newsletter"], worker):
        (name,) = service["secrets"]
        url = sa.make_url(service["environment"]["NEWSLETTER_STORE__URL"])
        assert url.query["passfile"] == f"/run/secrets/{name}"
        assert (url.drivername, url.host, url.password) == ("postgresql", "database", None)
        assert url.username == url.database == database["environment"]["POSTGRES_USER"]
    (name,) = database["secrets"]
    assert database["environment"]["POSTGRES_PASSWORD_FILE"] == f"/run/secrets/{name}"
    assert {secret["file"].endswith(".secret") for secret in SERVER["secrets"].values()} == {True}
