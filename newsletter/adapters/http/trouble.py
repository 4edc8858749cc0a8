"""What can go wrong on the way to an address, in words that follow its name."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

__all__ = ["Trouble", "in_words"]


class Trouble(Exception):
    """Why an address gives nothing. The fetcher makes a SourceError of it that names the address."""

    def __init__(self, reason: str, *, passing: bool = False, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing
        """Another attempt may succeed."""
        self.wait = wait
        """Seconds that the server wants to be left alone."""


@contextmanager
def in_words(timeout: float) -> Iterator[None]:
    """Whatever httpx raises in here comes out as Trouble; `timeout` is the one it was given, in seconds."""
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise Trouble(f"no connection within {timeout:g} s", passing=True) from error
    except httpx.TimeoutException as error:
        raise Trouble(f"nothing came for {timeout:g} s", passing=True) from error
    except httpx.NetworkError as error:
        raise _no_connection(error) from error
    except httpx.RemoteProtocolError as error:
        raise Trouble(f"the answer is cut short or no HTTP ({_plain(error)})", passing=True) from error
    except httpx.HTTPError as error:
        raise Trouble(f"the request cannot be made ({_plain(error)})") from error


def _no_connection(error: httpx.NetworkError) -> Trouble:
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Trouble(
                f"its certificate is not accepted: {cause.verify_message}; a private authority's"
                " certificate goes into the file that SSL_CERT_FILE names"
            )
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return Trouble(f"no secure connection ({cause.reason or 'TLS failed'}); is it really https?")
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
    reason = os.strerror(numbers[-1]).lower() if numbers else "the connection broke"
    return Trouble(reason, passing=True)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _plain(error: Exception) -> str:
    return "".join(filter(str.isprintable, str(error)))[:200] or type(error).__name__
