"""How fast ten sources are fetched side by side, also while two misbehave. Prints JSON; see README.md."""

import argparse
import asyncio
import gzip
import json
import multiprocessing
import resource
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from multiprocessing.connection import Connection

import httpx

from newsletter.adapters.http import FetchLimits, HttpFetcher
from newsletter.errors import SourceError
from newsletter.ports import SourceMemory, SourceState, Validator

SOURCES = 10
HESITATION = 0.2
"""Seconds that a source takes to think."""
HOST = "127.0.0.1"
LIMITS = FetchLimits(timeout=5, total_timeout=3, attempts=2, backoff=0.1)


class Nothing(SourceMemory):
    """Remembers nothing, so that every page is fetched."""

    async def validators(self, source: str) -> Mapping[str, Validator]:
        return {}

    async def states(self) -> tuple[SourceState, ...]:
        return ()


def pages(megabytes: int) -> dict[str, bytes]:
    """What the server has, by path: a day's feed, a large body, and a gigabyte of zeros in a megabyte."""
    day = "".join(f"<entry><id>{n * n}</id><title>Paper {n}</title></entry>\n" for n in range(12_000))
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(1000)) + packer.flush()
    gzipped = b"Content-Encoding: gzip\r\n"
    return {
        "/feed": _answer(gzip.compress(day.encode()), gzipped),
        "/large": _answer(bytes(megabytes * 1_000_000)),
        "/bomb": _answer(bomb, gzipped),
    }


def _answer(body: bytes, headers: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n" % (headers, len(body)) + body


def serve(port: Connection, answers: dict[str, bytes]) -> None:
    """A server in a process of its own, until that is ended."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        try:
            if path == "/feed":
                await asyncio.sleep(HESITATION)
            writer.write(answers.get(path, b"HTTP/1.1 200 OK\r\n\r\n"))
            while path == "/drip":
                await asyncio.sleep(0.1)
                writer.write(b"x")
                await writer.drain()
            await writer.drain()
        except OSError:
            pass  # the client has seen enough
        finally:
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, HOST, 0)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def seconds(get: Callable[[str], Awaitable[object]], urls: Sequence[str]) -> float:
    """For all of these at once; a source that cannot be read counts as well."""
    begun = time.perf_counter()
    for answer in await asyncio.gather(*map(get, urls), return_exceptions=True):
        if isinstance(answer, BaseException) and not isinstance(answer, SourceError):
            raise answer
    return time.perf_counter() - begun


def peak_memory() -> int:
    """Of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


async def measure(base: str, megabytes: int) -> dict[str, object]:
    """Ours and bare httpx on the same server."""
    async with (
        HttpFetcher(Nothing(), LIMITS, allow_hosts=[HOST]) as fetcher,
        httpx.AsyncClient(trust_env=False, timeout=5) as client,
    ):

        async def ours(url: str) -> object:
            return await fetcher.get(url, source=url)

        feeds, large = [f"{base}/feed"] * SOURCES, [f"{base}/large"] * SOURCES
        for urls in (feeds, large):  # imports and first allocations
            await seconds(ours, urls)
        quick, bare_quick = await seconds(ours, feeds), await seconds(client.get, feeds)
        heavy, peak = await seconds(ours, large), peak_memory()
        bare_heavy = await seconds(client.get, large)
        hostile = asyncio.create_task(seconds(ours, [f"{base}/bomb", f"{base}/drip"]))
        beside = await seconds(ours, feeds[2:])
        return {
            "sources": SOURCES,
            "feeds_seconds": round(quick, 3),
            "feeds_seconds_httpx": round(bare_quick, 3),
            "feeds_seconds_one_by_one_at_least": SOURCES * HESITATION,
            "large_mb_per_second": round(SOURCES * megabytes / heavy),
            "large_mb_per_second_httpx": round(SOURCES * megabytes / bare_heavy),
            "large_peak_memory_mb": peak,
            "feeds_seconds_beside_bomb_and_drip": round(beside, 3),
            "bomb_and_drip_seconds": round(await hostile, 2),
            "total_timeout": LIMITS.total_timeout,
        }


def main() -> None:
    """Measure both in one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=20, help="size of the large body")
    megabytes = parser.parse_args().megabytes
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    server = context.Process(target=_serve_pages, args=(there, megabytes), daemon=True)
    server.start()
    try:
        figures = asyncio.run(measure(f"http://{HOST}:{here.recv()}", megabytes))
    finally:
        server.terminate()
    print(json.dumps(figures))


def _serve_pages(port: Connection, megabytes: int) -> None:
    serve(port, pages(megabytes))


if __name__ == "__main__":
    main()
