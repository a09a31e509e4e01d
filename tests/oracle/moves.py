"""What happens around a life, beside its events: new versions, imports, messages that come twice or in another order, silences of an area."""
from times import DAY, HOUR, MINUTE, SECOND

# New versions of the files, made from those of the configuration (tests/trace/variants.py): each once, in the order of its numbers.
VERSIONS = {
    "shorter.yaml": ("life-cycles/complaint.yaml", [("version: 1", "version: 2"), ("{class: SMALL, ms: 40min, later: 20min}", "{class: SMALL, ms: 30min, later: 20min}")]),
    "longer.yaml": ("life-cycles/complaint.yaml", [("version: 1", "version: 3"), ("{class: SMALL, ms: 40min, later: 20min}", "{class: SMALL, ms: 60min, later: 25min}"),
                                                   ("{class: COMPLEX, ms: 48h, later: 24h}", "{class: COMPLEX, ms: 36h, later: 24h}")]),
    "china-2.ics": ("calendars/china.ics", [("X-HONGXIN-VERSION:1", "X-HONGXIN-VERSION:2"),
                                            ("BEGIN:VEVENT\nUID:20261010-work@china.hongxin",
                                             "BEGIN:VEVENT\nUID:20261014-off@china.hongxin\nDTSTART;VALUE=DATE:20261014\nCATEGORIES:HOLIDAY\n"
                                             "X-HONGXIN-NOTICE:a later notice\nEND:VEVENT\nBEGIN:VEVENT\nUID:20261010-work@china.hongxin")]),
    "routing.csv": ("city/routing.csv", [("R-99,*,*,*,*,*,@place,,", "R-50,C-03,SMALL,*,*,*,U-9,,\nR-99,*,*,*,*,*,@place,,")]),
    "duty.csv": ("city/duty.csv", [("duty,P-07,1,li,李楠凯,Li Nankai,,", "duty,P-07,2,li,李楠凯,Li Nankai,,"),
                                   ("duty,P-07,2,jiangping,蒋萍,Jiang Ping,,", "duty,P-07,1,jiangping,蒋萍,Jiang Ping,,")]),
}
AREAS = [{"place": "C-03"}, {"place": "G-041"}, {"place": "S-02"}, {"place": "B-0417"}, {"holder": "P-07"}, {"place": "C-04"}]
PASTS = [["HELD"], ["HELD", "ARRIVED"], ["HELD", "ARRIVED", "WORK_STARTED"], ["HELD", "ARRIVED", "WORK_STARTED", "PAUSED"], ["HELD", "ARRIVED", "WORK_STARTED", "RESOLVED"],
         ["HELD", "ARRIVED", "RESOLVED", "CALLBACK_OK"], ["HELD", "RETURN_REQUESTED"], ["HOLDER_CHANGED", "HELD", "ARRIVED"], ["ARRIVED"], ["HELD", "HELD"]]


def recipe(lines):
    """The text of the .variants file for the versions that these lines apply; None = there are none."""
    used = [line["apply"] for line in lines if "apply" in line]
    out = []
    for name in dict.fromkeys(used):
        source, changes = VERSIONS[name]
        out.append(f"= {name} < {source}")
        for old, new in changes:
            out += ["- " + text for text in old.split("\n")] + ["+ " + text for text in new.split("\n")]
    return "\n".join(out) + "\n" if out else None


def apply(life):
    """Another version comes into force, for open cases too in half of the lives. False: there is none left."""
    left = [name for name in VERSIONS if name not in life.applied and not (name == "shorter.yaml" and "longer.yaml" in life.applied)]
    if not left:
        return False
    name = life.one(left)
    life.applied.add(name)
    more = {"open": True, "by": ["operator/a", "city/b"], "why": "x"} if life.often(.5) else {}
    life.lines.append({"at": life.now(), "apply": name, **more})
    return True


def past(life):
    """What another system tells of a case: its events, each at its own time, up to now."""
    names = life.one(PASTS)
    t = life.t - life.one([HOUR, 3 * HOUR, DAY, 3 * DAY])
    history = []
    data = {"RESOLVED": {"evidence": ["photo", "signature"]}, "PAUSED": {"reason": "PARTS", "order": "o"}, "RETURN_REQUESTED": {"reason": "DUTY"},
            "HOLDER_CHANGED": {"holder": life.one(["P-07", "P-11"])}, "CALLBACK_OK": {"rating": 5}}
    begun = t
    for name in names:
        t = min(life.t, t + life.one([0, SECOND, 30 * SECOND, MINUTE, 5 * MINUTE + 1, 20 * MINUTE, 40 * MINUTE, HOUR]))
        by = {"CALLBACK_OK": "callback/ma", "HOLDER_CHANGED": "dispatcher:C-03/wu"}.get(name, "holder:P-07/li")
        history.append({"type": name, "t_occ": life.instant(t), "by": by, **({"data": data[name]} if name in data else {})})
    return begun, {"history": history}


def again(life):
    """A message comes once more: as it was, later than it was sent, with another content, or under the number of another one."""
    sent = [line for line in life.lines if "event" in line]
    line = dict(life.one(sent))
    line["rcv"] = life.now()
    if life.often(.25):
        line["data"] = {**line.get("data", {}), "text": "y"}
    life.lines.append(line)


def overtaken(life):
    """The message before the last one is read only now: what it tells of, and when it was sent, stays as it was."""
    sent = [line for line in life.lines if "event" in line][-2:]
    if len(sent) < 2 or sent[0]["event"] == "REPORTED":
        return
    for key in ("occ", "src"):
        sent[0].setdefault(key, sent[0]["rcv"])
    sent[0]["rcv"] = life.now()


def silence(life):
    """A silence of an area, or its end."""
    name = life.one(["SILENCED", "SILENCED", "SILENCE_ENDED"])
    data = {"clock": life.one(["K_ARRIVE", "K_RESOLVE"]), "level": life.one(["L0", "L1", "L2", "L3"]), **life.one(AREAS)}
    if name == "SILENCED":
        data |= {"until": life.date(), "why": "x"}
    life.lines.append({"rcv": life.now(), "event": name, "by": life.one(["street:S-02/han", "street:S-03/lu", "city/desk/sun"]), "data": data})
