"""Registries: entries in their order, found by importing a package, and one line for whatever is wrong with one."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from ztfexplore import registry
from ztfexplore.alerts.survey import SURVEYS
from ztfexplore.errors import RegistryError, TrainingError
from ztfexplore.registry import Registry


@dataclass(frozen=True)
class Thing:
    name: str


THINGS: Registry[Thing] = Registry("thing")
GOOD = "from tests.test_registry import THINGS, Thing\n"


@pytest.fixture(autouse=True)
def nothing_left_over(monkeypatch):
    monkeypatch.setattr(registry, "problems", [])
    monkeypatch.setattr(registry, "_begun", set())
    monkeypatch.setattr(registry, "entry_points", lambda group: [])
    THINGS.__init__("thing")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Writes a package of declarations; returns its name."""

    def write(**files: str) -> str:
        name = f"made_up_{tmp_path.name.replace('-', '_')}"
        folder = tmp_path / name
        folder.mkdir()
        for file, text in {"__init__": "", **files}.items():
            (folder / f"{file}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        importlib.invalidate_caches()
        return name

    return write


def plugin(monkeypatch, *values: str) -> None:
    points = [EntryPoint(f"plugin{n}", value, registry.PLUGINS) for n, value in enumerate(values)]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == "ztfexplore.plugins" else [])


def test_entries_stand_in_their_order_and_equal_ones_by_name():
    for name, order in (("c", 10), ("b", 20), ("a", 20)):
        THINGS.register(Thing(name), order)
    THINGS.register(Thing("aa"))
    assert list(THINGS) == ["c", "a", "b", "aa"]
    assert [thing.name for thing in THINGS.values()] == list(THINGS) and len(THINGS) == 4
    assert THINGS["b"] is THINGS.find("b") and "b" in THINGS and THINGS.get("z") is None


def test_what_is_not_there_is_answered_with_what_is():
    things: Registry[Thing] = Registry("thing", error=TrainingError)
    things.register(Thing("one"))
    things.register(Thing("two"))
    with pytest.raises(TrainingError, match=r"^thing three: unknown; there are one, two$"):
        things.find("three")


def test_a_name_that_is_registered_twice_is_named_with_both_places():
    THINGS.register(Thing("one"))
    with pytest.raises(RegistryError) as caught:
        THINGS.register(Thing("one"))
    message = str(caught.value)
    assert message.startswith("thing one: registered twice, by tests.test_registry (line ")
    assert message.count("tests.test_registry (line ") == 2 and "\n" not in message


def test_a_module_that_is_run_again_is_no_second_registration(package):
    name = package(one=GOOD + "THINGS.register(Thing('one'))\n")
    module = importlib.import_module(f"{name}.one")
    first = THINGS["one"]
    importlib.reload(module)
    assert THINGS["one"] is not first
    del sys.modules[f"{name}.one"]
    importlib.import_module(f"{name}.one")
    assert list(THINGS) == ["one"]


def test_the_modules_of_the_package_are_found_when_first_asked_for(package):
    name = package(b=GOOD + "THINGS.register(Thing('b'), 10)\n", a=GOOD + "THINGS.register(Thing('a'), 20)\n")
    THINGS.__init__("thing", name)
    assert f"{name}.a" not in sys.modules
    assert list(THINGS) == ["b", "a"]
    assert registry.problems == []


@pytest.mark.parametrize(
    ("text", "words"),
    (
        ("1 / 0\n", "left out, it cannot be loaded (ZeroDivisionError: division by zero)"),
        ("import no_such_module\n", "left out, it cannot be loaded (ModuleNotFoundError: No module named"),
        ("def (\n", "left out, it cannot be loaded (SyntaxError"),
        ("raise SystemExit\n", "left out, it cannot be loaded (SystemExit)"),
        ("raise ValueError('one\\ntwo')\n", "left out, it cannot be loaded (ValueError: one)"),
        (GOOD + "THINGS.register(Thing('good'))\n", "thing good: registered twice, by made_up"),
    ),
)
def test_a_module_that_cannot_be_loaded_costs_only_itself(package, text, words, caplog):
    name = package(good=GOOD + "THINGS.register(Thing('good'))\n", spoiled=text)
    THINGS.__init__("thing", name)
    assert list(THINGS) == ["good"]
    (line,) = registry.problems
    assert line.startswith(f"{name}.spoiled: ") and words in line and "\n" not in line
    assert [record.getMessage() for record in caplog.records] == [line]
    assert list(THINGS) == ["good"] and len(registry.problems) == 1  # said once


def test_a_plugin_adds_entries_and_one_that_fails_is_named(package, monkeypatch):
    name = package(
        good=GOOD + "assert list(THINGS) == []\nTHINGS.register(Thing('plugged'))\n",
        bad="raise RuntimeError('no database')\n",
    )
    plugin(monkeypatch, f"{name}.bad", f"{name}.good", "no_such_package.at_all")
    assert list(THINGS) == ["plugged"]
    assert registry.problems == [
        f"plugin plugin0 ({name}.bad): left out, it cannot be loaded (RuntimeError: no database)",
        "plugin plugin2 (no_such_package.at_all): left out, it cannot be loaded "
        "(ModuleNotFoundError: No module named 'no_such_package')",
    ]


def test_a_plugin_that_takes_a_name_of_ours_is_named_and_ours_stays(package, monkeypatch):
    text = (
        "from ztfexplore.alerts.survey import SURVEYS, Survey\nSURVEYS.register(Survey('ztf', 'x', (), 1, 1.0, ()))\n"
    )
    plugin(monkeypatch, f"{package(mine=text)}.mine")
    ztf = SURVEYS["ztf"]
    registry.load_plugins()
    assert SURVEYS["ztf"] is ztf
    (line,) = registry.problems
    assert "survey ztf: registered twice, by ztfexplore.alerts.surveys.ztf (line " in line and ".mine (line 2)" in line


def test_a_plugin_that_imports_torch_where_it_declares_is_told(package, monkeypatch):
    text = "import sys, types\nsys.modules['torch'] = types.ModuleType('torch')\n"
    plugin(monkeypatch, f"{package(heavy=text)}.heavy")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    try:
        registry.load_plugins()
    finally:
        sys.modules.pop("torch", None)
    (line,) = registry.problems
    assert line.endswith("imports torch where it declares; move it inside")


def test_an_entry_may_be_there_for_a_while():
    with THINGS.temporarily(Thing("guest"), 5):
        assert list(THINGS) == ["guest"]
    assert "guest" not in THINGS


def test_what_is_shipped_has_nothing_wrong_with_it():
    assert list(SURVEYS) == ["ztf", "simulated", "hubble", "fits", "lsst"]
    assert registry.problems == []
    assert Path(importlib.import_module("ztfexplore.alerts.surveys.ztf").__file__).parent.name == "surveys"
