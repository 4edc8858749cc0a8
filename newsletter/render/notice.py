"""A notice to the operator as a mail: plain, in English, in no theme, so that no theme can break it."""

import textwrap
from functools import cache

from jinja2 import Environment, StrictUndefined, Template

from newsletter.core.notices import Notice
from newsletter.render.copy import Copy
from newsletter.render.text import clean

__all__ = ["render_notice"]

_WIDTH = 76

_HTML = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{ headline }}</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; padding: 24px 16px; background: #f4f4f2; color: #1d1d1b; \
font: 16px/1.5 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
.card { max-width: 600px; margin: 0 auto; padding: 24px; background: #ffffff; border-radius: 8px; \
border-top: 4px solid #2f7d4f; }
.card.bad { border-color: #b3261e; }
.card.warning { border-color: #b26a00; }
.card.quiet, .card.empty { border-color: #8a8a86; }
h1 { margin: 0 0 12px; font-size: 20px; line-height: 1.3; overflow-wrap: anywhere; }
h2 { margin: 24px 0 8px; font-size: 16px; }
p { margin: 0 0 12px; }
table { width: 100%; border-collapse: collapse; font-size: 15px; }
th { width: 112px; padding: 6px 12px 6px 0; text-align: left; vertical-align: top; font-weight: 400; \
color: #62625e; }
td { padding: 6px 0; vertical-align: top; overflow-wrap: anywhere; }
code { display: block; margin: 4px 0 0; padding: 8px 12px; background: #f4f4f2; border-radius: 4px; \
font: 14px/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.foot { max-width: 600px; margin: 16px auto 0; font-size: 13px; color: #62625e; }
@media (prefers-color-scheme: dark) {
body { background: #161615; color: #ececea; }
.card { background: #242422; }
th, .foot { color: #a9a9a4; }
code { background: #161615; }
}
</style>
</head>
<body>
<div class="card {{ tone }}">
<h1>{{ mark }} {{ headline }}</h1>
{% if text %}
<p>{{ text }}</p>
{% endif %}
{% if facts %}
<table>
{% for name, value in facts %}
<tr><th scope="row">{{ name }}</th><td>{{ value }}</td></tr>
{% endfor %}
</table>
{% endif %}
{% if steps %}
<h2>What to do</h2>
{% for step in steps %}
<p>{{ step.what }}<code>{{ step.command }}</code></p>
{% endfor %}
{% endif %}
</div>
<p class="foot">{{ footer }}</p>
</body>
</html>
"""


def render_notice(notice: Notice, newsletter: str) -> Copy:
    """Both parts; `newsletter` is its name."""
    footer = (
        f"{clean(newsletter)} tells you this because [operator] mail of its newsletter.toml has your address."
    )
    html = _template().render(
        headline=clean(notice.headline),
        mark=notice.tone.value,
        tone=notice.tone.name.lower(),
        text=clean(notice.text),
        facts=[(name, clean(value)) for name, value in notice.facts],
        steps=notice.steps,
        footer=footer,
    )
    return Copy.of(html, _text(notice, footer))


@cache
def _template() -> Template:
    """Compiled when it is first needed, which in most runs is never."""
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string(_HTML)


def _text(notice: Notice, footer: str) -> str:
    width = max((len(name) for name, _ in notice.facts), default=0) + 2
    facts = [
        _filled(clean(value), first=name.ljust(width), indent=" " * width) for name, value in notice.facts
    ]
    steps = [f"{step.what}\n    {step.command}" for step in notice.steps]
    parts = (
        _filled(f"{notice.tone} {clean(notice.headline)}"),
        _filled(clean(notice.text)),
        "\n".join(facts),
        "\n".join(steps),
        f"--\n{_filled(footer)}",
    )
    return "\n\n".join(filter(None, parts)) + "\n"


def _filled(text: str, first: str = "", indent: str = "") -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
