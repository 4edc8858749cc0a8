"""Installing as a user does, without a network: what the tests run with stands in for the package index."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from support.commands import ROOT

__all__ = ["build_wheel", "clean_environment", "dependencies", "new_venv"]


def build_wheel(folder: Path) -> Path:
    """Built from the checkout."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (built,) = folder.glob("newsletter-*-py3-none-any.whl")
    return built


def dependencies(folder: Path) -> Path:
    """A folder with all that is installed here but newsletter itself, for PYTHONPATH: pip finds there what
    it would have fetched, and checks the versions."""
    folder.mkdir()
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if package.suffix != ".pth" and not package.name.startswith(("newsletter", "__editable__")):
            (folder / package.name).symlink_to(package)
    return folder


def clean_environment(packages: Path) -> dict[str, str]:
    """Without the checkout, and without a network for pip. Coverage is about the checkout: lines run in a
    copy of it would have no source when that is gone."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COVERAGE_", "NEWSLETTER_", "PYTHON", "VIRTUAL_ENV"))
    }
    offline = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    return environment | offline | {"PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"}


def new_venv(folder: Path) -> Path:
    """Empty, but for pip; answers its programs."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    return folder / "bin"
