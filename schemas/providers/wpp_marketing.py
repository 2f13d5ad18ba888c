"""WPP Marketing: eight return events, selectable in its panel.

Its product pages name the events, ask for HTTPS, a quick 200/204 and deduplication by message and event
identifiers, and warn of repeats and disorder. Its payload is not published, so everything below is a default that
`recibo.toml` may change (`[sources.NAME.mapping]`), and the default shape is Recibo's proposal, not theirs.
"""

from typing import Final

from schemas.providers.mapped import MappedParser
from schemas.providers.mapping import FieldMapping
from schemas.providers.paths import path_of
from schemas.providers.provider import OWN_SIGNATURE, Provider
from schemas.providers.words import fold_word

_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "message_id": ("message.id", "message_id", "messageId", "id_mensagem", "mensagem.id", "data.message_id", "data.id"),
    "tracking_id": ("message.tracking_id", "tracking_id", "trackingId", "id_rastreio", "mensagem.id_rastreio", "wamid"),
    "client_ref": ("message.client_ref", "client_ref", "reference", "referencia", "external_id"),
    "event_id": ("event_id", "eventId", "id_evento", "evento.id"),
    "status": ("event", "status", "evento", "tipo", "type", "message.status", "data.status", "data.event"),
    "time": ("occurred_at", "timestamp", "data_hora", "created_at", "date", "data.timestamp"),
    "connection_id": (
        "connection.id",
        "connection_id",
        "connectionId",
        "conexao.id",
        "id_conexao",
        "instance",
        "session",
    ),
    "recipient": ("recipient.phone", "recipient", "to", "phone", "numero", "telefone", "destinatario", "data.to"),
    "participant": ("participant", "participante"),
    "campaign": ("campaign.id", "campaign", "campaign_id", "campanha", "campanha.id", "message.campaign"),
    "error_code": ("error.code", "error_code", "erro.codigo", "codigo_erro"),
    "error_title": ("error.message", "error_message", "erro.mensagem", "mensagem_erro", "error", "erro"),
    "error_detail": ("error.detail", "error.details"),
    "error_stage": ("error.stage", "erro.etapa"),
    "reason": ("reason", "motivo"),
}

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "queued": ("queued", "queue", "fila", "em fila", "na fila", "enfileirado", "enfileirada", "pending", "pendente"),
    "created": ("created", "criação", "criada", "criado", "creation"),
    "sent": ("sent", "enviado", "enviada", "envio"),
    "delivered": ("delivered", "delivery", "entrega", "entregue", "entregues"),
    "read": ("read", "leitura", "lida", "lido", "visualizado", "visualizada", "seen", "played"),
    "error": ("error", "erro", "failed", "failure", "falha", "falhou", "undelivered"),
    "number_not_found": (
        "number_not_found",
        "number not found",
        "número não encontrado",
        "numero inexistente",
        "numero invalido",
        "not_found",
        "não encontrado",
    ),
    "expired": ("expired", "expirado", "expirada", "expiração", "expiration"),
    "logout": (
        "logout",
        "logged_out",
        "conexão",
        "conexão encerrada",
        "conexão fechada",
        "desconectado",
        "desconexão",
        "connection_closed",
        "disconnected",
    ),
    "connected": ("connected", "conectado", "conexão aberta", "connection_opened"),
}

_IGNORED: Final[dict[str, tuple[str, ...]]] = {
    "inbound_message": (
        "message",
        "message_received",
        "received",
        "mensagem",
        "mensagem recebida",
        "inbound",
        "resposta",
    ),
    "template_notice": ("template", "template_status", "modelo"),
    "presence": ("presence", "presença", "typing", "digitando"),
    "test": ("test", "teste", "ping"),
}

DEFAULT: Final = FieldMapping(
    paths={name: tuple(path_of(dotted) for dotted in candidates) for name, candidates in _PATHS.items()},
    words={fold_word(word): status for status, words in _WORDS.items() for word in words},
    ignored={fold_word(word): kind for kind, words in _IGNORED.items() for word in words},
    items=(("events", "[]"), ("eventos", "[]"), ("statuses", "[]")),
    time_zone="America/Sao_Paulo",
)

PROVIDER: Final = Provider(
    name="wpp_marketing",
    title="WPP Marketing",
    parser=lambda mapping: MappedParser(mapping or DEFAULT),
    mapping=DEFAULT,
    authentication=OWN_SIGNATURE,
    setup=(
        "In WPP Marketing's panel open Webhooks (Status de retorno) and enter the URL {url}.",
        "Select the return events you want: Fila, Criação, Entrega, Leitura, Erro, Número não encontrado, Expirado, Conexão.",
        (
            "If the panel can sign (HMAC-SHA256 of the body, in hexadecimal, header X-Recibo-Signature: sha256=…), give it the "
            "secret {secret}. If it can only send a fixed header, add the source with --auth bearer; if not even that, with "
            "--auth path: the secret is then part of the URL."
        ),
    ),
    reports={
        "queued": "reported",
        "created": "reported",
        "sent": "never",
        "delivered": "reported",
        "read": "reported",
        "error": "reported",
        "number_not_found": "reported",
        "expired": "reported",
        "logout": "reported",
    },
)
