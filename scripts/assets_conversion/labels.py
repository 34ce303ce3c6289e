"""The 1,000 class names of ImageNet-1k, one a line, in the order of the network's outputs."""

from __future__ import annotations

import json
from typing import Final

# WordNet has two cranes and two maillots; a label that names two classes would be of no use.
TOLD_APART: Final = {134: "crane (bird)", 517: "crane (machine)", 639: "maillot, tank suit"}


def label_lines(names_json: bytes) -> str:
    """Takes the first synonym of each class.

    Args:
        names_json: `imagenet1k_label_to_names.json`: an object of class index to comma-separated synonyms.

    Returns:
        One label a line.

    Raises:
        ValueError: Two classes have the same label.
    """
    names: dict[str, str] = json.loads(names_json)
    labels = [TOLD_APART.get(i, names[str(i)].split(",")[0].strip()) for i in range(len(names))]
    if len(set(labels)) != len(labels):
        raise ValueError("two classes have the same label")
    return "".join(f"{label}\n" for label in labels)
