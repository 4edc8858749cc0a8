"""Bring docs/errors.md up to the errors of the program: python tools/errors.py

Each table of the page stands below a comment that names the modules whose messages it has. A new message gets
a row there, one that is gone loses its row, and what a person wrote beside a message stays. `…` stands for
what a message has of the occasion.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

__all__ = ["PAGE", "messages", "renewed"]

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "errors.md"
OTHERS = frozenset({"BadParameter", "Trouble"})
"""Not in errors.py: of the command line, and what becomes a SourceError."""
MARKER = re.compile(r"<!-- (newsletter[^>]*) -->")
HEAD = ["| message | more |", "|---|---|"]
LETTERS = re.compile(r"[^\W\d_]")


def messages() -> dict[str, list[str]]:
    """The messages of each module, in their order in the file."""
    names = _own_errors() | OTHERS
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "newsletter").rglob("*.py")):
        module = file.relative_to(ROOT).as_posix()
        # What a configuration's validator says becomes a ConfigError.
        wanted = names | {"ValueError"} if module.startswith("newsletter/config/") else names
        if texts := list(dict.fromkeys(_of_module(ast.parse(file.read_text("utf-8")), wanted))):
            found[module] = texts
    return found


def renewed(page: str, found: Mapping[str, Iterable[str]]) -> str:
    """The page with a row for each of these messages and for no other."""
    lines = page.splitlines()
    groups = {name: line for line in lines if (mark := MARKER.fullmatch(line)) for name in mark[1].split()}
    of_group: dict[str, dict[str, None]] = defaultdict(dict)
    for module, texts in found.items():
        name = max((name for name in groups if module.startswith(name)), key=len)
        of_group[groups[name]] |= dict.fromkeys(map(_cell, texts))
    written = _written(lines)
    answer: list[str] = []
    in_table = False
    for line in lines:
        if in_table and (not line or line.startswith("|")):
            continue
        if in_table:
            answer.append("")
        answer.append(line)
        if in_table := bool(MARKER.fullmatch(line)):
            cells = sorted(of_group[line], key=lambda cell: re.sub(r"\W", "", cell).lower())
            rows = (f"| {cell} | {written[line, cell]} |" for cell in cells)
            answer += ["", *HEAD, *(row.replace("|  |", "| |") for row in rows)] if cells else []
    return "\n".join(answer) + "\n"


def _written(lines: Iterable[str]) -> defaultdict[tuple[str, str], str]:
    """What a person wrote beside each message of each table."""
    found: defaultdict[tuple[str, str], str] = defaultdict(str)
    group = ""
    for line in lines:
        if MARKER.fullmatch(line):
            group = line
        elif line.startswith("| `"):
            message, more = re.split(r"(?<!\\)\|", line)[1:3]
            found[group, message.strip()] = more.strip()
    return found


def _own_errors() -> frozenset[str]:
    tree = ast.parse((ROOT / "newsletter" / "errors.py").read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.ClassDef))


def _of_module(tree: ast.Module, names: frozenset[str]) -> Iterator[str]:
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).split(".")[-1] in names:
            text = re.sub("…+", "…", " ".join(_text(node.args[0], constants).split()))
            if len(LETTERS.findall(text)) > 3:
                yield text


def _text(node: ast.expr, constants: Mapping[str, str]) -> str:
    """What is always the same in it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) | ast.FormattedValue(value=ast.Name(id=name)) if name in constants:
            return constants[name]
        case ast.JoinedStr(values=parts):
            return "".join(_text(part, constants) for part in parts)
        case ast.BinOp(left=left, right=right):
            return _text(left, constants) + _text(right, constants)
    return "…"


def _cell(text: str) -> str:
    """As code in a table."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def main() -> None:
    """Write the page anew."""
    before = PAGE.read_text("utf-8")
    after = renewed(before, messages())
    PAGE.write_text(after, "utf-8")
    changed = {*after.splitlines()} ^ {*before.splitlines()}
    sys.stdout.write(f"{PAGE.name}: {len(changed)} rows changed.\n" if changed else "Nothing to do.\n")


if __name__ == "__main__":
    main()
