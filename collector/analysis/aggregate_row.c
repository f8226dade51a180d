// SPDX-License-Identifier: Apache-2.0
#include "collector/analysis/aggregate_row.h"

#include "base/calendar.h"

int64_t aggregate_row_time(const struct store_row *row)
{
    bool early = row->receipt_s != 0 && row->start_s > row->receipt_s;
    return early ? row->receipt_s : row->start_s;
}

const struct settled_count *aggregate_row_settled(const struct aggregate *a,
                                                  const struct store_row *row,
                                                  const struct settled_key *key)
{
    const struct aggregate_tables *t = a->tables;
    return t->settled && calendar_day(row->start_s) == t->settled_day
               ? settled_get(t->settled, key)
               : NULL;
}
