"""Catches an error of a custom layer by its type, after it has passed through Keras."""

import sys

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("programs")
class Picky(keras.layers.Layer):
    def call(self, inputs):
        if inputs.shape[-1] != 3:
            raise ValueError(f"needs 3 channels, got {inputs.shape[-1]}")
        return inputs * 2.0


def main():
    model = Picky()
    print(np.asarray(model(np.ones((1, 1, 1, 3), np.float32))).tolist())
    try:
        model(np.ones((1, 2, 2, 4), np.float32))
    except ValueError as error:
        print("refused:", str(error).splitlines()[0])
    if "--uncaught" in sys.argv:
        model(np.ones((1, 2, 2, 5), np.float32))
    if "--operation" in sys.argv:
        tf.matmul(np.ones((1, 2), np.float32), np.ones((1, 2), np.float32))


if __name__ == "__main__":
    main()
