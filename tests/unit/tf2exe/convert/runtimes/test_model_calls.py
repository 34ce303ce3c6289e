from __future__ import annotations

from pathlib import Path

from tf2exe.convert.runtimes.model_calls import Array, Call, hash_calls, read_calls


def write_call(folder: Path, number: int, numbers: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"call-1-{number:04}.numbers").write_bytes(numbers)
    call = ("/m.tflite", "s", [("x", "<f4", (1, 2)), ("flag", "|b1", ())], [("y", "<i8", (1,))])
    (folder / f"call-1-{number:04}.call").write_text(ascii(call), encoding="ascii")


def test_calls_are_read_in_order_with_the_positions_of_their_tensors(tmp_path: Path) -> None:
    for number in (2, 1):
        write_call(tmp_path, number, bytes(17))
    first, second = read_calls(tmp_path)
    file = str(tmp_path / "call-1-0001.numbers")
    assert first == Call(
        model=Path("/m.tflite"),
        signature="s",
        inputs=(Array("x", "<f4", (1, 2), file, 0), Array("flag", "|b1", (), file, 8)),
        outputs=(Array("y", "<i8", (1,), file, 9),),
    )
    assert second.inputs[0].file == str(tmp_path / "call-1-0002.numbers")


def test_incomplete_records_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "call-1-0001.call.partial").write_text("('/m", encoding="ascii")
    assert read_calls(tmp_path) == ()


def test_the_hash_of_calls_depends_on_their_numbers(tmp_path: Path) -> None:
    for folder, numbers in (("a", bytes(17)), ("b", bytes(17)), ("c", bytes(16) + b"1")):
        write_call(tmp_path / folder, 1, numbers)
    a, b, c = (hash_calls(read_calls(tmp_path / folder)) for folder in "abc")
    assert a == b != c
