// SPDX-License-Identifier: Apache-2.0
/* Check-in: what a probe is to know before it measures. */
#include "collector/api/api_checkin.h"

#include "base/ascii.h"
#include "collector/api/answer.h"
#include "collector/api/api_helpers.h"

#include "base/calendar.h"
#include "base/clock.h"
#include "collector/ingest/location.h"

#include <stdio.h>
#include <string.h>

#define COUNT_MANUAL   9999
#define COUNT_CHARGING 100
#define COUNT_TIMED    20
#define CODES_MAX      64

struct question {
    char cc[3];
    const char *asn;
    size_t count;
    struct str codes[CODES_MAX];
    size_t n_codes;
};

static bool alphabetic(struct str code)
{
    for (size_t i = 0; i < code.len; i++) {
        if (!ascii_isalnum(code.p[i]) || ascii_isdigit(code.p[i])) {
            return false;
        }
    }
    return code.len > 0;
}

static bool add_code(struct question *q, struct str code)
{
    code = str_trim(code);
    if (!alphabetic(code) || q->n_codes == CODES_MAX) {
        return false;
    }
    q->codes[q->n_codes++] = code;
    return true;
}

/* A list of codes, or one string with commas. */
static bool read_codes(const struct json *codes, struct question *q)
{
    if (json_is_str(codes)) {
        struct str rest = json_str(codes), one;
        while (str_next(&rest, ',', &one)) {
            if (one.len > 0 && !add_code(q, one)) {
                return false;
            }
        }
        return true;
    }
    const struct json *n = json_is_arr(codes) ? json_first(codes) : NULL;
    for (; n; n = json_next(n)) {
        if (!json_is_str(n) || !add_code(q, json_str(n))) {
            return false;
        }
    }
    return json_is_null(codes) || json_is_arr(codes);
}

static bool read_question(const struct json *root, const struct geo_entry *here,
                          char asn[16], struct question *q)
{
    const char *cc = json_cstr(json_get(root, "probe_cc"));
    const char *claimed = json_cstr(json_get(root, "probe_asn"));
    bool charging = false;
    /* absent or of another type: not charging */
    (void)json_bool(json_get(root, "charging"), &charging);
    bool manual = str_eq_c(json_str(json_get(root, "run_type")), "manual");
    q->count = manual ? COUNT_MANUAL : charging ? COUNT_CHARGING : COUNT_TIMED;
    location_cc_claimed(cc, q->cc);
    uint32_t n = location_asn_claimed(claimed);
    /* Only who knows neither is told both. */
    if (n == 0 && strcmp(q->cc, "ZZ") == 0) {
        memcpy(q->cc, here->cc[0] ? here->cc : "ZZ", sizeof(q->cc));
        n = here->asn;
    }
    snprintf(asn, 16, "AS%u", n);
    q->asn = asn;
    return read_codes(json_path(root, "web_connectivity.category_codes"), q);
}

/* The tests of OONI's clients, by the names that they have there; some are run
 * by old versions only. web_connectivity is written apart. */
static const char *const other_tests[] = {"bridge_reachability",
                                          "browser_web",
                                          "dash",
                                          "dns_consistency",
                                          "dnscheck",
                                          "dnsping",
                                          "echcheck",
                                          "facebook_messenger",
                                          "http_header_field_manipulation",
                                          "http_host",
                                          "http_host_header",
                                          "http_invalid_request_line",
                                          "http_requests",
                                          "meek_fronted_requests_test",
                                          "multi_protocol_traceroute",
                                          "ndt",
                                          "openvpn",
                                          "portfiltering",
                                          "psiphon",
                                          "quicping",
                                          "riseupvpn",
                                          "signal",
                                          "simplequicping",
                                          "sni_blocking",
                                          "stunreachability",
                                          "tcp_connect",
                                          "tcpping",
                                          "telegram",
                                          "tlsmiddlebox",
                                          "tlsping",
                                          "tlstool",
                                          "tor",
                                          "torsf",
                                          "urlgetter",
                                          "vanilla_tor",
                                          "whatsapp"};

bool api_checkin_has_test(const char *name)
{
    for (size_t i = 0; i < sizeof(other_tests) / sizeof(other_tests[0]); i++) {
        if (strcmp(other_tests[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Tests that OONI's clients run only where a flag says so. */
static const char *const flagged_tests[] = {"torsf", "vanilla_tor", "openvpn"};

static bool is_off(const struct service *s, const char *test)
{
    for (size_t i = 0; i < s->n_tests_off; i++) {
        if (strcmp(s->tests_off[i], test) == 0) {
            return true;
        }
    }
    return false;
}

static void write_conf(const struct service *s, const struct http_req *req,
                       struct jw *w)
{
    jw_key(w, "conf");
    jw_obj(w);
    jw_key(w, "features");
    jw_obj(w);
    for (size_t i = 0; i < sizeof(flagged_tests) / sizeof(flagged_tests[0]);
         i++) {
        char flag[40];
        snprintf(flag, sizeof(flag), "%s_enabled", flagged_tests[i]);
        jw_kb(w, flag, !is_off(s, flagged_tests[i]));
    }
    jw_kb(w, "webconnectivity_0.5", true);
    jw_obj_end(w);
    jw_key(w, "test_helpers");
    api_helpers_write(s, req, w);
    jw_obj_end(w);
}

/* A report for it, and no inputs: it has its own, or needs none. */
static void write_other_test(struct jw *w, const struct question *q,
                             const char *name, int64_t now_s)
{
    char id[REPORT_ID_MAX];
    report_id_make(q->cc, q->asn, name, now_s, id);
    jw_key(w, name);
    jw_obj(w);
    jw_kc(w, "report_id", id);
    jw_key(w, "urls");
    jw_arr(w);
    jw_arr_end(w);
    jw_obj_end(w);
}

static void write_tests(const struct service *s, struct jw *w,
                        const struct question *q, int64_t now_s)
{
    char id[REPORT_ID_MAX];
    report_id_make(q->cc, q->asn, "web_connectivity", now_s, id);
    jw_key(w, "tests");
    jw_obj(w);
    jw_key(w, "web_connectivity");
    jw_obj(w);
    jw_kc(w, "report_id", id);
    jw_key(w, "urls");
    /* how many they are can be seen */
    (void)site_lists_write(s->lists, w, q->cc, q->codes, q->n_codes, q->count);
    jw_obj_end(w);
    for (size_t i = 0; i < sizeof(other_tests) / sizeof(other_tests[0]); i++) {
        if (!is_off(s, other_tests[i])) {
            write_other_test(w, q, other_tests[i], now_s);
        }
    }
    jw_obj_end(w);
}

static void answer(struct service *s, struct http_req *req,
                   const struct json *root)
{
    struct geo_entry here = {.cc = "ZZ"};
    const char *source = service_source(s, req);
    if (source) {
        geo_lookup(s->geo, source, &here);
    }
    char asn[16], utc[24];
    struct question q = {0};
    if (!read_question(root, &here, asn, &q)) {
        answer_invalid_json(req, "category_codes: not a list of codes");
        return;
    }
    int64_t now_s = clock_wall_us() / US_PER_S;
    calendar_iso(utc, now_s);
    if (utc[0] == '\0') {
        http_answer_detail(req, 500, "no time");
        return;
    }
    struct jw w;
    jw_init(&w, &req->reply.body);
    jw_obj(&w);
    jw_ki(&w, "v", 1);
    jw_kc(&w, "probe_cc", here.cc[0] ? here.cc : "ZZ");
    jw_key(&w, "probe_asn");
    char here_asn[16];
    snprintf(here_asn, sizeof(here_asn), "AS%u", here.asn);
    jw_c(&w, here_asn);
    jw_kc(&w, "probe_network_name", here.org[0] ? here.org : NULL);
    jw_kc(&w, "utc_time", utc);
    jw_kc(&w, "x_client_address", service_client(s, req));
    if (s->defers) {
        jw_kb(&w, "x_control_defer", true);
    }
    write_conf(s, req, &w);
    write_tests(s, &w, &q, now_s);
    jw_obj_end(&w);
    http_answer(req, 200);
}

void api_checkin(struct service *s, struct http_req *req)
{
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    enum err e = json_parse(req->body, &json_default_limits, &doc, &d);
    if (e != ERR_OK || !json_is_obj(json_root(doc))) {
        answer_invalid_json(req, e != ERR_OK ? d.text : "not an object");
    } else {
        answer(s, req, json_root(doc));
    }
    json_doc_free(doc);
}
