// SPDX-License-Identifier: Apache-2.0
/* Where a record was made, as far as its sender's address tells. */
#include "collector/ingest/accept.h"

#include "base/geo.h"
#include "base/log.h"
#include "tests/unit/tmp.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/base/mmdb_fixture.h"

#define RECEIPT INT64_C(1795487407) /* 2026-11-24 */
#define RECORD(cc, asn)                                                        \
    "{\"test_name\":\"tor\",\"probe_cc\":\"" cc "\",\"probe_asn\":\"" asn      \
    "\",\"measurement_start_time\":\"2026-11-24 01:02:03\","                   \
    "\"input\":null,\"test_keys\":{}}"

struct fixture {
    char path[64];
    struct acceptor a;
};

static int set_up(void **state)
{
    static struct fixture f;
    static struct tree t;
    struct buf data;
    struct diag d = {{0}};
    uint8_t addr[16] = {0};
    f = (struct fixture){.a = {.geo = NULL}};
    t = (struct tree){.n = 1};
    buf_init(&data, 10000);
    inet_pton(AF_INET, "130.192.0.0", addr + 12);
    insert(&t, addr, 96 + 16, put_entry(&data, 137, "GARR", "IT"));
    char name[32];
    snprintf(name, sizeof(name), "test_place.%ld.mmdb", (long)getpid());
    tmp_path(f.path, sizeof(f.path), name);
    write_db(f.path, &t, &data);
    buf_fini(&data);
    assert_int_equal(geo_open(f.path, &f.a.geo, &d), ERR_OK);
    assert_int_equal(relays_parse(STR("130.192.5.9"), &f.a.relays, &d), ERR_OK);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    geo_close(f->a.geo);
    relays_free(f->a.relays);
    unlink(f->path);
    return 0;
}

struct filed {
    char cc[3];
    uint32_t asn;
    bool inferred;
    int place;
};

static struct filed file(const struct fixture *f, const char *record,
                         const char *source, bool relayed)
{
    struct region *r = region_new(ACCEPT_REGION_MAX);
    struct store_put put = {.record = {NULL, 0}};
    struct refusal why = {0};
    struct accept_in in = {.record = str_c(record),
                           .receipt_s = RECEIPT,
                           .source = source,
                           .relayed = relayed,
                           .report_id = ""};
    assert_non_null(r);
    assert_int_equal(accept_record(&f->a, r, &in, &put, &why), ERR_OK);
    struct filed out = {.asn = put.row.asn,
                        .inferred = put.row.inferred_location,
                        .place = (int)put.row.place};
    memcpy(out.cc, put.row.cc, sizeof(out.cc));
    region_free(r);
    return out;
}

/* Whoever is behind Tor may be anywhere. */
static void where_a_relay_leads_out_is_no_place(void **state)
{
    const struct fixture *f = *state;
    const char *nowhere = RECORD("ZZ", "AS0");
    struct filed at = file(f, nowhere, "130.192.5.8", false);
    assert_string_equal(at.cc, "IT");
    assert_int_equal(at.asn, 137);
    assert_true(at.inferred);
    assert_int_equal(at.place, PLACE_AGREES);
    for (unsigned i = 0; i < 2; i++) { /* by the list, by its headers */
        at = file(f, nowhere, i ? "130.192.5.8" : "130.192.5.9", i);
        assert_string_equal(at.cc, "ZZ");
        assert_int_equal(at.asn, 0);
        assert_false(at.inferred);
        assert_int_equal(at.place, PLACE_UNCHECKED);
    }
    at = file(f, RECORD("KE", "AS64511"), "130.192.5.9", false);
    assert_string_equal(at.cc, "KE");
    assert_int_equal(at.place, PLACE_UNCHECKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(where_a_relay_leads_out_is_no_place,
                                        set_up, tear_down),
    };
    log_setup("test", LOG_ERROR);
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
