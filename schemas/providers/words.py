"""Comparing providers' words: `Número não encontrado`, `numero_nao_encontrado` and `NUMERO-NAO-ENCONTRADO` are one word."""

import re
import unicodedata
from typing import Final

_PLAIN: Final = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_ACCENTS: Final = range(0x300, 0x370)
"""Combining marks that Latin letters lose; the vowel signs of other scripts distinguish words, and stay."""


def fold_word(word: str) -> str:
    """Return `word` as words are compared: no case, no accents, runs of other characters as one `_`.

    Letters and digits of every script count, and so does the sign of a number (`-1` is not `1`). A word without any
    (`✓✓`) is compared as it is.
    """
    folded = word.casefold()
    if _PLAIN.fullmatch(folded):
        return folded
    letters: list[str] = []
    for char in unicodedata.normalize("NFKD", folded):
        if char.isalnum() or (unicodedata.category(char)[0] == "M" and ord(char) not in _ACCENTS):
            letters.append(char)
        elif ord(char) not in _ACCENTS:
            letters.append("-" if char in "-\u2212" else " ")
    text = re.sub(r"(?<![^\s-])-(?=\d)", "\x00", "".join(letters))  # a sign: before a digit, after no letter
    return re.sub(r"[\s-]+", "_", text).strip("_").replace("\x00", "-") or folded.strip()
