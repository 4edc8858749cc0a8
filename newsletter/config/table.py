"""What all tables of newsletter.toml have in common."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Table"]


class Table(BaseModel):
    """One table of the file. An unknown key is an error, because a misspelt one would do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
