"""Pictures of where a network looks, against derivatives and against masking what they show."""

import numpy as np
import pytest
import torch
from featcls_torch.explain import LEAKAGE, gradcam, grid, last_fine, saliency, trunk, watched
from featcls_torch.networks.base import Classifier
from torch import nn

from featcls.classifiers.base import fit
from featcls.config import canonical, params_from_json
from featcls.frame import Frame
from featcls.model import Model
from featcls.model.explain import deletion, kinds, maps, vectors
from featcls.pipeline import Fitted
from featcls.plugins import registry

MODULES = () if "ke" in registry().names("classifier") else ("featcls_torch",)
SIDE, PATCH, BLOCK = 160, 32, 16


def patches(n, seed=0):
    """Return noise, every other frame with a checkered patch somewhere, and the corners."""
    rng = np.random.default_rng(seed)
    images = rng.poisson(20.0, (n, SIDE, SIDE)).astype(np.float32)
    corners = rng.integers(4, SIDE - PATCH - 4, (n, 2))
    checks = 40.0 * (np.indices((PATCH, PATCH)) // 4 % 2).sum(0)
    for image, (row, col) in zip(images[1::2], corners[1::2], strict=True):
        image[row : row + PATCH, col : col + PATCH] += checks
    return [Frame(image) for image in images], corners


@pytest.fixture(scope="module")
def model():
    plugins = registry(MODULES)
    frames, _ = patches(80)
    params = {"filters": 4, "epochs": 12, "decay_epochs": 12, "optimizer": "adam", "lr": 0.003}
    config = canonical({"classifier": {"name": "airynet", "params": params}}, plugins.space_of)
    own = params_from_json(config["classifier"]["params"])
    classes = ("flat", "patch")
    trained = fit(
        plugins.get("classifier", "airynet"), own, frames, np.arange(80) % 2, classes=classes
    )
    return Model(Fitted(config, classes, [], None, trained), {}, plugins)


@pytest.fixture(scope="module")
def found(model):
    """Return frames that the network has not seen and takes for patches, with their corners."""
    frames, corners = patches(40, seed=1)
    sure = [k for k in range(1, 40, 2) if model.predict_scores([frames[k]])[0, 1] > 0.9]
    assert len(sure) >= 12
    return [frames[k] for k in sure[:8]], corners[sure[:8]]


def in_blocks(values):
    """Return the order in which to mask pixels: block by block, the greatest value first."""
    n = SIDE // BLOCK
    place = np.indices((SIDE, SIDE)) // BLOCK
    rank = np.empty(n * n, int)
    rank[np.argsort(-values.ravel(), kind="stable")] = np.arange(n * n)
    return np.argsort(rank[place[0] * n + place[1]].ravel(), kind="stable")


@pytest.mark.parametrize(
    ("kind", "gain", "share"), [("gradcam", 0.3, 0.8), ("saliency", 0.1, 0.5)]
)
def test_masking_what_a_map_shows_lowers_the_score_faster_than_at_random(
    kind, gain, share, model, found
):
    frames, _ = found
    drawn, seen = maps(model, frames, kind, [1] * len(frames))
    rng = np.random.default_rng(0)
    n = SIDE // BLOCK
    gains = []
    for frame, map_, shown in zip(frames, drawn, seen, strict=True):
        assert map_.shape == shown.shape == (SIDE, SIDE)
        values = map_.reshape(n, BLOCK, n, BLOCK).mean((1, 3))
        by_map = deletion(model, frame, 1, in_blocks(values))
        # The same map elsewhere: what is masked in one piece counts less than what is scattered.
        moved = [np.roll(values, rng.integers(1, n, 2), (0, 1)) for _ in range(2)]
        elsewhere = [deletion(model, frame, 1, in_blocks(other)) for other in moved]
        gains.append(np.mean(elsewhere) - by_map.mean())
    assert np.mean(gains) > gain, gains
    assert np.mean(np.array(gains) > 0) > share, gains


def test_an_occlusion_map_of_a_network_is_greatest_at_the_patch(model, found):
    frames, corners = found
    (drawn,), _ = maps(model, frames[:1], "occlusion", [1])
    off = np.array(np.unravel_index(drawn.argmax(), drawn.shape)) - corners[0]
    assert (off >= -14).all()  # the side of what is masked at once
    assert (off < PATCH).all()


def test_a_network_is_asked_for_its_own_maps_first(model):
    assert kinds(model) == ("gradcam", "saliency", "occlusion")


def test_the_vectors_before_the_decision_tell_the_classes_apart(model):
    frames, _ = patches(40, seed=2)
    found = vectors(model, frames)
    assert found.shape == (40, 32)  # filters of the last stage: 4 doubled three times
    codes = np.arange(40) % 2
    centres = [found[codes == code].mean(0) for code in (0, 1)]
    nearest = [np.argmin([np.linalg.norm(v - c) for c in centres]) for v in found]
    assert np.mean(nearest == codes) > 0.85


class Linear(Classifier):
    """Maps that are the input, and two classes: half a weighted sum of them, and less that."""

    def __init__(self, weight):
        super().__init__()
        self.stages = nn.Identity()
        self.weight = weight

    def features(self, maps):
        return maps.flatten(1)

    def decide(self, features):
        return features @ (self.weight.flatten()[:, None] * torch.tensor([0.5, -0.5]))


def test_gradcam_is_the_closed_form_of_the_derivatives_of_the_score():
    rng = torch.Generator().manual_seed(0)
    weight = 0.1 * torch.randn(3, 4, 5, generator=rng, dtype=torch.float64)
    maps = torch.rand(1, 3, 4, 5, generator=rng, dtype=torch.float64)
    # Y = exp(sum w A): its nth derivative by an A is w^n Y, the same Y cancels but for the sign.
    a = weight**2 / (2 * weight**2 + maps[0].sum((1, 2), keepdim=True) * weight.abs() ** 3)
    leaky = nn.LeakyReLU(LEAKAGE)
    w = (a * leaky(weight)).sum((1, 2))
    wanted = leaky((w[:, None, None] * maps[0]).sum(0))
    wanted -= wanted.min().clamp(min=0)
    network = Linear(weight.float())
    found = gradcam(network, maps.float(), 0, False)
    torch.testing.assert_close(found, wanted.float(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("draw", [gradcam, saliency])
def test_a_map_of_a_network_that_is_sure_is_that_of_one_that_is_not(draw):
    weight = torch.randn(1, 20, 20, generator=torch.Generator().manual_seed(0))
    x = weight[None].relu()
    one, other = (draw(Linear(scale * weight), x, 0, False) for scale in (1e-3, 10.0))
    assert Linear(10.0 * weight).scores(Linear(10.0 * weight)(x), False)[0, 0] == 1.0
    torch.testing.assert_close(one / one.max(), other / other.max(), rtol=0.02, atol=0.02)


def test_the_last_maps_of_enough_cells_are_weighed():
    from featcls_torch.networks import build

    network = build("ke", (256, 256), 1, 3).eval()
    layers = trunk(network.stages)
    assert len(layers) == 16
    x = torch.rand(1, 1, 256, 256)
    with watched(*layers) as kept:
        assert network(x).shape == (1, 3)
    assert kept[-1].shape[2:] == (1, 1)
    assert last_fine(kept) == 7  # what the second stage ends in, 16 x 16
    found = gradcam(network, x, 0, False)
    assert found.shape == (256, 256)
    assert found.max() > 0  # one cell at the end would say nothing of where


def test_maps_finer_than_the_last_are_weighed_where_activations_leak_too():
    from featcls_torch.networks import build

    torch.manual_seed(0)
    network = build("airynet", (96, 96), 1, 3, filters=2).eval()
    x = torch.zeros(1, 1, 96, 96)
    x[..., 20:28, 64:72] = 30.0
    with watched(*trunk(network.stages)) as kept:
        network(x)
    assert kept[-1].shape[2:] == (3, 3)
    assert kept[last_fine(kept)].shape[2:] == (24, 24)
    found = gradcam(network, x, 0, False).abs()
    near = found[4:44, 48:88].sum() / found.sum()  # a quarter of the side about the square
    assert near > 0.7


OWN = {"filters": 4}


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("ke", {}),
        ("ke", {"kernel": 3}),
        ("deepfreak", OWN),
        ("airynet", OWN),
        ("airynet", {**OWN, "depth": 16}),
        ("darknet", OWN),
        ("darknet", {**OWN, "depth": 53, "head": "yolo"}),
    ],
)
def test_a_cell_of_a_map_is_drawn_in_the_middle_of_the_pixels_that_it_sees(name, own):
    from featcls_torch.networks import build

    torch.manual_seed(0)
    network = build(name, (256, 256), 1, 3, **own).eval()
    layers = trunk(network.trunk())
    x = torch.randn(8, 1, 256, 256, requires_grad=True)
    with watched(*layers) as kept:
        network(x)
    place = last_fine(kept)
    maps = kept[place]
    cell = maps.shape[2] // 2
    (seen,) = torch.autograd.grad(maps[:, :, cell, cell].sum(), x)
    rows = seen.abs().sum((0, 1, 3)).nonzero()
    first, step = grid(layers[: place + 1])
    middle = float(rows.min() + rows.max()) / 2
    assert abs(middle - (first + step * cell)) <= 1, (middle, first, step)


def test_saliency_keeps_the_gradients_beyond_three_sigma():
    weight = torch.full((1, 20, 20), 0.01)
    weight[0, 3, 7], weight[0, 12, 2] = 1.0, -1.0
    found = saliency(Linear(weight), torch.rand(1, 1, 20, 20), 0, False)
    assert sorted(map(tuple, found.nonzero().tolist())) == [(3, 7), (12, 2)]
    assert abs(float(found[3, 7]) - (1 - float(weight.mean()))) < 1e-5
