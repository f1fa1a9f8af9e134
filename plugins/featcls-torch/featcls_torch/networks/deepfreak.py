"""DeepFreak: ResNet-50 that shrinks large frames faster, by Souza et al. (2019).

Tables 1 and 9 ("DeepFreak: Learning Crystallography Diffraction Patterns with Automated Machine
Learning"). The topologies are theirs by number, 0 is ResNet-50 itself (He et al. 2016,
doi:10.1109/CVPR.2016.90) and 8 the one that their search found best. The maps of the second
pool go to the fully connected layer one and all. At 512 x 512 pixels topology 8 gives
512-256-128-128-64-22-8-2 and 2048 x 2 x 2 features.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from featcls_torch.networks.base import BatchNorm, Classifier, conv, shape_of

BLOCKS = (3, 4, 6, 3)
EXPANSION = 4  # of a bottleneck's filters


@dataclass(frozen=True)
class Topology:
    """One column of table 9."""

    filters: int = 64
    first_stride: int = 2
    pool_size: int = 7
    pool_stride: int = 1
    strides: tuple[int, int, int, int] = (1, 2, 2, 2)


TOPOLOGIES = (
    Topology(),
    Topology(pool_size=9, pool_stride=2),
    Topology(pool_size=13, pool_stride=2),
    Topology(strides=(2, 2, 2, 2)),
    Topology(first_stride=4),
    Topology(pool_stride=2, strides=(2, 2, 2, 2)),
    Topology(pool_size=15, pool_stride=2),
    Topology(pool_size=8, strides=(2, 2, 2, 2)),
    Topology(strides=(1, 2, 3, 3)),
    Topology(filters=8),
    Topology(filters=8, pool_stride=2),
    Topology(pool_size=9, pool_stride=2, strides=(1, 2, 2, 3)),
    Topology(filters=16, pool_size=9, pool_stride=2),
    Topology(filters=16, pool_stride=2),
)


class Bottleneck(nn.Module):
    """Three convolutions beside a way past them, as in torchvision: the stride is the second's."""

    def __init__(self, n_in: int, filters: int, stride: int) -> None:
        super().__init__()
        n_out = filters * EXPANSION
        self.residual = nn.Sequential(
            *(conv(n_in, filters, 1), BatchNorm(filters), nn.ReLU(inplace=True)),
            *(conv(filters, filters, 3, stride), BatchNorm(filters), nn.ReLU(inplace=True)),
            *(conv(filters, n_out, 1), BatchNorm(n_out)),
        )
        self.past: nn.Module = nn.Identity()
        if stride != 1 or n_in != n_out:
            self.past = nn.Sequential(conv(n_in, n_out, 1, stride), BatchNorm(n_out))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.residual(x) + self.past(x), inplace=True)


class DeepFreak(Classifier):
    """ResNet-50 after a column of table 9.

    Its batches are small (one or two frames in the published bests) and its last maps may be a
    single cell: what running averages then remember is too rough to score with.
    """

    precise_bn = True

    def __init__(
        self, shape: tuple[int, int], channels: int, n_outputs: int, topology: Topology
    ) -> None:
        super().__init__()
        filters = topology.filters
        layers: list[nn.Module] = [
            conv(channels, filters, 7, topology.first_stride),
            BatchNorm(filters),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        ]
        n_in = filters
        for k, (n_blocks, stride) in enumerate(zip(BLOCKS, topology.strides, strict=True)):
            for block in range(n_blocks):
                layers.append(Bottleneck(n_in, filters << k, stride if block == 0 else 1))
                n_in = (filters << k) * EXPANSION
        self.stages = nn.Sequential(*layers)
        _, depth, rows, cols = shape_of(self.stages, 1, channels, *shape)
        size = topology.pool_size
        window = min(size, rows), min(size, cols)
        if window != (size, size):
            self.notes.append(f"the second pool, {size} x {size}, is cut to its {window} map")
        self.pool = nn.AvgPool2d(window, topology.pool_stride)
        pooled = shape_of(self.pool, 1, depth, rows, cols)
        self.classify = nn.Linear(depth * pooled[2] * pooled[3], n_outputs)

    def features(self, maps: Tensor) -> Tensor:
        result: Tensor = self.pool(maps)
        return result.flatten(1)

    def decide(self, features: Tensor) -> Tensor:
        result: Tensor = self.classify(features)
        return result


def build(
    shape: tuple[int, int], channels: int, n_outputs: int, topology: int = 8, filters: int = 0
) -> Classifier:
    """Return the network of a topology of table 9; `filters` overrides the table's unless 0."""
    if not 0 <= topology < len(TOPOLOGIES):
        raise ValueError(f"topology is {topology}; table 9 has 0 (ResNet-50) to 13")
    chosen = TOPOLOGIES[topology]
    if filters:
        chosen = Topology(
            filters, chosen.first_stride, chosen.pool_size, chosen.pool_stride, chosen.strides
        )
    return DeepFreak(shape, channels, n_outputs, chosen)
