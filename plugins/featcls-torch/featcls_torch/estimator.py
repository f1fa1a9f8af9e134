"""The classifier that featcls sees: a network with its training, frames in, probabilities out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from featcls.config import digest
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.spaces import defaults
from featcls_torch.params import SPACES, TRAINING

if TYPE_CHECKING:
    import torch

    from featcls_torch.augment import Augmentation
    from featcls_torch.networks.base import Classifier

BATCH = 32  # frames scored at once
READERS = 2  # threads that read and preprocess while the network scores
MOST_MEASURED = 500  # training frames whose brightness the scaling is learned from


class Network:
    """A network as a classifier of frames.

    Parameters
    ----------
    name : {"ke", "deepfreak", "airynet", "darknet"}
    random_state : int
        Of initial weights, order, augmentation and dropout.
    n_jobs : int
        Threads that read frames. The network itself computes on one thread of a CPU: its sums,
        and so its weights, would depend on their number.
    device : str, optional
        `cpu`, `cuda`; by default `cuda` where there is one.
    compile : bool
        Compile the training step with `torch.compile`.
    **params
        The network's own, as `featcls_torch.networks` documents them, and of all networks:

        epochs : int
            Times through the frames, or through `batches` batches of `batch_size`.
        optimizer, lr, momentum, weight_decay
            `sgd`, or `adam` with `momentum` for its first beta.
        schedule, decay, decay_epochs
            As in `featcls_torch.schedule.factor`.
        balanced : bool
            As many frames of each class in a batch.
        l1, l2 : float
            Elastic net: added to the loss times the norms of the weights.
        inputs, mask_channel
            As in `featcls_torch.scaling.scaled`.
        crop : int
            Side of the square in the middle that is looked at, 0 for the whole frame.
        shift, flip, rotate, contrast, brightness, noise
            Augmentation: at most so many pixels, along both axes, so many degrees, times so much
            more or less contrast, so many standard deviations brighter or darker, uniform noise
            from 0 to the `mean`, `mean+std` or `maximum` of a frame (their medians).
        holdout : float
            Share of the training frames that only select the stage.
        select : {"last", "loss", "f1"}
            Which stage's weights are used: the last, or that with the least loss or the
            greatest macro F1 on the frames held out. A stage is an epoch, or `every` iterations.
        keep : int
            Use that many stages up to the selected one: a class scores the least that any of
            them gives it.
        patience : int
            Stop after that many stages without a better one, 0 for never.
        init : str, optional
            A safetensors file with weights to start from: those whose name and shape are the
            network's are taken.

    Attributes
    ----------
    shape_ : (int, int)
        Of the frames it takes.
    history_ : list of dict
        Loss, value of the best stage, and seconds of each epoch.
    notes_ : list of str
        What was done otherwise than in the paper: a pool that was larger than its map.
    """

    explains = ("gradcam", "saliency")

    def __init__(
        self,
        name: str,
        random_state: int = 0,
        n_jobs: int = 1,
        device: str | None = None,
        compile: bool = False,
        **params: Any,
    ) -> None:
        self.name, self.random_state, self.n_jobs = name, random_state, n_jobs
        self.device, self.compile = device, compile
        self.params = {**defaults(SPACES[name]), **params}

    def fit(self, X: Sequence[Frame], y: NDArray[Any], sample_weight: Any = None) -> Self:
        """Train for `epochs` epochs on frames and codes (n,) from 0, or indicators (n, k)."""
        return self.fit_more(X, y, self.params["epochs"], None, sample_weight=sample_weight)

    def fit_more(
        self,
        X: Sequence[Frame],
        y: NDArray[Any],
        budget: int,
        checkpoint: Path | None,
        *,
        sample_weight: Any = None,
    ) -> Self:
        """Train up to `budget` epochs in all, from where a checkpoint left off."""
        from featcls_torch.computing import one_thread

        with one_thread():
            return self._train(X, np.asarray(y), budget, checkpoint, sample_weight)

    def _train(
        self, X: Any, y: NDArray[Any], budget: int, checkpoint: Path | None, sample_weight: Any
    ) -> Self:
        import torch

        from featcls_torch.loading import Images
        from featcls_torch.precise_bn import measured_anew
        from featcls_torch.scaling import Statistics
        from featcls_torch.training import Task, own_generator, train

        images = Images(X, self.n_jobs, self.where())
        p = self.params
        # Measured on the CPU everywhere: a GPU sums otherwise, and would not know a checkpoint
        # of a CPU for its own.
        measured = images if images.device.type == "cpu" else Images(X, self.n_jobs)
        some = measured.some(len(X) if p["inputs"] == "unit" else MOST_MEASURED)
        self.statistics_ = Statistics.of(some, p["inputs"] == "unit")
        self.shape_ = images.shape
        self.multilabel_ = y.ndim == 2
        self.n_outputs_ = int(y.shape[1] if self.multilabel_ else y.max() + 1)
        with own_generator(torch.device("cpu"), self.random_state):
            network = self.network()
        if p["init"] is not None:
            _initialise(network, Path(p["init"]))
        weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
        task = Task(
            network=network,
            images=images,
            y=y,
            weight=(weight / weight.mean()).astype(np.float32),
            params={**p, "compile": self.compile},
            augmentation=self.augmentation(),
            statistics=self.statistics_,
            device=self.where(),
            seed=self.random_state,
            identity=self._identity(images.shape, y, weight),
        )
        state = train(task, budget, checkpoint)
        stages = measured_anew(task, state.chosen) if network.precise_bn else state.chosen
        self.stages_ = [{k: t.cpu() for k, t in stage.items()} for stage in stages]
        self.history_, self.notes_ = state.history, network.notes
        self.__dict__.pop("_ready", None)
        return self

    def predict_proba(self, X: Sequence[Frame]) -> NDArray[np.float32]:
        """Return the probability of each class or label, (n, k)."""
        from featcls_torch.computing import one_thread, stage_scores

        with one_thread():
            return stage_scores(self, X, BATCH, max(self.n_jobs, READERS))

    def explain(self, X: Sequence[Frame], kind: str, codes: Sequence[int]) -> NDArray[np.float64]:
        """Return maps (n, rows, cols), one of `explains`, of what speaks for each frame's code."""
        from featcls_torch.computing import one_thread
        from featcls_torch.explain import explained

        with one_thread():
            return explained(self, X, kind, codes)

    def embed(self, X: Sequence[Frame]) -> NDArray[np.float32]:
        """Return the vectors (n, width) before the decision."""
        from featcls_torch.computing import one_thread
        from featcls_torch.explain import embedded

        with one_thread():
            return embedded(self, X)

    def network(self) -> "Classifier":
        """Return the network for these frames and outputs, untrained."""
        from featcls_torch import networks
        from featcls_torch.scaling import channels_of

        own = {k: v for k, v in self.params.items() if k not in TRAINING}
        channels = channels_of(self.params["inputs"], self.params["mask_channel"])
        shape = self.augmentation().shape(self.shape_)
        try:
            built: Classifier = networks.build(self.name, shape, channels, self.n_outputs_, **own)
        except ValueError as error:
            raise UsageError(f"{self.name}: {error}") from error
        return built

    def augmentation(self) -> "Augmentation":
        """Return how images are cropped, and varied in training."""
        from dataclasses import fields

        from featcls_torch.augment import Augmentation

        return Augmentation(**{f.name: self.params[f.name] for f in fields(Augmentation)})

    def where(self) -> "torch.device":
        """Return the device to compute on."""
        import torch

        return torch.device(self.device or ("cuda" if torch.cuda.is_available() else "cpu"))

    def _identity(self, shape: tuple[int, int], y: NDArray[Any], weight: NDArray[Any]) -> str:
        """Name what a checkpoint belongs to: everything but how far to go."""
        params = {k: v for k, v in self.params.items() if k != "epochs"}
        brightness = [self.statistics_.level.tolist(), self.statistics_.noise.tolist()]
        data = [shape, y.tolist(), weight.tolist(), brightness]
        return digest([self.name, self.random_state, params, data])


def fit_more(
    estimator: Network,
    X: Sequence[Frame],
    y: NDArray[Any],
    budget: int,
    checkpoint: Path,
    *,
    sample_weight: Any = None,
) -> Network:
    """Go on training: the hook's form of `Network.fit_more`."""
    return estimator.fit_more(X, y, budget, checkpoint, sample_weight=sample_weight)


def _initialise(network: "Classifier", path: Path) -> None:
    """Take the weights of a file that fit the network by name and shape."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        given = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UsageError(
            f"init is {path}, which holds no weights: {error}", "give a .safetensors file"
        ) from error
    own = network.state_dict()
    fitting = {k: t for k, t in given.items() if k in own and own[k].shape == t.shape}
    if not fitting:
        raise UsageError(
            f"none of the {len(given)} tensors in {path} has a name and shape of the network",
            "give weights of the same network, for example of a model file of it",
        )
    network.load_state_dict(fitting, strict=False)


def _factory(name: str) -> Callable[..., Network]:
    def make(random_state: int = 0, n_jobs: int = 1, **params: Any) -> Network:
        return Network(name, random_state, n_jobs, **params)

    return make


FACTORIES: Mapping[str, Callable[..., Network]] = {name: _factory(name) for name in SPACES}
