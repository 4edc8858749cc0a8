"""The address in `[store] url`, unopened: a SQLite file, or a database of a PostgreSQL server."""

import re
from os.path import normpath
from urllib.parse import parse_qs, unquote

__all__ = ["beside", "is_server", "place_of", "without_passwords"]

_SERVER = re.compile(
    r"""(?P<server>postgres(?:ql)?://
        (?:[^:/@?]*(?::[^@]*)?@)?   # who signs in; a password may have any other sign in it
        (?P<host>\[[^\]/?]*\]|[^:/?]*)(?::(?P<port>\d*))?)
        (?:/(?P<database>[^?]*))?
        (?:\?(?P<query>.*))?""",
    re.VERBOSE | re.DOTALL,
)
_PASSWORD = re.compile(r"(://[^:/@?\s]*):.*@", re.DOTALL)
_IN_QUERY = re.compile(r"([?&]\w*password=)[^&\s]*")
_PORT = "5432"


def is_server(url: str) -> bool:
    """Not a file."""
    return _SERVER.fullmatch(url) is not None


def beside(url: str, name: str) -> str:
    """The database of this name on the same server, or the file `NAME.db` in the same folder."""
    if server := _SERVER.fullmatch(url):
        return f"{server['server']}/{name}" + (f"?{server['query']}" if server["query"] else "")
    file, question, query = (url or "sqlite:///").partition("?")
    return f"{file.rpartition('/')[0]}/{name}.db{question}{query}"


def place_of(url: str) -> str:
    """Which database it is, whoever signs in to it and however; without a password."""
    if server := _SERVER.fullmatch(url):
        query = parse_qs(server["query"] or "")
        host = unquote(server["host"].rpartition("@")[2]).lower() or ",".join(query.get("host", []))
        port = server["port"] or ",".join(query.get("port", [])) or _PORT
        return f"{host}:{port}/{unquote(server['database'] or '')}"
    return normpath(url.partition("?")[0].partition(":///")[2])


def without_passwords(text: str) -> str:
    """What may be shown of a value that may be such an address."""
    return _IN_QUERY.sub(r"\1***", _PASSWORD.sub(r"\1:***@", text))
