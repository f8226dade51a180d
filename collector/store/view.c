// SPDX-License-Identifier: Apache-2.0
/* What the public may see of a row, and when. */
#include "collector/store/view.h"
#include "base/clock.h"

#include <string.h>

#define PUBLIC_DELAY_S (48 * HOUR_S)

struct gate {
    store_row_fn fn;
    void *arg;
    int64_t limit_s; /* nothing received after it */
};

/* A row as the public may see it: times cut to the hour, nothing that tells
 * one volunteer from another. */
static bool pass_public(void *arg, const struct store_row *row)
{
    const struct gate *g = arg;
    struct store_row cut = *row;
    if (row->receipt_s > g->limit_s) {
        return true; /* measured long ago, but only just sent */
    }
    cut.start_s -= cut.start_s % HOUR_S;
    cut.claimed_s -= cut.claimed_s % HOUR_S;
    cut.place = PLACE_UNCHECKED;
    cut.receipt_s -= cut.receipt_s % HOUR_S;
    if (strlen(cut.uid) > 14) {
        memcpy(cut.uid + 10, "0000", 4); /* minutes and seconds */
    }
    cut.late_s -= cut.late_s % HOUR_S;
    cut.late_control =
        ""; /* names the addresses that the volunteer was given */
    cut.report_id = "";
    cut.foreign_uid = "";
    memset(cut.hash, 0, sizeof(cut.hash));
    cut.x_probe[0] = '\0';
    cut.source_tag[0] = '\0';
    cut.n_others = 0;
    return g->fn(g->arg, &cut);
}

enum err view_scan(struct store *s, enum view_kind kind, int64_t now_s,
                   const struct store_filter *f, store_row_fn fn, void *arg)
{
    if (kind == VIEW_INTERNAL) {
        return store_scan(s, f, fn, arg);
    }
    struct store_filter late = *f;
    int64_t limit = now_s - PUBLIC_DELAY_S;
    struct gate g = {fn, arg, limit};
    if (late.until_s == 0 || late.until_s > limit) {
        late.until_s = limit;
    }
    return store_scan(s, &late, pass_public, &g);
}

/* Raw records have no public form: they are refused rather than leaked. */
enum err view_get(struct store *s, enum view_kind kind, int64_t now_s,
                  const char *uid, struct buf *out)
{
    (void)now_s;
    if (kind != VIEW_INTERNAL) {
        return ERR_ACCESS;
    }
    return store_get(s, uid, out);
}

enum err view_late(struct store *s, enum view_kind kind, const char *uid,
                   struct buf *out)
{
    return kind == VIEW_INTERNAL ? store_late_of(s, uid, out) : ERR_ACCESS;
}

enum err view_settled(struct store *s, enum view_kind kind, int64_t day,
                      struct buf *out)
{
    return kind == VIEW_INTERNAL ? store_settled(s, day, out) : ERR_ACCESS;
}

enum err view_stats(struct store *s, enum view_kind kind,
                    struct store_stats *out)
{
    if (kind != VIEW_INTERNAL) {
        return ERR_ACCESS;
    }
    return store_stats(s, out);
}
