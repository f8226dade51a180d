// SPDX-License-Identifier: Apache-2.0
/* Verdicts in plain words: every rule and every state has some, and whatever
 * stands in a record, the text fits a terminal and does not drive it. OONI's
 * own records are read from $SHARED/data/golden; without it that test is
 * skipped by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/utf8.h"
#include "probe/explain/explain.h"
#include "probe/explain/explain_json.h"
#include "probe/explain/explain_text.h"
#include "verdict/verdict.h"
#include "words/words.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RECORD ((size_t)16 << 20)
#define GOLDEN     37
#define SITE       "198.41.0.4"

/* test_keys of one https measurement, cut off in the handshake. */
#define LOOKUP(answers)                                                        \
    "\"queries\":[{\"transaction_id\":10001,\"engine\":\"getaddrinfo\","       \
    "\"query_type\":\"ANY\",\"hostname\":\"site.test\",\"failure\":null,"      \
    "\"answers\":[" answers "],\"tags\":[\"depth=0\"],\"t0\":0.1,"             \
    "\"t\":0.2}]"
#define ANSWER(ip)                                                             \
    "{\"answer_type\":\"A\",\"ipv4\":\"" ip "\",\"asn\":64500,\"ttl\":null}"
#define CONNECT(failure)                                                       \
    "\"tcp_connect\":[{\"transaction_id\":50001,\"ip\":\"" SITE                \
    "\",\"port\":443,\"status\":{\"failure\":" failure                         \
    "},\"tags\":[\"depth=0\",\"fetch_body=true\"]}]"
#define HANDSHAKE(failure)                                                     \
    "\"tls_handshakes\":[{\"transaction_id\":50001,\"server_name\":"           \
    "\"site.test\",\"failure\":" failure ",\"no_tls_verify\":false}]"
#define PAGE(body)                                                             \
    "\"requests\":[{\"transaction_id\":50001,\"failure\":null,\"request\":"    \
    "{\"url\":\"https://site.test/\"},\"response\":{\"code\":200,"             \
    "\"headers\":{},\"body\":\"" body "\",\"body_is_truncated\":false}}]"
#define CONTROL(title)                                                         \
    "\"x_control_request\":{\"http_request\":\"https://site.test/\"},"         \
    "\"control\":{\"tcp_connect\":{\"" SITE ":443\":{\"status\":true,"         \
    "\"failure\":null}},\"tls_handshake\":{\"" SITE ":443\":{\"server_name\":" \
    "\"site.test\",\"status\":true,\"failure\":null}},\"dns\":{\"failure\":"   \
    "null,\"addrs\":[\"" SITE "\"]},\"http_request\":{\"failure\":null,"       \
    "\"status_code\":200,\"body_length\":1,\"title\":\"" title                 \
    "\",\"headers\":{}}}"

#define FOUND LOOKUP(ANSWER(SITE))
#define RESET                                                                  \
    FOUND "," CONNECT("null") "," HANDSHAKE(                                   \
        "\"connection_reset\"") "," CONTROL("Site")
#define FINE(title)                                                            \
    FOUND "," CONNECT("null") "," HANDSHAKE("null") "," PAGE(                  \
        "<title>" title "</title>") "," CONTROL(title)
#define BOGON LOOKUP(ANSWER("10.0.0.1")) "," CONTROL("Site")

static struct region *region;
static struct buf text;

static int setup(void **state)
{
    (void)state;
    region = region_new((size_t)256 << 20);
    buf_init(&text, 1u << 20);
    return region ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    region_free(region);
    buf_fini(&text);
    return 0;
}

/* ---- helpers ------------------------------------------------------------- */

static void free_doc(void *doc)
{
    json_doc_free(doc);
}

static const struct json *parse(struct str json)
{
    struct json_doc *doc = NULL;
    struct diag d = {""};
    if (json_parse(json, NULL, &doc, &d) != ERR_OK) {
        print_error("%s\n", d.text);
    }
    assert_non_null(doc);
    assert_int_equal(region_on_free(region, free_doc, doc), ERR_OK);
    return json_root(doc);
}

static const struct json *record_of(const char *keys)
{
    char *json = region_printf(region,
                               "{\"input\":\"https://site.test/\","
                               "\"measurement_start_time\":"
                               "\"2026-11-26 10:00:00\",\"probe_cc\":\"IT\","
                               "\"probe_asn\":\"AS137\","
                               "\"test_name\":\"web_connectivity\","
                               "\"test_keys\":{%s}}",
                               keys);
    assert_non_null(json);
    return parse(str_c(json));
}

static size_t columns_of(const char *line, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        n += ((unsigned char)line[i] & 0xc0) != 0x80;
    }
    return n;
}

/* Lines of `out`, after a look at what every explanation must be. */
static size_t check_text(const char *out)
{
    size_t lines = 0;
    for (const char *at = out; *at; lines++) {
        size_t len = strcspn(at, "\n");
        if (columns_of(at, len) > 80) {
            print_error("too wide: %.*s\n", (int)len, at);
        }
        assert_true(columns_of(at, len) <= 80);
        assert_true(len == 0 || at[len - 1] != ' ');
        at += len + (at[len] == '\n');
    }
    for (const unsigned char *c = (const unsigned char *)out; *c; c++) {
        assert_true(*c == '\n' || (*c >= 0x20 && *c != 0x7f));
    }
    static const char *const parts[] = {
        "\nWHAT HAPPENED HERE",   "ELSEWHERE",
        "\nWHY WE THINK SO\n - ", "\nWHAT ELSE IT COULD BE\n - ",
        "\nWHAT TO TRY\n - ",     "others on this network can see"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (!strstr(out, parts[i])) {
            print_error("without %s:\n%s\n", parts[i], out);
        }
        assert_non_null(strstr(out, parts[i]));
    }
    assert_null(strstr(out, "(null)"));
    return lines;
}

static const char *text_for(const struct json *record, const struct verdict *v)
{
    struct explanation x;
    struct diag d = {""};
    buf_clear(&text);
    assert_int_equal(explain(region, record, v, NULL, &x, &d), ERR_OK);
    assert_int_equal(explain_text(&x, &text), ERR_OK);
    return (const char *)text.p;
}

static const char *text_of(const char *keys)
{
    const struct json *record = record_of(keys);
    struct verdict v;
    struct diag d = {""};
    assert_int_equal(verdict_compute(region, record, NULL, &v, &d), ERR_OK);
    const char *out = text_for(record, &v);
    check_text(out);
    return out;
}

/* In `out` wrapped lines and columns are apart: compared without them. */
static bool says(const char *out, const char *words)
{
    char flat[65536];
    size_t n = 0;
    for (; *out && n + 1 < sizeof(flat); out++) {
        char c = *out == '\n' ? ' ' : *out;
        if (c != ' ' || (n > 0 && flat[n - 1] != ' ')) {
            flat[n++] = c;
        }
    }
    flat[n] = '\0';
    return strstr(flat, words);
}

static void expect(const char *out, const char *words)
{
    if (!says(out, words)) {
        print_error("does not say: %s\n%s", words, out);
    }
    assert_true(says(out, words));
}

static void every_rule_in_every_state_is_explained(void **state)
{
    (void)state;
    const struct json *record = record_of(RESET);
    static const int64_t ids[] = {50001};
    for (enum note note = 0; note < NOTE_COUNT; note++) {
        for (int s = X_OK; s <= X_INTERNAL; s++) {
            struct reason why = {.note = note, .ids = ids, .n_ids = 1};
            enum method method = s == X_BLOCKED ? METHOD_TLS : METHOD_NONE;
            struct verdict v = {.state = (enum xstate)s,
                                .method = method,
                                .confidence = 0.9,
                                .reasons = &why,
                                .n_reasons = 1,
                                .alternatives = &why,
                                .n_alternatives = 1};
            const char *out = text_for(record, &v);
            check_text(out);
            expect(out, words_rule(rules_of(note))->why);
            assert_false(says(out, "50001"));
        }
    }
}

/* ---- records ------------------------------------------------------------- */

static void a_site_that_works(void **state)
{
    (void)state;
    const char *out = text_of(FINE("A page"));
    expect(out, "site.test WORKS on this network.");
    expect(out, "almost certain (99 of 100)");
    expect(out, "[ok] your network: " SITE " | " SITE);
    expect(out, "[ok] came, \"A page\" | came, \"A page\"");
}

static void a_cut_handshake(void **state)
{
    (void)state;
    const char *out = text_of(RESET);
    expect(out,
           "site.test is BLOCKED on this network: secure connections to it "
           "are being cut off.");
    expect(out, "Connection [ok] " SITE " | ok");
    expect(out, "[FAILED] " SITE ": cut off (reset) | ok");
    expect(out, "[--] not tried: it did not get this far | came, \"Site\"");
}

static void an_answer_the_verdict_stands_on_is_marked(void **state)
{
    (void)state;
    const char *out = text_of(BOGON);
    expect(out, "the name lookup is being tampered with.");
    expect(out, "[odd] your network: 10.0.0.1 | " SITE);
    expect(out, "Connection [--] not tried");
}

static void no_control(void **state)
{
    (void)state;
    const char *out = text_of(FOUND "," CONNECT("\"generic_timeout_error\""));
    expect(out,
           "COULD NOT BE DECIDED whether it is blocked: there is nothing to "
           "compare with.");
    expect(out, "ELSEWHERE: no answer");
    expect(out, "Do not take this as a sign of blocking.");
}

static void a_clock_that_may_be_wrong_is_named(void **state)
{
    (void)state;
    const char *out = text_of(
        FOUND "," CONNECT("null") "," HANDSHAKE("\"ssl_invalid_certificate\""));
    expect(out, "The clock of this device may be wrong.");
    expect(out, "Check date and time of this device");
}

static void a_stranger_in_between_is_named(void **state)
{
    (void)state;
    const char *out = text_of(
        FOUND "," CONNECT("null") "," HANDSHAKE("\"ssl_unknown_authority\""));
    expect(out, "nothing to compare with.");
    expect(out, "Something on the way may answer in the site's place.");
    expect(out, "enter no password");
}

/* One fetch with the name, which is cut off, and one without. */
#define PAIR                                                                   \
    "{\"named\":true,\"connected\":0.1,\"secured\":0.2,\"t\":0.3,\"status\":"  \
    "0,\"bytes\":0,\"truncated\":false,\"failure\":\"connection_reset\","      \
    "\"transaction_id\":1},{\"named\":false,\"connected\":0.1,\"secured\":"    \
    "0.2,\"t\":0.3,\"status\":200,\"bytes\":1,\"truncated\":false,"            \
    "\"failure\":null,\"transaction_id\":2}"

static void
what_only_the_name_brings_about_is_not_called_uncertain(void **state)
{
    (void)state;
    const char *out = text_of(FOUND "," CONNECT("null") "," HANDSHAKE(
        "null") ","
                "\"requests\":[{\"transaction_id\":50001,\"failure\":"
                "\"connection_reset\",\"request\":{\"url\":\"https://site.test/\"},"
                "\"response\":{\"code\":0,\"headers\":{},\"body\":\"\","
                "\"body_is_truncated\":false}}]," CONTROL(
                    "A page") ",\"x_retest\":[{\"kind\":\"compare\",\"after\":2,\"test_keys\":{"
                              "\"x_compare\":[" PAIR "," PAIR "," PAIR "]}}]");
    expect(out, "is BLOCKED on this network: secure connections");
    expect(out, "[FAILED] after 2 s: the same again, and all well without the "
                "site's name");
}

static void further_measurements_of_any_kind(void **state)
{
    (void)state;
    const char *out =
        text_of(RESET ",\"x_retest\":[{\"kind\":\"again\",\"after\":15.5,"
                      "\"test_keys\":{" RESET "}}]");
    expect(out, "Measured once more [FAILED] after 16 s: the same again");
    out = text_of(RESET ",\"x_retest\":[{\"kind\":\"again\",\"after\":15.5,"
                        "\"test_keys\":{" FINE("A page") "}}]");
    expect(out, "Measured once more [ok] after 16 s: it worked");
    expect(out, "It may be blocked now and then: The connection was cut off");
    /* what another version may write */
    const struct json *record = record_of(
        RESET ",\"x_retest\":[{\"kind\":\"pair\",\"failure\":"
              "\"connection_reset\"},{\"kind\":\"new\\u001b\"},3,{}]");
    struct verdict v = {.state = X_DOWN};
    out = text_for(record, &v);
    expect(out, "[FAILED] pair: cut off (reset)");
    expect(out, "new?: done");
    out = text_of(RESET ",\"x_retest\":[]");
    expect(out, "it was measured only once");
    assert_false(says(out, "Measured once more"));
}

static void a_method_nobody_knows_is_told_in_general(void **state)
{
    (void)state;
    struct reason why[] = {{.note = NOTE_NAME_DENIED}, {.note = NOTE_EARLY}};
    struct verdict v = {.state = X_BLOCKED,
                        .method = METHOD_NONE,
                        .confidence = 0.6,
                        .reasons = why,
                        .n_reasons = 2,
                        .alternatives = why,
                        .n_alternatives = 1};
    const char *out = text_for(record_of(RESET), &v);
    check_text(out);
    expect(out, "the connection is being interfered with");
    expect(out, words_rule(RULE_DNS_NEGATIVE)->why);
    expect(out, words_rule(RULE_DNS_EARLY)->why);
    expect(out, "It may be blocked now and then: The lookup says");
    expect(out, "seems to be BLOCKED");
    expect(out, "(60 of 100)");
    v.n_reasons = v.n_alternatives = 0;
    check_text(text_for(record_of(RESET), &v));
}

static void texts_of_the_network_drive_no_terminal(void **state)
{
    (void)state;
    const char *out =
        text_of(FINE("\\u001b[31m\\u009b2J\\u202eevil\\u2066\\u0007 \\u65e5"
                     "\\u672c\\u8a9e\\u65e5\\u672c\\u8a9e\\u65e5\\u672c"
                     "\\u8a9e\\u65e5\\u672c\\u8a9e\\u65e5\\u672c\\u8a9e"));
    assert_null(strchr(out, 0x1b));
    assert_null(strstr(out, "\xc2\x9b"));
    assert_null(strstr(out, "\xe2\x80\xae"));
    assert_null(strstr(out, "\xe2\x81\xa6"));
    assert_non_null(strstr(out, "\xe6\x97\xa5"));
    assert_true(utf8_valid(str_c(out)));
}

/* Hundreds of addresses, each with another fate. */
static void a_large_record_stays_short(void **state)
{
    (void)state;
    /* each told in other words, so that no two rows become one */
    static const char *const failures[] = {
        "generic_timeout_error", "connection_refused", "connection_reset",
        "connection_aborted",    "eof_error",          "host_unreachable",
        "network_down",          "permission_denied",  "address_in_use",
        "network_unreachable",   "dns_nxdomain_error", "strange",
        "dns_no_answer",         "dns_bogon_error",    "json_parse_error"};
    const int n_failures = sizeof(failures) / sizeof(failures[0]);
    struct buf keys;
    buf_init(&keys, 1u << 20);
    buf_add_c(&keys, FOUND ",\"tcp_connect\":[");
    for (int i = 0; i < 600; i++) {
        buf_printf(&keys,
                   "%s{\"transaction_id\":%d,\"ip\":\"198.41.%d.%d\","
                   "\"port\":443,\"status\":{\"failure\":\"%s\"},"
                   "\"tags\":[\"depth=%d\",\"fetch_body=true\"]}",
                   i ? "," : "", i + 1, i / 200, i % 200,
                   failures[i % n_failures], i % 2);
    }
    buf_add_c(&keys, "]," CONTROL("Site"));
    assert_int_equal(keys.failed, ERR_OK);
    const char *out = text_of((const char *)keys.p);
    expect(out, "more: --json has them");
    expect(out, "failed in an unknown way");
    assert_null(strstr(out, "strange"));
    buf_fini(&keys);
}

static void the_json_form_has_ids_and_verdict(void **state)
{
    (void)state;
    const struct json *record = record_of(RESET);
    struct verdict v;
    struct explanation x;
    struct diag d = {""};
    assert_int_equal(verdict_compute(region, record, NULL, &v, &d), ERR_OK);
    assert_int_equal(explain(region, record, &v, NULL, &x, &d), ERR_OK);
    buf_clear(&text);
    assert_int_equal(explain_json(&x, &v, &text), ERR_OK);
    const struct json *j = parse(region_str(region, buf_str(&text)));
    const struct json *why = json_first(json_get(j, "why"));
    int64_t id = 0;
    assert_true(str_eq_c(json_str(json_get(why, "rule")),
                         "tls_reset_control_succeeds"));
    assert_true(json_i64(json_first(json_get(why, "ids")), &id));
    assert_int_equal(id, 50001);
    assert_true(str_eq_c(json_str(json_path(j, "x_verdict.state")), "blocked"));
    assert_true(str_eq_c(json_str(json_get(j, "url")), "https://site.test/"));
    static const char *const lists[] = {"steps", "why", "else", "try"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(json_is_arr(json_get(j, lists[i])));
        assert_true(json_len(json_get(j, lists[i])) > 0);
    }
    const struct json *step = json_first(json_get(j, "steps"));
    const char *const kinds[] = {"name_lookup", "connection",
                                 "secure_connection", "page"};
    const char *const results[] = {"ok", "ok", "failed", "not_tried"};
    for (size_t i = 0; i < 4; i++, step = json_next(step)) {
        const struct json *row = json_first(json_get(step, "rows"));
        assert_true(str_eq_c(json_str(json_get(step, "step")), kinds[i]));
        assert_true(str_eq_c(json_str(json_get(row, "result")), results[i]));
    }
    assert_null(step);
}

static void lack_of_memory_is_an_error(void **state)
{
    (void)state;
    const struct json *record = record_of(RESET);
    struct verdict v;
    struct diag d = {""};
    assert_int_equal(verdict_compute(region, record, NULL, &v, &d), ERR_OK);
    bool done = false;
    size_t failed = 0;
    for (size_t max = 0; !done && max < (1u << 20); max += 512) {
        struct region *small = region_new(max);
        struct explanation x;
        assert_non_null(small);
        enum err e = explain(small, record, &v, NULL, &x, &d);
        done = e == ERR_OK;
        failed += !done;
        assert_true(done || e == ERR_NOMEM || e == ERR_LIMIT);
        region_free(small);
    }
    assert_true(done);
    assert_true(failed > 1);
}

/* ---- OONI's records ------------------------------------------------------ */

static const char *golden_dir(void)
{
    const char *shared = getenv("SHARED");
    return region_printf(region, "%s/data/golden",
                         shared ? shared : "../shared");
}

static void explain_file(const char *path)
{
    struct buf file;
    struct diag d = {""};
    struct verdict v;
    buf_init(&file, MAX_RECORD);
    assert_int_equal(fs_read(path, MAX_RECORD, &file, &d), ERR_OK);
    const struct json *record = parse(region_str(region, buf_str(&file)));
    buf_fini(&file);
    assert_int_equal(verdict_compute(region, record, NULL, &v, &d), ERR_OK);
    const char *out = text_for(record, &v);
    size_t lines = check_text(out);
    if (lines > 55) {
        print_error("%s: %zu lines\n%s", path, lines, out);
    }
    assert_true(lines <= 55);
    static const char *const heads[] = {
        "", "BLOCKED on this network: ", "DOWN FOR EVERYBODY",
        "COULD NOT BE DECIDED whether", "COULD NOT BE TESTED"};
    expect(out, heads[v.state]);
    assert_true(v.state != X_OK || says(out, "WORKS on this network") ||
                says(out, "NOT BLOCKED on this network"));
    for (size_t i = 0; i < v.n_reasons; i++) {
        expect(out, words_rule(rules_of(v.reasons[i].note))->why);
    }
    if (getenv("EXPLAIN_SHOW")) {
        printf("---- %s\n%s", path, out);
    }
}

static void golden_records_are_explained(void **state)
{
    (void)state;
    const char *base = golden_dir();
    DIR *dir = opendir(base);
    size_t n = 0;
    if (!dir) {
        print_message("skipped: no golden records in $SHARED/data/golden\n");
        skip();
    }
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (str_ends(str_c(e->d_name), ".json")) {
            explain_file(region_printf(region, "%s/%s", base, e->d_name));
            n++;
        }
    }
    closedir(dir);
    assert_int_equal(n, GOLDEN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_rule_in_every_state_is_explained),
        TEST(a_site_that_works),
        TEST(a_cut_handshake),
        TEST(an_answer_the_verdict_stands_on_is_marked),
        TEST(no_control),
        TEST(a_clock_that_may_be_wrong_is_named),
        TEST(a_stranger_in_between_is_named),
        TEST(what_only_the_name_brings_about_is_not_called_uncertain),
        TEST(further_measurements_of_any_kind),
        TEST(a_method_nobody_knows_is_told_in_general),
        TEST(texts_of_the_network_drive_no_terminal),
        TEST(a_large_record_stays_short),
        TEST(the_json_form_has_ids_and_verdict),
        TEST(lack_of_memory_is_an_error),
        TEST(golden_records_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
