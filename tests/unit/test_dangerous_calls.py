"""What the program's own code never does, read from its source: unpickle, evaluate, start a shell, write
SQL."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.adapters.stores.schema import metadata

PACKAGE = Path(__file__).parents[2] / "newsletter"
UNPICKLING = {
    "pickle",
    "cPickle",
    "_pickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "joblib",
    "jsonpickle",
}
EVALUATING = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.loads", "yaml.load"}
SQL = {"text", "literal_column", "exec_driver_sql", "execute", "executescript"}


def trees() -> Iterator[tuple[Path, ast.AST]]:
    """Every module of the program, migrations included."""
    for file in sorted(PACKAGE.rglob("*.py")):
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Names of modules, their first part."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
            yield from (alias.name for alias in node.names)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def made_up(node: ast.AST) -> bool:
    """A text that is put together from parts: an f-string with a value in it, `+`, `%`, format or join."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return any(isinstance(side, ast.Constant | ast.JoinedStr) for side in (node.left, node.right))
    if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith((".format", ".join")):
        return False
    return not (_is_composed(node.func) and all(_is_composed(part) for part in node.args))


def _is_composed(node: ast.AST) -> bool:
    """`SQL("... {}").format(Identifier(name))` of psycopg, which quotes each part as what it is."""
    return ast.unparse(node).startswith(("SQL(", "Identifier("))


def faults(tree: ast.AST) -> Iterator[str]:
    """What may not be there."""
    yield from (f"import {name}" for name in imported(tree) if name in UNPICKLING)
    for call in calls(tree):
        name = ast.unparse(call.func)
        if name in EVALUATING:
            yield name
        if any(keyword.arg == "shell" for keyword in call.keywords):
            yield f"{name}, shell"
        if name.rpartition(".")[2] in SQL and any(map(made_up, call.args)):
            yield f"{name}({ast.unparse(call.args[0])})"


def test_the_program_unpickles_evaluates_and_concatenates_nothing() -> None:
    """Neither from the database nor from anywhere else. One piece of SQL is put together, of own names."""
    found = {(file.name, fault) for file, tree in trees() for fault in faults(tree)}
    assert found == {("base.py", """sa.literal_column(f"'{word.value}'")""")}


def test_no_column_holds_objects() -> None:
    """Texts, numbers, times and JSON: reading them runs nothing."""
    columns = [column for table in metadata.tables.values() for column in table.columns]
    assert len(columns) > 50
    assert [column for column in columns if isinstance(column.type, sa.PickleType)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "from concurrent import pickle",
        "eval(x)",
        "os.system('ls')",
        "subprocess.run(x, shell=True)",
        "connection.execute(f'SELECT {x}')",
        "connection.execute('SELECT ' + x)",
        "sa.text('SELECT %s' % x)",
        "sa.text('SELECT {}'.format(x))",
        "sa.text(' AND '.join(x))",
    ],
)
def test_what_may_not_be_there_would_be_found(source: str) -> None:
    """In each of the ways that it is usually done."""
    assert list(faults(ast.parse(source)))
