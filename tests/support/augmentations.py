"""What the augmentations page shows: its pictures, its charts and the line about the object."""

from __future__ import annotations

import re

from streamlit.testing.v1 import AppTest

PAGE = "pages/augmentations.py"
PICTURE = re.compile(r'<img src="(data:image/png;base64,[^"]+)"')


def bodies(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html")]


def pictures(page: AppTest, name: str) -> list[str]:
    """The pictures of a grid: 'samples', 'steps' or 'finals'."""
    (body,) = (body for body in bodies(page) if f'data-testid="{name}"' in body)
    return PICTURE.findall(body)


def subject(page: AppTest) -> str:
    return next(body for body in bodies(page) if 'data-testid="subject"' in body)


def charts(page: AppTest) -> list[str]:
    return [element.proto.spec for element in page.get("plotly_chart")]
