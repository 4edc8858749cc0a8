"""Abstracts as plain prose: without mark-up, addresses and labels, and cut into whole sentences."""

import re

__all__ = ["capitalised", "clean", "sentences", "spelled_out", "without_asides"]

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "theta": "θ", "lambda": "λ",
    "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "omega": "ω",
    "times": "×", "approx": "≈", "sim": "~", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
}  # fmt: skip
_LABELS = (
    "abstract|aims?|availability(?: and implementation)?|background|conclusions?|findings|introduction|"
    "materials and methods|methods?|motivation|objectives?|purpose|results?|significance|summary"
)
_CLEANING: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (sign, re.compile(pattern), replacement)
    for sign, pattern, replacement in (
        ("](", r"\[([^\]]+)\]\(\S+?\)", r"\1"),  # a Markdown link keeps its text
        ("://", r"https?://\S*[^\s.,;:)]", ""),
        ("www.", r"www\.\S*[^\s.,;:)]", ""),
        ("/", r"\b[\w.-]+\.(?:com|org|io|net|ai|ms|edu)/\S*[^\s.,;:)]", ""),
        ("\\", r"\\(?:textbf|textit|texttt|emph|text|mathrm|mathbf|url)\s*\{([^{}]*)\}", r"\1"),
        ("\\", r"\\[,;!]", ""),
        ("**", r"\*\*", ""),
        ("$", r"(?<!\\)\$", ""),
        ("\\", r"\\([%&_#{}$])", r"\1"),
        ("~", r"(?<=\w)~", " "),
        ("x201", r"(?<=\w)x201[34](?=\w)", " – "),
        ("(", r"\((?<=[a-z]{3}\()(?=[A-Za-z])", " ("),
        ("``", r"``", '"'),
        ("''", r"''", '"'),
        ("times", r"(\d)times(?=\d|\b)", r"\1×"),
        ("i.", r"\bi\.\s*i\.\s*d\b\.?", "i.i.d."),
        ("--", r"\s*(?<!-)--+(?!-)\s*", " – "),
        ("%", r"(?<=\. )%\s*", ""),
        ("  ", r" +", " "),
        ("(", r"\(\s*\)", ""),
        ("[", r"\[\s*\]", ""),
        *((f" {mark}", rf" +(\{mark}(?: |$))", r"\1") for mark in ",;:.!?)"),
        (":", rf"(?:^|(?<=[.!?] ))(?i:{_LABELS}):\s+(?=[A-Z])", ""),
    )
)
"""What is replaced, each with a sign that must be there first: to look for it costs next to nothing."""
_MACRO = re.compile(r"\{?\\([a-z]+)\}?(?![a-zA-Z])|\b([a-z]{2,7})(?=_)")
_POWER = re.compile(r"\^\{?(\d+)\}?")
_BRACES = re.compile(r"\{([^{}]*)\}")

_BOUNDARY = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"'“‘(\[]?(?:[A-Z0-9Α-Ωμ]|[a-z]+[A-Z]))")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|figs?|eqs?|sec|tab|vs|cf|resp|approx|w\.r\.t|dr|mr|mrs|prof|st|no|vol|refs?|"
    r"app|thm|a\.k\.a|i\.i\.d|u\.s|[a-z])|^\W*\d{1,2})\.$",
    re.IGNORECASE,
)


_ASIDE = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
_DEFINED = re.compile(r"\(([A-Z][A-Za-z-]*[A-Z])\)")
_HOUSEHOLD = frozenset(
    [
        *("AI", "API", "BERT", "CoT", "CNN", "CPU", "DPO", "GAN", "GPT", "GPU", "LLM", "LoRA", "ML", "MLLM"),
        *("MoE", "NLP", "PEFT", "RAG", "RL", "RLHF", "SFT", "VLM"),
    ]
)
"""Abbreviations that readers of the field do not need spelled out."""


def clean(text: str) -> str:
    """The text on one line, without addresses, mark-up and the labels of structured abstracts."""
    text = " ".join(text.split())
    if "\\" in text or "_" in text:
        text = _MACRO.sub(_letter, text)
    if "^" in text or "{" in text:
        text = _POWER.sub(lambda found: found[1].translate(_SUPERSCRIPTS), text)
        text = _BRACES.sub(r"\1", text).replace("^*", "*")
    for sign, pattern, replacement in _CLEANING:
        if sign in text:
            text = pattern.sub(replacement, text)
    return text.strip()


def sentences(text: str) -> list[str]:
    """The sentences of a text on one line, in order; abbreviations, decimals and brackets do not end one."""
    found, start = [], 0
    for boundary in _BOUNDARY.finditer(text):
        if _ends_sentence(text, start, boundary):
            found.append(text[start : boundary.end()].strip())
            start = boundary.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if any(character.isalpha() for character in sentence)]


def without_asides(sentence: str) -> str:
    """The sentence without what it says in brackets."""
    return _ASIDE.sub("", sentence).strip() if "(" in sentence or "[" in sentence else sentence


def capitalised(text: str) -> str:
    """The first letter as a capital, unless the first word is written with inner capitals (mT5, iBOT)."""
    first = text.split(" ", 1)[0]
    return text if any(letter.isupper() for letter in first[1:]) else text[:1].upper() + text[1:]


def spelled_out(line: str, text: str) -> str:
    """The line with those abbreviations in words that `text` defines and the line does not."""
    for defined in _DEFINED.finditer(text):
        short = defined[1]
        if short in line and short not in _HOUSEHOLD and f"({short})" not in line:
            meaning = _meaning(text[: defined.start()].rsplit(None, 8)[-8:], short)
            if meaning and meaning not in line:
                alone = re.compile(rf"(?<![\w(-]){re.escape(short)}(?![\w)-])")
                line = capitalised(alone.sub(meaning, line, count=1))
    return line


def _meaning(words_before: list[str], short: str) -> str:
    """The last of these words whose initials make the abbreviation, or ''."""
    wanted = [letter.casefold() for letter in short if letter.isalpha()]
    for start in range(len(words_before) - 1, -1, -1):
        initials = [part[0].casefold() for word in words_before[start:] for part in word.split("-") if part]
        if initials == wanted and all(word[-1].isalnum() for word in words_before[start:]):
            return " ".join(words_before[start:])
    return ""


def _ends_sentence(text: str, start: int, boundary: re.Match[str]) -> bool:
    stop, end = boundary.start() + 1, boundary.end()
    if text[boundary.start()] == "." and _ABBREVIATION.search(text[max(start, stop - 12) : stop]):
        return False
    opened, closed = text.rfind("(", start, end), text.rfind(")", start, end)
    return not (opened > closed and -1 < text.find(")", end) - end < 200)


def _letter(found: re.Match[str]) -> str:
    macro, plain = found.groups()
    return _GREEK.get(macro, macro) if macro else _GREEK.get(plain, plain)
