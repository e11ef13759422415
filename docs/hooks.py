"""What mkdocs does beside building pages."""

from __future__ import annotations

from typing import Any


def on_page_content(html: str, **_: Any) -> str:
    """An option without a default has an empty cell: mkdocs-click would show click's own mark for 'not set'."""
    return html.replace("<code>Sentinel.UNSET</code>", "")
