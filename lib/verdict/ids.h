// SPDX-License-Identifier: Apache-2.0
/* Transaction ids of a record, as evidence for a reason. */
#ifndef PARALLAX_VERDICT_IDS_H
#define PARALLAX_VERDICT_IDS_H

#include "base/str.h"

#define IDS_MAX 16

struct ids {
    int64_t id[IDS_MAX];
    size_t n;
};

/* Adds an id that is not 0 and not yet there; beyond IDS_MAX it is left out. */
void ids_add(struct ids *ids, int64_t id);
/* Those that hold `id` alone; none if it is 0. */
struct ids ids_one(int64_t id);

#endif
