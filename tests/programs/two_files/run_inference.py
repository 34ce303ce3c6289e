import os
import sys

from inference import ImageClassifier


def get_base_dir():
    if getattr(sys, "frozen", False):
        return os.path.dirname(sys.executable)
    return os.path.dirname(os.path.abspath(__file__))


def main():
    base_dir = get_base_dir()
    model_path = os.path.join(base_dir, "model.keras")
    image_path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(base_dir, "test_image.jpg")

    if not os.path.exists(model_path):
        print(f"Error: model not found at {model_path}")
        sys.exit(1)
    classifier = ImageClassifier(model_path)
    probabilities = classifier.predict(image_path)
    best = int(probabilities.argmax())
    print(f"Predicted class: {best}")
    print(f"Confidence: {probabilities[best]:.6f}")


if __name__ == "__main__":
    main()
