"""What `cmake --install` puts in place: every service that is shipped, with its program and its configuration."""
import os
import pathlib
import re
import subprocess

SOURCE, BUILD = pathlib.Path(os.environ["HX_SOURCE"]), pathlib.Path(os.environ["HX_BIN"]).parent


def test_every_service_is_installed_with_its_program_and_its_configuration(tmp_path):
    subprocess.run(["cmake", "--install", str(BUILD)], check=True, capture_output=True, env={**os.environ, "DESTDIR": str(tmp_path)})
    there = {p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()}
    names = {p.name for p in there}
    shipped = sorted((SOURCE / "deploy/systemd").glob("*.service"))
    assert shipped and {p.name for p in shipped} <= names
    for service in shipped:
        (installed,) = tmp_path.rglob(service.name)
        commands = re.findall(r"^ExecStart(?:Pre)?=(\S+) .*--config (\S+)", installed.read_text(), re.M)
        assert commands, service.name
        for path in [path for command in commands for path in command]:
            assert (tmp_path / path.lstrip("/")).is_file(), f"{service.name}: {path}"
    (settings,) = tmp_path.rglob("hongxin.yaml")
    (schema,) = re.findall(r"\$schema=(\S+)", settings.read_text())
    assert (settings.parent / schema).is_file(), schema
    (store,) = re.findall(r"^  path: (\S+)", settings.read_text(), re.M)
    for command in ("check", "doctor", "export"):
        told = subprocess.run([f"{os.environ['HX_BIN']}/hongxin", command, "--help"], capture_output=True, text=True, check=True).stdout
        assert set(re.findall(r"--store (/\S+)", told)) == {store}, command
    (config,) = tmp_path.rglob("kafka.yaml")
    for part in ("in", "out"):
        done = subprocess.run([f"{os.environ['HX_BIN']}/hongxin-kafka", part, "--config", str(config), "--check-config"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_the_manual_of_the_daemon_has_each_of_its_options():
    told = subprocess.run([f"{os.environ['HX_BIN']}/hongxind", "--help"], capture_output=True, text=True, check=True).stdout
    manual = (SOURCE / "docs/man/hongxind.8").read_text().replace("\\-", "-")
    options = set(re.findall(r"--[a-z-]+", told))
    assert options and options == set(re.findall(r"--[a-z-]+", manual))
