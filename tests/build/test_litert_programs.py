"""Small programs with the runtime LiteRT, whose models are converted in every precision and format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from executables import Builder, Executable

pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed: pip install ai-edge-litert")

CHECKOUT = Path(__file__).resolve().parents[2]

# A model with four inputs and three probabilities, and models that are harder to convert.

KERAS = """
import keras, tensorflow as tf
keras.utils.set_random_seed(1)

@keras.saving.register_keras_serializable()
class Inverse(keras.layers.Layer):
    def call(self, numbers):
        matrices = tf.reshape(numbers, (-1, 2, 2)) + 9 * tf.eye(2)
        return tf.reshape(tf.linalg.inv(matrices), (-1, 4))

numbers = keras.Input((4,))
hidden = keras.layers.Dense(64, "relu")(numbers)
model = keras.Model(numbers, keras.layers.Dense(3, "softmax")(hidden))
model.save("model.keras")
model.export("saved", verbose=False)
with open("model.tflite", "wb") as file:
    file.write(tf.lite.TFLiteConverter.from_saved_model("saved").convert())
steps = keras.layers.Reshape((4, 1))(numbers)
keras.Model(numbers, keras.layers.Dense(3, "softmax")(keras.layers.LSTM(8)(steps))).save("lstm.keras")
keras.Model(numbers, Inverse()(numbers)).save("own_layer.keras")
with open("model.keras", "rb") as whole, open("damaged.keras", "wb") as file:
    file.write(whole.read(5000))
keras.Model(numbers, keras.layers.Dense(3, "softmax")(Inverse()(numbers))).export("inverse", verbose=False)

steps = keras.Input((None, 4), name="steps")
hidden = keras.layers.GlobalMaxPooling1D()(keras.layers.Conv1D(8, 3, activation="relu")(steps))
heads = [keras.layers.Dense(3, "softmax")(hidden), keras.layers.Dense(1)(hidden)]
keras.Model(steps, heads).save("heads.keras")

class Scaled(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32)])
    def double(self, x):
        return {"twice": x * 2}

    @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32)])
    def half(self, x):
        return {"half": x / 2}

scaled = Scaled()
tf.saved_model.save(scaled, "scaled", signatures={"double": scaled.double, "half": scaled.half})
"""


@pytest.fixture(scope="session")
def models(builder: Builder) -> Path:
    """Keras models and SavedModels, and text files with inputs."""

    def make(folder: Path) -> None:
        done = builder.python("-c", KERAS, cwd=folder)
        assert done.exit_code == 0, done.stderr
        for name, seed in (("samples.txt", 1), ("others.txt", 2)):
            lines = (" ".join(str((i * seed * 7 + k * 3) % 11 - 5) for k in range(4)) for i in range(40))
            (folder / name).write_text("\n".join(lines), encoding="ascii")

    return builder.cache.get_or_make("small models", make)


def own_program(builder: Builder, models: Path, *options: str) -> Executable:
    files = {name: models / name for name in ("model.keras", "samples.txt", "others.txt")}
    command = ["--runtime", "litert", "--data", "model.keras", "--sample", "samples.txt", *options]
    return builder.program("litert_two_files", *command, files=files, mode="standalone")


@pytest.mark.makes("litert_two_files", seconds=40)
@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_program_with_a_converted_model(
    builder: Builder, models: Path, precision: str, tmp_path: Path
) -> None:
    calibration = ["--calibration", "others.txt"] if precision == "int8" else []
    built = own_program(builder, models, "--precision", precision, *calibration)
    (tmp_path / "numbers.txt").write_text("4 3 -2 1\n-5 0 2 2\n", encoding="ascii")
    ours = built.run("numbers.txt", cwd=tmp_path)
    converted = str(built.build / "converted" / "files")
    theirs = builder.python(
        str(built.source / "run_inference.py"), "numbers.txt", cwd=tmp_path, TF2EXE_CONVERTED=converted
    )
    assert ours == theirs
    assert ours.stdout.count(b"\n") == 2
    facts: dict[str, Any] = json.loads((built.build / "report.json").read_bytes())["models"]
    assert facts["precision"] == precision
    assert facts["agreement"]["predictions"] == 40
    assert 1e-6 < facts["agreement"]["largest"] < 0.1


@pytest.mark.promise("build", "A converted model is compared through each interface of LiteRT.")
@pytest.mark.makes("litert_compiled_model", seconds=40)
def test_program_with_a_compiled_model(builder: Builder, models: Path, tmp_path: Path) -> None:
    """Uses CompiledModel, LiteRT's newer interface, which has other native libraries."""
    files = {name: models / name for name in ("model.keras", "samples.txt", "others.txt")}
    command = ["--runtime", "litert", "--data", "model.keras", "--sample", "samples.txt"]
    command += ["--precision", "int8", "--calibration", "others.txt"]
    built = builder.program("litert_compiled_model", *command, files=files, mode="onefile")
    (tmp_path / "numbers.txt").write_text("4 3 -2 1\n-5 0 2 2\n", encoding="ascii")
    converted = str(built.build / "converted" / "files")
    theirs = builder.python(
        str(built.source / "run_inference.py"), "numbers.txt", cwd=tmp_path, TF2EXE_CONVERTED=converted
    )
    ours = built.run("numbers.txt", cwd=tmp_path)
    assert (ours.exit_code, ours.stdout) == (0, theirs.stdout)
    agreement = json.loads((built.build / "report.json").read_bytes())["models"]["agreement"]
    assert (agreement["predictions"], agreement["tops"]) == (40, 40)
    assert 1e-6 < agreement["largest"] < 0.1


@pytest.mark.promise("build", "A converted model is compared through each interface of LiteRT.")
@pytest.mark.makes("litert_open_sizes", seconds=40)
def test_model_with_dynamic_sizes(builder: Builder, models: Path, tmp_path: Path) -> None:
    """LiteRT cannot run the model before the program sets the sizes of its inputs."""
    files = {name: models / name for name in ("heads.keras", "samples.txt")}
    command = ["--runtime", "litert", "--data", "heads.keras", "--sample", "samples.txt"]
    built = builder.program("litert_open_sizes", *command, files=files, mode="standalone")
    converted = built.build / "converted" / "files"
    script = str(built.source / "run_inference.py")
    numbers = str(models / "others.txt")
    theirs = builder.python(script, numbers, cwd=tmp_path, TF2EXE_CONVERTED=str(converted))
    assert built.run(numbers, cwd=tmp_path) == theirs
    assert theirs.stdout.count(b"output_1: [") == 3
    agreement = json.loads((built.build / "report.json").read_bytes())["models"]["agreement"]
    counted = {key: agreement[key] for key in ("predictions", "tops", "same_top", "unfed")}
    assert counted == {"predictions": 6, "tops": 3, "same_top": 3, "unfed": []}  # a score has no top-1 class
    assert agreement["largest"] < 1e-5


TWO_SIGNATURES = """
import os, numpy as np
from ai_edge_litert.interpreter import Interpreter
interpreter = Interpreter(os.path.join(os.environ["TF2EXE_CONVERTED"], "scaled.tflite"))
for name in ("double", "half"):
    print(interpreter.get_signature_runner(name)(x=np.ones((1, 4), np.float32)))
interpreter.allocate_tensors()
interpreter.invoke()
"""


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_saved_model_without_serving_signature(
    builder: Builder, models: Path, tmp_path: Path, precision: str
) -> None:
    """Every signature is converted and compared with its original."""
    (tmp_path / "run.py").write_text(TWO_SIGNATURES, encoding="ascii")
    command = ["build", "run.py", "--runtime", "litert", "--data", f"{models / 'scaled'}=scaled"]
    command += ["--sample", "", "--dry-run", "--precision", precision]
    command += ["--calibration", "again"] if precision == "int8" else []
    answer = builder.tf2exe(*command, *builder.folder_options(tmp_path), cwd=tmp_path)
    assert answer.exit_code == 0, answer.stderr
    assert (
        f"{precision} model against the original: same top-1 class in 3 of 3, ".encode()
        in answer.stdout + answer.stderr
    )


@pytest.mark.makes("litert_two_files", seconds=40)
def test_inaccurate_converted_model_is_refused(builder: Builder, models: Path, tmp_path: Path) -> None:
    source = own_program(builder, models, "--precision", "float16").source
    (source / "strict.toml").write_text(
        '[tool.tf2exe]\nentry = "run_inference.py"\nruntime = "litert"\nprecision = "float16"\n'
        'data = ["model.keras"]\nsamples = ["samples.txt"]\nverify = { difference = 1e-9 }\n',
        encoding="utf-8",
    )
    answer = builder.tf2exe("build", "--config", "strict.toml", *builder.folder_options(tmp_path), cwd=source)
    assert answer.exit_code == 8
    assert b"the output of the converted model (float16) differs from the original" in answer.stderr


@pytest.mark.makes("litert_two_files", seconds=40)
def test_tflite_file_is_bundled_unchanged(builder: Builder, models: Path, tmp_path: Path) -> None:
    """The program also looks in `TF2EXE_CONVERTED`, as for a converted model."""
    files = {name: models / name for name in ("model.tflite", "samples.txt")}
    command = ["--runtime", "litert", "--data", "model.tflite", "--sample", "samples.txt"]
    built = builder.program("litert_two_files", *command, files=files, mode="standalone")
    bundled = built.program.parent / "model.tflite"
    assert bundled.read_bytes() == (models / "model.tflite").read_bytes()
    (tmp_path / "numbers.txt").write_text("4 3 -2 1\n", encoding="ascii")
    theirs = builder.python(str(built.source / "run_inference.py"), "numbers.txt", cwd=tmp_path)
    assert built.run("numbers.txt", cwd=tmp_path) == theirs
    assert theirs.exit_code == 0
    (model,) = json.loads((built.build / "report.json").read_bytes())["models"]["models"]
    assert model["converted"] is False


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            "inverse",
            b"operations that LiteRT does not have: MatrixInverse; replace the layers that need them",
        ),
        (
            "lstm.keras",
            b"operations that LiteRT does not have: TensorListReserve; build the model with `unroll=True`",
        ),
        ("own_layer.keras", b"Keras does not know its class Inverse; give a SavedModel"),
        (
            "damaged.keras",
            b"a .keras file is a zip archive, and this file is not; give a complete model file",
        ),
    ],
)
def test_model_that_litert_cannot_run(
    builder: Builder, models: Path, tmp_path: Path, model: str, said: bytes
) -> None:
    program = CHECKOUT / "tests" / "programs" / "litert_two_files" / "run_inference.py"
    command = ["build", str(program), "--runtime", "litert", "--data", f"{model}={model}", "--dry-run"]
    answer = builder.tf2exe(*command, *builder.folder_options(tmp_path), cwd=models)
    assert answer.exit_code == 8
    assert b"LiteRT cannot run " + model.encode() + b": " in answer.stderr
    assert said in answer.stderr
    assert b"or build with --runtime tensorflow" in answer.stderr


def test_program_that_loads_tensorflow_is_refused(builder: Builder, tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text("import tensorflow\n", encoding="ascii")
    answer = builder.tf2exe(
        "build", "run.py", "--runtime", "litert", "--sample", "", "--dry-run", cwd=tmp_path
    )
    assert answer.exit_code == 2
    assert b"the application loads tensorflow" in answer.stderr
