"""Where a place lies and who gets a case there (S9, S38; docs/city.md): read from the city's CSV files."""
import copy
import csv
import datetime
import functools
import json
import pathlib

import times

ZONE = "Asia/Shanghai"


def day(text, end):
    """A day in a file is the first or the last one; an instant is the first that is in or out."""
    if not text:
        return None
    if "T" in text:
        return times.parse(text)
    date = datetime.date.fromisoformat(text)
    return times.at(date + datetime.timedelta(end), 0, ZONE)


class Table:
    """Rows of one file by their id; a place that changes has a row for each period."""

    def __init__(self, path):
        self.rows = {}
        if not path.exists():
            return
        with open(path, encoding="utf-8", newline="") as f:
            for row in csv.DictReader(line for line in f if not line.startswith("#")):
                row["since"], row["until"] = day(row.get("from"), 0), day(row.get("to"), 1)
                self.rows.setdefault(row["id"], []).append(row)

    def get(self, key, now):
        for row in self.rows.get(key, ()):
            if (row["since"] is None or row["since"] <= now) and (row["until"] is None or now < row["until"]):
                return row
        return None

    def all(self, now):
        return [row for key in self.rows if (row := self.get(key, now))]


def posts(path):
    """Whom a rota names, at whatever times, by post: role and area."""
    out = {}
    with open(path, encoding="utf-8", newline="") as f:
        for row in csv.DictReader(line for line in f if not line.startswith("#")):
            out.setdefault((row["role"], row["area"]), set()).add(row["person"])
    return out


class Place:
    """The tree above a place: ids, or None."""

    def __init__(self, **ids):
        self.street = self.community = self.grid = self.estate = self.building = self.company = None
        self.__dict__.update(ids)

    def upwards(self):
        return [p for p in (self.building, self.estate, self.grid, self.community, self.street) if p] + ["*"]


class City:
    def __init__(self, folder):
        self.folder = folder
        self.tables = {n: Table(pathlib.Path(folder) / "city" / (n + ".csv")) for n in
                       ("buildings", "estates", "grids", "communities", "streets", "companies", "units", "routing", "exceptions")}
        with open(pathlib.Path(folder) / "city" / "admission.csv", encoding="utf-8", newline="") as f:
            self.tasks = {row["code"]: row["kind"] for row in csv.DictReader(f)}
        borders = json.loads((pathlib.Path(folder) / "city" / "grids.geojson").read_text(encoding="utf-8"))
        self.borders = [(p["id"], day(p.get("from"), 0), day(p.get("to"), 1), rings(f["geometry"]))
                        for f in sorted(borders["features"], key=lambda f: f["properties"]["id"]) for p in [f["properties"]]]
        with open(pathlib.Path(folder) / "city" / "day-parts.csv", encoding="utf-8", newline="") as f:
            self.parts = {row["name"]: (clock(row["begin"]), clock(row["end"])) for row in csv.DictReader(f)}
        self.posts = posts(pathlib.Path(folder) / "city" / "duty.csv")
        self.fallback = next(line.split()[1] for line in
                             (pathlib.Path(folder) / "city" / "city.yaml").read_text(encoding="utf-8").splitlines()
                             if line.startswith("fallback:"))

    def with_file(self, path):
        """The next version: the same, with this file in the place of its own."""
        other = copy.copy(self)
        if path.stem == "duty":
            other.posts = posts(path)
        if path.stem in self.tables:
            other.tables = {**self.tables, path.stem: Table(path)}
        return other

    def place(self, key, now):
        """The place with this id, or None when there is none."""
        ids = {}
        for kind, up in (("buildings", "estate"), ("estates", "grid"), ("grids", "community"), ("communities", "street"),
                         ("streets", None)):
            row = self.tables[kind].get(key, now)
            if row is None:
                if ids:
                    return None
                continue
            ids[{"communities": "community"}.get(kind, kind[:-1])] = key
            if kind == "estates":
                ids["company"] = row["company"] or None
            key = row[up] if up else None
        return Place(**ids) if ids else None

    def place_at(self, position, now):
        """The grid in whose borders a position lies; on a border it is the one with the lowest id."""
        for grid, since, until, polygons in self.borders:
            if (since is None or since <= now) and (until is None or now < until) and any(inside(p[0], position) for p in polygons):
                return self.place(grid, now)
        return None

    def stands_in(self, to, now):
        """Whose people are told what is for a place that holds a case: of the duty its own, of the manager those who supervise it, unless a
        rota names others for it (docs/city.md). None: its own people, or nobody."""
        role, _, area = to.partition("/")[0].partition(":")
        role = {"holder": "duty"}.get(role, role)
        if role not in ("duty", "manager"):
            return None
        if row := self.tables["communities"].get(area, now):
            own = ("community", area) if role == "duty" else ("street", row["street"])
        elif self.tables["streets"].get(area, now):
            own = ("street", area) if role == "duty" else ("city", "property")
        else:
            return None
        if own not in self.posts or not self.posts.get((role, area), set()) <= self.posts[own]:
            return None
        return f"{own[0]}{'/' if own[0] == 'city' else ':'}{own[1]}"

    def admits(self, holder, category, now):
        """A task (a category of digits) goes to a community only when it is on the list of its own, or by an exception (S34)."""
        if not category.isdigit() or not self.tables["communities"].get(holder, now) or self.tasks.get(category) == "own":
            return True
        return any(row["code"] == category and row["community"] == holder for row in self.tables["exceptions"].all(now))

    def assists(self, place, category, now):
        """The community that is asked to help with a task that it only assists with."""
        if place and place.community and self.tasks.get(category) == "assist" and not place.company:
            return place.community
        return None

    def holder_known(self, key, now):
        return any(self.tables[t].get(key, now) for t in ("companies", "units", "communities", "streets"))

    def is_unit(self, key, now):
        return any(self.tables[t].get(key, now) for t in ("companies", "units", "communities", "streets"))

    def route(self, place, now, klass, category="", source=""):
        """Who gets it: from the building upwards the first place with a row that fits decides."""
        rows = self.tables["routing"].all(now)
        for where in place.upwards() if place else ["*"]:
            for row in rows:
                if row["place"] == where and self.fits(row, now, klass, category, source):
                    named = self.named(row["holder"], place)
                    if named and self.holder_known(named, now):
                        return named if self.admits(named, category, now) else place.street
        return self.fallback

    def fits(self, row, now, klass, category, source):
        for column, value in (("class", klass), ("category", category), ("source", source)):
            if row[column] not in ("*", value):
                return False
        if row["part"] == "*":
            return True
        begin, end = self.parts[row["part"]]
        there = times.local(now, ZONE)
        minute = there.hour * 60 + there.minute
        return begin <= minute < end if begin < end else minute >= begin or minute < end

    @staticmethod
    def named(holder, place):
        place = place or Place()
        return {"@place": place.company or place.community or place.street, "@company": place.company, "@community": place.community,
                "@street": place.street}.get(holder, holder)


def rings(geometry):
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]


def inside(ring, position):
    """Does a ring hold a position? Its border belongs to it."""
    x, y = position
    within = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
        cross = (x - x1) * (y2 - y1) - (y - y1) * (x2 - x1)
        if abs(cross) < 1e-12 and min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2):
            return True
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            within = not within
    return within


@functools.lru_cache(maxsize=2)
def read(folder):
    """The city of a folder; read once for all scenarios that share it."""
    return City(folder)


def clock(text):
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
