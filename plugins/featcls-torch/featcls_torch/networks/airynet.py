"""The networks of Zimmermann et al. (2019), doi:10.1103/PhysRevE.99.063309, and supplement.

Pre-activated ResNets (He et al. 2016, doi:10.1007/978-3-319-46493-0_38) of 18, 50 and 101 layers
(supplement, table 2) and VGG-16 and -19 with convolutions for a head (table 1). The activation
after the first convolution is logarithmic (equation 11), all others are leaky by 0.2.

Where the supplement and its sources differ: table 2 prints 3, 8, 36 and 3 blocks for 101 layers,
which make 152; 101 layers are 3, 4, 23 and 3. It prints conv(3, 64, 3), a stride of 3, within
bottlenecks; the text says that the bold ones have a stride of 2. Table 1 prints two conv(7, 4096);
the second of VGG's fully connected layers is a 1 x 1 convolution. Its layers are followed by
batch normalisation, which the supplement's section 3.2 describes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featcls_torch.networks.base import BatchNorm, Classifier, conv, shape_of

LEAKAGE = 0.2  # section 5.1
C0, C1 = 0.36787944117144233, 1.0  # exp(-1) and 1: equation 11 is continuous and 0 at 0
RESNETS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
VGGS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
STAGES = 4  # after which VGG's filters double no more
HEAD = 64  # filters of VGG's head over those of its first layer: 4096 over 64


class LogActivation(nn.Module):
    """alpha (log(|x| + 1/e) + 1) with the sign of x: equation 11.

    Examples
    --------
    >>> LogActivation(0.5)(torch.tensor([0.0, 1 - C0, C0 - 1])).tolist()
    [0.0, 0.5, -0.5]
    """

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        return self.alpha * x.sign() * (torch.log(x.abs() + C0) + C1)


def first_activation(alpha: float) -> nn.Module:
    """Return the activation after the first convolution; alpha 0 is the unmodified network."""
    return LogActivation(alpha) if alpha > 0 else nn.LeakyReLU(LEAKAGE)


class Block(nn.Module):
    """A pre-activated residual block: two convolutions, or three around a bottleneck.

    The way past starts after the first activation where it changes the shape.
    """

    def __init__(self, n_in: int, filters: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        n_out = filters * (4 if bottleneck else 1)
        plan = [(n_in, filters, 3, stride), (filters, filters, 3, 1)]
        if bottleneck:
            plan = [(n_in, filters, 1, 1), (filters, filters, 3, stride), (filters, n_out, 1, 1)]
        self.norms = nn.ModuleList(BatchNorm(n) for n, *_ in plan)
        self.convs = nn.ModuleList(conv(*layer) for layer in plan)
        changes = stride != 1 or n_in != n_out
        self.past = conv(n_in, n_out, 1, stride) if changes else None

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for k, (norm, layer) in enumerate(zip(self.norms, self.convs, strict=True)):
            y = F.leaky_relu(norm(y), LEAKAGE)
            if k == 0 and self.past is not None:
                x = self.past(y)
            y = layer(y)
        return x + y


class ResNet(Classifier):
    """Table 2 of the supplement."""

    def __init__(
        self, channels: int, n_outputs: int, depth: int, filters: int, alpha: float
    ) -> None:
        super().__init__()
        bottleneck = depth > 18
        layers: list[nn.Module] = [
            *(conv(channels, filters, 7, 2), first_activation(alpha), nn.MaxPool2d(3, 2, 1))
        ]
        n_in = filters
        for k, n_blocks in enumerate(RESNETS[depth]):
            for block in range(n_blocks):
                stride = 2 if k > 0 and block == 0 else 1
                layers.append(Block(n_in, filters << k, stride, bottleneck))
                n_in = (filters << k) * (4 if bottleneck else 1)
        self.stages = nn.Sequential(*layers, BatchNorm(n_in), nn.LeakyReLU(LEAKAGE))
        self.classify = nn.Linear(n_in, n_outputs)

    def features(self, maps: Tensor) -> Tensor:
        return maps.mean((2, 3))

    def decide(self, features: Tensor) -> Tensor:
        result: Tensor = self.classify(features)
        return result


class VGG(Classifier):
    """Table 1 of the supplement; a head larger than its map is cut to it."""

    def __init__(
        self,
        shape: tuple[int, int],
        channels: int,
        n_outputs: int,
        depth: int,
        filters: int,
        alpha: float,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        n_in = channels
        for k, n_layers in enumerate(VGGS[depth]):
            n_out = filters << min(k, STAGES - 1)
            for _ in range(n_layers):
                act = nn.LeakyReLU(LEAKAGE) if layers else first_activation(alpha)
                layers += [conv(n_in, n_out, 3), BatchNorm(n_out), act]
                n_in = n_out
            layers.append(nn.MaxPool2d(2, 2))
        self.stages = nn.Sequential(*layers)
        _, _, rows, cols = shape_of(self.stages, 1, channels, *shape)
        window = min(7, rows), min(7, cols)
        if window != (7, 7):
            self.notes.append(f"the first layer of the head, 7 x 7, is cut to its {window} map")
        wide = filters * HEAD
        self.head = nn.Sequential(
            *(nn.Conv2d(n_in, wide, window), nn.LeakyReLU(LEAKAGE), nn.Dropout2d(0.5)),
            *(nn.Conv2d(wide, wide, 1), nn.LeakyReLU(LEAKAGE), nn.Dropout2d(0.5)),
        )
        self.classify = nn.Linear(wide, n_outputs)

    def features(self, maps: Tensor) -> Tensor:
        result: Tensor = self.head(maps)
        return result.mean((2, 3))

    def decide(self, features: Tensor) -> Tensor:
        result: Tensor = self.classify(features)
        return result


def build(
    shape: tuple[int, int],
    channels: int,
    n_outputs: int,
    depth: int = 18,
    filters: int = 64,
    alpha: float = 0.2,
) -> Classifier:
    """Return the network of a depth; `filters` are the first layer's, `alpha` as in eq. 11."""
    if depth in RESNETS:
        return ResNet(channels, n_outputs, depth, filters, alpha)
    if depth in VGGS:
        return VGG(shape, channels, n_outputs, depth, filters, alpha)
    known = ", ".join(map(str, (*RESNETS, *VGGS)))
    raise ValueError(f"depth is {depth}; give one of {known} (the last two are VGG)")
