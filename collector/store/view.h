// SPDX-License-Identifier: Apache-2.0
/* The one gate between stored records and anything that shows them: reports,
 * pages, exports. The lint lets nobody else outside the store call its read
 * functions. Internal: at once and full. Public: 48 h late, times cut to the
 * hour, nothing that tells one volunteer from another.
 */
#ifndef PARALLAX_COLLECTOR_STORE_VIEW_H
#define PARALLAX_COLLECTOR_STORE_VIEW_H

#include "collector/store/store.h"

enum view_kind {
    VIEW_INTERNAL,
    VIEW_PUBLIC
};

/* store_scan, of what may be seen at `now_s`. */
MUST_USE enum err view_scan(struct store *s, enum view_kind kind, int64_t now_s,
                            const struct store_filter *f, store_row_fn fn,
                            void *arg);
/* store_get. ERR_ACCESS for the public: a raw record has no public form. */
MUST_USE enum err view_get(struct store *s, enum view_kind kind, int64_t now_s,
                           const char *uid, struct buf *out);
/* store_late_of. ERR_ACCESS for the public. */
MUST_USE enum err view_late(struct store *s, enum view_kind kind,
                            const char *uid, struct buf *out);
/* store_settled. ERR_ACCESS for the public: what it may see has no people. */
MUST_USE enum err view_settled(struct store *s, enum view_kind kind,
                               int64_t day, struct buf *out);
/* store_stats. ERR_ACCESS for the public. */
MUST_USE enum err view_stats(struct store *s, enum view_kind kind,
                             struct store_stats *out);

#endif
