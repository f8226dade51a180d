// SPDX-License-Identifier: Apache-2.0
#include "collector/cmd/settling.h"

#include "base/clock.h"
#include "base/log.h"
#include "collector/analysis/aggregate.h"
#include "collector/analysis/settled.h"
#include "collector/store/view.h"

#define COUNTS_MAX ((size_t)1 << 30)

struct counting {
    struct aggregate *agg;
    enum err e;
};

static bool on_row(void *arg, const struct store_row *row)
{
    struct counting *c = arg;
    const struct aggregate_finding *ignored = NULL;
    if (row->state == STORE_NOT_JUDGED) {
        return true;
    }
    c->e = aggregate_add(c->agg, row, &ignored);
    return c->e == ERR_OK;
}

static enum err settle_country(struct store *from, int64_t day, const char *cc,
                               struct buf *out)
{
    struct store_filter filter = {.since_s = day * DAY_S,
                                  .until_s = (day + 1) * DAY_S,
                                  .cc = cc,
                                  .test_name = STORE_JUDGED_TEST};
    struct counting c = {.agg = aggregate_new(NULL)};
    if (!c.agg) {
        return ERR_NOMEM;
    }
    aggregate_count_ok(c.agg);
    enum err e = view_scan(from, VIEW_INTERNAL, 0, &filter, on_row, &c);
    e = e == ERR_OK ? c.e : e;
    if (e == ERR_OK) {
        aggregate_finish(c.agg);
        settled_write(out, cc, c.agg);
        e = out->failed;
    }
    aggregate_free(c.agg);
    return e;
}

static enum err settle_from(struct store *from, int64_t day, struct buf *out)
{
    struct store_stats stats = {0};
    enum err e = view_stats(from, VIEW_INTERNAL, &stats);
    for (size_t i = 0; e == ERR_OK && i < stats.n_countries; i++) {
        e = settle_country(from, day, stats.by_country[i].cc, out);
    }
    if (stats.by_country) {
        store_stats_fini(&stats);
    }
    return e;
}

enum err settling_day(void *arg, struct store *s, int64_t day)
{
    struct store *reader = NULL;
    struct diag d = {{0}};
    struct buf counts;
    buf_init(&counts, COUNTS_MAX);
    const char *const *dir = arg;
    enum err e = dir ? store_open(*dir, STORE_READ, &reader, &d) : ERR_OK;
    if (e == ERR_OK) {
        e = settle_from(reader ? reader : s, day, &counts);
    }
    store_close(reader);
    if (e == ERR_OK) {
        e = store_settle(s, day, buf_str(&counts));
    }
    buf_fini(&counts);
    if (e != ERR_OK && e != ERR_EXISTS) {
        log_error("store", "day %lld is not counted, its tags are kept: %s",
                  (long long)day, d.text[0] ? d.text : err_str(e));
    }
    return e == ERR_EXISTS ? ERR_OK : e;
}
