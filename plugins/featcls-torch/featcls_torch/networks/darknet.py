"""Darknet-19 and Darknet-53, as classifiers or with the YOLO head that was trained on them.

Redmon & Farhadi (2017), doi:10.1109/CVPR.2017.690, table 6, and (2018), arXiv:1804.02767, table 1.
The heads are in `featcls_torch.networks.yolo`.
"""

from torch import Tensor, nn

from featcls_torch.networks.base import BatchNorm, Classifier, conv

LEAKAGE = 0.1
POOL = (0, 2)  # stands for a max pool of 2 x 2 in the table

# Filters over the first layer's, and size, of each convolution of Darknet-19.
DARKNET_19 = (
    *((1, 3), POOL, (2, 3), POOL, (4, 3), (2, 1), (4, 3), POOL, (8, 3), (4, 1), (8, 3), POOL),
    *((16, 3), (8, 1), (16, 3), (8, 1), (16, 3), POOL),
    *((32, 3), (16, 1), (32, 3), (16, 1), (32, 3)),
)
DARKNET_53 = (1, 2, 8, 8, 4)  # residual blocks after each halving


def layer(n_in: int, n_out: int, size: int, stride: int = 1) -> nn.Sequential:
    """Return convolution, batch normalisation and leaky ReLU."""
    return nn.Sequential(conv(n_in, n_out, size, stride), BatchNorm(n_out), nn.LeakyReLU(LEAKAGE))


class Residual(nn.Module):
    """A bottleneck of half the filters beside the identity."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(layer(n, n // 2, 1), layer(n // 2, n, 3))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.layers(x)
        return result


def stages_19(channels: int, filters: int) -> list[nn.Module]:
    """Return the 18 convolutions before Darknet-19's last, to a 32nd of the side."""
    layers: list[nn.Module] = []
    n_in = channels
    for entry in DARKNET_19:
        if entry == POOL:
            layers.append(nn.MaxPool2d(2, 2))
        else:
            times, size = entry
            layers.append(layer(n_in, times * filters, size))
            n_in = times * filters
    return [nn.Sequential(*layers)]


def stages_53(channels: int, filters: int) -> list[nn.Module]:
    """Return the 52 convolutions of Darknet-53: to an 8th of the side, a 16th and a 32nd."""
    parts: list[list[nn.Module]] = [[layer(channels, filters, 3)]]
    for k, n_blocks in enumerate(DARKNET_53):
        n = filters << (k + 1)
        blocks = [Residual(n) for _ in range(n_blocks)]
        part = [layer(n // 2, n, 3, 2), *blocks]
        if k < 3:
            parts[0] += part
        else:
            parts.append(part)
    return [nn.Sequential(*part) for part in parts]


class Darknet(Classifier):
    """The backbone as a classifier: 19 averages its decisions over the map, 53 its features."""

    def __init__(self, channels: int, n_outputs: int, depth: int, filters: int) -> None:
        super().__init__()
        stages = stages_19 if depth == 19 else stages_53
        self.stages = nn.Sequential(*stages(channels, filters))
        self.classify = nn.Linear(32 * filters, n_outputs)

    def features(self, maps: Tensor) -> Tensor:
        return maps.mean((2, 3))

    def decide(self, features: Tensor) -> Tensor:
        # Darknet-19's last convolution is 1 x 1 and the mean over its map follows: the same
        # numbers as the mean first, as here and in Darknet-53.
        result: Tensor = self.classify(features)
        return result


def build(
    shape: tuple[int, int],
    channels: int,
    n_outputs: int,
    depth: int = 19,
    head: str = "classifier",
    filters: int = 32,
    negative: int = -1,
) -> Classifier:
    """Return the network of a depth and head.

    `filters` are the first layer's; `negative` is the class that is no box for the YOLO head,
    by its number among the classes, or -1 where every class is one.
    """
    if depth not in (19, 53):
        raise ValueError(f"depth is {depth}; give 19 (YOLOv2) or 53 (YOLOv3)")
    if head == "yolo":
        from featcls_torch.networks.yolo import Yolo

        return Yolo(channels, n_outputs, depth, filters, negative)
    return Darknet(channels, n_outputs, depth, filters)
