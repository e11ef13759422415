"""The house rules: which way data flows, what a bare import costs, how long a file may be."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter

import pytest

from tests.support.floors import arrows, circles, dotted, floors, imports, modules, named, script_arrows
from tests.support.places import PACKAGE, ROOT

GROUND = named("lies the ground")
ENTRY = ["__main__"]
UI_GROUND = named("The ground of `ui`")
MOST_MODULES = 15
# Class names that still occur in two modules.
SHARED_NAMES = {"SimSiam", "Supervised"}
# Folders whose modules are declarations: one file of tests goes through the registry. A module may have its own beside.
SHARED_TESTS = {
    "alerts.surveys": "alerts/test_surveys.py",
    "augment.augmentations": "augment/test_augmentations.py",
    "augment.shipped_recipes": "augment/test_recipes.py",
    "training.methods": "training/test_methods.py",
    "ui.explore.colour_modes": "ui/explore/test_colour_modes.py",
}
# Packages whose modules declare something, and what none of them imports; those that show come last.
DECLARED = [
    ("ztfexplore.alerts.surveys", ("torch", "streamlit")),
    ("ztfexplore.sources", ("torch", "streamlit")),
    ("ztfexplore.augment.augmentations", ("torch", "streamlit")),
    ("ztfexplore.augment.shipped_recipes", ("torch", "streamlit")),
    ("ztfexplore.training.methods", ("torch", "streamlit")),
    ("ztfexplore.ui.explore.colour_modes", ("torch",)),
]


def level(module: str) -> int:
    """How high a module lies: 0 is the ground, entry points lie above all."""
    top = module.split(".")[0]
    if top in GROUND:
        return 0
    if top in ENTRY or not top:
        return len(floors()) + 1
    found = [number for number, names in enumerate(floors(), start=1) if top in names]
    assert found, f"ztfexplore.{module} is in no folder of docs/architecture.md"
    return found[0]


def ui_level(module: str) -> int:
    """The same inside ui, for a name such as 'ui.server.view'."""
    parts = module.split(".")
    if len(parts) < 2 or parts[1] in UI_GROUND:
        return 0
    found = [number for number, names in enumerate(floors("ui floors"), start=1) if parts[1] in names]
    assert found, f"ztfexplore.{module} is in no folder of docs/architecture.md"
    return found[0]


def folder(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("module", sorted(arrows()))
def test_data_flows_one_way(module):
    for imported in arrows()[module]:
        lower = level(imported) < level(module) or level(imported) == 0
        assert lower or folder(imported) == folder(module), f"{module} imports {imported}, against the flow of data"


@pytest.mark.parametrize("module", sorted(name for name in arrows() if name.startswith("ui.")))
def test_data_flows_one_way_inside_the_ui(module):
    for imported in arrows()[module]:
        if imported.startswith("ui."):
            same = imported.split(".")[1] == module.split(".")[1]
            assert same or ui_level(imported) < ui_level(module), f"{module} imports {imported}, against the flow"


def test_no_import_runs_in_a_circle():
    assert list(circles(arrows())) == []


def test_no_script_imports_in_a_circle():
    scripts = script_arrows(PACKAGE / "ui" / "components")
    assert len(scripts) > 20
    assert list(circles(scripts)) == []


def test_the_plan_names_what_is_there_and_nothing_else():
    planned = {name for floor in floors() for name in floor}
    there = {path.parent.name for path in modules() if path.name == "__init__.py" and path.parent.parent == PACKAGE}
    modules_named = {name for name in planned if (PACKAGE / f"{name}.py").exists()}
    assert planned - modules_named == there
    flat = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert flat == {*GROUND, *ENTRY, *modules_named}
    inside = {path.parent.name for path in (PACKAGE / "ui").glob("*/__init__.py")}
    assert inside == {name for floor in floors("ui floors") for name in floor}
    assert {path.stem for path in (PACKAGE / "ui").glob("*.py")} - {"__init__"} == set(UI_GROUND)


def test_no_folder_is_crowded():
    crowd = Counter(path.parent for path in modules() if path.name != "__init__.py")
    assert {str(where): count for where, count in crowd.items() if count > MOST_MODULES} == {}


def test_an_init_holds_no_code():
    """A package's face may hand names on; what it held itself would have no place in the plan."""
    for path in modules():
        if path.name == "__init__.py":
            defined = [
                node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)
            ]
            assert not defined, f"{path} defines {defined[0].name}"


def test_every_package_is_installed():
    """An editable install finds packages that are not listed; a wheel would be without them."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    there = {f"ztfexplore.{dotted(path)}".rstrip(".") for path in modules() if path.name == "__init__.py"}
    assert there | {"ztfexplore.models"} == set(listed)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_ui_knows_streamlit(path):
    knows = any(name.split(".")[0] == "streamlit" for name in imports(path))
    assert not knows or folder(dotted(path)) == "ui"


def test_pages_hold_no_maths_and_no_files():
    for path in [ROOT / "app.py", *(ROOT / "pages").glob("*.py")]:
        allowed = {"streamlit", "ztfexplore"}
        assert {name.split(".")[0] for name in imports(path)} <= allowed, path.name


def test_a_bare_import_loads_neither_streamlit_nor_torch():
    code = "import sys, ztfexplore; sys.exit(bool({'streamlit', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_declaration_imports_nothing_heavy():
    """Commands and pages list what is declared: they must not wait for torch to do so."""
    code = (
        "import importlib, sys\n"
        "from ztfexplore.registry import modules\n"
        "for package, heavy in {packages}:\n"
        "    for module in modules(package):\n"
        "        importlib.import_module(module)\n"
        "        found = set(heavy) & set(sys.modules)\n"
        "        if found:\n"
        "            sys.exit(f'{{module}} imports {{sorted(found)}}: import it inside the functions that need it')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code.format(packages=DECLARED)], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_command_line_answers_help_without_heavy_imports():
    code = (
        "import sys\nfrom ztfexplore.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "sys.exit(bool({'streamlit', 'torch', 'umap', 'galsim'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "ingest" in done.stdout


FILES = [*modules(), *(PACKAGE / "ui").rglob("*.js"), *(ROOT / "tests").rglob("*.py"), *(ROOT / "tests").rglob("*.js")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_one_room(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, "more than 400 lines is two rooms in one"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: path.name)
def test_no_test_imports_from_another(path):
    """What tests share lies in tests/support or in a conftest.py, which pytest reads by itself."""
    shared = [name for name in imports(path) if name.split(".")[0] == "tests"]
    assert all(name.startswith("tests.support") for name in shared), shared


def places_of(module: str) -> list[str]:
    """Where the tests of a module may be: beside the place that mirrors its own, or with all of its folder."""
    *folders, name = module.split(".")
    shared = SHARED_TESTS.get(".".join(folders))
    return ["/".join([*folders, f"test_{name}.py"]), *([shared] if shared else [])]


@pytest.mark.parametrize(
    "module",
    [dotted(path) for path in modules() if path.name != "__init__.py" and dotted(path) not in ENTRY],
)
def test_every_module_has_a_test_of_its_own(module):
    there = [place for place in places_of(module) if (ROOT / "tests" / place).exists()]
    assert there, f"ztfexplore.{module} has no tests: write tests/{places_of(module)[0]}"


def test_every_public_function_is_documented():
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), f"{path} says nothing about itself"
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name} is not documented"


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


def test_no_public_class_name_occurs_twice():
    """A name says which class is meant, wherever it is read."""
    where: dict[str, list[str]] = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where.setdefault(node.name, []).append(dotted(path))
    twice = {name: places for name, places in where.items() if len(places) > 1 and name not in SHARED_NAMES}
    assert twice == {}


def test_an_ignored_type_says_why():
    """`# type: ignore[code]  # the reason`: the code is asked for by mypy, the reason here."""
    for path in modules():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            _, marked, rest = line.partition("# type: ignore")
            assert not marked or re.match(r"\[[a-z-]+\]  # \S", rest), f"{path}, line {number}: say why"
