"""Adding alerts by upload and by path, good and hostile ones; building the built-in catalogues."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.fits import fits_bytes
from tests.support.packets import CANDID, CUTOUTS, avro, fink, night, packet
from tests.support.pages import in_url, job_result, notices
from ztfexplore import paths
from ztfexplore.alerts.alert import Reason
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.catalogue.rejects import kinds
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.ui.data import add, jobs, overview


def upload(page: AppTest, files: dict[str, bytes], name: str = "mine", labels: bytes | None = None) -> AppTest:
    """Choose files for a new catalogue and ingest them."""
    page.text_input[0].input(name).run()
    page.file_uploader[0].set_value([(given, content, "") for given, content in files.items()])
    if labels is not None:
        page.file_uploader[1].set_value(("labels.csv", labels, "text/csv"))
    page.run()
    return page.button(key="ingest").click().run()


def rows_of(path: Path) -> list[dict]:
    return Catalogue.open(path).table(["candid", "object_id", "label", "source"]).to_pylist()


def test_an_upload_makes_a_catalogue_with_its_labels(data, open_data, tmp_path):
    packets = {f"{n}.avro": avro(packet(CANDID + n, f"ZTF18{n}")) for n in range(3)}
    tar = night(tmp_path / "night.tar.gz", range(10, 14)).read_bytes()
    table = fink(tmp_path / "fink.parquet", [packet(20), packet(21)]).read_bytes()
    labels = f"candid,label,label_source\n{CANDID + 1},SN,TNS\n12,VS,VSX\n99,VS,VSX\n".encode()
    files = {**packets, "night.tar.gz": tar, "fink.parquet": table, "bad.avro": b"hello"}
    page = upload(open_data("add"), files, labels=labels)
    assert not page.exception
    assert job_result(page).good and job_result(page).catalogue == "mine"
    assert "9 accepted, 0 already there, 1 rejected" in notices(page) and "2 belong" in notices(page)
    assert in_url(page, "catalogue") == "mine"
    found = {row["candid"]: row for row in rows_of(data / "mine")}
    assert set(found) == {CANDID, CANDID + 1, CANDID + 2, 10, 11, 12, 13, 20, 21}
    assert found[CANDID + 1]["label"] == "SN" and found[CANDID]["label"] is None
    assert found[CANDID]["source"] == "0.avro" and found[12]["source"] == "night.tar.gz:12.avro"
    lines = page.dataframe[1].value
    assert list(lines["source"]) == ["bad.avro"] and kinds(lines).tolist() == [Reason.UNKNOWN_FORMAT]
    assert page.file_uploader[0].value == [], "the files are dropped after an ingest"
    page = page.button(key="go-embed").click().run()
    assert in_url(page, "section") == "encoders" and not page.button(key="embed-simclr").disabled


def test_the_same_upload_again_says_that_they_are_there(data, open_data):
    content = {"a.avro": avro(packet(CANDID))}
    upload(open_data("add"), content)
    page = open_data("add", catalogue="mine")
    assert page.selectbox[1].value == "mine"
    page.file_uploader[0].set_value([("a.avro", content["a.avro"], "")]).run()
    page = page.button(key="ingest").click().run()
    assert "0 accepted, 1 already there" in notices(page)
    assert len(rows_of(data / "mine")) == 1


def test_a_fits_upload_is_called_by_its_own_name(data, open_data):
    image = fits_bytes(np.random.default_rng(0).normal(size=(30, 30)).astype(np.float32))
    hostile = "../../<img src=x onerror=alert(1)>.fits"
    page = upload(open_data("add"), {"M 31.fits.gz": gzip.compress(image), hostile: image})
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


# Uploads that are not alerts, by what they are: the name, what makes the content, and the reason.
HOSTILE = {
    "text": ("notes.txt", lambda: b"hello", Reason.UNKNOWN_FORMAT),
    "empty": ("a.avro", lambda: b"", Reason.UNKNOWN_FORMAT),
    "html in its name": ("<img src=x onerror=alert(1)>.avro", lambda: b"<html>", Reason.UNKNOWN_FORMAT),
    "a path": ("../../../etc/passwd", lambda: b"root", Reason.UNKNOWN_FORMAT),
    "not to be printed": ("a\nb\x00\u202e.avro", lambda: b"x", Reason.UNKNOWN_FORMAT),
    "gzip bomb": ("bomb.tar.gz", lambda: zeros_in_gzip(b"", 200), Reason.UNREADABLE),
    "fits bomb": (
        "bomb.fits.gz",
        lambda: zeros_in_gzip(b"SIMPLE  =                    T", 40),
        Reason.WRONG_SIZE,
    ),
    "avro bomb": (
        "bomb.avro",
        lambda: avro(packet(1, cutouts={CUTOUTS[0]: bytes(80 * 2**20)}), codec="deflate"),
        Reason.DAMAGED_PACKET,
    ),
    "large": ("large.avro", lambda: b"Obj\x01" + bytes(65 * 2**20), Reason.DAMAGED_PACKET),
    "cut off": ("cut.avro", lambda: avro(packet(1))[:3000], Reason.DAMAGED_PACKET),
    "hostile id": ("id.avro", lambda: avro(packet(None, "<script>alert(1)</script>")), Reason.MISSING_FIELD),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_alert_is_told_with_its_reason_and_makes_nothing(data, open_data, kind, monkeypatch):
    monkeypatch.setattr("ztfexplore.sources.archive.ALWAYS_UNPACKED", 100 * 2**20)  # a gigabyte takes seconds
    name, content, reason = HOSTILE[kind]
    page = upload(open_data("add"), {name: content()})
    assert not page.exception
    assert not job_result(page).good and len(page.error) == 1
    lines = page.dataframe[1].value
    assert kinds(lines).tolist() == [reason]
    assert "/tmp" not in lines["source"].iloc[0] + lines["reason"].iloc[0], "the page names files as the sender does"
    assert sorted(path.name for path in data.iterdir()) == ["demo"]
    # The page goes on: the same form takes a good packet.
    page.file_uploader[0].set_value([("good.avro", avro(packet(CANDID)), "")]).run()
    page = page.button(key="ingest").click().run()
    assert job_result(page).good and len(rows_of(data / "mine")) == 1


def test_an_alert_with_html_in_its_id_is_accepted_and_shown_as_text(open_data):
    page = upload(open_data("add"), {"a.avro": avro(packet(CANDID, "<b onclick=x>ZTF</b>"))}, name="html")
    assert job_result(page).good
    for section in overview.SECTIONS:
        page = open_data(section, catalogue="html")
        assert not page.exception
        assert not any("<b onclick" in element.proto.body for element in page.get("html"))


@pytest.mark.parametrize("labels", [b"", b"\xff\xfe", b"a,b\n1,2\n", b"candid,label\n1.5,SN\n"])
def test_labels_that_cannot_be_read_are_named_and_nothing_is_begun(data, open_data, labels):
    page = upload(open_data("add"), {"a.avro": avro(packet(CANDID))}, labels=labels)
    assert not page.exception
    assert not job_result(page).good
    assert "labels.csv" in job_result(page).text and "/tmp" not in job_result(page).text
    assert not (data / "mine").exists()


def test_labels_alone_reach_alerts_that_are_there(data, open_data):
    upload(open_data("add"), {"a.avro": avro(packet(CANDID)), "bad.avro": b"x"})
    before = (data / "mine" / "rejects.csv").read_text()
    page = open_data("add", catalogue="mine")
    page.file_uploader[1].set_value(("l.csv", f"candid,label\n{CANDID},SN\n".encode(), "")).run()
    page = page.button(key="ingest").click().run()
    assert not page.exception and job_result(page).good
    assert rows_of(data / "mine")[0]["label"] == "SN"
    assert (data / "mine" / "rejects.csv").read_text() == before


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "..", "a..b", ".hidden", "-x", "demo", "DEMO", "galaxies", "a b", "é", "x" * 65]
)
def test_names_that_are_no_names_are_refused(data, open_data, name):
    page = open_data("add")
    page.text_input[0].input(name).run()
    page.file_uploader[0].set_value([("a.avro", avro(packet(CANDID)), "")])
    page.run()
    assert not page.exception
    assert page.button(key="ingest").disabled
    assert len(page.warning) == 1
    assert sorted(path.name for path in data.iterdir()) == ["demo"]


def test_files_on_this_computer_are_added_by_path(data, open_data, tmp_path):
    night(tmp_path / "night.tar", range(5), "w")
    page = open_data("add")
    page.get("button_group")[1].set_value(add.BY_PATH).run()
    page.text_input[0].input("bypath").run()
    page = page.text_area[0].input(f"{tmp_path / 'nowhere'}\n").run()
    assert str(tmp_path / "nowhere") in notices(page)
    page = page.text_area[0].input(f" '{tmp_path / 'night.tar'}'\n\n").run()
    page = page.button(key="ingest").click().run()
    assert not page.exception and len(rows_of(data / "bypath")) == 5
    assert rows_of(data / "bypath")[0]["source"] == f"{tmp_path / 'night.tar'}:0.avro"


def test_paths_are_not_offered_to_strangers(open_data, monkeypatch):
    from streamlit import config

    before = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    try:
        assert len(open_data("add").get("button_group")) == 1
    finally:
        config.set_option("server.address", before)


def test_work_that_was_cut_off_is_said_and_done_by_the_next_click(data, open_data, monkeypatch, tmp_path):
    """A rerun stops the script inside the ingest, as a click elsewhere does."""
    from streamlit.runtime.scriptrunner import StopException

    from ztfexplore.catalogue import ingest as module

    monkeypatch.setattr(module, "BATCH_ALERTS", 4)
    stopped = []

    def stop_at_nine(self, share, text):
        if "9 alerts" in text and not stopped:
            stopped.append(text)
            raise StopException

    monkeypatch.setattr(jobs.Bar, "show", stop_at_nine)
    content = night(tmp_path / "n.tar", range(12), "w").read_bytes()
    page = upload(open_data("add"), {"n.tar": content})
    assert not page.exception
    assert len(rows_of(data / "mine")) == 8
    page = page.run()
    assert page.button(key="dismiss-stopped")
    page = page.selectbox[1].select("mine").run()
    page = page.button(key="ingest").click().run()
    assert "4 accepted, 8 already there" in notices(page)
    assert not any(button.key == "dismiss-stopped" for button in page.button)


# --- the built-in ones ----------------------------------------------------------------------------------------------


def test_the_galaxies_are_built_by_button(data, open_data, monkeypatch):
    steps = []

    def build(path, on_step):
        on_step("Detecting galaxies", 0.0)
        steps.append(path)
        catalogue = Catalogue.create(path)
        ingest(simulate_alerts(3, seed=1), catalogue)
        on_step("Done", 1.0)
        return catalogue

    label, what, _ = add.BUILT_IN["galaxies"]
    monkeypatch.setitem(add.BUILT_IN, "galaxies", (label, what, build))
    page = open_data("all").button(key="build-galaxies").click().run()
    assert not page.exception
    assert steps == [paths.GALAXIES]
    assert job_result(page).good and job_result(page).catalogue == "galaxies"
    assert "galaxies" in list(page.dataframe[0].value["name"])
