// SPDX-License-Identifier: Apache-2.0
/* A measurement, the record that is written of it, and what to look for there.
 * Include after the header of cmocka; one measurement at a time, in the state.
 */
#ifndef PARALLAX_TESTS_RECORD_FIXTURE_H
#define PARALLAX_TESTS_RECORD_FIXTURE_H

#include "base/clock.h"
#include "base/json.h"
#include "record/keys.h"
#include "record/record.h"
#include "record/scrub.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    struct measurement m;
    struct scrub scrub;
    struct record_env env;
    struct buf obs, out;
    struct json_doc *doc;
    const struct json *root, *tk;
};

static inline struct ip ip(const char *text)
{
    struct ip out;
    assert_true(ip_parse(str_c(text), &out));
    return out;
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    *state = f;
    if (!f) {
        return -1;
    }
    f->m.region = region_new(8 << 20);
    f->m.input = "https://www.example.com/";
    f->m.start_wall_us = INT64_C(1707770027) * US_PER_S + 999999;
    f->m.runtime_us = 1618801;
    f->scrub = (struct scrub){.n_own = 2, .known4 = true, .known6 = true};
    f->scrub.own[0] = ip("130.192.91.211");
    f->scrub.own[1] = ip("192.168.1.10");
    f->env = (struct record_env){.probe_cc = "IT",
                                 .probe_asn = "AS137",
                                 .probe_network_name = "Consortium GARR",
                                 .resolver_asn = "AS137",
                                 .resolver_ip = "130.192.3.21",
                                 .resolver_network_name = "Consortium GARR",
                                 .report_id = "",
                                 .software_version = "0.1.0",
                                 .test_start_s = 1707770020,
                                 .platform = "linux",
                                 .architecture = "amd64",
                                 .clock_trust = "ntp",
                                 .scrub = &f->scrub};
    buf_init(&f->obs, 64 << 20);
    buf_init(&f->out, 64 << 20);
    return f->m.region ? 0 : -1;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    json_doc_free(f->doc);
    region_free(f->m.region);
    buf_fini(&f->obs);
    buf_fini(&f->out);
    free(f);
    return 0;
}

/* Writes the record with `derived` members and reads it back. */
static inline void write_with(struct fixture *f, const char *derived)
{
    struct jw w;
    struct diag d;
    jw_init(&w, &f->obs);
    assert_int_equal(keys_write(&w, &f->m, &f->env), ERR_OK);
    jw_init(&w, &f->out);
    assert_int_equal(
        record_write(&w, &f->m, &f->env, buf_str(&f->obs), str_c(derived)),
        ERR_OK);
    if (json_parse(buf_str(&f->out), &json_default_limits, &f->doc, &d)) {
        fail_msg("%s", d.text);
    }
    f->root = json_root(f->doc);
    f->tk = json_get(f->root, "test_keys");
    assert_true(json_is_obj(f->tk));
}

static inline void write_record(struct fixture *f)
{
    write_with(f, "");
}

static inline void assert_json(struct fixture *f, const struct json *n,
                               const char *want)
{
    struct str got = json_span(f->doc, n);
    if (!str_eq_c(got, want)) {
        fail_msg("\ngot  " STR_FMT "\nwant %s", STR_ARG(got), want);
    }
}

static inline const struct json *at(const struct json *arr, size_t i)
{
    const struct json *n = json_first(arr);
    while (n && i-- > 0) {
        n = json_next(n);
    }
    return n;
}

static inline void assert_keys(const struct json *obj, const char *const *want)
{
    const struct json *n = json_first(obj);
    for (size_t i = 0; want[i]; i++, n = json_next(n)) {
        if (!str_eq_c(json_key(n), want[i])) {
            fail_msg("key %zu is '" STR_FMT "', not %s", i,
                     STR_ARG(json_key(n)), want[i]);
        }
    }
    if (n) {
        fail_msg("further key " STR_FMT, STR_ARG(json_key(n)));
    }
}

static const struct obs_tags fetch_tags = {
    .classic = true, .tcptls_experiment = true, .depth = 0, .fetch_body = 1};

static inline struct obs_http *add_http(struct fixture *f, const char *url)
{
    struct obs_http *h = measurement_add_http(&f->m);
    assert_non_null(h);
    h->url = url;
    h->ip = ip("93.184.216.34");
    h->port = 80;
    h->tags = fetch_tags;
    return h;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
