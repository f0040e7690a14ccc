"""The OpenAPI document tells the truth: what it allows is served, what it forbids is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

# The document lets any facts and any bytes through: which facts a form knows, the list of forms
# says, and whether a file can be read, only its reader.
_CONFIG = """
# Too large is a refusal as well.
[checks.negative_data_rejection]
expected-statuses = ["400", "403", "404", "405", "413", "415", "422"]

[[operations]]
include-path = "/api/draft"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-path = "/api/facts"
checks.positive_data_acceptance.enabled = false

[[operations]]
include-path = "/api/upload"
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
    if ran.returncode:
        pytest.fail(ran.stdout + ran.stderr, pytrace=False)
