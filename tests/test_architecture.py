"""The house rules: which way data flows, what a bare import costs, how long a file may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ztfexplore"

# Rooms in the order data flows; a module may import from its own room and from those before it. The name of a package
# stands for all its modules, but for those that are named themselves.
ROOMS = [
    {"errors", "files", "paths", "survey", "alert", "labels", "stamps"},
    {"sources"},
    {"schema", "catalogue", "labelling.annotation_file", "labelling.annotations"},
    {"ingest", "rejects"},
    {"uploads", "provenance"},
    {"augment.recipes", "augment.draws", "augment.simclr", "augment.registry"}
    | {"backbones", "split", "neighbours", "metrics", "whitening"},
    {"encoder", "training.objectives", "pca", "training.config"},
    {"training.data", "training.card"},
    {"probe.classifiers", "probe.saved", "probe.low_labels", "probe.source_file", "geometry", "agreement"}
    | {"augment.invariance", "augment.invariance_summary"},
    {"labelling.anomaly", "labelling.active_probe", "labelling.active"},
    {"training.train"},
    {"evaluate", "scratch", "research"},
    {"embedding"},
    {"projection"},
    {"plots", "view_pictures", "export", "info", "inventory", "demo", "display", "colours", "tables", "find"}
    | {"probe.fit", "probe.apply", "probe.features", "probe.compare", "probe.judge", "probe.store"}
    | {"probe.learning_curve", "disagreement", "display_limits", "filters", "visitor"},
    {"cli", "__main__", "ui"},
]
STREAMLIT_ROOMS = {"ui"}


def room_of(module: str) -> int:
    """The room of a module by its own name ('probe.fit'), or else by that of its package ('sources')."""
    own, package = ".".join(module.split(".")[:2]), module.split(".")[0]
    for name in (own, package):
        for index, names in enumerate(ROOMS):
            if name in names:
                return index
    raise AssertionError(f"ztfexplore.{own} has no room in {Path(__file__).name}: say where it belongs")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    """The name below the package: 'sources.cutout' for ztfexplore/sources/cutout.py, 'probe' for its __init__.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def own_name(path: Path) -> str:
    """The first part below the package: 'sources' for ztfexplore/sources/cutout.py."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def spread() -> set[str]:
    """The packages whose modules stand in several rooms, each with one of its own; they have none themselves."""
    named = set().union(*ROOMS)
    return {name.split(".")[0] for name in named if "." in name} - named


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


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_data_flows_one_way(path):
    name = dotted(path)
    if not name or name in spread():  # they hold nothing, see below
        return
    mine = room_of(name)
    for imported in imports(path):
        root, _, theirs = imported.partition(".")
        if root == "ztfexplore" and theirs and not theirs.startswith("__"):
            assert room_of(theirs) <= mine, f"{name} imports {imported}, against the flow of data"


def test_a_package_in_several_rooms_holds_nothing_itself():
    """What it held would have no room."""
    for name in spread():
        tree = ast.parse((PACKAGE / name / "__init__.py").read_text(encoding="utf-8"))
        assert len(tree.body) == 1 and ast.get_docstring(tree), f"ztfexplore.{name} holds more than a docstring"


def test_every_room_is_lived_in():
    there = {dotted(path) for path in modules()}
    for name in set().union(*ROOMS):
        assert name in there, f"no module ztfexplore.{name}"


def test_every_package_is_installed():
    """An editable install finds packages that are not listed; a wheel would be without them."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    there = {f"ztfexplore.{dotted(path)}".rstrip(".") for path in modules() if path.name == "__init__.py"}
    assert there | {"ztfexplore.models"} == set(listed)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_ui_knows_streamlit(path):
    knows = any(name.split(".")[0] == "streamlit" for name in imports(path))
    assert not knows or own_name(path) in STREAMLIT_ROOMS


def test_pages_hold_no_maths_and_no_files():
    for path in [ROOT / "app.py", *(ROOT / "pages").glob("*.py")]:
        allowed = {"streamlit", "ztfexplore"}
        assert {name.split(".")[0] for name in imports(path)} <= allowed, path.name


def test_a_bare_import_loads_neither_streamlit_nor_torch():
    code = "import sys, ztfexplore; sys.exit(bool({'streamlit', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_command_line_answers_help_without_heavy_imports():
    code = (
        "import sys\nfrom ztfexplore.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "sys.exit(bool({'streamlit', 'torch', 'umap', 'galsim'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "ingest" in done.stdout


@pytest.mark.parametrize("path", [*modules(), *(PACKAGE / "ui").rglob("*.js")], ids=lambda path: path.name)
def test_a_file_is_one_room(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, "more than 400 lines is two rooms in one"


def test_every_public_function_is_documented():
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path} says nothing about itself"
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name} is not documented"


def test_every_command_is_in_the_readme():
    from ztfexplore.cli import main

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, command in main.commands.items():
        assert f"ztfexplore {name}" in readme, f"README does not show 'ztfexplore {name}'"
        assert command.help, name
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "format_":
                assert parameter.help, f"{name} {parameter.opts} has no help"


def test_requirements_cover_what_is_imported():
    """A fresh environment with requirements.txt runs everything but the tests."""
    names = {"PIL": "pillow", "sklearn": "scikit-learn", "umap": "umap-learn", "faiss": "faiss-cpu", "lance": "pylance"}
    names["skimage"] = "scikit-image"
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    listed = {re.split(r"[<>=]", line)[0].strip() for line in text.splitlines() if line and not line.startswith("#")}
    for path in modules():
        for name in imports(path):
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or top in ("ztfexplore", "__future__"):
                continue
            assert names.get(top, top.replace("_", "-")) in listed, f"{path.name} imports {top}"
