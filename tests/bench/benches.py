"""The benchmarks. Each returns rows of the table: what, figure, unit, yardstick, aim, and how they compare."""
import datetime
import json
import os
import resource
import statistics
import subprocess
import time
from pathlib import Path

import harness
from harness import Daemon, say, sync_times, quantile, tool


def row(what, value, unit, aim=None, ok=None, **more):
    """`aim` is text; `ok` says whether it is reached (None: nothing is promised)."""
    return {"what": what, "value": value, "unit": unit, "aim": aim, "ok": ok, "load_average": harness.load_average(), **more}


def cost(daemon, before, events):
    return round((daemon.cpu() - before) * 1e6 / events, 2)


def mean_batch(daemon, before):
    """Events that the daemon has put into one transaction, on average, since `before`."""
    after = daemon.stats()
    n = after["batch_events{count}"] - before.get("batch_events{count}", 0) if "batch_events{count}" in after else \
        after["batch_events{quantile=0.5}"]
    total = after.get("batch_events{sum}", 0) - before.get("batch_events{sum}", 0)
    return max(1, round(total / n)) if n else 1


def flood(daemon, what, events, items, letters, tag, **more):
    """Figures of the generator, with the daemon's own cost and batch."""
    before, cpu = daemon.stats(), daemon.cpu()
    figures = tool("bench_load", "flood", endpoint=daemon.intake(), what=what, events=events, items=items,
                   window=letters, tag=tag, **more)
    figures["daemon_cpu_us"] = cost(daemon, cpu, figures["events"])
    figures["batch"] = mean_batch(daemon, before)
    return figures


def against(rate, yard, share):
    return {"yardstick": yard, "ratio": round(rate / yard, 3), "ok": rate >= share * yard}


# ---- how many ------------------------------------------------------------------------------------------------

def intake(size, place):
    """New complaints, each durable before its answer, over real sockets.

    No more than 1,024 messages wait for their answers: so many the daemon keeps for one peer."""
    rows, events = [], size.count(400_000)
    for name, items, letters in (("64 to a message", 64, 128), ("one to a message", 1, 1024)):
        folder = place.folder("intake")
        with Daemon(folder) as d:
            f = flood(d, "reports", events if items > 1 else events // 2, items, letters, "i")
        raw = tool("bench_raw", dir=place.folder("raw"), what="reports", events=events, batch=f["batch"])
        verdict = against(f["per_second"], raw["per_second"], 0.6)
        rows.append(row(f"complaints accepted, {name}", f["per_second"], "/s", "60 % of raw LMDB", load=f, raw=raw,
                        **verdict))
        rows.append(row(f"  processor time for each, {name}", f["daemon_cpu_us"], "µs", yardstick=raw["cpu_us"]))
    return rows


def lives(size, place):
    """Whole lives over a million open cases: reported, held, arrived, classed, solved, called back."""
    cases = size.cases(1_000_000)
    events = size.count(368_640)
    with Daemon(place.copy(cases, "lives")) as d:
        f = flood(d, "lives", events, 64, 128, "l")
    place.drop("lives")
    raw_folder = place.copy(cases, "raw")
    raw = tool("bench_raw", dir=raw_folder / "store", what="lives", events=events, batch=f["batch"])
    place.drop("raw")
    return [row(f"events of whole lives, {cases:,} cases open", f["per_second"], "/s", "40 % of raw LMDB", load=f,
                raw=raw, **against(f["per_second"], raw["per_second"], 0.4)),
            row("  processor time for each", f["daemon_cpu_us"], "µs", yardstick=raw["cpu_us"])]


# ---- how soon ------------------------------------------------------------------------------------------------

def answer(size, place):
    """From sending to the durable answer, at an even 1,000/s, against fdatasync on the same disk."""
    folder, seconds = place.folder("answer"), size.seconds(20)
    before = sync_times(folder, 1000)
    with Daemon(folder) as d:
        f = tool("bench_load", "pace", endpoint=d.intake(), rate=1000, seconds=seconds, tag="p")
    syncs = before + sync_times(folder, 1000)
    yard = round(quantile(syncs, 0.99))
    return [row("send to durable answer at 1,000/s, p99", f["answer_p99"], "µs", "4 × fdatasync p99", yardstick=yard,
                ratio=round(f["answer_p99"] / yard, 2), ok=f["answer_p99"] <= 4 * yard, load=f,
                fdatasync={"p50": round(quantile(syncs, 0.5)), "p99": yard})]


def due_in(cases):
    """An instant when a store of so many cases is filled and its daemon up, with room to spare."""
    return int(time.time() * 1000) + 6000 + cases // 25


def wait_for(instant):
    time.sleep(max(0, instant / 1000 - time.time()))


def lateness(size, place):
    """Deadlines: a million pending, 1,000 due in each second."""
    cases, seconds = size.cases(1_000_000), size.seconds(20)
    folder = place.folder("late")
    syncs = sync_times(folder, 1000)
    due = due_in(cases)
    place.fill(folder, cases, due=due, step_us=1000)
    with Daemon(folder) as d:
        early = time.time() * 1000 < due
        wait_for(due)
        time.sleep(seconds)
        s = d.stats()
    syncs += sync_times(folder, 1000)
    place.drop("late")
    late = s["deadline_lateness_us{quantile=0.999}"]
    return [row(f"lateness of deadlines, {cases:,} pending, 1,000 due/s, p99.9", late, "µs", "10 ms",
                yardstick=round(quantile(syncs, 0.999)), ok=early and late <= 10000, judged=s["deadlines_judged"], started_before_the_first=early,
                p50=s["deadline_lateness_us{quantile=0.5}"], max=s["deadline_lateness_us{quantile=1}"])]


def judged_all(daemon, cases, until):
    """The daemon's figures once it has judged so many deadlines, or at that instant."""
    s = daemon.stats()
    while s["deadlines_judged"] < cases and time.time() < until:
        time.sleep(0.5)
        s = daemon.stats()
    return s


def storm(size, place):
    """A million deadlines at one instant, complaints coming in meanwhile."""
    cases = size.cases(1_000_000)
    due = due_in(cases)
    folder = place.folder("storm")
    place.fill(folder, cases, due=due, step_us=0)
    with Daemon(folder) as d:
        wait_for(due - 200)
        cpu = d.cpu()
        f = tool("bench_load", "pace", endpoint=d.intake(), rate=200, seconds=size.seconds(20), tag="s")
        s = judged_all(d, cases - 1, time.time() + 100)
        spent = d.cpu() - cpu
    place.drop("storm")
    judged, took = s["deadlines_judged"], s["deadline_lateness_us{quantile=1}"] / 1e6
    done = judged >= cases - 1
    return [row(f"{cases:,} deadlines at one instant: all told after", round(took, 2), "s", "8 s",
                ok=done and took <= 8 * cases / 1e6, judged=judged, all_of_them=done),
            row("  processor time for each", round(spent * 1e6 / max(judged, 1), 2), "µs"),
            row("  answer to complaints meanwhile (200/s), p99", f["answer_p99"], "µs", "50 ms",
                ok=f["answer_p99"] <= 50000, load=f)]


def hongxin(daemon, *args):
    out = subprocess.run([str(harness.BIN / "hongxin"), *map(str, args), "--feed-endpoint", daemon.feed(), "--json",
                          "--timeout", "300s"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(out)


def next_holidays(path):
    """The shipped calendar under the next version, with three weekdays of the coming week off."""
    text = (harness.SOURCE / "config/calendars/china.ics").read_text(encoding="utf-8")
    text = text.replace("X-HONGXIN-VERSION:1\n", "X-HONGXIN-VERSION:2\n")
    days = [d for d in (datetime.date.today() + datetime.timedelta(n) for n in range(1, 8))
            if d.weekday() < 5 and f"{d:%Y%m%d}" not in text][:3]
    events = "".join(f"BEGIN:VEVENT\nUID:{d}\nDTSTART;VALUE=DATE:{d:%Y%m%d}\nCATEGORIES:HOLIDAY\nX-HONGXIN-NOTICE:bench\n"
                     "END:VEVENT\n" for d in days)
    path.write_text(text.replace("END:VCALENDAR", events + "END:VCALENDAR"), encoding="utf-8")
    return path


def apply(size, place):
    """A new calendar for a million open cases: previewed, then applied while complaints come in."""
    cases = size.cases(1_000_000)
    folder = place.folder("apply")
    place.fill(folder, cases, statute="counted")
    new = next_holidays(folder / "china.ics")
    yard = reading(folder / "store")
    with Daemon(folder) as d:
        began = time.monotonic()
        seen = hongxin(d, "apply", new, "--preview")
        preview = time.monotonic() - began
        hongxin(d, "apply", new, "--ask", "--by", "operator/bench", "--why", "bench")
        load = harness.start_tool("bench_load", "pace", endpoint=d.intake(), rate=200, seconds=size.seconds(60), tag="a")
        began = time.monotonic()
        hongxin(d, "apply", new, "--agree", "--by", "city/yard")
        while "event=rules_applied" not in d.log():
            time.sleep(0.05)
        took = time.monotonic() - began
        f = harness.finish(load)
    place.drop("apply")
    moved = int(seen.get("later", 0))
    return [row(f"a calendar that moves {moved:,} of {cases:,} open cases: previewed in", round(preview, 2), "s", "10 s", yardstick=yard,
                ok=moved >= cases and preview <= 10 * cases / 1e6),
            row("  applied in", round(took, 1), "s"),
            row("  answer to complaints meanwhile (200/s), p99", f["answer_p99"], "µs", "50 ms",
                ok=f["answer_p99"] <= 50000, load=f)]


def notices(size, place):
    """100,000 notices due at one instant: each of 50,000 deadlines tells the community and the grid."""
    cases = size.cases(50_000)
    due = due_in(cases)
    folder = place.folder("notices")
    place.fill(folder, cases, due=due, step_us=0)
    with Daemon(folder) as d:
        wait_for(due - 200)
        cpu = d.cpu()
        s = d.stats()
        while s["deadlines_judged"] < cases - 1 and time.time() * 1000 < due + 60000:
            time.sleep(0.2)
            s = d.stats()
        spent = d.cpu() - cpu
    place.drop("notices")
    raw = tool("bench_raw", dir=place.folder("raw"), what="lives", events=cases, batch=1024)
    judged, took = s["deadlines_judged"], s["deadline_lateness_us{quantile=1}"] / 1e6
    return [row(f"{2 * cases:,} notices due at one instant: all decided and durable after", round(took, 2), "s", "10 s",
                yardstick=round(raw["seconds"], 2), ok=judged >= cases - 1 and took <= 10, judged=judged, daemon_cpu_s=round(spent, 2))]


# ---- how large -----------------------------------------------------------------------------------------------

def first_event(daemon, tag):
    """Milliseconds from starting the process to its first accepted event: the generator already waits at its door."""
    waiting = harness.start_tool("bench_load", "first", endpoint=daemon.doors["intake"], tag=tag)
    waiting.stdout.readline()
    daemon.launch()
    figures = harness.finish(waiting)
    return (figures["first_us"] - daemon.started) / 1000


def restart(daemon, rounds):
    """kill -9 under load, start again on the same port."""
    daemon.start()
    daemon.config.write_text(daemon.config.read_text().replace("ingest: 'tcp://127.0.0.1:*'",
                                                               f"ingest: '{daemon.intake()}'"))
    times = []
    for i in range(rounds):
        tool("bench_load", "flood", endpoint=daemon.intake(), what="reports", events=4096, items=16, window=32,
             tag=f"r{i}")
        daemon.kill()
        times.append(first_event(daemon, f"f{i}"))
    return times


def large(size, place):
    """Ten million open cases: start, memory, and what an event costs compared with ten thousand."""
    many, few = size.cases(10_000_000), 10_000
    rows, cpu = [], {}
    for cases in (few, many):
        folder = place.copy(cases, "large")
        d = Daemon(folder)
        try:
            times = restart(d, 3)
            f = flood(d, "lives", size.count(147_456), 64, 128, "c")
            t = flood(d, "touch", size.count(65_536), 64, 128, "t", open=cases)
            cpu[cases] = f, t, d.memory()
        finally:
            d.stop()
        place.drop("large")
    start = statistics.median(times)
    rows.append(row(f"start after kill -9 to the first event, {many:,} cases open", round(start), "ms", "300 ms",
                    ok=start <= 300, all=[round(t) for t in times]))
    memory = cpu[many][2] / 1048576
    rows.append(row("  resident memory without the map's pages, after load", round(memory, 1), "MiB", "100 MiB",
                    ok=memory <= 100))
    for i, name in ((0, "event of a life"), (1, "event of any open case")):
        small, big = cpu[few][i]["daemon_cpu_us"], cpu[many][i]["daemon_cpu_us"]
        rows.append(row(f"  processor time of an {name}, {many:,} open", big, "µs", f"1.5 × that at {few:,}",
                        yardstick=small, ratio=round(big / small, 2), ok=big <= 1.5 * small,
                        per_second=[cpu[few][i]["per_second"], cpu[many][i]["per_second"]]))
    return rows


# ---- others --------------------------------------------------------------------------------------------------

def dead(size, place):
    """A receiver that took credit and reads nothing any more: what the others feel of it."""
    folder, seconds, delays, memory = place.folder("dead"), size.seconds(15), [], []
    with Daemon(folder) as d:
        for i in range(2):
            sleeper = harness.start_tool("bench_load", "dead", feed=d.feed()) if i else None
            time.sleep(0.5)
            try:
                f = tool("bench_load", "pace", endpoint=d.intake(), feed=d.feed(), rate=1000, seconds=seconds,
                         tag=f"d{i}")
            finally:
                if sleeper:
                    sleeper.terminate()
                    sleeper.wait()
            delays.append(f)
            memory.append(d.memory() / 1048576)
    grown = memory[1] - memory[0]
    return [row("send to a subscriber's hands, one receiver dead, p99", delays[1]["feed_p99"], "µs", "unchanged",
                yardstick=delays[0]["feed_p99"], ratio=round(delays[1]["feed_p99"] / delays[0]["feed_p99"], 2),
                ok=delays[1]["feed_p99"] <= 1.5 * delays[0]["feed_p99"], heard=delays[1]["heard"]),
            row("  memory that the dead receiver costs", round(grown, 1), "MiB", "flat", ok=grown < 16,
                before=round(memory[0], 1))]


def rows_cost(size, place):
    """What each row of the store costs (store_rows): one round, batches of 1,024."""
    import json
    import subprocess
    out = place.folder("rows") / "rows.json"
    subprocess.run([str(harness.BIN / "store_rows"), "--rounds", "1", "--events", str(size.count(131_072)), "--dir",
                    str(out.parent), "--json", str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=True)
    found = [r for r in json.loads(out.read_text()) if r["batch"] == 1024]
    return [row(f"store: {r['method']}, batch 1,024", round(r["per_second"]), "/s", cpu_us=round(r["cpu_us"], 2),
                yardstick=round(found[0]["per_second"]), ratio=round(r["of_raw"], 2)) for r in found]


def reading(folder):
    """Seconds to read the files of a folder, and nothing else."""
    began = time.monotonic()
    for path in Path(folder).iterdir():
        with open(path, "rb") as f:
            while f.read(1 << 20):
                pass
    return round(time.monotonic() - began, 3)


def routing(size, place):
    """One decision of the routing table, by place and by position, in the sample city and in one of a million buildings
    that is made from a seed; and loading that."""
    rows = []
    big = {"dir": place.folder("city"), "grids": 10_000, "buildings": size.count(1_000_000)}
    for name, most, options in (("138 grids", 20, {"city": harness.CONFIG / "city"}), ("10,000 grids", 50, big)):
        f = tool("bench_route", reports=size.count(200_000), **options)
        for how in ("place", "position"):
            rows.append(row(f"routing of one report by {how}, {name}", f[f"{how}_us"], "µs", f"{most} µs", yardstick=f["look_us"],
                            ok=f[f"{how}_us"] <= most, figures=f))
    rows.append(row(f"  loading a registry of {f['buildings']:,} buildings", f["load_s"], "s", "5 s", yardstick=reading(big["dir"]),
                    ok=f["load_s"] <= 5, peak_mib=f["peak_mib"]))
    return rows


def locks(size, place):
    """What keys, rights and the hash chain cost."""
    import locks as costs
    return costs.locks(size, place, row)


def hotline(size, place):
    """The HTTP door for hotlines: complaints, each durable before its answer, over keep-alive connections."""
    import doors
    return doors.hotline(size, place, row, flood)


def board(size, place):
    """Open pages of the board: how soon a complaint is on all of them, and what they cost the daemon."""
    import board_pages
    return board_pages.board(size, place, row, flood)


HISTORY = ("工单编号,受理时间,紧急程度,楼栋编码,责任单位编码,派单时间,派单人,签收时间,签收人,到场时间,办结时间,照片,回访时间,回访结果,回访人,状态\n",
           "{0},2025-03-03 09:00:00,一般,B-0417,P-07,2025-03-03 09:00:10,陈,2025-03-03 09:00:20,李,2025-03-03 09:04:00,2025-03-03 09:31:00,"
           "有,2025-03-03 10:00:00,满意,赵,已办结\n")
REPORTS = ("工单编号,受理时间,紧急程度,楼栋编码,责任单位编码,诉求内容\n", "{0},2025-03-03 09:00:00,一般,B-0417,P-07,楼道灯不亮\n")


def imported(size, place, what, lines, yard):
    """A table through `hongxin import`: each row a case, on disk before it counts."""
    n, folder = size.count(200_000), place.folder("import")
    table = folder / "table.csv"
    with open(table, "w", encoding="utf-8") as out:
        out.write(lines[0])
        out.writelines(lines[1].format(f"LS{i:07}") for i in range(n))
    with Daemon(folder) as d:
        before, cpu, began = resource.getrusage(resource.RUSAGE_CHILDREN), d.cpu(), time.monotonic()
        subprocess.run([str(harness.BIN / "hongxin"), "import", str(table), "--map", str(harness.CONFIG / "mappings/history.yaml"),
                        "--endpoint", d.intake(), "--timeout", "60s"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
        rate, after = round(n / (time.monotonic() - began)), resource.getrusage(resource.RUSAGE_CHILDREN)
        own = round((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e6 / n, 1)
        theirs = cost(d, cpu, n)
    return [row(f"rows imported, {what}", rate, "/s", "50,000/s", ok=rate >= 50000, yardstick=yard, ratio=round(rate / yard, 2)),
            row(f"  processor time of the import for each, {what}", own, "µs", yardstick=theirs)]


def imports(size, place):
    """Cases of a former system, beside the ZeroMQ door in the same run."""
    with Daemon(place.folder("import")) as d:
        yard = flood(d, "reports", size.count(200_000), 64, 128, "y")["per_second"]
    return imported(size, place, "reports", REPORTS, yard) + imported(size, place, "with five events of each life", HISTORY, yard)


def kafka_out(size, place):
    """The journal into the topics of a real broker, and how soon a reader of what is committed sees an entry."""
    import kafka
    return kafka.out(size, place, row)


def kafka_in(size, place):
    """Complaints from the topics of a real broker, each durable before its offset moves."""
    import kafka
    return kafka.events_in(size, place, row, flood)


BENCHES = {"intake": intake, "lives": lives, "answer": answer, "lateness": lateness, "storm": storm,
           "notices": notices, "apply": apply, "large": large, "dead": dead, "locks": locks, "hotline": hotline, "board": board, "import": imports, "kafka-in": kafka_in, "kafka-out": kafka_out, "rows": rows_cost,
           "routing": routing}
