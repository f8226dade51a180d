// SPDX-License-Identifier: Apache-2.0
/* What must expire: x_probe and the source tag of each record, in one file per
 * day of receipt, and the key that the source tags of a day are made with. Both
 * files are removed when the day is old enough. What was counted of a day by
 * then stays, in a third. Used by store.c only.
 */
#ifndef PARALLAX_COLLECTOR_STORE_SIDECAR_H
#define PARALLAX_COLLECTOR_STORE_SIDECAR_H

#include "base/diag.h"
#include "collector/store/store_clock.h"
#include "collector/store/store_types.h"

struct sidecar;

/* `dir` is made when writing. Caller closes *out. */
MUST_USE enum err sidecar_open(const char *dir, bool write,
                               struct sidecar **out, struct diag *d);
void sidecar_close(struct sidecar *s);
/* Appends the tags of every row that has some; durable on return. Tags of a
 * record that is then not stored do no harm: nothing refers to them. */
MUST_USE enum err sidecar_add(struct sidecar *s,
                              const struct store_row *const *rows, size_t n);
/* Fills row->x_probe, row->source_tag and row->others; empty when none are
 * kept. A record that came from several places has an entry for each. */
MUST_USE enum err sidecar_fill(struct sidecar *s, struct store_row *row);
/* The key of the day of `when_s`, made when it is missing. */
MUST_USE enum err sidecar_key(struct sidecar *s, int64_t when_s,
                              uint8_t key[CRYPTO_KEY_LEN]);
/* Writes `DAY.counts`; ERR_EXISTS: it is there. */
MUST_USE enum err sidecar_settle(struct sidecar *s, int64_t day,
                                 struct str counts);
/* Appends what is in it; ERR_NOTFOUND. */
MUST_USE enum err sidecar_settled(const struct sidecar *s, int64_t day,
                                  struct buf *out);
#define SIDECAR_DUE_MAX 400u
/* The days, in order, that sidecar_expire would remove something of and that
 * have no counts; the first SIDECAR_DUE_MAX. */
MUST_USE enum err sidecar_due(struct sidecar *s, int64_t now_s,
                              int64_t days[SIDECAR_DUE_MAX], size_t *n);
/* Removes tags and keys of days more than STORE_TAG_DAYS before `now_s`. */
MUST_USE enum err sidecar_expire(struct sidecar *s, int64_t now_s);

/* What is kept of the clock; where nothing is, the newest day of receipt that
 * is not after `now_s` was believed, or `now_s` was. */
MUST_USE enum err sidecar_clock(const struct sidecar *s, int64_t now_s,
                                struct store_clock *out);
MUST_USE enum err sidecar_clock_keep(const struct sidecar *s,
                                     const struct store_clock *c);

#endif
