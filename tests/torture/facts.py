"""What a test has done, for the report of a long run (campaign.py): numbers by name, one line of JSON each, in the file HX_FACTS."""
import json
import os


def note(**numbers):
    """Also printed, for who watches."""
    print(" ".join(f"{name}={value}" for name, value in numbers.items()), flush=True)
    if path := os.environ.get("HX_FACTS"):
        with open(path, "a", encoding="utf-8") as out:
            out.write(json.dumps(numbers) + "\n")
