"""Telling a network that is not there from somebody in it who does not answer."""

import errno
import socket

__all__ = ["is_offline"]

_NO_WAY = (errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH)


def is_offline(error: BaseException | None) -> bool:
    """Whether what went wrong is that names cannot be asked for now, or that no way leads out of here."""
    while error is not None:
        if isinstance(error, socket.gaierror):
            return error.errno == socket.EAI_AGAIN
        if isinstance(error, OSError) and error.errno in _NO_WAY:
            return True
        error = error.__cause__ or error.__context__
    return False
