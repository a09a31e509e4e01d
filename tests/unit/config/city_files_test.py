"""The sample city: made again it is the same, and it is what the documents say."""
import collections
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

CITY = pathlib.Path(__file__).resolve().parents[3] / "config" / "city"


def rows(name):
    with open(CITY / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_id(name):
    """The rows by their id; of an id with several periods the first."""
    return {row["id"]: row for row in reversed(rows(name))}


def doubled_area(ring):
    """Twice the area of a closed ring in millionths of a degree, exact; positive when it runs counter-clockwise."""
    points = [(round(x * 10**6), round(y * 10**6)) for x, y in ring]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:]))


class Generator(unittest.TestCase):
    def test_files_are_what_the_generator_makes(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-B", str(CITY / "generate.py"), folder], check=True)
            made = {path.name for path in pathlib.Path(folder).iterdir()}
            kept = {path.name for path in CITY.iterdir() if path.suffix in (".csv", ".geojson", ".yaml")}
            self.assertEqual(made, kept)
            for name in sorted(made):
                self.assertEqual((pathlib.Path(folder) / name).read_bytes(), (CITY / name).read_bytes(), name)


class Numbers(unittest.TestCase):
    def test_counts(self):
        self.assertEqual(len(rows("streets.csv")), 8)
        self.assertEqual(len(rows("communities.csv")), 40)
        self.assertEqual([row["id"] for row in rows("grids.csv")], [f"G-{n:03}" for n in range(1, 139)])
        self.assertEqual(len(by_id("estates.csv")), 600)
        self.assertEqual(len(rows("estates.csv")), 602)
        self.assertEqual(len(rows("units.csv")), 85)
        self.assertEqual([row["id"] for row in rows("buildings.csv")], [f"B-{n:04}" for n in range(1, 6001)])
        self.assertEqual([row["id"] for row in rows("companies.csv")], [f"P-{n:02}" for n in range(1, 41)])

    def test_places_named_in_documents(self):
        estates, buildings = by_id("estates.csv"), by_id("buildings.csv")
        self.assertEqual(estates[buildings["B-0417"]["estate"]]["company"], "P-07")
        self.assertEqual(estates[buildings["B-0417"]["estate"]]["grid"], "G-041")
        self.assertEqual(by_id("grids.csv")["G-041"]["community"], "C-03")
        self.assertEqual(by_id("communities.csv")["C-03"]["street"], "S-02")
        self.assertEqual(estates[buildings["B-0500"]["estate"]]["company"], "P-11")
        self.assertEqual(buildings["B-0770"]["estate"], "E-77")
        self.assertEqual(estates["E-77"]["company"], "")

    def test_every_company_works_and_some_estates_have_none(self):
        companies = collections.Counter(row["company"] for row in rows("estates.csv"))
        self.assertEqual(len(companies), 41)
        self.assertGreater(companies[""], 20)

    def test_names_of_places_are_there_and_differ(self):
        for name in ("streets.csv", "communities.csv", "grids.csv", "estates.csv", "buildings.csv", "companies.csv"):
            for column in ("name_zh", "name_en"):
                values = [row[column] for row in by_id(name).values()]
                self.assertTrue(all(values), name)
                self.assertEqual(len(set(values)), len(values), f"{name} {column}")


class Lists(unittest.TestCase):
    def test_admission_list_has_twenty_own_and_fortyfour_assisting_items(self):
        kinds = collections.Counter(row["kind"] for row in rows("admission.csv"))
        self.assertEqual(kinds, {"own": 20, "assist": 44})
        for column in ("code", "name_zh", "name_en"):
            self.assertEqual(len({row[column] for row in rows("admission.csv")}), 64)

    def test_changes_named_in_documents(self):
        estate = [(row["company"], row["from"], row["to"]) for row in rows("estates.csv") if row["id"] == "E-03"]
        self.assertEqual(estate, [("P-07", "", "2026-10-31"), ("P-11", "2026-11-01", "")])
        estate = [(row["grid"], row["from"], row["to"]) for row in rows("estates.csv") if row["id"] == "E-348"]
        self.assertEqual(estate, [("G-041", "", "2026-10-31"), ("G-040", "2026-11-01", "")])


class Document(unittest.TestCase):
    def test_columns_are_those_of_the_files(self):
        text = (CITY.parents[1] / "docs" / "city.md").read_text(encoding="utf-8")
        for path in sorted(CITY.glob("*.csv")):
            row = next(line for line in text.splitlines() if line.startswith(f"| `{path.name}`"))
            with open(path, encoding="utf-8", newline="") as file:
                header = next(csv.reader(file))
            self.assertEqual(re.findall(r"`(\w+)`", row.split("|")[2]), header, path.name)


class Duty(unittest.TestCase):
    def setUp(self):
        self.posts = collections.defaultdict(list)
        for row in rows("duty.csv"):
            self.posts[row["role"], row["area"]].append(row["person"])

    def test_every_post_is_filled(self):
        for file, role, count in (("companies.csv", "duty", 3), ("companies.csv", "manager", 2),
                                  ("grids.csv", "grid", 5), ("communities.csv", "community", 2),
                                  ("communities.csv", "dispatcher", 2), ("streets.csv", "street", 2)):
            for area in by_id(file):
                self.assertEqual(len(self.posts[role, area]), count, (role, area))
        for area in ("property", "leadership", "callback", "desk"):
            self.assertGreater(len(self.posts["city", area]), 1, area)

    def test_people_named_in_documents(self):
        self.assertEqual(self.posts["duty", "P-07"][0], "li")
        self.assertEqual(self.posts["manager", "P-07"][0], "zhao")
        self.assertEqual(self.posts["street", "S-02"][0], "wang")

    def test_one_login_is_one_person(self):
        people = {(row["person"], row["name_zh"], row["name_en"]) for row in rows("duty.csv")}
        self.assertEqual(len({person for person, _, _ in people}), len(people))

    def test_a_community_that_holds_is_warned_through_its_street(self):
        for row in rows("communities.csv"):
            self.assertEqual(self.posts["duty", row["id"]], self.posts["community", row["id"]])
            self.assertEqual(self.posts["manager", row["id"]], self.posts["street", row["street"]])


class Map(unittest.TestCase):
    def setUp(self):
        features = json.loads((CITY / "grids.geojson").read_text(encoding="utf-8"))["features"]
        features = [f for f in features if "from" not in f["properties"]]  # before the borders moved
        self.rings = {f["properties"]["id"]: f["geometry"]["coordinates"][0] for f in features}
        self.properties = {f["properties"]["id"]: f["properties"] for f in features}

    def test_polygons_are_the_grids(self):
        for name, row in by_id("grids.csv").items():
            for column in ("community", "name_zh", "name_en"):
                self.assertEqual(self.properties[name][column], row[column])
        self.assertEqual(len(self.rings), 138)

    def test_grids_cover_the_city_without_gap_or_overlap(self):
        """Each edge is shared by two rings in opposite directions, or lies on the outline; the areas add up to the
        outline's. Two rings that overlapped, or a gap, would break one of the two."""
        edges = {(tuple(a), tuple(b)) for ring in self.rings.values() for a, b in zip(ring, ring[1:])}
        self.assertEqual(len(edges), sum(len(ring) - 1 for ring in self.rings.values()))
        follow = {a: b for a, b in edges if (b, a) not in edges}
        outline = [next(iter(follow))]
        while len(outline) == 1 or outline[0] != outline[-1]:
            outline.append(follow[outline[-1]])
        self.assertEqual(len(outline) - 1, len(follow), "the city has one outline")
        areas = [doubled_area(ring) for ring in self.rings.values()]
        self.assertGreater(min(areas), 0)
        self.assertEqual(sum(areas), doubled_area(outline))

    def test_buildings_and_estates_lie_in_their_grids(self):
        for row in rows("buildings.csv") + list(by_id("estates.csv").values()):
            self.assertTrue(self.holds(self.rings[row["grid"]], float(row["lon"]), float(row["lat"])), row["id"])

    @staticmethod
    def holds(ring, x, y):
        inside = False
        for (ax, ay), (bx, by) in zip(ring, ring[1:]):
            if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
                inside = not inside
        return inside


class Tree(unittest.TestCase):
    def test_communities_and_streets_are_contiguous(self):
        grids, communities = by_id("grids.csv"), by_id("communities.csv")
        features = json.loads((CITY / "grids.geojson").read_text(encoding="utf-8"))["features"]
        features = [f for f in features if "from" not in f["properties"]]
        owner = {}
        touching = collections.defaultdict(set)
        for f in features:
            ring = f["geometry"]["coordinates"][0]
            for a, b in zip(ring, ring[1:]):
                owner[tuple(a), tuple(b)] = f["properties"]["id"]
        for (a, b), grid in owner.items():
            if (b, a) in owner:
                touching[grid].add(owner[b, a])
        for area_of in (lambda g: grids[g]["community"], lambda g: communities[grids[g]["community"]]["street"]):
            for area in {area_of(g) for g in grids}:
                members = {g for g in grids if area_of(g) == area}
                reached, ahead = set(), [min(members)]
                while ahead:
                    grid = ahead.pop()
                    if grid not in reached:
                        reached.add(grid)
                        ahead += touching[grid] & members
                self.assertEqual(reached, members, area)


if __name__ == "__main__":
    unittest.main()
