"""Saving a probe and its predictions."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.support.pages import open_page
from tests.support.probes import LABELS, QUICK, build
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.snapshot import DATA, Snapshot
from ztfexplore.probe import store as probe_store
from ztfexplore.probe.compare import Question
from ztfexplore.probe.fit import FitConfig
from ztfexplore.ui.probe import save


def test_a_probe_is_saved_beside_the_catalogue_and_a_bad_name_is_named(show, tmp_path):
    made = build(tmp_path / "c", LABELS)
    page = show(made.path, probe="random", show="save", **QUICK)
    page.text_input(key="name-random").set_value("../evil").run()
    page.button(key="save-random").click().run()
    assert not page.exception and len(page.error) == 1 and probe_store.saved_probes(made) == []
    page.text_input(key="name-random").set_value("mine").run()
    page.button(key="save-random").click().run()
    assert not page.exception and len(page.success) == 1
    (stored,) = probe_store.saved_probes(made)
    assert stored.name == "mine" and stored.probe is not None and stored.probe.classes == ("AGN", "SN", "VS")


def test_a_probe_saved_on_the_page_says_whose_labels_it_was_fitted_on(argued):
    page = open_page("pages/probe.py", probe="random", show="save", **QUICK)
    page.button(key="save-random").click().run()
    assert not page.exception
    (saved,) = probe_store.saved_probes(Catalogue.open(argued))
    assert saved.probe.labels_used["people"] > 6
    assert sum(saved.probe.labels_used.values()) == sum(saved.probe.alerts_by_class.values())
    assert Snapshot.open(argued, DATA).labels_used() == {"people": 0, "data": 60}


def test_alerts_without_a_label_are_predicted_and_all_of_them_if_asked(show, known):
    page = show(known, probe="random", show="save", **QUICK)
    table = page.dataframe[1].value
    assert table["class"].tolist() == ["AGN", "SN", "VS"] and table["alerts"].tolist() == [0, 9, 0]
    page = page.toggle(key=save.EVERYTHING).set_value(True).run()
    assert not page.exception and page.dataframe[1].value["alerts"].tolist() == [20, 29, 20]


def test_where_all_have_labels_nothing_is_predicted_or_offered(show, tmp_path):
    page = show(build(tmp_path / "all", LABELS[:60]).path, probe="random", show="save", **QUICK)
    assert len(page.dataframe) == 1 and len(page.get("download_button")) == 2, "the scores, and the probe itself"


@pytest.mark.parametrize(("wanted", "file"), [("mine", "mine"), ("../evil", "probe-random"), ("", "probe-random")])
def test_a_download_has_the_wanted_name_if_a_file_may_have_it(wanted, file):
    assert save._file(wanted, "random") == file


def test_a_suggested_name_says_what_is_not_the_default():
    def suggested(features: str = "images", fraction: float = 1.0) -> str:
        question = Question(("pca",), FitConfig(label_fraction=fraction), features)
        return save.default_name(SimpleNamespace(question=question), "pca")

    assert (suggested(), suggested("both", 0.25)) == ("pca", "pca-both-0.25-of-labels")
