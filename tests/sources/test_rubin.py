"""Files of Rubin alerts in every form: each is known by its content, alone or in an archive."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.support import packets
from tests.support.rubin import FIELDS, OBJECT_ID, SOURCE_ID, container, earlier, framed, packet, parquet
from tests.support.sources import only_reject, read
from ztfexplore.alerts.alert import Reason
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.sources import read_sources
from ztfexplore.sources.read import head_of
from ztfexplore.sources.source import surest

FORMS = {
    **{f"{codec}.avro": container(packet(), codec=codec) for codec in ("null", "deflate", "snappy", "zstandard")},
    "container.avro.gz": gzip.compress(container(packet())),
    "framed.avro": framed(packet()),
    "framed.avro.gz": gzip.compress(framed(packet())),
    "no name at all": framed(packet(900), 900),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_known_by_its_content(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FORMS[name])
    (alert,), rejects = read(path)
    assert rejects == [] and (alert.survey, alert.candid, alert.source) == ("lsst", SOURCE_ID, str(path))


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_known_in_an_archive(tmp_path, name):
    path = packets.archive(tmp_path / "night.tar.gz", {name: FORMS[name], "ztf.avro": packets.avro(packets.packet())})
    alerts, rejects = read(path)
    assert rejects == [] and [alert.survey for alert in alerts] == ["lsst", "ztf"]


def test_finks_parquet_of_rubin_is_told_from_that_of_ztf(tmp_path):
    history = earlier(1000, "prvDiaSources", 3)
    rows = [packet(1000, prvDiaSources=history), packet(1000, diaSourceId=SOURCE_ID + 1)]
    path = parquet(tmp_path / "rubin.parquet", *rows)
    assert surest(head_of(path)).name == "rubin"
    first, second = read(path)[0]
    assert (first.candid, second.candid) == (SOURCE_ID, SOURCE_ID + 1)
    assert first.object_id == str(OBJECT_ID) and len(first.history) == 3 and second.history == ()
    assert surest(head_of(packets.fink(tmp_path / "ztf.parquet", [packets.packet()]))).name == "fink"


def test_the_same_alert_in_several_forms_is_one_row(tmp_path):
    (tmp_path / "in").mkdir()
    for name, data in FORMS.items():
        (tmp_path / "in" / name).write_bytes(data)
    parquet(tmp_path / "in" / "a.parquet", packet())
    report, rejects = ingest(read_sources([tmp_path / "in"]), Catalogue.create(tmp_path / "catalogue"))
    assert (report.accepted, report.duplicates, rejects) == (1, len(FORMS), [])


def test_a_catalogue_gives_back_what_it_was_given(tmp_path):
    catalogue = Catalogue.create(tmp_path / "catalogue")
    path = tmp_path / "a.avro"
    path.write_bytes(container(packet(prvDiaForcedSources=earlier(1100, "prvDiaForcedSources", 1500))))
    ingest(read_sources([path]), catalogue)
    (row,) = catalogue.table().to_pylist()
    assert (row["candid"], row["survey"], row["object_id"]) == (SOURCE_ID, "lsst", str(OBJECT_ID))
    assert row["reliability"] == 0.75 and row["isNegative"] == 0.0 and row["pixel_scale"] == pytest.approx(0.2)
    assert len(catalogue.heavy(0)["history"]) == 1500


def test_many_packets_of_a_file_are_read_and_a_damaged_one_costs_only_itself(tmp_path):
    path = tmp_path / "three.avro"
    bad = packet(cutouts=dict.fromkeys(FIELDS), diaSourceId=2)
    path.write_bytes(container(packet(diaSourceId=1), bad, packet(diaSourceId=3)))
    alerts, (reject,) = read(path)
    assert [alert.candid for alert in alerts] == [1, 3]
    assert (reject.candid, reject.reason) == (2, Reason.NO_CUTOUT)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("unknown.avro", framed(packet(), said=12345), "schema id 12345"),
        ("unknown.avro.gz", gzip.compress(framed(packet(), said=12345)), "schema id 12345"),
        ("cut.avro", framed(packet())[:-100], "does not fit schema 11.0"),
        ("cut.avro.gz", gzip.compress(framed(packet()))[:-100], "damaged compression"),
        ("cut.avro", container(packet())[:-100], "unreadable Avro"),
        ("zeros.avro", bytes(100), "neither Avro"),
        ("picture.mp4", bytes.fromhex("0000001866747970") + bytes(100), "neither Avro"),
    ],
)
def test_damage_is_named_with_the_file(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    reject = only_reject(tmp_path / name)
    assert said in reject.message and Path(reject.source).name == name


def test_only_rubin_is_read_where_only_rubin_is_asked_for(tmp_path):
    (tmp_path / "a.avro").write_bytes(container(packet()))
    (tmp_path / "b.avro").write_bytes(packets.avro(packets.packet()))
    alerts, (reject,) = read(tmp_path, format="rubin")
    assert [alert.survey for alert in alerts] == ["lsst"]
    assert reject.message == "unknown format: not in the rubin format"
