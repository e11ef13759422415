"""Commands on a catalogue in which two surveys share candids."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from tests.support.surveys import two_surveys
from ztfexplore.alerts.labels_csv import read_labels
from ztfexplore.catalogue.annotations import Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.catalogue.snapshot import Snapshot
from ztfexplore.cli import main
from ztfexplore.sources.simulation.simulate import simulate_alerts


@pytest.fixture
def both(tmp_path) -> Path:
    return two_surveys(tmp_path / "both").path


@pytest.fixture
def candid(both) -> int:
    """One that both surveys have."""
    return int(Catalogue.open(both).frame(["candid"])["candid"].iloc[3])


def run(*arguments: object):
    done = CliRunner().invoke(main, [*map(str, arguments), "--json"])
    return done.exit_code, json.loads(done.stdout) if done.stdout else None, done.stderr


def neighbours(both: Path, *arguments: object):
    return run("neighbours", *arguments, "--catalogue", both, "--encoder", "random", "-k", 5)


def labels_of(both: Path, candid: int) -> dict[str, object]:
    frame = Snapshot.open(both).frame
    own = frame[frame["candid"] == candid]
    return dict(zip(own["survey"], own["label"].astype(object).where(own["label"].notna(), None), strict=True))


# --- neighbours ---------------------------------------------------------------------------------------------------


def test_neighbours_of_a_shared_candid_are_those_of_the_survey_that_is_named(both, candid):
    frame, found = Catalogue.open(both).frame(), {}
    for survey in ("simulated", "ztf"):
        for arguments in ((f"{survey}:{candid}",), (candid, "--survey", survey)):
            code, told, _ = neighbours(both, *arguments)
            assert code == 0 and told["query"]["survey"] == survey
            row = frame[(frame["survey"] == survey) & (frame["candid"] == candid)].iloc[0]
            assert told["query"]["object_id"] == row["object_id"]
            found[survey] = [(near["survey"], near["candid"]) for near in told["neighbours"]]
            assert len(set(found[survey])) == 5 and (survey, candid) not in found[survey]
    assert found["simulated"] != found["ztf"]


def test_a_bare_shared_candid_is_refused_and_both_are_named(both, candid):
    code, told, said = neighbours(both, candid)
    assert code == 1 and told is None
    assert f"ztf:{candid}" in said and f"simulated:{candid}" in said and "Traceback" not in said


def test_a_candid_that_one_survey_has_needs_no_survey(both):
    last = Catalogue.open(both).frame()["candid"].iloc[29]
    assert neighbours(both, last)[1]["query"]["survey"] == "simulated"
    assert neighbours(both, last, "--survey", "ztf")[0] == 1


@pytest.mark.parametrize("arguments", (("ztf:1x",), ("1.5",), ("ztf:1", "--survey", "simulated")))
def test_what_names_no_alert_is_a_usage_error(both, arguments):
    code, told, said = neighbours(both, *arguments)
    assert code == 2 and told is None and "Traceback" not in said


# --- labels -------------------------------------------------------------------------------------------------------


def test_ingest_applies_labels_to_the_survey_that_the_file_names_and_reports_what_is_ambiguous(both, candid, tmp_path):
    frame = Catalogue.open(both).frame()
    other, alone = int(frame["candid"].iloc[4]), int(frame["candid"].iloc[29])
    before = labels_of(both, other)
    text = f"candid,label,label_source,survey\n{candid},SN,TNS,ztf\n{other},AGN,TNS,\n{alone},VS,VSX,\n"
    (tmp_path / "labels.csv").write_text(text)
    report, _ = ingest([], Catalogue.open(both), read_labels(tmp_path / "labels.csv"))
    assert labels_of(both, candid)["ztf"] == "SN" and labels_of(both, candid)["simulated"] == frame["label"].iloc[3]
    assert labels_of(both, other) == before, "nobody knows which of the two is meant"
    assert labels_of(both, alone) == {"simulated": "VS"}
    assert f"ztf:{other}" in report.labels_problem and f"simulated:{other}" in report.labels_problem


def test_labels_that_become_ambiguous_in_one_ingest_are_not_applied(tmp_path):
    """Whichever survey's alert is read first."""
    from dataclasses import replace

    alert = replace(next(iter(simulate_alerts(1, seed=1))), label=None, label_source=None)
    twins = [alert, replace(alert, survey="ztf")]
    (tmp_path / "labels.csv").write_text(f"candid,label\n{alert.candid},SN\n")
    for name, order in (("a", twins), ("b", twins[::-1])):
        made = Catalogue.create(tmp_path / name)
        report, _ = ingest(order, made, read_labels(tmp_path / "labels.csv"))
        assert made.frame()["label"].isna().all() and report.labels_problem


def test_import_labels_the_survey_that_is_named_in_the_file_or_by_the_option(both, candid, tmp_path):
    other = int(Catalogue.open(both).frame()["candid"].iloc[4])
    (tmp_path / "in.csv").write_text(f"candid,label,survey\n{candid},new,ztf\n{other},new,\n")
    command = ("labels", "import", tmp_path / "in.csv", "--catalogue", both, "--who", "Ann")
    code, told, said = run(*command)
    assert code == 0 and (told["labels"], told["ambiguous"]) == (1, 1) and f"ztf:{other}" in said
    assert labels_of(both, candid)["ztf"] == "new" and labels_of(both, candid)["simulated"] != "new"
    assert "new" not in labels_of(both, other).values()
    code, told, _ = run(*command, "--survey", "simulated")
    assert code == 0 and (told["labels"], told["ambiguous"]) == (2, 0)
    assert labels_of(both, other) == {"simulated": "new", "ztf": None}


def test_exported_labels_come_back_to_the_survey_they_are_of(both, candid, tmp_path):
    Annotations.open(both).add([candid], "SN", "Ann", "ztf")
    assert run("labels", "export", "--catalogue", both, "--output", tmp_path / "out.csv")[0] == 0
    fresh = two_surveys(tmp_path / "fresh")
    changed = fresh.relabel(read_labels(tmp_path / "out.csv"))
    assert fresh.frame()["survey"].iloc[changed].tolist() == ["ztf"]
    assert fresh.frame()["label"].iloc[changed].tolist() == ["SN"]


# --- export and info ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels_by", ("people", "data"))
def test_export_gives_each_alert_its_own_survey_label_and_embedding(both, candid, labels_by, tmp_path):
    Annotations.open(both).add([candid], "SN", "Ann", "ztf")
    output = tmp_path / "out.parquet"
    arguments = ("export", "--catalogue", both, "--output", output, "--encoder", "random", "--labels-by", labels_by)
    code, told, _ = run(*arguments)
    assert code == 0 and told["labels_by"] == labels_by
    assert told["labels_used"] == {"people": int(labels_by == "people"), "data": 30}
    own = pd.read_parquet(output).query("candid == @candid").set_index("survey")
    assert own["label"].fillna("").loc["ztf"] == ("SN" if labels_by == "people" else "")
    assert own.loc["simulated", "label"] == Catalogue.open(both).frame()["label"].iloc[3]
    assert own.loc["ztf", "embedding"].tolist() != own.loc["simulated", "embedding"].tolist()


def test_info_counts_labels_by_people_and_by_the_data(both, candid):
    Annotations.open(both).add([candid], "new", "Ann", "ztf")
    people, data = (run("info", "--catalogue", both, "--labels-by", by)[1] for by in ("people", "data"))
    assert people["labels"]["new"] == 1 and "new" not in data["labels"]
    assert people["labels_used"] == {"people": 1, "data": 30} and people["labels_used_counts"] == "alerts"
    assert data["labels_used"] == {"people": 0, "data": 30}


def test_info_still_works_where_people_s_labels_cannot_be_read(both):
    (both / "annotations.sqlite").write_bytes(b"nonsense" * 100)
    code, told, said = run("info", "--catalogue", both)
    assert code == 0 and told["labels_by"] == "data" and "annotations.sqlite" in said
    assert run("export", "--catalogue", both, "--output", both / "x.csv")[0] == 1
    assert run("export", "--catalogue", both, "--output", both / "x.csv", "--labels-by", "data")[0] == 0
