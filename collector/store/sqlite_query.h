// SPDX-License-Identifier: Apache-2.0
/* All that is asked of the index in SQLite.
 */
#ifndef PARALLAX_COLLECTOR_STORE_SQLITE_QUERY_H
#define PARALLAX_COLLECTOR_STORE_SQLITE_QUERY_H

enum sqlite_query {
    QUERY_BEGIN,
    QUERY_COMMIT,
    QUERY_ROLLBACK,
    QUERY_FIND_CLAIM,
    QUERY_HAS_UID,
    QUERY_ADD,
    QUERY_REMOVE,
    QUERY_FIND_UID,
    QUERY_FIND_FOREIGN,
    QUERY_FIND_ALSO,
    QUERY_ALSO_ROW,
    QUERY_ALSO,
    QUERY_LOST_ADD,
    QUERY_LOST,
    QUERY_LOST_COUNT,
    QUERY_PLACES,
    QUERY_SAMPLE,
    QUERY_COUNT,
    QUERY_ONCE,
    QUERY_SENDER_GET,
    QUERY_SENDER_SET,
    QUERY_SIGNATURE_TAKE,
    QUERY_SIGNATURE_OWNER,
    QUERY_GET_END,
    QUERY_SET_END,
    QUERY_TOTALS,
    QUERY_STATES,
    QUERY_COUNTRIES,
    QUERY_TESTS,
    QUERY_CLAIMS,
    QUERY_COUNTERS,
    QUERY_SCAN, /* four: all, by cc, by domain, by both */
    QUERY_SCAN_CC,
    QUERY_SCAN_DOMAIN,
    QUERY_SCAN_BOTH,
    QUERIES,
};

/* SQL of a statement; static. */
const char *sqlite_query_text(enum sqlite_query q);

#endif
