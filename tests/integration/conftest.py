"""The fixtures stand in a module of their own, because tests/browser uses them too."""
pytest_plugins = ["command_fixtures", "daemon_fixtures", "kiosk_fixtures"]
