"""How an element is written as JSON: four shapes, as four providers' developers might have chosen them."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from deploy.demo.said import Reported

LOCAL: Final = ZoneInfo("America/Sao_Paulo")
"""The zone of times that name none, for this provider."""

WORDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "nested": {
        "queued": ("queued", "QUEUE"),
        "created": ("created",),
        "sent": ("sent",),
        "error": ("error", "failed"),
        "expired": ("expired",),
        "number_not_found": ("number_not_found", "Number not found"),
        "delivered": ("delivered", "delivery"),
        "read": ("read", "seen"),
        "connected": ("connected",),
        "logout": ("logout", "connection_closed"),
    },
    "portuguese": {
        "queued": ("Fila", "na fila"),
        "created": ("Criação", "CRIADA"),
        "sent": ("Enviado",),
        "error": ("Erro", "falhou"),
        "expired": ("Expirado", "Expiração"),
        "number_not_found": ("Número não encontrado", "NUMERO INEXISTENTE"),
        "delivered": ("Entrega", "entregue"),
        "read": ("Leitura", "visualizada"),
        "connected": ("Conectado",),
        "logout": ("Conexão", "conexão encerrada", "Desconectado"),
    },
}
"""Words a shape may use for each status."""
_SAME_WORDS: Final = {"epoch": "nested", "renamed": "portuguese"}
_OWN_WORDS: Final = {"delivered": ("Chegou!",), "disconnected": ("caiu",)}


def words_for(shape: str, status: str) -> tuple[str, ...]:
    """Return the words for a status in a shape; empty where the shape has none."""
    own = _OWN_WORDS.get(status, ()) if shape == "renamed" else ()
    return own or WORDS[_SAME_WORDS.get(shape, shape)].get(status, ())


def whole_second(shape: str) -> bool:
    """Return whether a shape's times have no milliseconds."""
    return shape in ("portuguese", "renamed")


def render(said: Reported, mark: str) -> dict[str, Any]:
    """Return an element's JSON, its `mark` included."""
    return {**_SHAPES[said.shape](said), "demo": mark}


def compact(document: Any) -> bytes:
    """Return a document as bytes, as a provider would send it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _nested(said: Reported) -> dict[str, Any]:
    failure = said.failure
    return {
        "event_id": said.provider_event_id or None,
        "event": said.word,
        "occurred_at": None if said.at_ms is None else _iso(said.at_ms),
        "connection": {"id": said.connection_id, "phone": "12025550100"},
        "message": {
            "id": said.message_id,
            "tracking_id": said.tracking_id or None,
            "client_ref": said.client_ref or None,
        }
        if said.message_id
        else None,
        "recipient": {"phone": said.recipient_text} if said.recipient_text else None,
        "participant": said.participant or None,
        "campaign": {"id": said.campaign} if said.campaign else None,
        "error": {"code": failure.code, "stage": failure.stage, "message": failure.title} if failure else None,
        "reason": said.reason or None,
    }


def _portuguese(said: Reported) -> dict[str, Any]:
    failure = said.failure
    fields = {
        "id_evento": said.provider_event_id,
        "evento": said.word,
        "data_hora": "" if said.at_ms is None else _brazilian(said.at_ms),
        "id_conexao": said.connection_id,
        "id_mensagem": said.message_id,
        "id_rastreio": said.tracking_id,
        "referencia": said.client_ref,
        "numero": said.recipient_text,
        "participante": said.participant,
        "campanha": said.campaign,
        "motivo": said.reason,
        "erro": {"codigo": failure.code, "etapa": failure.stage, "mensagem": failure.title} if failure else "",
    }
    return {name: value for name, value in fields.items() if value}


def _epoch(said: Reported) -> dict[str, Any]:
    failure = said.failure
    fields = {
        "eventId": said.provider_event_id,
        "status": said.word,
        "timestamp": _number(said.at_ms),
        "instance": said.connection_id,
        "messageId": int(said.message_id) if said.message_id.isdecimal() else said.message_id,
        "trackingId": said.tracking_id,
        "external_id": said.client_ref,
        "to": said.recipient_text,
        "participant": said.participant,
        "campaign_id": said.campaign,
        "reason": said.reason,
        "error_code": failure.code if failure else "",
        "error_message": failure.title if failure else "",
    }
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _renamed(said: Reported) -> dict[str, Any]:
    """Write the shape that only the demo's own mapping reads: an envelope `envio`, and perhaps only a tracking id."""
    flat = _portuguese(said)
    for name in ("id_mensagem", "id_rastreio", "evento"):
        flat.pop(name, None)
    named = {
        "codigo": said.message_id if said.message_id != said.tracking_id else "",
        "rastreio": said.tracking_id,
        "situacao": said.word,
    }
    return {**flat, "envio": {name: value for name, value in named.items() if value}}


_SHAPES: Final[Mapping[str, Callable[[Reported], dict[str, Any]]]] = {
    "nested": _nested,
    "portuguese": _portuguese,
    "epoch": _epoch,
    "renamed": _renamed,
}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _brazilian(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, LOCAL).strftime("%d/%m/%Y %H:%M:%S")


def _number(at_ms: int | None) -> int | str | None:
    if at_ms is None:
        return None
    return at_ms if at_ms % 1000 else at_ms // 1000
