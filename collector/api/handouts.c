// SPDX-License-Identifier: Apache-2.0
/* Files read at the start, and the table of Tor's authorities as JSON. */
#include "collector/api/handouts.h"

#include "base/csv.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/look.h"
#include "base/region.h"
#include "collector/analysis/embedded.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX   32
#define FILE_BYTES  ((size_t)1 << 20)
#define REGION_MAX  ((size_t)64 << 20)
#define SUFFIX      ".json"
#define TOR_TARGETS "tor-targets"

struct handout {
    const char *name;
    struct str text;
};

struct handouts {
    struct region *region;
    struct handout files[FILES_MAX];
    size_t n;
};

struct str handouts_find(const struct handouts *h, const char *name)
{
    for (size_t i = 0; h && i < h->n; i++) {
        if (strcmp(h->files[i].name, name) == 0) {
            return h->files[i].text;
        }
    }
    return (struct str){NULL, 0};
}

static enum err keep(struct handouts *h, struct str name, struct str text)
{
    struct handout *f = &h->files[h->n];
    f->name = region_strndup(h->region, name.p, name.len);
    f->text = region_str(h->region, text);
    if (!f->name || !f->text.p) {
        return ERR_NOMEM;
    }
    h->n++;
    return ERR_OK;
}

/* ---- Tor's directory authorities --------------------------------------------
 */

enum column {
    COL_NAME,
    COL_ADDRESS,
    COL_OR_PORT,
    COL_DIR_PORT,
    COL_FINGERPRINT,
    COL_N
};

static void write_target(struct jw *w, const struct csv_row *row,
                         enum column port, const char *protocol)
{
    char address[64];
    snprintf(address, sizeof(address), STR_FMT ":" STR_FMT,
             STR_ARG(row->field[COL_ADDRESS]), STR_ARG(row->field[port]));
    jw_key(w, address);
    jw_obj(w);
    jw_kc(w, "address", address);
    jw_ks(w, "fingerprint", row->field[COL_FINGERPRINT]);
    jw_ks(w, "name", row->field[COL_NAME]);
    jw_kc(w, "protocol", protocol);
    jw_obj_end(w);
}

static struct str embedded_text(const char *name)
{
    for (unsigned long i = 0; i < embedded_files_count; i++) {
        if (strcmp(embedded_files[i].name, name) == 0) {
            return (struct str){(const char *)embedded_files[i].bytes,
                                embedded_files[i].len};
        }
    }
    return STR("");
}

static enum err add_authorities(struct handouts *h)
{
    struct csv c;
    struct csv_row row;
    struct diag d;
    struct buf b;
    struct jw w;
    buf_init(&b, FILE_BYTES);
    jw_init(&w, &b);
    csv_init(&c, embedded_text("tor_authorities.csv"));
    jw_obj(&w);
    enum err e = csv_next(&c, h->region, &row, &d); /* names of the columns */
    while (e == ERR_OK) {
        e = csv_next(&c, h->region, &row, &d);
        if (e == ERR_OK && row.n == COL_N) {
            write_target(&w, &row, COL_OR_PORT, "or_port_dirauth");
            write_target(&w, &row, COL_DIR_PORT, "dir_port");
        }
    }
    jw_obj_end(&w);
    e = e == ERR_NOTFOUND ? b.failed : e;
    if (e == ERR_OK) {
        e = keep(h, STR(TOR_TARGETS), buf_str(&b));
    }
    buf_fini(&b);
    return e;
}

/* ---- files ------------------------------------------------------------------
 */

struct loading {
    struct handouts *h;
    const char *dir;
};

static enum err check_object(struct str text, struct diag *d)
{
    struct json_doc *doc = NULL;
    enum err e = json_parse(text, &json_default_limits, &doc, d);
    if (e == ERR_OK && !json_is_obj(json_root(doc))) {
        e = diag_set(d, ERR_PARSE, "not an object");
    }
    json_doc_free(doc);
    return e;
}

static enum err load_one(void *arg, const char *name)
{
    const struct loading *l = arg;
    const size_t suffix = sizeof(SUFFIX) - 1;
    size_t len = strlen(name);
    char path[PATH_MAX];
    if (len <= suffix || strcmp(name + len - suffix, SUFFIX) != 0 ||
        l->h->n == FILES_MAX) {
        return ERR_OK;
    }
    struct diag why = {""};
    struct buf b;
    buf_init(&b, FILE_BYTES);
    enum err e = fs_join(path, sizeof(path), l->dir, name);
    if (e == ERR_OK) {
        e = fs_read(path, FILE_BYTES, &b, &why);
    }
    if (e == ERR_OK) {
        e = check_object(buf_str(&b), &why);
    }
    if (e == ERR_OK) {
        e = keep(l->h, (struct str){name, len - suffix}, buf_str(&b));
    } else if (e != ERR_NOMEM) { /* one file less, and no server less */
        log_warn("handouts", "%s is not read: %s", path,
                 why.text[0] ? why.text : err_str(e));
        e = ERR_OK;
    }
    buf_fini(&b);
    return e;
}

enum err handouts_load(const char *data_dir, struct handouts **out,
                       struct diag *d)
{
    struct handouts *h = calloc(1, sizeof(*h));
    if (!h) {
        return ERR_NOMEM;
    }
    char dir[PATH_MAX];
    h->region = region_new(REGION_MAX);
    enum err e =
        h->region ? fs_join(dir, sizeof(dir), data_dir, "handouts") : ERR_NOMEM;
    if (e == ERR_OK) {
        struct loading l = {h, dir};
        e = look_each(dir, load_one, &l, d);
        e = e == ERR_NOTFOUND ? ERR_OK : e; /* there are none */
    }
    if (e == ERR_OK && !handouts_find(h, TOR_TARGETS).p && h->n < FILES_MAX) {
        e = add_authorities(h);
    }
    if (e != ERR_OK) {
        handouts_free(h);
        return e;
    }
    *out = h;
    return ERR_OK;
}

void handouts_free(struct handouts *h)
{
    if (h) {
        region_free(h->region);
        free(h);
    }
}
