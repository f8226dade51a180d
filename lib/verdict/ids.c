// SPDX-License-Identifier: Apache-2.0
#include "verdict/ids.h"

void ids_add(struct ids *ids, int64_t id)
{
    for (size_t i = 0; i < ids->n; i++) {
        if (ids->id[i] == id) {
            return;
        }
    }
    if (id != 0 && ids->n < IDS_MAX) {
        ids->id[ids->n++] = id;
    }
}

struct ids ids_one(int64_t id)
{
    struct ids ids = {.n = 0};
    ids_add(&ids, id);
    return ids;
}
