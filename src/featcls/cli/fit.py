"""`featcls fit`: one config, without a search."""

import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from featcls.cli import output
from featcls.cli.choice_options import fit_options
from featcls.cli.data_options import data_options
from featcls.cli.options import command, load_plugins, plugin_option, seed_option
from featcls.errors import UsageError
from featcls.report.words import metric_name, plural

if TYPE_CHECKING:
    from featcls.model import Model
    from featcls.search.choice import ModelChoice

FOLDS = 5  # whose scores calibrate where there is no validation split

EXAMPLE = """\
featcls fit config.json images/ --out model.featcls
featcls fit config.json images/ --hit-class hit --max-lost-hits 0.01"""


@command(EXAMPLE)
@click.argument("config", type=click.Path())
@click.argument("data", type=click.Path())
@click.option(
    "--out",
    type=click.Path(),
    default="model.featcls",
    show_default=True,
    metavar="FILE",
    help="The model.",
)
@seed_option
@click.option(
    "--test-size",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Leave out what a search would set apart, to measure it with featcls evaluate.",
)
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Threads.")
@fit_options
@data_options
@plugin_option
def fit(
    config: str,
    data: dict[str, Any],
    out: str,
    seed: int,
    test_size: float,
    jobs: int | None,
    calibration_size: float | None,
    choice: "ModelChoice",
    plugins: tuple[str, ...],
    as_json: bool,
) -> None:
    """Fit CONFIG on DATA and save the model.

    CONFIG is a JSON or TOML file; report.html and leaderboard.csv of a run hold such configs.
    Rows of DATA marked as validation, calibration or test are not fitted to.

    --calibrate learns from the validation split, else from folds. --max-lost-hits sets the
    threshold on the calibration split, else on frames that are kept apart for it. For a config
    that a search chose on the same DATA, give the --test-size and --calibration-size of that
    search: the same frames are kept apart then, and the threshold is of none that chose.
    """
    from featcls.cache import Cache, cache_root
    from featcls.config import canonical, config_id
    from featcls.dataset import open_dataset
    from featcls.search.finish import Finish
    from featcls.search.problem import Task, open_problem
    from featcls.search.store import Trial, now

    output.check_place(out)
    installed = load_plugins(plugins)
    document = canonical(read_config(config), installed.space_of)
    dataset = open_dataset(data, plugins=plugins)
    choice.check(dataset.classes)
    if calibration_size is None:
        calibration_size = choice.calibration_size
    bad = dataset.bad_frames()
    n_folds = FOLDS if choice.calibrate else 2
    task = Task(
        dataset.spec, test_size, n_folds, seed, tuple(sorted(bad)), plugins, calibration_size
    )
    problem = open_problem(task.document())
    choice.check_frames(problem)
    name = config_id(document)
    threads = jobs or os.cpu_count() or 1
    about = {
        "created_utc": now(),
        "seed": seed,
        "config_id": name,
        "dataset_id": dataset.dataset_id,
        "test_size": test_size,
        "calibration_size": calibration_size,
    }
    finish = Finish(task, problem, Cache(cache_root()), installed, threads, choice)
    model = finish.model(Trial(0, config_id=name, config=document), about)
    model.save(out)
    if as_json:
        point, gains = model.whole.point, model.info.get("calibration")
        told = {"model": out, "config_id": name, "frames": len(problem.train)}
        told |= {"calibration": gains, "operating_point": point and point.document()}
        output.emit(told)
    else:
        click.echo(f"{out}: fitted on {plural(len(problem.train), 'frame')}, config {name}")
        show(model)
    output.leave_with_bad([dataset.frame_ids[i] for i in sorted(bad)])


def show(model: "Model") -> None:
    """Print what calibration gained on frames that it was not learned from, and the threshold."""
    if gains := dict(model.info.get("calibration") or {}):
        words = [str(gains.pop("method"))]
        words += [
            f"{metric_name(key)} {was:.4g} -> {now:.4g}" for key, (was, now) in gains.items()
        ]
        click.echo(f"scores calibrated: {', '.join(words)}")
    if point := model.whole.point:
        click.echo(point.words())


def read_config(path: str) -> dict[str, Any]:
    """Read a config from a JSON or TOML file.

    Raises
    ------
    UsageError
        It cannot be read, or is neither.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        document = tomllib.loads(text) if path.endswith(".toml") else json.loads(text)
    except OSError as fault:
        raise UsageError(
            f"cannot read config {path}: {fault.strerror}", "check the path"
        ) from fault
    except UnicodeDecodeError as fault:
        remedy = "give a JSON or TOML file; `featcls model show --json` has the config of a model"
        raise UsageError(f"config {path} is no text", remedy) from fault
    except ValueError as fault:  # of json and tomllib
        wanted = "TOML" if path.endswith(".toml") else "JSON"
        remedy = "name it .toml if it is TOML" if wanted == "JSON" else "correct the file"
        raise UsageError(f"config {path} is not {wanted}: {fault}", remedy) from fault
    if not isinstance(document, dict):
        raise UsageError(
            f"config {path} holds {type(document).__name__}; wanted a table",
            'write one config, such as {"extractors": ["lbp"], "classifier": "rf"}',
        )
    return document
