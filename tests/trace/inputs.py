"""Events of a scenario, as they were sent."""
import json


def read_events(path):
    """The scenario's events by their ids: a line's number when none is given."""
    lines = [json.loads(text) if text.strip() else {} for text in path.read_text(encoding="utf-8").splitlines()]
    return {str(line.get("id", number)): line for number, line in enumerate(lines, 1) if "event" in line}
