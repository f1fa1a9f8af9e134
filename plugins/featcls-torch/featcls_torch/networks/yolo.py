"""YOLOv2 and YOLOv3 for one pattern a frame, as in Ignatenko et al. (2021).

A frame is one box that fills it, of the frame's class; frames of the class `negative`, if there
is one, hold no box (doi:10.1088/2632-2153/abd916: single hits against the rest). The score of a
class is confidence x class probability of the box where that is greatest, and of `negative`
what is left to 1.

YOLOv2: 18 convolutions of Darknet-19 and one that predicts, five anchors at a 32nd of the side;
squared errors and softmax classes. YOLOv3: Darknet-53 with predictions at a 32nd, a 16th and an
8th of the side, three anchors each; logistic errors throughout.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from featcls_torch.networks.base import Classifier
from featcls_torch.networks.darknet import layer, stages_19, stages_53

# Sides of the anchors over the frame's. Those of the papers are fitted to the objects in their
# photographs; a pattern fills its frame, so the first is the frame.
ANCHORS = {19: (1.0, 0.75, 0.5, 0.25, 0.125), 53: (1.0, 0.7, 0.4)}
PLACE, CONFIDENCE, CLASSES = slice(0, 4), 4, slice(5, None)  # fields of a box
OBJECT = 5.0  # weight of a box's confidence in YOLOv2's loss; all others are 1
IGNORED = {19: 0.6, 53: 0.5}  # overlap from which another box is not told that it is none
TINY = 1e-12


class Yolo(Classifier):
    """A backbone with predictions at one scale (19) or three (53).

    Outputs are (n, boxes, 5 + classes): centre (row, column) and size (height, width) of the box
    in units of the frame, logits of its confidence and its classes. The first box is the one
    that answers for the frame: the anchor of its size in the cell of its centre.
    """

    def __init__(
        self, channels: int, n_outputs: int, depth: int, filters: int, negative: int
    ) -> None:
        super().__init__()
        if not -1 <= negative < n_outputs:
            raise ValueError(f"negative is {negative}; give -1 or one of {n_outputs} classes")
        self.depth, self.negative, self.n_outputs = depth, negative, n_outputs
        self.known = [k for k in range(n_outputs) if k != negative]
        n_predicted = len(ANCHORS[depth]) * (5 + len(self.known))
        self.fine: nn.Module = nn.Identity()
        self.middle: nn.Module = nn.Identity()
        if depth == 19:
            (self.stages,) = stages_19(channels, filters)
            self.predict = nn.ModuleList([nn.Conv2d(32 * filters, n_predicted, 1)])
            return
        self.fine, self.middle, self.stages = stages_53(channels, filters)
        self.necks, self.lifts, self.predict = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        n_in = 32 * filters
        for n in (16 * filters, 8 * filters, 4 * filters):
            if self.predict:
                self.lifts.append(layer(2 * n, n, 1))
                n_in = n + 2 * n  # lifted from the coarser scale, and the backbone's
            self.necks.append(
                nn.Sequential(
                    *(layer(n_in, n, 1), layer(n, 2 * n, 3), layer(2 * n, n, 1)),
                    *(layer(n, 2 * n, 3), layer(2 * n, n, 1)),
                )
            )
            self.predict.append(
                nn.Sequential(layer(n, 2 * n, 3), nn.Conv2d(2 * n, n_predicted, 1))
            )

    def trunk(self) -> nn.Module:
        return nn.Sequential(self.fine, self.middle, self.stages)

    def features(self, maps: Tensor) -> Tensor:
        return maps.mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        fine = self.fine(x)
        middle = self.middle(fine)
        maps = self.stages(middle)
        if self.depth == 19:
            return self._boxes(self.predict[0](maps))
        maps = self.necks[0](maps)
        boxes = [self._boxes(self.predict[0](maps))]
        for k, finer in ((1, middle), (2, fine)):
            lifted = F.interpolate(self.lifts[k - 1](maps), finer.shape[2:])
            maps = self.necks[k](torch.cat([lifted, finer], 1))
            boxes.append(self._boxes(self.predict[k](maps)))
        return torch.cat(boxes, 1)

    def _boxes(self, predicted: Tensor) -> Tensor:
        """Return the boxes of one scale, the one in the middle cell first."""
        # bfloat16 cannot tell places in far cells apart.
        predicted = predicted.to(torch.promote_types(predicted.dtype, torch.float32))
        n, _, rows, cols = predicted.shape
        anchors = predicted.new_tensor(ANCHORS[self.depth])[:, None, None, None]
        t = predicted.view(n, len(anchors), -1, rows, cols)
        cells = torch.stack(
            torch.meshgrid(
                torch.arange(rows, device=t.device),
                torch.arange(cols, device=t.device),
                indexing="ij",
            )
        )
        counts = predicted.new_tensor((rows, cols))[:, None, None]
        centre = (cells + t[:, :, 0:2].sigmoid()) / counts
        size = anchors * t[:, :, 2:4].clamp(max=8.0).exp()
        boxes = torch.cat([centre, size, t[:, :, 4:]], 2).permute(0, 3, 4, 1, 2).flatten(1, 3)
        middle = (rows // 2 * cols + cols // 2) * len(anchors)
        return torch.cat([boxes[:, middle:], boxes[:, :middle]], 1)

    def losses(self, outputs: Tensor, y: Tensor) -> Tensor:
        outputs = outputs.float()
        confidence = outputs[..., CONFIDENCE]
        overlap = _overlap(outputs[..., PLACE]).detach()
        if y.ndim == 1:
            present = (y != self.negative).float()
            labels = F.one_hot(y, self.n_outputs)[:, self.known].float()
        elif self.negative >= 0:
            raise ValueError("several labels a frame leave no class to be the negative one: -1")
        else:
            labels = y
            present = labels.amax(1)
        elsewhere = torch.ones_like(confidence)
        elsewhere[:, 0] = 1 - present
        elsewhere = elsewhere * ~((overlap > IGNORED[self.depth]) & (present[:, None] > 0))
        centre, size = outputs[:, 0, 0:2], outputs[:, 0, 2:4]
        place = (centre - 0.5).square().sum(1) + size.log().square().sum(1)
        classes = outputs[:, 0, CLASSES]
        if self.depth == 19:
            chance = confidence.sigmoid()
            nothing = (elsewhere * chance.square()).sum(1)
            something = OBJECT * (chance[:, 0] - overlap[:, 0]).square()
        else:
            nothing = (elsewhere * F.softplus(confidence)).sum(1)
            something = F.softplus(-confidence[:, 0])
        if self.depth == 19 and y.ndim == 1:
            named = -(labels * classes.log_softmax(1)).sum(1)
        else:
            named = F.binary_cross_entropy_with_logits(classes, labels, reduction="none").sum(1)
        return nothing + present * (place + something + named)

    def scores(self, outputs: Tensor, multilabel: bool) -> Tensor:
        exclusive = self.depth == 19 and not multilabel
        classes = outputs[..., CLASSES]
        chance = classes.softmax(2) if exclusive else classes.sigmoid()
        found = (outputs[..., CONFIDENCE].sigmoid()[..., None] * chance).amax(1)
        if multilabel:
            return found
        total = found.sum(1, keepdim=True)
        if self.negative < 0:
            return (found + TINY) / (total + TINY * found.shape[1])
        result = outputs.new_zeros(len(outputs), found.shape[1] + 1)
        found = found / total.clamp(min=1.0)
        result[:, self.known] = found
        result[:, self.negative] = 1 - found.sum(1)
        return result

    def log_odds(self, outputs: Tensor, column: int, multilabel: bool) -> Tensor:
        return self.scores(outputs.double(), multilabel)[:, column].logit(TINY)


def _overlap(place: Tensor) -> Tensor:
    """Return intersection over union of boxes (..., 4) with the whole frame.

    Examples
    --------
    >>> _overlap(torch.tensor([[0.5, 0.5, 1.0, 0.5]])).tolist()
    [0.5]
    """
    centre, half = place[..., 0:2], place[..., 2:4] / 2
    inside = ((centre + half).clamp(max=1) - (centre - half).clamp(min=0)).clamp(min=0)
    common = inside.prod(-1)
    return common / (1 + place[..., 2:4].prod(-1) - common)
