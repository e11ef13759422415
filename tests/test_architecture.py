"""The house rules: which way data flows, what a bare import costs, how long a file may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ztfexplore"

# Rooms in the order data flows; a module may import from its own room and from those before it.
ROOMS = [
    {"errors", "files", "paths", "survey", "alert", "labels", "stamps"},
    {"sources"},
    {"schema", "catalogue", "annotation_file", "annotations"},
    {"ingest", "rejects"},
    {"uploads", "provenance"},
    {"augment", "augment_draws", "augment_simclr", "augmentations"}
    | {"backbones", "split", "neighbours", "metrics", "whitening"},
    {"encoder", "objectives", "pca", "training_config"},
    {"training_data", "training_card"},
    {"probe", "saved_probe", "low_labels", "source_probe", "geometry", "agreement", "invariance", "invariance_summary"},
    {"anomaly", "active_probe", "active"},
    {"train"},
    {"evaluate", "scratch", "research", "research_reduced"},
    {"embedding"},
    {"projection"},
    {"plots_augment", "plots_layout", "view_pictures", "plots_data", "plots"}
    | {"export", "info", "inventory", "demo", "display", "colours", "tables", "find"}
    | {"probe_fit", "probe_apply", "probe_features", "probe_compare", "probe_judge", "probe_store", "disagreement"}
    | {"display_limits", "filters", "visitor"}
    | {"learning_curve", "plots_probe", "plots_research", "plots_research_reduced"},
    {"cli", "cli_labels", "cli_probe", "cli_research", "console", "__main__", "ui"},
]
STREAMLIT_ROOMS = {"ui"}


def room_of(module: str) -> int:
    for index, names in enumerate(ROOMS):
        if module in names:
            return index
    raise AssertionError(f"ztfexplore.{module} has no room in {Path(__file__).name}: say where it belongs")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def own_name(path: Path) -> str:
    """The first part below the package: 'sources' for ztfexplore/sources/cutout.py."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path) -> set[str]:
    """Every module a file imports, at the top or inside a function, as dotted names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_data_flows_one_way(path):
    if own_name(path) == "__init__":
        return
    mine = room_of(own_name(path))
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "ztfexplore" and len(parts) > 1 and not parts[1].startswith("__"):
            assert room_of(parts[1]) <= mine, f"{path.name} imports {name}, against the flow of data"


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
