"""Configs to begin a search with: of an earlier run, of a file, or of the papers."""

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from featcls.config import Config, canonical, config_id
from featcls.errors import UsageError, unknown
from featcls.plugins import Registry
from featcls.search.class_weights import Groups, fit_class_weights
from featcls.search.run import Run
from featcls.spaces import Choice

SHIPPED = ("diffranet",)
BEST = 10  # of an earlier run

Source = str | os.PathLike[str] | Mapping[str, Any]


def load(
    sources: Source | Sequence[Source], registry: Registry, classes: Sequence[str]
) -> tuple[list[Config], list[str]]:
    """Return canonical configs, each once, and what had to be left out, as sentences.

    Parameters
    ----------
    sources : source or sequence of sources
        A run directory (its best 10 configs, best first), a `.json` file with a list of
        configs, the name of a shipped list (`diffranet`), or a config. Configs need not lie
        in the space that is searched.
    registry : Registry
    classes : sequence of str
        A config whose class weights name other classes is left out.

    Raises
    ------
    UsageError
        A source that is none of these, or a config that names what is not installed.
    """
    if isinstance(sources, str | os.PathLike | Mapping):
        sources = [sources]
    found: dict[str, Config] = {}
    left_out = []
    for source in sources:
        configs, groups = _read(source)
        for number, config in enumerate(configs):
            try:
                config = canonical(config, registry.space_of)
            except UsageError as error:
                raise UsageError(
                    f"warm start {_name(source)}: config {number}: {error.message}", error.remedy
                ) from error
            fitted = _fit_weights(config, classes, groups)
            if fitted is None:
                left_out.append(
                    f"warm start {_name(source)}: config {number} is left out: its class "
                    f"weights name other classes than {', '.join(classes)}"
                )
            else:
                found.setdefault(config_id(fitted), fitted)
    return list(found.values()), left_out


def plugins_of(config: Config) -> set[tuple[str, str]]:
    """Return (kind, name) of every plugin that a config needs."""
    chains = [config["preprocess"], *(item["preprocess"] for item in config["extractors"])]
    return (
        {("preprocessor", step["name"]) for chain in chains for step in chain}
        | {("extractor", item["name"]) for item in config["extractors"]}
        | {("classifier", config["classifier"]["name"])}
    )


def _read(source: Source) -> tuple[Sequence[Any], Groups]:
    """Return the configs of a source, and the classes that each of two classes stands for."""
    if isinstance(source, Mapping):
        return [source], ()
    path = Path(source)
    if path.suffix == ".json":
        return _read_list(path), ()
    if path.is_dir() and str(source) not in SHIPPED:  # the data may lie in a folder of its name
        trials = [trial for trial in Run.open(path).leaderboard() if trial.tid >= 0]
        return list({trial.config_id: trial.config for trial in trials}.values())[:BEST], ()
    if str(source) in SHIPPED:
        text = files("featcls.spaces").joinpath(f"best-{source}.toml").read_text(encoding="utf-8")
        document = tomllib.loads(text)
        return document["config"], document["two_classes"]
    raise UsageError(
        unknown("warm start", str(source), SHIPPED),
        "or give a run directory or a .json file with a list of configs",
    )


def _read_list(path: Path) -> Sequence[Any]:
    try:
        configs = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read warm start {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"warm start {path} is not JSON: {error}") from error
    if isinstance(configs, Mapping):
        return [configs]
    if not isinstance(configs, list) or not configs:
        raise UsageError(f"warm start {path} holds no list of configs")
    return configs


def _fit_weights(config: Config, classes: Sequence[str], groups: Groups) -> Config | None:
    """Return the config with class weights for the classes at hand, or None."""
    classifier = config["classifier"]
    weights = classifier["params"].get("class_weight")
    if not isinstance(weights, Mapping) or set(weights) <= set(classes):
        return config
    param, dropped = fit_class_weights(Choice(weights), classes, groups)
    if dropped:
        return None
    params = {**classifier["params"], "class_weight": (param.options() or [])[0]}
    return {**config, "classifier": {**classifier, "params": params}}


def _name(source: Source) -> str:
    return "config" if isinstance(source, Mapping) else str(source)
