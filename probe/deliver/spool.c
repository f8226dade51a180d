// SPDX-License-Identifier: Apache-2.0
/* Frames on the disk: added, read, marked, removed. */
#include "probe/deliver/spool.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/cur.h"
#include "base/fs.h"
#include "base/log.h"
#include "probe/volunteer/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC        "PXSPOOL1"
#define SUFFIX       ".frame"
#define STATE_OFFSET 9
#define LOCK_NAME    "lock"
#define RESERVE_NAME "reserve"

struct entry {
    char name[SPOOL_NAME_MAX];
    uint64_t bytes;
    enum spool_state state;
};

struct spool {
    char dir[PATHS_MAX];
    uint64_t max_bytes;
    uint64_t bytes;
    struct entry *entries; /* by name, which is by age */
    size_t n, cap;
    int lock_fd; /* -1: another process sends */
    int holder;
    bool reserved;
    bool disk_full;
    size_t damaged;
    uint32_t serial;
};

/* ---- bytes <-> frame ---------------------------------------------------- */

static void checksum(struct str header, struct str content,
                     uint8_t out[SHA256_LEN])
{
    struct sha256 h;
    crypto_sha256_init(&h);
    crypto_sha256_add(&h, str_sub(header, 0, STATE_OFFSET));
    crypto_sha256_add(&h,
                      str_sub(header, STATE_OFFSET + 1, 28 - STATE_OFFSET - 1));
    crypto_sha256_add(&h, content);
    crypto_sha256_end(&h, out);
}

static bool state_known(int state)
{
    return state >= SPOOL_WAITING && state <= SPOOL_REFUSED;
}

enum err spool_encode(const struct spool_frame *f, struct buf *out)
{
    uint8_t sum[SHA256_LEN];
    struct buf content;
    struct buf header;
    if (f->open.len > SPOOL_MAX_FRAME || f->body.len > SPOOL_MAX_FRAME ||
        f->open.len + f->body.len > SPOOL_MAX_FRAME - SPOOL_HEADER_LEN) {
        return ERR_LIMIT;
    }
    buf_init(&content, SPOOL_MAX_FRAME);
    buf_init(&header, SPOOL_HEADER_LEN);
    buf_add_str(&content, f->open);
    buf_add_str(&content, f->body);
    buf_add_c(&header, MAGIC);
    buf_add_byte(&header, (uint8_t)f->kind);
    buf_add_byte(&header, (uint8_t)f->state);
    buf_add_u16(&header, 0);
    buf_add_u32(&header, (uint32_t)((uint64_t)f->created_s >> 32));
    buf_add_u32(&header, (uint32_t)((uint64_t)f->created_s & 0xffffffffu));
    buf_add_u32(&header, (uint32_t)f->open.len);
    buf_add_u32(&header, (uint32_t)f->body.len);
    enum err e = header.failed ? header.failed : content.failed;
    if (e == ERR_OK) {
        checksum(buf_str(&header), buf_str(&content), sum);
        buf_add_str(out, buf_str(&header));
        buf_add(out, sum, sizeof(sum));
        e = buf_add_str(out, buf_str(&content));
    }
    buf_fini(&content);
    buf_fini(&header);
    return e;
}

enum err spool_decode(struct str bytes, struct spool_frame *out, struct diag *d)
{
    struct cur c = cur_of(bytes.p, bytes.len);
    struct str magic = cur_bytes(&c, sizeof(MAGIC) - 1);
    uint8_t kind = cur_u8(&c);
    uint8_t state = cur_u8(&c);
    uint16_t zero = cur_u16(&c);
    uint64_t created = cur_u64(&c);
    uint32_t open_len = cur_u32(&c);
    uint32_t body_len = cur_u32(&c);
    struct str sum = cur_bytes(&c, SHA256_LEN);
    uint8_t want[SHA256_LEN];
    if (c.bad) {
        return diag_set(d, ERR_PARSE, "shorter than its header");
    }
    if (!str_eq_c(magic, MAGIC)) {
        return diag_set(d, ERR_PARSE, "not a frame of this version");
    }
    if (kind != SPOOL_SUBMISSION || !state_known(state) || zero != 0 ||
        created > INT64_MAX) {
        return diag_set(d, ERR_PARSE, "its header makes no sense");
    }
    if ((uint64_t)open_len + body_len != cur_left(&c)) {
        return diag_set(d, ERR_PARSE, "%zu bytes where its header says %llu",
                        cur_left(&c), (unsigned long long)open_len + body_len);
    }
    checksum(bytes, str_sub(bytes, SPOOL_HEADER_LEN, bytes.len), want);
    if (memcmp(sum.p, want, sizeof(want)) != 0) {
        return diag_set(d, ERR_PARSE, "its checksum does not fit");
    }
    out->kind = SPOOL_SUBMISSION;
    out->state = (enum spool_state)state;
    out->created_s = (int64_t)created;
    out->open = cur_bytes(&c, open_len);
    out->body = cur_bytes(&c, body_len);
    return ERR_OK;
}

/* ---- the directory ------------------------------------------------------ */

static enum err path_of(const struct spool *s, const char *name,
                        char out[PATHS_MAX])
{
    return fs_join(out, PATHS_MAX, s->dir, name);
}

static enum err entry_add(struct spool *s, const char *name, uint64_t bytes,
                          enum spool_state state)
{
    if (s->n == SPOOL_MAX_FILES) {
        return ERR_LIMIT;
    }
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        struct entry *grown = realloc(s->entries, cap * sizeof(*grown));
        if (!grown) {
            return ERR_NOMEM;
        }
        s->entries = grown;
        s->cap = cap;
    }
    struct entry *e = &s->entries[s->n++];
    *e = (struct entry){.bytes = bytes, .state = state};
    str_copy(e->name, sizeof(e->name), name);
    s->bytes += bytes;
    return ERR_OK;
}

static void entry_remove(struct spool *s, size_t i)
{
    s->bytes -= s->entries[i].bytes;
    s->n--;
    memmove(&s->entries[i], &s->entries[i + 1],
            (s->n - i) * sizeof(*s->entries));
}

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    return strcmp(x->name, y->name);
}

/* The state byte of a file; a file too short to have one is left for
 * spool_load to name as damaged. */
static enum spool_state peek_state(const char *path)
{
    uint8_t state = SPOOL_WAITING;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (pread(fd, &state, 1, STATE_OFFSET) != 1 || !state_known(state)) {
            state = SPOOL_WAITING;
        }
        close(fd);
    }
    return (enum spool_state)state;
}

/* What a process that died left: its reserve, and half-written files. Only the
 * lock's holder may judge them; and of the latter only old ones, since another
 * process may be adding just now. */
static void sweep(const struct spool *s, const char *path, const char *name,
                  const struct stat *st)
{
    int64_t age_s = clock_wall_us() / US_PER_S - (int64_t)st->st_mtime;
    bool half = strstr(name, SUFFIX ".tmp-") && age_s > 3600;
    if (s->lock_fd >= 0 && (half || !strcmp(name, RESERVE_NAME))) {
        unlink(path);
    }
}

static enum err list_dir(struct spool *s, struct diag *d)
{
    DIR *dir = opendir(s->dir);
    enum err e = ERR_OK;
    if (!dir) {
        return diag_set(d, err_from_errno(errno), "%.200s: %s", s->dir,
                        strerror(errno));
    }
    for (struct dirent *de = readdir(dir); de && e == ERR_OK;
         de = readdir(dir)) {
        char path[PATHS_MAX];
        struct stat st;
        if (path_of(s, de->d_name, path) != ERR_OK || lstat(path, &st) != 0 ||
            !S_ISREG(st.st_mode)) {
            continue;
        }
        if (!str_ends(str_c(de->d_name), SUFFIX) ||
            strlen(de->d_name) >= SPOOL_NAME_MAX) {
            sweep(s, path, de->d_name, &st);
            continue;
        }
        e = entry_add(s, de->d_name, (uint64_t)st.st_size, peek_state(path));
    }
    closedir(dir);
    if (e != ERR_OK) {
        return diag_set(d, e, "%.200s: %s", s->dir, err_str(e));
    }
    if (s->n > 1) {
        qsort(s->entries, s->n, sizeof(*s->entries), by_name);
    }
    return ERR_OK;
}

enum err spool_open(const char *dir, uint64_t max_bytes, struct spool **out,
                    struct diag *d)
{
    char lock[PATHS_MAX];
    struct spool *s = calloc(1, sizeof(*s));
    if (!s) {
        return diag_set(d, ERR_NOMEM, "out of memory");
    }
    s->lock_fd = -1;
    s->max_bytes = max_bytes;
    enum err e = ERR_LIMIT;
    if (str_copy(s->dir, sizeof(s->dir), dir) < sizeof(s->dir)) {
        e = fs_mkdirs(dir, 0700, d);
    }
    if (e == ERR_OK) {
        e = path_of(s, LOCK_NAME, lock);
    }
    if (e == ERR_OK) {
        e = fs_lock(lock, &s->lock_fd, &s->holder);
        if (e == ERR_BUSY) {
            s->lock_fd = -1;
            e = ERR_OK;
        } else if (e != ERR_OK) {
            s->lock_fd = -1;
            e = diag_set(d, e, "%.200s: cannot be locked: %s", lock,
                         err_str(e));
        }
    }
    if (e == ERR_OK) {
        e = list_dir(s, d);
    }
    if (e != ERR_OK) {
        spool_close(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

enum err spool_retake(struct spool *s, struct diag *d)
{
    char lock[PATHS_MAX];
    if (s->lock_fd >= 0) {
        return ERR_OK;
    }
    enum err e = path_of(s, LOCK_NAME, lock);
    if (e == ERR_OK) {
        e = fs_lock(lock, &s->lock_fd, &s->holder);
    }
    if (e != ERR_OK) {
        s->lock_fd = -1;
        return e == ERR_BUSY ? e
                             : diag_set(d, e, "%.200s: cannot be locked: %s",
                                        lock, err_str(e));
    }
    s->n = 0;
    s->bytes = 0;
    return list_dir(s, d);
}

static void give_up_reserve(struct spool *s)
{
    char path[PATHS_MAX];
    if (s->reserved && path_of(s, RESERVE_NAME, path) == ERR_OK) {
        unlink(path);
        s->reserved = false;
    }
}

void spool_close(struct spool *s)
{
    if (!s) {
        return;
    }
    give_up_reserve(s);
    if (s->lock_fd >= 0) {
        close(s->lock_fd);
    }
    free(s->entries);
    free(s);
}

bool spool_may_send(const struct spool *s, int *pid)
{
    if (pid) {
        *pid = s->holder;
    }
    return s->lock_fd >= 0;
}

enum err spool_reserve(struct spool *s, size_t bytes, struct diag *d)
{
    char path[PATHS_MAX];
    if (s->lock_fd < 0) {
        return ERR_OK; /* the other process has its own */
    }
    enum err e = path_of(s, RESERVE_NAME, path);
    if (e != ERR_OK) {
        return e;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return diag_set(d, err_from_errno(errno), "%.200s: %s", path,
                        strerror(errno));
    }
    s->reserved = true;
    int errnum = posix_fallocate(fd, 0, (off_t)bytes);
    close(fd);
    if (errnum == 0) {
        return ERR_OK;
    }
    give_up_reserve(s);
    return diag_set(d, err_from_errno(errnum),
                    "no room for %zu KiB in %.180s: %s", bytes >> 10, s->dir,
                    strerror(errnum));
}

/* Oldest first by name: microseconds since 1970, then a number that keeps
 * apart what two processes or one microsecond made. */
static void make_name(struct spool *s, char name[SPOOL_NAME_MAX])
{
    snprintf(name, SPOOL_NAME_MAX, "%016llx-%04x%08x" SUFFIX,
             (unsigned long long)clock_wall_us(), s->serial++ & 0xffffu,
             crypto_random_below(UINT32_MAX));
}

enum err spool_add(struct spool *s, const struct spool_frame *f,
                   char name[SPOOL_NAME_MAX], struct diag *d)
{
    char path[PATHS_MAX];
    char fresh[SPOOL_NAME_MAX];
    struct buf bytes;
    buf_init(&bytes, SPOOL_MAX_FRAME);
    make_name(s, fresh);
    enum err e = path_of(s, fresh, path);
    if (e == ERR_OK) {
        e = spool_encode(f, &bytes);
    }
    if (e == ERR_OK) {
        e = fs_write_atomic(path, buf_str(&bytes), 0600, d);
        if (e == ERR_NOSPC) {
            s->disk_full = true;
        }
        if (e == ERR_NOSPC && s->reserved) {
            give_up_reserve(s);
            e = fs_write_atomic(path, buf_str(&bytes), 0600, d);
        }
    }
    if (e == ERR_OK) {
        e = entry_add(s, fresh, bytes.len, f->state);
        memcpy(name, fresh, sizeof(fresh));
    }
    buf_fini(&bytes);
    return e;
}

bool spool_tight(const struct spool *s)
{
    return s->disk_full || s->bytes >= s->max_bytes ||
           s->n >= SPOOL_MAX_FILES - 1000;
}

uint64_t spool_bytes(const struct spool *s)
{
    return s->bytes;
}

size_t spool_count(const struct spool *s, enum spool_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        n += s->entries[i].state == state;
    }
    return n;
}

size_t spool_len(const struct spool *s)
{
    return s->n;
}

const char *spool_name(const struct spool *s, size_t i)
{
    return s->entries[i].name;
}

enum spool_state spool_state_of(const struct spool *s, size_t i)
{
    return s->entries[i].state;
}

/* Index of a name, or SIZE_MAX. */
static size_t find(const struct spool *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++) {
        if (!strcmp(s->entries[i].name, name)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void set_aside(struct spool *s, const char *name, const char *path,
                      const struct diag *why)
{
    char bad[PATHS_MAX];
    size_t i = find(s, name);
    if (snprintf(bad, sizeof(bad), "%s.bad", path) < (int)sizeof(bad) &&
        rename(path, bad) == 0) {
        log_warn("spool", "%s is damaged (%s) and was set aside as %s.bad",
                 name, why->text, name);
    } else {
        log_warn("spool", "%s is damaged (%s) and could not be set aside", name,
                 why->text);
    }
    if (i != SIZE_MAX) {
        entry_remove(s, i);
    }
    s->damaged++;
}

enum err spool_load(struct spool *s, const char *name, struct buf *bytes,
                    struct spool_frame *out, struct diag *d)
{
    char path[PATHS_MAX];
    struct diag why = {""};
    buf_clear(bytes);
    enum err e = path_of(s, name, path);
    if (e == ERR_OK) {
        e = fs_read(path, SPOOL_MAX_FRAME, bytes, d);
    }
    if (e == ERR_LIMIT) {
        diag_set(&why, e, "larger than a frame can be");
    } else if (e != ERR_OK) {
        return e;
    } else if (spool_decode(buf_str(bytes), out, &why) == ERR_OK) {
        return ERR_OK;
    }
    set_aside(s, name, path, &why);
    return diag_set(d, ERR_PARSE, "%s: %.200s", name, why.text);
}

enum err spool_done(struct spool *s, const char *name)
{
    char path[PATHS_MAX];
    size_t i = find(s, name);
    enum err e = path_of(s, name, path);
    if (e != ERR_OK || i == SIZE_MAX) {
        return e != ERR_OK ? e : ERR_NOTFOUND;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        return err_from_errno(errno);
    }
    entry_remove(s, i);
    return ERR_OK;
}

enum err spool_mark(struct spool *s, const char *name, enum spool_state state)
{
    char path[PATHS_MAX];
    uint8_t byte = (uint8_t)state;
    size_t i = find(s, name);
    enum err e = path_of(s, name, path);
    if (e != ERR_OK || i == SIZE_MAX) {
        return e != ERR_OK ? e : ERR_NOTFOUND;
    }
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    if (pwrite(fd, &byte, 1, STATE_OFFSET) != 1 || fsync(fd) != 0) {
        e = err_from_errno(errno);
    } else {
        s->entries[i].state = state;
    }
    close(fd);
    return e;
}

size_t spool_damaged(const struct spool *s)
{
    return s->damaged;
}
