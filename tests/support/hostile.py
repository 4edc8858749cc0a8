"""Texts and addresses that would do harm if anything took them for more than text; the same on every run."""

import random

__all__ = ["ADDRESSES", "TEXTS", "corpus"]

TEXTS = (
    # HTML, MJML, comments
    "<script>alert(1)</script>",
    "x < 5 && y > 3",
    "</title></mj-text></mjml>",
    '<mj-include path="/etc/passwd" />',
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</td></tr></table><h1>Title",
    "</style><style>* { display: none }</style>",
    "<!--[if mso]><p>Outlook<![endif]-->",
    "a -- b --> c <!-- d",
    "]]> <![CDATA[x]]> <?xml version='1.0'?>",
    "<!DOCTYPE html><html><body>",
    "&lt;b&gt; &amp;amp; &#60;i&#62; &nbsp; &notanentity; & &#0; &#x110000;",
    "<",
    ">",
    "&",
    # Templates
    "$x_{<}$ \\frac{a}{b}",
    "{{7*7}} {% raw %} ${7*7} <%= 7*7 %>",
    "{{ reader.unsubscribe }} {{ config }} {% include 'base/style.css' %}",
    "{# comment #} {{ ''.__class__.__mro__ }} }} %} #}",
    "%(name)s %s %d {0} {title} \\1 \\g<0> $1",
    # Marks
    "__UNSUBSCRIBE__ __0123_EMAIL__ __fedcba9876543210_EMAIL__",
    "<!--__fedcba9876543210_SECTION_0_BEGIN__-->",
    # Signs
    "\"quotes\" 'and' `more` “curly” «French»",
    "back\\slash \\n \\u0041 /* css */ // url(x) ; }",
    "=3D =\n= soft= break=",
    "=?utf-8?q?encoded=20word?=",
    "Bcc: eve@example.org",
    "line one\r\nBcc: eve@example.org\r\n\r\nbody",
    ".",
    "--=_boundary--",
    "From the start",
    "tab\tand  two   spaces \u00a0and\u2003wide\u3000ones",
    # Characters
    "nul\x00 bell\x07 escape\x1b[31m next\x85line sep\u2028arator \x7f\x9b",
    "\x00\x01\x02",
    "\u202eright to left\u202c שלום \u2066isolated\u2069",
    "عنوان بالعربية \u200f(مع أقواس)\u200e",
    "emoji 🧪 👩🏽‍🔬 🏴󠁧󠁢󠁥󠁮󠁧󠁿 and lone \ud800 surrogate \udfff",
    "combining Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳",
    "zero\u200bwidth\u200cjoin\u200dsoft\u00adhyphen\ufeffmark\u2060end",
    "not \ufffe a \uffff character \U0001fffe \ufdd0 \ufffd",
    "研究：大型语言模型《测试》、①②③",
    "İstanbul ŒUVRE straße ǅ ﬃ Ⅷ K",
    "\U000e0041\U000e0042 tags \U000f0000 private \ue000",
    # Sizes
    "a" * 900,
    "wörd " * 300,
    "&" * 400,
    "'" * 400,
    "研" * 700,
    "🧪" * 350,
    "e\u0301" * 400,
    " ",
    "",
)
"""Each of them one idea."""

ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//example.org/x",
    "https://",
    "https://[::1",
    "https://example.org/\x00",
    "java\nscript:alert(1)",
    "https://example.org/\u202etxt.exe",
    "https://example.org/\ud800",
    "https://example.org/" + "a" * 2100,
    'https://example.org/"><script>alert(1)</script>',
    "https://example.org/' onclick='alert(1)",
    "https://example.org/a b?c=d e&f=<g>&amp;h=\"i\"'j'",
    "https://example.org/{{7*7}}/{% x %}/__0123_EMAIL__",
    "https://example.org/$x$/--/]]>/%zz/%20/%",
    "https://user:pass@example.org:8443/(a)[b]{c}|d|^e`f",
    "https://bücher.example/ü/研究/🧪?q=é#ñ",
    "https://xn--bcher-kva.example/",
    "https://[2001:db8::1]:443/x",
    "http://example.org/plain",
    "https://example.org/" + "a" * 300,
    "mailto:ada@example.org?subject=<b>",
    "",
)
"""Some lead somewhere, some must not."""

_PIECES = (
    *TEXTS[:45],
    *map(chr, (*range(0x20), *range(0x7F, 0xA1), *range(0x200B, 0x2010), *range(0x2028, 0x202F))),
    *map(chr, (*range(0x2060, 0x2070), 0x300, 0x301, 0x489, 0x20DD, 0xFE0F, 0xFEFF, 0xD83D, 0xDE00)),
    *"<>&\"'`{}%#$\\/=-_[]()!?;:.,~^|*+@ ",
    *("<!--", "-->", "--", "]]>", "{{", "}}", "{%", "%}", "{#", "#}", "</", "/>", "&#", "&lt", "__", "=\n"),
    *("<b>", "</b>", "<p", "<a href=", "<mj-text>", "</mj-text>", "<br/>", "<![if", "<?x", "&amp;", "&copy"),
    *("word", "Wort", "слово", "λέξη", "言葉", "كلمة", "🧪", "👩🏽‍🔬", "x" * 150),
)


def corpus(count: int, seed: int = 1) -> list[str]:
    """All of `TEXTS`, then mixtures of them and of single signs, up to so many."""
    draw = random.Random(seed)
    mixed = ["".join(draw.choices(_PIECES, k=draw.choice((1, 2, 3, 5, 9)))) for _ in range(count)]
    return [*TEXTS, *mixed][:count]
