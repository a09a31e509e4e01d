/* The headers of pictures. Every length in them is a stranger's word. */
#include "picture/picture.h"

#include <string.h>

struct bytes {
    const uint8_t *at, *end;
};

static size_t left(const struct bytes *b)
{
    return (size_t)(b->end - b->at);
}

static uint32_t big(const uint8_t *p, size_t n)
{
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* ---- EXIF: which way up ---- */

/* A number of a TIFF, whose first letters say in which order its bytes stand. */
static uint32_t tiff_number(const uint8_t *tiff, const uint8_t *p, size_t n)
{
    uint32_t v = 0;
    if (*tiff == 'M')
        return big(p, n);
    for (size_t i = n; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/* The tag 0x0112 of the first folder; 1 when there is none, or a wrong one. */
static unsigned exif_turn(const uint8_t *segment, size_t size)
{
    static const char mark[] = "Exif\0"; /* and a second NUL, the array's own */
    if (size < 6 + 8 || memcmp(segment, mark, 6) != 0)
        return 1;
    const uint8_t *tiff = segment + 6;
    size -= 6;
    if (memcmp(tiff, "II*\0", 4) != 0 && memcmp(tiff, "MM\0*", 4) != 0)
        return 1;
    size_t at = tiff_number(tiff, tiff + 4, 4);
    if (at > size || size - at < 2)
        return 1;
    size_t n = tiff_number(tiff, tiff + at, 2), room = (size - at - 2) / 12;
    for (size_t i = 0; i < n && i < room; i++) {
        const uint8_t *entry = tiff + at + 2 + 12 * i;
        unsigned turn = tiff_number(tiff, entry + 8, 2);
        if (tiff_number(tiff, entry, 2) == 0x0112)
            return turn >= 1 && turn <= 8 ? turn : 1;
    }
    return 1;
}

/* ---- JPEG ---- */

/* Markers that begin a frame and tell its size: SOF0 to SOF15 without DHT, JPG and DAC. */
static int begins_frame(unsigned marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static int jpeg_frame(const uint8_t *segment, size_t size, struct picture_head *out)
{
    if (size < 6)
        return HX_INVALID;
    out->height = big(segment + 1, 2);
    out->width = big(segment + 3, 2);
    return out->width && out->height ? HX_OK : HX_INVALID;
}

static int jpeg_look(struct bytes b, struct picture_head *out)
{
    out->kind = PICTURE_JPEG;
    b.at += 2;
    while (left(&b) >= 4 && b.at[0] == 0xff) {
        unsigned marker = b.at[1];
        if (marker == 0xff) { /* filling */
            b.at++;
            continue;
        }
        size_t size = big(b.at + 2, 2);
        if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xda) || size < 2 || size > left(&b) - 2)
            return HX_INVALID;
        const uint8_t *segment = b.at + 4;
        if (begins_frame(marker))
            return jpeg_frame(segment, size - 2, out);
        if (marker == 0xe1 && out->turn == 1)
            out->turn = exif_turn(segment, size - 2);
        b.at += 2 + size;
    }
    return HX_INVALID;
}

/* ---- PNG ---- */

static const uint8_t png_signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

static int png_look(struct bytes b, struct picture_head *out)
{
    static const uint8_t head[] = {0, 0, 0, 13, 'I', 'H', 'D', 'R'};
    out->kind = PICTURE_PNG;
    b.at += sizeof png_signature;
    if (left(&b) < sizeof head + 13 || memcmp(b.at, head, sizeof head) != 0)
        return HX_INVALID;
    out->width = big(b.at + 8, 4);
    out->height = big(b.at + 12, 4);
    return out->width && out->height && out->width <= INT32_MAX && out->height <= INT32_MAX
               ? HX_OK
               : HX_INVALID;
}

int picture_look(const uint8_t *bytes, size_t size, struct picture_head *out)
{
    struct bytes b = {bytes, bytes + size};
    *out = (struct picture_head){.turn = 1};
    if (size >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff)
        return jpeg_look(b, out);
    if (size >= sizeof png_signature && memcmp(bytes, png_signature, sizeof png_signature) == 0)
        return png_look(b, out);
    return HX_INVALID;
}

bool picture_fits(const struct picture_head *head, const struct picture_limits *limits)
{
    return head->width <= PICTURE_EDGE_MAX && head->height <= PICTURE_EDGE_MAX &&
           (uint64_t)head->width * head->height <= limits->pixels;
}
