"""What providers call things, in English and Portuguese: names of fields and words for statuses. Data.

Names are compared by their parts (`idMensagem`, `message.id` and `ID_DA_MENSAGEM` have the same two), words by the
longest phrase they contain (`nao entregue` before `entregue`).
"""

from typing import Final

_MESSAGE: Final = frozenset({"message", "mensagem", "msg", "mensagens", "messages", "sms", "disparo", "envio"})
_ID: Final = frozenset(
    {"id", "identifier", "identificador", "codigo", "code", "uuid", "guid", "key", "chave", "sid", "cod"}
)
_CONNECTION: Final = frozenset(
    {"connection", "conexao", "instance", "instancia", "session", "sessao", "device", "dispositivo", "channel", "canal"}
    | {"line", "linha", "aparelho", "sender", "remetente", "origem", "from", "de", "bot", "phoneid"}
)
_ERROR: Final = frozenset({"error", "erro", "failure", "falha", "erros", "errors", "reject", "rejeicao"})
_CAMPAIGN: Final = frozenset({"campaign", "campanha", "lote", "batch", "job", "broadcast", "lista"})
_CLIENT: Final = frozenset(
    {"reference", "referencia", "ref", "external", "externo", "externa", "client", "cliente", "order", "pedido"}
    | {"correlation", "custom", "callback", "usuario", "seu", "sua", "meu", "protocolo"}
)
_EVENT: Final = frozenset({"event", "evento", "notification", "notificacao", "webhook", "delivery", "entrega"})

Rule = tuple[tuple[frozenset[str], ...], int]
"""A name has a part of each of these sets → points."""


def _any(*names: str) -> tuple[frozenset[str], ...]:
    return (frozenset(names),)


NAMES: Final[dict[str, tuple[Rule, ...]]] = {
    "status": (
        (_any("status", "situacao", "estado", "state"), 8),
        (_any("event", "evento", "acao", "action", "ack", "resultado", "result", "ocorrencia"), 6),
        (_any("type", "tipo", "kind", "what", "fase", "etapa", "stage"), 4),
    ),
    "time": (
        (_any("timestamp", "datahora", "occurred", "ocorrido", "ocorreu", "quando", "when", "momento", "momment"), 8),
        (_any("time", "ts", "date", "data", "hora", "horario", "at", "em", "dt", "instante", "epoch"), 6),
    ),
    "recipient": (
        (_any("recipient", "destinatario", "destino", "to", "para", "destination"), 8),
        (
            _any(
                "phone", "telefone", "fone", "celular", "numero", "number", "whatsapp", "msisdn", "jid", "mobile", "tel"
            ),
            7,
        ),
        (_any("contact", "contato", "cliente", "customer"), 4),
    ),
    "message_id": (
        ((_MESSAGE, _ID), 10),
        (_any("messageid", "msgid", "mid", "wamid"), 9),
        (_any("id", "uuid", "guid", "sid", "chave", "key"), 4),
        (_any("protocolo", "ref", "referencia"), 3),
    ),
    "tracking_id": ((_any("tracking", "rastreio", "rastreamento", "wamid", "track", "waid"), 9),),
    "event_id": (((_EVENT, _ID), 9),),
    "connection_id": (((_CONNECTION, _ID), 9), ((_CONNECTION,), 7)),
    "client_ref": (((_CLIENT, _ID), 8), ((_CLIENT,), 7)),
    "campaign": (((_CAMPAIGN,), 8),),
    "participant": ((_any("participant", "participante", "membro", "member"), 8),),
    "error_code": (((_ERROR, _ID), 9), (_any("errorcode", "codigoerro", "coderro"), 9)),
    "error_title": (
        (
            (
                _ERROR,
                frozenset(
                    {"message", "mensagem", "msg", "description", "descricao", "title", "titulo", "text", "texto"}
                ),
            ),
            9,
        ),
        ((_ERROR,), 7),
        (_any("motivo", "reason", "causa", "detalhe"), 7),
    ),
}
"""Field → rules; the best one that fits counts."""

DISCOURAGED: Final[dict[str, frozenset[str]]] = {
    "message_id": _CONNECTION
    | _CAMPAIGN
    | _ERROR
    | _EVENT
    | frozenset({"account", "conta", "contact", "contato", "user"}),
    "recipient": _CONNECTION,
    "time": frozenset(
        {"created", "criado", "criada", "sent", "enviado", "enviada", "scheduled", "agendado", "expires"}
    ),
    "status": _CONNECTION | _ERROR | frozenset({"message", "mensagem", "previous", "anterior", "http"}),
    "error_title": _ID,
    "event_id": _MESSAGE,
}
"""Field → parts of a name that speak against it."""

WORDS: Final = {
    "queued": """queued, queue, fila, na fila, enfileirada, enfileirado, pending, pendente, aguardando, scheduled, agendada,
        agendado, accepted, aceita, aceito, processing, processando""",
    "created": "created, criada, criado, criacao, gerada, gerado, registrada, registrado, submitted",
    "sent": """sent, enviada, enviado, enviou, envio, saiu, server ack, dispatched, despachada, despachado, transmitida,
        transmitido""",
    "delivered": """delivered, delivery, delivery ack, entregue, entregues, entrega, entregou, chegou, recebida, recebido,
        recebeu, dlvrd, device, no aparelho""",
    "read": """read, lida, lido, leu, leitura, vista, visto, viu, visualizada, visualizado, visualizou, seen, opened, aberta,
        aberto, abriu, played, ouvida, ouvido""",
    "error": """error, erro, failed, failure, fail, falha, falhou, rejected, rejeitada, rejeitado, recusada, recusado,
        undelivered, undeliverable, bounced, nao entregue, nao enviada, nao enviado, not delivered, cancelada, cancelado,
        canceled, cancelled""",
    "number_not_found": """number not found, numero nao encontrado, numero inexistente, numero invalido, invalid number,
        inexistente, not found, nao encontrado, nao existe, not on whatsapp, sem whatsapp, nao tem whatsapp, unknown number""",
    "expired": "expired, expirada, expirado, expirou, expiracao, vencida, venceu, timeout, ttl",
    "logout": """logout, logged out, deslogado, desconectado, desconectada, desconexao, disconnected, conexao encerrada,
        conexao fechada, sessao encerrada, sessao caiu, caiu, connection closed, unpaired""",
    "connected": """connected, conectado, conectada, conectou, reconectado, conexao aberta, connection opened""",
    "inbound_message": """message received, mensagem recebida, received message, inbound, incoming, resposta, respondeu,
        reply""",
}
"""Status → phrases, separated by commas; `inbound_message` is what a person wrote to us, and no status."""
