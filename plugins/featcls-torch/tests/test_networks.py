"""The networks against the papers, layer by layer."""

import numpy as np
import pytest
import torch
from featcls_torch.networks import build
from featcls_torch.networks.airynet import LogActivation
from featcls_torch.networks.deepfreak import TOPOLOGIES
from torch import nn

SMALL = {
    "ke": {},
    "deepfreak": {"filters": 2},
    "airynet": {"filters": 2},
    "darknet": {"filters": 2},
}


def meta(name, shape, channels, n_outputs, **own):
    """Return a network without numbers: shapes alone."""
    with torch.device("meta"):
        return build(name, shape, channels, n_outputs, **own).eval()


def sides(network, x):
    """Return the side of the input, and after each layer of `stages` that changes it."""
    found = [x.shape[-1]]
    for layer in network.stages:
        x = layer(x)
        if x.shape[-1] != found[-1]:
            found.append(x.shape[-1])
    return found, tuple(x.shape)


def n_params(network, of=lambda weight: True):
    return sum(weight.numel() for weight in network.parameters() if of(weight))


@pytest.mark.parametrize("kernel", [7, 3])
def test_ke_has_the_sizes_of_figure_2_and_288_features(kernel):
    network = meta("ke", (720, 720), 1, 3, kernel=kernel)
    found, shape = sides(network, torch.empty(1, 1, 720, 720, device="meta"))
    assert found == [720, 360, 180, 90, 45, 23, 12, 6, 3]
    assert shape == (1, 32, 3, 3)
    assert network.classify.in_features == 288
    filters = [layer.weight.shape for layer in network.stages if isinstance(layer, nn.Conv2d)]
    assert [tuple(f[:2]) for f in filters] == [(4, 1), (8, 4), (16, 8), (32, 16)]
    assert filters[0][2] == kernel


def test_deepfreak_as_published_has_the_sizes_of_table_1():
    network = meta("deepfreak", (512, 512), 1, 5, topology=8)
    found, shape = sides(network, torch.empty(1, 1, 512, 512, device="meta"))
    assert found == [512, 256, 128, 64, 22, 8]
    assert shape == (1, 2048, 8, 8)
    assert network.classify.in_features == 2048 * 2 * 2
    assert network.notes == []


# Filters, first stride, second pool and its stride, block strides: table 9, column by column.
TABLE_9 = """64 2 7 1 1222, 64 2 9 2 1222, 64 2 13 2 1222, 64 2 7 1 2222, 64 4 7 1 1222,
64 2 7 2 2222, 64 2 15 2 1222, 64 2 8 1 2222, 64 2 7 1 1233, 8 2 7 1 1222, 8 2 7 2 1222,
64 2 9 2 1223, 16 2 9 2 1222, 16 2 7 2 1222"""


def test_deepfreak_has_the_topologies_of_table_9():
    for number, column in enumerate(TABLE_9.replace("\n", " ").split(", ")):
        *numbers, strides = column.split()
        stated = TOPOLOGIES[number]
        own = stated.filters, stated.first_stride, stated.pool_size, stated.pool_stride
        assert own == tuple(map(int, numbers)), number
        assert stated.strides == tuple(map(int, strides)), number
        network = meta("deepfreak", (512, 512), 1, 5, topology=number)
        assert network(torch.empty(2, 1, 512, 512, device="meta")).shape == (2, 5)
    assert len(TOPOLOGIES) == number + 1 == 14


def test_a_pool_larger_than_its_map_is_cut_to_it_and_noted():
    network = meta("deepfreak", (224, 224), 1, 5, topology=2)
    assert network.pool.kernel_size == (7, 7)
    assert network.notes == ["the second pool, 13 x 13, is cut to its (7, 7) map"]


def test_resnet_50_has_the_parameters_of_torchvision():
    assert n_params(meta("deepfreak", (224, 224), 3, 1000, topology=0)) == 25_557_032


@pytest.mark.parametrize(
    ("depth", "torchvision", "others"),
    [
        # torchvision's figure, less its batch normalisation (pre-activation has it elsewhere),
        # less the biases of VGG's convolutions, which batch normalisation makes idle.
        (18, 11_689_512, 9_600),
        (50, 25_557_032, 53_120),
        (101, 44_549_160, 105_344),
        (16, 138_357_544, 4_224),
        (19, 143_667_240, 5_504),
    ],
)
def test_airynet_has_the_weights_of_torchvision(depth, torchvision, others):
    network = meta("airynet", (224, 224), 3, 1000, depth=depth)
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    own = n_params(network) - sum(n_params(norm) for norm in norms)
    assert own == torchvision - others


def test_airynet_has_the_stages_of_the_supplement():
    network = meta("airynet", (224, 224), 1, 8, depth=101)
    found, shape = sides(network, torch.empty(1, 1, 224, 224, device="meta"))
    assert found == [224, 112, 56, 28, 14, 7]
    assert shape == (1, 2048, 7, 7)
    n_convs = sum(isinstance(m, nn.Conv2d) and m.kernel_size != (1, 1) for m in network.modules())
    assert n_convs == 1 + 3 + 4 + 23 + 3


def test_darknet_has_the_parameters_of_its_authors():
    assert n_params(meta("darknet", (224, 224), 3, 1000, depth=19)) == 20_842_376
    assert n_params(meta("darknet", (256, 256), 3, 1000, depth=53)) == 41_609_928
    # 61,949,149 with the 80 classes of COCO; 60 fewer in each of three anchors and scales.
    yolo = meta("darknet", (416, 416), 3, 20, depth=53, head="yolo")
    assert n_params(yolo) == 61_949_149 - 60 * 3 * (1024 + 512 + 256 + 3)


def test_yolo_predicts_boxes_at_the_scales_of_its_authors():
    x = torch.empty(1, 3, 416, 416, device="meta")
    second = meta("darknet", (416, 416), 3, 4, depth=19, head="yolo")
    assert second(x).shape == (1, 13 * 13 * 5, 5 + 4)
    third = meta("darknet", (416, 416), 3, 4, depth=53, head="yolo", negative=1)
    assert third(x).shape == (1, (13 * 13 + 26 * 26 + 52 * 52) * 3, 5 + 3)


def test_the_places_of_boxes_are_exact_where_the_network_computes_in_bfloat16():
    network = build("darknet", (512, 1024), 1, 2, head="yolo", filters=2).eval()
    x = torch.zeros(1, 1, 512, 1024)  # all predictions are the biases of the last layer
    with torch.inference_mode():
        wanted = network(x)[..., :2]
        with torch.autocast("cpu", torch.bfloat16):
            found = network(x)[..., :2]
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-4)


@pytest.mark.parametrize("depth", [19, 53])
def test_a_perfect_box_costs_yolo_less_than_none_and_scores_its_class(depth):
    network = build("darknet", (64, 64), 1, 3, depth=depth, head="yolo", negative=0, filters=2)
    outputs = torch.full((1, 4, 7), -9.0)
    outputs[..., :4] = 0.5
    nothing = outputs.clone()
    outputs[:, 0] = torch.tensor([0.5, 0.5, 1.0, 1.0, 9.0, -9.0, 9.0])
    hit, miss = torch.tensor([2]), torch.tensor([0])
    assert network.losses(outputs, hit) < 0.1 < 1 < network.losses(nothing, hit)
    assert network.losses(nothing, miss) < 0.1 < 0.9 < network.losses(outputs, miss)
    assert network.scores(outputs, False)[0, 2] > 0.99
    assert network.scores(nothing, False)[0, 0] > 0.99


@pytest.mark.parametrize("shape", [(32, 32), (33, 70), (97, 64)])
@pytest.mark.parametrize(("channels", "n_outputs"), [(1, 2), (3, 7)])
@pytest.mark.parametrize("name", SMALL)
def test_a_network_takes_any_size_channels_and_classes(name, shape, channels, n_outputs):
    network = build(name, shape, channels, n_outputs, **SMALL[name]).eval()
    outputs = network(torch.randn(2, channels, *shape))
    scores = network.scores(outputs, False)
    assert scores.shape == (2, n_outputs)
    assert torch.allclose(scores.sum(1), torch.ones(2), atol=1e-5)


@pytest.mark.parametrize("own", [{"depth": 16}, {"depth": 19}, {"depth": 50}, {"alpha": 0.0}])
def test_every_airynet_gives_a_score_a_class(own):
    network = build("airynet", (32, 40), 1, 3, filters=2, **own).eval()
    assert network(torch.randn(1, 1, 32, 40)).shape == (1, 3)


def test_a_frame_of_16_pixels_is_refused_with_what_helps():
    with pytest.raises(ValueError, match=r"16 x 64 pixels; networks take 32 x 32 or more"):
        build("ke", (16, 64), 1, 2)


def test_the_logarithmic_activation_is_equation_11():
    x = np.array([-50.0, -1.0, -1e-3, 0.0, 1e-3, 1.0, 50.0])
    c0, c1, alpha = np.exp(-1), 1.0, 0.2
    with np.errstate(invalid="ignore"):
        wanted = np.where(x >= 0, alpha * (np.log(x + c0) + c1), -alpha * (np.log(c0 - x) + c1))
    found = LogActivation(alpha)(torch.tensor(x)).numpy()
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize("name", SMALL)
def test_a_batch_of_one_frame_trains_where_its_maps_are_one_pixel(name):
    network = build(name, (32, 32), 1, 2, **SMALL[name]).train()
    loss = network.losses(network(torch.randn(1, 1, 32, 32)), torch.tensor([1])).sum()
    loss.backward()
    assert all(torch.isfinite(w.grad).all() for w in network.parameters() if w.grad is not None)


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize(
    ("name", "own"), [("ke", {}), ("darknet", {"filters": 2, "head": "yolo", "negative": -1})]
)
def test_log_odds_are_those_of_the_scores(name, own, multilabel):
    network = build(name, (64, 64), 1, 3, **own).eval().double()
    with torch.no_grad():
        outputs = network(torch.randn(4, 1, 64, 64, dtype=torch.float64))
    scores = network.scores(outputs, multilabel)
    for column in range(3):
        found = network.log_odds(outputs, column, multilabel)
        torch.testing.assert_close(found.sigmoid(), scores[:, column])
