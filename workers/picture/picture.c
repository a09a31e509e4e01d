#include "picture/picture.h"

#include <stdio.h> /* jpeglib.h needs it before */

#include <jpeglib.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUALITY = 85,
    SCANS_MAX = 64, /* of a progressive JPEG: more are work without a picture */
    DECODER_BYTES = 384 << 20,
};

struct image {
    uint8_t *rgb; /* three bytes for each pixel, row by row */
    uint32_t width, height;
};

static uint8_t *room_for(uint32_t width, uint32_t height)
{
    return width && height ? calloc((size_t)width * height, 3) : NULL;
}

/* ---- JPEG in ---- */

struct fault {
    struct jpeg_error_mgr manager;
    struct jpeg_progress_mgr progress;
    jmp_buf back;
};

static void on_fault(j_common_ptr c)
{
    struct fault *f = (struct fault *)c->err;
    longjmp(f->back, 1);
}

static void say_nothing(j_common_ptr c, int level)
{
    (void)c;
    (void)level;
}

static void count_scans(j_common_ptr c)
{
    if (((j_decompress_ptr)c)->input_scan_number > SCANS_MAX)
        on_fault(c);
}

static void begin_faults(struct fault *f, j_common_ptr c)
{
    c->err = jpeg_std_error(&f->manager);
    f->manager.error_exit = on_fault;
    f->manager.emit_message = say_nothing;
}

/* The least part of eighths in which the longer edge fits, or all of it. */
static void choose_scale(struct jpeg_decompress_struct *d, uint32_t edge)
{
    uint32_t longer = d->image_width > d->image_height ? d->image_width : d->image_height;
    d->scale_denom = 8;
    d->scale_num = 8;
    while (d->scale_num > 1 && ((uint64_t)longer * d->scale_num + 7) / 8 > edge)
        d->scale_num--;
}

static int read_rows(struct jpeg_decompress_struct *d, struct image *out)
{
    jpeg_start_decompress(d);
    out->width = d->output_width;
    out->height = d->output_height;
    out->rgb = room_for(out->width, out->height);
    if (!out->rgb)
        return HX_NOMEM;
    while (d->output_scanline < d->output_height) {
        JSAMPROW row = out->rgb + (size_t)d->output_scanline * out->width * 3;
        jpeg_read_scanlines(d, &row, 1);
    }
    jpeg_finish_decompress(d);
    return HX_OK;
}

static int jpeg_in(const uint8_t *bytes, size_t size, uint32_t edge, struct image *out)
{
    struct jpeg_decompress_struct d = {0};
    struct fault fault = {.progress = {.progress_monitor = count_scans}};
    volatile int rc = HX_INVALID;
    begin_faults(&fault, (j_common_ptr)&d);
    if (setjmp(fault.back) == 0) {
        jpeg_create_decompress(&d);
        d.mem->max_memory_to_use = DECODER_BYTES;
        d.progress = &fault.progress;
        jpeg_mem_src(&d, bytes, size);
        jpeg_read_header(&d, TRUE);
        d.out_color_space = JCS_RGB;
        choose_scale(&d, edge);
        rc = read_rows(&d, out);
    }
    jpeg_destroy_decompress(&d);
    return rc;
}

/* ---- PNG in ---- */

static int png_in(const uint8_t *bytes, size_t size, struct image *out)
{
    static const png_color white = {255, 255, 255}; /* behind what one can see through */
    png_image p = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&p, bytes, size))
        return HX_INVALID;
    p.format = PNG_FORMAT_RGB;
    out->width = p.width;
    out->height = p.height;
    out->rgb = room_for(p.width, p.height);
    int rc = out->rgb ? HX_OK : HX_NOMEM;
    if (!rc && !png_image_finish_read(&p, &white, out->rgb, 0, NULL))
        rc = HX_INVALID;
    png_image_free(&p);
    return rc;
}

/* ---- smaller, upright ---- */

/* Each pixel is the mean of `by` times `by`. */
static void shrink(struct image *m, uint32_t by)
{
    uint32_t width = m->width / by, height = m->height / by;
    uint8_t *to = m->rgb; /* never ahead of what is still to be read */
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < 3 * width; x++) {
            uint64_t sum = 0;
            size_t column = (size_t)x / 3 * by * 3 + x % 3;
            for (uint32_t i = 0; i < by; i++)
                for (uint32_t k = 0; k < by; k++)
                    sum += m->rgb[((size_t)y * by + i) * m->width * 3 + column + (size_t)k * 3];
            *to++ = (uint8_t)(sum / by / by);
        }
    m->width = width;
    m->height = height;
}

static void fit(struct image *m, uint32_t edge)
{
    uint32_t longer = m->width > m->height ? m->width : m->height,
             shorter = m->width > m->height ? m->height : m->width;
    uint32_t by = (longer + edge - 1) / edge;
    by = by > shorter ? shorter : by; /* a stripe stays one */
    if (by > 1)
        shrink(m, by);
}

/* Where the pixel of the upright picture at x, y lies in the one that is turned. */
static size_t source_of(const struct image *m, unsigned turn, uint32_t x, uint32_t y)
{
    uint32_t w = m->width - 1, h = m->height - 1;
    const uint32_t column[] = {0, x, w - x, w - x, x, y, y, w - y, w - y},
                   row[] = {0, y, y, h - y, h - y, x, h - x, h - x, x};
    return ((size_t)row[turn] * m->width + column[turn]) * 3;
}

static int turn_upright(struct image *m, unsigned turn)
{
    bool lies = turn >= 5;
    struct image to = {.width = lies ? m->height : m->width, .height = lies ? m->width : m->height};
    if (turn <= 1)
        return HX_OK;
    to.rgb = room_for(to.width, to.height);
    if (!to.rgb)
        return HX_NOMEM;
    uint8_t *p = to.rgb;
    for (uint32_t y = 0; y < to.height; y++)
        for (uint32_t x = 0; x < to.width; x++, p += 3)
            memcpy(p, m->rgb + source_of(m, turn, x, y), 3);
    free(m->rgb);
    *m = to;
    return HX_OK;
}

/* ---- JPEG out ---- */

struct made {
    unsigned char *bytes;
    unsigned long size;
};

static int jpeg_out(const struct image *m, struct made *out)
{
    struct jpeg_compress_struct c = {0};
    struct fault fault;
    volatile int rc = HX_NOMEM;
    begin_faults(&fault, (j_common_ptr)&c);
    if (setjmp(fault.back) == 0) {
        jpeg_create_compress(&c);
        jpeg_mem_dest(&c, &out->bytes, &out->size);
        c.image_width = m->width;
        c.image_height = m->height;
        c.input_components = 3;
        c.in_color_space = JCS_RGB;
        jpeg_set_defaults(&c);
        jpeg_set_quality(&c, QUALITY, TRUE);
        jpeg_start_compress(&c, TRUE);
        while (c.next_scanline < c.image_height) {
            JSAMPROW row = m->rgb + (size_t)c.next_scanline * m->width * 3;
            jpeg_write_scanlines(&c, &row, 1);
        }
        jpeg_finish_compress(&c);
        rc = HX_OK;
    }
    jpeg_destroy_compress(&c);
    return rc;
}

int picture_remake(const uint8_t *bytes, size_t size, const struct picture_limits *limits,
                   uint8_t **out, size_t *out_size)
{
    struct picture_head head;
    struct image m = {0};
    struct made made = {0};
    int rc = picture_look(bytes, size, &head);
    if (rc)
        return rc;
    if (!picture_fits(&head, limits))
        return HX_TOOBIG;
    rc = head.kind == PICTURE_JPEG ? jpeg_in(bytes, size, limits->edge, &m)
                                   : png_in(bytes, size, &m);
    if (!rc) {
        fit(&m, limits->edge);
        rc = turn_upright(&m, head.turn);
    }
    if (!rc)
        rc = jpeg_out(&m, &made);
    free(m.rgb);
    if (rc)
        free(made.bytes);
    *out = rc ? NULL : made.bytes;
    *out_size = rc ? 0 : made.size;
    return rc;
}
