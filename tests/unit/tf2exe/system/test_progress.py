from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.system.progress import Stages, Step

if TYPE_CHECKING:
    from collections.abc import Sequence


class Recorder:
    """A listener that keeps what it hears, without seconds."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []

    def on_stages(self, names: Sequence[str]) -> None:
        self.heard.append(("stages", *names))

    def on_begin(self, stage: str) -> None:
        self.heard.append(("begin", stage))

    def on_step(self, step: Step) -> None:
        self.heard.append(("step", step))

    def on_done(self, stage: str, result: object, seconds: float) -> None:
        self.heard.append(("done", stage, result))
        assert seconds >= 0

    def on_failed(self, stage: str, seconds: float) -> None:
        self.heard.append(("failed", stage))
        assert seconds >= 0


def test_a_listener_hears_of_every_stage_in_order() -> None:
    recorder = Recorder()
    stages = Stages(["config", "trace"], recorder)
    with stages.run("config") as stage:
        stages.insert("convert", before="trace")
        stage.set_result(42)
    with stages.run("convert") as stage:
        stage.output("a line")
        stage.byte_counter("pack", beside=True)(3, 7)
        assert list(stages.seconds_so_far("convert")) == ["config", "convert"]
    assert recorder.heard == [
        ("stages", "config", "trace"),
        ("begin", "config"),
        ("stages", "config", "convert", "trace"),
        ("done", "config", 42),
        ("begin", "convert"),
        ("step", Step("output", "a line")),
        ("step", Step("pack", "", 3, 7, beside=True)),
        ("done", "convert", None),
    ]
    assert list(stages.seconds) == ["config", "convert"]


def test_a_stage_that_fails_has_no_seconds() -> None:
    recorder = Recorder()
    stages = Stages(["plan"], recorder)
    with pytest.raises(ValueError, match="no"), stages.run("plan"):
        raise ValueError("no")
    assert recorder.heard[-1] == ("failed", "plan")
    assert stages.seconds == {}


@pytest.mark.parametrize(
    ("step", "is_done"),
    [
        (Step("compile", number=3, total=4), False),
        (Step("compile", number=4, total=4), True),
        (Step("compile"), False),  # the number of files is not known yet
        (Step("trace", "the last sample", 4, 4), False),  # it runs
    ],
)
def test_whether_a_step_is_done(step: Step, is_done: bool) -> None:  # noqa: FBT001 - a parameter
    assert step.is_done is is_done
