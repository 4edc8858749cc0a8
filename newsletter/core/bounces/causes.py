"""What servers say, and what they mean by it.

One table, from the specific to the vague: the first cause that has a phrase in the text is it. A cause may
have several places. `phrases` says how they are written.
"""

from newsletter.core.bounces.phrases import compiled, plain_words
from newsletter.core.bounces.verdict import Cause

__all__ = ["cause_of"]

_TABLE: tuple[tuple[Cause, str], ...] = (
    (
        Cause.FULL,
        """
        mailbox * full | inbox * full | mailfolder * full | mail box * full | mail folder * full
        account * full | user * full | box is full | maildir * full | quota * exceed~ | over * quota
        overquota | exceed~ * quota | quota * violation | quota * full | exceed~ allowed size
        exceed~ * mailbox size | mailbox size limit | mailbox exceed~ | mailbox has exceeded
        mailbox * too large | exceeded * storage | storage * exceeded | out of storage | not enough storage
        insufficient * storage | insufficient * disk | no space left | would exceed * storage | disk full
        disk * is full | not enough * space | out of space | out of disk | too many messages in * mailbox
        exceeded * space | storage allocation | message store * full | file system full | user is over the
        boite * pleine | postfach * voll | buzon * lleno | caixa * cheia | casella * piena
        ящик * переполнен | 容量を超え | 容量オーバー | 邮箱已满 | 邮箱空间不足 | mailbox over
        mailbox limit
        """,
    ),
    (
        Cause.SENDER,
        """
        sender address * reject~ | sender reject~ | sender was reject~ | sender is * reject~
        sender * domain | sender denied | sender address * denied | sender refused
        sender address * refused | sender address * invalid | invalid sender | sender address * not exist
        sender address * doesnt exist | sender address * not found | sender unknown | unknown sender
        sender verif~ | bad sender | sender not accepted | sender address * not accepted | domain of sender
        senders domain | domain of the sender | from address | mail from * reject~ | return path
        purported responsible | unauthenticated sender~ | envelope from | envelope sender
        sender not allowed | sender * not authorized | restricted sender | blocked sender
        cannot send e mail to yourself | sender is blocked | sender address is | sender address must
        senders address | mail from domain | sending domain | your domain | unresolvable sender
        from domain
        """,
    ),
    (
        Cause.RELAYING,
        """
        relay~ * denied | relay~ * not permitted | relay~ * not allowed | relay~ * prohibited
        unable to relay | cannot relay | cant relay | not * relay | no relay~ | relay~ access
        relay~ * disabled | relay~ * reject~ | relay~ failed | open relay | allowed rcpthosts
        relaying mail | relaying to | non accepted domain | not a gateway | not permitted to relay
        not authorized to relay
        """,
    ),
    (
        Cause.DISABLED,
        """
        account * disabled | account * suspended | account * locked | account * deactivated
        account * discontinued | account * inactive | account that you tried to reach is inactive
        account that you tried to reach is disabled | account * terminated | account * expired
        account * blocked | account * frozen | account is not active | mailbox * disabled
        mailbox * suspended | mailbox * locked | mailbox * inactive | mailbox * frozen | disabled mailbox
        mailbox is currently | mailbox * blocked | mailbox * not active | user * suspended | user * disabled
        user * inactive | user * locked | user is not active | address * disabled | address * suspended
        recipient * suspended | recipient * disabled | disabled recipient | suspended recipient | dormant
        email * disabled | domain * suspended | sleep~ mailbox | temporarily disabled
        temporarily suspended
        """,
    ),
    (
        Cause.MOVED,
        """
        account * moved | mailbox * moved | has moved | have moved | user moved | recipient * moved
        no longer on server | address * changed | user has left | has changed * address | new address is
        forwarding address
        """,
    ),
    (
        Cause.UNKNOWN_USER,
        """
        user * unknown | user unkown | unknown user | unknown or * user | unknown local user | unknown name
        unknown alias | unknown or * alias | unknown recipient | recipient * unknown | unknown address
        address * unknown | unknown local part | unknown mailbox | mailbox unknown | unknown account
        account unknown | unknown destination | user unrecognized | unrecognized user
        unrecognized recipient | unknown username | no such * user | no such recipient | no such mailbox
        no such address | no such account | no such person | no such local | no such email
        no such mail drop | no such destination | no such name | no mailbox | no user | no account
        recipient not in | no valid recipient | no matches to nameserver query | user * not found
        recipient * not found | recipnotfound | exrecipnotfound | mailbox * not found | address * not found
        account * not found | address * couldnt be found | name * not found | address * could not be found
        user could not be found | user * not exist | user * doesnt exist | user * does not exist
        recipient * not exist | recipient * does not exist | recipient * doesnt exist | mailbox * not exist
        mailbox * doesnt exist | address * not exist | address * doesnt exist | account * not exist
        account * doesnt exist | account that you tried to reach * not exist | alias * not exist
        local part * not exist | email * not exist | mailbox * does not exist | address * does not exist
        user * not known | recipient * not known | user not listed | recipient * not recognized
        name * not recognized | user * not recognized | address * not recognized | not listed in
        not in * directory | not in * address book | user * nonexistent | nonexistent * user | non existent
        unknown user account | invalid recipient | recipient * invalid | invalid user | user * invalid
        invalid mailbox | mailbox * invalid | invalid address | invalid local part | address * invalid
        invalid email | bad destination mailbox | bad address | invalid * user * account
        not a valid * user | not a valid * mailbox | not a valid * recipient | not a valid * address
        not valid * mailbox | isnt * valid | user not valid | not a known user | doesnt have * account
        does not have * account | not have an account | not our customer | not our user | isnt a * user
        not a local user | user not here | does not live here | no one * by that name
        nobody * by that name | not a mailbox | no longer * available | no longer * valid
        no longer * accept~ | no longer * exist~ | no longer * use | no longer * employed | no longer with
        no longer works | no longer active | undeliverable address | invalid final delivery userid
        delivery to * user * not possible | mailbox unavailable | mailbox * is unavailable
        mailbox not available | mailbox * is not available | possibly incorrect | not a subscriber
        wrong recipient | recipient rejected | recipient address rejected access denied
        inactive email address | adresse * invalide | destinataire * inconnu | utilisateur * inconnu
        adresse * inconnue | inconnu a cette adresse | empfanger * unbekannt | empfänger * unbekannt
        benutzer * unbekannt | adresse * unbekannt | nicht gefunden | destinatario * desconocido
        usuario * desconocido | usuario * no existe | cuenta * no existe | usuario inexistente
        utente sconosciuto | destinatario sconosciuto | indirizzo * inesistente | usuário * desconhecido
        usuário * não existe | conta * não existe | onbekende gebruiker | gebruiker onbekend
        użytkownik * nie istnieje | konto * nie istnieje | пользователь * не найден
        пользователь * не существует | ящик * не существует | нет такого пользователя
        такого пользователя нет | 用户不存在 | 收件人不存在 | 地址不存在 | アドレスが存在しません
        アドレスは存在しません | アドレスが見つかりません
        """,
    ),
    (
        Cause.NO_MAIL,
        """
        null mx | nullmx | no smtp service | domain * not accept * mail | host * not accept mail
        doesnt receive email | does not receive email | mail exchanger or ip address | never accepts mail
        mail receiving disabled | does not accept any mail
        """,
    ),
    (
        Cause.NETWORK,
        """
        host not found try again | name server * timeout | name server timeout | temporary lookup failure
        lookup failure temporar~ | host name lookup failure | dns * timed out | dns timeout
        host or domain name not found * try again | unable to resolve * temporar~ | dns soft error
        unexpected name server reply | timed out | connection * timeout | connection * refused
        connection * reset | connection * lost | connection * dropped | connection * closed
        no route to host | network * unreachable | host * unreachable | accept our requests to connect
        could not connect | couldnt connect | unable to connect | cannot connect | connect failed
        couldnt establish | socket error | host is down | network error | bad connection
        """,
    ),
    (
        Cause.BLOCKED,
        """
        reverse dns | reverse lookup | ptr | rdns | client host | helo command | helo * reject~ | helo name
        helo hostname | ehlo * reject~ | find your hostname | your hostname
        """,
    ),
    (
        Cause.NO_DOMAIN,
        """
        host unknown | unknown host | unknown domain | domain unknown | host not found | domain * not found
        host * not found | domain * not exist | domain * doesnt exist | domain * couldnt be found
        domain * invalid | domain * could not be found | invalid domain | no such domain | no such host
        nxdomain | domain name not found | name or service not known | no route to domain | unroutable
        unrouteable | unrouteable address | lookup * failed permanently | lookup~ failed
        non existent hosts | illegal host | unresolvable | bad destination * system | host name is unknown
        not find any host | couldnt find any host | no mx | no address associated | nor servname
        nonexistent domain | nonexistentdomain | non existent domain | no dns | cannot resolve
        could not resolve | no a or mx | name service error | destination unknown | bad host
        could not be resolved | invalid host
        """,
    ),
    (
        Cause.LOOP,
        """
        too many hops | hop count | hops exceeded | mail loop | mail loops | loop~ detected | loops back
        routing loop
        """,
    ),
    (
        Cause.TOO_BIG,
        """
        message * too large | message * too big | message size | exceeds * message size
        size limit exceeded | message length exceeds | message exceed~ * size | exceed~ * size limit
        exceed~ fixed | exceed~ maximum | mail * too large | mail size | too large for
        """,
    ),
    (
        Cause.TOO_MANY,
        """
        too many | too much | too fast | too quickly | too frequent~ | rate limit~ | ratelimit~ | throttl~
        frequency | limit * exceed~ | exceed~ * limit | concurrent | at a rate | daily limit | hourly limit
        volume | rate control | receiving mail too | slow down
        """,
    ),
    (
        Cause.AUTHENTICATION,
        """
        spf | dkim | dmarc | sender id | authentication | not authenticated | unauthenticated | auth failure
        authenticat~ | domainkeys | must login | starttls
        """,
    ),
    (
        Cause.BLOCKED,
        """
        reverse dns | reverse lookup | ptr | rdns | no reverse | fcrdns | client host * reject~
        hostname * mismatch~ | mismatches client | block | blocked | blocking | blocks | blocklist~
        block list | blacklist~ | black list~ | blocklisted | banned | dnsbl | rbl | reputation | denylist~
        greylist~ of | spamhaus | spamcop | barracudacentral | denied * ip | your ip | ip address
        ip * reject~ | ip name | not accepted from | complaints | use the smtp server | access denied
        access * denied | refused to talk | helo | ehlo | dynamic | suspicious | poor * score
        connection rejected | connection denied | not accepting mail from | bad ip | service refused
        you are not allowed | not allowed to send | rejected by * system | weren t sent | werent sent
        listed
        """,
    ),
    (Cause.SPAM, "spam~ | junk | phish~ | unsolicited | bulk | unwanted | ube"),
    (
        Cause.CONTENT,
        """
        virus | malware | trojan | infected | worm | attachment~ | executable | content * reject~
        content * not | header~ * too large | header error | headers | line too long | lines * too long
        8bit | mime | charset | message format | missing * header | malformed | not * compliant | rfc 2822
        rfc 5322 | conversion * required | message content
        """,
    ),
    (
        Cause.POLICY,
        """
        policy | policies | prohibit~ | not permitted | permission | not authori~ | unauthori~ | not allowed
        violation | security | administrat~ | refused due to | preferences | restricted | denied
        disallowed | restriction~ | not accepted | message refused | message rejected
        """,
    ),
    (
        Cause.EXPIRED,
        """
        retry timeout | retry time | expired | in the queue too long | in queue too long | for too long
        been trying | delivery failed * attempts | delivery attempts | could not be delivered * days
        timeout exceeded | max retry | not delivered * hours | unable to deliver * days | delivery time
        """,
    ),
    (
        Cause.TEMPORARY,
        """
        greylist~ | graylist~ | try again | try later | retry later | later | temporar~ | deferred
        deferral | tempfail | resources | busy | overload~ | system error | internal error | local error
        error in processing | mailer error | operating system error | configuration error | unavailable
        ldap | mailer | pipe | failed to read
        """,
    ),
    (Cause.UNKNOWN_USER, "recipient address rejected | recipient address is rejected"),
    (Cause.POLICY, "rejected | refused"),
)

_PATTERNS = tuple((cause, compiled(phrases)) for cause, phrases in _TABLE)


def cause_of(text: str) -> Cause | None:
    """What the text of a server means, if it says anything known."""
    words = plain_words(text)
    return next((cause for cause, pattern in _PATTERNS if pattern.search(words)), None)
