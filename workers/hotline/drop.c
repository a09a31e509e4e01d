#include "hotline/drop.h"

#include "base/file_watch.h"
#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "door/reply.h"
#include "door/settings.h"
#include "hongxin/code.h"
#include "hongxin/instant.h"
#include "hotline/publish.h"
#include "hotline/rejects.h"
#include "http/figures.h"
#include "mapping/csvfile.h"
#include "mapping/mapping.h"
#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DROP_RANGE(initial) ((struct settings_range){(initial), 100, HX_HOUR})

enum { AT_ONCE = 512, ROWS_PER_TURN = 64, PATH_BYTES = 1024, NAME_BYTES = 256 };
enum { NAME_MOST = 240 }; /* of a table: names beside it are longer */

struct drop {
    struct hotline *hotline;
    struct drops *all; /* whose figures are those of all folders */
    const struct drop_folder *settings;
    const struct mapping *mapping; /* the hotline's */
    void *converter;               /* of its encoding, held */
    struct event *timer, *again;
    /* the file that is being read */
    char name[NAME_BYTES]; /* "": none */
    struct stat seen;      /* as it was when it was opened */
    struct csv_file *file;
    struct map_binding binding;
    struct hx_arena arena; /* of the row that is being read */
    FILE *rejects;         /* NULL: none yet */
    bool ended, failed;
    unsigned under_way;
    uint64_t taken, rejected;
};

struct drops {
    size_t n;
    struct drop all[DROPS_MAX];
    uint64_t files, rows, rejected, refused_files;
};

/* ---- configuration ---- */

void drop_settings_read(struct yaml_doc *doc, yaml_node_t *list, struct drop_settings *s)
{
    yaml_node_t *map;
    *s = (struct drop_settings){0};
    for (size_t i = 0; (map = yaml_doc_item(doc, list, i)) != NULL; i++) {
        struct drop_folder *d = &s->all[i];
        if (i == DROPS_MAX) {
            yaml_doc_fault(doc, map, "more than %d drops", DROPS_MAX);
            return;
        }
        yaml_doc_only(doc, map, "folder mapping source interval settle");
        settings_path(doc, map, "folder", "", d->folder, sizeof d->folder);
        settings_path(doc, map, "mapping", "mappings/12345.yaml", d->mapping, sizeof d->mapping);
        yaml_doc_need(doc, map, "source", d->source, sizeof d->source);
        if (!*d->folder)
            yaml_doc_fault(doc, map, "folder is missing");
        d->interval_ms = settings_duration(doc, map, "interval", DROP_RANGE(5 * HX_SECOND));
        d->settle_ms = settings_duration(doc, map, "settle", DROP_RANGE(2 * HX_SECOND));
        s->n = i + 1;
    }
}

/* ---- paths ---- */

static void path_of(const struct drop *d, const char *below, const char *name, const char *suffix,
                    char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%s/%s%s%s", d->settings->folder, below, name, suffix);
}

/* A name that is taken already gets the time behind it. */
static void move(const struct drop *d, const char *below)
{
    char from[PATH_BYTES], to[PATH_BYTES], name[NAME_BYTES], suffix[40] = "";
    path_of(d, "", d->name, "", from);
    path_of(d, below, d->name, "", to);
    if (access(to, F_OK) == 0) {
        snprintf(name, sizeof name, "%.*s", NAME_MOST, d->name);
        snprintf(suffix, sizeof suffix, ".%lld", (long long)time(NULL));
        path_of(d, below, name, suffix, to);
    }
    if (rename(from, to) != 0)
        hx_log_errno(HX_LOG_ERROR, "event=drop_cannot_move file=\"%s\"", d->name);
}

static void reject(struct drop *d, const struct rejects_row *row, const char *reason)
{
    char path[PATH_BYTES];
    d->rejected++;
    d->all->rejected++;
    path_of(d, "rejects/.", d->name, ".part", path);
    d->failed = d->failed || !rejects_add(&d->rejects, path, row, reason);
}

/* ---- one file ---- */

static void forget_file(struct drop *d)
{
    csv_file_close(d->file);
    mapping_unbind(&d->binding);
    if (d->rejects)
        fclose(d->rejects);
    d->file = NULL;
    d->rejects = NULL;
    d->ended = d->failed = false;
    d->taken = d->rejected = 0;
    d->name[0] = '\0';
}

/* It stays where it is, and is read from its beginning. */
static void read_again(struct drop *d)
{
    hx_log(HX_LOG_ERROR, "event=drop_again file=\"%s\"", d->name);
    forget_file(d);
}

/* Whoever writes slowly, or goes on after a while, has written more than was read. */
static bool is_whole(const struct drop *d)
{
    char path[PATH_BYTES];
    struct stat now;
    path_of(d, "", d->name, "", path);
    return stat(path, &now) == 0 && hx_file_same(&now, &d->seen);
}

/* Every row is answered: the file has its place. */
static void finish_file(struct drop *d)
{
    char part[PATH_BYTES], whole[PATH_BYTES];
    if (!d->failed && !is_whole(d)) {
        hx_log(HX_LOG_WARN, "event=drop_changed file=\"%s\" \"it is read again\"", d->name);
        forget_file(d);
        return;
    }
    if (d->rejects && !d->failed) {
        path_of(d, "rejects/.", d->name, ".part", part);
        path_of(d, "rejects/", d->name, "", whole);
        d->failed = !rejects_finish(&d->rejects, part, whole);
    }
    if (d->failed) { /* not all of it could be read, or its rejects not be kept */
        read_again(d);
        return;
    }
    move(d, "done/");
    d->all->files++;
    hx_log(HX_LOG_INFO, "event=drop_done file=\"%s\" taken=%" PRIu64 " rejected=%" PRIu64, d->name,
           d->taken, d->rejected);
    forget_file(d);
}

static void refuse_file(struct drop *d, const char *reason)
{
    char path[PATH_BYTES];
    path_of(d, "rejects/", d->name, ".reason", path);
    rejects_reason(path, reason);
    move(d, "rejects/");
    d->all->refused_files++;
    hx_log(HX_LOG_ERROR, "event=drop_refused file=\"%s\" \"%s\"", d->name, reason);
    forget_file(d);
}

struct row {
    struct drop *drop;
    uint64_t line;
    size_t size;
    char text[];
};

static void work(struct drop *d);

static void on_outcome(void *arg, int err, const hxp_reply *reply)
{
    struct row *row = arg;
    struct drop *d = row->drop;
    char reason[512];
    d->under_way--;
    if (err == HX_CLOSED) {
        free(row);
        return; /* we are leaving: the file is read again */
    }
    d->all->rows++;
    if (err)
        hx_text_put(reason, sizeof reason, hx_strerror(err));
    else
        hx_code_line(reply->code, reply->message, reason, sizeof reason);
    if (!err && !reply_is_in_vain(reply))
        d->taken++;
    else
        reject(d, &(struct rejects_row){row->line, row->text, row->size}, reason);
    free(row);
    work(d);
}

static int start_row(struct drop *d, const struct csv_row *csv, const struct record *record)
{
    struct row *row = calloc(1, sizeof *row + csv->size + 1);
    hxp_event event = *record->event;
    if (!row)
        return HX_NOMEM;
    row->drop = d;
    row->line = csv->line;
    row->size = csv->size;
    memcpy(row->text, csv->text, csv->size);
    event.source = hx_text_field(d->settings->source);
    int rc = publish_start(d->hotline,
                           &(struct launch){&event, record->reporter, *event.case_ref != '\0'},
                           on_outcome, row);
    if (rc)
        free(row);
    else
        d->under_way++;
    return rc;
}

/* HX_OK: on its way, or rejected. */
static int take_row(struct drop *d, const struct csv_row *csv)
{
    char problem[RECORD_PROBLEM] = "";
    struct map_target target = {.arena = &d->arena};
    int rc = mapping_apply(&d->binding, csv, &target, problem);
    if (!rc)
        rc = start_row(d, csv, &target.record);
    hx_arena_reset(&d->arena);
    if (rc == HX_NOMEM || rc == HX_AGAIN || rc == HX_CLOSED)
        return rc;
    if (rc)
        reject(d, &(struct rejects_row){csv->line, csv->text, csv->size},
               *problem ? problem : hx_strerror(rc));
    return HX_OK;
}

/* Reads on as long as there is room for answers; the rest in the next turn of the loop. */
static void work(struct drop *d)
{
    static const struct timeval at_once = {0, 0};
    struct csv_row row;
    int rc = HX_OK;
    for (int i = 0; *d->name && !d->ended && rc == HX_OK && i < ROWS_PER_TURN; i++) {
        if (d->under_way >= AT_ONCE)
            return; /* the next answer goes on */
        rc = csv_file_next(d->file, &row);
        d->ended = rc != HX_OK;
        d->failed |= rc != HX_OK && rc != HX_NOTFOUND;
        if (rc == HX_OK && take_row(d, &row) != HX_OK)
            d->ended = d->failed = true; /* no room: it is read again from its beginning */
    }
    if (*d->name && d->ended && d->under_way == 0)
        finish_file(d);
    else if (*d->name && !d->ended)
        evtimer_add(d->again, &at_once);
}

/* ---- looking ---- */

static bool is_table(const struct drop *d, const char *name)
{
    char path[PATH_BYTES];
    struct stat st;
    size_t n = strlen(name);
    if (*name == '.' || n < 5 || n >= NAME_BYTES || strcasecmp(name + n - 4, ".csv") != 0)
        return false;
    path_of(d, "", name, "", path);
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    int64_t age = hx_wall_ms() - st.st_mtim.tv_sec * 1000 - st.st_mtim.tv_nsec / 1000000;
    return age >= (int64_t)d->settings->settle_ms || age < 0;
}

/* The first by name: who numbers his files has them in order. */
static void find_file(struct drop *d)
{
    DIR *dir = opendir(d->settings->folder);
    struct dirent *e;
    while (dir && (e = readdir(dir)) != NULL)
        if (is_table(d, e->d_name) && (!*d->name || strcmp(e->d_name, d->name) < 0))
            hx_text_put(d->name, sizeof d->name, e->d_name);
    if (dir)
        closedir(dir);
}

static const char *encoding_of(const struct drop *d)
{
    return d->mapping->encoding ? d->mapping->encoding : "auto";
}

static void begin_file(struct drop *d)
{
    const struct mapping *m = d->mapping;
    char path[PATH_BYTES], problem[MAPPING_PROBLEM] = "it cannot be read";
    struct csv_row heading;
    if (strlen(d->name) > NAME_MOST) {
        refuse_file(d, "its name is too long");
        return;
    }
    path_of(d, "rejects/.", d->name, ".part", path);
    unlink(path); /* of an attempt that did not end */
    path_of(d, "", d->name, "", path);
    if (stat(path, &d->seen) != 0) {
        forget_file(d); /* taken away again */
        return;
    }
    int rc =
        csv_file_open(path, encoding_of(d), m->delimiter ? *m->delimiter : ',', &d->file, problem);
    if (!rc && (rc = csv_file_next(d->file, &heading)) == HX_NOTFOUND)
        hx_text_put(problem, sizeof problem, "it is empty");
    if (!rc)
        rc = mapping_bind(m, &heading, &d->binding, problem);
    if (rc == HX_AGAIN || rc == HX_NOMEM)
        read_again(d); /* the machine has nothing left, and the table no fault */
    else if (rc)
        refuse_file(d, problem);
    else
        work(d);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct drop *d = arg;
    (void)fd;
    (void)what;
    if (*d->name)
        return; /* one at a time */
    find_file(d);
    if (*d->name)
        begin_file(d);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    work(arg);
}

/* ---- life ---- */

static int make_folder(const char *path, struct hx_problem *problem)
{
    if (mkdir(path, 0750) == 0 || errno == EEXIST)
        return HX_OK;
    return hx_problem_set(problem, "%s: %s", path, strerror(errno));
}

static int open_one(struct drop *d, struct event_base *base, struct hx_problem *problem)
{
    char path[PATH_BYTES];
    const uint64_t ms = d->settings->interval_ms;
    const struct timeval interval = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
    int rc = make_folder(d->settings->folder, problem);
    path_of(d, "done", "", "", path);
    if (!rc)
        rc = make_folder(path, problem);
    path_of(d, "rejects", "", "", path);
    if (!rc)
        rc = make_folder(path, problem);
    if (!rc && csv_converter_hold(encoding_of(d), &d->converter) != HX_OK)
        rc = hx_problem_set(problem, "%s: encoding %s is not known here", d->settings->mapping,
                            encoding_of(d));
    if (rc)
        return rc;
    d->timer = event_new(base, -1, EV_PERSIST, on_timer, d);
    d->again = evtimer_new(base, on_again, d);
    return d->timer && d->again && event_add(d->timer, &interval) == 0 ? HX_OK : HX_NOMEM;
}

int drops_open(struct hotline *h, struct event_base *base, struct drops **out,
               struct hx_problem *problem)
{
    struct drops *all = calloc(1, sizeof *all);
    int rc = all ? HX_OK : HX_NOMEM;
    for (size_t i = 0; !rc && i < h->settings.drops.n; i++) {
        struct drop *d = &all->all[i];
        d->hotline = h;
        d->all = all;
        d->settings = &h->settings.drops.all[i];
        d->mapping = h->drop_mappings[i];
        all->n = i + 1;
        rc = open_one(d, base, problem);
    }
    if (rc) {
        drops_close(all);
        return rc;
    }
    *out = all;
    return HX_OK;
}

void drops_close(struct drops *all)
{
    for (size_t i = 0; all && i < all->n; i++) {
        struct drop *d = &all->all[i];
        forget_file(d);
        hx_arena_fini(&d->arena);
        csv_converter_release(d->converter);
        if (d->timer)
            event_free(d->timer);
        if (d->again)
            event_free(d->again);
    }
    free(all);
}

void drops_figures(const struct drops *all, struct evbuffer *out)
{
    if (!all)
        return;
    const struct figure_row rows[] = {
        {"hotline_drop_files_total", "counter", "Tables read to their end.", all->files},
        {"hotline_drop_refused_files_total", "counter", "Tables that do not fit their mapping.",
         all->refused_files},
        {"hotline_drop_rows_total", "counter", "Rows answered by the daemon.", all->rows},
        {"hotline_drop_rejected_rows_total", "counter", "Rows that were not taken.", all->rejected},
    };
    figures_rows(out, "", rows, sizeof rows / sizeof *rows);
}
