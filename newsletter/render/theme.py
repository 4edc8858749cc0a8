"""A theme: a folder of templates that operators copy and edit."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.errors import ConfigError, TemplateError

__all__ = ["DIGEST_FILES", "Theme"]

DIGEST_FILES = ("digest.mjml", "digest.css", "digest.txt")
"""What a theme for editions must have; it may have more, for its templates to include."""


@dataclass(frozen=True)
class Theme:
    """The templates of one folder, in a sandbox that reaches nothing outside of it."""

    folder: Path
    escaping: Environment
    """Escapes every value, in whatever file: for MJML and HTML."""
    plain: Environment
    """Escapes nothing: for the templates named *.txt and what they import."""

    @classmethod
    def load(cls, folder: Path, files: Sequence[str] = DIGEST_FILES) -> Self:
        """The theme in `folder`, which must have all of `files`; else ConfigError."""
        if not folder.is_dir():
            raise ConfigError(f"there is no theme in {folder}: name a folder that has {', '.join(files)}")
        for name in files:
            if not (folder / name).is_file():
                raise ConfigError(f"the theme in {folder} has no {name}: copy the one of the shipped theme")
        return cls(folder, _environment(folder, autoescape=True), _environment(folder, autoescape=False))

    def read(self, name: str) -> str:
        """The text of the file `name`, as it is."""
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read {self.folder / name}: {error}") from error

    def render(self, template: str, /, **context: Any) -> str:
        """`template` filled with `context`; TemplateError says file, line and reason."""
        environment = self.plain if template.endswith(".txt") else self.escaping
        try:
            return environment.get_template(template).render(context)
        except TemplateSyntaxError as error:
            place = f"{self.folder / (error.name or template)}:{error.lineno}"
            raise TemplateError(f"{place}: {error.message}") from error
        except Exception as error:  # a template can raise whatever an expression can
            raise TemplateError(f"{self._place(error, template)}: {error}") from error

    def _place(self, error: Exception, template: str) -> str:
        frames = traceback.extract_tb(error.__traceback__)
        inside = [frame for frame in frames if Path(frame.filename).is_relative_to(self.folder)]
        return f"{inside[-1].filename}:{inside[-1].lineno}" if inside else str(self.folder / template)


def _environment(folder: Path, *, autoescape: bool) -> Environment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
