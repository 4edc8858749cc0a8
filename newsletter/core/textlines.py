"""Bytes of a text file to its lines, in bounded memory."""

import codecs
from collections.abc import Iterable, Iterator

from newsletter.errors import InputError

__all__ = ["LONGEST_LINE", "text_lines"]

LONGEST_LINE = 1 << 20
"""Bytes."""
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MEND = 'save it as UTF-8 (in Excel: "CSV UTF-8")'


def text_lines(blocks: Iterable[bytes], *, name: str) -> Iterator[str]:
    """The lines with their ends, which are those of Unix, Windows or old Macs; a byte order mark is left
    out. Raises InputError, which names file, line and byte, where they are not UTF-8."""
    offset = 0
    for number, line in enumerate(_lines(blocks, name), start=1):
        if number == 1:
            _refuse_utf_16(line, name)
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            at = offset + error.start
            raise InputError(
                f"{name}:{number}: not UTF-8 (byte {at}); {_MEND}, or convert it: "
                "iconv -f WINDOWS-1252 -t UTF-8."
            ) from error
        offset += len(line)
        if text := text.removeprefix("\ufeff") if number == 1 else text:
            yield text


def _lines(blocks: Iterable[bytes], name: str) -> Iterator[bytes]:
    rest, number = b"", 0
    for block in blocks:
        lines = (rest + block).splitlines(keepends=True)
        # What ends in a carriage return may end in a line feed as well, in the next block.
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        yield from lines
        number += len(lines)
        if len(rest) > LONGEST_LINE:
            raise InputError(f"{name}:{number + 1}: a line of more than a million bytes; this is no list.")
    if rest:
        yield rest


def _refuse_utf_16(line: bytes, name: str) -> None:
    if line.startswith(_UTF_16) or b"\0" in line:
        raise InputError(f"{name}:1: this looks like UTF-16 and not like UTF-8 (byte 0); {_MEND}.")
