// SPDX-License-Identifier: Apache-2.0
/* Frames on the disk: added, read, marked, removed. */
#include "probe/deliver/spool.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/cur.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/look.h"
#include "probe/volunteer/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC        "PXSPOOL1" /* of a frame, and of an old file */
#define FILE_MAGIC   "PXSPOOL2"
#define MAGIC_LEN    8u
#define SUFFIX       ".frame"
#define STATE_OFFSET 9 /* in a frame */
#define FILE_STATE   8 /* in a file */
#define FILE_HEAD    9u
#define SERIAL_LEN   8u /* hex digits that begin a name */
#define HALF_OLD_S   HOUR_S
#define LOCK_NAME    "lock"
#define RESERVE_NAME "reserve"

struct entry {
    char name[SPOOL_NAME_MAX];
    uint64_t bytes;
    enum spool_state state;
    bool old; /* of an earlier version, not sealed */
};

struct spool {
    char dir[PATHS_MAX];
    const struct seal *seal;
    uint64_t max_bytes;
    uint64_t bytes;
    struct entry *entries; /* by name, which is by age */
    size_t n, cap;
    int lock_fd; /* -1: another process sends */
    int holder;
    bool reserved;
    bool disk_full;
    size_t damaged, lost;
    uint32_t serial; /* of the next name */
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

enum err spool_seal(const struct seal *seal, const struct spool_frame *f,
                    struct buf *out)
{
    struct buf bytes;
    buf_init(&bytes, SPOOL_MAX_FRAME);
    enum err e = spool_encode(f, &bytes);
    if (e == ERR_OK) {
        e = seal_close(seal, buf_str(&bytes), out);
    }
    buf_fini(&bytes);
    return e;
}

enum err spool_unseal(const struct seal *seal, struct str sealed,
                      struct buf *bytes, struct spool_frame *out,
                      struct diag *d)
{
    buf_clear(bytes);
    enum err e = seal_open(seal, sealed, bytes);
    if (e == ERR_OK) {
        return spool_decode(buf_str(bytes), out, d);
    }
    return diag_set(d, e, "%s",
                    e == ERR_PARSE      ? "it was altered since it was sealed"
                    : e == ERR_NOTFOUND ? "its key is gone"
                                        : err_str(e));
}

/* ---- the directory ------------------------------------------------------ */

static enum err path_of(const struct spool *s, const char *name,
                        char out[PATHS_MAX])
{
    return fs_join(out, PATHS_MAX, s->dir, name);
}

static enum err entry_add(struct spool *s, const struct entry *fresh)
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
    s->entries[s->n++] = *fresh;
    s->bytes += fresh->bytes;
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

/* What the first bytes of a file say. */
struct head {
    enum spool_state state;
    bool old, sealed;
    bool lost; /* its key is gone */
};

static enum err read_head(const struct spool *s, const char *path,
                          struct head *out)
{
    char bytes[FILE_HEAD + SEAL_ID_LEN];
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    ssize_t n = pread(fd, bytes, sizeof(bytes), 0);
    int errnum = errno;
    close(fd);
    if (n < 0) {
        return err_from_errno(errnum);
    }
    struct str got = {bytes, (size_t)n};
    *out = (struct head){.state = SPOOL_WAITING,
                         .old = str_starts(got, MAGIC),
                         .sealed = str_starts(got, FILE_MAGIC)};
    size_t at = out->old ? STATE_OFFSET : FILE_STATE;
    /* a file too short to say is left for spool_load to name as damaged */
    if ((out->old || out->sealed) && got.len > at &&
        state_known((uint8_t)bytes[at])) {
        out->state = (enum spool_state)bytes[at];
    }
    out->lost = out->sealed && got.len == sizeof(bytes) &&
                !seal_has_key(s->seal, str_sub(got, FILE_HEAD, SEAL_ID_LEN));
    return ERR_OK;
}

static void shred(const char *path)
{
    struct diag d = {""};
    if (fs_shred(path, &d) != ERR_OK) {
        log_warn("spool", "%s", d.text);
    }
}

/* What a process that died left: its reserve, and half-written files. Only the
 * lock's holder may judge them; and of the latter only old ones, since another
 * process may be adding just now. A damaged file of an earlier version is of no
 * use to anyone who should read it. */
static void sweep(const struct spool *s, const char *path, const char *name)
{
    struct look seen;
    struct head head = {.sealed = true};
    if (s->lock_fd < 0 || look_link(path, &seen, NULL) != ERR_OK ||
        seen.kind != LOOK_FILE) {
        return;
    }
    int64_t age_s = (clock_wall_us() - seen.mtime_ns / 1000) / US_PER_S;
    bool half = strstr(name, SUFFIX ".tmp-") && age_s > HALF_OLD_S;
    bool old_bad = str_ends(str_c(name), SUFFIX ".bad") &&
                   read_head(s, path, &head) == ERR_OK && !head.sealed;
    if (half || old_bad) {
        shred(path);
    } else if (!strcmp(name, RESERVE_NAME)) {
        unlink(path);
    }
}

/* Lists a frame's file. One that cannot be looked at is listed too, as passed
 * over: it is not there no more than it is damaged. */
static enum err list_frame(struct spool *s, const char *path, const char *name)
{
    struct entry fresh = {.state = SPOOL_PASSED};
    struct head head = {.state = SPOOL_PASSED};
    struct look seen = {.kind = LOOK_FILE};
    enum err e = look_link(path, &seen, NULL);
    if (e == ERR_NOTFOUND || seen.kind != LOOK_FILE) {
        return ERR_OK; /* just sent, or not ours */
    }
    if (e == ERR_OK) {
        e = read_head(s, path, &head);
    }
    if (e == ERR_NOMEM || e == ERR_FDLIMIT) {
        return e;
    }
    if (e != ERR_OK) {
        log_warn("spool", "%s cannot be read and is passed over: %s", name,
                 err_str(e));
    }
    if (head.lost && s->lock_fd >= 0) {
        s->lost++;
        return unlink(path) == 0 || errno == ENOENT ? ERR_OK
                                                    : err_from_errno(errno);
    }
    if (head.lost) {
        return ERR_OK; /* for whoever holds the lock */
    }
    fresh.bytes = seen.bytes;
    fresh.state = head.state;
    fresh.old = head.old;
    str_copy(fresh.name, sizeof(fresh.name), name);
    return entry_add(s, &fresh);
}

static enum err list_one(void *arg, const char *name)
{
    struct spool *s = arg;
    char path[PATHS_MAX];
    if (path_of(s, name, path) != ERR_OK) {
        return ERR_OK; /* no name of ours is so long */
    }
    if (str_ends(str_c(name), SUFFIX) && strlen(name) < SPOOL_NAME_MAX) {
        return list_frame(s, path, name);
    }
    sweep(s, path, name);
    return ERR_OK;
}

/* The number in a name, or -1 for another kind of name. */
static int64_t serial_in(const char *name)
{
    char *end;
    unsigned long serial = strtoul(name, &end, 16);
    return end == name + SERIAL_LEN && *end == '-' ? (int64_t)serial : -1;
}

static void seal_old(struct spool *s);

static enum err list_dir(struct spool *s, struct diag *d)
{
    struct diag why = {""};
    s->n = 0;
    s->bytes = 0;
    enum err e = look_each(s->dir, list_one, s, &why);
    if (e != ERR_OK) {
        return diag_set(d, e, "the records that wait cannot be listed: %.200s",
                        why.text[0] ? why.text : err_str(e));
    }
    if (s->n > 1) {
        qsort(s->entries, s->n, sizeof(*s->entries), by_name);
    }
    for (size_t i = 0; i < s->n; i++) {
        int64_t serial = serial_in(s->entries[i].name);
        if (serial >= s->serial) {
            s->serial = (uint32_t)serial + 1;
        }
    }
    if (s->lock_fd >= 0) {
        seal_old(s);
    }
    return ERR_OK;
}

enum err spool_open(const char *dir, uint64_t max_bytes,
                    const struct seal *seal, struct spool **out, struct diag *d)
{
    char lock[PATHS_MAX];
    struct spool *s = calloc(1, sizeof(*s));
    if (!s) {
        return diag_set(d, ERR_NOMEM, "out of memory");
    }
    s->lock_fd = -1;
    s->max_bytes = max_bytes;
    s->seal = seal;
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
        s->disk_full = false;
        return ERR_OK;
    }
    give_up_reserve(s);
    return diag_set(d, err_from_errno(errnum),
                    "no room for %zu KiB in %.180s: %s", bytes >> 10, s->dir,
                    strerror(errnum));
}

/* Oldest first by name: a number that goes up while the spool is not empty,
 * then one that keeps apart what two processes made. */
static void make_name(struct spool *s, char name[SPOOL_NAME_MAX])
{
    snprintf(name, SPOOL_NAME_MAX, "%08x-%08x" SUFFIX, s->serial++,
             crypto_random_below(UINT32_MAX));
}

static enum err add_bytes(struct spool *s, struct str bytes,
                          enum spool_state state, char name[SPOOL_NAME_MAX],
                          struct diag *d)
{
    char path[PATHS_MAX];
    struct entry fresh = {.bytes = bytes.len, .state = state};
    make_name(s, fresh.name);
    enum err e = path_of(s, fresh.name, path);
    if (e == ERR_OK) {
        e = fs_write_atomic(path, bytes, 0600, d);
        if (e == ERR_NOSPC) {
            s->disk_full = true;
        }
        if (e == ERR_NOSPC && s->reserved) {
            give_up_reserve(s);
            e = fs_write_atomic(path, bytes, 0600, d);
        }
    }
    if (e == ERR_OK) {
        e = entry_add(s, &fresh);
        memcpy(name, fresh.name, sizeof(fresh.name));
    }
    return e;
}

enum err spool_add(struct spool *s, const struct spool_frame *f,
                   char name[SPOOL_NAME_MAX], struct diag *d)
{
    struct buf bytes;
    buf_init(&bytes, FILE_HEAD + SPOOL_MAX_SEALED);
    buf_add_c(&bytes, FILE_MAGIC);
    buf_add_byte(&bytes, (uint8_t)f->state);
    enum err e = spool_seal(s->seal, f, &bytes);
    if (e == ERR_OK) {
        e = add_bytes(s, buf_str(&bytes), f->state, name, d);
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

/* A file's bytes and the frame in it, which borrows `bytes`. */
static enum err read_file(const struct spool *s, const char *path,
                          struct buf *bytes, struct spool_frame *out,
                          struct diag *why)
{
    struct buf file;
    buf_init(&file, FILE_HEAD + SPOOL_MAX_SEALED);
    buf_clear(bytes);
    enum err e = fs_read(path, FILE_HEAD + SPOOL_MAX_SEALED, &file, why);
    struct str got = buf_str(&file);
    if (e == ERR_LIMIT) {
        e = diag_set(why, ERR_PARSE, "larger than a frame can be");
    } else if (e == ERR_OK && str_starts(got, MAGIC)) {
        e = buf_add_str(bytes, got);
        e = e ? e : spool_decode(buf_str(bytes), out, why);
    } else if (e == ERR_OK && !str_starts(got, FILE_MAGIC)) {
        e = diag_set(why, ERR_PARSE, "not a frame of this version");
    } else if (e == ERR_OK) {
        e = spool_unseal(s->seal, str_sub(got, FILE_HEAD, got.len), bytes, out,
                         why);
    }
    buf_fini(&file);
    return e;
}

enum err spool_load(struct spool *s, const char *name, struct buf *bytes,
                    struct spool_frame *out, struct diag *d)
{
    char path[PATHS_MAX];
    struct diag why = {""};
    enum err e = path_of(s, name, path);
    if (e == ERR_OK) {
        e = read_file(s, path, bytes, out, &why);
    }
    if (e == ERR_OK || e == ERR_NOMEM || e == ERR_FDLIMIT) {
        return e;
    }
    if (e == ERR_PARSE) {
        set_aside(s, name, path, &why);
    } else {
        log_warn("spool", "%s is passed over: %s", name, why.text);
        spool_pass(s, name);
    }
    return diag_set(d, e, "%s: %.200s", name, why.text);
}

/* Seals what an earlier version left. A file for which there is no room stays
 * as it is, and is sent all the same. */
static void seal_old(struct spool *s)
{
    struct buf bytes;
    size_t n = s->n;
    buf_init(&bytes, SPOOL_MAX_FRAME);
    for (size_t i = 0; i < n;) {
        struct spool_frame f;
        struct diag why = {""};
        char path[PATHS_MAX];
        char name[SPOOL_NAME_MAX];
        if (!s->entries[i].old ||
            path_of(s, s->entries[i].name, path) != ERR_OK ||
            read_file(s, path, &bytes, &f, &why) != ERR_OK) {
            i++;
            continue;
        }
        f.state = s->entries[i].state;
        if (spool_add(s, &f, name, &why) != ERR_OK) {
            log_warn("spool",
                     "a record of an earlier version stays as it is: "
                     "%s",
                     why.text);
            break;
        }
        shred(path);
        entry_remove(s, i);
        n--;
    }
    buf_fini(&bytes);
}

enum err spool_done(struct spool *s, const char *name)
{
    char path[PATHS_MAX];
    size_t i = find(s, name);
    enum err e = path_of(s, name, path);
    if (e != ERR_OK || i == SIZE_MAX) {
        return e != ERR_OK ? e : ERR_NOTFOUND;
    }
    if (s->entries[i].old) {
        shred(path);
    } else if (unlink(path) != 0 && errno != ENOENT) {
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
    off_t at = s->entries[i].old ? STATE_OFFSET : FILE_STATE;
    if (pwrite(fd, &byte, 1, at) != 1 || fsync(fd) != 0) {
        e = err_from_errno(errno);
    } else {
        s->entries[i].state = state;
    }
    close(fd);
    return e;
}

void spool_pass(struct spool *s, const char *name)
{
    size_t i = find(s, name);
    if (i != SIZE_MAX) {
        s->entries[i].state = SPOOL_PASSED;
    }
}

size_t spool_lost(const struct spool *s)
{
    return s->lost;
}

size_t spool_damaged(const struct spool *s)
{
    return s->damaged;
}
