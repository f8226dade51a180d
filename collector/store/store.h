// SPDX-License-Identifier: Apache-2.0
/* Where records live: the data directory. Raw records are appended to
 * compressed segments, which are the truth; an index (SQLite) can be made again
 * from them. What must expire (x_probe, source tags) stands in one sidecar per
 * day. No SQL, row id or SQLite error leaves the store. One writer per data
 * directory; readers in other processes never block. Whoever shows records
 * reads them through view.h.
 *
 * A store opened for writing may be used by several threads (one at a time
 * inside); one opened for reading belongs to one thread.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_H
#define PARALLAX_COLLECTOR_STORE_STORE_H

#include "base/buf.h"
#include "base/diag.h"
#include "collector/store/store_clock.h"
#include "collector/store/store_types.h"

struct store;

enum store_mode {
    STORE_READ,
    STORE_WRITE,
    /* As STORE_WRITE; and on a disk that has no room for an index that must be
     * made again it opens all the same: everything that needs the index fails
     * with ERR_NOSPC until there is room. */
    STORE_SERVE
};

/* ERR_BUSY: another writer, `d` names its pid. ERR_NOTFOUND: nothing to read
 * there. Opening for writing makes the directory, cuts a torn tail and brings
 * the index up to date with the segments; one of an older version is made again
 * from them, with its counters, by whoever opens it first, also for reading.
 * ERR_IO when writing: the index knows of records that the segments do not
 * hold, or they are another store's; nothing was changed. */
MUST_USE enum err store_open(const char *dir, enum store_mode mode,
                             struct store **out, struct diag *d);
/* The same for writing, and the index is made again from the segments whatever
 * it is like; its counters are kept, and so are the uids of what is lost.
 * `foreign`: segments of another store are taken in. */
MUST_USE enum err store_rebuild(const char *dir, bool foreign,
                                struct store **out, struct diag *d);
void store_close(struct store *s);

/* All or nothing; returns after fsync. A failed fsync is never retried: the
 * store refuses writes from then on (ERR_IO). */
MUST_USE enum err store_put(struct store *s, struct store_put *batch, size_t n,
                            struct diag *d);
/* A control was asked about the record `row->uid`, which is stored: `row` is
 * what is known of it now. The record's bytes and uid stay. All or nothing, as
 * store_put. ERR_NOTFOUND: there is no such record; ERR_EXISTS: another one
 * stands in its place since. */
MUST_USE enum err store_late(struct store *s, const struct store_row *row,
                             struct diag *d);
/* True once an fsync has failed: nothing more is stored until the next start.
 */
bool store_broken(const struct store *s);
/* Are the segments where the next start looks for them, and whole? True also
 * while that cannot be told without waiting. */
bool store_stands(struct store *s);
/* Why the last batch was not stored, and what could not be written: "index",
 * "segments" or "sidecar"; ERR_OK, and NULL: it was, or there was none yet, or
 * it was a record that could not be. */
enum err store_refuses(const struct store *s, const char **what);
/* How many of the records that a writer read when it opened the store, 160 at
 * most, old and new ones, were not whole. */
unsigned store_bad(const struct store *s);
/* How many records are known to be lost, without waiting for anybody. */
uint64_t store_lost(const struct store *s);
/* Appends the record's bytes, exactly as stored. `uid` may be a foreign one.
 * ERR_PARSE: they are damaged; ERR_IO: they are lost, or cannot be read. */
MUST_USE enum err store_get(struct store *s, const char *uid, struct buf *out);
/* Appends what a control that was asked later said of the record; ERR_NOTFOUND:
 * there is no such record, or none was asked. */
MUST_USE enum err store_late_of(struct store *s, const char *uid,
                                struct buf *out);
/* Calls fn for each row, in order of start_s, then uid. */
MUST_USE enum err store_scan(struct store *s, const struct store_filter *f,
                             store_row_fn fn, void *arg);
/* Caller releases *out with store_stats_fini. */
MUST_USE enum err store_stats(struct store *s, struct store_stats *out);
void store_stats_fini(struct store_stats *stats);
/* Counts `n` refused uploads under a reason (stats.rejected). */
MUST_USE enum err store_count_rejected(struct store *s, const char *reason,
                                       uint64_t n);
/* The same for one imported record, known by the hash of its bytes and counted
 * the first time only. */
MUST_USE enum err store_reject_once(struct store *s,
                                    const uint8_t hash[SHA256_LEN],
                                    const char *reason);
/* The key of the day of `when_s` (made when missing): source tags are made
 * with it and cannot be made again once it has expired. */
MUST_USE enum err store_day_key(struct store *s, int64_t when_s,
                                uint8_t key[CRYPTO_KEY_LEN]);
/* Writes down what was counted of a day (since 1970) before its tags expire.
 * Once is for ever: ERR_EXISTS afterwards. */
MUST_USE enum err store_settle(struct store *s, int64_t day, struct str counts);
/* Appends what was written down of a day; ERR_NOTFOUND: nothing yet. */
MUST_USE enum err store_settled(struct store *s, int64_t day, struct buf *out);
/* Counts a day and settles it. */
typedef enum err (*store_settle_fn)(void *arg, struct store *s, int64_t day);
/* Destroys the sidecars and keys of days older than STORE_TAG_DAYS. Each of
 * them that is not settled yet is first handed to `settle`, the earliest first;
 * an error of that is returned, and nothing is destroyed. NULL: nobody counts.
 */
MUST_USE enum err store_expire(struct store *s, int64_t now_s,
                               store_settle_fn settle, void *arg);
/* Is `now_s` to be believed, after what was before (store_clock.h)? What it is
 * is kept for the next start. Whatever expires does so by *believed_s, which is
 * not ahead. To be called before anything comes, and each hour or so. */
MUST_USE enum err store_clock(struct store *s, int64_t now_s,
                              enum store_clock_says *says, int64_t *believed_s);
/* The same without taking it in, or waiting; STORE_CLOCK_GOOD before the first
 * call of that. */
enum store_clock_says store_clock_now(const struct store *s, int64_t now_s);
/* When what comes `now_s` is said to have come: where the clock was set back,
 * at the newest time that was believed. */
int64_t store_receipt(const struct store *s, int64_t now_s);
#endif
