// SPDX-License-Identifier: Apache-2.0
#include "collector/store/store_clock.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_S    INT64_C(86400)
#define AHEAD_S  (2 * DAY_S) /* it may have been off for so long */
#define BACK_S   DAY_S
#define AGAIN_S  (8 * DAY_S) /* after this nobody knows what was between */
#define TIME_MAX (INT64_C(1) << 40)

enum store_clock_says store_clock_of(const struct store_clock *c, int64_t now_s)
{
    return c->last_s == 0                ? STORE_CLOCK_GOOD
           : now_s > c->last_s + AHEAD_S ? STORE_CLOCK_AHEAD
           : now_s < c->last_s - BACK_S  ? STORE_CLOCK_BACK
                                         : STORE_CLOCK_GOOD;
}

enum store_clock_says store_clock_tell(struct store_clock *c, int64_t now_s,
                                       int64_t claim_s)
{
    enum store_clock_says says = store_clock_of(c, now_s);
    if (says == STORE_CLOCK_GOOD) {
        c->last_s = now_s > c->last_s ? now_s : c->last_s;
        c->other_s = 0;
        return says;
    }
    int64_t since = now_s - c->other_s;
    bool sent = says == STORE_CLOCK_AHEAD && claim_s > now_s - AHEAD_S &&
                claim_s <= now_s + DAY_S;
    bool lasts = c->other_s > 0 && since >= DAY_S && since <= AGAIN_S;
    if (sent || lasts) {
        *c = (struct store_clock){.last_s = now_s};
        return STORE_CLOCK_GOOD;
    }
    if (c->other_s == 0 || since < 0 || since > AGAIN_S) {
        c->other_s = now_s;
    }
    return says;
}

void store_clock_write(const struct store_clock *c, char *out)
{
    snprintf(out, STORE_CLOCK_TEXT_MAX, "%" PRId64 " %" PRId64 "\n", c->last_s,
             c->other_s);
}

void store_clock_read(struct str text, struct store_clock *c)
{
    struct str line, last, other;
    *c = (struct store_clock){0};
    if (!str_next(&text, '\n', &line) || !str_next(&line, ' ', &last) ||
        !str_next(&line, ' ', &other) ||
        str_to_i64(last, 0, TIME_MAX, &c->last_s) != ERR_OK ||
        str_to_i64(other, 0, TIME_MAX, &c->other_s) != ERR_OK) {
        *c = (struct store_clock){0};
    }
}
