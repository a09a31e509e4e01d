"""Pictures as residents send them, and as somebody else might."""
import io
import struct
import zlib

from PIL import Image


def photo(width=320, height=200, kind="JPEG", **more):
    """Red on the left, blue on the right, so that a turned one is seen."""
    image = Image.new("RGB", (width, height), (200, 20, 30))
    image.paste((20, 30, 200), (width // 2, 0, width, height))
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def exif(orientation=1, where=True):
    e = Image.Exif()
    e[0x0112] = orientation
    e[0x010F] = "SecretMaker"
    if where:
        e.get_ifd(0x8825).update({1: "N", 2: (36.0, 2.0, 38.0)})
    return e.tobytes()


def opened(data):
    return Image.open(io.BytesIO(data))


def corners(data):
    """What stands left above and right below: "red" or "blue"."""
    image = opened(data).convert("RGB")
    name = lambda p: "red" if p[0] > p[2] else "blue"
    return name(image.getpixel((3, 3))), name(image.getpixel((image.width - 4, image.height - 4)))


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(width=30000, height=30000):
    """A few kilobytes that say they are 900 million pixels, and are."""
    line = zlib.compressobj(9)
    packed = line.compress(b"\0" * (width // 8 * 64)) + line.flush()
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)) + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")


def jpeg_lie(data, width=65000, height=65000):
    """The same file with another size in its header."""
    at = next(i for i in range(2, len(data)) if data[i] == 0xFF and data[i + 1] in (0xC0, 0xC2))
    return data[:at + 5] + struct.pack(">HH", height, width) + data[at + 9:]
