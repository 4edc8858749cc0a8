"""What mail systems write to people whose message they could not deliver, in phrases."""

from newsletter.core.bounces.phrases import compiled

__all__ = ["FAILED", "SUBJECT", "WARNING"]

SUBJECT = compiled(
    """
    undeliver~ | undelivered | non remis | failure notice | returned mail | return~ to sender
    delivery status notification | mail delivery fail~ | delivery fail~ | mail delivery problem
    delivery notification | delivery problem | delivery report | delivery * failed | mail system error
    mail failed | mail failure | could not be delivered | could not send | not delivered
    not be delivered | could not deliver | cant be delivered | error sending your mail
    notice mail delivery status | delivery status | message status | delivery error | non delivery
    nondeliverable | delivery has failed | automatically rejected | failed mail | unzustellbar
    nicht zugestellt | unzustellbarkeit | zustellung | zustellbar | non distribué | non distribuable
    message * delayed | delivery * delayed | delayed mail | mail * delayed
    impossible de remettre | échec de la remise | no se puede entregar | no entregado | devuelto
    non recapitabile | mancato recapito | mancata consegna | não entregue | não foi entregue
    niet bezorgd | onbestelbaar | недоставленн~ | не доставлено
    配信不能 | 配信できません | 未送达 | 退信 | 系统退信 | 無法傳遞
    """
)
FAILED = compiled(
    """
    not be delivered | undeliver~ | unable to deliver | was not delivered | wasnt delivered
    not been delivered | cannot be delivered | cant be delivered | couldnt be delivered
    couldnt deliver | could not deliver | not deliver~ | wasnt able to deliver | delivery failed
    failed delivery | delivery has failed | failed permanently | delivery to the following
    failed to deliver | did not reach | not reach | error delivering | delivery error~
    delivery problem~ | permanent error~ | permanent fatal errors | permanent failure | had permanent
    had delivery | had transient | returned mail | returned message | message could not
    failure reasons | transcript of session | mail failed | failed addresses | message status
    has encountered | error has occurred | an error occurred | returned to sender | return to sender
    rejected by | delivery status | mailbox exceeds | unknown user | user unknown | user mailbox
    no such user | invalid final delivery | could not be sent | not been sent | couldnt be sent
    not yet been delivered
    message is delayed | still undelivered | message delayed | delivery failure | unreachable
    may not exist | doesnt exist | does not exist | not possible | delivery attempts | mail is returned
    was returned | was automatically rejected | did not exactly match | nicht zugestellt
    nicht zustellen | unzustellbar | pas être remis | pas pu être | na pas été remis
    no se pudo entregar | no se ha podido entregar | non è stato possibile | não pôde ser entregue
    não foi possível | niet worden bezorgd | не может быть доставлено | не доставлено | 配信できません
    届けられません | 送信できません | 送信に失敗 | 配送できません | エラーメール | 无法 | 退回
    """
)
WARNING = compiled(
    """
    this is a warning | warning could not send | warning message only | will keep trying
    still undelivered | not need to resend | will be retried | will continue to try | message is delayed
    delivery delayed | has been delayed | only a temporary failure | delivery is delayed | being delayed
    no action is required | delivery incomplete | will retry | temporary problem delivering
    delayed mail | not yet been delivered | warning message delayed
    """
)
