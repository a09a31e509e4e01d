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
        begun = sum(lsn is None or at <= lsn for at in self.entries.get(label, ()))
        return next(reversed(cases[:begun] or cases), None)

    def shown(self, case, label, t, lsn):
        """How hongxin names it then: by its number once its label is another one's."""
        cases = [case for _, case in self.begun]
        mine = self.case(label, t, lsn) is case or case not in cases
        return label if mine else f"CL-{cases.index(case) + 1}"
