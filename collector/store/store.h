// SPDX-License-Identifier: Apache-2.0
/* Where records live. Raw records are appended to compressed segments, which
 * are the truth; an index (SQLite) can be rebuilt from them. Facts that must
 * expire (x_probe, source tags) stand in one sidecar per day. No SQL, row id
 * or SQLite error leaves the store. One writer per data directory; readers in
 * other processes never block.
 *
 * A store opened for writing may be used by several threads (one at a time
 * inside); one opened for reading belongs to one thread.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_H
#define PARALLAX_COLLECTOR_STORE_STORE_H

#include "base/buf.h"
#include "base/crypto.h"
#include "record/uid.h"

struct store;

enum store_mode {
    STORE_READ,
    STORE_WRITE
};

/* The columns of one record: what questions are asked about. */
struct store_row {
    char uid[UID_MAX];
    uint8_t hash[SHA256_LEN];
    int64_t start_s; /* measurement_start_time */
    int64_t receipt_s;
    char cc[3];
    uint32_t asn;
    const char *network_name;
    const char *input;
    const char *domain;   /* host of the input, A-label */
    const char *category; /* category code known to the collector, "" */
    const char *report_id;
    const char *foreign_uid; /* measurement_uid an import came with, or "" */
    const char *software;    /* name/version */
    const char *blocking; /* compatible verdict as text: "dns", "false", "" */
    int state;            /* enum xstate */
    const char *method;   /* "" unless blocked */
    double confidence;
    const char *reasons;    /* rule names, comma separated */
    bool inferred_location; /* cc and asn from the source address */
    bool control_verified;  /* signature of the control was checked */
    /* who sent it; kept 35 days, internal only */
    char x_probe[33];    /* hex, "" if not given */
    char source_tag[33]; /* HMAC(day key, /24 or /48), "" not checkable */
};

struct store_put {
    struct store_row row; /* uid is made by the store */
    struct str record;    /* bytes as stored (after server-side scrub) */
    bool uncounted;       /* a duplicate is not added to stats.duplicates, so
                             that an import done twice changes no count */
    /* out */
    bool duplicate; /* the same full hash was there; row.uid is the old one */
};

struct store_filter {
    int64_t since_s, until_s; /* start_s; until exclusive; 0 = open */
    const char *cc;           /* NULL: all */
    const char *domain;       /* NULL: all */
};

/* Row strings are valid during the call; false stops the scan. */
typedef bool (*store_row_fn)(void *arg, const struct store_row *row);

struct store_country {
    char cc[3];
    uint64_t networks, domains, measurements, days;
};

struct store_reason {
    char reason[48];
    uint64_t n;
};

/* Countries and networks leave out ZZ and 0. Release with store_stats_fini. */
struct store_stats {
    uint64_t measurements, duplicates, countries, networks, domains;
    int64_t first_s, last_s; /* start_s; 0 when empty */
    uint64_t raw_bytes, stored_bytes;
    uint64_t by_state[5];             /* enum xstate */
    struct store_country *by_country; /* by cc */
    size_t n_countries;
    struct store_reason *rejected; /* by reason */
    size_t n_rejected;
};

/* How long x_probe and source tags are kept. */
#define STORE_TAG_DAYS 35

/* ERR_BUSY: another writer, `d` names its pid. ERR_NOTFOUND: nothing to read
 * there. Opening for writing makes the directory, cuts a torn tail and brings
 * the index up to date with the segments. */
MUST_USE enum err store_open(const char *dir, enum store_mode mode,
                             struct store **out, struct diag *d);
void store_close(struct store *s);
/* All or nothing; returns after fsync. A failed fsync is never retried: the
 * store refuses writes from then on (ERR_IO). */
MUST_USE enum err store_put(struct store *s, struct store_put *batch, size_t n,
                            struct diag *d);
/* True once an fsync has failed. */
bool store_broken(const struct store *s);
/* Appends the record's bytes, exactly as stored. `uid` may be a foreign one. */
MUST_USE enum err store_get(struct store *s, const char *uid, struct buf *out);
/* In order of start_s, then uid. */
MUST_USE enum err store_scan(struct store *s, const struct store_filter *f,
                             store_row_fn fn, void *arg);
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
/* Destroys the sidecars and keys of days older than STORE_TAG_DAYS. */
MUST_USE enum err store_expire(struct store *s, int64_t now_s);
/* Report ids handed out must survive a restart only as far as the client's
 * metadata is in them: nothing is stored for POST /report. */

#endif
