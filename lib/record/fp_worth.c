// SPDX-License-Identifier: Apache-2.0
#include "record/fp_worth.h"
#include "base/ascii.h"
#include <string.h>

static bool is_letter(char c)
{
    return ascii_isalnum(c) && !ascii_isdigit(c);
}

static bool is_unknown(struct str cc)
{
    return cc.len != 2 || !is_letter(cc.p[0]) || !is_letter(cc.p[1]) ||
           str_ieq(cc, STR("ZZ"));
}

static enum fp_worth worth_in(const char *countries, struct str cc)
{
    struct str rest = str_c(countries), country;
    bool unplaced = is_unknown(cc);
    if (rest.len == 0) {
        return FP_WORTH_PROOF; /* it counts anywhere */
    }
    while (str_next(&rest, ',', &country)) {
        if (is_unknown(country)) {
            unplaced = true;
        } else if (str_ieq(country, cc)) {
            return FP_WORTH_PROOF;
        }
    }
    return unplaced ? FP_WORTH_UNPLACED : FP_WORTH_ELSEWHERE;
}

bool fp_worth_is_harmless(const struct fingerprint *fp)
{
    return strcmp(fp->scope, "fp") == 0;
}

bool fp_worth_decides(const struct fingerprint *fp)
{
    return !fp_worth_is_harmless(fp) && strcmp(fp->scope, "vbw") != 0 &&
           fp->confidence > 0;
}

enum fp_worth fp_worth_of(const struct fingerprint *fp, struct str cc)
{
    if (!fp_worth_decides(fp)) {
        return FP_WORTH_NOTHING;
    }
    return strcmp(fp->scope, "inst") == 0 ? FP_WORTH_INSTITUTION
                                          : worth_in(fp->countries, cc);
}

bool fp_worth_more(const struct fingerprint *a, const struct fingerprint *b,
                   struct str cc)
{
    if (!b) {
        return true;
    }
    enum fp_worth mine = fp_worth_of(a, cc), theirs = fp_worth_of(b, cc);
    return mine > theirs || (mine == theirs && a->confidence > b->confidence);
}

double fp_worth_confidence(const struct fingerprint *fp)
{
    /* 5 is what OONI gives a row of which nothing special is known. */
    static const double by_row[] = {0.5,  0.58, 0.66, 0.74, 0.82, 0.9,
                                    0.92, 0.95, 0.97, 0.97, 0.97};
    int n = fp->confidence;
    return by_row[n < 0 ? 0 : n > 10 ? 10 : n];
}
