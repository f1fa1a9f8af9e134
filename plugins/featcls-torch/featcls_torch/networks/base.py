"""What all networks have in common: their parts, class scores and loss."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Classifier(nn.Module):
    """A network in three parts: `stages` make maps, `features` a vector of them, then `decide`.

    The maps are the last that know where things are (Grad-CAM++ weighs them), the features are
    the vector before the decision (t-SNE shows them). `notes` records, as texts, what had to be
    done otherwise than the paper.
    """

    stages: nn.Module  # gives (n, channels, rows, cols)
    precise_bn = False  # batch normalisation is measured anew after training

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []

    def trunk(self) -> nn.Module:
        """Return all that follows on one another from the input to the maps."""
        return self.stages

    def features(self, maps: Tensor) -> Tensor:
        """Return a vector (n, width) for each stack of maps."""
        raise NotImplementedError

    def decide(self, features: Tensor) -> Tensor:
        """Return outputs (n, ...) of features."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        return self.decide(self.features(self.stages(x)))

    def losses(self, outputs: Tensor, y: Tensor) -> Tensor:
        """Return the loss (n,) of each input.

        Cross-entropy for codes `y` (n,); for indicators (n, k) the binary one, summed over
        labels.
        """
        if y.ndim == 1:
            return F.cross_entropy(outputs, y, reduction="none")
        return F.binary_cross_entropy_with_logits(outputs, y, reduction="none").sum(1)

    def scores(self, outputs: Tensor, multilabel: bool) -> Tensor:
        """Return probabilities (n, k), of each label alone or of exclusive classes."""
        return outputs.sigmoid() if multilabel else outputs.softmax(1)

    def log_odds(self, outputs: Tensor, column: int, multilabel: bool) -> Tensor:
        """Return log(p / (1 - p)) (n,) of a score p: what is derived to explain it.

        Unlike p and its logarithm it does not saturate where the network is sure.
        """
        if multilabel:
            return outputs[:, column]
        others = torch.cat([outputs[:, :column], outputs[:, column + 1 :]], 1)
        return outputs[:, column] - others.logsumexp(1)


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation that also trains where a batch holds one value a channel.

    One frame whose maps are down to one pixel has no spread to normalise by; what the layer
    remembers of other batches stands in.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or x.numel() > x.shape[1]:
            return super().forward(x)
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
        )


def conv(n_in: int, n_out: int, size: int, stride: int = 1, bias: bool = False) -> nn.Conv2d:
    """Return a convolution that keeps the size at stride 1, with He's initial weights."""
    layer = nn.Conv2d(n_in, n_out, size, stride, padding=size // 2, bias=bias)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer


def shape_of(part: nn.Module, *size: int) -> tuple[int, ...]:
    """Return the shape that a part of a network gives for an input of a size, computing nothing.

    Examples
    --------
    >>> shape_of(nn.Conv2d(1, 4, 3, padding=1), 1, 1, 32, 32)
    (1, 4, 32, 32)
    """
    import copy

    module = copy.deepcopy(part).to("meta").eval()
    with torch.no_grad():
        return tuple(module(torch.empty(size, device="meta")).shape)
