"""What a notice tells its receiver (3.3): in both languages the case, the clock, its deadline, what is missing, who holds it, who was told
before, and the one thing that is expected now. The words are the city's (texts/notices.yaml, titles of the life cycle); which of them
must stand there follows from the facts of the rules."""
import functools
import pathlib

import labels
import promise
import times
import yaml

LANGUAGES = ("zh", "en")
ALARMS = ("REMINDER", "WARNING", "BREACH")
ENDS = ("ALL_CLEAR", "CORRECTION")


class Words:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
        texts = yaml.load((folder / "texts" / "notices.yaml").read_text(encoding="utf-8"), loader)
        cycle = yaml.load((folder / "life-cycles" / "complaint.yaml").read_text(encoding="utf-8"), loader)
        self.clocks = {c["name"]: c for c in cycle["clocks"]}
        self.awaits = {a["event"]: a for a in texts["awaits"]}
        drill = next(p for p in texts["parts"] if p["part"] == "drill")
        self.drill = {language: drill[language].partition("{}")[0] for language in LANGUAGES}

    def missing(self, clock, language):
        """Of a clock: what has not come, and what is expected now."""
        a = self.awaits.get(promise.AWAITED.get(clock))
        return [a[language], a["expects-" + language]] if a else []


@functools.lru_cache(maxsize=4)
def words_of(folder):
    return Words(folder)


class Known:
    """What the rules say was true at each moment: deadlines, and who was told of which clock."""

    def __init__(self, run, facts):
        self.world, self.at = run.world, 0
        self.labels = labels.Labels(run.world, facts)
        self.zone_changes = any(line.get("apply", "").endswith(".yaml") for _, _, line in run.lines())
        self.due, self.told, self.units, self.named, self.back = {}, {}, {}, {}, {}
        self.set = {}  # (case, clock) -> when hongxin said last that it was

    def until(self, t):
        """Facts up to this moment; those of the moment itself, too: a notice says what is true then."""
        facts = self.world.facts
        while self.at < len(facts) and facts[self.at]["t"] <= t:
            f = facts[self.at]
            key = f["case"], f.get("clock")
            if f["fact"] == "STATE" and f["before"] == "MERGED":
                self.back[f["case"]] = f["t"]
            if f["fact"] == "CLOCK":
                dues = self.due.setdefault(key, [])
                anew = f["change"] == "RESUME" and self.back.get(f["case"]) == f["t"] and dues and dues[-1][1] != f["deadline"]
                dues.append((f["t"], f["deadline"]))
                if f["change"] in ("START", "MOVE") or anew:
                    self.told[key] = []
                if f["change"] == "START":
                    self.units[key] = self.units.get(key, 0) + 1
            elif f["fact"] == "LEVEL":
                self.told.setdefault(key, []).append((f["t"], f["to"] or ()))
            self.at += 1

    def deadline(self, key, f, language):
        """What it is due then. In the millisecond in which it is set it is one of those set, or what it was before as long as nothing is set."""
        dues = self.due.get(key, ())
        then = [due for t, due in dues if t == f["t"]]
        if not then or self.set.get(key) != f["t"]:
            then = [due for t, due in dues if t < f["t"]][-1:] + then
        shown = [times.local(due, self.world.policy.zone).strftime("%Y-%m-%d %H:%M:%S") for due in then if due is not None]
        return next((due for due in shown if due in f[language]), shown[-1] if shown else None)

    def before(self, key, t, to):
        """Whoever heard of it since it began, or was moved: they must know of each other."""
        return {who.partition(" by ")[0] for when, those in self.told.get(key, ()) if when < t for who in those} - {to}

    def holder(self, case, f, language):
        """Who has it. In the millisecond in which that changes it is whom the entry names, and all of the entry the same one;
        of what nobody had before, it may say that nobody has it."""
        then = [who for since, who in case.holders if since == f["t"]]
        before = next((who for since, who in reversed(case.holders) if since < f["t"]), None)
        if not then:
            return before or ""
        those = [*reversed(then), before]
        unsaid = "" if before == "" and not f.get("holder") else then[-1]
        named = next((who for who in those if who and who in f[language]), unsaid)
        if f.get("holder") and f["holder"] in those:  # a text may speak of another one, too: by whom it was changed
            named = f["holder"]
        return self.named.setdefault(f["lsn"], named)


def parts(f, case, known, words, language):
    """What must stand in the text of this notice."""
    if not case.positioned:  # which building is near, and so whose it is, is not known here
        yield known.holder(case, f, language)
    clock = f.get("clock")
    if not clock or f["kind"] == "CASE":
        return
    key = f["case"], clock
    yield words.clocks[clock][language]
    due = known.deadline(key, f, language)
    alone = known.units.get(key) == 1  # of several units that assist each has its own
    if due is not None and alone and not known.zone_changes and f["kind"] in ALARMS:
        yield due
    if f["kind"] not in ALARMS:
        return
    yield f["level"]
    yield from words.missing(clock, language)
    if alone and not f.get("why", "").startswith(("could not be delivered", "nobody on duty")):
        yield from known.before(key, f["t"], f["to"])


def faults(run, facts, folder):
    """Every notice whose text leaves something out, or does not say that it is a drill."""
    words, known, numbers = words_of(str(folder)), Known(run, facts), {}
    for f in facts:
        known.until(f["t"])
        if f["fact"] == "REPLY" and f.get("number") and f["result"] == "ACCEPTED":
            numbers[f.get("case")] = f["number"]
        if f["fact"] == "CLOCK":
            known.set[f["case"], f["clock"]] = f["t"]
        if f["fact"] != "NOTICE" or not f.get("case") or f["kind"] == "DIGEST":
            continue
        case = known.labels.case(f["case"], f["t"], f["lsn"])
        for language in LANGUAGES if case else ():
            text = f[language]
            wanted = [numbers.get(f["case"], "CL-"), *parts(f, case, known, words, language)]
            for part in wanted:
                if part not in text:
                    yield f"{language}: {f['kind']} {f.get('clock', '')} {f.get('level', '')} to {f['to']} at {times.show(f['t'])} does not say {part!r}: {text}"
            if text.startswith(words.drill[language]) != case.drill:
                yield f"{language}: it is {'a' if case.drill else 'no'} drill: {text}"
