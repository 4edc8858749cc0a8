"""Messages that nobody need act upon: absences, receipts. And those of readers who want to leave."""

import re

from newsletter.core.bounces.reading import Returned, header

__all__ = ["is_auto_reply", "is_unsubscribe"]

_HEADERS = (
    *("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Autoresponder", "X-AutoReply-From"),
    "X-Mail-Autoreply",
)
_PRECEDENCE = ("auto_reply", "auto-reply", "autoreply")
_SUBJECTS = (
    r"auto(?:matic|mated)?[ _-]?(?:repl|respon|answer|generated repl)",
    r"out[ -]of[ -](?:the[ -])?office|away (?:from|until)|i am (?:away|on vacation|out of)",
    r"on (?:vacation|holiday|leave) (?:from|until|till)|vacation (?:repl|notice|message)",
    r"automatische[sr]? (?:antwort|antwoord|beantwoording)|abwesend|abwesenheit|nicht im (?:büro|haus)",
    r"afwezig|niet aanwezig|automatisk svar|autosvar|frånvaro|fravær|poissaolo|automaattinen",
    r"r[ée]ponse automatique|absence du bureau|absente? (?:du|jusqu)|message d.absence",
    r"respuesta autom|fuera de (?:la )?oficina|ausente (?:de|hasta)|resposta autom|ausência|fora do escrit",
    r"risposta automatica|fuori (?:sede|ufficio)|assente (?:dal|fino)",
    r"autoodpowied|odpowied[źz] automatyczna|automatická odpov|automatikus v[áa]lasz|r[ăa]spuns automat",
    r"автоответ|автоматический ответ|автоматична відповідь|otomatik yan[ıi]t",
    r"自動(?:応答|返信|回覆)|不在(?:の|通知|連絡)|自动(?:回复|答复)|자동 ?(?:응답|회신)|부재 ?중",
)
_SUBJECT = re.compile(
    rf"(?:(?:re|aw|sv|antw|rif|res|odp|vs)(?:\[\d\])?: ?){{0,3}}\W{{0,3}}(?:{'|'.join(_SUBJECTS)})",
    re.IGNORECASE,
)


def is_auto_reply(message: Returned) -> bool:
    """By RFC 3834, by the headers that came before it, by a receipt's type (RFC 8098), or by the subject."""
    headers = message.headers
    submitted = header(headers, "Auto-Submitted").lower()
    return (
        submitted.startswith(("auto-replied", "auto-notified"))
        or any(name in headers for name in _HEADERS)
        or header(headers, "Precedence").strip().lower() in _PRECEDENCE
        or "disposition-notification" in header(headers, "Content-Type").lower()
        or _SUBJECT.match(header(headers, "Subject").strip()) is not None
    )


def is_unsubscribe(message: Returned) -> bool:
    """A person, or their mail program, answers to the address of List-Unsubscribe (RFC 2369)."""
    submitted = header(message.headers, "Auto-Submitted").lower()
    subject = header(message.headers, "Subject").strip().lower()
    return subject == "unsubscribe" and submitted.partition(";")[0].strip() in ("", "no")
