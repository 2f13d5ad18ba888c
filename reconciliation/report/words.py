"""What reports say, in English and Portuguese. Pure."""

from typing import Final

from schemas.causes.sentences import Language

CLASSES: Final[dict[str, dict[Language, str]]] = {
    "matched": {"en": "matched", "pt": "conferem"},
    "matched_weakly": {"en": "matched by likeness alone", "pt": "conferem só por semelhança"},
    "no_callback": {"en": "no callback", "pt": "sem retorno"},
    "no_send": {"en": "message without a row", "pt": "mensagem sem linha"},
    "status_differs": {"en": "status differs", "pt": "status diverge"},
    "connection_differs": {"en": "connection differs", "pt": "conexão diverge"},
    "number_differs": {"en": "number differs", "pt": "número diverge"},
    "campaign_differs": {"en": "campaign differs", "pt": "campanha diverge"},
    "duplicate": {"en": "duplicate", "pt": "duplicada"},
    "ambiguous": {"en": "ambiguous", "pt": "ambígua"},
    "not_yet_due": {"en": "not yet due", "pt": "ainda no prazo"},
    "erased": {"en": "erased", "pt": "apagada"},
    "differences": {"en": "differences", "pt": "divergências"},
}
CAUSES: Final[dict[str, dict[Language, str]]] = {
    "logout": {"en": "connection logged out {from_} to {until}", "pt": "conexão deslogada de {from_} a {until}"},
    "disconnected": {"en": "connection off {from_} to {until}", "pt": "conexão caída de {from_} a {until}"},
    "unmapped": {
        "en": "{bodies} unmapped bodies of the account then",
        "pt": "{bodies} corpos não entendidos da conta nessa hora",
    },
}
TEXTS: Final[dict[str, dict[Language, str]]] = {
    "title": {"en": "Reconciliation {name}", "pt": "Reconciliação {name}"},
    "rows": {"en": "rows", "pt": "linhas"},
    "class": {"en": "class", "pt": "classe"},
    "share": {"en": "share", "pt": "parte"},
    "all_rows": {"en": "rows compared", "pt": "linhas comparadas"},
    "interval": {"en": "Compared: {interval}, by {by}", "pt": "Período: {interval}, por {by}"},
    "whole": {"en": "Compared: all rows of the manifests", "pt": "Período: todas as linhas dos manifestos"},
    "border": {
        "en": "Across the border: {into} counted here, {out} counted in another period; {outside} wholly outside",
        "pt": "Na divisa: {into} contadas aqui, {out} contadas em outro período; {outside} totalmente fora",
    },
    "known": {"en": "Callbacks known up to {at}", "pt": "Retornos conhecidos até {at}"},
    "due": {"en": "Callbacks are due: {why}", "pt": "Prazo dos retornos: {why}"},
    "manifest": {"en": "{role} {name}: {rows} rows", "pt": "{role} {name}: {rows} linhas"},
    "keys": {"en": "Found by message id, alias, then {keys}", "pt": "Achadas por id, outro id, depois {keys}"},
    "no_bare": {
        "en": "Messages without a row were not looked for: rows say no time; --month asks for one",
        "pt": "Mensagens sem linha não foram procuradas: há linhas sem horário; --month define o período",
    },
    "causes": {"en": "Why no callback came, where known", "pt": "Por que não veio retorno, onde se sabe"},
    "days": {"en": "Differences by day", "pt": "Divergências por dia"},
    "connections": {"en": "Differences by connection", "pt": "Divergências por conexão"},
    "first": {"en": "First differences", "pt": "Primeiras divergências"},
    "presence": {"en": "Sends by where they are found", "pt": "Envios por onde aparecem"},
    "sends": {"en": "sends", "pt": "envios"},
    "callbacks": {"en": "callbacks", "pt": "retornos"},
    "provider": {"en": "provider", "pt": "provedor"},
    "invoice": {"en": "invoice", "pt": "fatura"},
    "invoice_title": {
        "en": "Invoice: {lines} lines, {differing} differ",
        "pt": "Fatura: {lines} linhas, {differing} divergem",
    },
    "not_billed": {"en": "(not billed)", "pt": "(não cobrado)"},
    "acknowledged": {"en": "acknowledged before", "pt": "já reconhecidas"},
    "still": {"en": "still open", "pt": "em aberto"},
    "none": {"en": "no differences", "pt": "nenhuma divergência"},
    "ongoing": {"en": "now", "pt": "agora"},
}


def say(language: Language, text: str, /, **values: object) -> str:
    """Return a text of reports with its values filled in."""
    return TEXTS[text][language].format(**values)


def class_name(language: Language, what: str) -> str:
    """Return what a class is called."""
    return CLASSES[what][language]
