"""The tools themselves: without these, a picture of a Chinese page would prove nothing."""


def ink(page, sign):
    """The pixels of one character."""
    return page.evaluate("""sign => {
        const c = document.createElement('canvas').getContext('2d');
        c.font = '40px sans-serif';
        c.fillText(sign, 4, 44);
        return Array.from(c.getImageData(0, 0, 60, 60).data).join();
    }""", sign)


def test_chinese_characters_have_a_shape(page, picture):
    page.set_content("<h1>红心物业 54321</h1>")
    unknown = ink(page, "\U0010fffd")  # a character that no font has: the box
    shapes = {ink(page, sign) for sign in "红心物业居民投诉"}
    assert len(shapes) == 8 and unknown not in shapes
    picture(page, "chinese")


def test_the_real_daemon_is_there_too(daemon):
    with daemon.client() as client:
        assert client.report(place="B-0417").case_number == 1
