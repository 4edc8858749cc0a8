"""newsletter.toml and the environment, checked, as frozen Settings.

Every key may also come from the environment as NEWSLETTER_TABLE__KEY (NEWSLETTER_SMTP__HOST); the
environment wins. Secrets never stand in the file: it names the variable or the file that holds them.
An unknown key, a bad value or a missing file is a ConfigError that names it and says how to mend it.
"""

from newsletter.config.load import load_settings
from newsletter.config.secret import Secrets
from newsletter.config.tables import Settings

__all__ = ["Secrets", "Settings", "load_settings"]
