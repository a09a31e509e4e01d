#!/usr/bin/env python3
"""Makes the sample city: an invented city of 8 streets, 40 communities, 138 grids, 600 estates, 6,000 buildings and 40
property companies, with everybody on duty, other units and a routing table. All names are invented.

    config/city/generate.py [FOLDER]      writes the files into FOLDER, by default this one

The output depends on nothing but this file and names.py: the same bytes on every machine and Python version. A test
runs it and compares. docs/city.md explains the files; a real city replaces them with its own.

How the city is laid out. 12 x 12 cells whose inner corners are moved a little; six pairs of cells are joined, which gives
138 grids that cover the city without gap or overlap. Blocks of 3 x 6 cells are the 8 streets; a path that winds through
each block is cut into its 5 communities. Estates are numbered in the order in which they joined, not by place.
"""
import csv
import json
import pathlib
import sys

import lists
import names

SEED = 54321
VERSION = "city-2026-10-01"
SIDE = 12
BLOCK_COLS, BLOCK_ROWS = 3, 6
PER_STREET = 5
ESTATES, BUILDINGS, COMPANIES = 600, 6000, 40
WEST, SOUTH = 114.400000, 36.020000
CELL_LON, CELL_LAT = 0.011, 0.009  # about 1 km by 1 km
JITTER = 0.25                      # of a cell; below 0.5 cells stay convex enough never to cross
WITHOUT_COMPANY = 7                # percent of the estates

# What the documents and tests rely on.
GRID_OF_BUILDING = {417: "G-041"}
COMPANY_OF_BUILDING = {417: "P-07", 500: "P-11", 770: ""}
ESTATE_77_ENDS = 770
GRID_OF_ESTATE_77 = "G-042"        # in C-03, which holds what has no company there

# What changes on a day: a company is replaced, and a border moves with the estate behind it.
CHANGE = ("2026-10-31", "2026-11-01")  # the last day before, the first day after
ESTATE_CHANGES, NEXT_COMPANY = "E-03", "P-11"
ESTATE_MOVES, MOVES_FROM, MOVES_TO = "E-348", "G-041", "G-040"  # the north-west sixth of its cell


class Random:
    """splitmix64: our own, because Python promises the same numbers over versions for few of its methods."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def below(self, n):
        return self.next() % n

    def unit(self):
        return (self.next() >> 11) / (1 << 53)

    def pick(self, items):
        return items[self.below(len(items))]

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]


def split(random, total, parts, least, most):
    """Numbers between least and most that add up to total."""
    shares = [total // parts + (i < total % parts) for i in range(parts)]
    for _ in range(parts * 8):
        a, b = random.below(parts), random.below(parts)
        if a != b and shares[a] > least and shares[b] < most:
            shares[a] -= 1
            shares[b] += 1
    return shares


# ---- the ground: corners, cells, grids ----

def corners(random):
    """Corner (x, y) of the lattice as (lon, lat), rounded as it is written."""
    def moved(at):
        return (random.unit() * 2 - 1) * JITTER if 0 < at < SIDE else 0
    return {(x, y): (round(WEST + (x + moved(x)) * CELL_LON, 6), round(SOUTH + (SIDE - y + moved(y)) * CELL_LAT, 6))
            for y in range(SIDE + 1) for x in range(SIDE + 1)}


def path_through(block):
    """The cells of a street's block, winding so that each is beside the one before."""
    left, top = block % 4 * BLOCK_COLS, block // 4 * BLOCK_ROWS
    path = []
    for row in range(BLOCK_ROWS):
        cols = range(BLOCK_COLS) if row % 2 == 0 else reversed(range(BLOCK_COLS))
        path += [(left + col, top + row) for col in cols]
    return path


def communities_of(block):
    """The path cut into runs of 4, 4, 4, 3 and 3 cells."""
    path, at, runs = path_through(block), 0, []
    for i in range(PER_STREET):
        length = len(path) // PER_STREET + (i < len(path) % PER_STREET)
        runs.append(path[at:at + length])
        at += length
    return runs


def joined_cells():
    """In six blocks, two cells of one row in the fourth community make one grid: second cell -> first."""
    pairs = {}
    for block in range(6):
        run = communities_of(block)[3]
        first, second = next((a, b) for a, b in zip(run, run[1:]) if a[1] == b[1])
        pairs[second] = first
    return pairs


def outline(cells, at):
    """Counter-clockwise ring around one cell, or two beside each other."""
    left, right = min(x for x, _ in cells), max(x for x, _ in cells) + 1
    y = cells[0][1]
    ring = [(x, y + 1) for x in range(left, right + 1)] + [(x, y) for x in range(right, left - 1, -1)]
    return [at[corner] for corner in ring + ring[:1]]


def inside(cell, at, u, v):
    """The point of a cell at the shares u (west to east) and v (north to south)."""
    x, y = cell
    nw, ne, sw, se = at[x, y], at[x + 1, y], at[x, y + 1], at[x + 1, y + 1]
    return tuple((nw[i] * (1 - u) + ne[i] * u) * (1 - v) + (sw[i] * (1 - u) + se[i] * u) * v for i in (0, 1))


def middle(points):
    return tuple(sum(p[i] for p in points) / len(points) for i in (0, 1))


# ---- names ----

class Names:
    def __init__(self, random):
        self.random = random
        self.first = names.words(names.AUSPICIOUS)
        self.second = names.words(names.LANDSCAPE)
        self.surnames = names.words(names.SURNAMES)
        self.given = names.words(names.GIVEN)
        self.used = set()
        self.taken = set(names.TAKEN.split())
        self.logins = {}

    def pair(self, kind):
        """Two characters that sound like those of no other place of this kind."""
        while True:
            a, b = self.random.pick(self.first), self.random.pick(self.second)
            zh, en = a[0] + b[0], a[1] + b[1].lower()
            if a[1] != b[1] and zh not in self.taken and (kind, en) not in self.used:
                self.used.add((kind, en))
                return zh, en

    def person(self, login=None):
        """(login, Chinese, English); a login is given once, with a number when two would be equal."""
        family = self.random.pick(self.surnames)
        if login:
            family = next(s for s in self.surnames if s[1].lower() == login)
        given = [self.random.pick(self.given) for _ in range(1 + self.random.below(2))]
        spoken = "".join(g[1] for g in given).capitalize()
        base = login or (family[1] + spoken).lower()
        self.logins[base] = self.logins.get(base, 0) + 1
        count = self.logins[base]
        return (base if count == 1 else f"{base}{count}", family[0] + "".join(g[0] for g in given),
                f"{family[1]} {spoken}")


# ---- the city ----

class City:
    def __init__(self):
        self.random = Random(SEED)
        self.names = Names(self.random)
        self.at = corners(self.random)
        self.streets, self.communities, self.grids = [], [], []
        self.companies, self.estates, self.buildings, self.duty = [], [], [], []
        self.ground()
        self.firms()
        self.housing()
        self.partners()
        self.rota()
        self.away()

    def ground(self):
        joined = joined_cells()
        cell_community, runs = {}, []
        for block in range(8):
            zh, en = self.names.pair("street")
            self.streets.append([f"S-{block + 1:02}", zh + "街道", en + " Subdistrict"]
                                + self.position(path_through(block)))
            runs += [(block, run) for run in communities_of(block)]
        runs.sort(key=lambda r: (min(y for _, y in r[1]), r[0]))
        self.bring_to_third(runs)
        for number, (block, run) in enumerate(runs, 1):
            zh, en = self.names.pair("community")
            row = [f"C-{number:02}", f"S-{block + 1:02}", zh + "社区", en + " Community"] + self.position(run)
            self.communities.append(row)
            cell_community.update((cell, row) for cell in run)
        firsts = [(x, y) for y in range(SIDE) for x in range(SIDE) if (x, y) not in joined]
        for number, cell in enumerate(firsts, 1):
            cells = [cell] + [second for second, first in joined.items() if first == cell]
            community = cell_community[cell]
            self.grids.append({
                "id": f"G-{number:03}", "community": community, "cells": cells,
                "zh": f"{community[2]}第{number}网格", "en": f"{community[3]} Grid {number}"})

    def bring_to_third(self, runs):
        """Gives number C-03 to the community of G-041, which lies in S-02."""
        firsts = [(x, y) for y in range(SIDE) for x in range(SIDE) if (x, y) not in joined_cells()]
        cell = firsts[41 - 1]
        holds = next(i for i, (_, run) in enumerate(runs) if cell in run)
        runs[2], runs[holds] = runs[holds], runs[2]

    def position(self, cells):
        lon, lat = middle([inside(cell, self.at, 0.5, 0.5) for cell in cells])
        return [f"{lon:.6f}", f"{lat:.6f}"]

    def firms(self):
        for number in range(1, COMPANIES + 1):
            zh, en = self.names.pair("company")
            self.companies.append([f"P-{number:02}", zh + "物业服务有限公司", en + " Property Service Co., Ltd."])

    def housing(self):
        counts = (split(self.random, ESTATE_77_ENDS, 77, 4, 18)
                  + split(self.random, BUILDINGS - ESTATE_77_ENDS, ESTATES - 77, 4, 18))
        slots = [slot for grid in self.grids for slot in self.slots(grid)]
        homes = [slot for rank in range(4) for slot in slots if slot[1] == rank]
        spare = [slot for slot in slots if slot[1] >= 4]
        self.random.shuffle(spare)
        homes += spare[:ESTATES - len(homes)]
        self.random.shuffle(homes)
        last = 0
        for number, count in enumerate(counts, 1):
            numbers = range(last + 1, last + count + 1)
            if number == 77:
                self.bring_to(GRID_OF_ESTATE_77, homes)
            self.estate(number, self.home_for(numbers, homes), numbers)
            last += count

    @staticmethod
    def slots(grid):
        """Six places for an estate in a grid: 3 x 2 in its first cell; (grid, rank, u, v)."""
        return [(grid, rank, rank % 3 / 3 + 1 / 6, rank // 3 / 2 + 1 / 4) for rank in range(6)]

    @staticmethod
    def bring_to(grid, homes):
        """The next estate changes its place with a later one in this grid."""
        index = next(i for i, home in enumerate(homes) if home[0]["id"] == grid)
        homes[index], homes[-1] = homes[-1], homes[index]

    @staticmethod
    def home_for(numbers, homes):
        wanted = next((GRID_OF_BUILDING[n] for n in numbers if n in GRID_OF_BUILDING), None)
        if not wanted:
            return homes.pop()
        index = next(i for i, home in enumerate(homes) if home[0]["id"] == wanted)
        return homes.pop(index)

    def company_for(self, street, numbers):
        """Most companies work in one street; some estates have none."""
        pinned = [COMPANY_OF_BUILDING[n] for n in numbers if n in COMPANY_OF_BUILDING]
        chance = self.random.below(100)
        local = self.random.pick([c for i, c in enumerate(self.companies) if i % 8 + 1 == int(street[2:])])
        other = self.random.pick(self.companies)
        if pinned:
            return pinned[0]
        if chance < WITHOUT_COMPANY:
            return ""
        return (local if chance < 80 else other)[0]

    def estate(self, number, home, numbers):
        grid, _, u, v = home
        cell = grid["cells"][number % len(grid["cells"])]
        zh, en = self.names.pair("estate")
        ending = self.random.pick(names.words(names.ESTATE_ENDINGS))
        zh, en = zh + ending[0], f"{en} {ending[1]}"
        eid = f"E-{number:02}"
        lon, lat = inside(cell, self.at, u, v)
        company = self.company_for(grid["community"][1], numbers)
        where = [zh, en, f"{lon:.6f}", f"{lat:.6f}"]
        self.estates.append([eid, grid["id"], company] + where + ["", ""])
        if eid in (ESTATE_CHANGES, ESTATE_MOVES):
            self.estates[-1][-1] = CHANGE[0]
            now = ([grid["id"], NEXT_COMPANY] if eid == ESTATE_CHANGES else [MOVES_TO, company])
            self.estates.append([eid] + now + where + [CHANGE[1], ""])
        for i, building in enumerate(numbers):  # rows of five, inside the estate's sixth of the cell
            du, dv = (i % 5 - 2) * 0.045, (i // 5 - 1.5) * 0.09
            lon, lat = inside(cell, self.at, u + du, v + dv)
            self.buildings.append([f"B-{building:04}", eid, grid["id"], f"{zh}{i + 1}号楼", f"{en} Building {i + 1}",
                                   f"{lon:.6f}", f"{lat:.6f}"])

    # ---- people ----

    def post(self, role, area, logins, days=None):
        """One person for each login; `days`: on which days each is there, "" = every day."""
        for order, login in enumerate(logins, 1):
            person, zh, en = self.names.person(login)
            self.duty.append([role, area, order, person, zh, en, days[order - 1] if days else "", ""])

    def also(self, role, area, role_there, area_there):
        """The people of one post hold another one too."""
        people = [row[2:] for row in self.duty if row[:2] == [role_there, area_there]]
        self.duty += [[role, area] + person for person in people]

    def rota(self):
        self.names.logins.update({"li": 0, "zhao": 0, "wang": 0})
        for company in self.companies:
            seven = company[0] == "P-07"
            self.post("duty", company[0], ["li" if seven else None, None, None])
            self.post("manager", company[0], ["zhao" if seven else None, None])
        for grid in self.grids:
            self.post("grid", grid["id"], [None] * 5)  # one full-time member, then four part-time
        for community in self.communities:
            self.post("community", community[0], [None] * 2)
            self.post("dispatcher", community[0], [None] * 2)
        for street in self.streets:
            self.post("street", street[0], ["wang" if street[0] == "S-02" else None, None])
        for community in self.communities:  # holds what no company holds; then its manager is the street's duty
            self.also("duty", community[0], "community", community[0])
            self.also("manager", community[0], "street", community[1])
        for area, count in (("property", 3), ("leadership", 2), ("callback", 3), ("desk", 3)):
            weekend = ["workday", "restday", ""] if area == "property" else None  # the team's duty person on rest days
            self.post("city", area, [None] * count, weekend)
        for kind in ("station", "utility"):  # the evening rota, the night desk and who repairs mains are told like a company
            for unit, kind_of_unit, *_ in self.units:
                if kind_of_unit == kind:
                    self.post("duty", unit, [None] * 2)
                    self.post("manager", unit, [None])

    def away(self):
        """The festival week of one of the desk, and who stands in."""
        desk = [row[3] for row in self.duty if row[:2] == ["city", "desk"]]
        self.leaves = [[desk[2], "2026-10-01", "2026-10-07", desk[1]]]

    def partners(self):
        """U-1 …: what lists.py names, then units that promised to help."""
        named = list(lists.UNITS)
        for number in range(lists.PARTNERS):
            named.append(("partner", f"共建单位{number + 1}", f"Partner Unit {number + 1}"))
        self.units = [[f"U-{number}", kind, zh, en] for number, (kind, zh, en) in enumerate(named, 1)]


# ---- writing ----

def write_csv(folder, name, columns, rows):
    with open(folder / name, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(columns)
        out.writerows(rows)


def feature(grid, ring, dates):
    return json.dumps({
        "type": "Feature",
        "properties": {"id": grid["id"], "community": grid["community"][0], "name_zh": grid["zh"], "name_en": grid["en"],
                       **dates},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }, ensure_ascii=False)


def moved(city, grid, ring):
    """The ring of a grid after the border has moved: the north-west sixth of a cell goes to its western neighbour."""
    cell = next(g["cells"][0] for g in city.grids if g["id"] == MOVES_FROM)
    inner = [tuple(round(value, 6) for value in inside(cell, city.at, u, v)) for u, v in ((0, 1 / 2), (1 / 3, 1 / 2), (1 / 3, 0))]
    sw, se, ne, nw = ring[:4]
    if grid["id"] == MOVES_FROM:
        return [sw, se, ne] + inner[::-1] + [sw]
    return [sw, se] + inner + [ne, nw, sw]


def write_geojson(folder, city):
    features = []
    for g in city.grids:
        ring = outline(g["cells"], city.at)
        moves = g["id"] in (MOVES_FROM, MOVES_TO)
        features.append(feature(g, ring, {"to": CHANGE[0]} if moves else {}))
        if moves:
            features.append(feature(g, moved(city, g, ring), {"from": CHANGE[1]}))
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"
    (folder / "grids.geojson").write_text(text, encoding="utf-8")


def write_routing(folder, city):
    names_, dates = ["name_zh", "name_en"], ["from", "to"]
    write_csv(folder, "units.csv", ["id", "kind"] + names_, city.units)
    write_csv(folder, "day-parts.csv", ["name"] + names_ + ["begin", "end"], lists.DAY_PARTS)
    write_csv(folder, "routing.csv", ["id", "place", "class", "category", "source", "part", "holder"] + dates,
              [list(row) + ["", ""] for row in lists.ROUTES])
    items = [("own", item) for item in lists.OWN] + [("assist", item) for item in lists.ASSIST]
    write_csv(folder, "admission.csv", ["code", "kind"] + names_,
              [[code, kind, *item] for code, (kind, item) in enumerate(items, 1)])
    write_csv(folder, "exceptions.csv", ["id", "code", "community"] + dates + ["asked_by", "approved_by"], lists.EXCEPTIONS)


YAML = f"""# The sample city. Made by generate.py; a real city writes its own (docs/city.md).
version: {VERSION} # 版本: name of this state of the files; told in the log and with the rules in force
grids: 138 # 网格数: how many grids grids.csv must have at any moment; any other number is refused
utc-offset: "+08:00" # 时区: of the days and hours in these files
fallback: S-01 # 兜底单位: who gets what no row of routing.csv and no place decides
own-items: {len(lists.OWN)} # 依法履职事项: how many admission.csv must have …
assisting-items: {len(lists.ASSIST)} # 协办事项: … of each kind
nearest-building: 100 # 最近楼栋(米): a position so near to a building lies in its estate
"""


def write(folder, city):
    names_, place = ["name_zh", "name_en"], ["lon", "lat"]
    grids = [[g["id"], g["community"][0], g["zh"], g["en"]] + city.position(g["cells"]) for g in city.grids]
    write_csv(folder, "streets.csv", ["id"] + names_ + place, city.streets)
    write_csv(folder, "communities.csv", ["id", "street"] + names_ + place, city.communities)
    write_csv(folder, "grids.csv", ["id", "community"] + names_ + place, grids)
    write_csv(folder, "companies.csv", ["id"] + names_, city.companies)
    write_csv(folder, "estates.csv", ["id", "grid", "company"] + names_ + place + ["from", "to"], city.estates)
    write_csv(folder, "buildings.csv", ["id", "estate", "grid"] + names_ + place, city.buildings)
    write_csv(folder, "duty.csv", ["role", "area", "order", "person"] + names_ + ["days", "part"], city.duty)
    write_csv(folder, "roads.csv", ["role", "area", "person", "order", "road"], lists.ROADS)
    write_csv(folder, "leave.csv", ["person", "from", "to", "substitute"], city.leaves)
    write_routing(folder, city)
    write_geojson(folder, city)
    (folder / "city.yaml").write_text(YAML, encoding="utf-8")


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent, City())
