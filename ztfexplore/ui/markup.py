"""Text from packets and people, made safe for Streamlit's Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$:~&\"'=])")


def escape_markdown(text: str) -> str:
    """Markdown that shows `text` literally: no HTML, links, pictures, colours or formulae."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
