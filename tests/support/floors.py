"""The house as docs/architecture.md draws it, and as the imports have it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.support.places import PACKAGE, ROOT

PLAN = ROOT / "docs" / "architecture.md"


def floors(which: str = "floors") -> list[list[str]]:
    """Folders by floor, the lowest first: one list in the page, below a comment that names it."""
    text = PLAN.read_text(encoding="utf-8")
    block = re.search(rf"<!-- {which}: from the top down -->\n```text\n(.*?)```", text, re.DOTALL)
    assert block, f"{PLAN.name} has no list of {which}"
    names = [re.split(r"\s{2,}", line)[0] for line in block.group(1).splitlines()]
    return [[name.strip() for name in line.split(",")] for line in reversed(names)]


def named(after: str) -> list[str]:
    """Modules that the page names behind the colon of the paragraph with these words."""
    paragraph = next(part for part in PLAN.read_text(encoding="utf-8").split("\n\n") if after in part)
    return re.findall(r"`(\w+)`", paragraph.partition(":")[2])


def modules() -> list[Path]:
    """Every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    """The name below the package: 'sources.cutout' for ztfexplore/sources/cutout.py, 'probe' for its __init__.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """What a file imports, at the top or inside a function, as dotted names: modules, or names in them."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path.name}, line {node.lineno}: say the module's whole name"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@cache
def arrows() -> Mapping[str, frozenset[str]]:
    """For each of our modules, those of ours that it imports."""
    known = {dotted(path) for path in modules()}
    return {dotted(path): frozenset(_ours(imports(path), known) - {dotted(path)}) for path in modules()}


def _ours(names: set[str], known: set[str]) -> set[str]:
    found = set()
    for name in names:
        root, _, rest = name.partition(".")
        while root == "ztfexplore" and rest:
            if rest in known:
                found.add(rest)
                break
            rest = rest.rpartition(".")[0]
    return found


JS_IMPORT = re.compile(r"""^import\s[^"']*["']([^"']+)["']""", re.MULTILINE)


def script_arrows(folder: Path) -> dict[str, set[str]]:
    """For each script below a folder, by its file name, the scripts that it imports."""
    scripts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.js"))}
    return {name: {Path(target).name for target in JS_IMPORT.findall(text)} for name, text in scripts.items()}


def circles(graph: Mapping[str, frozenset[str] | set[str]]) -> Iterator[list[str]]:
    """Circles of a graph, each as the names along it."""
    state: dict[str, int] = {}

    def visit(node: str, path: list[str]) -> Iterator[list[str]]:
        state[node] = 1
        for target in sorted(graph.get(node, ())):
            if state.get(target) == 1:
                yield [*path[path.index(target) :], target]
            elif target not in state:
                yield from visit(target, [*path, target])
        state[node] = 2

    for node in sorted(graph):
        if node not in state:
            yield from visit(node, [node])
