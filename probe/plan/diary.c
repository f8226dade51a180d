// SPDX-License-Identifier: Apache-2.0
#include "probe/plan/diary.h"

#include "base/fs.h"
#include "base/hex.h"
#include "base/log.h"
#include "probe/volunteer/paths.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VERSION   1
#define TITLE     "parallax plan "
#define SUM       "sum "
#define FILE_MAX  4096
#define COUNT_MAX (INT64_C(1) << 53)
#define DAYS_MAX  4000000 /* the year 9999 and more */
/* A clock that is ahead by more, after so many days without a run, is wrong
 * more often than the machine was switched off for so long. */
#define JUMP_DAYS 7

/* ---- days ---------------------------------------------------------------- */

void diary_begin(struct diary *out, int64_t day, bool spent)
{
    uint8_t key[CRYPTO_SIP_LEN];
    *out = (struct diary){.cohort = crypto_random_below(DRAW_COHORTS),
                          .day = day,
                          .behind = day - 1,
                          .gone = spent ? TIMES_MAX : 0};
    crypto_random(key, sizeof(key));
    crypto_random(out->key, sizeof(out->key));
    draw_pass_begin(&out->pass, key);
    crypto_forget(key, sizeof(key));
}

static void turn_to(struct diary *d, int64_t day)
{
    times_next_key(d->key, day, d->key);
    d->day = day;
    d->gone = 0;
    d->bytes = 0;
    d->sites = 0;
    d->left = 0;
}

enum diary_day diary_turn(struct diary *d, int64_t day, bool kept)
{
    if (day == d->day) {
        return DIARY_TODAY;
    }
    if (day < d->day && day <= d->behind && !kept) {
        return DIARY_BEHIND;
    }
    bool ahead = day > d->day;
    bool jumped = ahead && day - d->day > JUMP_DAYS;
    bool doubted = d->day - d->behind > JUMP_DAYS; /* it had jumped before */
    if (kept || !ahead) {
        d->behind = day - 1;
    } else if (!doubted) {
        /* after a jump the days from here on may come once more */
        d->behind = jumped ? d->day : day - 1;
    }
    turn_to(d, day);
    return DIARY_NEW;
}

/* ---- the file ------------------------------------------------------------ */

static void sum_of(struct str text, char out[2 * SHA256_LEN + 1])
{
    uint8_t hash[SHA256_LEN];
    crypto_sha256(text, hash);
    hex_encode(hash, sizeof(hash), out);
}

static void write_numbers(struct buf *b, const char *name, const uint64_t *v,
                          size_t n)
{
    buf_add_c(b, name);
    for (size_t i = 0; i < n; i++) {
        buf_printf(b, " %016llx", (unsigned long long)v[i]);
    }
    buf_add_byte(b, '\n');
}

static void write_all(struct buf *b, const struct diary *d)
{
    char key[2 * SHA256_LEN + 1];
    char sum[2 * SHA256_LEN + 1];
    const uint64_t today[] = {(uint64_t)d->day, (uint64_t)d->behind,
                              d->gone,          d->bytes,
                              d->sites,         d->left,
                              d->serial};
    uint64_t cohort = d->cohort;
    buf_printf(b, TITLE "%d\n", VERSION);
    write_numbers(b, "cohort", &cohort, 1);
    hex_encode(d->pass.key, sizeof(d->pass.key), key);
    buf_printf(b, "pass %s\n", key);
    for (size_t i = 0; i < DRAW_LANES; i++) {
        uint64_t lane[DRAW_TIERS + 1];
        memcpy(lane, d->pass.lanes[i].upto, sizeof(d->pass.lanes[i].upto));
        lane[DRAW_TIERS] = d->pass.lanes[i].down;
        write_numbers(b, "lane", lane, DRAW_TIERS + 1);
    }
    write_numbers(b, "today", today, sizeof(today) / sizeof(today[0]));
    hex_encode(d->key, sizeof(d->key), key);
    buf_printf(b, "key %s\n", key);
    sum_of(buf_str(b), sum);
    buf_printf(b, SUM "%s\n", sum);
    crypto_forget(key, sizeof(key));
}

/* The line's value, if it has this name. */
static bool next_value(struct str *rest, const char *name, struct str *value)
{
    struct str line;
    size_t len = strlen(name);
    if (!str_next(rest, '\n', &line) || !str_starts(line, name) ||
        line.len <= len || line.p[len] != ' ') {
        return false;
    }
    *value = str_sub(line, len + 1, line.len);
    return true;
}

static bool read_key(struct str *rest, const char *name, uint8_t *out,
                     size_t len)
{
    struct str value;
    return next_value(rest, name, &value) &&
           hex_decode(value, out, len) == ERR_OK;
}

static bool read_numbers(struct str *rest, const char *name, uint64_t *out,
                         size_t n)
{
    struct str value, one;
    uint8_t bytes[8];
    if (!next_value(rest, name, &value) || value.len != n * 17 - 1) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!str_next(&value, ' ', &one) ||
            hex_decode(one, bytes, sizeof(bytes)) != ERR_OK) {
            return false;
        }
        out[i] = 0;
        for (size_t k = 0; k < sizeof(bytes); k++) {
            out[i] = out[i] << 8 | bytes[k];
        }
    }
    return true;
}

static bool read_lanes(struct str *rest, struct draw_pass *pass)
{
    for (size_t i = 0; i < DRAW_LANES; i++) {
        uint64_t lane[DRAW_TIERS + 1];
        if (!read_numbers(rest, "lane", lane, DRAW_TIERS + 1)) {
            return false;
        }
        memcpy(pass->lanes[i].upto, lane, sizeof(pass->lanes[i].upto));
        pass->lanes[i].down = lane[DRAW_TIERS];
    }
    return true;
}

static bool read_today(struct str *rest, struct diary *d)
{
    uint64_t v[7];
    if (!read_numbers(rest, "today", v, sizeof(v) / sizeof(v[0]))) {
        return false;
    }
    d->day = (int64_t)v[0];
    d->behind = (int64_t)v[1];
    d->gone = v[2] > TIMES_MAX ? TIMES_MAX : (unsigned)v[2];
    d->bytes = v[3];
    d->sites = v[4];
    d->left = v[5];
    d->serial = v[6];
    return d->day >= -DAYS_MAX && d->day <= DAYS_MAX && d->behind < d->day &&
           d->behind >= -DAYS_MAX - 1 && d->bytes <= COUNT_MAX &&
           d->sites <= COUNT_MAX && d->left <= COUNT_MAX;
}

/* Everything before the line of the sum, if that is right. */
static bool check_sum(struct str text, struct str *body)
{
    char sum[2 * SHA256_LEN + 1];
    size_t tail = strlen(SUM) + 2 * SHA256_LEN + 1;
    if (text.len <= tail) {
        return false;
    }
    *body = str_sub(text, 0, text.len - tail);
    struct str last = str_sub(text, body->len, tail);
    sum_of(*body, sum);
    return str_starts(last, SUM) && str_ends(last, "\n") &&
           str_eq_c(str_sub(last, strlen(SUM), 2 * SHA256_LEN), sum);
}

static bool read_body(struct str rest, struct diary *d)
{
    uint64_t cohort = 0;
    bool good = read_numbers(&rest, "cohort", &cohort, 1) &&
                cohort < DRAW_COHORTS &&
                read_key(&rest, "pass", d->pass.key, sizeof(d->pass.key)) &&
                read_lanes(&rest, &d->pass) && read_today(&rest, d) &&
                read_key(&rest, "key", d->key, sizeof(d->key)) && !rest.len;
    d->cohort = (unsigned)cohort;
    return good;
}

enum err diary_parse(struct str text, const char *path, struct diary *out,
                     struct diag *d)
{
    struct diary got = {.day = 0};
    struct str rest = text, title, body = {NULL, 0};
    int64_t version = 0;
    bool titled = str_next(&rest, '\n', &title) && str_starts(title, TITLE) &&
                  str_to_i64(str_sub(title, strlen(TITLE), title.len), 1, 10000,
                             &version) == ERR_OK;
    if (titled && version > VERSION) {
        return diag_set(d, ERR_EXISTS,
                        "%.200s is of a newer version of Parallax; install "
                        "that again, or remove the file",
                        path);
    }
    if (!titled || !check_sum(text, &body) ||
        !read_body(str_sub(body, title.len + 1, body.len), &got)) {
        return diag_set(d, ERR_PARSE, "%.200s is damaged", path);
    }
    *out = got;
    return ERR_OK;
}

enum err diary_load(struct diary *out, struct diag *d)
{
    char path[PATHS_MAX];
    struct buf text;
    enum err e = paths_state(DIARY_FILE, path, d);
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&text, FILE_MAX);
    e = fs_read(path, FILE_MAX, &text, d);
    if (e == ERR_OK) {
        e = diary_parse(buf_str(&text), path, out, d);
    } else if (e == ERR_LIMIT) {
        e = diag_set(d, ERR_PARSE, "%.200s is damaged", path);
    }
    if (text.p) {
        crypto_forget(text.p, text.len);
    }
    buf_fini(&text);
    return e;
}

enum err diary_store(struct diary *d, bool over, struct diag *why)
{
    char path[PATHS_MAX];
    struct buf text;
    enum err e = paths_make_state(why);
    if (e == ERR_OK) {
        e = paths_state(DIARY_FILE, path, why);
    }
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&text, FILE_MAX);
    d->serial++;
    write_all(&text, d);
    if (text.failed != ERR_OK) {
        e = diag_set(why, text.failed, "%s", err_str(text.failed));
    } else if (over) {
        e = fs_write_over(path, buf_str(&text), 0600, why);
    } else {
        e = fs_write_atomic(path, buf_str(&text), 0600, why);
    }
    if (text.p) {
        crypto_forget(text.p, text.len);
    }
    buf_fini(&text);
    return e;
}

/* ---- the mark ------------------------------------------------------------ */

/* Serial, number, since which start of the machine, and what shows that these
 * are whole. */
struct mark {
    uint64_t serial, n, boot, check;
};

static uint64_t check_of(const struct diary *d, const struct mark *m)
{
    return crypto_siphash(d->pass.key,
                          (struct str){(const char *)m, 3 * sizeof(m->n)});
}

/* Another number after each start; 0 where the kernel does not tell. */
static uint64_t this_boot(void)
{
    static const uint8_t key[CRYPTO_SIP_LEN] = "one start only";
    uint64_t boot = 0;
    struct buf id;
    buf_init(&id, 64);
    if (fs_read("/proc/sys/kernel/random/boot_id", 64, &id, NULL) == ERR_OK) {
        boot = crypto_siphash(key, buf_str(&id));
    }
    buf_fini(&id);
    return boot;
}

struct diary_mark diary_mark_open(void)
{
    char path[PATHS_MAX];
    struct diary_mark m = {-1, this_boot()};
    if (paths_state(DIARY_MARK, path, NULL) == ERR_OK) {
        m.fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    return m;
}

void diary_mark(const struct diary_mark *at, const struct diary *d, uint64_t n)
{
    struct mark m = {.serial = d->serial, .n = n, .boot = at->boot};
    m.check = check_of(d, &m);
    if (at->fd >= 0 && pwrite(at->fd, &m, sizeof(m), 0) != sizeof(m)) {
        log_debug("plan", "what is done is not noted");
    }
}

bool diary_marked(const struct diary *d, uint64_t *n)
{
    char path[PATHS_MAX];
    struct mark m = {.n = 0};
    struct buf bytes;
    buf_init(&bytes, sizeof(m));
    if (paths_state(DIARY_MARK, path, NULL) == ERR_OK &&
        fs_read(path, sizeof(m), &bytes, NULL) == ERR_OK &&
        bytes.len == sizeof(m)) {
        memcpy(&m, bytes.p, sizeof(m));
    }
    buf_fini(&bytes);
    *n = m.n;
    return m.serial == d->serial && m.boot == this_boot() &&
           m.check == check_of(d, &m);
}
