"""Text from packets and people, made safe for Streamlit's Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$:~&\"'=])")


def escape_markdown(text: str) -> str:
    """Markdown that shows `text` as it is: no HTML, no links, no pictures, no colours, no formulae."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
