"""Which case hongxin means by a label: that of a case which has ended may be given again, even in the same millisecond."""


class Labels:
    def __init__(self, world, facts):
        self.begun = [(t, case) for t, case in world.begun if case.state]
        self.entries = {}  # of each label: in which entries a case of this name begins
        for f in facts:
            if f["fact"] == "STATE" and f.get("case") and not f.get("from"):
                self.entries.setdefault(f["case"], []).append(f["lsn"])

    def case(self, label, t, lsn):
        cases = [case for since, case in self.begun if case.label == label and since <= t]
        begun = sum(at <= lsn for at in self.entries.get(label, ()))
        return next(reversed(cases[:begun] or cases), None)
