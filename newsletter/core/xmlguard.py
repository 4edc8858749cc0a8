"""XML from outside before a parser gets it: as UTF-8, without traps, no more of it than wanted.

The parser behind expands no entity and opens no file: a document that declares entities is refused here,
and so is one that nests too deeply. What is not well-formed passes, for a parser that mends it.
"""

import codecs
import re
from xml.parsers import expat

from newsletter.errors import InputError

__all__ = ["cut_items", "to_utf8"]

_DEEPEST = 200
_CHUNK = 1 << 20

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0?\0", "utf-16-le"),
    (b"\0<\0?", "utf-16-be"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")
_KNOWN = re.compile(
    r"ascii|utf-(8|16|32)(-[bl]e)?|iso8859-\d+|cp\d+|koi8-\w|gb\w+|big5\w*|euc_\w+|shift_jis\w*|iso2022_\w+"
    r"|mac-\w+|tis-620|hz"
)
"""Python's names of character sets; its other codecs unpack, escape or take quadratic time."""
_AS_WRITTEN = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030"}
"""As browsers read them: the larger set that is meant."""

_ITEM = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:item|entry)[\s>/]")
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_ROOT = re.compile(rb"<\w")


def to_utf8(content: bytes, content_type: str, *, whole: bool = True) -> tuple[bytes, str | None]:
    """The document in UTF-8 without a byte order mark, and what is wrong with its encoding if anything.
    `whole` is False for the beginning of a document, which may end within a character.

    In the order of trust: the byte order mark, the Content-Type, the document itself; where none of these
    fits, UTF-8, and then windows-1252, which takes anything.
    """
    mark = next(((bom, name) for bom, name in _BOMS if content.startswith(bom)), (b"", ""))
    if not mark[0].startswith((b"<", b"\0<")):
        content = content[len(mark[0]) :]
    declared = mark[1] or _declared(content, content_type)
    for encoding in dict.fromkeys((declared, "utf-8")):
        if encoding:
            try:
                return _recode(content, encoding, "strict", whole), None
            except UnicodeDecodeError:
                continue
    problem = f"is not in the encoding that it names ({declared or 'utf-8'}); read as windows-1252"
    return _recode(content, "cp1252", "replace", whole), problem


def cut_items(document: bytes, limit: int, *, whole: bool = True) -> tuple[bytes, bool]:
    """The document with its first `limit` items and whether that left some out; UTF-8 in, UTF-8 out.

    `whole` is False for the beginning of a document: then its last item, which may lack its end, goes too.
    Raises InputError for a document that declares entities or nests too deeply.
    """
    survey = _Survey(limit)
    try:
        survey.read(document, whole)
    except expat.ExpatError:
        return _cut_by_look(document, limit, whole)
    if survey.place is None:
        return document, False
    ends = "".join(f"</{name}>" for name in reversed(survey.open_there))
    return document[: survey.place] + ends.encode(), True


class _Full(Exception):
    """Enough items were seen."""


class _Survey:
    """Where the items of a well-formed document begin, and what is open around them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items = 0
        self._open: list[str] = []
        self.place: int | None = None
        """Where to cut."""
        self.open_there: list[str] = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._entity

    def read(self, document: bytes, whole: bool) -> None:
        """Raises ExpatError where it is not well-formed, InputError for what is refused."""
        try:
            self._parser.Parse(document, whole)
        except _Full:
            return
        if whole:
            self.place = None

    def _start(self, name: str, _attributes: object) -> None:
        if name.rpartition(":")[2] in ("item", "entry"):
            self._items += 1
            self.place, self.open_there = self._parser.CurrentByteIndex, self._open.copy()
            if self._items > self._limit:
                raise _Full
        self._open.append(name)
        if len(self._open) > _DEEPEST:
            raise InputError(f"nests its elements more than {_DEEPEST} deep; such a document is not read")

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _entity(self, *_: object) -> None:
        raise _declares_entities()


def _declares_entities() -> InputError:
    return InputError(
        "declares entities of its own, which can grow without limit; such a document is not read"
    )


def _cut_by_look(document: bytes, limit: int, whole: bool) -> tuple[bytes, bool]:
    root = _ROOT.search(document)
    if _ENTITY.search(document, 0, root.start() if root else len(document)):
        raise _declares_entities()
    place = None
    for number, item in enumerate(_ITEM.finditer(document), start=1):
        place = item.start()
        if number > limit:
            return document[:place], True
    return (document, False) if whole or place is None else (document[:place], True)


def _declared(content: bytes, content_type: str) -> str | None:
    in_document = _DECLARED.match(content)
    in_header = _CHARSET.search(content_type)
    labels = [in_header[1] if in_header else "", in_document[1].decode() if in_document else ""]
    return next(filter(None, map(_known, labels)), None)


def _known(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name if label else ""
    except (LookupError, ValueError):
        return None
    return _AS_WRITTEN.get(name, name) if _KNOWN.fullmatch(name) else None


def _recode(content: bytes, encoding: str, errors: str, whole: bool) -> bytes:
    """Piece by piece: as text the whole would take up to four times its size."""
    decode = codecs.getincrementaldecoder(encoding)(errors).decode
    texts = (decode(content[start : start + _CHUNK]) for start in range(0, len(content), _CHUNK))
    pieces = [text.encode("utf-8", "replace") for text in texts]
    return b"".join([*pieces, decode(b"", whole).encode("utf-8", "replace")])
