"""What providers call things, in English and Portuguese: names of fields and words for statuses. Data.

Names are compared by their parts (`idMensagem`, `message.id` and `ID_DA_MENSAGEM` have the same two), words by the
longest phrase they contain (`nao entregue` before `entregue`).
"""

from typing import Final

_MESSAGE: Final = frozenset({"message", "mensagem", "msg", "mensagens", "messages", "sms", "disparo", "envio"})
_ID: Final = frozenset(
    {"id", "ids", "identifier", "identificador", "codigo", "code", "uuid", "guid", "key", "chave", "sid", "cod"}
)
_CONNECTION: Final = frozenset(
    {"connection", "conexao", "instance", "instancia", "session", "sessao", "device", "dispositivo", "channel", "canal"}
    | {"line", "linha", "aparelho", "sender", "remetente", "origem", "from", "de", "bot", "phoneid", "app", "owner"}
    | {"origin", "business", "company", "empresa", "merchant", "brand"}
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
        (_any("chat", "chatid"), 7),
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
    "connection_id": (
        ((frozenset({"phone"}), frozenset({"number"}), _ID), 10),
        ((_CONNECTION, _ID), 9),
        ((_CONNECTION,), 7),
    ),
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
    "queued": """queued, queue, enqueued, na fila, em fila, enfileirada, enfileirado, pending, pendente, aguardando, scheduled,
        agendada, agendado, accepted, aceita, aceito, processing, processando, buffered, sending, enviando""",
    "created": "created, criada, criado, gerada, gerado, registrada, registrado, submitted",
    "sent": """sent, enviada, enviado, enviou, saiu, server ack, dispatched, despachada, despachado, transmitida,
        transmitido, transmitted""",
    "delivered": """delivered, delivery ack, entregue, entregues, entregou, chegou, recebida, recebido,
        recebeu, dlvrd, delivrd, no aparelho""",
    "read": """read, lida, lido, leu, vista, visto, viu, visualizada, visualizado, visualizou, viewed, seen, opened, aberta,
        aberto, abriu, played, ouvida, ouvido""",
    "error": """error, erro, failed, failure, fail, falha, falhou, rejected, rejeitada, rejeitado, recusada, recusado,
        undelivered, undeliverable, undeliv, bounced, nao entregue, nao enviada, nao enviado, not delivered, not sent,
        cancelada, cancelado, canceled, cancelled""",
    "number_not_found": """number not found, numero nao encontrado, numero inexistente, numero invalido, invalid number,
        inexistente, not found, nao encontrado, nao existe, not on whatsapp, sem whatsapp, nao tem whatsapp, unknown number,
        no account, number does not exist, invalid phone number, not exists, not registered""",
    "expired": "expired, expirada, expirado, expirou, vencida, venceu, timeout, ttl",
    "logout": """logout, logged out, deslogado, desconectado, desconectada, desconexao, disconnected, conexao encerrada,
        conexao fechada, sessao encerrada, sessao caiu, caiu, connection closed, unpaired""",
    "connected": """connected, conectado, conectada, conectou, reconectado, conexao aberta, connection opened""",
    "inbound_message": """message received, mensagem recebida, received message, inbound, incoming, resposta, respondeu,
        reply""",
}
"""Status → phrases, separated by commas; `inbound_message` is what a person wrote to us, and no status."""

ALONE: Final = {
    "queue": "queued",
    "fila": "queued",
    "criacao": "created",
    "creation": "created",
    "envio": "sent",
    "delivery": "delivered",
    "entrega": "delivered",
    "leitura": "read",
    "expiracao": "expired",
    "expiration": "expired",
    "delivery_ack": "delivered",
    "server_ack": "sent",
}
"""Nouns that are a status only where nothing else is said: a `delivery report` may be of a failure."""

NOUNS: Final = ALONE.keys() - {"delivery_ack", "server_ack"}
"""Of these, where a place never says anything else (`sms.delivery`), it names what is reported on, and no status."""

NOISE: Final = frozenset(
    {
        "message",
        "messages",
        "msg",
        "mensagem",
        "sms",
        "whatsapp",
        "wa",
        "status",
        "the",
        "a",
        "o",
        "was",
        "is",
        "has",
        "been",
    }
    | {
        "foi",
        "esta",
        "to",
        "by",
        "ao",
        "no",
        "na",
        "para",
        "com",
        "pelo",
        "handset",
        "device",
        "phone",
        "user",
        "recipient",
    }
    | {"destinatario", "aparelho", "celular", "success", "successfully", "ok", "sucesso", "update", "updated", "event"}
    | {"outbound", "outgoing", "ack", "do", "da", "de", "on", "in", "server", "customer", "cliente", "contact"}
)
"""Parts of a word that change nothing of what it says."""

NEGATIONS: Final = frozenset({"not", "nao", "never", "nunca", "sem", "cannot", "without", "un", "non"})
FAILING: Final = (
    *("fail", "falh", "reject", "rejeit", "recus", "bounc", "undeliv", "erro", "cancel", "invalid", "block", "bloque"),
    *("denied", "negad", "unable", "abort", "refus", "drop"),
)
"""What a part begins with that says a failure."""
OF_OURSELVES: Final = frozenset({"self", "myself", "mim", "me"})

CHANNELS: Final = frozenset(
    {
        "whatsapp",
        "wa",
        "sms",
        "dlr",
        "chat",
        "text",
        "message",
        "messages",
        "waba",
        "api",
        "rcs",
        "mms",
        "email",
        "voice",
    }
    | {"business", "cloud", "session", "template", "true", "false", "outbound", "inbound", "messaging", "transactional"}
)
"""Words that name a channel or a kind, never a connection."""

MESSAGE_TIMES: Final = frozenset(
    {
        "created",
        "create",
        "criado",
        "criada",
        "criacao",
        "sent",
        "send",
        "enviado",
        "enviada",
        "envio",
        "accepted",
        "accept",
    }
    | {"submitted", "submit", "scheduled", "schedule", "agendado", "agendada", "queued", "expires", "expiry", "expire"}
    | {"deliver", "delivered", "read", "seen", "failed", "entrega", "leitura", "expiration", "conversation", "received"}
    | {"entregue", "lida", "lido", "added", "started", "start", "requested", "initiated"}
)
"""Parts of the name of a time that is not that of each status."""
STATUS_TIMES: Final = frozenset(
    {
        "timestamp",
        "stamp",
        "ts",
        "updated",
        "update",
        "occurred",
        "ocorrido",
        "ocorreu",
        "done",
        "momment",
        "momento",
        "when",
    }
    | {"quando", "event", "evento", "status", "changed", "modified", "atualizado"}
)
"""Parts of the name of a time that is a status's own."""
CONTENT: Final = frozenset(
    {"body", "text", "caption", "hasmedia", "media", "content", "conversation", "texto", "mensagem"}
)
"""Keys of an object that is the message itself: a time beside them is the message's."""
