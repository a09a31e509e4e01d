"""Runs a scenario of `hongxin simulate` through the rules: lines in order of time, outages, jumps of the clock, new versions."""
import json
import pathlib

import city
import events
import promise
import times
from anew import tell_anew
from calendars import Holidays
from world import FAR, Event, World


class Run:
    def __init__(self, folder, path, shipped):
        self.path = pathlib.Path(path)
        self.world = World(folder)
        self.shipped = pathlib.Path(shipped)
        own = pathlib.Path(folder) / "life-cycles" / "complaint.yaml"
        if own.read_bytes() != self.life_cycle().read_bytes():
            self.world.policy.lay_over(own, self.life_cycle())
        self.offset = 0      # wall clock minus real time
        self.away = False
        self.waiting = []

    def life_cycle(self):
        return self.shipped / "life-cycles" / "complaint.yaml"

    def lines(self):
        out = []
        for number, text in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            if not text.strip():
                continue
            line = json.loads(text)
            if "suspend_ms" in line:  # both clocks jump: an outage (corner 16)
                at = times.parse(line["at"])
                out += [(at, number, {"down": 1}), (at + line["suspend_ms"], number, {"up": 1})]
                continue
            for key in ("rcv", "at", "end"):
                if key in line:
                    out.append((times.parse(line[key]), number, line))
            if "down" in line:
                out.append((times.parse(line["down"]), number, {"down": 1}))
            if "up" in line:
                out.append((times.parse(line["up"]), number, {"up": 1}))
        out.sort(key=lambda x: (x[0], 1 if "end" in x[2] else 0, x[1]))
        self.resent(out)
        end = next((i for i, (_, _, line) in enumerate(out) if "end" in line), len(out))
        return out[:end + 1]  # what comes later is not read

    @staticmethod
    def resent(lines):
        """A line that says the same as an earlier one, apart from `rcv`, is that message once more (corner 8)."""
        first = {}
        for _, number, line in lines:
            if "event" not in line:
                continue
            same = json.dumps({k: v for k, v in line.items() if k != "rcv"} | {"id": str(line.get("id", number))}, sort_keys=True)
            sent = first.setdefault(same, line["rcv"])
            line.update({key: sent for key in ("occ", "src") if key not in line})

    def replacements(self, begin, end):
        """When estates get another company: that too happens at an instant (corner 22)."""
        for key, rows in self.world.city.tables["estates"].rows.items():
            for row in rows:
                if row["since"] and begin < row["since"] <= end:
                    yield row["since"], key, row["company"]

    def play(self):
        lines = self.lines()
        last = next((t for t, _, line in lines if "end" in line), None)
        changes = sorted(self.replacements(lines[0][0], last or lines[-1][0] + 30 * times.DAY))
        for real, number, line in lines:
            now = real + self.offset
            while changes and not self.away and (changes[0][0] < now or changes[0][0] == now and "end" in line):  # facts first, in its millisecond, too (R4)
                when, estate, company = changes.pop(0)
                if when < self.world.drain_until:  # we were down at that instant: when all is read
                    when = self.world.drain_until
                    changes.append((when, estate, company))
                    continue
                self.replace(when, estate, company)
            self.line(real, number, line)
        if last is None:
            self.world.advance(lines[-1][0] + 30 * times.DAY, inclusive=True)
        return self.world.facts

    def line(self, real, number, line):
        w, wall = self.world, real + self.offset
        if self.away and "step_ms" in line:  # nobody sees it
            self.offset += line["step_ms"]
            return None
        if self.away and "endpoint" not in line and "up" not in line:
            return self.waiting.append((number, line, self.offset))
        if "end" in line:
            return w.advance(wall, inclusive=True)
        if not self.away:
            w.advance(wall, before_event="event" in line or "down" in line)
        if "event" in line:
            return self.event(line, number, self.offset)
        if "down" in line:
            self.away, self.since = True, wall
        elif "up" in line:
            self.up(self.since, wall)
        elif "endpoint" in line:  # also while we are away: whoever is connected when we are back
            if line["endpoint"] == "*" and line["state"] != "down" and "*" in w.down_endpoints:
                w.somebody_since = wall
            (w.down_endpoints.add if line["state"] == "down" else w.down_endpoints.discard)(line["endpoint"])
        elif "step_ms" in line:
            self.step(wall, line["step_ms"])
        elif "apply" in line:
            self.apply(line)
        return None

    def event(self, line, number, offset, read=None):
        """`read`: what lay at the door while we were away is received when we read it (R1)."""
        e = Event(line, number)
        e.rcv = e.rcv + offset if read is None else max(e.rcv + offset, read)
        self.world.receive(e)

    def up(self, since, now):
        """What was sent meanwhile is read, in the order of its sending; deadlines are judged when that is over (corner 17)."""
        w = self.world
        self.away = False
        w.now = max(w.now, now)
        goes_on = w.outage and since < w.drain_until  # nothing of the last one was judged yet
        w.outage, w.drain_until = (w.outage[0] if goes_on else since, now), now + promise.DRAIN
        waiting, self.waiting = self.waiting, []
        for number, line, offset in waiting:  # as the clock was when it was sent
            if "event" in line:
                self.event(line, number, offset, read=now)
            else:
                self.line(times.parse(line["at"]), number, line)
        for case in list(w.cases.values()):
            w.deliver_again(case, now)

    def step(self, wall, by):
        """A jump forward puts the deadlines inside it in doubt for a minute; a jump back takes a doubt away (corners 14, 15)."""
        w = self.world
        if by > 0 and w.jump and wall == w.doubt_until:  # the minute of the last one is over
            w.advance(wall, inclusive=True)
        self.offset += by
        if wall < w.drain_until:  # the seconds in which all is read are real ones
            w.drain_until += by
        if by > 0:
            w.now = max(w.now, wall + by)
            w.jump, w.doubt_until = (wall, wall + by), wall + by + promise.DOUBT
        elif w.jump and wall <= w.doubt_until:  # the jump forward was wrong: what was read meanwhile is as if it had not been
            w.jump, w.doubt_until = None, -FAR
        else:
            w.not_before = w.now  # until real time has passed it, nothing is earlier

    def replace(self, when, estate, company):
        w = self.world
        w.advance(when)
        w.read_at = -FAR
        for case in list(w.cases.values()):
            if case.place and case.place.estate == estate and company and company != case.place.company:
                old, case.place.company = case.place.company or case.place.community, company  # none: the community held (S38)
                if case.holder == old and case.state in ("RESOLVED", *promise.ENDED_OK):
                    case.next_holder = company
                elif case.open() and case.holder == old and w.city.route(case.place, when, case.klass, case.category, case.source) == company:
                    events.change_holder(case, company, when, "HOLDER_CHANGED")

    def apply(self, line):
        """A new version: new clocks take it; open ones only when it is said, and never get an earlier deadline without a floor (corner 23)."""
        w = self.world
        path = next(p for p in (self.path.parent / line["apply"], pathlib.Path(w.folder) / line["apply"]) if p.exists())
        if path.suffix == ".csv":
            return self.apply_city(path, line.get("open"))
        if path.suffix == ".ics":
            w.policy.new_table(Holidays.read(path), line.get("open"))
        else:
            w.policy.lay_over(path, self.life_cycle())
        if not line.get("open"):
            return
        w.advance(w.now, inclusive=True)  # what is due by now is judged by the version before
        for case in w.cases.values():
            for c in case.clocks:
                if c.running() and c.deadline() is not None and c.date is None and case.open():
                    self.move_open(case, c, path.suffix == ".ics")

    def apply_city(self, path, open_too):
        """New files of the city: open cases that its table gave to their holder go to the one that it names now, when it is said."""
        w, before = self.world, self.world.city
        w.city, w.city_version = before.with_file(path), w.city_version + 1
        for case in list(w.cases.values()) if open_too else []:
            old, new = (c.route(case.place, w.now, case.klass, case.category, case.source) for c in (before, w.city))
            if case.state in ("DISPATCHED", *promise.HOLDING) and case.holder == old != new:  # what is solved waits for its call-back, and for nobody else
                events.change_holder(case, new, w.now, "HOLDER_CHANGED")

    def move_open(self, case, c, only_days):
        w, before = self.world, c.deadline()
        c.waking = None  # the city's quiet hours are those of the new version, too
        old = (c.budget, c.calendar, c.floor, c.floor_from)
        if only_days:  # the rules stay those of its start (R14)
            c.calendar = w.policy.kept(c.calendar, c.calendar)
        else:
            budget, kind = w.policy.budget(c.name, case.klass)
            c.budget, c.calendar = w.policy.later(c.name, case.klass, budget) if case.cycle > 1 or c.again else budget, w.policy.calendar(kind)
        if c.deadline() < min(before, w.now + c.budget // 4):
            c.floor, c.floor_from = min(before, w.now + c.budget // 4), w.now
        if c.deadline() != before:
            c.numbers = c.numbers if only_days else (w.policy.budgets, w.policy.laters)
            if c.judged == before and c.deadline() <= w.now:  # broken either way, and once
                c.judged, c.broken = c.deadline(), None
            tell_anew(c, w.now, w.now)
            case.move(c)
        else:
            c.budget, c.calendar, c.floor, c.floor_from = old  # nothing moved: it stays as it was


def run(folder, path, shipped, carried=()):
    """The run when it is over: its facts are those of its world."""
    done = Run(folder, path, shipped)
    done.world.carried = list(carried)
    done.play()
    return done


ZONE = city.ZONE
