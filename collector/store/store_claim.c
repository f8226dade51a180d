// SPDX-License-Identifier: Apache-2.0
/* The rules of time, and the names of what came of them. */
#include "collector/store/store_claim.h"

#include "wire/url.h"

#include <string.h>

#define DAY_S     INT64_C(86400)
#define YEAR_2010 INT64_C(1262304000)

bool store_claim_vouched(const struct store_row *row)
{
    return row->vouched && row->vouched[0] != '\0';
}

void store_claim_time(struct store_row *row, int64_t claimed_s)
{
    bool future = claimed_s > row->receipt_s + DAY_S;
    bool old = claimed_s < row->receipt_s - STORE_CLAIM_OLD_S;
    row->claimed_s = claimed_s;
    row->timing = future ? TIMING_FUTURE : old ? TIMING_OLD : TIMING_IN_TIME;
    row->start_s =
        claimed_s < YEAR_2010 || (future && !store_claim_vouched(row))
            ? STORE_CLAIM_NOWHERE
            : claimed_s;
}

bool store_claim_counts(const struct store_row *row)
{
    return row->timing == TIMING_IN_TIME || store_claim_vouched(row);
}

/* The better, the higher. */
static int fit_of(int place)
{
    return place == PLACE_AGREES ? 2 : place == PLACE_UNCHECKED ? 1 : 0;
}

bool store_claim_fits_better(const struct store_row *row, int place,
                             bool inferred)
{
    int mine = fit_of(row->place), theirs = fit_of(place);
    return mine > theirs ||
           (mine == theirs && inferred && !row->inferred_location);
}

const char *store_claim_host(struct region *r, const char *input)
{
    const char *at = strstr(input, "://");
    if (!at || at == input || strlen(at) > URL_MAX) {
        return "";
    }
    struct str rest = str_c(at + 3);
    size_t end = 0;
    while (end < rest.len && !strchr("/?#\\", rest.p[end])) {
        end++;
    }
    struct str host = str_sub(rest, 0, end);
    for (size_t i = 0; i < end; i++) {
        if (rest.p[i] == '@') {
            host = str_sub(rest, i + 1, end - i - 1);
        }
    }
    struct url url;
    const char *plain = region_printf(r, "https://" STR_FMT "/", STR_ARG(host));
    enum err e = plain ? url_parse(r, str_c(plain), &url, NULL) : ERR_NOMEM;
    return e == ERR_OK ? url.host : e == ERR_NOMEM ? NULL : "";
}

const char *store_claim_blocking(const struct json *rec)
{
    const struct json *said = json_path(rec, "test_keys.blocking");
    const char *text = json_cstr(said);
    bool yes = false;
    if (json_bool(said, &yes)) {
        return yes ? "true" : "false";
    }
    return text ? text : "";
}

const char *store_claim_timing(int timing)
{
    static const char *const names[STORE_TIMINGS] = {
        [TIMING_IN_TIME] = "in_time",
        [TIMING_FUTURE] = "future",
        [TIMING_OLD] = "old",
    };
    return timing >= 0 && timing < STORE_TIMINGS ? names[timing] : "";
}

const char *store_claim_place(int place)
{
    static const char *const names[STORE_PLACES] = {
        [PLACE_UNCHECKED] = "unchecked",
        [PLACE_AGREES] = "agrees",
        [PLACE_DISAGREES] = "disagrees",
    };
    return place >= 0 && place < STORE_PLACES ? names[place] : "";
}
