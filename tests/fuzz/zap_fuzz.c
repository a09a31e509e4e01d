/* Questions to the doorkeeper: frames of any number and shape. Only a complete one with a key in
 * force, for a door that this key may use, is ever answered with 200, and no other answer tells
 * more than that it was refused. Input: for each frame a byte with its length, then its bytes. */
#include "config/access/access.h"
#include "fuzz.h"
#include "service/locks/zap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAMES = 12, ZAP_QUESTION = 7, AT_DOMAIN = 2, AT_MECHANISM = 5, AT_KEY = 6 };

static struct hx_access *make_access(void)
{
    static const char rows[] = "principal,role,areas,sources,tenant,public_key,state\n"
                               "desk,company,P-07,,,%064x,active\n"
                               "gone,company,P-07,,,%064x,revoked\n"
                               "board,supervisor,city,,,%064x,active\n";
    char path[] = "/tmp/hx-zap-XXXXXX";
    struct hx_problem problem = {""};
    struct hx_access *access = NULL;
    FILE *f = fdopen(mkstemp(path), "w");
    if (!f)
        abort();
    fprintf(f, rows, 1, 2, 3);
    fclose(f);
    if (hx_access_load(path, HX_SOURCE_DIR "/config/roles.yaml", NULL, &access, &problem))
        abort();
    unlink(path);
    return access;
}

static bool is(const struct zap_frame *f, const char *text)
{
    return f->size == strlen(text) && memcmp(f->data, text, f->size) == 0;
}

/* The last byte of the only keys that there are; 0 for any other. */
static int key_of(const struct zap_frame *f)
{
    static const uint8_t zeros[31];
    if (f->size != 32 || memcmp(f->data, zeros, sizeof zeros) != 0)
        return 0;
    return ((const uint8_t *)f->data)[31];
}

static bool right(const struct zap_frame *f, size_t n)
{
    if (n != ZAP_QUESTION || !is(&f[0], "1.0") || !is(&f[AT_MECHANISM], "CURVE"))
        return false;
    int key = key_of(&f[AT_KEY]);
    return (is(&f[AT_DOMAIN], ZAP_DOMAIN_DOOR) && (key == 1 || key == 3)) ||
           (is(&f[AT_DOMAIN], ZAP_DOMAIN_STREAM) && key == 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hx_access *access;
    struct zap_frame frames[FRAMES];
    size_t n = 0;
    if (!access)
        access = make_access();
    for (size_t at = 0; at < size && n < FRAMES; n++) {
        size_t length = data[at++];
        if (length > size - at)
            length = size - at;
        frames[n] = (struct zap_frame){data + at, length};
        at += length;
    }
    struct zap_verdict v = zap_judge(access, frames, n);
    bool admitted = strcmp(v.status, "200") == 0;
    if (admitted != right(frames, n) || admitted != (strlen(v.user) == ZAP_USER - 1))
        abort();
    if (!admitted && (strcmp(v.text, "refused") != 0 || v.user[0]))
        abort();
    return 0;
}
