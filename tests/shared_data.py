"""Where data of others lies that tests are held against; it is no part of this repository.

One rule: where it is missing, a test fails in CI, and is left out, with the reason, elsewhere.
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def shared_data(name: str) -> Path:
    """Return a file or folder of the shared data, found by `ENSUE_SHARED` (default: `shared` beside the project)."""
    path = Path(os.environ.get("ENSUE_SHARED") or ROOT.parent / "shared") / "data" / name
    if not path.exists():
        reason = f"{path} is missing; ENSUE_SHARED says where shared data lies"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
