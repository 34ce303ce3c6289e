"""Looks into NumPy, of which an executable loads and checks less when it starts."""

import hashlib
import inspect
import pickle
import sys
import threading
import typing

import numpy as np
import numpy._core.overrides as overrides

print(sorted(dir(np)) == sorted(set(dir(np))), "_typing" in dir(np), len(dir(np)))
if sys.argv[1] == "attribute":
    found = []
    ask = threading.Barrier(4)

    def look():
        ask.wait()
        found.append(np._typing.NDArray)

    threads = [threading.Thread(target=look) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(len(set(map(id, found))), found[0])
elif sys.argv[1] == "from":
    from numpy import _typing

    print(_typing.ArrayLike)
else:
    import numpy._typing
    import numpy.typing as npt

    print(npt.NDArray[np.float32], hasattr(np, "_typing"), numpy._typing is np._typing)

result = np.linalg.eig(np.array([[2.0, 0.0], [0.0, 3.0]]))
print(result, type(result).__annotations__, typing.get_type_hints(type(result)))
print(pickle.loads(pickle.dumps(result)).eigenvalues)
print(type(result).__annotations__["eigenvalues"] == np._typing.NDArray[typing.Any])
print(np.linalg.matrix_power(np.eye(2), 3), np.roots([1, -3, 2]), np.matrix("1 2; 3 4") ** 2)

texts = [np, np.ndarray, np.dtype, np.generic, np.linalg, np.ufunc, np.add, np.concatenate]
documented = [
    f"{name} {getattr(one, name, one).__doc__}" for one in texts for name in dir(one) if name != "__loader__"
]
print(len(documented), hashlib.sha256("\n".join(sorted(documented)).encode()).hexdigest())
print([str(inspect.signature(f)) for f in (np.concatenate, np.where, np.dot, np.empty_like, np.zeros)])


def dispatcher(a, b=None):
    return (a,)


def other_names(x, b=None):
    return x


try:
    overrides.array_function_dispatch(dispatcher)(other_names)
except RuntimeError as error:
    print(str(error).partition("<")[0])
print(overrides.array_function_dispatch(dispatcher)(lambda a, b=None: a)(5))

try:
    np.no_such_thing
except AttributeError as error:
    print(error)
if sys.argv[2:]:
    np.linalg.inv(np.zeros((2, 2)))
