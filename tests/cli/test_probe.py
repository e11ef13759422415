"""`probe fit` and `probe apply` on catalogues whose embeddings are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from tests.support.packets import CANDID, alerts
from tests.support.probes import CLASSES, LABELS, build
from ztfexplore.cli import main
from ztfexplore.encoders import encoder
from ztfexplore.probe import saved as saved_probe

QUICK = ("--C", "0.1", "--repeats", "2")


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> Path:
    """60 labelled objects and 9 without a label; not to be changed."""
    return build(tmp_path_factory.mktemp("known") / "catalogue", LABELS).path


@pytest.fixture(scope="module")
def fitted(known, tmp_path_factory) -> Path:
    """The file of a probe on it."""
    path = tmp_path_factory.mktemp("probes") / "probe.json"
    result("fit", "--catalogue", known, "--encoder", "random", "--output", path, *QUICK)
    return path


def result(*arguments: object) -> dict:
    done = CliRunner().invoke(main, ["probe", *map(str, arguments), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def refusal(*arguments: object) -> str:
    """The one line that a failing command says."""
    done = CliRunner().invoke(main, ["probe", *map(str, arguments)])
    assert done.exit_code == 1, done.output
    assert done.stdout == "" and "Traceback" not in done.stderr
    lines = [line for line in done.stderr.replace("\r", "\n").splitlines() if line.startswith("ztfexplore: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_fit_says_how_good_the_probe_is_and_saves_it(known, tmp_path):
    path = tmp_path / "new" / "probe.json"
    told = result("fit", "--catalogue", known, "--encoder", "random", "--output", path, "--repeats", 2)
    assert told["cross_validation"]["balanced_accuracy"] > 0.95 and told["cross_validation"]["repeats"] == 2
    assert set(told["cross_validation"]["recall"]) == set(told["test_part"]["recall"]) == set(CLASSES)
    assert told["test_part"]["objects"] + sum(told["objects_by_class"].values()) == 60
    assert told["seen_of_test_part"] == "nothing" and told["labels_seen_in_training"] is False
    saved = saved_probe.load_probe(path)
    assert saved.encoder == "random" and saved.weights_sha256 == encoder.load("random").weights_sha256
    assert saved.C == told["C"] == told["regularisation"]
    assert saved.cross_validation.balanced_accuracy == told["cross_validation"]["balanced_accuracy"]
    assert set(saved.versions) == {"ztfexplore", "scikit-learn"}
    assert [entry.name for entry in path.parent.iterdir()] == ["probe.json"]


def test_the_old_name_of_c_is_still_accepted_and_c_wins(known, tmp_path):
    arguments = ("fit", "--catalogue", known, "--encoder", "random", "--output", tmp_path / "p.json", "--repeats", 1)
    assert result(*arguments, "--strength", 0.3)["C"] == 0.3
    assert result(*arguments, "--strength", 0.3, "--C", 0.1)["C"] == 0.1


def test_fit_without_json_says_it_in_lines(known, tmp_path):
    arguments = ["--catalogue", known, "--encoder", "random", "--output", tmp_path / "p.json", *QUICK]
    done = CliRunner().invoke(main, ["probe", "fit", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    assert "regularisation: 0.1" in done.stdout and "cross_validation: {" in done.stdout


def test_the_options_reach_the_probe(known, tmp_path):
    path = tmp_path / "p.json"
    options = ("--label-fraction", 0.5, "--class-weight", "none", "--seed", 4)
    result("fit", "--catalogue", known, "--encoder", "random", "--output", path, *QUICK, *options)
    saved = saved_probe.load_probe(path)
    assert (saved.label_fraction, saved.class_weight, saved.seed) == (0.5, "none", 4)
    assert saved.cross_validation.repeats == 2 and saved.C == 0.1
    assert len(saved.object_ids) == pytest.approx(24, abs=2)


@pytest.mark.parametrize(("labels_used", "seen"), ((True, "images and labels"), (False, "images")))
def test_labels_that_the_encoder_was_trained_with_are_marked(labels_used, seen, tmp_path):
    own = encoder.random_encoder(seed=3)
    own.card |= {"name": "own", "trained_on": {"object_ids": [f"o{i}" for i in range(60)], "labels_used": labels_used}}
    own.name = "own"
    encoder.save(own, tmp_path / "own")
    loaded = encoder.load(tmp_path / "own")
    made = build(tmp_path / "c", LABELS, loaded.name, loaded.weights_sha256)
    path = tmp_path / "p.json"
    arguments = ("--catalogue", made.path, "--encoder", tmp_path / "own", "--output", path, *QUICK)
    told = result("fit", *arguments)
    assert told["labels_seen_in_training"] is labels_used
    assert told["seen_of_test_part"] == seen
    assert saved_probe.load_probe(path).labels_seen_in_training is labels_used
    assert any("seen in training" in note for note in told["notes"])
    assert "seen in training" in CliRunner().invoke(main, ["probe", "fit", *map(str, arguments)]).stderr


@pytest.mark.parametrize("ending", (".csv", ".parquet"))
def test_apply_predicts_what_has_no_label(known, fitted, ending, tmp_path):
    path = tmp_path / f"out{ending}"
    told = result("apply", "--catalogue", known, "--probe", fitted, "--output", path)
    assert told["rows"] == 9 and told["not_embedded"] == 0
    assert told["predicted"] == {"AGN": 0, "SN": 9, "VS": 0}
    # The candids differ in their last digits only, and are one number as floats.
    if ending == ".csv":
        table = pa.Table.from_pandas(pd.read_csv(path, dtype={"candid": "int64"}))
        assert [line.split(",")[0] for line in path.read_text().splitlines()[1:]] == [
            str(CANDID + i) for i in range(60, 69)
        ]
    else:
        table = pq.read_table(path)
        assert table.schema.field("candid").type == pa.int64()
    assert table.column("candid").to_pylist() == [CANDID + i for i in range(60, 69)]
    assert table.column_names == [
        "candid", "object_id", "survey", "label", "predicted", *(f"probability_{name}" for name in CLASSES),
        "margin", "entropy", "fitted_on",
    ]  # fmt: skip
    frame = table.to_pandas()
    probabilities = frame[[f"probability_{name}" for name in CLASSES]].to_numpy()
    assert np.abs(probabilities.sum(axis=1) - 1).max() < 1e-12
    ordered = np.sort(probabilities, axis=1)
    assert frame["margin"].to_numpy() == pytest.approx(ordered[:, -1] - ordered[:, -2])
    assert frame["entropy"].to_numpy() == pytest.approx(-(probabilities * np.log(probabilities)).sum(axis=1))
    assert frame["predicted"].tolist() == ["SN"] * 9
    assert frame["label"].isna().all() and not frame["fitted_on"].any()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_csv_and_parquet_hold_the_same_numbers(known, fitted, tmp_path):
    for name in ("a.csv", "a.parquet"):
        result("apply", "--catalogue", known, "--probe", fitted, "--output", tmp_path / name, "--all")
    csv = pd.read_csv(tmp_path / "a.csv", dtype={"candid": "int64"}, float_precision="round_trip")
    parquet = pq.read_table(tmp_path / "a.parquet").to_pandas()
    for column in ("candid", "margin", "entropy", *(f"probability_{name}" for name in CLASSES)):
        assert csv[column].tolist() == parquet[column].tolist()
    assert len(csv) == 69 and csv["label"].notna().sum() == 60
    assert set(csv.loc[csv["fitted_on"], "object_id"]) == set(saved_probe.load_probe(fitted).object_ids)


def test_rows_that_are_not_embedded_yet_are_left_out_counted_and_said(fitted, tmp_path):
    made = build(tmp_path / "c", LABELS)
    one = alerts(0)[0]
    made.add([replace(one, candid=CANDID + 500 + i, object_id=f"new{i}", label=None) for i in range(4)])
    arguments = ("--catalogue", made.path, "--probe", fitted, "--output", tmp_path / "o.csv")
    told = result("apply", *arguments)
    assert (told["rows"], told["not_embedded"]) == (9, 4)
    done = CliRunner().invoke(main, ["probe", "apply", *map(str, arguments)])
    assert "no embedding: 4" in done.stderr and "ztfexplore embed" in done.stderr


def test_nothing_to_predict_is_an_empty_table_and_said(fitted, tmp_path):
    made = build(tmp_path / "c", LABELS[:60])
    told = result("apply", "--catalogue", made.path, "--probe", fitted, "--output", tmp_path / "o.parquet")
    assert told["rows"] == 0 and "--all" in told["notes"][0]
    assert pq.read_table(tmp_path / "o.parquet").num_rows == 0


def test_a_file_that_was_there_stays_if_the_new_one_fails(known, fitted, tmp_path, monkeypatch):
    path = tmp_path / "o.csv"
    path.write_text("old")

    def full(table, partial):
        Path(partial).write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.csv.write_csv", full)
    assert "No space left" in refusal("apply", "--catalogue", known, "--probe", fitted, "--output", path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["o.csv"]


def test_embeddings_by_other_weights_are_refused_by_both_hashes(known, fitted, tmp_path):
    ours = encoder.load("random").weights_sha256
    other = build(tmp_path / "c", LABELS, weights="f" * 64)
    line = refusal("apply", "--catalogue", other.path, "--probe", fitted, "--output", tmp_path / "o.csv")
    assert ours in line and "f" * 64 in line
    line = refusal("fit", "--catalogue", other.path, "--encoder", "random", "--output", tmp_path / "p.json", *QUICK)
    assert ours in line and "f" * 64 in line and "ztfexplore embed" in line
    assert [entry.name for entry in tmp_path.iterdir()] == ["c"]


def test_an_encoder_that_has_embedded_nothing_is_refused(fitted, tmp_path):
    made = build(tmp_path / "c", LABELS, name="simclr")
    for line in (
        refusal("apply", "--catalogue", made.path, "--probe", fitted, "--output", tmp_path / "o.csv"),
        refusal("fit", "--catalogue", made.path, "--encoder", "random", "--output", tmp_path / "p.json"),
    ):
        assert "random" in line and "ztfexplore embed" in line


@pytest.mark.parametrize(
    ("labels", "named"),
    (
        (["SN"] * 30, ""),
        (["SN", "VS", "AGN"], "3"),
        ([*(["SN", "VS"] * 15), "AGN"], "AGN"),
        ([None] * 8, ""),
        (["SN", "VS"] * 3, ""),
    ),
    ids=("one class", "three labels", "a class of one object", "no label", "six labels"),
)
def test_labels_that_no_probe_can_learn_from(labels, named, tmp_path):
    made = build(tmp_path / "c", labels)
    line = refusal("fit", "--catalogue", made.path, "--encoder", "random", "--output", tmp_path / "p.json", *QUICK)
    assert named in line
    assert not (tmp_path / "p.json").exists()


def test_other_endings_and_unreadable_probes(known, fitted, tmp_path):
    (tmp_path / "bad.json").write_text("{")
    here = ("--catalogue", known)
    line = refusal("fit", *here, "--encoder", "random", "--output", tmp_path / "p.pickle")
    assert "p.pickle" in line and ".json" in line
    line = refusal("apply", *here, "--probe", fitted, "--output", tmp_path / "o.xlsx")
    assert "o.xlsx" in line and ".csv" in line and ".parquet" in line
    for probe in ("bad.json", "gone.json"):
        assert probe in refusal("apply", *here, "--probe", tmp_path / probe, "--output", tmp_path / "o.csv")
    for option in ("--C", "--strength", "--label-fraction"):
        arguments = (*here, "--encoder", "random", "--output", tmp_path / "p.json", option, "nan")
        assert "nan" in refusal("fit", *arguments)


def test_a_rare_class_is_fitted_without_a_word_of_scikit_learn(tmp_path, recwarn):
    made = build(tmp_path / "c", [*(["SN", "VS"] * 20), *(["AGN"] * 3)])
    told = result(
        "fit", "--catalogue", made.path, "--encoder", "random", "--output", tmp_path / "p.json", "--repeats", 1
    )
    assert told["objects_by_class"]["AGN"] in (2, 3)
    assert not [warning for warning in recwarn if "sklearn" in warning.filename]


def test_classes_of_any_name_make_columns(tmp_path):
    """A comma, a quote and a class called as a column of ours."""
    odd = {"AGN": 'a,"b"', "SN": "label", "VS": "margin"}
    made = build(tmp_path / "c", LABELS)
    frame = made.frame(["candid", "label"])
    from ztfexplore.alerts.labels_csv import Label

    made.relabel(
        {c: Label(odd[label], None) for c, label in zip(frame["candid"], frame["label"], strict=True) if label in odd}
    )
    result("fit", "--catalogue", made.path, "--encoder", "random", "--output", tmp_path / "p.json", *QUICK)
    result("apply", "--catalogue", made.path, "--probe", tmp_path / "p.json", "--output", tmp_path / "o.csv")
    table = pd.read_csv(tmp_path / "o.csv")
    assert {f"probability_{name}" for name in odd.values()} <= set(table.columns)
    assert len(table) == 9 and set(table["predicted"]) == {"label"}
