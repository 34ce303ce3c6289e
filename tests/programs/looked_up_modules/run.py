"""Prints how its modules were found: attributes that libraries may use."""

import gc
import importlib.machinery
import importlib.util
import inspect
import json.decoder
import os
import pkgutil
import re
import sys
from importlib import metadata, resources

import packaging
import packaging.version

FOLDER = os.path.dirname(os.path.abspath(__file__))


def print_facts(module):
    spec = module.__spec__
    base = os.path.dirname(
        os.path.dirname(os.path.abspath(sys.modules[module.__name__.partition(".")[0]].__file__))
    )
    inside = os.path.relpath(module.__file__, base)
    print(
        spec.name,
        spec.parent,
        spec.has_location,
        inside,
        module.__package__,
        module.__loader__ is spec.loader,
    )
    print([os.path.relpath(place, base) for place in spec.submodule_search_locations or ()])
    print(spec.cached == module.__cached__ == importlib.util.cache_from_source(module.__file__))
    print(isinstance(spec.loader, importlib.machinery.SourceFileLoader), spec.loader.is_package(spec.name))
    print(len(spec.loader.get_source(spec.name)), len(inspect.getsource(module)))
    print(spec.loader.get_code(spec.name).co_filename == module.__file__)


print(sys.path[0] == FOLDER, gc.isenabled(), gc.get_threshold(), gc.get_freeze_count())
for one in (json, json.decoder, packaging, packaging.version):
    print_facts(one)

print(sorted(info.name for info in pkgutil.iter_modules(packaging.__path__)))
print(
    resources.files(packaging).joinpath("py.typed").is_file(),
    pkgutil.get_data("packaging", "py.typed"),
)
print(metadata.distribution("packaging").read_text("METADATA").partition("\n")[0])
print(importlib.util.find_spec("packaging.nothing"), importlib.util.find_spec("no_such_module_at_all"))

first = packaging.version
print(importlib.reload(packaging.version) is first, packaging.version.Version("1.0rc1"))

# Folders at the start of sys.path come first.
here = os.path.join(sys.argv[1], "before")
os.makedirs(os.path.join(here, "wave"), exist_ok=True)
for name, text in {"colorsys.py": "MINE = 1\n", "wave/__init__.py": "", "wave/part.py": "MINE = 2\n"}.items():
    with open(os.path.join(here, name), "w") as out:
        out.write(text)
sys.path.insert(0, here)
import colorsys
import wave.part

print(colorsys.MINE, wave.part.MINE, os.path.relpath(wave.part.__file__, here))
sys.path.remove(here)
import tabnanny

print(os.path.basename(tabnanny.__file__))

# The traceback of an error in a bundled module has the program's line and the module's, and none between.


def refuse(*_):
    raise ValueError("refused")


if len(sys.argv) > 2:
    re.compile = refuse
print(gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), flush=True)
import packaging.utils
