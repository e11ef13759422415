"""The command line: one library call per command. Heavy imports happen inside the commands, so help is quick."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ztfexplore import __version__
from ztfexplore.alerts.keys import Key, apart, written
from ztfexplore.cli import console
from ztfexplore.cli.console import catalogue_option, encoder_option, json_option, labels_by_option
from ztfexplore.cli.labels import labels
from ztfexplore.cli.listed import Listed, ListingOption
from ztfexplore.cli.probe import probe
from ztfexplore.cli.research import research
from ztfexplore.cli.train import train
from ztfexplore.errors import ZtfexploreError
from ztfexplore.paths import BENCHMARKS, DEMO, GALAXIES

if TYPE_CHECKING:
    from ztfexplore.evaluation.low_labels import Scratch

SHOWN_REJECTS = 10


class _Commands(click.Group):
    """Turns the errors of every command into one line on stderr."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except ZtfexploreError as error:
            console.say(f"ztfexplore: {error}")
            context.exit(1)
        except KeyboardInterrupt:
            console.say("ztfexplore: interrupted; finished work is kept, run the same command again to continue")
            context.exit(130)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__)
def main() -> None:
    """See what contrastive encoders learned from astronomical alerts."""


@main.command()
@click.option(
    "--catalogue",
    "catalogue_path",
    type=click.Path(path_type=Path),
    help="Folder of the catalogue [data/demo, or data/galaxies].",
)
@click.option("--galaxies", is_flag=True, help="Real galaxies from the Hubble picture instead of simulated alerts.")
@json_option
def demo(catalogue_path: Path | None, galaxies: bool, as_json: bool) -> None:
    """Build a built-in catalogue: simulate stamps, embed them, compute the maps."""
    from ztfexplore import demo as builder

    build, path = (builder.build_galaxies, GALAXIES) if galaxies else (builder.build, DEMO)
    path = catalogue_path or path
    with console.bar(100, "demo", "%") as bar:
        catalogue = build(path, lambda text, share: console.move(bar, text, 100 * share))
    console.report({"catalogue": str(path), "alerts": len(catalogue)}, as_json)


def _formats() -> list[str]:
    from ztfexplore.sources.source import file_formats

    return ["auto", *(source.name for source in file_formats())]


def _format_titles() -> str:
    from ztfexplore.sources.source import file_formats

    return "; ".join(f"{source.name}: {source.title}" for source in file_formats())


@main.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path))
@catalogue_option
@click.option("--labels", type=click.Path(path_type=Path), help="CSV with candid, label, label_source, survey.")
@click.option("--rejects", type=click.Path(path_type=Path), help="CSV to list the rejects in [CATALOGUE/rejects.csv].")
@click.option(
    "--format",
    "format_",
    type=Listed(_formats),
    default="auto",
    show_default=True,
    cls=ListingOption,
    listing=_format_titles,
    help="Accept only files of this format; auto recognises each file.",
)
@json_option
def ingest(
    sources: tuple[Path, ...],
    catalogue_path: Path,
    labels: Path | None,
    rejects: Path | None,
    format_: str,
    as_json: bool,
) -> None:
    """Add alerts to a catalogue from files, folders, .tar and .tar.gz. Repeating it changes nothing.

    'hubble' means the galaxies of the Hubble eXtreme Deep Field, unless there is a file of that name.
    """
    from ztfexplore.alerts.labels_csv import read_labels
    from ztfexplore.catalogue.catalogue import Catalogue
    from ztfexplore.catalogue.ingest import ingest as add_alerts
    from ztfexplore.sources import read_sources, total_bytes

    known = read_labels(labels) if labels else {}
    catalogue = Catalogue.create(catalogue_path)
    with console.bar(total_bytes(sources), "ingest", "B") as bar:
        alerts = read_sources(sources, format_, bar.update)
        report, found = add_alerts(alerts, catalogue, known, rejects or catalogue_path / "rejects.csv")
    for reject in found[:SHOWN_REJECTS]:
        name = " ".join(str(part) for part in (reject.candid, reject.object_id) if part is not None)
        console.say(f"rejected {reject.source}{f' ({name})' if name else ''}: {reject.message}")
    if len(found) > SHOWN_REJECTS:
        console.say(f"... and {len(found) - SHOWN_REJECTS} more, all in {rejects or catalogue_path / 'rejects.csv'}")
    if report.labels_problem:
        console.say(f"note: {report.labels_problem}")
    console.report(report.as_dict(), as_json)
    if report.accepted + report.duplicates == 0:
        sys.exit(1)


@main.command()
@catalogue_option
@encoder_option
@json_option
def embed(catalogue_path: Path, encoder_name: str, as_json: bool) -> None:
    """Embed the alerts that this encoder has not embedded yet."""
    from ztfexplore.catalogue.catalogue import Catalogue
    from ztfexplore.embeddings import embedding

    catalogue = Catalogue.open(catalogue_path)
    loaded = embedding.load_encoder(catalogue, encoder_name)
    missing = len(embedding.missing_rows(catalogue, loaded))
    with console.bar(missing, "embed", "stamps") as bar:
        done = embedding.embed(catalogue, loaded, bar.update)
    console.report({"encoder": loaded.name, "embedded": done, "already": len(catalogue) - done}, as_json)


@main.command()
@catalogue_option
@encoder_option
@click.option("--seed", default=0, show_default=True, help="Seed of UMAP.")
@json_option
def project(catalogue_path: Path, encoder_name: str, seed: int, as_json: bool) -> None:
    """Lay an encoder's embeddings out on a map (UMAP)."""
    from ztfexplore.catalogue.catalogue import Catalogue
    from ztfexplore.embeddings import embedding, projection

    catalogue, name = Catalogue.open(catalogue_path), embedding.encoder_name(encoder_name)
    with console.bar(1, "project", "map") as bar:
        made = projection.project(catalogue, name, seed)
        bar.update(1)
    score = projection.read_map(catalogue, name).trustworthiness
    console.report({"encoder": name, "made": made, "trustworthiness": score}, as_json)


@main.command()
@click.argument("key", metavar="CANDID", type=console.AlertKey())
@click.option("--survey", help="Survey of the alert, if two surveys share its candid; the same as SURVEY:CANDID.")
@catalogue_option
@encoder_option
@click.option("-k", default=12, show_default=True, type=click.IntRange(min=1), help="How many neighbours.")
@click.option("--same-object", is_flag=True, help="Include other alerts of the same object, and overlapping stamps.")
@labels_by_option
@json_option
def neighbours(
    key: Key,
    survey: str | None,
    catalogue_path: Path,
    encoder_name: str,
    k: int,
    same_object: bool,
    labels_by: str,
    as_json: bool,
) -> None:
    """The alerts nearest to one in an embedding, by cosine distance.

    CANDID is a number, or ztf:123 if two surveys share it. Put -- before a negative one.
    """
    from ztfexplore.embeddings import embedding
    from ztfexplore.embeddings.reader import EmbeddingReader

    named, candid = apart(key)
    if None not in (named, survey) and named != survey:
        raise click.UsageError(f"{written(key)} is not an alert of --survey {survey}")
    shown, name = console.snapshot(catalogue_path, labels_by), embedding.encoder_name(encoder_name)
    row = shown.row_of((survey, candid) if survey else key)
    found = EmbeddingReader(shown).index(name).query(row, k, same_object)
    listed = [
        {**_identity(shown.frame.iloc[near]), "distance": float(distance)}
        for near, distance in zip(found.rows, found.distances, strict=True)
    ]
    labels_told = shown.labels_report(shown.labelled(found.rows))
    result = {"query": _identity(shown.frame.iloc[row]), "encoder": name, "neighbours": listed, **labels_told}
    if as_json:
        console.report(result, as_json)
    else:
        click.echo("candid,object_id,label,distance,survey")
        for item in listed:
            start = f"{item['candid']},{item['object_id']},{item['label'] or ''}"
            click.echo(f"{start},{item['distance']:.5f},{item['survey']}")
        console.say_labels(labels_told)


def _identity(row: Any) -> dict[str, Any]:
    label = row["label"]
    return {
        "candid": int(row["candid"]),
        "object_id": row["object_id"],
        "label": label if isinstance(label, str) else None,
        "survey": row["survey"],
    }


@main.command()
@catalogue_option
@click.option("--output", type=click.Path(path_type=Path), required=True, help="A .parquet or .csv file.")
@click.option("--encoder", "encoder_name", help="Include this encoder's embedding and map.")
@labels_by_option
@json_option
def export(catalogue_path: Path, output: Path, encoder_name: str | None, labels_by: str, as_json: bool) -> None:
    """Write the catalogue as a table: candid, object_id, label, survey and other metadata, embedding, map_x, map_y."""
    from ztfexplore.embeddings import embedding
    from ztfexplore.overview.export import export as write

    shown = console.snapshot(catalogue_path, labels_by)
    name = embedding.encoder_name(encoder_name) if encoder_name else None
    rows = write(shown, output, name)
    console.report({"output": str(output), "rows": rows, **shown.labels_report()}, as_json)


def _trainer() -> Scratch:
    """The function that trains a network from scratch; torch is loaded here."""
    from ztfexplore.training.scratch import fit_predict

    return fit_predict


@main.command()
@catalogue_option
@click.option("--encoder", "encoder_names", required=True, multiple=True, help="May be given several times.")
@click.option(
    "--scratch/--no-scratch", default=True, show_default=True, help="Train the baseline 'scratch' too: takes minutes."
)
@click.option(
    "--write", type=click.Path(path_type=Path), help="Also write the tables into this file, between its markers."
)
@labels_by_option
@json_option
def evaluate(
    catalogue_path: Path,
    encoder_names: tuple[str, ...],
    scratch: bool,
    write: Path | None,
    labels_by: str,
    as_json: bool,
) -> None:
    """Score encoders on the fixed test part, with the baselines: probes, k-NN, few labels, geometry, source."""
    from ztfexplore.encoders import encoder
    from ztfexplore.evaluation import tables
    from ztfexplore.evaluation.evaluate import BASELINES
    from ztfexplore.evaluation.evaluate import evaluate as score

    shown = console.snapshot(catalogue_path, labels_by)
    loaded = [encoder.load(name) for name in encoder_names if name not in BASELINES]  # baselines always have rows
    if write:
        tables.check_marks(write)  # before minutes of work, not after
    trainer = _trainer() if scratch else None
    with console.bar(100, "evaluate", "%") as bar:
        result = score(shown, loaded, trainer, lambda text, share: console.move(bar, text, 100 * share))
    text = tables.evaluation_tables(result)
    if write:
        tables.replace_between(write, text)
    click.echo(json.dumps(result) if as_json else text)


@main.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str, arguments: tuple[str, ...]) -> None:
    """Run a benchmark of the checkout. Arguments after its name are passed to it (bench click --help)."""
    import runpy

    known = sorted(path.stem for path in BENCHMARKS.glob("[!_]*.py"))
    if name not in known:
        raise ZtfexploreError(
            f"benchmark {name}: unknown; known are {', '.join(known) or 'none, since this is not a checkout'}"
        )
    sys.argv = [name, *arguments]
    runpy.run_path(str(BENCHMARKS / f"{name}.py"), run_name="__main__")


@main.command()
@catalogue_option
@labels_by_option
@json_option
def info(catalogue_path: Path, labels_by: str, as_json: bool) -> None:
    """Show what a catalogue holds: alerts, objects, labels (counted in alerts), bands, dates, encoders."""
    from ztfexplore.catalogue.snapshot import DATA, Snapshot
    from ztfexplore.overview.info import describe

    shown = Snapshot.open(catalogue_path, DATA)
    shown = shown if labels_by == DATA else shown.with_readable_people()
    if shown.problem:
        console.say(f"note: people's labels do not count here: {shown.problem}")
    console.report(describe(shown), as_json)


main.add_command(train)
main.add_command(probe)
main.add_command(research)
main.add_command(labels)
