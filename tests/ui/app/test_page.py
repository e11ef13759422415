"""How a page begins: which catalogue it shows, the demo where there is none, and what is wrong in one line."""

from __future__ import annotations

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import in_url
from ztfexplore import paths
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.ui.app import page as beginning

SIZE = 12  # objects of the demo that these tests build


def host() -> None:
    """A page that begins as all do, and says which catalogue it shows."""
    import streamlit as st

    from ztfexplore.ui.app import page

    page.begin("Test")
    page.ensure_catalogue()
    view = page.choose_catalogue()
    st.text(f"{view.catalogue.path.name}: {len(view.frame)}")


@pytest.fixture
def data(monkeypatch, tmp_path):
    """The folder of catalogues, empty."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.delenv("ZTFEXPLORE_CATALOGUE", raising=False)
    monkeypatch.setattr(paths, "DATA", folder)
    monkeypatch.setattr(paths, "DEMO", folder / "demo")
    return folder


@pytest.fixture
def two(data, demo_catalogue):
    """The demo and a catalogue of five alerts."""
    Catalogue.create(data / "five").add(list(simulate_alerts(5, seed=5)))
    shutil.copytree(demo_catalogue, data / "demo")
    return data


def opened(**query: str) -> AppTest:
    page = AppTest.from_function(host, default_timeout=120)
    for name, value in query.items():
        page.query_params[name] = value
    return checked(page.run())


def checked(page: AppTest) -> AppTest:
    assert not page.exception
    return page


def shown(page: AppTest) -> str | None:
    return page.text[0].value if page.text else None


# --- which catalogue -----------------------------------------------------------------------------------------------


def test_people_s_own_catalogues_come_before_the_demo(two):
    page = opened()
    assert shown(page) == "five: 5" and page.selectbox(key=beginning.CHOSEN).options == ["five", "demo"]


def test_the_one_that_the_environment_names_comes_first(two, monkeypatch, tmp_path):
    Catalogue.create(tmp_path / "mine").add(list(simulate_alerts(3, seed=6)))
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(tmp_path / "mine"))
    page = opened()
    assert shown(page) == "mine: 3" and page.selectbox(key=beginning.CHOSEN).options == ["mine", "five", "demo"]


def test_a_cold_deep_link_opens_the_catalogue_that_it_names(two):
    page = opened(catalogue="demo", candid="7")
    assert shown(page) == "demo: 150" and not page.toast
    assert in_url(page, "candid") == "7"


def test_choosing_another_puts_it_into_the_link_and_drops_the_picked_object(two):
    page = opened(catalogue="demo", candid="7")
    page = checked(page.selectbox(key=beginning.CHOSEN).select("five").run())
    assert shown(page) == "five: 5"
    assert in_url(page, "catalogue") == "five" and in_url(page, "candid") is None
    page.query_params["catalogue"] = "demo"  # a step back
    assert shown(checked(page.run())) == "demo: 150"


@pytest.mark.parametrize("name", ["gone", "../../etc", "<b>x</b>", "x" * 500])
def test_a_link_to_a_catalogue_that_is_not_here_is_told_and_mended(two, name):
    page = opened(catalogue=name, candid="7")
    assert shown(page) == "five: 5" and len(page.toast) == 1
    assert "<b>" not in page.toast[0].value.replace("\\<", "") and len(page.toast[0].value) < 300
    assert in_url(page, "catalogue") == "five" and in_url(page, "candid") is None


def test_a_catalogue_that_cannot_be_read_ends_the_page_with_its_name(two, tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    monkeypatch.setenv("ZTFEXPLORE_CATALOGUE", str(tmp_path / "photos"))
    page = opened()
    assert shown(page) is None and len(page.error) == 1 and "photos" in page.error[0].value
    page = checked(page.selectbox(key=beginning.CHOSEN).select("five").run())
    assert shown(page) == "five: 5", "the box is still there"


# --- the demo ------------------------------------------------------------------------------------------------------


@pytest.fixture
def built(monkeypatch) -> list[str]:
    """Where a demo was built; it is small and has no maps."""
    calls = []

    def build(path, on_step):
        calls.append(path.name)
        on_step("Simulating", 2.0)
        Catalogue.create(path).add(list(simulate_alerts(SIZE, seed=1)))
        monkeypatch.setattr(beginning.demo, "is_complete", lambda path: True)

    monkeypatch.setattr(beginning.demo, "build", build)
    return calls


def test_without_any_catalogue_the_demo_is_built_once_and_shown(data, built):
    page = opened()
    assert shown(page) == f"demo: {SIZE}" and built == ["demo"]
    assert shown(checked(page.run())) == f"demo: {SIZE}" and built == ["demo"]


def test_a_demo_that_was_cut_off_is_completed_if_it_is_all_there_is(data, built, monkeypatch):
    Catalogue.create(data / "demo").add(list(simulate_alerts(2, seed=1))[:1])
    opened()
    assert built == ["demo"]


def test_beside_another_catalogue_no_demo_is_built(data, built):
    Catalogue.create(data / "five").add(list(simulate_alerts(5, seed=5)))
    assert shown(opened()) == "five: 5" and built == []
    assert not (data / "demo").exists()


def test_a_demo_that_cannot_be_mended_is_left_alone_and_its_way_out_is_shown(data):
    (data / "demo" / "_versions").mkdir(parents=True)
    (data / "demo" / "_versions" / "1.manifest").write_bytes(b"x")
    page = opened()
    assert shown(page) is None and len(page.error) == 1
    assert page.code[0].value.startswith(f"mv {data / 'demo'} ")
    assert (data / "demo" / "_versions" / "1.manifest").read_bytes() == b"x"


# --- ending a page ---------------------------------------------------------------------------------------------------


def test_a_page_that_stops_says_why_and_shows_nothing_more():
    def stopping() -> None:
        import streamlit as st

        from ztfexplore.ui.app import page

        page.stop("Nothing here.", "ztfexplore ingest FILES")
        st.text("never reached")

    page = checked(AppTest.from_function(stopping).run())
    assert [element.value for element in page.error] == ["Nothing here."]
    assert page.code[0].value == "ztfexplore ingest FILES" and not page.text
