"""A theme: where its templates are found, and how its mistakes are told."""

import re
from pathlib import Path

import pytest

from newsletter.bootstrap import shipped
from newsletter.errors import ConfigError, TemplateError
from newsletter.render.digest import render_edition
from newsletter.render.html import make_html
from newsletter.render.theme import EDITION_FILES, Theme

NONCE = "0123456789abcdef"
PAGE = "<mjml><mj-body><mj-section><mj-column>\n{}\n</mj-column></mj-section></mj-body></mjml>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in EDITION_FILES:
        (tmp_path / name).write_text("")
    return tmp_path


def test_missing_folder(tmp_path):
    """A folder that is not there is named."""
    with pytest.raises(ConfigError, match=r"nowhere.*edition\.mjml, edition\.txt, style\.css"):
        Theme.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", EDITION_FILES)
def test_missing_file(folder, name):
    """A file that is not there is named."""
    (folder / name).unlink()
    with pytest.raises(ConfigError, match=re.escape(f"has no {name}")):
        Theme.load(folder)


@pytest.mark.parametrize(
    "broken",
    [
        "a\n{% if %}",
        "a\n{{ b }}",
        "a\n{{ edition.b }}",
        "a\n{{ edition.__class__.__mro__ }}",
        "a\n{{ 1 / 0 }}",
        "a\n{% include '../../../etc/passwd' %}",
    ],
)
def test_errors_name_file_and_line(folder, broken):
    """Whatever a template does wrong is reported with its file and line."""
    (folder / "edition.mjml").write_text(broken)
    with pytest.raises(TemplateError, match=r"edition\.mjml:2: \S"):
        Theme.load(folder).render("edition.mjml", edition=object())


def test_escaping(folder):
    """MJML is escaped, plain text is not."""
    for name in ("edition.mjml", "edition.txt"):
        (folder / name).write_text("{{ x }}")
    theme = Theme.load(folder)
    assert theme.render("edition.mjml", x='<">') == "&lt;&#34;&gt;"
    assert theme.render("edition.txt", x='<">') == '<">'


def test_lost_marks(folder, render_plain_edition, render_newsletter):
    """A mark where MJML keeps no text is missed at once, not in someone's inbox."""
    (folder / "edition.mjml").write_text(
        '<mjml><mj-head><mj-attributes><mj-class name="{{ reader.email }}" color="red"/></mj-attributes>'
        "</mj-head><mj-body></mj-body></mjml>"
    )
    with pytest.raises(TemplateError, match="1 marks went in and 0 came out"):
        render_edition(render_plain_edition, render_newsletter, Theme.load(folder), nonce=NONCE)


class TestSharing:
    @pytest.fixture
    def theme(self, tmp_path: Path) -> Theme:
        """A theme, the operator's base and the shipped one, each with files of some names."""
        for folder, names in (("mine", "a"), ("base", "ab"), ("shipped", "abc")):
            (tmp_path / folder).mkdir()
            for name in names:
                (tmp_path / folder / f"{name}.txt").write_text(folder)
        folders = [tmp_path / name for name in ("mine", "base", "shipped")]
        return Theme.load(folders[0], folders[1:], files=())

    def test_nearest_first(self, theme):
        """A template is the theme's own, else the operator's base's, else the shipped base's."""
        assert [theme.render(f"{name}.txt") for name in "abc"] == ["mine", "base", "shipped"]
        assert theme.file("b.txt").parent.name == "base"

    def test_base_by_name(self, theme):
        """`base/x` is the shared one, so that a theme's own x can extend it."""
        (theme.folder / "a.txt").write_text('{% include "base/a.txt" %} extended')
        assert theme.render("a.txt") == "base extended"
        assert theme.file("base/a.txt").parent.name == "base"

    def test_nothing_of_that_name(self, theme):
        """The folders that were looked into are named."""
        with pytest.raises(TemplateError, match=r"no template 'd.txt' in .*mine or .*base or .*shipped"):
            theme.render("d.txt")

    def test_own_colours_are_enough(self, tmp_path, render_plain_edition, render_newsletter):
        """A theme that only has colours of its own changes them everywhere."""
        base = shipped("templates") / "base"
        for name in EDITION_FILES:
            (tmp_path / name).write_bytes((shipped("templates") / "digest" / name).read_bytes())
        tokens = (
            (base / "tokens.jinja").read_text().replace("#A63A0F", "#0B5394").replace("#F2A27A", "#9FC5E8")
        )
        (tmp_path / "tokens.jinja").write_text(tokens)
        html = render_edition(
            render_plain_edition, render_newsletter, Theme.load(tmp_path, [base]), nonce=NONCE
        ).html
        assert html.count("#0B5394") > 20
        assert "#A63A0F" not in html
        assert "#F2A27A" not in html


class TestMistakes:
    """Each is told with the file that has it and the line in that file."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "mine").mkdir()
        (tmp_path / "base").mkdir()
        (tmp_path / "mine" / "style.css").write_text("p { color: #1B1A17 }\n")
        return tmp_path

    def make(self, folder: Path, **context: object) -> str:
        theme = Theme.load(folder / "mine", [folder / "base"], files=("style.css",))
        return make_html(theme, "page.mjml", **context).html

    @pytest.mark.parametrize(
        ("body", "line", "says"),
        [
            ("\n<mj-text>a<p>b</mj-text>", 3, "<p> is not closed"),
            ("<mj-text>\n\nx < 5</mj-text>", 4, ""),
            ('<mj-text colour="red">a</mj-text>', 2, 'no attribute "colour"; did you mean "color"'),
            ('<mj-text padding="wide">a</mj-text>', 2, "padding"),
            ("<mj-txt>a</mj-txt>", 2, "no <mj-txt>; did you mean <mj-text>"),
            ("<mj-section></mj-section>", 2, "<mj-section>"),
            ('<mj-include path="/etc/passwd" />', 2, "mj-include"),
        ],
    )
    def test_in_the_page(self, folder, body, line, says):
        """Of MJML: what is open, unknown, misplaced or misspelt; and no file is read."""
        (folder / "mine" / "page.mjml").write_text(PAGE.format(body))
        with pytest.raises(TemplateError, match=rf"mine/page\.mjml:{line}: .*{re.escape(says)}") as caught:
            self.make(folder)
        assert "root:" not in str(caught.value)

    def test_in_a_macro_of_the_base(self, folder):
        """However far from the page that uses it."""
        (folder / "base" / "parts.jinja").write_text(
            "{% macro one(x) %}\n<p>{{ x }}</p>\n{% endmacro %}\n"
            "{% macro two(x) %}\n<b>{{ x }}\n{% endmacro %}\n"
        )
        page = PAGE.format("<mj-text>{{ parts.one(1) }}{{ parts.two(x) }}</mj-text>")
        (folder / "mine" / "page.mjml").write_text('{% import "base/parts.jinja" as parts %}' + page)
        with pytest.raises(TemplateError, match=r"base/parts\.jinja:5: <b> is not closed"):
            self.make(folder, x="<i>")

    @pytest.mark.parametrize(
        ("css", "line"),
        [("\np { colr: red }", 2), ("p {\n\ncolor: red", 1), ("\n\n@media print { p {} }", 3)],
    )
    def test_in_the_style(self, folder, css, line):
        """Of CSS: a misspelt property, a brace that stays open, what cannot be inlined."""
        (folder / "mine" / "page.mjml").write_text(PAGE.format("<mj-text>a</mj-text>"))
        (folder / "mine" / "style.css").write_text(css)
        with pytest.raises(TemplateError, match=rf"mine/style\.css:{line}: \S"):
            self.make(folder)
