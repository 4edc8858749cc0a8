"""What templates cannot reach, whoever wrote them; and that no text from outside is one."""

from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from newsletter.core.model import Edition, Newsletter, RankedEntry
from newsletter.errors import TemplateError
from newsletter.render.copy import Copy
from newsletter.render.theme import EDITION_FILES, Theme
from newsletter.render.view import view_edition

CANARY = "canary-in-the-environment"
ESCAPES = [
    # Classes, and from there all there is
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__']['__base__'] }}",
    "{{ (''|attr('__class__'))|attr('__mro__') }}",
    "{{ ['']|map(attribute='__class__')|join }}",
    "{{ dict.mro() }}",
    "{{ dict.__subclasses__() }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(edition) }}",
    "{{ '{0[__class__]}'.format_map({'0': edition}) }}",
    "{{ ('{0.__class__}'|e).format(edition) }}",
    # Functions, and from there their modules
    "{{ edition.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].environ }}",
    "{{ lipsum.__globals__.os.popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ gettext.__globals__ }}",
    "{{ _.__self__ }}",
    "{{ language.texts.gettext.__func__.__globals__ }}",
    "{{ range.__self__ }}",
    "{{ [].append.__self__.__class__ }}",
    "{{ (lambda: 1) }}",
    # The engine, and what an application might have put there
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context.environment }}",
    "{% macro m() %}{% endmacro %}{{ m.__class__ }}{{ m._environment }}",
    "{{ environment }}",
    "{{ context }}",
    "{{ loop }}",
    "{{ config }}",
    "{{ config.items() }}",
    "{{ settings }}",
    "{{ secret }}",
    "{{ keys }}",
    "{{ app }}",
    "{{ request }}",
    "{{ os }}",
    "{{ environ }}",
    "{{ newsletter.secret }}",
    "{{ edition.secret }}",
    # Files
    "{% include '/etc/passwd' %}",
    "{% include '../secret' %}",
    "{% include 'base/../../secret' %}",
    "{% import 'os' as os %}{{ os.environ }}",
    "{% from 'os' import environ %}",
    "{% extends '/etc/passwd' %}",
    # Changing what others see
    "{{ edition.entries.append(1) }}",
    "{{ language.__dict__.update({}) }}",
    "{% set edition.x = 1 %}",
    # Never ending
    "{{ range(10**9) | list }}",
    "{% debug %}",
    "{% do 1 %}",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A theme that is empty, beside a secret, in a process whose environment has one."""
    monkeypatch.setenv("NEWSLETTER_SECRET", CANARY)
    (tmp_path / "secret").write_text(CANARY)
    for name in EDITION_FILES:
        (tmp_path / "theme" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "theme" / name).write_text("")
    return tmp_path / "theme"


@pytest.mark.parametrize("name", ["edition.mjml", "edition.txt"])
@pytest.mark.parametrize("escape", ESCAPES)
def test_a_template_gets_nowhere(
    folder: Path, escape: str, name: str, render_plain_edition: Edition, render_newsletter: Newsletter
) -> None:
    """Neither to the interpreter nor to files, the environment or the configuration: it is a mistake in the
    template, and said as one."""
    (folder / name).write_text(escape)
    theme = Theme.load(folder)
    with pytest.raises(TemplateError):
        theme.render(name, edition=view_edition(render_plain_edition, render_newsletter, theme.language))


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_title_is_no_template(
    render_edition_of: Callable[..., Edition],
    render_entry: Callable[..., RankedEntry],
    render_copy: Callable[[Edition], Copy],
    escape: str,
) -> None:
    """The same words as those of a paper are shown as they are, and nothing is made of them."""
    copy = render_copy(render_edition_of({escape: [render_entry(1, title=escape, line=escape)]}))
    assert unescape(copy.html).count(escape) >= 2
    assert " ".join(copy.text.split()).count(escape) >= 2
