"""The pages: each is a file in pages/ that says its title, its icon and its place in its call of `page.begin`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ztfexplore.registry import LAST, Registry, attempt

FOLDER = Path(__file__).resolve().parents[3] / "pages"


@dataclass(frozen=True)
class PageFile:
    """A page of the dashboard.

    Attributes:
        name: its address: 'data' is shown at /data.
        path: the script that Streamlit runs.
        title: in the navigation and the browser's tab.
        icon: an emoji before the title; '' for none. For a Material symbol Streamlit would fetch the tab's icon from
            the network, and these pages must work without one.
    """

    name: str
    path: Path
    title: str
    icon: str = ""


def _find() -> None:
    for path in sorted(FOLDER.glob("*.py")):
        attempt(f"pages/{path.name}", partial(_register, path))


def _register(path: Path) -> None:
    """Read what a script says of itself, without running it.

    Raises:
        ValueError: if it does not call `page.begin` with a title.
        SyntaxError: if it is not Python.
    """
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "page.begin":
            given = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
            title = ast.literal_eval(call.args[0]) if call.args else given.get("title")
            if isinstance(title, str):
                PAGES.register(PageFile(path.stem, path, title, given.get("icon", "")), given.get("order", LAST))
                return
    raise ValueError("it does not begin with page.begin(TITLE, icon=..., order=...)")


PAGES: Registry[PageFile] = Registry("page", search=_find)
