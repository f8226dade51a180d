// SPDX-License-Identifier: Apache-2.0
/* The file of --out: one record a line, nothing half written. */
#include "probe/run/outfile.h"

#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct outfile {
    char *path;
    int fd;
    bool owned;   /* not standard output */
    bool regular; /* can be cut back */
};

/* Half a line is all that a run leaves that was cut off while it wrote: the
 * next record must not become part of it. */
static bool is_torn(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char last = '\n';
    bool torn = fd >= 0 && lseek(fd, -1, SEEK_END) >= 0 &&
                read(fd, &last, 1) == 1 && last != '\n';
    if (fd >= 0) {
        close(fd);
    }
    return torn;
}

enum err outfile_open(const char *path, struct outfile **out, struct diag *d)
{
    struct look seen;
    struct outfile *o = calloc(1, sizeof(*o));
    if (!o || !(o->path = strdup(path))) {
        free(o);
        return diag_set(d, ERR_NOMEM, "out of memory");
    }
    o->fd = STDOUT_FILENO;
    o->owned = strcmp(path, "-") != 0;
    if (o->owned) {
        o->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    enum err e = o->fd < 0 ? err_from_errno(errno) : look_fd(o->fd, &seen);
    if (e != ERR_OK) {
        diag_set(d, e, "%.200s cannot be written: %s", path,
                 o->fd < 0 ? strerror(errno) : err_str(e));
        if (o->fd >= 0 && o->owned) {
            close(o->fd);
        }
        free(o->path);
        free(o);
        return e;
    }
    o->regular = seen.kind == LOOK_FILE && o->owned;
    if (o->regular && is_torn(path) && fs_write_all(o->fd, "\n", 1) != ERR_OK) {
        log_debug("out", "%s goes on in half a line", path);
    }
    *out = o;
    return ERR_OK;
}

static enum err failed(const struct outfile *o, enum err e, bool torn,
                       struct diag *d)
{
    return diag_set(d, e, "%.200s cannot be written: %s%s",
                    o->owned ? o->path : "standard output",
                    e == ERR_NOSPC ? "no space left" : err_str(e),
                    torn ? "; it ends in half a line" : "");
}

enum err outfile_line(struct outfile *o, struct str line, struct diag *d)
{
    off_t before = o->regular ? lseek(o->fd, 0, SEEK_END) : -1;
    enum err e = fs_write_all(o->fd, line.p, line.len);
    if (e == ERR_OK) {
        e = fs_write_all(o->fd, "\n", 1);
    }
    if (e == ERR_OK) {
        return ERR_OK;
    }
    bool torn = before >= 0 && lseek(o->fd, 0, SEEK_END) > before &&
                ftruncate(o->fd, before) != 0;
    return failed(o, e, torn, d);
}

enum err outfile_close(struct outfile *o, struct diag *d)
{
    enum err e = ERR_OK;
    if (!o) {
        return ERR_OK;
    }
    if (o->regular && fsync(o->fd) != 0) {
        e = failed(o, err_from_errno(errno), false, d);
    }
    if (o->owned && close(o->fd) != 0 && e == ERR_OK) {
        e = failed(o, err_from_errno(errno), false, d);
    }
    free(o->path);
    free(o);
    return e;
}
