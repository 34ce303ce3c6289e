"""The rewritten modules are run, and compared with what they were."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

from tf2exe import knowledge
from tf2exe.deferral import Place, defer, place_of

PARTS = {
    "pack/__init__.py": "",
    "pack/heavy.py": "__all__ = ['one', 'two']\nSEEN.append('heavy')\none, two, three = 1, 2, 3\n",
    "pack/light.py": "from . import heavy\n__all__ = heavy.__all__\nfour = 4\n",
    "other.py": "SEEN.append('other')\nfive = 5\n",
}
PROBE = """
import builtins, importlib.util, sys
builtins.SEEN = []
sys.path.insert(0, {base!r})
spec = importlib.util.spec_from_file_location("pack.asks", {base!r} + "/pack/asks.py")
module = sys.modules["pack.asks"] = importlib.util.module_from_spec(spec)
exec(compile({code!r}, "asks.py", "exec"), module.__dict__)
SEEN.append("loaded")
{lines}
"""


def run(base: Path, source: str, lines: str, *patterns: str) -> list[str]:
    """What the probe's lines print, with a module `pack.asks` whose imports are deferred."""
    for name, text in PARTS.items():
        (base / name).parent.mkdir(exist_ok=True)
        (base / name).write_text(text, encoding="utf-8")
    tree = defer(source.encode(), Place(base, "pack.asks", is_package=False), patterns)
    assert tree is not None
    probe = PROBE.format(base=str(base), code=ast.unparse(tree), lines=lines)
    done = subprocess.run([sys.executable, "-I", "-c", probe], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_name_is_imported_when_it_is_asked_for(tmp_path: Path) -> None:
    source = "from .heavy import one, three as drei\n"
    assert run(
        tmp_path, source, "print(SEEN[:], module.drei, SEEN, 'drei' in vars(module))", "pack.heavy"
    ) == ["['loaded'] 3 ['loaded', 'heavy'] True"]


def test_functions_find_it_in_the_module(tmp_path: Path) -> None:
    source = (
        "from .heavy import one\n"
        "class Thing:\n"
        "    def method(self):\n"
        "        'says what it does'\n"
        "        return (lambda: [one for _ in (0,)])()\n"
    )
    lines = "print(SEEN[:], module.Thing().method(), module.Thing.method.__doc__)\nmodule.one = 7\n"
    lines += "print(module.Thing().method())"
    assert run(tmp_path, source, lines, "pack.heavy") == ["['loaded'] [1] says what it does", "[7]"]


def test_what_the_modules_code_needs_is_imported_as_ever(tmp_path: Path) -> None:
    source = "from .heavy import one, two\nhalf = two / 2\n"
    assert run(tmp_path, source, "print(SEEN, vars(module).keys() & {'one', 'two'})", "pack.heavy") == [
        "['heavy', 'loaded'] {'two'}"
    ]


@pytest.mark.parametrize(
    "use",
    [
        "one()",
        "def f(a=one): pass",
        "def f(a: one): pass",
        "@one\ndef f(): pass",
        "class A(one): pass",
        "f = lambda: one",
        "def f():\n    global one\n    one = 3",
        "one = 2",
        "def one(): pass",
        "import one",
        "del one",
        "for one in (): pass",
    ],
)
def test_it_stays_where_it_is_needed_or_set(tmp_path: Path, use: str) -> None:
    text = f"from heavy import one\n{use}\n".encode()
    assert defer(text, Place(tmp_path, "asks", is_package=False), ["heavy"]) is None


def test_the_list_of_names_and_missing_ones_are_as_ever(tmp_path: Path) -> None:
    lines = (
        "print(sorted(n for n in dir(module) if n[0] != '_' and n != 'SEEN'), SEEN)\n"
        "try: module.nothing\n"
        "except AttributeError as error: print(error, error.name, error.obj is module)"
    )
    assert run(tmp_path, "from .heavy import one\nmine = 1\n", lines, "pack.heavy") == [
        "['mine', 'one'] ['loaded']",
        "module 'pack.asks' has no attribute 'nothing' nothing True",
    ]


def test_a_modules_own_answers_stay(tmp_path: Path) -> None:
    source = (
        "from .heavy import one\n"
        "def __getattr__(asked):\n    return asked.upper()\n"
        "def __dir__():\n    return [*globals().keys() - {'spec'}, 'extra']\n"
    )
    lines = "print(module.one, module.more, [n for n in dir(module) if n in ('one', 'extra', 'spec')])"
    assert run(tmp_path, source, lines, "pack.heavy") == ["1 MORE ['extra', 'one']"]


def test_lists_of_public_names_are_read_from_the_sources(tmp_path: Path) -> None:
    source = "from . import heavy, light as _light\n__all__ = [*heavy.__all__, *_light.__all__]\n"
    lines = "print(module.__all__, SEEN[:], module.heavy.three, module._light.four)"
    assert run(tmp_path, source, lines, "pack.heavy", "pack.light") == [
        "['one', 'two', 'one', 'two'] ['loaded'] 3 4"
    ]


def test_a_module_of_others_is_there_all_the_same(tmp_path: Path) -> None:
    assert run(tmp_path, "from other import five\n", "print(SEEN, 'other' in sys.modules)", "other") == [
        "['other', 'loaded'] True"
    ]


def test_lines_and_docstring_stay(tmp_path: Path) -> None:
    text = b'"""What it is."""\nfrom __future__ import annotations\nfrom .heavy import (\n    one,\n)\n\n'
    text += b"def f():\n    return one\n"
    tree = defer(text, Place(tmp_path, "pack.asks", is_package=False), ["pack.heavy"])
    assert tree is not None
    names: dict[str, object] = {}
    exec(compile(tree, "asks.py", "exec"), names)  # noqa: S102 - what has just been written here
    function = names["f"]
    assert names["__doc__"] == "What it is."
    assert isinstance(function, FunctionType)
    assert function.__code__.co_firstlineno == 7


COMPARE = """
import importlib, importlib.abc, importlib.util, json, sys
class Rewritten(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name != {name!r} or not {rewritten!r}:
            return None
        found = importlib.util.spec_from_file_location(name, {file!r})
        found.loader.get_code = lambda _: compile(open({rewritten!r}).read(), {file!r}, "exec")
        return found
sys.meta_path.insert(0, Rewritten())
module = importlib.import_module({name!r})
loaded = sorted(sys.modules)
everything = sorted(dir(module))
public = {{}}
exec("from {name} import *", public)
kinds = {{n: [type(v).__name__, getattr(v, "__module__", ""), getattr(v, "__qualname__", "")]
         for n in everything for v in [getattr(module, n)]}}
print(json.dumps({{"loaded": loaded, "gives": [sorted(module.__all__), everything, sorted(public), kinds]}}))
"""


@pytest.mark.promise("parity", "Deferred imports resolve to the same objects as in Python.")
@pytest.mark.parametrize("module", ["numpy", "pathlib"])
def test_real_packages_give_what_they_gave(module: str, tmp_path: Path) -> None:
    """With the rules of the packages: the same names, the same objects behind them."""
    found = importlib.util.find_spec(module)
    assert found is not None
    assert found.origin is not None
    source = Path(found.origin)
    place = place_of(source, source.parents[1 if found.submodule_search_locations else 0])
    (rule,) = (r for p in knowledge.packages() for r in p.deferred if (place.base / r.file) == source)
    text = source.read_text(encoding="utf-8")
    for change in (r for p in knowledge.packages() for r in p.replacements if r.file == rule.file):
        if change.concerns():
            text = text.replace(change.old.strip("\n"), change.new.strip("\n"))
    tree = defer(text.encode(), place, rule.modules)
    assert tree is not None
    rewritten = tmp_path / "rewritten.py"
    rewritten.write_text(ast.unparse(tree), encoding="utf-8")
    answers = []
    for text in ("", str(rewritten)):
        probe = COMPARE.format(name=module, rewritten=text, file=found.origin)
        command = [sys.executable, "-I", "-W", "ignore", "-c", probe]
        answers.append(json.loads(subprocess.check_output(command)))
    plain, deferred = answers
    assert deferred["gives"] == plain["gives"]
    waiting = {name for name in plain["loaded"] if name.startswith(("numpy.lib", "numpy.matrixlib"))}
    assert not waiting & set(deferred["loaded"])
    assert waiting or module != "numpy"
