"""The bytes of an answer, unpacked piece by piece, so that memory stays bounded whatever comes."""

import zlib
from collections.abc import Iterator

import httpx

from newsletter.adapters.http.limits import FetchLimits
from newsletter.adapters.http.trouble import Trouble

__all__ = ["ENCODINGS", "read_body"]

ENCODINGS = "gzip, deflate"
"""What we say that we can unpack."""

_STEP = 65_536
_FREE = 1_000_000
"""Up to here the ratio is not looked at: short repetitive answers pack very well."""
_MEMBERS = 1_000
_GZIP = b"\x1f\x8b"
_GZIP_OR_ZLIB, _RAW = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS


async def read_body(response: httpx.Response, limits: FetchLimits) -> bytes:
    """The whole body, unpacked. Raises Trouble if it is too large, a bomb, or not what it says it is."""
    _check_announced(response.headers.get("Content-Length", ""), limits)
    unpack = _unpacker(response.headers.get("Content-Encoding", ""))
    content = bytearray()  # grows in place, where many small parts would leave the memory in pieces
    received = 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        _check_size(received, len(content), limits)
        for part in unpack.feed(chunk):
            _check_size(received, len(content) + len(part), limits)
            content += part
    unpack.end()
    return bytes(content)


def _check_announced(length: str, limits: FetchLimits) -> None:
    if length.isdecimal() and int(length[:20]) > limits.max_bytes:
        raise _too_large(limits)


def _check_size(received: int, unpacked: int, limits: FetchLimits) -> None:
    if max(received, unpacked) > limits.max_bytes:
        raise _too_large(limits)
    if unpacked > max(_FREE, limits.max_ratio * received):
        raise Trouble(f"the answer unpacks to more than {limits.max_ratio} times its size, as a bomb would")


def _too_large(limits: FetchLimits) -> Trouble:
    return Trouble(
        f"the answer is larger than {limits.max_bytes / 1_000_000:g} MB; where such a size is right,"
        " raise max_bytes of [fetch]"
    )


class _Plain:
    """A body that is not packed."""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The parts that this chunk adds."""
        yield chunk

    def end(self) -> None:
        """Nothing more comes. Raises Trouble if something is missing."""


class _Zlib(_Plain):
    """gzip (of any number of members), zlib, or deflate without a frame, told apart by the first bytes."""

    def __init__(self) -> None:
        self._start = b""
        self._stream: zlib._Decompress | None = None
        self._members = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        try:
            yield from self._unpack(chunk)
        except zlib.error as error:
            raise Trouble(f"the packed answer is damaged ({error})") from error

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        held_back = False
        while data or held_back:
            if self._stream is None:
                data = self._begin(data)
                if self._stream is None:
                    return
            part = self._stream.decompress(data, _STEP)
            yield part
            data, held_back = self._stream.unconsumed_tail, len(part) == _STEP
            if self._stream.eof:
                data, held_back = self._stream.unused_data, False
                self._stream = None

    def _begin(self, data: bytes) -> bytes:
        """Open the next member, if there is one, and answer what it begins with."""
        data, self._start = self._start + data, b""
        if len(data) < 2:
            self._start = data
        elif not self._members or data[:2] == _GZIP:
            self._members += 1
            if self._members > _MEMBERS:
                raise Trouble(f"the packed answer has more than {_MEMBERS} members, as a bomb would")
            self._stream = zlib.decompressobj(_window(data))
        return data  # without a member: padding, which gunzip passes over as well

    def end(self) -> None:
        if self._stream or (self._start and not self._members):
            raise Trouble("the packed answer is cut short", passing=True)


def _window(data: bytes) -> int:
    """RFC 1950 and 1952: how a gzip or zlib stream begins."""
    framed = data[:2] == _GZIP or (data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0)
    return _GZIP_OR_ZLIB if framed else _RAW


def _unpacker(encoding: str) -> _Plain:
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _Zlib()
    raise Trouble(f"the answer comes packed as {encoding[:50]!r}, though {ENCODINGS} was asked for")
