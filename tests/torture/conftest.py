"""One store for many daemons, beside the fixtures of the integration tests."""
import pytest
from field import Field

pytest_plugins = ["daemon_fixtures"]


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
