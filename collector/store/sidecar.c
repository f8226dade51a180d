// SPDX-License-Identifier: Apache-2.0
/* Files of the folder `sidecar`: `2026-11-01.tags`, a list of entries that are
 * each a key made from the record's uid, its x_probe and its source tag, and
 * `2026-11-01.key`. */
#include "collector/store/sidecar.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/hex.h"
#include "base/look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAG_LEN   16
#define KEY_LEN   16
#define ENTRY_LEN (KEY_LEN + 2 * TAG_LEN) /* key, x_probe, source tag */
#define FILE_MAX  ((size_t)1 << 30)
#define CLOCK     "clock" /* the file */
#define DAYS_HELD 4 /* a scan is in order of start, receipts follow closely */

struct day {
    int64_t day;
    uint8_t *entries; /* sorted by key */
    size_t n;
    unsigned used;
};

struct sidecar {
    char dir[PATH_MAX];
    bool write;
    int64_t fd_day;
    int fd;
    int64_t key_day;
    uint8_t key[CRYPTO_KEY_LEN];
    struct day days[DAYS_HELD];
    unsigned clock;
};

static int64_t day_of(int64_t when_s)
{
    return when_s < 0 ? 0 : when_s / DAY_S;
}

static enum err day_path(const struct sidecar *s, int64_t day,
                         const char *suffix, char out[PATH_MAX])
{
    char when[20];
    enum err e = clock_format(day * DAY_S, when);
    if (e != ERR_OK) {
        return e;
    }
    char name[32];
    snprintf(name, sizeof(name), "%.10s.%s", when, suffix);
    return fs_join(out, PATH_MAX, s->dir, name);
}

enum err sidecar_open(const char *dir, bool write, struct sidecar **out,
                      struct diag *d)
{
    struct sidecar *s = calloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    s->fd = -1;
    s->write = write;
    s->key_day = -1;
    enum err e = ERR_OK;
    if (str_copy(s->dir, sizeof(s->dir), dir) >= sizeof(s->dir)) {
        e = diag_set(d, ERR_LIMIT, "%s: path too long", dir);
    } else if (write) {
        e = fs_mkdirs(dir, 0700, d);
    }
    if (e != ERR_OK) {
        sidecar_close(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void sidecar_close(struct sidecar *s)
{
    if (!s) {
        return;
    }
    if (s->fd >= 0) {
        close(s->fd);
    }
    for (size_t i = 0; i < DAYS_HELD; i++) {
        free(s->days[i].entries);
    }
    memset(s->key, 0, sizeof(s->key));
    free(s);
}

/* ---- writing --------------------------------------------------------------
 */

static enum err open_day(struct sidecar *s, int64_t day)
{
    if (s->fd >= 0 && s->fd_day == day) {
        return ERR_OK;
    }
    char path[PATH_MAX];
    enum err e = day_path(s, day, "tags", path);
    if (e != ERR_OK) {
        return e;
    }
    bool made = access(path, F_OK) != 0;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_from_errno(errno);
    }
    struct look seen;
    e = made ? fs_fsync_dir(s->dir) : ERR_OK;
    e = e != ERR_OK ? e : look_fd(fd, &seen);
    /* A torn entry of an earlier crash would shift all later ones. */
    if (e == ERR_OK && seen.bytes % ENTRY_LEN != 0 &&
        ftruncate(fd, (off_t)(seen.bytes - seen.bytes % ENTRY_LEN)) != 0) {
        e = err_from_errno(errno);
    }
    if (e != ERR_OK) {
        close(fd);
        return e;
    }
    if (s->fd >= 0) {
        close(s->fd);
    }
    s->fd = fd;
    s->fd_day = day;
    return ERR_OK;
}

static enum err add_tag(struct buf *out, const char *hex)
{
    uint8_t tag[TAG_LEN] = {0};
    if (hex[0] != '\0') {
        enum err e = hex_decode(str_c(hex), tag, sizeof(tag));
        if (e != ERR_OK) {
            return e;
        }
    }
    return buf_add(out, tag, sizeof(tag));
}

static enum err flush(struct sidecar *s, int64_t day, struct buf *b)
{
    if (b->len == 0) {
        return ERR_OK;
    }
    enum err e = b->failed ? b->failed : open_day(s, day);
    if (e == ERR_OK) {
        off_t before = lseek(s->fd, 0, SEEK_END);
        errno = 0;
        e = fs_write_all(s->fd, b->p, b->len);
        if (e != ERR_OK) {
            e = errno == EFBIG ? ERR_NOSPC : e;
            if (before < 0 || ftruncate(s->fd, before) != 0) {
                close(s->fd); /* opening again cuts a torn entry */
                s->fd = -1;
            }
        } else if (fdatasync(s->fd) != 0) {
            e = ERR_IO;
        }
    }
    buf_clear(b);
    return e;
}

/* Of the claim, not of the content: whoever files a copy under another place is
 * not the one who filed the first. */
static void claim_key(const struct store_row *row, uint8_t key[KEY_LEN])
{
    uint8_t hash[SHA256_LEN];
    crypto_sha256(str_c(row->uid), hash);
    memcpy(key, hash, KEY_LEN);
}

enum err sidecar_add(struct sidecar *s, const struct store_row *const *rows,
                     size_t n)
{
    struct buf b;
    buf_init(&b, FILE_MAX);
    enum err e = ERR_OK;
    int64_t day = -1;
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        const struct store_row *row = rows[i];
        if (row->x_probe[0] == '\0' && row->source_tag[0] == '\0') {
            continue;
        }
        if (day_of(row->receipt_s) != day) {
            e = flush(s, day, &b);
            day = day_of(row->receipt_s);
        }
        uint8_t key[KEY_LEN];
        claim_key(row, key);
        buf_add(&b, key, sizeof(key));
        if (e == ERR_OK) {
            e = add_tag(&b, row->x_probe);
        }
        if (e == ERR_OK) {
            e = add_tag(&b, row->source_tag);
        }
    }
    if (e == ERR_OK) {
        e = flush(s, day, &b);
    }
    buf_fini(&b);
    return e;
}

/* ---- reading --------------------------------------------------------------
 */

/* The whole of it, so that who sent one record stand in one order. */
static int by_entry(const void *a, const void *b)
{
    return memcmp(a, b, ENTRY_LEN);
}

static enum err load_day(struct sidecar *s, int64_t day, struct day *out)
{
    char path[PATH_MAX];
    enum err e = day_path(s, day, "tags", path);
    struct buf b;
    buf_init(&b, FILE_MAX);
    if (e == ERR_OK) {
        e = fs_read(path, FILE_MAX, &b, NULL);
    }
    if (e != ERR_OK && e != ERR_NOTFOUND) {
        buf_fini(&b);
        return e;
    }
    size_t len = 0;
    free(out->entries);
    out->entries = buf_take(&b, &len);
    out->n = len / ENTRY_LEN;
    out->day = day;
    if (out->n > 0) {
        qsort(out->entries, out->n, ENTRY_LEN, by_entry);
    }
    buf_fini(&b);
    return ERR_OK;
}

static enum err find_day(struct sidecar *s, int64_t day, struct day **out)
{
    struct day *oldest = &s->days[0];
    for (size_t i = 0; i < DAYS_HELD; i++) {
        struct day *d = &s->days[i];
        if (d->used > 0 && d->day == day) {
            d->used = ++s->clock;
            *out = d;
            return ERR_OK;
        }
        if (d->used < oldest->used) {
            oldest = d;
        }
    }
    oldest->used = 0;
    enum err e = load_day(s, day, oldest);
    if (e == ERR_OK) {
        oldest->used = ++s->clock;
        *out = oldest;
    }
    return e;
}

static void tag_text(const uint8_t *tag, char out[STORE_TAG_MAX])
{
    static const uint8_t none[TAG_LEN] = {0};
    out[0] = '\0';
    if (memcmp(tag, none, TAG_LEN) != 0) {
        hex_encode(tag, TAG_LEN, out);
    }
}

/* The first entry whose key is not before `key`. */
static size_t find_first(const struct day *d, const uint8_t key[KEY_LEN])
{
    size_t from = 0, to = d->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (memcmp(d->entries + mid * ENTRY_LEN, key, KEY_LEN) < 0) {
            from = mid + 1;
        } else {
            to = mid;
        }
    }
    return from;
}

static bool same_sender(const struct store_sender *a, const char *x_probe,
                        const char *source_tag)
{
    return strcmp(a->x_probe, x_probe) == 0 &&
           strcmp(a->source_tag, source_tag) == 0;
}

/* One more of those who sent the record, unless he is there. Who came from
 * nowhere steps back behind who came from somewhere. */
static void add_sender(struct store_row *row, const struct store_sender *s)
{
    if (row->source_tag[0] == '\0') {
        memcpy(row->x_probe, s->x_probe, sizeof(row->x_probe));
        memcpy(row->source_tag, s->source_tag, sizeof(row->source_tag));
        return;
    }
    bool known = s->source_tag[0] == '\0' ||
                 same_sender(s, row->x_probe, row->source_tag) ||
                 row->n_others == sizeof(row->others) / sizeof(row->others[0]);
    for (size_t i = 0; i < row->n_others && !known; i++) {
        known =
            same_sender(s, row->others[i].x_probe, row->others[i].source_tag);
    }
    if (!known) {
        row->others[row->n_others++] = *s;
    }
}

/* Takes all entries with that key; false if there is none. */
static bool take_senders(const struct day *d, const uint8_t key[KEY_LEN],
                         struct store_row *row)
{
    size_t first = find_first(d, key), i = first;
    for (; i < d->n && memcmp(d->entries + i * ENTRY_LEN, key, KEY_LEN) == 0;
         i++) {
        const uint8_t *entry = d->entries + i * ENTRY_LEN;
        struct store_sender s;
        tag_text(entry + KEY_LEN, s.x_probe);
        tag_text(entry + KEY_LEN + TAG_LEN, s.source_tag);
        add_sender(row, &s);
    }
    return i > first;
}

enum err sidecar_fill(struct sidecar *s, struct store_row *row)
{
    row->x_probe[0] = row->source_tag[0] = '\0';
    row->n_others = 0;
    struct day *d = NULL;
    enum err e = find_day(s, day_of(row->receipt_s), &d);
    if (e != ERR_OK || d->n == 0) {
        return e;
    }
    uint8_t key[KEY_LEN];
    claim_key(row, key);
    if (!take_senders(d, key, row)) {
        /* an entry of before claims, when the hash was the key; none is fine */
        (void)take_senders(d, row->hash, row);
    }
    return ERR_OK;
}

/* ---- keys and expiry ------------------------------------------------------
 */

enum err sidecar_key(struct sidecar *s, int64_t when_s,
                     uint8_t key[CRYPTO_KEY_LEN])
{
    int64_t day = day_of(when_s);
    if (s->key_day != day) {
        char path[PATH_MAX];
        enum err e = day_path(s, day, "key", path);
        if (e != ERR_OK) {
            return e;
        }
        struct buf b;
        buf_init(&b, CRYPTO_KEY_LEN);
        e = fs_read(path, CRYPTO_KEY_LEN, &b, NULL);
        if (e == ERR_NOTFOUND) {
            uint8_t fresh[CRYPTO_KEY_LEN];
            crypto_random(fresh, sizeof(fresh));
            buf_add(&b, fresh, sizeof(fresh));
            e = b.failed ? b.failed
                         : fs_write_atomic(path, buf_str(&b), 0600, NULL);
        }
        if (e == ERR_OK && b.len != CRYPTO_KEY_LEN) {
            e = ERR_PARSE;
        }
        if (e == ERR_OK) {
            memcpy(s->key, b.p, CRYPTO_KEY_LEN);
            s->key_day = day;
        }
        buf_fini(&b);
        if (e != ERR_OK) {
            return e;
        }
    }
    memcpy(key, s->key, CRYPTO_KEY_LEN);
    return ERR_OK;
}

enum err sidecar_settle(struct sidecar *s, int64_t day, struct str counts)
{
    char path[PATH_MAX];
    struct look seen;
    enum err e = day_path(s, day, "counts", path);
    if (e == ERR_OK) {
        e = look_at(path, &seen, NULL);
        e = e == ERR_NOTFOUND ? ERR_OK : e == ERR_OK ? ERR_EXISTS : e;
    }
    return e == ERR_OK ? fs_write_atomic(path, counts, 0600, NULL) : e;
}

enum err sidecar_settled(const struct sidecar *s, int64_t day, struct buf *out)
{
    char path[PATH_MAX];
    enum err e = day_path(s, day, "counts", path);
    return e == ERR_OK ? fs_read(path, FILE_MAX, out, NULL) : e;
}

/* The day of a file of tags or of a key; false: it is neither. */
static bool expiring_day(const char *name, int64_t *day)
{
    char when[11];
    int64_t at = 0;
    struct str s = str_c(name);
    str_copy(when, sizeof(when), name);
    bool ours = s.len > 10 && (str_eq_c(str_sub(s, 10, s.len), ".tags") ||
                               str_eq_c(str_sub(s, 10, s.len), ".key"));
    if (!ours || clock_parse(when, &at) != ERR_OK) {
        return false;
    }
    *day = day_of(at);
    return true;
}

struct due {
    const struct sidecar *s;
    int64_t oldest;
    int64_t *days;
    size_t n;
};

/* In order, each once. */
static void insert_day(struct due *d, int64_t day)
{
    size_t at = 0;
    while (at < d->n && d->days[at] < day) {
        at++;
    }
    if (at == SIDECAR_DUE_MAX || (at < d->n && d->days[at] == day)) {
        return;
    }
    size_t moved = d->n - at - (d->n == SIDECAR_DUE_MAX ? 1 : 0);
    memmove(d->days + at + 1, d->days + at, moved * sizeof(*d->days));
    d->days[at] = day;
    d->n += d->n < SIDECAR_DUE_MAX ? 1 : 0;
}

static enum err due_day(struct due *d, int64_t day)
{
    char path[PATH_MAX];
    struct look seen;
    enum err e = day_path(d->s, day, "counts", path);
    if (e == ERR_OK) {
        e = look_at(path, &seen, NULL);
    }
    if (e == ERR_NOTFOUND) {
        insert_day(d, day);
    }
    return e == ERR_NOTFOUND ? ERR_OK : e;
}

/* What was received on a day began up to STORE_TAG_DAYS before: with its tags
 * those of all these days go. (A copy has no keys that would name them.) */
static enum err due_one(void *arg, const char *name)
{
    struct due *d = arg;
    int64_t day = 0;
    if (!expiring_day(name, &day) || day >= d->oldest) {
        return ERR_OK;
    }
    int64_t first = str_ends(str_c(name), ".tags") ? day - STORE_TAG_DAYS : day;
    enum err e = ERR_OK;
    for (int64_t at = first < 0 ? 0 : first; e == ERR_OK && at <= day; at++) {
        e = due_day(d, at);
    }
    return e;
}

enum err sidecar_due(struct sidecar *s, int64_t now_s,
                     int64_t days[SIDECAR_DUE_MAX], size_t *n)
{
    struct due d = {
        .s = s, .oldest = day_of(now_s) - STORE_TAG_DAYS, .days = days};
    enum err e = look_each(s->dir, due_one, &d, NULL);
    *n = d.n;
    return e;
}

struct expiring {
    const struct sidecar *s;
    int64_t oldest;
    enum err failed;
};

/* One that cannot be removed does not keep the others. */
static enum err expire_one(void *arg, const char *name)
{
    struct expiring *x = arg;
    int64_t day = 0;
    char path[PATH_MAX];
    if (!expiring_day(name, &day) || day >= x->oldest ||
        fs_join(path, sizeof(path), x->s->dir, name) != ERR_OK) {
        return ERR_OK;
    }
    if (unlink(path) != 0 && errno != ENOENT) {
        x->failed = err_from_errno(errno);
    }
    return ERR_OK;
}

enum err sidecar_expire(struct sidecar *s, int64_t now_s)
{
    struct expiring x = {s, day_of(now_s) - STORE_TAG_DAYS, ERR_OK};
    enum err e = look_each(s->dir, expire_one, &x, NULL);
    return e != ERR_OK ? e : x.failed;
}

/* ---- the clock ------------------------------------------------------------
 */

struct newest {
    int64_t not_after, day;
};

static enum err newest_tags(void *arg, const char *name)
{
    struct newest *n = arg;
    int64_t day = 0;
    if (str_ends(str_c(name), ".tags") && expiring_day(name, &day) &&
        day <= n->not_after && day > n->day) {
        n->day = day;
    }
    return ERR_OK;
}

enum err sidecar_clock(const struct sidecar *s, int64_t now_s,
                       struct store_clock *out)
{
    char path[PATH_MAX];
    struct buf text;
    struct newest n = {.not_after = day_of(now_s)};
    buf_init(&text, STORE_CLOCK_TEXT_MAX);
    enum err e = fs_join(path, sizeof(path), s->dir, CLOCK);
    if (e == ERR_OK) {
        e = fs_read(path, STORE_CLOCK_TEXT_MAX, &text, NULL);
    }
    store_clock_read(buf_str(&text), out);
    buf_fini(&text);
    if ((e == ERR_OK || e == ERR_NOTFOUND) && out->last_s == 0) {
        e = look_each(s->dir, newest_tags, &n, NULL);
        out->last_s =
            n.day > 0 && n.day < n.not_after ? (n.day + 1) * DAY_S : now_s;
    }
    return e;
}

enum err sidecar_clock_keep(const struct sidecar *s,
                            const struct store_clock *c)
{
    char path[PATH_MAX], text[STORE_CLOCK_TEXT_MAX];
    store_clock_write(c, text);
    enum err e = fs_join(path, sizeof(path), s->dir, CLOCK);
    return e == ERR_OK ? fs_write_atomic(path, str_c(text), 0600, NULL) : e;
}
