"""Loads the pytest plugins in `tests/support/`."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("executables", "windows_classifier", "windows_session", "launcher_bench")

pytest_plugins = ["scheduling", "skips", "windows_launchers", "windows_toolchain"]
