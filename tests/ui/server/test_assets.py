"""The scripts that the browser fetches: every file, and a new address whenever one of them changes."""

from __future__ import annotations

import re

import pytest

from tests.support.places import PACKAGE
from ztfexplore.ui.server import assets

COMPONENTS = PACKAGE / "ui" / "components"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of components of one test's own, read anew at each call of the second value."""

    def read_anew() -> str:
        assets.code.cache_clear()
        assets._digest.cache_clear()
        return assets.script_url("maps/main.js")

    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "main.js").write_text("export const a = 1;")
    (tmp_path / "maps" / "grid.js").write_text("export const b = 2;")
    with monkeypatch.context() as patched:
        patched.setattr(assets, "FOLDER", tmp_path)
        yield tmp_path, read_anew
    read_anew()


def test_every_script_of_the_components_is_there_as_it_is_on_disk():
    on_disk = {f"{path.parent.name}/{path.name}": path.read_text(encoding="utf-8") for path in COMPONENTS.rglob("*.js")}
    assert assets.code() == on_disk and "linked_maps/main.js" in on_disk


def test_the_address_changes_with_any_script_and_only_then(folder):
    path, read_anew = folder
    first = read_anew()
    assert read_anew() == first and first.endswith("/maps/main.js")
    (path / "maps" / "grid.js").write_text("export const b = 3;")
    assert read_anew() != first, "main.js imports it by an address beside its own"


def test_what_is_no_script_is_not_served(folder):
    path, read_anew = folder
    first = read_anew()
    (path / "maps" / "maps.css").write_text("a {}")
    (path / "maps" / "maps.py").write_text("import os")
    (path / "secret.js").write_text("not in a component's folder")
    assert read_anew() == first and set(assets.code()) == {"maps/main.js", "maps/grid.js"}


def test_addresses_are_relative_so_that_the_app_may_lie_below_a_path():
    for address in (assets.script_url("linked_maps/main.js"), assets.plotly_url()):
        assert re.fullmatch(r"zx/code/[0-9a-z.]+/[a-z_./]+\.js", address)
