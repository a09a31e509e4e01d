"""The fixtures of the integration tests."""
import importlib.util
import os
import pathlib

spec = importlib.util.spec_from_file_location(
    "integration_fixtures", pathlib.Path(os.environ["HX_SOURCE"]) / "tests/integration/conftest.py")
fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixtures)
make_daemon = fixtures.make_daemon
