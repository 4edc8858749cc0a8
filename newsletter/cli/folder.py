"""Making a newsletter's folder from what comes with the program."""

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from newsletter.bootstrap import shipped
from newsletter.errors import ConfigError

__all__ = ["make_folder", "make_secret"]


def make_folder(folder: Path, files: Mapping[str, str]) -> None:
    """Copy shipped files, or whole folders of them, to their names in `folder`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target, source in files.items():
            origin = shipped(source.partition("/")[0]) / source.partition("/")[2]
            if origin.is_dir():
                shutil.copytree(origin, folder / target)
            else:
                shutil.copyfile(origin, folder / target)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made ({error}).") from error


def make_secret(file: Path) -> None:
    """A new signing key that only this user can read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_hex(32) + "\n")
