"""The OpenAPI document tells the truth: what it allows is served, what it forbids is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

# Its schema lets any facts through; which of them a form knows, the list of forms says.
_CONFIG = """
[[operations]]
include-by = "path == '/api/draft'"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-by = "path == '/api/facts'"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-by = "path == '/api/upload'"
checks.positive_data_acceptance.enabled = false
"""


@pytest.mark.slow
def test_schemathesis_finds_nothing(url: str, tmp_path: Path) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG)
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", str(config), "run", f"{url}/openapi.json"),
        *("--max-examples", "15", "--generation-deterministic", "--no-color"),
        *("--request-timeout", "60"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2000:]
