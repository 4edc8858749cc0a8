"""From rendered text back to the line of the template that wrote it."""

import re
from pathlib import Path

import mjml
import pytest
from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.render.marks import Marks
from newsletter.render.strict import find_mistake
from newsletter.render.theme import Theme
from newsletter.render.tracing import locate, offset_in_error, trace
from newsletter.render.view import view_edition

NONCE = "fedcba9876543210"


def environment(templates, **settings):
    chosen = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True} | settings
    return ImmutableSandboxedEnvironment(loader=DictLoader(templates), undefined=StrictUndefined, **chosen)


def origins(templates, name="a", settings=None, **context):
    """The template and line of each word like W12, once the text is that of a usual render."""
    made = environment(templates, **(settings or {}))
    traced = trace(made, name, context, nonce=NONCE)
    assert traced.text == made.get_template(name).render(context)
    return {word[0]: traced.origin(word.start()) for word in re.finditer(r"W\d+", traced.text)}


def lines(source, settings=None, **context):
    """The lines of the words in a template; a word names its line."""
    found = origins({"a": source}, settings=settings, **context)
    return {word: place[1] for word, place in found.items()}


def says_its_line(found):
    return found and all(int(word[1:]) == line for word, line in found.items())


@pytest.mark.parametrize(
    "source",
    [
        "W1\nW2\n\n\n  W5 W5\n",
        "{# a\nb #}\nW3\n{% set x = 1 %}\nW5 {{ x }} W5\n",
        "W1\n{%- if true -%}\n  W3\n{%- endif -%}\n\n W6",
        "W1 {{- 'a' -}}   \n\n  W3",
        "{% for n in range(2) %}\n  W2 {{ n }}\n  W3\n{% endfor %}\nW5",
        "{% raw %}\n{{ W2 }}\n{% endraw %}\nW4",
        "{% macro m() %}\n<b>W2</b>\n{% endmacro %}\nW4 {{ m() }} W4\n{{ m() }}\nW6",
        "{% macro m() %}\nW2 {{ caller() }}\nW3\n{% endmacro %}\n{% call m() %}\n <i>W6</i>{% endcall %}\nW7",
        "{% macro m() %}\n\n  W3  \n\n{% endmacro %}\n[{{ m() | trim }}] W6 {{ m() | upper }}",
        "{% macro m() %}\n  {{ '' }}\n{% endmacro %}\n{% if m() | trim %}W99{% endif %}\nW5",
        "{% macro m() %}{% if false %}W99{% endif %}{% endmacro %}\n{% if m() %}W99{% else %}W2{% endif %}",
        "{% set x %}\n<b>W2</b>\n{% endset %}\nW4\n{{ x }}\n",
        "W1 <a\n href='W2'\n title='{{ \"<\" }} W3'>\n",
        "{% filter upper %}\nW2 & w\n{% endfilter %}\nW4",
    ],
)
def test_each_word_comes_from_its_line(source):
    """Whatever Jinja does with white space, macros, calls and filters; the text is that of a usual render."""
    assert says_its_line(lines(source))
    assert says_its_line(lines(source, {"trim_blocks": False, "lstrip_blocks": False}))
    assert says_its_line(lines(source, {"autoescape": False}))


def test_values_are_no_text_of_a_template():
    """They may look like a mark, and are escaped as ever."""
    found = lines("W1 {{ value }}\nW2", value=f"<\ue000{NONCE[::-1]}_0\ue001&>")
    assert says_its_line(found)


def test_other_templates_are_named():
    """Imports, includes, and blocks of a template that extends another."""
    templates = {
        "a": "{% extends 'base' %}\n{% import 'words' as words %}\n{% block body %}\n"
        "W1 {{ words.w() }}\n{{ super() }}{% include 'part' %}{% endblock %}",
        "base": "W2\n{% block body %}\nW3\n{% endblock %}\n{% block more %}\nW4{% endblock %}",
        "words": "\n{% macro w() %}W5{% endmacro %}",
        "part": "\nW6\n",
    }
    assert origins(templates) == {
        "W1": ("a", 4),
        "W2": ("base", 1),
        "W3": ("base", 3),
        "W4": ("base", 6),
        "W5": ("words", 2),
        "W6": ("part", 2),
    }


def test_translations_are_looked_up_by_their_own_text():
    """The text inside of {% trans %} is a key, and no mark stands in it."""
    made = environment({"a": "W1\n{% trans %}Hello{% endtrans %}\nW3"}, extensions=["jinja2.ext.i18n"])
    made.install_gettext_callables({"Hello": "Hallo"}.__getitem__, max, newstyle=True)
    assert trace(made, "a", {}, nonce=NONCE).text == "W1\nHalloW3"


def test_the_environment_is_left_as_it_was():
    """Later renders have no marks."""
    made = environment({"a": "W1 {% include 'b' %}", "b": "W2"})
    trace(made, "a", {}, nonce=NONCE)
    assert made.get_template("a").render() == "W1 W2"


def test_a_line_is_known_up_to_where_marks_change_the_text():
    """And behind it; in between the file alone is named, and so it is where rendering fails."""
    made = environment(
        {"a": "one\n{% macro m() %}two{% endmacro %}\n{{ m() | length }}\n{{ m() | length }}\nfive"}
    )
    source = made.get_template("a").render()
    assert source == "one\n3\n3\nfive"
    where = [locate(made, "a", {}, source, source.index(word)) for word in ("one", "3\nfive", "five")]
    assert where == ["a:1", "a", "a:5"]
    assert locate(made, "a", {}, source, len(source)) == "a"
    wrong = environment({"a": "{% macro m() %}two{% endmacro %}{{ 1 // (m() == 'two') }}"})
    assert locate(wrong, "a", {}, "1", 0) == "a"


@pytest.fixture
def theme(tmp_path):
    (tmp_path / "parts.jinja").write_text(
        "{% macro entry(title) %}\n<p>\n  {{ title }}\n</div>\n{% endmacro %}\n", encoding="utf-8"
    )
    (tmp_path / "edition.mjml").write_text(
        '{% import "parts.jinja" as parts %}\n<mjml>\n<mj-body>\n<mj-section>\n<mj-column>\n'
        '<mj-text padding="{{ pad }}"\n  {% if broken %}colour="red"{% endif %}>é\n'
        "{{ parts.entry('a') if not broken }}</mj-text>\n"
        "</mj-column>\n</mj-section>\n</mj-body>\n</mjml>\n",
        encoding="utf-8",
    )
    return Theme.load(tmp_path, files=["edition.mjml"])


def test_a_mistake_is_located_in_the_file_that_made_it(theme):
    """In an attribute on a line of its own, and in a macro of another file."""
    for context, place in (
        ({"broken": True, "pad": "0"}, "edition.mjml:7"),
        ({"broken": False, "pad": "0"}, "parts.jinja:4"),
        ({"broken": False, "pad": "abc"}, "edition.mjml:6"),
    ):
        source = theme.render("edition.mjml", **context)
        mistake = find_mistake(source)
        assert mistake
        where = locate(theme.escaping, "edition.mjml", context, source, mistake.offset)
        assert where == str(theme.folder / place)


def test_an_error_of_mrml_names_a_byte():
    """It becomes an offset in characters, if there is one."""
    source = "<mjml><mj-body><mj-text>é🧪<?a?></mj-text></mj-body></mjml>"
    with pytest.raises(ValueError, match="position") as caught:
        mjml.mjml2html(source)
    offset = offset_in_error(str(caught.value), source)
    assert offset is not None
    assert source[offset:].startswith("<?a?>")
    assert offset_in_error("unexpected end of stream", source) is None


def test_the_shipped_theme_renders_the_same_with_marks(render_theme, render_plain_edition, render_newsletter):
    """So that the line of each of its mistakes would be known; here that of every paragraph."""
    context = {
        "edition": view_edition(render_plain_edition, render_newsletter, render_theme.language),
        "reader": Marks("0123456789abcdef", comments=True),
    }
    traced = trace(render_theme.escaping, "edition.mjml", context, nonce=NONCE)
    assert traced.text == render_theme.render("edition.mjml", **context)
    for tag in re.finditer("<(p|mj-[a-z]+|div|span)[ >]", traced.text):
        file, line = traced.origin(tag.start())
        assert tag[0] in Path(file).read_text().splitlines()[line - 1]
