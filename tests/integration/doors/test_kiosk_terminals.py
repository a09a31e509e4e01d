"""Machines that the kiosk's door knows: screens that show the building's code, devices that sign what they noted down offline."""
import base64
import re
import time

import pytest
import zbar
from evidence import Device, onsite_code
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from kiosk import Kiosk
from PIL import Image, ImageDraw
from reload import reload
from wire import wait_until
from wire_format import nested_event


KEY = bytes(range(32))
HALL, BOARD, DEVICE = "h" * 32, "b" * 32, "d" * 32


@pytest.fixture
def device():
    return Device("T-0417", "P-07")


@pytest.fixture
def daemon(make_daemon, tmp_path, device):
    (tmp_path / "onsite.key").write_bytes(KEY)
    (tmp_path / "onsite.key").chmod(0o600)
    (tmp_path / "devices.csv").write_text("id,holder,public_key\n" + device.row() + "\n")
    return make_daemon(settings={"evidence": {"onsite_key_file": tmp_path / "onsite.key", "devices_file": tmp_path / "devices.csv"}})


def known(folder, device):
    path = folder / "kiosk.terminals"
    path.write_text(f"terminals:\n  - {{name: hall-0417, place: B-0417, token: {HALL}, may: [onsite]}}\n"
                    f"  - {{name: board, token: {BOARD}, may: [pictures]}}\n"
                    f"  - {{name: {device.name}, token: {DEVICE}, public_key: {device.public.hex()}, may: [offline]}}\n")
    path.chmod(0o600)
    return "terminals: kiosk.terminals\n"


@pytest.fixture
def kiosk(make_kiosk, tmp_path, device):
    return make_kiosk(known(tmp_path, device))


# ---- the code of the building -----------------------------------------------------------------------------------

def ask_code(kiosk, token=HALL):
    return kiosk.get("/kiosk/v1/onsite-code", headers={"Authorization": f"Bearer {token}"} if token else {})


def read_qr(qr):
    """What a camera reads."""
    scale = 8
    image = Image.new("L", (qr["size"] * scale, qr["size"] * scale), 255)
    draw = ImageDraw.Draw(image)
    for x, y, run in (map(int, found) for found in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", qr["path"])):
        draw.rectangle((x * scale, y * scale, (x + run) * scale - 1, (y + 1) * scale - 1), fill=0)
    seen = zbar.Image(image.width, image.height, "Y800", image.tobytes())
    zbar.ImageScanner().scan(seen)
    return [symbol.data for symbol in seen]


def test_a_terminal_shows_the_code_of_its_building(kiosk, client):
    before = client.ask("onsite_code", onsite_code=wire_pb2.OnsiteCodeQuery(place="B-0417"))
    a = ask_code(kiosk)
    after = client.ask("onsite_code", onsite_code=wire_pb2.OnsiteCodeQuery(place="B-0417"))
    assert a.status == 200 and a.json["place"] == "B-0417"
    assert a.json["code"] in (before.code, after.code) and a.json["code"] in {onsite_code(KEY, "B-0417", getattr(c, "from")) for c in (before, after)}
    assert read_qr(a.json["qr"]) == [a.json["code"]]
    kiosk.report()
    client.publish(client.event("HELD", by="holder:P-07/li", case_number=1))
    reply = client.publish(client.event("ARRIVED", by="holder:P-07/li", case_number=1, proof=event_pb2.ONSITE_CODE, data={"onsite_code": a.json["code"]}))[0]
    assert reply.code == "", "it proves the arrival"


def test_terminals_are_changed_without_a_restart(kiosk, tmp_path):
    file, new = tmp_path / "kiosk.terminals", "q" * 40
    text = file.read_text()
    reload(kiosk, file, text.replace(HALL, new))
    assert [ask_code(kiosk, HALL).status, ask_code(kiosk, new).status] == [401, 200]
    reload(kiosk, file, "terminals: [{name: x, colour: red}]\n", says="event=reload_refused")
    assert ask_code(kiosk, new).status == 200


def test_nobody_else_is_told(make_kiosk, tmp_path, device):
    kiosk = make_kiosk(known(tmp_path, device) + "limits: {failures_per_minute: 2}\n")
    assert [ask_code(kiosk, BOARD).status, ask_code(kiosk, "").status, ask_code(kiosk, "x" * 32).status] == [403, 401, 401]
    assert ask_code(kiosk).status == 429, "its address is slowed down"


def test_the_file_of_terminals_is_checked_with_line_numbers(tmp_path, daemon):
    for text, says in (("terminals:\n  - {name: a, token: short, may: [onsite]}\n", "kiosk.terminals:2: token"),
                       (f"terminals:\n  - {{name: a, token: {HALL}, may: [onsite]}}\n", "kiosk.terminals:2: a has no place"),
                       (f"terminals:\n\n  - {{name: a, token: {DEVICE}, may: [offline]}}\n", "kiosk.terminals:3: a has no public_key"),
                       ("terminals:\n  - {name: a, public_key: %s, may: [offline]}\n" % ("77" * 32), "kiosk.terminals:2: a has no token"),
                       ("terminals:\n  - {name: a, public_key: 77, may: [offline]}\n", "kiosk.terminals:2: public_key"),
                       (f"terminals:\n  - {{name: a, token: {HALL}, may: [everything]}}\n", "kiosk.terminals:2: may")):
        (tmp_path / "kiosk.terminals").write_text(text)
        (tmp_path / "kiosk.terminals").chmod(0o600)
        k = Kiosk(tmp_path, "tcp://127.0.0.1:1", "tcp://127.0.0.1:1", "terminals: kiosk.terminals\n")
        with pytest.raises(AssertionError, match=re.escape(says)):
            k.start()
    (tmp_path / "kiosk.terminals").chmod(0o644)
    with pytest.raises(AssertionError, match="mode 0600"):
        k.start()


# ---- noted down offline -----------------------------------------------------------------------------------------

def now(client):
    """The daemon's clock: its newest code is good from the minute that it shows."""
    return getattr(client.ask("onsite_code", onsite_code=wire_pb2.OnsiteCodeQuery(place="B-0417")), "from")


def noted(client, device, type="REPORTED", by="reporter", at=None, **fields):
    data = fields.pop("data", {"category": "water", "class": "SERIOUS", "place": "B-0417", "text": "water leaks 漏水"} if type == "REPORTED" else {})
    e = client.event(type, source=fields.pop("source", "kiosk"), id=fields.pop("id", f"{device.name}:{device.seq + 1}"), by=by,
                     proof=fields.pop("proof", event_pb2.DEVICE_SIGNED), t_occ=at or now(client), data=data, **fields)
    return device.sign(e)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def upload(kiosk, *events, reporter=None):
    items = [{"event": e if isinstance(e, str) else base64.b64encode(e).decode(), **({"reporter": reporter} if reporter else {})} for e in events]
    a = kiosk.post("offline", {"events": items}, headers=bearer(DEVICE))
    assert a.status == 200, a
    return a.json["replies"]


def test_a_report_that_was_written_without_a_connection_comes_later_once(kiosk, client, device):
    at = now(client) - 1_800_000
    report = noted(client, device, at=at)
    (first,), (again,) = upload(kiosk, report, reporter={"phone": "13912345678"}), upload(kiosk, report, reporter={"phone": "13912345678"})
    assert (first["status"], again["status"]) == (201, 200)
    assert first["body"]["number"] == "CL-1" == again["body"]["number"] and first["body"]["secret"] == again["body"]["secret"]
    view = client.case(1).view
    assert (view.t0, view.state, view.where.building) == (at, "DISPATCHED", "B-0417") and view.callback_ref
    assert kiosk.post("status", {"number": "CL-1", "secret": first["body"]["secret"]}).status == 200


def test_what_a_basement_kept_back_counts_from_its_signed_time(kiosk, client, device):
    """In the wrong order: as if it had come in the right one."""
    numbers = [kiosk.report().json["number"][3:], kiosk.report(text="another one").json["number"][3:]]
    told = []
    for number in map(int, numbers):
        client.publish(client.event("HELD", by="holder:P-07/li", case_number=number))
        at = client.case(number).view.held_since
        steps = [noted(client, device, "ARRIVED", "holder:P-07/li", at + 1, case_number=number),
                 noted(client, device, "WORK_STARTED", "holder:P-07/li", at + 2, case_number=number)]
        wait_until(lambda at=at: time.time() * 1000 > at + 2)  # or a quick machine brings them before their own time
        replies = upload(kiosk, *(steps if number == 1 else reversed(steps)))
        assert [r["status"] for r in replies] == [200, 200], replies
        view = client.case(number).view
        arrive = next(c for c in view.clocks if c.clock == "K_ARRIVE")
        told.append((view.state, arrive.change, arrive.met))
    assert told[0] == told[1] and told[0][2]


@pytest.mark.parametrize("change, code", [
    (lambda c, d: noted(c, Device("T-9999", "P-07")), "DEVICE_UNKNOWN"),
    (lambda c, d: noted(c, Device("T-0417", "P-07")), "DEVICE_SIGNATURE"),
    (lambda c, d: noted(c, d)[:-66], "DEVICE_SIGNATURE"),
    (lambda c, d: noted(c, d).replace(b"water", b"fires"), "DEVICE_SIGNATURE"),
    (lambda c, d: noted(c, d, source="hotline-12345"), "FOREIGN_SOURCE"),
    (lambda c, d: noted(c, d, id="T-1:1"), "FOREIGN_ID"),
    (lambda c, d: noted(c, d, proof=event_pb2.CLAIM), "DEVICE_NO_NUMBER"),
    (lambda c, d: b"\xff\xff\xff", "UNDECODABLE"),
    (lambda c, d: "no base 64!", "UNDECODABLE"),
    (lambda c, d: d.sign_bytes(nested_event(b"", 20_000)), "UNDECODABLE"),
], ids=["unknown", "another-key", "unsigned", "changed", "source", "id", "claim", "bytes", "base64", "deep"])
def test_nobody_else_speaks_in_its_name(kiosk, client, device, change, code):
    bad, good = upload(kiosk, change(client, device), noted(client, device, device_seq=77, id="T-0417:77"))
    assert (bad["status"], bad["body"]["code"], good["status"]) == (422, code, 201)
    assert len(client.ask("list", list=wire_pb2.ListQuery(closed=True)).cases) == 1


def test_whoever_follows_the_journal_cannot_bring_it_once_more(kiosk, client, device):
    """The signed bytes stand in the journal; the answer to them holds the secret, and tells a right telephone number from a wrong one."""
    report = noted(client, device)
    (first,) = upload(kiosk, report, reporter={"phone": "13912345678"})
    seen = next(journal_pb2.Entry.FromString(h) for h in client.case(1, history=True).history).event
    assert seen == report
    items = [{"event": base64.b64encode(seen).decode(), "reporter": {"phone": "13912345678"}}]
    for token, code in ((None, "NO_TOKEN"), ("x" * 32, "BAD_TOKEN"), (HALL, "NO_RIGHT")):
        a = kiosk.post("offline", {"events": items}, headers=bearer(token) if token else {})
        assert a.status in (401, 403) and a.json["code"] == code and first["body"]["secret"] not in a.body.decode()


@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": "x"}, {"events": [{"event": "AA=="}] * 101}])
def test_an_upload_is_a_list(kiosk, body):
    assert (a := kiosk.post("offline", body, headers=bearer(DEVICE))).status == 422 and a.json["code"] == "BAD_FIELD"


# ---- with keys --------------------------------------------------------------------------------------------------

def test_the_role_of_a_kiosk_is_enough_and_no_more(registry, make_daemon, tmp_path, device):
    (tmp_path / "onsite.key").write_bytes(KEY)
    (tmp_path / "onsite.key").chmod(0o600)
    registry.new("kiosk", "kiosk", "city")
    d = make_daemon(settings={"keys": registry.keys, "evidence": {"onsite_key_file": tmp_path / "onsite.key"}})
    registry.daemon = d
    kiosk = Kiosk(tmp_path, d.doors["intake"], d.doors.get("feed") or d.doors["intake"], known(tmp_path, device))
    text = kiosk.config.read_text().replace("daemon: {", f"daemon: {{key_file: '{tmp_path}/kiosk.key', ")
    kiosk.config.write_text(text)
    kiosk.start()
    try:
        first = kiosk.report(phone="13912345678")
        assert first.status == 201, first
        assert kiosk.post("status", {k: first.json[k] for k in ("number", "secret")}).status == 200
        assert ask_code(kiosk).status == 200
        assert kiosk.post("withdraw", {k: first.json[k] for k in ("number", "secret")}).status == 200
        with registry.client(d, "desk-p07") as company:
            signed = noted(company, device, "HELD", "holder:P-07/li", at=1_700_000_000_000, case_number=1)
        assert upload(kiosk, signed)[0]["body"]["code"] in ("FOREIGN_PARTY", "NO_RIGHT"), "it speaks for reporters only"
    finally:
        kiosk.end()
