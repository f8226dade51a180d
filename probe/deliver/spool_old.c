// SPDX-License-Identifier: Apache-2.0
/* Files of earlier versions, taken over. */
#include "probe/deliver/spool_old.h"

#include "base/fs.h"
#include "base/log.h"
#include "probe/deliver/spool_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OPEN_MAGIC   "PXSPOOL1" /* the frame itself */
#define SEALED_MAGIC "PXSPOOL2"
#define MAGIC_LEN    8u
#define OPEN_STATE   9u /* where the state is, which changed in place */
#define SEALED_STATE 8u
#define SEALED_HEAD  9u
#define FILE_MAX     (SEALED_HEAD + FRAME_MAX_SEALED)

bool spool_old_bad(const char *path, const char *name)
{
    char magic[MAGIC_LEN] = "";
    if (!str_ends(str_c(name), SPOOL_OLD_SUFFIX ".bad")) {
        return false;
    }
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool sealed = pread(fd, magic, MAGIC_LEN, 0) == (ssize_t)MAGIC_LEN &&
                  memcmp(magic, SEALED_MAGIC, MAGIC_LEN) == 0;
    close(fd);
    return !sealed;
}

void spool_old_shred(const char *path)
{
    struct diag d = {""};
    if (fs_shred(path, &d) != ERR_OK) {
        log_warn("spool", "%s", d.text);
    }
}

/* A file's frame, which borrows `bytes`. */
static enum err read_file(const struct spool *s, const char *path,
                          struct buf *bytes, struct frame *out,
                          struct diag *why)
{
    struct buf file;
    size_t state = OPEN_STATE;
    buf_init(&file, FILE_MAX);
    buf_clear(bytes);
    enum err e = fs_read(path, FILE_MAX, &file, why);
    struct str got = buf_str(&file);
    if (e == ERR_LIMIT) {
        e = diag_set(why, ERR_PARSE, "larger than a frame can be");
    } else if (e == ERR_OK && str_starts(got, OPEN_MAGIC)) {
        e = buf_add_str(bytes, got);
        e = e ? e : frame_decode(buf_str(bytes), out, why);
    } else if (e == ERR_OK && !str_starts(got, SEALED_MAGIC)) {
        e = diag_set(why, ERR_PARSE, "not a frame of this version");
    } else if (e == ERR_OK) {
        state = SEALED_STATE;
        e = frame_unseal(s->seal, str_sub(got, SEALED_HEAD, got.len), bytes,
                         out, why);
    }
    if (e == ERR_OK && frame_state_known((uint8_t)got.p[state])) {
        out->state = (enum frame_state)got.p[state];
    }
    buf_fini(&file);
    return e;
}

static void set_aside(struct spool *s, struct spool_log *l, const char *path,
                      const struct diag *why)
{
    char bad[PATHS_MAX];
    bool moved =
        snprintf(bad, sizeof(bad), "%s.bad", path) < (int)sizeof(bad) &&
        rename(path, bad) == 0;
    log_warn("spool", "%s is damaged (%s) and %s as %s.bad", l->name, why->text,
             moved ? "was set aside" : "could not be set aside", l->name);
    s->damaged++;
    l->old = false;
    l->name[0] = '\0';
}

/* Takes one; a file that stays is not `old` any more. */
static enum err take_one(struct spool *s, struct spool_log *l,
                         struct buf *bytes)
{
    char path[PATHS_MAX];
    struct frame f;
    struct diag why = {""};
    enum err e = spool_list_path(s, l->name, path);
    if (e == ERR_OK) {
        e = read_file(s, path, bytes, &f, &why);
    }
    if (e == ERR_OK) {
        f.priority = FRAME_ODD; /* nobody has noted what it says */
        char name[SPOOL_NAME_MAX];
        str_copy(name, sizeof(name), l->name);
        e = spool_write_add(s, &f, NULL, NULL,
                            &why); /* may move the list that `l` is in */
        if (e != ERR_OK) {
            log_warn("spool", "%s of an earlier version stays as it is: %s",
                     name, why.text[0] ? why.text : err_str(e));
        }
        return e;
    }
    if (e == ERR_NOTFOUND) {
        s->lost += unlink(path) == 0;
        l->name[0] = '\0';
    } else if (e == ERR_PARSE) {
        set_aside(s, l, path, &why);
    } else if (e != ERR_NOMEM && e != ERR_FDLIMIT) {
        log_warn("spool", "%s cannot be read and is passed over: %s", l->name,
                 why.text);
    }
    return e;
}

/* It is in the spool, and that is on the disk. */
static void remove_taken(struct spool *s, uint32_t from, uint32_t to)
{
    char path[PATHS_MAX];
    for (uint32_t i = from; i < to; i++) {
        struct spool_log *l = &s->logs[i];
        if (l->taken && spool_list_path(s, l->name, path) == ERR_OK) {
            spool_old_shred(path);
            l->name[0] = '\0';
        }
    }
}

enum err spool_old_take(struct spool *s, struct diag *d)
{
    struct buf bytes;
    uint32_t n = (uint32_t)s->n_logs;
    size_t taken = 0;
    enum err e = ERR_OK;
    buf_init(&bytes, FRAME_MAX);
    for (uint32_t i = 0; i < n && e == ERR_OK; i++) {
        if (!s->logs[i].old) {
            continue;
        }
        enum err one = take_one(s, &s->logs[i], &bytes);
        s->logs[i].taken = one == ERR_OK;
        taken += one == ERR_OK;
        if (one == ERR_NOMEM || one == ERR_FDLIMIT) {
            e = one;
        } else if (one != ERR_OK && s->logs[i].name[0]) {
            const struct spool_head h = {.state = FRAME_PASSED,
                                         .priority = FRAME_BLOCKED};
            e = spool_list_frame(s, i, 0, &h);
        }
    }
    buf_fini(&bytes);
    if (e == ERR_OK && taken) {
        e = spool_write_sync(s, d);
        if (e == ERR_OK) {
            remove_taken(s, 0, n);
        }
        return ERR_OK; /* else both stay, and are known as one by their uid */
    }
    return e == ERR_OK ? e
                       : diag_set(d, e,
                                  "records of an earlier version cannot "
                                  "be read: %s",
                                  err_str(e));
}
