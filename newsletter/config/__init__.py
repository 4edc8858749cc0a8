"""newsletter.toml and the environment, checked, as frozen Settings.

Every key may also come from the environment as NEWSLETTER_TABLE__KEY (NEWSLETTER_SMTP__HOST); the
environment wins. Secrets never stand in the file: it names the variable or the file that holds them.
A file may have several newsletters: each `[newsletters.NAME]` is laid over the rest of it.
An unknown key, a bad value or a missing file is a ConfigError that names it and says how to mend it.
"""

from newsletter.config.load import load_settings, newsletters_in
from newsletter.config.secret import Secrets
from newsletter.config.several import ConfigFile
from newsletter.config.tables import Settings

__all__ = ["ConfigFile", "Secrets", "Settings", "load_settings", "newsletters_in"]
