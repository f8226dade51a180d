// SPDX-License-Identifier: Apache-2.0
#include "probe/run/outage_note.h"

#include "base/fs.h"
#include "probe/volunteer/paths.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "outages"
#define FILE_MAX  256
#define MANY      1000000

static enum err parse(struct str text, struct outage_note *out)
{
    struct outage_note n = {.line = 0};
    struct str line;
    while (str_next(&text, '\n', &line)) {
        bool portal = str_starts(line, "portal ");
        int64_t *to = portal ? &n.portal : &n.line;
        if (line.len == 0) {
            continue;
        }
        if ((!portal && !str_starts(line, "line ")) ||
            str_to_i64(str_sub(line, portal ? 7 : 5, line.len), 0, MANY, to) !=
                ERR_OK) {
            return ERR_PARSE;
        }
    }
    *out = n;
    return ERR_OK;
}

static enum err load(char path[PATHS_MAX], struct outage_note *out,
                     struct diag *d)
{
    struct buf text;
    enum err e = paths_state(FILE_NAME, path, d);
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&text, FILE_MAX);
    e = fs_read(path, FILE_MAX, &text, d);
    *out = (struct outage_note){.line = 0};
    if (e == ERR_NOTFOUND) {
        e = ERR_OK;
    } else if (e == ERR_LIMIT || (e == ERR_OK && parse(buf_str(&text), out))) {
        e = diag_set(d, ERR_PARSE, "%.200s is damaged", path);
    }
    buf_fini(&text);
    return e;
}

enum err outage_note_add(enum outage o, struct diag *d)
{
    char path[PATHS_MAX];
    char text[80];
    struct outage_note n = {.line = 0};
    enum err e = paths_make_state(d);
    if (e == ERR_OK) {
        e = load(path, &n, d);
    }
    if (e != ERR_OK && e != ERR_PARSE) {
        return e;
    }
    int64_t *one = o == OUTAGE_PORTAL ? &n.portal : &n.line;
    *one += *one < MANY;
    snprintf(text, sizeof(text), "line %d\nportal %d\n", (int)n.line,
             (int)n.portal);
    return fs_write_atomic(path, str_c(text), 0600, d);
}

enum err outage_note_take(struct outage_note *out, struct diag *d)
{
    char path[PATHS_MAX];
    enum err e = load(path, out, d);
    if ((e == ERR_OK || e == ERR_PARSE) && unlink(path) != 0 &&
        errno != ENOENT) {
        return diag_set(d, err_from_errno(errno), "%.200s: %s", path,
                        strerror(errno));
    }
    return e;
}
