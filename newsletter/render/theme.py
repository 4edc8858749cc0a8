"""A theme: a folder of templates that operators copy and edit, over what all themes share.

A template is looked for in the theme's folder, then in `templates/base` beside the configuration, then in the
`base` that comes with the program. `base/x` names the shared one even where the theme has an `x` of its own.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateSyntaxError,
)
from jinja2.exceptions import TemplateNotFound
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.errors import ConfigError, TemplateError
from newsletter.render.language import ENGLISH, Language

__all__ = ["EDITION_FILES", "Theme"]

EDITION_FILES = ("edition.mjml", "edition.txt", "style.css")
"""What a theme for editions must have; it may have more, for its templates to include."""
_PLAIN = (".txt", ".css")


@dataclass(frozen=True)
class Theme:
    """The templates of a few folders, in a sandbox that reaches nothing outside of them."""

    folders: tuple[Path, ...]
    """Its own, then those that it shares with others."""
    language: Language
    escaping: Environment
    """Escapes every value: for MJML and HTML."""
    plain: Environment
    """Escapes nothing: for templates named *.txt and *.css."""

    @classmethod
    def load(
        cls,
        folder: Path,
        shared: Sequence[Path] = (),
        *,
        files: Sequence[str] = EDITION_FILES,
        language: str = ENGLISH,
    ) -> Self:
        """The theme in `folder`, which must have all of `files` itself; else ConfigError. Raises it as well
        where nothing is translated into this language."""
        if not folder.is_dir():
            raise ConfigError(f"there is no theme in {folder}: name a folder that has {', '.join(files)}")
        for name in files:
            if not (folder / name).is_file():
                raise ConfigError(f"the theme in {folder} has no {name}: copy the one of the shipped theme")
        folders = (folder, *shared)
        spoken = Language.load(language, folders)
        return cls(
            folders,
            spoken,
            environment(folders, spoken, autoescape=True),
            environment(folders, spoken, autoescape=False),
        )

    @property
    def folder(self) -> Path:
        """Its own."""
        return self.folders[0]

    def file(self, template: str) -> Path:
        """Where this template is; in the theme's own folder where there is none."""
        name, folders = template, self.folders
        if template.startswith("base/"):
            name, folders = template.removeprefix("base/"), self.folders[1:]
        found = (folder / name for folder in folders if (folder / name).is_file())
        return next(found, self.folder / name)

    def read(self, name: str) -> str:
        """The text of the file `name`, as it is."""
        file = self.file(name)
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read {file}: {error}") from error

    def render(self, template: str, /, **context: Any) -> str:
        """`template` filled with `context`; TemplateError says file, line and reason."""
        environment = self.plain if template.endswith(_PLAIN) else self.escaping
        try:
            return environment.get_template(template).render(context)
        except TemplateSyntaxError as error:
            place = f"{error.filename or self.file(template)}:{error.lineno}"
            raise TemplateError(f"{place}: {error.message}") from error
        except TemplateNotFound as error:
            raise TemplateError(
                f"{self._place(error, template)}: there is no template {error.name!r} in "
                f"{' or '.join(map(str, self.folders))}"
            ) from error
        except Exception as error:  # a template can raise whatever an expression can
            raise TemplateError(f"{self._place(error, template)}: {error}") from error

    def _place(self, error: Exception, template: str) -> str:
        frames = traceback.extract_tb(error.__traceback__)
        inside = [
            frame for frame in frames if any(Path(frame.filename).is_relative_to(f) for f in self.folders)
        ]
        return f"{inside[-1].filename}:{inside[-1].lineno}" if inside else str(self.file(template))


def environment(
    folders: Sequence[Path],
    language: Language,
    *,
    autoescape: bool,
    extensions: Sequence[type[Extension]] = (),
) -> Environment:
    """Where templates of these folders are compiled; the same settings for every use of them."""
    shared = FileSystemLoader(folders[1:])
    made = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folders), PrefixLoader({"base": shared})]),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", *extensions],
    )
    texts = language.texts
    made.install_gettext_callables(  # type: ignore[attr-defined]
        texts.gettext, texts.ngettext, newstyle=True, pgettext=texts.pgettext, npgettext=texts.npgettext
    )
    made.globals["language"] = language
    return made
