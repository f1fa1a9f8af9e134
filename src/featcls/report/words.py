"""Numbers and configs as a person says them; the report and the command line share them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

RAW_METRICS = frozenset({"log_loss", "brier"})  # every other metric is a share of 1


def figure(metric: str, value: float | None) -> str:
    """Write the value of a metric: a share as per cent, a loss as it is.

    Examples
    --------
    >>> figure("accuracy", 0.98765), figure("log_loss", 0.98765), figure("accuracy", None)
    ('98.8 %', '0.988', '-')
    """
    if value is None or value != value:
        return "-"
    return f"{value:.3f}" if metric in RAW_METRICS else f"{100 * value:.1f} %"


def between(metric: str, interval: Sequence[float] | None) -> str:
    """Write an interval of a metric, or nothing without one.

    Examples
    --------
    >>> between("accuracy", (0.961, 0.99)), between("log_loss", (0.5, 0.75)), between("f1", None)
    ('96.1 to 99.0 %', '0.500 to 0.750', '')
    """
    if interval is None:
        return ""
    low, high = (figure(metric, bound) for bound in interval)
    return f"{low.removesuffix(' %')} to {high}"


def metric_name(metric: str) -> str:
    """Write the name of a metric.

    Examples
    --------
    >>> metric_name("balanced_accuracy"), metric_name("roc_auc")
    ('balanced accuracy', 'ROC AUC')
    """
    special = {"roc_auc": "ROC AUC", "macro_f1": "macro F1", "f1": "F1", "brier": "Brier score"}
    return special.get(metric, metric.replace("_", " "))


def duration(seconds: float | None) -> str:
    """Write a time span with the digits a person needs.

    Examples
    --------
    >>> duration(0.0123), duration(7.34), duration(59.96), duration(754), duration(7500)
    ('12 ms', '7.3 s', '1 min 0 s', '12 min 34 s', '2 h 5 min')
    """
    if seconds is None:
        return "-"
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def milliseconds(ms: float) -> str:
    """Write the time of a frame.

    Examples
    --------
    >>> milliseconds(0.123), milliseconds(23.4), milliseconds(1234.0)
    ('0.12 ms', '23 ms', '1,234 ms')
    """
    return f"{ms:.2g} ms" if ms < 10 else f"{ms:,.0f} ms"


def plural(n: int, one: str, many: str = "") -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> plural(1, "frame"), plural(12600, "frame"), plural(2, "class", "classes")
    ('1 frame', '12,600 frames', '2 classes')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def listed(names: Sequence[str]) -> str:
    """Write names as a list in a sentence.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def extractors_of(config: Mapping[str, Any]) -> str:
    """Name the extractors of a config, each once: `glcm + lbp`."""
    names = dict.fromkeys(str(item["name"]) for item in config.get("extractors", []))
    return " + ".join(names) or "the image itself"


def classifier_of(config: Mapping[str, Any]) -> str:
    """Name the classifier of a config."""
    return str(config.get("classifier", {}).get("name", "-"))


def short(config: Mapping[str, Any]) -> str:
    """Name a config by its parts.

    Examples
    --------
    >>> short({"extractors": [{"name": "glcm"}, {"name": "lbp"}], "classifier": {"name": "svm"}})
    'glcm + lbp, svm'
    """
    return f"{extractors_of(config)}, {classifier_of(config)}"


def step(item: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> str:
    """Write one step with its parameters, those at their defaults left out.

    Examples
    --------
    >>> step({"name": "glcm", "params": {"distances": [1, 2], "normed": True, "sigma": 0.123456}})
    'glcm (distances 1 2, normed yes, sigma 0.1235)'
    >>> step({"name": "rf", "params": {"depth": 3, "trees": 100}}, {"trees": 100})
    'rf (depth 3)'
    >>> step({"name": "rf", "params": {"trees": 100}}, {"trees": 100})
    'rf (defaults)'
    """
    known = defaults or {}
    params = ", ".join(
        f"{key.replace('_', ' ')} {value_text(value)}"
        for key, value in item.get("params", {}).items()
        if key not in known or known[key] != value
    )
    name = str(item["name"])
    if not params and item.get("params"):
        return f"{name} (defaults)"
    return f"{name} ({params})" if params else name


def describe(
    config: Mapping[str, Any], defaults_of: Callable[[str, str], Mapping[str, Any]] | None = None
) -> list[tuple[str, str]]:
    """Write a config as rows: what the part is for, and its steps in order.

    `defaults_of(kind, name)` gives the defaults of a plugin's parameters as JSON values.

    Examples
    --------
    >>> describe({"preprocess": [], "scale": "standard", "classifier": {"name": "rf"},
    ...           "extractors": [{"name": "lbp", "preprocess": [{"name": "log"}]}]})
    [('features', 'log > lbp'), ('scale', 'standard'), ('classifier', 'rf')]
    """

    def write(kind: str, item: Mapping[str, Any]) -> str:
        return step(item, defaults_of(kind, item["name"]) if defaults_of else None)

    def chain(items: Sequence[Mapping[str, Any]]) -> list[str]:
        return [write("preprocessor", item) for item in items]

    rows = [("shared", " > ".join(chain(config.get("preprocess", []))))]
    for item in config.get("extractors", []):
        words = [*chain(item.get("preprocess", [])), write("extractor", item)]
        rows.append(("features", " > ".join(words)))
    if config.get("extractors"):
        rows.append(("scale", str(config.get("scale", "none"))))
    rows.append(("classifier", write("classifier", config["classifier"])))
    return [row for row in rows if row[1]]


def value_text(value: Any) -> str:
    """Write the value of a parameter."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return " ".join(map(value_text, value)) or "none"
    if isinstance(value, dict):
        return " ".join(f"{key}={value_text(member)}" for key, member in value.items())
    return str(value)
