"""The data page by AppTest: what it shows of catalogues, taking in uploads good and hostile, embedding, building."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support import pages
from tests.support.fits import fits_bytes
from tests.support.packets import CANDID, CUTOUTS, avro, fink, night, packet
from tests.support.pages import in_url, notices
from tests.support.places import ROOT
from ztfexplore import paths
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding
from ztfexplore.encoders import encoder
from ztfexplore.sources import read_sources
from ztfexplore.sources.simulation.simulate import simulate_alerts

PAGE = "pages/data.py"
SECTIONS = ("all", "counts", "origin", "rejects", "encoders", "add")


@pytest.fixture
def data(monkeypatch, tmp_path, demo_catalogue) -> Path:
    """The folder of catalogues, with a small demo in it that may be changed."""
    folder = tmp_path / "data"
    shutil.copytree(demo_catalogue, folder / "demo")
    monkeypatch.delenv("ZTFEXPLORE_CATALOGUE", raising=False)
    monkeypatch.setattr("ztfexplore.paths.DATA", folder)
    monkeypatch.setattr("ztfexplore.paths.DEMO", folder / "demo")
    monkeypatch.setattr("ztfexplore.paths.GALAXIES", folder / "galaxies")
    return folder


def open_page(section: str, **query: str) -> AppTest:
    return pages.open_page(PAGE, section=section, **query)


def upload(page: AppTest, files: dict[str, bytes], name: str = "mine", labels: bytes | None = None) -> AppTest:
    """Choose files for a new catalogue and take them in."""
    page.text_input[0].input(name).run()
    page.file_uploader[0].set_value([(given, content, "") for given, content in files.items()])
    if labels is not None:
        page.file_uploader[1].set_value(("labels.csv", labels, "text/csv"))
    page.run()
    return page.button(key="ingest").click().run()


def rows_of(path: Path) -> list[dict]:
    return Catalogue.open(path).table(["candid", "object_id", "label", "source"]).to_pylist()


# --- what it shows ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("script", ["pages/data.py", "app.py"])
def test_every_section_stands_alone_and_through_the_app(data, section, script):
    page = AppTest.from_file(str(ROOT / script), default_timeout=60)
    page.query_params["section"] = section
    page.run()
    if script == "app.py":
        page = page.switch_page("pages/data.py").run()
    assert not page.exception and not page.error
    assert page.selectbox[0].label == "Catalogue" and page.selectbox[0].value == "demo"


def test_all_catalogues_are_listed_and_a_broken_one_breaks_nothing(data):
    ingest(simulate_alerts(20, seed=5), Catalogue.create(data / "other"))
    (data / "ruin" / "_versions").mkdir(parents=True)
    (data / "ruin" / "_versions" / "1.manifest").write_bytes(b"x")
    page = open_page("all", catalogue="other")
    assert not page.exception
    table = page.dataframe[0].value.set_index("name")
    assert set(table.index) == {"demo", "other", "ruin"}
    assert table.loc["demo", "alerts"] == 150 and table.loc["other", "alerts"] == 20
    assert table.loc["demo", "embedded"] == "simclr, s-simclr" and table.loc["demo", "mapped"] == "all of them"
    assert table.loc["other", "embedded"] == "" and table.loc["other", "survey"] == "Simulated (ZTF-like)"
    assert "ruin cannot be read" in notices(page)
    assert not open_page("counts", catalogue="ruin").exception


def test_counts_are_those_of_the_catalogue(data):
    page = open_page("counts")
    frame = Catalogue.open(data / "demo").frame()
    assert f"**{len(frame):,}** alerts" in page.markdown[0].value
    assert [len(page.get("plotly_chart")), len(page.get("download_button"))] == [3, 3]


def test_peoples_labels_count(data):
    catalogue = Catalogue.open(shutil.copytree(data / "demo", data / "kept"))
    before = open_page("counts", catalogue="kept").markdown[0].value
    record = catalogue.frame().iloc[0]
    Annotations.open(data / "kept").add([int(record["candid"])], "comet", "me", record["survey"])
    sources = open_page("origin", catalogue="kept").dataframe[1].value
    assert sources.loc[sources["class"] == "comet", "assigned by"].tolist() == ["person:me"]
    assert "comet" in open_page("counts", catalogue="kept").get("plotly_chart")[0].proto.spec
    assert open_page("counts", catalogue="kept").markdown[0].value == before


def test_the_chosen_section_and_catalogue_are_in_the_link(data):
    ingest(simulate_alerts(20, seed=5), Catalogue.create(data / "other"))
    page = open_page("all")
    for section in ("origin", "rejects", "counts"):
        page = page.get("button_group")[0].set_value(section).run()
        assert in_url(page, "section") == section
    page = page.selectbox[0].select("demo").run()
    assert "**150** alerts" in page.markdown[0].value
    page = page.selectbox[0].select("other").run()
    assert in_url(page, "catalogue") == "other"
    assert "**20** alerts" in page.markdown[0].value


def test_provenance_names_sources_label_sources_weights_and_versions(data):
    page = open_page("origin")
    sources, labels, weights, history = (table.value for table in page.dataframe)
    assert sources["alerts"].sum() == 150 and sources["first"].notna().all()
    assert list(labels["assigned by"].unique()) == ["simulated"] and labels["alerts"].sum() == 150
    assert list(weights["weights"]) == ["as shipped"] * 2
    assert history["version"].iloc[0] == Catalogue.open(data / "demo").version
    assert history["change"].iloc[-2] == "150 added"


def test_empty_states_say_what_to_do(data):
    bare = Catalogue.create(data / "bare")
    for section in SECTIONS:
        page = open_page(section, catalogue="bare")
        assert not page.exception and not page.error, section
    assert "Add alerts" in notices(open_page("counts", catalogue="bare"))
    bare.add([replace(alert, label=None, label_source=None) for alert in simulate_alerts(5, seed=5)])
    assert "Nothing here has a class yet" in notices(open_page("counts", catalogue="bare"))
    assert "labels file" in notices(open_page("origin", catalogue="bare"))
    assert "Embed" in notices(open_page("encoders", catalogue="bare"))
    assert "no list of rejects" in notices(open_page("rejects", catalogue="bare"))


def test_rejects_are_counted_searched_and_never_html(data):
    with (data / "demo" / "rejects.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["candid", "source", "reason"])
        rows.writerow([CANDID, "<b>night</b>.tar", "damaged cutout: science: <img src=x>"])
        rows.writerow(["", "=cmd()", "unknown format: not an Avro file"])
    page = open_page("rejects")
    assert not page.exception
    reasons, lines = (table.value for table in page.dataframe)
    assert set(reasons["reason"]) == {"damaged cutout", "unknown format"}
    assert lines["candid"].iloc[0] == str(CANDID)
    page = page.text_input(key="rejects-search").input("NIGHT").run()
    assert len(page.dataframe[1].value) == 1
    page = page.text_input(key="rejects-search").input("nowhere").run()
    assert "lines match" in notices(page)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"other,columns\n1,2\n", b"candid,source,reason\n1,2\n"])
def test_a_damaged_list_of_rejects_is_no_trouble(data, content):
    (data / "demo" / "rejects.csv").write_bytes(content)
    assert not open_page("rejects").exception


# --- taking in ----------------------------------------------------------------------------------------------------


def test_an_upload_makes_a_catalogue_with_its_labels(data, tmp_path):
    packets = {f"{n}.avro": avro(packet(CANDID + n, f"ZTF18{n}")) for n in range(3)}
    tar = night(tmp_path / "night.tar.gz", range(10, 14)).read_bytes()
    table = fink(tmp_path / "fink.parquet", [packet(20), packet(21)]).read_bytes()
    labels = f"candid,label,label_source\n{CANDID + 1},SN,TNS\n12,VS,VSX\n99,VS,VSX\n".encode()
    files = {**packets, "night.tar.gz": tar, "fink.parquet": table, "bad.avro": b"hello"}
    page = upload(open_page("add"), files, labels=labels)
    assert not page.exception
    text = notices(page)
    assert "mine: 9 accepted, 0 already there, 1 rejected" in text and "now has 9 alerts" in text
    assert "Of the 3 labels given, 2 belong" in text
    assert in_url(page, "catalogue") == "mine"
    found = {row["candid"]: row for row in rows_of(data / "mine")}
    assert set(found) == {CANDID, CANDID + 1, CANDID + 2, 10, 11, 12, 13, 20, 21}
    assert found[CANDID + 1]["label"] == "SN" and found[CANDID]["label"] is None
    assert found[CANDID]["source"] == "0.avro" and found[12]["source"] == "night.tar.gz:12.avro"
    lines = page.dataframe[1].value
    assert list(lines["source"]) == ["bad.avro"] and "unknown format" in lines["reason"].iloc[0]
    assert page.file_uploader[0].value == [], "the files are dropped after an ingest"
    page = page.button(key="go-embed").click().run()
    assert "Nothing is embedded yet" in notices(page)


def test_taking_in_twice_says_that_they_are_there(data):
    content = {"a.avro": avro(packet(CANDID))}
    upload(open_page("add"), content)
    page = open_page("add", catalogue="mine")
    assert page.selectbox[1].value == "mine"
    page.file_uploader[0].set_value([("a.avro", content["a.avro"], "")]).run()
    page = page.button(key="ingest").click().run()
    assert "0 accepted, 1 already there" in notices(page)
    assert len(rows_of(data / "mine")) == 1


def test_a_fits_upload_is_called_by_its_own_name(data):
    image = fits_bytes(np.random.default_rng(0).normal(size=(30, 30)).astype(np.float32))
    hostile = "../../<img src=x onerror=alert(1)>.fits"
    page = upload(open_page("add"), {"M 31.fits.gz": gzip.compress(image), hostile: image})
    assert not page.exception
    names = {row["object_id"] for row in rows_of(data / "mine")}
    assert names == {"M 31", "<img src=x onerror=alert(1)>"}
    assert not (data.parent / "<img src=x onerror=alert(1)>.fits").exists()


def zeros_in_gzip(head: bytes, megabytes: int) -> bytes:
    """A small file that unpacks to a large one."""
    file = io.BytesIO()
    with gzip.open(file, "wb", compresslevel=1) as stream:
        stream.write(head)
        for _ in range(megabytes // 20):
            stream.write(bytes(20 * 2**20))
    return file.getvalue()


# Uploads that are not alerts, by what they are: the name, what makes the content, and a word of the reason.
HOSTILE = {
    "text": ("notes.txt", lambda: b"hello", "unknown format"),
    "empty": ("a.avro", lambda: b"", "empty file"),
    "html in its name": ("<img src=x onerror=alert(1)>.avro", lambda: b"<html>", "unknown format"),
    "a path": ("../../../etc/passwd", lambda: b"root", "unknown format"),
    "not to be printed": ("a\nb\x00\u202e.avro", lambda: b"x", "unknown format"),
    "gzip bomb": ("bomb.tar.gz", lambda: zeros_in_gzip(b"", 200), "it unpacks to more than 0.1 GB"),
    "fits bomb": ("bomb.fits.gz", lambda: zeros_in_gzip(b"SIMPLE  =                    T", 40), "more than 16 MB"),
    "avro bomb": (
        "bomb.avro",
        lambda: avro(packet(1, cutouts={CUTOUTS[0]: bytes(80 * 2**20)}), codec="deflate"),
        "unpacks to more than 64 MB",
    ),
    "large": ("large.avro", lambda: b"Obj\x01" + bytes(65 * 2**20), "larger than 64 MB"),
    "cut off": ("cut.avro", lambda: avro(packet(1))[:3000], "damaged packet"),
    "hostile id": ("id.avro", lambda: avro(packet(None, "<script>alert(1)</script>")), "missing field"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_alert_is_told_with_its_reason_and_makes_nothing(data, kind, monkeypatch):
    monkeypatch.setattr("ztfexplore.sources.archive.ALWAYS_UNPACKED", 100 * 2**20)  # a gigabyte takes seconds
    name, content, reason = HOSTILE[kind]
    page = upload(open_page("add"), {name: content()})
    assert not page.exception
    text = notices(page)
    assert "Nothing was accepted, so no catalogue mine was made: 1 rejected" in text
    lines = page.dataframe[1].value
    assert len(lines) == 1 and reason in lines["reason"].iloc[0]
    assert "/tmp" not in lines["source"].iloc[0] + lines["reason"].iloc[0], "the page names files as the sender does"
    assert sorted(path.name for path in data.iterdir()) == ["demo"]
    # The page goes on: the same form takes a good packet.
    page.file_uploader[0].set_value([("good.avro", avro(packet(CANDID)), "")]).run()
    page = page.button(key="ingest").click().run()
    assert "1 accepted" in notices(page)


def test_an_alert_with_html_in_its_id_is_taken_in_and_shown_as_text(data):
    page = upload(open_page("add"), {"a.avro": avro(packet(CANDID, "<b onclick=x>ZTF</b>"))}, name="html")
    assert "1 accepted" in notices(page)
    for section in SECTIONS:
        page = open_page(section, catalogue="html")
        assert not page.exception
        assert not any("<b onclick" in element.proto.body for element in page.get("html"))


@pytest.mark.parametrize("labels", [b"", b"\xff\xfe", b"a,b\n1,2\n", b"candid,label\n1.5,SN\n"])
def test_labels_that_cannot_be_read_are_named_and_nothing_is_begun(data, labels):
    page = upload(open_page("add"), {"a.avro": avro(packet(CANDID))}, labels=labels)
    assert not page.exception
    assert "labels labels.csv" in notices(page) and "/tmp" not in notices(page)
    assert not (data / "mine").exists()


def test_labels_alone_reach_alerts_that_are_there(data):
    upload(open_page("add"), {"a.avro": avro(packet(CANDID)), "bad.avro": b"x"})
    before = (data / "mine" / "rejects.csv").read_text()
    page = open_page("add", catalogue="mine")
    page.file_uploader[1].set_value(("l.csv", f"candid,label\n{CANDID},SN\n".encode(), "")).run()
    page = page.button(key="ingest").click().run()
    assert not page.exception and "1 belong" in notices(page)
    assert rows_of(data / "mine")[0]["label"] == "SN"
    assert (data / "mine" / "rejects.csv").read_text() == before


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "..", "a..b", ".hidden", "-x", "demo", "DEMO", "galaxies", "a b", "é", "x" * 65]
)
def test_names_that_are_no_names_are_refused(data, name):
    page = open_page("add")
    page.text_input[0].input(name).run()
    page.file_uploader[0].set_value([("a.avro", avro(packet(CANDID)), "")])
    page.run()
    assert not page.exception
    assert page.button(key="ingest").disabled
    assert len(page.warning) == 1
    assert sorted(path.name for path in data.iterdir()) == ["demo"]


def test_files_on_this_computer_are_taken_in_by_path(data, tmp_path):
    night(tmp_path / "night.tar", range(5), "w")
    page = open_page("add")
    page.get("button_group")[1].set_value("Files on this computer").run()
    page.text_input[0].input("bypath").run()
    page = page.text_area[0].input(f"{tmp_path / 'nowhere'}\n").run()
    assert "no such file or folder" in notices(page)
    page = page.text_area[0].input(f" '{tmp_path / 'night.tar'}'\n\n").run()
    page = page.button(key="ingest").click().run()
    assert not page.exception and "5 accepted" in notices(page)
    assert rows_of(data / "bypath")[0]["source"] == f"{tmp_path / 'night.tar'}:0.avro"


def test_paths_are_not_offered_to_strangers(data, monkeypatch):
    from streamlit import config

    before = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    try:
        assert len(open_page("add").get("button_group")) == 1
    finally:
        config.set_option("server.address", before)


# --- a catalogue that changes meanwhile -----------------------------------------------------------------------------

FILL = """
import sys, time
from pathlib import Path
from ztfexplore.catalogue import ingest
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.sources import read_sources
from ztfexplore.sources.simulation.simulate import simulate_alerts
ingest.BATCH_ALERTS = 10
def slowly():
    for alert in simulate_alerts(120, seed=77):
        time.sleep(0.01)
        yield alert
ingest.ingest(slowly(), Catalogue.create(Path(sys.argv[1])))
"""


def test_a_catalogue_that_another_process_fills_is_shown_as_it_grows(data):
    path = data / "filling"
    Catalogue.create(path)
    filler = subprocess.Popen([sys.executable, "-c", FILL, str(path)], cwd=ROOT)
    seen = []
    try:
        page = open_page("counts", catalogue="filling")
        while filler.poll() is None:
            for section in ("counts", "origin", "all", "encoders"):
                fresh = open_page(section, catalogue="filling")
                assert not fresh.exception and not fresh.error, section
                if section == "all":
                    seen.append(int(fresh.dataframe[0].value.set_index("name").loc["filling", "alerts"]))
        assert filler.wait(60) == 0
    finally:
        filler.kill()
    page.query_params["section"] = "counts"
    page = page.run()
    assert "**120** alerts" in page.markdown[0].value, "the next interaction shows the latest version"
    assert seen == sorted(seen)


# --- encoders -----------------------------------------------------------------------------------------------------


def test_embed_and_lay_out_by_button(data):
    ingest(simulate_alerts(30, seed=5), Catalogue.create(data / "bare"))
    page = open_page("encoders", catalogue="bare")
    assert "Nothing is embedded yet" in notices(page)
    assert page.button(key="map-simclr").disabled
    page = page.button(key="embed-simclr").click().run()
    assert not page.exception and not page.error
    catalogue = Catalogue.open(data / "bare")
    assert embedding.embedded_by(catalogue) == ["simclr"]
    assert f"SimCLR embedded 30 alerts; the catalogue is at version {catalogue.version}" in notices(page)
    assert page.button(key="embed-simclr").disabled and page.button(key="embed-simclr").label == "Done"
    page = page.button(key="map-simclr").click().run()
    assert not page.exception
    assert "trustworthiness" in notices(page)
    assert page.button(key="map-simclr").disabled
    # The pieces that tell how far it is change nothing.
    whole = encoder.load("simclr").embed(catalogue.stamps(range(30)))
    assert abs(whole - embedding.read_embedding(catalogue, "simclr").values).max() < 1e-5


def test_new_rows_and_other_weights_are_said_and_made_again(data):
    # The demo, if it is alone, is mended by the app itself.
    catalogue = Catalogue.open(shutil.copytree(data / "demo", data / "kept"))
    catalogue.add(list(simulate_alerts(3, seed=99)))
    page = open_page("encoders", catalogue="kept")
    assert any("150 of 153, 3 missing" in text for text in progress(page))
    assert not page.button(key="embed-simclr").disabled
    vectors = embedding.read_embedding(catalogue, "simclr")
    catalogue.write_vectors("embedding_simclr", np.arange(153), vectors.values, {"weights_sha256": "f" * 64})
    page = open_page("encoders", catalogue="kept")
    assert any("outdated" in element.value for element in page.markdown)
    page = page.button(key="embed-simclr").click().run()
    assert "embedded 153 alerts" in notices(page)
    assert not page.button(key="map-simclr").disabled, "the map of the other weights does not count"


def progress(page: AppTest) -> list[str]:
    return [element.proto.text for element in page.get("progress")]


def test_stamps_that_do_not_fit_are_a_message(data, tmp_path):
    folder = tmp_path / "fits"
    folder.mkdir()
    (folder / "a.fits").write_bytes(fits_bytes(np.ones((9, 9), np.float32)))
    ingest(read_sources([folder]), Catalogue.create(data / "images"))
    page = open_page("encoders", catalogue="images").button(key="embed-simclr").click().run()
    assert not page.exception
    assert "takes 3 channels" in notices(page)


def test_work_that_was_cut_off_is_said_and_done_by_the_next_click(data, monkeypatch, tmp_path):
    """A rerun stops the script inside the ingest, as a click elsewhere does."""
    from streamlit.runtime.scriptrunner import StopException

    from ztfexplore.catalogue import ingest as module
    from ztfexplore.ui.data import jobs

    monkeypatch.setattr(module, "BATCH_ALERTS", 4)
    stopped = []

    def stop_at_nine(self, share, text):
        if "9 alerts" in text and not stopped:
            stopped.append(text)
            raise StopException

    monkeypatch.setattr(jobs.Bar, "show", stop_at_nine)
    content = night(tmp_path / "n.tar", range(12), "w").read_bytes()
    page = upload(open_page("add"), {"n.tar": content})
    assert not page.exception
    assert len(rows_of(data / "mine")) == 8
    page = page.run()
    assert "was stopped" in notices(page)
    page = page.selectbox[1].select("mine").run()
    page = page.button(key="ingest").click().run()
    assert "4 accepted, 8 already there" in notices(page)
    assert "was stopped" not in notices(page)


# --- the built-in ones ----------------------------------------------------------------------------------------------


def test_the_galaxies_are_built_by_button(data, monkeypatch):
    steps = []

    def build(path, on_step):
        on_step("Detecting galaxies", 0.0)
        steps.append(path)
        catalogue = Catalogue.create(path)
        ingest(simulate_alerts(3, seed=1), catalogue)
        on_step("Done", 1.0)
        return catalogue

    from ztfexplore.ui.data import add

    label, what, _ = add.BUILT_IN["galaxies"]
    monkeypatch.setitem(add.BUILT_IN, "galaxies", (label, what, build))
    page = open_page("all").button(key="build-galaxies").click().run()
    assert not page.exception
    assert steps == [paths.GALAXIES]
    assert "galaxies is complete: 3 alerts" in notices(page)
    assert "galaxies" in list(page.dataframe[0].value["name"])
