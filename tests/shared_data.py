"""Data of others that tests hold Ensue against: it stays outside of the project, and is found by `ENSUE_SHARED`.

One rule: where a folder is named and lacks it, a test fails; where none is there, the test is left out, and says so.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("ENSUE_SHARED") or ROOT.parent / "shared")
"""Where the data is; by default beside the project."""


def shared_data(name: str) -> Path:
    """Return the path of a file or folder under `data`, as in `golden-liquid`."""
    path = SHARED / "data" / name
    if path.exists():
        return path
    missing = f"left out: there is no {path}; ENSUE_SHARED names the folder that has the shared data"
    if os.environ.get("ENSUE_SHARED"):
        pytest.fail(missing)
    pytest.skip(missing)
