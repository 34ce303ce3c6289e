import numpy as np
import tensorflow as tf
from PIL import Image


class ImageClassifier:
    def __init__(self, model_path):
        self.model = tf.keras.models.load_model(model_path)
        self.input_shape = self.model.input_shape[1:3]

    def preprocess_image(self, image_path):
        img = Image.open(image_path).convert("RGB")
        img = img.resize(self.input_shape)
        return np.expand_dims(np.array(img, dtype=np.float32), axis=0)

    def predict(self, image_path):
        predictions = self.model.predict(self.preprocess_image(image_path))
        return predictions[0]
