"""The secrets, which are never in newsletter.toml itself."""

import os
from collections.abc import Mapping

from newsletter.config.mailing import ServerTable
from newsletter.config.tables import Settings
from newsletter.errors import ConfigError

__all__ = ["Secrets"]


class Secrets:
    """Where secrets are read: from the environment, else from the file that the configuration names.

    A secret never gets into a message or a log; errors say where it was looked for.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
        self._settings = settings
        self._environ = environ

    def signing_keys(self) -> tuple[bytes, ...]:
        """The keys of links, Message-IDs and tokens, with white space between them: the first signs, and what
        any of them has signed is good. Each of at least 16 characters."""
        table = self._settings.newsletter
        value = self._find(table.secret_env, table.secret_file)
        if value is None:
            raise ConfigError(
                f"[newsletter] secret: the environment has no {table.secret_env}"
                + (
                    f" and {self._settings.path(table.secret_file)} does not exist"
                    if table.secret_file
                    else ""
                )
                + ". Set one of them to 32 random characters (`openssl rand -hex 32`) and keep it: "
                "unsubscribe links of sent mail stop working without it."
            )
        keys = value.split()
        if min(map(len, keys), default=0) < 16:
            raise ConfigError(
                "[newsletter] secret: a key is shorter than 16 characters; take 32 random ones without "
                "spaces, which stand between a new key and those before it."
            )
        return tuple(key.encode() for key in keys)

    def smtp_password(self, table: ServerTable) -> str | None:
        """None where no user name is configured for this server."""
        if table.username is None:
            return None
        value = self._find(table.password_env, table.password_file)
        if value is None:
            raise ConfigError(
                f"[smtp] username is set for {table.host}, but there is no password: put it into the "
                f"environment as {table.password_env or '(set password_env)'}, or into a file and name it as "
                "password_file."
            )
        return value

    def api_tokens(self) -> tuple[str, ...]:
        """Those that programs may use the API with, with white space between them; "read:" in front of one
        says that it changes nothing. Each of at least 24 characters; none where there is no API."""
        table = self._settings.api
        tokens = (self._find(table.token_env, table.token_file) or "").split()
        if min((len(token.removeprefix("read:")) for token in tokens), default=24) < 24:
            raise ConfigError(
                "[api] token: one is shorter than 24 characters; take random ones (`openssl rand -hex 24`)."
            )
        if not all(map(str.isascii, tokens)):
            raise ConfigError("[api] token: one has characters outside ASCII, which no header can carry.")
        if table.token_file and not tokens:
            raise ConfigError(
                f"[api] token_file: {self._settings.path(table.token_file)} has no token; write one into it "
                "(`openssl rand -hex 24`), or take the key out, and there is no API."
            )
        return tuple(tokens)

    def dashboard_token(self) -> str | None:
        """With which the dashboard and the metrics are shown to whoever asks from elsewhere; at least 24
        characters. None where they are shown to this machine alone."""
        table = self._settings.dashboard
        token = self._find(table.token_env, table.token_file) or ""
        if token and (len(token) < 24 or not token.isascii() or len(token.split()) != 1):
            raise ConfigError(
                "[dashboard] token: take one of at least 24 characters, ASCII and without spaces "
                "(`openssl rand -hex 24`)."
            )
        if table.token_file and not token:
            raise ConfigError(
                f"[dashboard] token_file: {self._settings.path(table.token_file)} has no token; write one "
                "into it (`openssl rand -hex 24`), or take the key out."
            )
        return token or None

    def password(self, variable: str | None, file: str | None, place: str, keys: str = "password") -> str:
        """What is named in this place of the configuration by two keys that end in _env and _file."""
        value = self._find(variable, file)
        if not value:
            raise ConfigError(
                f"{place}: there is no {keys.replace('_', ' ')}: put it into the environment as "
                f"{variable or f'(set {keys}_env)'}, or into a file and name it as {keys}_file."
            )
        return value

    def _find(self, variable: str | None, file: str | None) -> str | None:
        if variable and self._environ.get(variable):
            return self._environ[variable]
        if file is None:
            return None
        try:
            return self._settings.path(file).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise ConfigError(f"{str(self._settings.path(file))!r}: cannot be read ({error}).") from None
