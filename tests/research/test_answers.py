"""Tables and answers follow from the results: made-up results with a known difference, and with gaps."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from tests.support.research_stub import TRUE, StubArm, result
from ztfexplore.cli import main
from ztfexplore.errors import ZtfexploreError
from ztfexplore.plots import research as plots
from ztfexplore.research import answers, narrative, report, runner, summaries
from ztfexplore.research.grid import EXPERIMENTS, STEPS, conditions
from ztfexplore.research.phrases import excluded, pick
from ztfexplore.research.results import LINEAR, RARE, read_results
from ztfexplore.research.runs import SKIPPED, RunResult, describe_run
from ztfexplore.research.store import Store

ARMS = {"simulated": StubArm("simulated"), "real": StubArm("real", {"d": 2})}


def accuracy(run, probe):
    """S-SimCLR on balanced batches is the best, a ratio of 30 harms, rotating helps."""
    if run.experiment == "imbalance":
        return 0.9 if run.ratio == 1 else 0.5 if run.ratio == 30 else 0.8
    if run.experiment == "balanced":
        return 0.95 if run.sampling == "balanced" else 0.5 if run.method == "untrained" else 0.7
    return 0.9 if "rotate" in run.recipe.split("+") else 0.6


def do(run, arm, say):
    if run.rare == "d":
        return RunResult([describe_run(run, arm.data) | {"status": SKIPPED, "reason": "d: 2 objects, too few"}], [], [])
    return result(run, arm.data, accuracy)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("research")
    made = Store(folder / "results", folder / "locks")
    runner.run_missing(list(EXPERIMENTS), ARMS, made, seeds=3, run_one=do)
    return made


def test_figures_are_those_of_the_predictions(store):
    """By hand, from the files: the share of right predictions, and its change from one row to another."""
    results = read_results(store, "balanced")
    frame = summaries.balanced_table(results)
    names = np.unique(TRUE)

    def figure(**condition):
        rows = results.where(probe_labels="all", **condition)
        return [
            np.mean([names[int(digit)] == label for digit, label in zip(text, TRUE, strict=True)])
            for text in rows["linear"]
        ]

    simclr, equal = figure(method="simclr"), figure(method="s-simclr", sampling="balanced")
    row = pick(frame, method="s-simclr", sampling="balanced", probe="all", measure=LINEAR, reference="simclr")
    assert row["mean"] == pytest.approx(np.mean(equal))
    assert row["effect"] == pytest.approx(np.mean(equal) - np.mean(simclr))
    assert (row["n_seeds"], row["n_runs"], row["wins"]) == (3, 3, 3)
    assert row["effect_low"] < row["effect"] < row["effect_high"]


def test_the_recall_of_the_rare_class_is_compared_with_its_own(store):
    results = read_results(store, "imbalance")
    frame = summaries.imbalance_table(results)
    names = list(np.unique(TRUE))
    changes = []
    for seed in range(3):
        rare = names[seed]
        at = {}
        for ratio in (1, 30):
            rows = results.where(arm="simulated", method="simclr", ratio=ratio, probe_labels="all", seed=seed)
            text = rows["linear"].iloc[0]
            own = [digit == str(seed) for digit, label in zip(text, TRUE, strict=True) if label == rare]
            at[ratio] = np.mean(own)
        changes.append(at[30] - at[1])
    row = pick(frame, arm="simulated", method="simclr", ratio=30, measure=RARE, probe="all")
    assert row["effect"] == pytest.approx(np.mean(changes))


def test_answers_are_made_from_the_numbers(store):
    found = answers.all_answers(store)
    assert set(found) == {"imbalance", "balanced", "augmentations"}
    text = found["imbalance"].answer
    assert re.search(r"falls significantly on simulated stamps \(-0\.\d+ .*\) and on real alerts \(-0\.", text)
    assert re.search(r"minus that of supervised training is [-+]0\.\d+", text)
    assert re.search(r"balanced accuracy on simulated stamps \(-0\.\d+ .* fall significantly", text)
    assert found["imbalance"].effect < -0.2 and "falls" in found["imbalance"].verdict
    assert "is significantly better than SimCLR (+0." in found["balanced"].answer
    assert "is significantly better" in found["balanced"].verdict
    assert "better in 3 of 3 seeds" in " ".join(found["balanced"].details)
    assert found["balanced"].interval[0] > 0 and found["balanced"].p < 0.05
    text = found["augmentations"].answer
    assert "less useful than the astronomical ones" in text and text.startswith(found["augmentations"].verdict)
    assert re.search(r"leaving out rotate of the astronomical set \(-0\.\d+ [^)]*\) costs", text, re.I)
    for one in found.values():
        low, high = one.interval
        assert low < one.effect < high
        assert one.answer.count(". ") == 1 and one.answer.endswith("."), "two sentences"
        assert 0 < len(one.verdict.split()) <= 12
        assert one.details and all(line.endswith(".") for line in one.details)
        assert one.runs > 0 and one.seeds == one.complete_seeds == 3


def test_seeds_behind_an_effect_are_those_that_both_have(tmp_path):
    made = Store(tmp_path / "results", tmp_path / "locks")

    def some(run, arm, say):
        return do(run, arm, say) if run.method != "simclr" or run.seed < 1 else failed(run, arm)

    def failed(run, arm):
        return RunResult([describe_run(run, arm.data) | {"status": SKIPPED, "reason": "lost"}], [], [])

    runner.run_missing(["balanced"], ARMS, made, seeds=3, run_one=some)
    found = answers.answer_question(made, "balanced")
    assert (found.seeds, found.complete_seeds) == (3, 1)
    assert "better in 1 of 1 seeds" in " ".join(found.details)
    assert report.ONE_SEED in report.counts_line(found)


def test_a_class_that_was_rare_has_its_own_row_and_what_there_is_to_lose_is_said(store):
    results = read_results(store, "imbalance")
    frame = summaries.imbalance_table(results)
    each = frame[(frame["arm"] == "simulated") & (frame["rare"] != "") & (frame["reason"] == "")]
    whole = pick(frame, arm="simulated", method="simclr", ratio=30, measure=RARE, probe="all", rare="")
    assert each["effect_seeds"].tolist() == [1, 1, 1]
    assert each["effect"].mean() == pytest.approx(whole["effect"])
    details = answers.answer_from_results(results, "imbalance", frame).details
    assert all(name in details[2] for name in each["rare"])
    untrained = results.where(arm="simulated", method="untrained", probe_labels="all")
    simclr = results.where(arm="simulated", method="simclr", ratio=1, probe_labels="all")
    rare = dict(zip(range(3), each["rare"], strict=True))
    gained = results.estimate(simclr, RARE, rare).value - results.estimate(untrained, RARE, rare).value
    assert f"{gained:+.3f} [" in details[0]


def test_what_is_excluded_is_the_end_of_the_interval(store):
    found = answers.all_answers(store)
    low = found["imbalance"].interval[0]
    assert f"losses of SimCLR's recall of more than {-low:.3f} on simulated stamps" in found["imbalance"].details[1]
    assert f"excludes a gain of more than {found['balanced'].interval[1]:.3f}" in found["balanced"].answer
    assert excluded({"effect": 0.2, "effect_low": 0.1, "effect_high": 0.3}, loss=True) == "0.000"
    assert excluded({"effect": 0.2, "effect_low": float("nan"), "effect_high": float("nan")}, loss=True) is None
    assert excluded({}, loss=False) is None


def test_the_number_of_comparisons_is_corrected_for(store):
    """By hand, from the definition of Benjamini and Hochberg: the smallest p * m / rank at or after its rank."""
    frame = summaries.augmentations_table(read_results(store, "augmentations"))
    for kind in ("without", "alone"):
        own = frame[(frame["kind"] == kind) & (frame["measure"] == LINEAR) & (frame["probe"] == "all")]
        once = own.drop_duplicates("part") if kind == "alone" else own  # flip alone is of both sets: one training
        p = np.sort(once["p"].to_numpy(dtype=float))
        by_hand = [min(p[k] * len(p) / (k + 1) for k in range(rank, len(p))) for rank in range(len(p))]
        assert np.sort(once["q"].to_numpy(dtype=float)) == pytest.approx(by_hand)
        assert (own["q"] >= own["p"]).all()
    assert frame.loc[frame["kind"] == "full", "q"].isna().all()


def test_a_part_that_is_significant_only_without_correction_is_named_among_the_details():
    """Of fourteen, one with p 0.02 is significant by itself; corrected for all of them its q is 0.28."""
    results, rows = None, []
    for place in range(14):
        low = -0.05 if place else -0.03
        rows.append({"kind": "without", "set": "simclr", "part": f"part-{place}", "measure": LINEAR, "probe": "all"})
        rows[-1] |= {"effect": -0.02, "effect_low": low, "effect_high": 0.01 if place else -0.01}
        rows[-1] |= {
            "q": 0.5 if place else 0.28,
            "condition": f"simclr without part-{place}",
            "reference": "simclr full",
        }
    said = narrative.augmentations_narrative(results, pd.DataFrame(rows))
    assert "no significant difference" in said.text
    singly = next(line for line in said.details if line.startswith("Left out, and without correction"))
    assert "part-0 of SimCLR's own set" in singly and "part-1" not in singly and "among 14" in singly


def test_other_numbers_are_another_answer(tmp_path):
    made = Store(tmp_path / "results", tmp_path / "locks")
    runner.run_missing(["balanced"], ARMS, made, seeds=3, run_one=lambda run, arm, say: result(run, arm.data))
    found = answers.answer_question(made, "balanced")
    assert "not significantly better" in found.answer and "not significantly better" in found.verdict
    assert found.interval[0] <= 0 <= found.interval[1]


def test_what_could_not_be_run_is_in_table_and_report_with_its_reason(store):
    frame = summaries.imbalance_table(read_results(store, "imbalance"))
    assert (frame["reason"] == "d: 2 objects, too few").sum() == 3
    assert answers.answer_question(store, "imbalance").skipped == {"d: 2 objects, too few": 3}
    assert "Not run (3): d: 2 objects, too few." in report.report_markdown(store)


def test_nothing_run_yet_is_said_for_every_condition(tmp_path):
    made = Store(tmp_path)
    for name, found in answers.all_answers(made).items():
        assert (found.answer, found.effect, found.interval, found.runs) == (answers.NO_RUN, None, None, 0), name
        assert found.verdict == narrative.NOT_MEASURED
        frame = summaries.TABLES[name](read_results(made, name))
        assert (frame["reason"] == summaries.NOT_YET).all()
        assert frame["mean"].isna().all()
    assert "not run yet" in report.report_markdown(made)


def test_half_a_seed_leaves_no_silent_gap(tmp_path):
    made = Store(tmp_path / "results", tmp_path / "locks")
    runner.run_missing(["augmentations"], ARMS, made, seeds=1, minutes=0.005, run_one=do)
    frame = summaries.augmentations_table(read_results(made, "augmentations"))
    assert set(frame["condition"]) == {*conditions(), "untrained"}
    assert ((frame["reason"] == "") == frame["mean"].notna()).all()


def test_results_of_other_data_or_length_are_left_out_and_said(store, tmp_path):
    made = Store(tmp_path / "results", tmp_path / "locks")
    runner.run_missing(["balanced"], ARMS, made, seeds=2, run_one=do)
    runner.run_missing(["balanced"], {"real": StubArm("other")}, made, seeds=1, run_one=do)
    runner.run_missing(["balanced"], ARMS, made, seeds=1, steps=7, run_one=do)
    results = read_results(made, "balanced")
    assert results.runs == 24
    assert len(results.notes) == 2
    assert read_results(made, "balanced", steps=7).runs == 12


def test_longer_trainings_are_compared_with_each_other_and_with_the_usual_ones(tmp_path):
    """By the accuracies that were made up: longer SimCLR is as good as S-SimCLR, which gains nothing."""

    def by_length(run, probe):
        return 0.9 if run.steps > STEPS or run.sampling == "balanced" else 0.6

    made = Store(tmp_path / "results", tmp_path / "locks")
    runner.run_missing(
        ["balanced"], ARMS, made, seeds=3, run_one=lambda run, arm, say: result(run, arm.data, by_length)
    )
    frame = summaries.balanced_table(read_results(made, "balanced"))
    more = frame[frame["method"].str.contains("3 x as long") & (frame["measure"] == LINEAR)]
    at = {(row["method"].split()[0], row["reference"]): row for row in more.to_dict("records")}
    usual, longer = at["simclr", "simclr"], at["s-simclr", "simclr (3 x as long)"]
    assert usual["effect"] > 0.2 and usual["effect_low"] > 0 and usual["wins"] == 3
    assert longer["effect_low"] <= 0 <= longer["effect_high"]
    plain = pick(frame, method="simclr", probe="all", measure=LINEAR)
    assert plain["mean"] < 0.7 and plain["n_runs"] == 3, "the usual ones are not mixed with the longer"
    found = answers.answer_question(made, "balanced")
    assert any(line.startswith("Trained 3 times as long") and "not run yet" not in line for line in found.details)


def test_a_run_without_its_predictions_is_left_out_and_said(tmp_path):
    made = Store(tmp_path / "results", tmp_path / "locks")
    runner.run_missing(["balanced"], ARMS, made, seeds=1, run_one=do)
    path = made.folder / "balanced-predictions.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:5]))
    results = read_results(made, "balanced")
    assert results.runs < 12
    assert "without predictions" in results.notes[0]


def test_show_prints_json_text_and_tables_without_a_catalogue(store):
    folder = str(store.folder)
    said = CliRunner().invoke(main, ["research", "show", "--results", folder, "--json"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    for name in ("imbalance", "balanced", "augmentations"):
        assert {"verdict", "answer", "effect", "interval", "runs", "seeds"} <= set(found[name])
        assert found[name]["interval"][0] < found[name]["effect"] < found[name]["interval"][1]
    text = CliRunner().invoke(main, ["research", "show", "--results", folder]).stdout
    for one in found.values():
        assert one["answer"] in text and one["verdict"] in text
    assert (
        "| simclr | balanced accuracy |"
        in CliRunner().invoke(main, ["research", "show", "--results", folder, "--tables"]).stdout
    )


def test_a_file_gets_the_tables_between_its_marks(store, tmp_path):
    path = tmp_path / "paper.md"
    path.write_text(f"before\n{report.begin_mark('balanced')}\nold\n{report.end_mark('balanced')}\nafter\n")
    assert report.write_report(store, path) == 1
    text = path.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert answers.answer_question(store, "balanced").answer in text
    report.write_report(store, path)
    assert path.read_text() == text
    path.write_text("no marks")
    with pytest.raises(ZtfexploreError, match="contains no line"):
        report.write_report(store, path)


@pytest.mark.parametrize("empty", [False, True])
def test_figures_have_titles_intervals_and_no_gap(store, tmp_path, empty):
    source = Store(tmp_path) if empty else store
    imbalance = summaries.imbalance_table(read_results(source, "imbalance"))
    balanced = summaries.balanced_table(read_results(source, "balanced"))
    augmentations = summaries.augmentations_table(read_results(source, "augmentations"))
    figures = [
        *(plots.imbalance_figure(imbalance, arm, measure, change=change)
          for arm in ARMS for measure in plots.AXES for change in (False, True)),
        *(plots.balanced_figure(balanced, measure, change)
          for measure in (LINEAR, "knn_purity") for change in (False, True)),
        *(plots.augmentations_figure(augmentations, which) for which in ("simclr", "astronomical")),
        plots.full_sets_figure(augmentations),
    ]  # fmt: skip
    for figure in figures:
        assert figure.layout.xaxis.title.text
        assert bool(figure.data) is not empty
        if empty:
            assert any("not run yet" in (note.text or "") for note in figure.layout.annotations)
        for trace in figure.data:
            bars = trace.error_y if trace.error_y.array is not None else trace.error_x
            assert bars.array is not None
            assert pd.notna(list(trace.y)).all()
