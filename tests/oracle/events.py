"""All events of life-cycle.md 3.4 and all clocks whose end acts: the modules that fill the table, and what others need of them."""
import callback  # noqa: F401
import classes  # noqa: F401
import orders  # noqa: F401
import pauses  # noqa: F401
import plans  # noqa: F401
import receipt  # noqa: F401
import returns
import together  # noqa: F401
import work  # noqa: F401
from expiry import EXPIRIES  # noqa: F401
from table import HANDLERS  # noqa: F401

change_holder = returns.change_holder
LOOK_BACK = ("ARRIVED", "WORK_STARTED", "PROGRESS", "RESOLVED")  # may tell of a cycle that is over: judged in work.py, callback.py
