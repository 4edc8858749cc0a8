"""One copy of an edition to one address, at once and beside the ledger: for the operator's own eyes."""

from newsletter.core.delivery import Reply
from newsletter.core.model import Subscriber
from newsletter.errors import NotFound
from newsletter.ports import DueCopy, Transport
from newsletter.services.compose import Composer

__all__ = ["send_test"]


async def send_test(composer: Composer, person: Subscriber, transport: Transport) -> Reply:
    """What the mail server said of it. The links are nobody's, so that a copy which is passed on unsubscribes
    nobody. Raises DeliveryError, and NotFound where this person has muted all of the edition."""
    row = DueCopy(0, 0, 0, person.email, person.name, person.wishes, 0)
    message = composer.message(row)
    if message is None:
        raise NotFound(f"{person.email} has muted all of this edition, and would get no copy.")
    async with transport.session() as session:
        return await session.send(message)
