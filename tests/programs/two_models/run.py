"""Runs two models of different formats, which are next to the program; the second takes the first's output."""

from pathlib import Path

import keras
import numpy as np
from PIL import Image

HERE = Path(__file__).parent


def main():
    features = keras.models.load_model(HERE / "models" / "features.keras")
    head = keras.models.load_model(HERE / "models" / "head.h5", compile=False)
    pixels = np.asarray(Image.open(HERE / "photo.png").convert("RGB").resize((224, 224)), np.float32)[None]
    probabilities = np.asarray(features(pixels))
    answer = np.asarray(head(probabilities))
    print(answer.dtype, answer.shape, answer[0].tolist())


if __name__ == "__main__":
    main()
