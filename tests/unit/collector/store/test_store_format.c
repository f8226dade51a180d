// SPDX-License-Identifier: Apache-2.0
/* What earlier versions wrote must stay readable: frames and tables are as
 * ever.
 */
#include "collector/store/store.h"

#include "base/hex.h"
#include "collector/store/segment_frame.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/store/store_fixture.h"

static void assert_facts(const struct store_row *row, struct str meta)
{
    char want[2048], hash[2 * SHA256_LEN + 1];
    hex_encode(row->hash, SHA256_LEN, hash);
    snprintf(want, sizeof(want),
             "{\"uid\":\"%s\",\"hash\":\"%s\",\"start\":1793491201,"
             "\"receipt\":1793491261,\"cc\":\"IR\",\"asn\":137,"
             "\"network\":\"GARR\",\"input\":\"https://www.example.com/\","
             "\"domain\":\"www.example.com\",\"category\":\"NEWS\","
             "\"report_id\":\"id\",\"foreign_uid\":\"\","
             "\"software\":\"parallax/0.1.0\",\"blocking\":\"dns\","
             "\"state\":\"blocked\",\"method\":\"dns\",\"confidence\":0.75,"
             "\"reasons\":\"a,b\",\"inferred\":false,\"verified\":true,"
             "\"test_name\":\"web_connectivity\","
             "\"recorded_blocking\":\"tcp_ip\",\"claimed\":1793491201,"
             "\"timing\":\"in_time\",\"vouched\":\"\","
             "\"place\":\"agrees\","
             "\"site\":\"https://www.example.com/\",\"signatures\":\"\","
             "\"late\":0,\"late_control\":\"\"}",
             row->uid, hash);
    assert_int_equal(meta.len, strlen(want));
    assert_memory_equal(meta.p, want, meta.len);
}

static void the_facts_in_a_frame_are_written_as_ever(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    struct store_put first = put_of(0, "{}");
    struct store_put p = put_of(1, "{\"some\":\"bytes\"}");
    put(f, &first, 1);
    put(f, &p, 1);
    char path[128];
    path_of(f, "segments/00000001.seg", path);
    struct buf file, meta, record;
    buf_init(&file, 1 << 20);
    buf_init(&meta, 1 << 20);
    buf_init(&record, 1 << 20);
    assert_int_equal(fs_read(path, 1 << 20, &file, NULL), ERR_OK);
    size_t len = 0;
    /* the first one of a file names the store */
    assert_int_equal(segment_frame_parse(buf_str(&file), &meta, &record, &len),
                     ERR_OK);
    struct str name = str_sub(buf_str(&meta), meta.len - 44, SIZE_MAX);
    assert_int_equal(str_find(name, STR("\"store\":\"")), 1);
    buf_drop(&file, len);
    buf_clear(&meta);
    buf_clear(&record);
    assert_int_equal(segment_frame_parse(buf_str(&file), &meta, &record, &len),
                     ERR_OK);
    assert_int_equal(len, file.len);
    assert_facts(&p.row, buf_str(&meta));
    assert_true(str_eq_c(buf_str(&record), "{\"some\":\"bytes\"}"));
    buf_fini(&file);
    buf_fini(&meta);
    buf_fini(&record);
}

static const char schema[] =
    "CREATE TABLE record ( id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE,"
    " hash BLOB NOT NULL, start_s INTEGER NOT NULL,"
    " receipt_s INTEGER NOT NULL, cc TEXT NOT NULL, asn INTEGER NOT NULL,"
    " network_name TEXT NOT NULL, input TEXT NOT NULL, domain TEXT NOT NULL,"
    " category TEXT NOT NULL, report_id TEXT NOT NULL,"
    " foreign_uid TEXT NOT NULL, software TEXT NOT NULL,"
    " blocking TEXT NOT NULL, state INTEGER NOT NULL, method TEXT NOT NULL,"
    " confidence REAL NOT NULL, reasons TEXT NOT NULL,"
    " inferred INTEGER NOT NULL, verified INTEGER NOT NULL,"
    " test_name TEXT NOT NULL, recorded_blocking TEXT NOT NULL,"
    " claimed_s INTEGER NOT NULL, timing INTEGER NOT NULL,"
    " vouched TEXT NOT NULL, place INTEGER NOT NULL,"
    " site TEXT NOT NULL, signatures TEXT NOT NULL,"
    " late_s INTEGER NOT NULL, late_control TEXT NOT NULL,"
    " segment INTEGER NOT NULL, offset INTEGER NOT NULL,"
    " frame_len INTEGER NOT NULL, raw_len INTEGER NOT NULL)\n"
    "CREATE UNIQUE INDEX record_claim ON record(hash, cc, asn)\n"
    "CREATE INDEX record_start ON record(start_s, uid)\n"
    "CREATE INDEX record_cc ON record(cc, start_s, uid)\n"
    "CREATE INDEX record_domain ON record(domain, start_s, uid)\n"
    "CREATE INDEX record_foreign ON record(foreign_uid)"
    " WHERE foreign_uid <> ''\n"
    "CREATE TABLE counter ( name TEXT PRIMARY KEY, n INTEGER NOT NULL)"
    " WITHOUT ROWID\n"
    "CREATE TABLE once (hash BLOB PRIMARY KEY) WITHOUT ROWID\n"
    "CREATE TABLE signature (id BLOB PRIMARY KEY, hash BLOB NOT NULL)"
    " WITHOUT ROWID\n"
    "CREATE TABLE sender (uid TEXT PRIMARY KEY, mask INTEGER NOT NULL)"
    " WITHOUT ROWID\n"
    "CREATE TABLE also (foreign_uid TEXT PRIMARY KEY, uid TEXT NOT NULL)"
    " WITHOUT ROWID\n"
    "CREATE TABLE lost (uid TEXT PRIMARY KEY) WITHOUT ROWID\n"
    "CREATE TABLE place ( one INTEGER PRIMARY KEY CHECK (one = 1),"
    " segment INTEGER NOT NULL, offset INTEGER NOT NULL)\n"
    "CREATE TABLE tally ( cc TEXT NOT NULL, test_name TEXT NOT "
    "NULL, state INTEGER NOT NULL, timing INTEGER NOT NULL, place "
    "INTEGER NOT NULL, vouched INTEGER NOT NULL, n INTEGER NOT "
    "NULL, raw INTEGER NOT NULL, stored INTEGER NOT NULL, PRIMARY "
    "KEY (cc, test_name, state, timing, place, vouched)) WITHOUT "
    "ROWID\n"
    "CREATE TABLE country (cc TEXT PRIMARY KEY, networks INTEGER "
    "NOT NULL DEFAULT 0, domains INTEGER NOT NULL DEFAULT 0, days "
    "INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID\n"
    "CREATE TABLE everywhere (one INTEGER PRIMARY KEY CHECK (one = "
    "1), networks INTEGER NOT NULL, domains INTEGER NOT NULL)\n"
    "CREATE TABLE seen_network (asn INTEGER, cc TEXT, PRIMARY KEY "
    "(asn, cc)) WITHOUT ROWID\n"
    "CREATE TABLE seen_domain (domain TEXT, cc TEXT, PRIMARY KEY "
    "(domain, cc)) WITHOUT ROWID\n"
    "CREATE TRIGGER record_comes BEFORE INSERT ON record BEGIN "
    "DELETE FROM lost WHERE uid = new.uid; INSERT OR IGNORE INTO country (cc) VALUES (new.cc); UPDATE "
    "country SET days = days + 1 WHERE cc = new.cc AND new.start_s "
    "<> 946684800 AND NOT EXISTS (SELECT 1 FROM record WHERE cc = "
    "new.cc AND start_s >= new.start_s / 86400 * 86400 AND start_s "
    "< new.start_s / 86400 * 86400 + 86400); INSERT INTO tally "
    "VALUES (new.cc, new.test_name, new.state, new.timing, "
    "new.place, new.vouched <> '', 1, new.raw_len, new.frame_len) "
    "ON CONFLICT DO UPDATE SET n = n + 1, raw = raw + excluded.raw,"
    " stored = stored + excluded.stored; INSERT OR IGNORE INTO "
    "seen_network SELECT new.asn, new.cc WHERE new.asn <> 0; INSERT"
    " OR IGNORE INTO seen_domain SELECT new.domain, new.cc WHERE "
    "new.domain <> ''; END\n"
    "CREATE TRIGGER network_comes AFTER INSERT ON seen_network "
    "BEGIN UPDATE country SET networks = networks + 1 WHERE cc = "
    "new.cc; UPDATE everywhere SET networks = networks + 1 WHERE "
    "NOT EXISTS (SELECT 1 FROM seen_network WHERE asn = new.asn AND"
    " cc <> new.cc); END\n"
    "CREATE TRIGGER domain_comes AFTER INSERT ON seen_domain BEGIN "
    "UPDATE country SET domains = domains + 1 WHERE cc = new.cc; "
    "UPDATE everywhere SET domains = domains + 1 WHERE NOT EXISTS "
    "(SELECT 1 FROM seen_domain WHERE domain = new.domain AND cc <>"
    " new.cc); END\n"
    "CREATE TRIGGER record_goes AFTER DELETE ON record BEGIN UPDATE"
    " country SET days = days - 1 WHERE cc = old.cc AND old.start_s"
    " <> 946684800 AND NOT EXISTS (SELECT 1 FROM record WHERE cc = "
    "old.cc AND start_s >= old.start_s / 86400 * 86400 AND start_s "
    "< old.start_s / 86400 * 86400 + 86400); UPDATE tally SET n = n"
    " - 1, raw = raw - old.raw_len, stored = stored - old.frame_len"
    " WHERE cc = old.cc AND test_name = old.test_name AND state = "
    "old.state AND timing = old.timing AND place = old.place AND "
    "vouched = (old.vouched <> ''); DELETE FROM tally WHERE n = 0 "
    "AND cc = old.cc; END\n"
    "CREATE TABLE origin (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)\n";

static void the_index_has_the_tables_of_its_version(void **state)
{
    struct fixture *f = *state;
    open_store(f, STORE_WRITE);
    char path[128];
    path_of(f, "index.sqlite", path);
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    struct buf got;
    buf_init(&got, 1 << 16);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT sql FROM sqlite_master"
                                        " WHERE sql IS NOT NULL ORDER BY rowid",
                                        -1, &st, NULL),
                     SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        buf_add_c(&got, (const char *)sqlite3_column_text(st, 0));
        buf_add_byte(&got, '\n');
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    buf_add_byte(&got, 0);
    assert_int_equal(got.failed, ERR_OK);
    assert_string_equal((const char *)got.p, schema);
    buf_fini(&got);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(the_facts_in_a_frame_are_written_as_ever),
        T(the_index_has_the_tables_of_its_version),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
