// SPDX-License-Identifier: Apache-2.0
/* How far apart two words are. */
#include "cli/distance.h"

#define MAX_LETTERS 63

size_t distance(struct str a, struct str b)
{
    size_t row[MAX_LETTERS + 1];

    if (b.len > MAX_LETTERS) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= b.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = diagonal + (a.p[i - 1] != b.p[j - 1]);

            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b.len];
}
