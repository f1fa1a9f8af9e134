"""Networks of the diffraction literature as featcls classifiers."""

import importlib.util
from importlib.resources import files

from featcls.errors import PluginError
from featcls.hookspecs import RegisterClassifier, RegisterSpace, hookimpl
from featcls_torch import estimator, params, storage

featcls_api = 1

MISSING = {
    "torch": "pip install torch --index-url https://download.pytorch.org/whl/cpu",
    "safetensors": "pip install safetensors",
}


@hookimpl
def register_classifiers(register: RegisterClassifier) -> None:
    for package, remedy in MISSING.items():
        if importlib.util.find_spec(package) is None:
            raise PluginError(
                f"the networks {', '.join(params.SPACES)} need {package}, which is not installed",
                remedy,
            )
    for name, space in params.SPACES.items():
        register(
            name,
            estimator.FACTORIES[name],
            params=space,
            version=params.VERSIONS.get(name, 1),
            takes="frame",
            multilabel=True,
            class_weight="sample",
            budget="epochs",
            fit_more=estimator.fit_more,
            save=storage.save,
            load=storage.LOADERS[name],
        )


@hookimpl
def register_spaces(register: RegisterSpace) -> None:
    for file in sorted(files("featcls_torch.spaces").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            register(f"{name}@1", file.read_text(encoding="utf-8"))
