// SPDX-License-Identifier: Apache-2.0
/* Statements as texts; the columns come from the list. */
#include "collector/store/sqlite_query.h"

#include "collector/store/store_columns.h"

#define NAME(kind, field, name, key) ", " name
#define MARK(kind, field, name, key) ", ?"

#define NAMES STORE_COLUMNS(NAME)
#define MARKS STORE_COLUMNS(MARK)

/* start_s of the first or last of what is filed somewhere, later than
 * STORE_CLAIM_NOWHERE. */
#define FILED_END(order)                                                       \
    "coalesce((SELECT start_s FROM record WHERE start_s > 946684800"           \
    " ORDER BY start_s " order " LIMIT 1), 0)"

/* The columns follow the row's number, which nobody reads. Behind ?5, "" or the
 * uid of one that began at ?1. */
#define SCAN_FROM                                                              \
    "SELECT id" NAMES                                                          \
    " FROM record WHERE (start_s, uid) > (?1, ?5) AND start_s < ?2"
#define SCAN_ORDER " ORDER BY start_s, uid"

static const char *const texts[QUERIES] = {
    [QUERY_BEGIN] = "BEGIN IMMEDIATE",
    [QUERY_COMMIT] = "COMMIT",
    [QUERY_ROLLBACK] = "ROLLBACK",
    [QUERY_FIND_CLAIM] =
        "SELECT uid, vouched, receipt_s, inferred, place, foreign_uid,"
        " timing FROM record"
        " WHERE hash = ?1 AND cc = ?2 AND asn = ?3",
    [QUERY_HAS_UID] = "SELECT 1 FROM record WHERE uid = ?1",
    [QUERY_ADD] =
        "INSERT INTO record (segment, offset, frame_len, raw_len" NAMES
        ") VALUES (?, ?, ?, ?" MARKS ")",
    [QUERY_REMOVE] = "DELETE FROM record WHERE uid = ?1",
    [QUERY_FIND_UID] =
        "SELECT segment, offset, frame_len FROM record WHERE uid = ?1",
    [QUERY_FIND_FOREIGN] =
        "SELECT segment, offset, frame_len FROM record"
        " WHERE foreign_uid = ?1 AND foreign_uid <> '' ORDER BY id LIMIT 1",
    [QUERY_FIND_ALSO] = "SELECT segment, offset, frame_len FROM record"
                        " WHERE uid = (SELECT uid FROM also"
                        " WHERE foreign_uid = ?1)",
    [QUERY_ALSO_ROW] = "UPDATE record SET foreign_uid = ?1"
                       " WHERE uid = ?2 AND foreign_uid = ''",
    [QUERY_ALSO] = "INSERT OR IGNORE INTO also VALUES (?1, ?2)",
    [QUERY_LOST_ADD] = "INSERT OR IGNORE INTO lost SELECT ?1 WHERE NOT EXISTS"
                       " (SELECT 1 FROM record WHERE uid = ?1)",
    [QUERY_LOST] = "SELECT uid FROM lost ORDER BY uid",
    [QUERY_LOST_COUNT] = "SELECT count(*) FROM lost",
    [QUERY_PLACES] = "SELECT uid, segment, offset, frame_len FROM record",
    /* 128 that are spread over all, and the newest 32 */
    [QUERY_SAMPLE] =
        "WITH RECURSIVE n(i) AS"
        " (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 159),"
        " ends(a, b) AS (SELECT (SELECT min(id) FROM record),"
        " (SELECT max(id) FROM record))"
        " SELECT DISTINCT uid, segment, offset, frame_len FROM n, ends"
        " JOIN record ON record.id = (SELECT id FROM record WHERE id >="
        " CASE WHEN i < 128 THEN a + (b - a) * i / 128 ELSE b - i + 128 END"
        " ORDER BY id LIMIT 1)",
    [QUERY_COUNT] = "INSERT INTO counter VALUES (?1, ?2)"
                    " ON CONFLICT (name) DO UPDATE SET n = n + excluded.n",
    [QUERY_ONCE] = "INSERT INTO once VALUES (?1)",
    [QUERY_SIGNATURE_TAKE] = "INSERT INTO signature VALUES (?1, ?2)",
    [QUERY_SIGNATURE_OWNER] = "SELECT hash FROM signature WHERE id = ?1",
    [QUERY_SENDER_GET] = "SELECT mask FROM sender WHERE uid = ?1",
    [QUERY_SENDER_SET] = "INSERT OR REPLACE INTO sender VALUES (?1, ?2)",
    [QUERY_GET_END] = "SELECT segment, offset FROM place",
    [QUERY_SET_END] = "INSERT OR REPLACE INTO place VALUES (1, ?1, ?2)",
    /* sums that the triggers of sqlite_schema.c keep */
    [QUERY_TOTALS] =
        "SELECT coalesce(sum(n), 0),"
        " (SELECT count(*) FROM country WHERE cc <> 'ZZ'),"
        " (SELECT networks FROM everywhere),"
        " (SELECT domains FROM everywhere), " FILED_END("ASC") ", " FILED_END(
            "DESC") ", coalesce(sum(raw), 0), coalesce(sum(stored), 0)"
                    " FROM tally",
    [QUERY_STATES] = "SELECT state, sum(n) FROM tally GROUP BY state",
    [QUERY_COUNTRIES] = "SELECT cc, networks, domains,"
                        " (SELECT coalesce(sum(n), 0) FROM tally"
                        " WHERE tally.cc = country.cc), days"
                        " FROM country ORDER BY cc",
    [QUERY_CLAIMS] = "SELECT timing, place, vouched, sum(n)"
                     " FROM tally GROUP BY 1, 2, 3",
    [QUERY_TESTS] = "SELECT test_name, sum(n) FROM tally"
                    " GROUP BY test_name ORDER BY test_name",
    [QUERY_COUNTERS] = "SELECT name, n FROM counter ORDER BY name",
    [QUERY_SCAN] = SCAN_FROM SCAN_ORDER,
    [QUERY_SCAN_CC] = SCAN_FROM " AND cc = ?3" SCAN_ORDER,
    [QUERY_SCAN_DOMAIN] = SCAN_FROM " AND domain = ?4" SCAN_ORDER,
    [QUERY_SCAN_BOTH] = SCAN_FROM " AND cc = ?3 AND domain = ?4" SCAN_ORDER,
};

const char *sqlite_query_text(enum sqlite_query q)
{
    return texts[q];
}
