"""The fixtures of the integration tests."""
import importlib.util
import os
import pathlib

import pytest
from field import Field

spec = importlib.util.spec_from_file_location(
    "integration_fixtures", pathlib.Path(os.environ["HX_SOURCE"]) / "tests/integration/conftest.py")
fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixtures)
make_daemon = fixtures.make_daemon


@pytest.fixture
def make_field(tmp_path):
    """make_field(**options) → a Field: one store that lives through many daemons."""
    made = []

    def make(**options):
        f = Field(tmp_path, **options)
        made.append(f)
        return f

    yield make
    for f in made:
        f.end()
