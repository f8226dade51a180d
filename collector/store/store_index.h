// SPDX-License-Identifier: Apache-2.0
/* What an index of the store must be able to do: find rows, know where in the
 * segments each record stands, count. Everything but the counters can be made
 * again from the segments. An implementation opens itself and fills a struct
 * store_index with its functions (store_sqlite.c does); store.c and
 * store_catchup.c call them with `self`, from one thread at a time.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_INDEX_H
#define PARALLAX_COLLECTOR_STORE_STORE_INDEX_H

#include "collector/store/segments.h"
#include "collector/store/store_types.h"

/* Counters that stats() reads. */
#define STORE_INDEX_DUPLICATES "duplicates"
#define STORE_INDEX_REJECTED   "rejected." /* and the reason */

/* What is known of the record that makes a claim. */
struct store_index_claim {
    char uid[UID_MAX];
    char foreign_uid[STORE_FOREIGN_MAX];
    int64_t receipt_s;
    bool vouched, inferred;
    int place;  /* enum store_place */
    int timing; /* enum store_timing */
};

/* An error ends the reading. */
typedef enum err (*store_place_fn)(void *arg, const char *uid,
                                   const struct segments_pos *pos);
typedef enum err (*store_lost_fn)(void *arg, const char *uid);

struct store_index {
    void *self; /* of the implementation; NULL: not open */
    void (*close)(void *self);

    /* ---- transactions: every function that writes is called inside one ----
     */
    enum err (*begin)(void *self);
    /* ERR_NOSPC and ERR_IO leave the transaction to be rolled back. */
    enum err (*commit)(void *self);
    /* Also when there is none. */
    void (*rollback)(void *self);

    /* ---- writing ---- */
    /* A record of `raw_len` bytes that stands at `pos`. ERR_EXISTS: its uid or
     * its claim is there. */
    enum err (*add)(void *self, const struct store_row *row,
                    const struct segments_pos *pos, size_t raw_len);
    /* The same in the place of the record with this uid. */
    enum err (*replace)(void *self, const struct store_row *row,
                        const struct segments_pos *pos, size_t raw_len);
    /* Adds `n` to a counter, which begins at 0. */
    enum err (*count)(void *self, const char *name, uint64_t n);
    /* Remembers a hash. ERR_EXISTS: it was given before. */
    enum err (*once)(void *self, const uint8_t hash[SHA256_LEN]);
    /* Gives a signed answer to a content. ERR_EXISTS: it is somebody's. */
    enum err (*signature_take)(void *self,
                               const uint8_t id[STORE_SIGNATURE_LEN],
                               const uint8_t hash[SHA256_LEN]);
    /* Notes that a copy of the record came from another place, of which `bit`,
     * 0 to 63, is all that is kept here. ERR_EXISTS: from that one one came
     * before; ERR_LIMIT: from enough others. */
    enum err (*sender)(void *self, const char *uid, unsigned bit);
    /* Adds the counters, and what was given once, of the index in the file
     * `path`, of whatever version; outside a transaction. They stand nowhere
     * else. */
    enum err (*copy_counts)(void *self, const char *path);
    /* A record of ours has this uid of somebody else's, too. */
    enum err (*also)(void *self, const char *uid, const char *foreign_uid);
    /* A record that was acknowledged is lost; nothing if it is there. */
    enum err (*lost_add)(void *self, const char *uid);
    /* Segments of the store of this name are its own. */
    enum err (*origin_add)(void *self, const char *id);
    /* How far the segments have been read into the index. */
    enum err (*set_end)(void *self, uint32_t segment, uint64_t offset);

    /* ---- reading ---- */
    /* Segment 0: nothing was read yet. */
    enum err (*end)(void *self, uint32_t *segment, uint64_t *offset);
    /* The record that makes the claim of `row`: with its hash, country and
     * network; ERR_NOTFOUND. */
    enum err (*find_claim)(void *self, const struct store_row *row,
                           struct store_index_claim *found);
    /* Hash of the content that a signed answer belongs to; ERR_NOTFOUND. */
    enum err (*signature_owner)(void *self,
                                const uint8_t id[STORE_SIGNATURE_LEN],
                                uint8_t hash[SHA256_LEN]);
    enum err (*has_uid)(void *self, const char *uid, bool *has);
    /* By uid, else by a foreign uid; ERR_NOTFOUND. */
    enum err (*find)(void *self, const char *uid, struct segments_pos *pos);
    /* Hands out every row's uid and place, in no order. */
    enum err (*places)(void *self, store_place_fn fn, void *arg);
    /* The same of 160 at most, spread over all, the newest among them. */
    enum err (*sample)(void *self, store_place_fn fn, void *arg);
    /* The same of rows that the index in the file `path`, of whatever version,
     * has and this one has not. */
    enum err (*places_gone)(void *self, const char *path, store_place_fn fn,
                            void *arg);
    /* Hands out the uids that are lost, in order. */
    enum err (*lost)(void *self, store_lost_fn fn, void *arg);
    /* Hands out the names of the stores whose segments are its own, in the
     * order in which they came. */
    enum err (*origins)(void *self, store_lost_fn fn, void *arg);
    /* In order of start_s, then uid; rows come without tags. */
    enum err (*scan)(void *self, const struct store_filter *f, store_row_fn fn,
                     void *arg);
    /* Fills a zeroed *out; the caller frees its lists, also after an error. */
    enum err (*stats)(void *self, struct store_stats *out);
};

#endif
