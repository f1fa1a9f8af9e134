"""The network of Ke et al. (2018), section 2.1, doi:10.1107/S1600577518004873.

Four stages of convolution, batch normalisation, ReLU and max pooling, with 4, 8, 16 and 32
filters. Each convolution halves the side and so does each pool, rounding up: from 720 x 720
pixels 720-360-180-90-45-23-12-6-3 (figure 2), 288 features, and one fully connected layer.

The authors' programs have 7 x 7 filters and a 3 x 3 pool in the first stage; the paper prints
3 x 3 filters and 2 x 2 pools throughout (`kernel=3`). Both give the same sizes.
"""

from torch import Tensor, nn

from featcls_torch.networks.base import BatchNorm, Classifier, conv, shape_of

FILTERS = (4, 8, 16, 32)


class Ke(Classifier):
    """The four stages and the fully connected layer."""

    def __init__(self, shape: tuple[int, int], channels: int, n_outputs: int, kernel: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        n_in = channels
        for k, n_out in enumerate(FILTERS):
            first = kernel if k == 0 else 3
            pool = nn.MaxPool2d(3, 2, 1) if first == 7 else nn.MaxPool2d(2, 2, ceil_mode=True)
            layers += [conv(n_in, n_out, first, 2), BatchNorm(n_out), nn.ReLU(), pool]
            n_in = n_out
        self.stages = nn.Sequential(*layers)
        _, depth, rows, cols = shape_of(self.stages, 1, channels, *shape)
        self.classify = nn.Linear(depth * rows * cols, n_outputs)

    def features(self, maps: Tensor) -> Tensor:
        return maps.flatten(1)

    def decide(self, features: Tensor) -> Tensor:
        result: Tensor = self.classify(features)
        return result


def build(shape: tuple[int, int], channels: int, n_outputs: int, kernel: int = 7) -> Classifier:
    """Return the network; `kernel` is the first filter's side, 7 or 3."""
    if kernel not in (3, 7):
        raise ValueError(f"kernel is {kernel}; give 7 (the authors' programs) or 3 (their paper)")
    return Ke(shape, channels, n_outputs, kernel)
