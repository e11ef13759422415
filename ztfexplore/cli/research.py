"""The commands `research run`, `show` and `merge`. Heavy imports happen inside the commands, so that help is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ztfexplore.cli import console
from ztfexplore.cli.console import json_option, labels_by_option
from ztfexplore.paths import DATA, RESEARCH

NAMES = ("imbalance", "balanced", "augmentations")
EVERY = "all"

results_option = click.option(
    "--results",
    "results_path",
    type=click.Path(path_type=Path, file_okay=False),
    default=RESEARCH,
    help="Folder of the tables [default: data/research of the checkout].",
)


@click.group()
def research() -> None:
    """Run the experiments behind the three research questions and show the answers."""


@research.command("run")
@click.argument("name", type=click.Choice([*NAMES, EVERY]))
@click.option(
    "--catalogue",
    "catalogue_path",
    type=click.Path(path_type=Path),
    help="Catalogue of real alerts. Without it, only the simulated arm of 'imbalance' can run.",
)
@results_option
@click.option("--budget", type=click.FloatRange(min=0), help="Minutes after which no new run starts.")
@click.option("--seeds", type=click.IntRange(1, 100), default=5, show_default=True, help="Repetitions of each run.")
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="Steps of each training. Runs with another number are separate runs.",
)
@labels_by_option
@json_option
def run_experiments(
    name: str,
    catalogue_path: Path | None,
    results_path: Path,
    budget: float | None,
    seeds: int,
    steps: int,
    labels_by: str,
    as_json: bool,
) -> None:
    """Carry out the runs of an experiment that are not yet in its table.

    It can be stopped at any moment and continues when run again.
    """
    from ztfexplore.research import datasets, runner
    from ztfexplore.research.store import Store

    cache = DATA / "research-cache"
    arms: dict[str, datasets.Arm] = {"simulated": datasets.SimulatedArm(cache)}
    if catalogue_path is not None:
        arms["real"] = datasets.CatalogueArm(console.snapshot(catalogue_path, labels_by))
    elif name in (NAMES[0], EVERY):
        console.say("note: without --catalogue only the simulated arm of 'imbalance' is run")
    store = Store(results_path, cache, console.say)
    with console.bar(1, "research", "runs") as bar:

        def show(at: Any) -> None:
            one = at.run
            detail = [one.experiment, one.arm, one.method, one.recipe if one.experiment == "augmentations" else ""]
            detail += [f"ratio {one.ratio}" if one.ratio > 1 else "", f"labels {one.labels}" if one.labels else ""]
            bar.total = at.total
            console.move(bar, f"{' '.join(filter(None, detail))}, seed {one.seed}: {at.doing}", at.done)
            bar.refresh()

        report = runner.run_missing(list(NAMES) if name == EVERY else [name], arms, store, seeds, steps, budget, show)
    real = arms.get("real")
    labels = real.snapshot.labels_report() if isinstance(real, datasets.CatalogueArm) else {}
    result = {"experiment": name, "results": str(results_path), "runs": report.total, "present": report.present}
    console.report(
        result | labels | {"made": report.made, "elsewhere": report.elsewhere, "reasons": dict(report.reasons)}, as_json
    )


@research.command("show")
@results_option
@click.option("--tables", is_flag=True, help="Also show the tables behind the answers, as Markdown.")
@click.option(
    "--write",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write answers and tables into this file, between its markers.",
)
@json_option
def show_answers(results_path: Path, tables: bool, write: Path | None, as_json: bool) -> None:
    """Show the answers that the results give, with their intervals. No catalogue is needed."""
    from ztfexplore.research import answers, report
    from ztfexplore.research.store import Store

    store = Store(results_path, say=console.say)
    if write is not None:
        report.write_report(store, write)
    if as_json:
        console.report({name: found.as_dict() for name, found in answers.all_answers(store).items()}, as_json)
    elif tables:
        click.echo(report.report_markdown(store))
    else:
        for name, found in answers.all_answers(store).items():
            lines = [report.QUESTIONS[name], f"{found.verdict}.", found.answer, report.counts_line(found)]
            click.echo("\n".join(filter(None, [*lines, report.bullet_list(found.details), ""])) + "\n")


@research.command("merge")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@results_option
def merge_results(folder: Path, results_path: Path) -> None:
    """Copy the runs in another folder's tables that are missing here, for example from another machine."""
    from ztfexplore.research.store import Store

    here, there = Store(results_path, DATA / "research-cache", console.say), Store(folder, say=console.say)
    for name in NAMES:
        click.echo(f"{name}: {here.merge(there, name)} runs copied")
