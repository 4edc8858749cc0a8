"""Who did what with the outbox of several senders, written down by PostgreSQL, and what of that may not be.
Each process comes as a role of its own, so that the database knows who it is.

    claim ──▶ sending ──▶ accepted, ... ──▶ release        by one process, under one fence
"""

from collections import Counter
from dataclasses import dataclass, field

import psycopg

__all__ = ["Audit", "install"]

_TABLES = """
CREATE TABLE audit (
    seq bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), who text NOT NULL,
    batch bigint, fence bigint, held boolean, was_free boolean,
    copy bigint, was text, state text
);
CREATE FUNCTION audit_batch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.fence <> OLD.fence OR (NEW.holder = '') <> (OLD.holder = '') THEN
        INSERT INTO audit (who, batch, fence, held, was_free) VALUES (session_user, NEW.id, NEW.fence,
            NEW.holder <> '', OLD.holder = '' OR OLD.until < clock_timestamp());
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION audit_copy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO audit (who, copy, was, state, batch) SELECT session_user, NEW.id, OLD.state, NEW.state, (
        SELECT id FROM batches WHERE edition_id = NEW.edition_id AND NEW.id BETWEEN first AND last);
    RETURN NULL;
END $$;
CREATE TRIGGER audit_batch AFTER UPDATE ON batches FOR EACH ROW EXECUTE FUNCTION audit_batch();
CREATE TRIGGER audit_copy AFTER UPDATE OF state ON outbox FOR EACH ROW
    WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION audit_copy();
"""


def install(url: str) -> None:
    """In this database, before anybody sends."""
    with psycopg.connect(url) as connection:
        connection.execute(_TABLES)


@dataclass
class Audit:
    """What is wrong, and whose copies were ever in doubt."""

    wrong: list[str] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)
    """By address: how often another process than the one that was sending their copy said what became of
    it."""
    claims: int = 0
    takeovers: int = 0
    """Claims of what somebody else still had."""

    @classmethod
    def of(cls, url: str) -> "Audit":
        """The whole history, in the order of the locks that the database gave out."""
        audit = cls()
        with psycopg.connect(url) as connection:
            emails = dict(connection.execute("SELECT id, email FROM outbox").fetchall())
            rows = connection.execute(
                "SELECT who, batch, fence, held, was_free, copy, was, state FROM audit ORDER BY seq"
            ).fetchall()
        holders: dict[int, tuple[str, int] | None] = {}
        senders: dict[int, str] = {}
        for who, batch, fence, held, was_free, copy, was, state in rows:
            if copy is not None:
                audit._moved(who, holders.get(batch), emails[copy], senders, copy, was, state)
            elif held:
                audit._claimed(batch, fence, holders, was_free=was_free)
                holders[batch] = (who, fence)
            else:
                if holders.get(batch) != (who, fence):
                    audit.wrong.append(f"{who} released batch {batch}, which {holders.get(batch)} had")
                holders[batch] = None
        return audit

    def _claimed(
        self, batch: int, fence: int, holders: dict[int, tuple[str, int] | None], *, was_free: bool
    ) -> None:
        self.claims += 1
        before = holders.get(batch)
        self.takeovers += before is not None
        if not was_free:
            self.wrong.append(f"batch {batch} was claimed while {before} had it")
        if before is not None and fence != before[1] + 1:
            self.wrong.append(f"batch {batch} has fence {fence} after {before}")

    def _moved(
        self,
        who: str,
        holder: tuple[str, int] | None,
        email: str,
        senders: dict[int, str],
        copy: int,
        was: str,
        state: str,
    ) -> None:
        if holder is None or holder[0] != who:
            self.wrong.append(f"{who} made {email} {state} (it was {was}), whose batch {holder} has")
        if was == "sending" and (sender := senders.pop(copy, None)) != who:
            self.doubts[email] += 1
            if state == "sending" or sender is None:
                self.wrong.append(f"{email} went on from {was} to {state} by {who}, begun by {sender}")
        if state == "sending":
            senders[copy] = who
