"""Pictures of reports: kept under their hash, without anything but what is seen; and those that mean harm."""
import hashlib
import http.client
import pathlib
import socket

import pytest
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from pictures import corners, exif, jpeg_lie, opened, photo, png_bomb
from wire import TIMEOUT_S, wait_until


def evidence(client, number=1):
    """What the report of the case names."""
    answer = client.case(number, history=True)
    entry = journal_pb2.Entry.FromString(answer.history[0])
    return list(event_pb2.Event.FromString(entry.event).data.evidence)


def cases(client):
    return client.ask("list", list=wire_pb2.ListQuery(closed=True)).cases


def test_a_picture_is_kept_under_the_hash_that_the_event_names(kiosk, client):
    a = kiosk.form(photo(), photo(kind="PNG"))
    assert a.status == 201, a
    kept = kiosk.kept()
    assert len(kept) == 2 and all(hashlib.sha256(data).hexdigest() == name for name, data in kept.items())
    assert sorted(evidence(client)) == sorted("photo:" + name for name in kept)
    for data in kept.values():
        assert (opened(data).format, opened(data).size, corners(data)) == ("JPEG", (320, 200), ("red", "blue"))
    assert (kiosk.evidence.stat().st_mode & 0o077) == 0


def test_where_when_and_with_what_it_was_taken_is_removed(kiosk):
    sent = photo(exif=exif(), comment=b"by Li", icc_profile=b"a profile") + b"behind the end"
    assert b"SecretMaker" in sent
    assert kiosk.form(sent).status == 201
    (kept,) = kiosk.kept().values()
    for hidden in (b"SecretMaker", b"Exif", b"by Li", b"a profile", b"behind the end"):
        assert hidden not in kept
    assert not opened(kept).getexif() and opened(kept).info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


@pytest.mark.parametrize("orientation, size, seen", [
    (1, (320, 200), ("red", "blue")), (2, (320, 200), ("blue", "red")), (3, (320, 200), ("blue", "red")), (4, (320, 200), ("red", "blue")),
    (5, (200, 320), ("red", "blue")), (6, (200, 320), ("red", "blue")), (7, (200, 320), ("blue", "red")), (8, (200, 320), ("blue", "red"))])
def test_it_stands_upright_without_its_exif(kiosk, orientation, size, seen):
    assert kiosk.form(photo(exif=exif(orientation))).status == 201
    (kept,) = kiosk.kept().values()
    assert (opened(kept).size, corners(kept)) == (size, seen)


def test_a_large_one_is_made_smaller(kiosk):
    assert kiosk.form(photo(5000, 3000), photo(5000, 3000, "PNG"), photo(4100, 300, progressive=True)).status == 201
    sizes = sorted(opened(data).size for data in kiosk.kept().values())
    assert all(max(size) <= 2048 and max(size) > 1000 for size in sizes) and all(corners(data) == ("red", "blue") for data in kiosk.kept().values())


def test_the_same_report_again_is_the_same_with_its_pictures(kiosk, client):
    pictures = [photo(), photo(400, 300, "PNG")]
    first, again = kiosk.form(*pictures, key="with-two-pictures"), kiosk.form(*pictures, key="with-two-pictures")
    assert (first.status, again.status, again.json["secret"]) == (201, 200, first.json["secret"])
    assert len(cases(client)) == 1 and len(kiosk.kept()) == 2


def test_what_a_refused_report_has_brought_is_gone_unless_another_needs_it(kiosk, client):
    assert kiosk.form(photo(), place="B-9999").json["code"] == "UNKNOWN_PLACE"
    assert not kiosk.kept()
    assert kiosk.form(photo()).status == 201
    assert kiosk.form(photo(), photo(64, 64), place="B-9999").json["code"] == "UNKNOWN_PLACE"
    assert {"photo:" + name for name in kiosk.kept()} == set(evidence(client))


def test_what_a_kill_left_half_written_is_removed(kiosk):
    kiosk.form(photo())
    kiosk.kill()
    (kiosk.evidence / ".draft-Ab12Cd").write_bytes(photo()[:100])
    kiosk.start()
    assert [f.suffix for f in kiosk.evidence.iterdir()] == [".jpg"]


def test_who_may_read_them(make_kiosk, tmp_path):
    (tmp_path / "terminals").write_text(f"terminals:\n  - {{name: board, token: {'b' * 32}, may: [pictures]}}\n"
                                        f"  - {{name: hall, place: B-0417, token: {'h' * 32}, may: [onsite]}}\n")
    (tmp_path / "terminals").chmod(0o600)
    kiosk = make_kiosk("terminals: terminals\n")
    kiosk.form(photo())
    ((name, kept),) = kiosk.kept().items()
    read = lambda token, name=name: kiosk.get(f"/kiosk/v1/pictures/{name}", headers={"Authorization": f"Bearer {token}"} if token else {})
    assert (read("b" * 32).status, read("b" * 32).body) == (200, kept)
    assert [read(token).status for token in ("", "x" * 32, "h" * 32)] == [401, 401, 403]
    assert [read("b" * 32, other).status for other in ("0" * 64, "..%2fkiosk.yaml", name.upper())] == [404, 400, 404]


# ---- bad input --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("picture, status, code", [
    (png_bomb(), 422, "TOO_MANY_PIXELS"),
    (jpeg_lie(photo()), 422, "TOO_MANY_PIXELS"),
    (jpeg_lie(photo(), 4000, 4000)[:400], 422, "BAD_PICTURE"),
    (photo(kind="PNG")[:300], 422, "BAD_PICTURE"),
    (b"", 415, "NOT_A_PICTURE"),
    (b"GIF89a" + bytes(100), 415, "NOT_A_PICTURE"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 415, "NOT_A_PICTURE"),
    (photo()[:20], 415, "NOT_A_PICTURE"),
    (photo(kind="PNG") + bytes(6 << 20), 413, "PICTURE_TOO_LARGE"),
], ids=["png-bomb", "jpeg-bomb", "jpeg-cut", "png-cut", "empty", "gif", "svg", "no-size", "bytes"])
def test_a_bad_picture_is_refused_by_name_and_nothing_is_kept(kiosk, client, picture, status, code):
    a = kiosk.form(photo(64, 64), picture)
    assert (a.status, a.json["code"]) == (status, code), a
    assert not kiosk.kept() and not cases(client)
    assert kiosk.form(photo()).status == 201, "the next one is taken"


def test_a_picture_that_takes_too_long_is_given_up(make_kiosk, client, tmp_path):
    kiosk = make_kiosk(f"evidence: {{folder: '{tmp_path}/evidence', picture_time: 10ms}}\n")
    a = kiosk.form(photo(4000, 6000, progressive=True))
    assert (a.status, a.json["code"]) == (422, "PICTURE_TOO_SLOW"), a
    assert not kiosk.kept() and not cases(client)
    children = pathlib.Path(f"/proc/{kiosk.process.pid}/task/{kiosk.process.pid}/children")
    wait_until(lambda: not children.read_text())  # it is ended after the answer
    assert kiosk.report().status == 201


def test_more_pictures_than_one_report_may_bring(kiosk):
    a = kiosk.form(*[photo()] * 4)
    assert (a.status, a.json["code"]) == (422, "TOO_MANY_PICTURES")


@pytest.mark.parametrize("body, type", [
    (b"", "multipart/form-data; boundary=b"),
    (b"--b--\r\nmore", "multipart/form-data; boundary=b"),
    (b"--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nno end", "multipart/form-data; boundary=b"),
    (b"--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--b--\r\n", "multipart/form-data"),
    (b"--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=\"b"),
    (b"--b\r\nContent-Disposition: attachment; name=\"text\"\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    (b"--b\r\nX-Other: 1\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    (b"--b\r\nContent-Disposition: form-data; name=\"" + b"n" * 600 + b"\"\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    (b"".join(b"--b\r\nContent-Disposition: form-data; name=\"f%d\"\r\n\r\nx\r\n" % i for i in range(50)) + b"--b--\r\n", "multipart/form-data; boundary=b"),
], ids=["empty", "behind-the-end", "no-end", "no-boundary", "open-quote", "attachment", "header", "long", "many"])
def test_what_is_no_form_is_refused(kiosk, client, body, type):
    a = kiosk.post("reports", body, headers={"Content-Type": type})
    assert (a.status, a.json["code"]) == (400, "BAD_FORM"), a
    assert not cases(client)


@pytest.mark.parametrize("fields, code", [({"text": b"\xff\xfe"}, "BAD_FIELD"), ({"confidential": "perhaps"}, "BAD_FIELD"),
                                          ({"position": "[1"}, "BAD_FIELD"), ({"colour": "red"}, "UNKNOWN_FIELD")])
def test_a_wrong_field_of_a_form_is_named(kiosk, fields, code):
    assert kiosk.form(photo(), **fields).json["code"] == code
    assert kiosk.form(confidential="true", position="[114.46, 36.04]").status == 201


def test_a_body_above_the_limit_is_not_read(kiosk):
    with socket.create_connection(("127.0.0.1", kiosk.port()), timeout=TIMEOUT_S) as s:
        s.sendall(b"POST /kiosk/v1/reports HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
        assert s.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_an_upload_that_trickles_in_ends_by_its_deadline(make_kiosk):
    kiosk = make_kiosk("limits: {request_ms: 300}\n")
    with socket.create_connection(("127.0.0.1", kiosk.port()), timeout=TIMEOUT_S) as s:
        s.sendall(b"POST /kiosk/v1/reports HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n--b\r\n")
        assert s.recv(4096).startswith(b"HTTP/1.1 408 ")

    def taken():
        try:
            return kiosk.form(photo(32, 32)).status == 201
        except (OSError, http.client.HTTPException):  # on a slow machine the deadline may meet one of ours
            return False

    wait_until(taken)


def test_a_full_disk_promises_nothing(kiosk, client):
    kiosk.form(photo())
    kiosk.evidence.rename(kiosk.folder / "away")
    a = kiosk.form(photo(80, 80))
    assert a.status == 503 and len(cases(client)) == 1
    (kiosk.folder / "away").rename(kiosk.evidence)
    assert kiosk.form(photo(80, 80)).status == 201
