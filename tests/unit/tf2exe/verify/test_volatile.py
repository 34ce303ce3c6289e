from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.knowledge.volatile_rules import VolatileRule, read_volatile_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.samples.runner import RunResult
    from tf2exe.verify.compare import Comparison

    MakeResult = Callable[..., RunResult]
    Compare = Callable[..., Comparison]


def test_a_time_is_masked_if_python_differs_from_itself(compare: Compare, answer: MakeResult) -> None:
    comparison = compare([answer("took 12 ms\n"), answer("took 13 ms\n")], answer("took 99 ms\n"))
    assert comparison.same
    assert comparison.masked == ("duration",)


@pytest.mark.promise("parity", "A run-to-run difference is masked by the narrowest rule that explains it.")
def test_other_text_on_the_line_is_compared(compare: Compare, answer: MakeResult) -> None:
    python = [answer("image 1/2: tabby 0.93 in 12 ms\n"), answer("image 1/2: tabby 0.93 in 13 ms\n")]
    assert compare(python, answer("image 1/2: tabby 0.93 in 14 ms\n")).same
    for wrong in ("image 1/2: tiger 0.93 in 12 ms\n", "image 1/2: tabby 0.92 in 12 ms\n", "in 12 ms\n"):
        assert not compare(python, answer(wrong)).same, wrong


@pytest.mark.promise("parity", "A run-to-run difference is masked by the narrowest rule that explains it.")
def test_the_narrowest_rules_are_applied(compare: Compare, answer: MakeResult) -> None:
    python = [
        answer("1/2 tabby 12ms 80 it/s at 0x7f0000001000\n"),
        answer("1/2 tabby 13ms 70 it/s at 0x7f0000002000\n"),
    ]
    comparison = compare(python, answer("1/2 tabby 14ms 60 it/s at 0x7f0000003000\n"))
    assert comparison.masked == ("address", "duration", "rate")
    assert not compare(python, answer("1/2 tiger 14ms 60 it/s at 0x7f0000003000\n")).same


def test_addresses_of_native_libraries_on_windows(compare: Compare, answer: MakeResult) -> None:
    first, second, third = (f"ptr=00007FD5596146{n}0, name=CPU\n" for n in (1, 2, 3))
    comparison = compare([answer(first), answer(second)], answer(third))
    assert (comparison.same, comparison.masked) == (True, ("address",))
    assert not compare([answer(first), answer(second)], answer(third.replace("CPU", "GPU"))).same


@pytest.mark.parametrize("value", ["0.{}", "{}", "-{}e-05", "{}L"])
def test_a_number_of_sixteen_digits_is_not_an_address(
    compare: Compare, answer: MakeResult, value: str
) -> None:
    first, second, third = (
        answer(f"value {value.format(digits)}\n")
        for digits in ("2123905724316566", "9402351178230517", "7713205594028316")
    )
    comparison = compare([first, second], third, run_again=lambda: second)
    assert (comparison.same, comparison.masked) == (False, ())


@pytest.mark.promise("parity", "Text that Python prints alike in every run is not masked.")
def test_a_time_that_is_equal_in_all_python_runs_is_compared(compare: Compare, answer: MakeResult) -> None:
    runs = 0

    def again() -> RunResult:
        nonlocal runs
        runs += 1
        return answer("exposure 5 s\n")

    comparison = compare([answer("exposure 5 s\n")] * 2, answer("exposure 6 s\n"), run_again=again)
    assert not comparison.same
    assert runs == 2
    assert comparison.masked == ()


def test_a_further_python_run_may_show_a_difference(compare: Compare, answer: MakeResult) -> None:
    comparison = compare([answer("1 s\n")] * 2, answer("2 s\n"), run_again=lambda: answer("3 s\n"))
    assert comparison.same
    assert comparison.masked == ("duration",)


def test_rules_apply_to_one_stream_only(compare: Compare, answer: MakeResult) -> None:
    python = [answer("5 s\n", "1 s\n"), answer("5 s\n", "2 s\n")]
    comparison = compare(python, answer("6 s\n", "3 s\n"), run_again=lambda: answer("5 s\n", "4 s\n"))
    assert comparison.difference is not None
    assert comparison.difference.where == "stdout"


def test_a_rule_of_the_user(compare: Compare, answer: MakeResult) -> None:
    own = VolatileRule("mask 'run \\w+'", r"run \w+", "<masked>", "the application's settings")
    rules = (own, *read_volatile_rules())
    python = [answer("run ab12\nx\n"), answer("run cd34\nx\n")]
    comparison = compare(python, answer("run ef56\nx\n"), rules=rules)
    assert (comparison.same, comparison.masked) == (True, ("mask 'run \\w+'",))
    assert not compare(python, answer("run ef56\ny\n"), rules=rules).same


def bars(*shown: tuple[int, str], metrics: str = "", dynamic: bool = True) -> str:
    """The output of Keras 3 for ten steps: each bar over the last one, or below it (Windows, no terminal)."""
    text, width = "", 0
    for step, time in shown:
        done = 2 * step
        text += "\b" * width + "\r" if dynamic else "\n"
        bar = f"\x1b[1m{step:2d}/10\x1b[0m \x1b[32m{'━' * done}\x1b[0m\x1b[37m{'━' * (20 - done)}\x1b[0m "
        bar += f"\x1b[1m{time}{metrics if step == 10 else metrics.replace('3', '7')}"
        text += bar + " " * max(0, width - len(bar))
        width = len(bar)
    return text + "\n"


def once(time: str = "1s\x1b[0m 119ms/step", *, metrics: str = "", dynamic: bool = True) -> str:
    return bars((10, time), metrics=metrics, dynamic=dynamic)


def thrice(*, metrics: str = "", dynamic: bool = True) -> str:
    shown = ((1, "1:09\x1b[0m 8s/step"), (7, "0s\x1b[0m 98ms/step"), (10, "1s\x1b[0m 9ms/step"))
    return bars(*shown, metrics=metrics, dynamic=dynamic)


def twice(*, metrics: str = "", dynamic: bool = True) -> str:
    shown = ((4, "3s\x1b[0m 1s/step"), (10, "2s\x1b[0m 120ms/step"))
    return bars(*shown, metrics=metrics, dynamic=dynamic)


METRICS = " - accuracy: 0.9300 - loss: 0.1230"


def test_progress_bars_with_different_times(compare: Compare, answer: MakeResult) -> None:
    other = once("1s\x1b[0m 87ms/step")
    comparison = compare([answer(f"a\n{once()}b\n"), answer(f"a\n{other}b\n")], answer(f"a\n{other}b\n"))
    assert comparison.same
    assert comparison.masked == ("duration",)


@pytest.mark.parametrize("metrics", ["", METRICS])
@pytest.mark.parametrize("dynamic", [True, False])
@pytest.mark.parametrize("before", ["", "a\n", "a"])
def test_progress_bars_drawn_more_or_less_often(
    compare: Compare, answer: MakeResult, metrics: str, *, dynamic: bool, before: str
) -> None:
    made = [make(metrics=metrics, dynamic=dynamic) for make in (once, twice, thrice)]
    for left, right, ours in ((0, 2, 1), (2, 1, 0), (0, 1, 2)):
        python = [answer(f"{before}{made[left]}b\n"), answer(f"{before}{made[right]}b\n")]
        comparison = compare(python, answer(f"{before}{made[ours]}b\n"))
        assert comparison.same, comparison.difference
        assert "keras-progress-bar" in comparison.masked


@pytest.mark.parametrize("dynamic", [True, False])
def test_text_around_progress_bars_is_compared(
    compare: Compare, answer: MakeResult, *, dynamic: bool
) -> None:
    bar = once(dynamic=dynamic)
    python = [answer(f"top\n{bar}tabby 0.9\n"), answer(f"top\n{thrice(dynamic=dynamic)}tabby 0.9\n")]
    for wrong in (
        f"top\n{bar}tabby 0.8\n",
        f"tap\n{bar}tabby 0.9\n",
        f"top\n{bar}{bar}tabby 0.9\n",
        f"top\n{bar.replace('10/10', '20/20')}tabby 0.9\n",
        "top\ntabby 0.9\n",
        f"top\n{bar}",
    ):
        assert not compare(python, answer(wrong)).same, wrong


@pytest.mark.promise("parity", "Steps and metrics of a progress bar are compared.")
@pytest.mark.parametrize("dynamic", [True, False])
def test_final_metrics_of_a_progress_bar_are_compared(
    compare: Compare, answer: MakeResult, *, dynamic: bool
) -> None:
    python = [answer(make(metrics=METRICS, dynamic=dynamic)) for make in (once, thrice)]
    assert compare(python, answer(twice(metrics=METRICS, dynamic=dynamic))).same
    wrong = METRICS.replace("0.9300", "0.9200")
    assert not compare(python, answer(twice(metrics=wrong, dynamic=dynamic))).same


STEP = "\x1b[1m{}/{}\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m{}\x1b[0m {}/step{}\n"


@pytest.mark.promise("parity", "Steps and metrics of a progress bar are compared.")
@pytest.mark.parametrize("python", [("480ms", "480ms"), ("480ms", "512ms")])
def test_a_progress_bar_of_a_slow_executable(
    compare: Compare, answer: MakeResult, python: tuple[str, str]
) -> None:
    def shown(
        elapsed: str, each: str, *, steps: int = 1, metrics: str = "", tail: str = "tabby\n"
    ) -> RunResult:
        return answer(STEP.format(steps, steps, elapsed, each, metrics) + tail)

    runs = [shown("0s", each) for each in python]
    comparison = compare(runs, shown("1s", "1s"))
    assert (comparison.same, comparison.masked) == (True, ("keras-progress-bar",))
    for wrong in (
        shown("1s", "1s", steps=2),
        shown("1s", "1s", metrics=" - loss: 0.1230"),
        shown("1s", "1s", tail="tiger\n"),
        shown("1s", "1s", tail="1s\n"),
        answer("tabby\n"),
    ):
        comparison = compare(runs, wrong, run_again=lambda: runs[0])
        assert not comparison.same
        assert comparison.difference is not None
        assert not comparison.unstable


def test_a_progress_bar_that_only_the_executable_draws_often(compare: Compare, answer: MakeResult) -> None:
    runs = [answer(once(metrics=METRICS)), answer(once(metrics=METRICS))]
    comparison = compare(runs, answer(thrice(metrics=METRICS)))
    assert (comparison.same, comparison.masked) == (True, ("keras-progress-bar",))
    wrong = METRICS.replace("0.1230", "0.1231")
    assert not compare(runs, answer(thrice(metrics=wrong))).same


def test_a_rule_with_always_does_not_justify_another_rule(compare: Compare, answer: MakeResult) -> None:
    runs = [answer(f"{once()}took 5 s\n")] * 2
    comparison = compare(runs, answer(f"{thrice()}took 6 s\n"), run_again=lambda: runs[0])
    assert not comparison.same
    shown = compare(runs, answer(f"{thrice()}took 6 s\n"), run_again=lambda: answer(f"{once()}took 7 s\n"))
    assert shown.masked == ("duration", "keras-progress-bar")


def test_log_lines_of_tensorflow(compare: Compare, answer: MakeResult) -> None:
    def line(time: str, thread: int, text: str = "oneDNN is on") -> str:
        return f"I0000 00:00:{time}   {thread} port.cc:153] {text}\n"

    python = [answer("", line("1700000000.123456", 11)), answer("", line("1700000001.654321", 12))]
    assert compare(python, answer("", line("1700000002.000001", 13))).same
    assert not compare(python, answer("", line("1700000002.000001", 13, "oneDNN is off"))).same
