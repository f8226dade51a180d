// SPDX-License-Identifier: Apache-2.0
/* What a second measurement of a site says about the first (x_retest). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict/rules.h"
#include "verdict/verdict.h"
#include <stdio.h>
#include <string.h>

#define SITE "198.41.0.4"

/* test_keys of one https measurement: answer of the system's resolver, of the
 * connect, of the handshake; then what the control got. */
#define LOOKUP(failure, answers)                                               \
    "\"queries\":[{\"transaction_id\":10001,\"engine\":\"getaddrinfo\","       \
    "\"query_type\":\"ANY\",\"hostname\":\"site.test\",\"failure\":" failure   \
    ",\"answers\":[" answers "],\"tags\":[\"depth=0\"],\"t0\":0.1,"            \
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
#define PAGE                                                                   \
    "\"requests\":[{\"transaction_id\":50001,\"failure\":null,\"request\":"    \
    "{\"url\":\"https://site.test/\"},\"response\":{\"code\":200,"             \
    "\"headers\":{},\"body\":\"x\",\"body_is_truncated\":false}}]"
#define CONTROL CONTROL_OF("200")
#define CONTROL_OF(status)                                                     \
    "\"x_control_request\":{\"http_request\":\"https://site.test/\"},"         \
    "\"control\":{\"tcp_connect\":{\"" SITE ":443\":{\"status\":true,"         \
    "\"failure\":null}},\"tls_handshake\":{\"" SITE ":443\":{\"server_name\":" \
    "\"site.test\",\"status\":true,\"failure\":null}},\"dns\":{\"failure\":"   \
    "null,\"addrs\":[\"" SITE "\"]},\"http_request\":{\"failure\":null,"       \
    "\"status_code\":" status                                                  \
    ",\"body_length\":1,\"title\":\"\",\"headers\":{}}}"
#define NO_CONTROL                                                             \
    "\"x_control_request\":null,\"control\":null,\"control_failure\":"         \
    "\"generic_timeout_error\""
#define WHOAMI                                                                 \
    "\"x_dns_whoami\":{\"system_v4\":[{\"address\":\"203.0.113.9\"}]}"

#define OTHERS "\"x_run\":{\"others_same_address\":0,\"others_elsewhere\":2}"

#define FOUND LOOKUP("null", ANSWER(SITE))
#define RESET                                                                  \
    FOUND "," CONNECT("null") "," HANDSHAKE("\"connection_reset\"") ","
#define DROPPED FOUND "," CONNECT("\"generic_timeout_error\"") ","
#define FINE                                                                   \
    FOUND "," CONNECT("null") "," HANDSHAKE("null") "," PAGE "," CONTROL
#define BOGON  LOOKUP("null", ANSWER("10.0.0.1")) "," CONTROL
#define SILENT LOOKUP("\"generic_timeout_error\"", "") "," WHOAMI "," CONTROL

#define SILENT_NOW                                                             \
    LOOKUP("\"generic_timeout_error\"", "") "," OTHERS "," CONTROL

#define AGAIN(keys)                                                            \
    "{\"kind\":\"again\",\"after\":15.5,\"test_keys\":{" keys "}}"
#define RETEST(items) ",\"x_retest\":[" items "]"

static struct region *region;

static int setup(void **state)
{
    (void)state;
    region = region_new(16u << 20);
    return region ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    region_free(region);
    return 0;
}

static enum err compute(const char *keys, struct verdict *v, struct diag *d)
{
    struct json_doc *doc = NULL;
    char *text = region_printf(region,
                               "{\"input\":\"https://site.test/\","
                               "\"test_name\":\"web_connectivity\","
                               "\"test_keys\":{%s}}",
                               keys);
    assert_int_equal(json_parse(str_c(text), NULL, &doc, d), ERR_OK);
    enum err e = verdict_compute(region, json_root(doc), NULL, v, d);
    json_doc_free(doc);
    return e;
}

static struct verdict verdict_of(const char *keys)
{
    struct verdict v;
    struct diag d = {""};
    enum err e = compute(keys, &v, &d);
    if (e) {
        print_error("%s\n", d.text);
    }
    assert_int_equal(e, ERR_OK);
    return v;
}

static bool tells(const struct reason *list, size_t n, const char *rule)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rules_name(rules_of(list[i].note)), rule) == 0) {
            return true;
        }
    }
    return false;
}

static void a_failure_is_wanted_again(void **state)
{
    (void)state;
    struct verdict v = verdict_of(RESET CONTROL);
    assert_int_equal(v.state, X_BLOCKED);
    assert_true(v.want_again);
    assert_true(v.confidence < 0.8);
    assert_true(tells(v.alternatives, v.n_alternatives,
                      rules_name(RULE_AGAIN_MISSING)));
}

static void a_failure_that_comes_again_is_confirmed(void **state)
{
    (void)state;
    struct verdict v = verdict_of(RESET CONTROL RETEST(AGAIN(RESET CONTROL)));
    assert_int_equal(v.state, X_BLOCKED);
    assert_string_equal(method_name(v.method), "tls");
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_TLS_RESET));
    assert_true(tells(v.reasons, v.n_reasons, rules_name(RULE_AGAIN_SAME)));
    assert_false(tells(v.alternatives, v.n_alternatives,
                       rules_name(RULE_AGAIN_MISSING)));
    assert_true(v.confidence > 0.9 && v.confidence < 1);
    assert_false(v.want_again);
}

/* Residual blocking makes other failures of later connections. */
static void another_failure_of_the_same_site_confirms_too(void **state)
{
    (void)state;
    struct verdict v = verdict_of(RESET CONTROL RETEST(AGAIN(DROPPED CONTROL)));
    assert_int_equal(v.state, X_BLOCKED);
    assert_string_equal(method_name(v.method), "tls");
    assert_true(tells(v.reasons, v.n_reasons, rules_name(RULE_AGAIN_SAME)));
}

/* A server that refuses one of two controls' countries may leave visitors of
 * this one unanswered. */
static void a_server_that_turns_some_away_accuses_nobody(void **state)
{
    (void)state;
    static const char *const refused[] = {
        DROPPED CONTROL RETEST(AGAIN(DROPPED CONTROL_OF("451"))),
        DROPPED CONTROL_OF("403") RETEST(AGAIN(DROPPED CONTROL)),
    };
    for (size_t i = 0; i < 2; i++) {
        struct verdict v = verdict_of(refused[i]);
        assert_int_equal(v.state, X_INCONCLUSIVE);
        assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                            "server_refuses_visitor");
        assert_true(tells(v.alternatives, v.n_alternatives,
                          "tcp_timeout_control_connects"));
    }
    /* both are refused, or one meets an error: that is no country's matter */
    struct verdict v = verdict_of(DROPPED CONTROL_OF("403")
                                      RETEST(AGAIN(DROPPED CONTROL_OF("403"))));
    assert_int_equal(v.state, X_BLOCKED);
    v = verdict_of(DROPPED CONTROL RETEST(AGAIN(DROPPED CONTROL_OF("503"))));
    assert_int_equal(v.state, X_BLOCKED);
    /* no server cuts off a name that it has answered the control under */
    v = verdict_of(RESET CONTROL RETEST(AGAIN(RESET CONTROL_OF("451"))));
    assert_int_equal(v.state, X_BLOCKED);
}

static void a_failure_that_does_not_come_again_is_no_finding(void **state)
{
    (void)state;
    struct verdict v = verdict_of(RESET CONTROL RETEST(AGAIN(FINE)));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_int_equal(v.method, METHOD_NONE);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_AGAIN_DIFFERS));
    assert_true(
        tells(v.alternatives, v.n_alternatives, rules_name(RULE_TLS_RESET)));
    assert_false(v.want_again);
    /* also not when nothing could be compared, twice */
    v = verdict_of(RESET CONTROL RETEST(AGAIN(RESET NO_CONTROL)));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_true(v.want_again);
    v = verdict_of(RESET CONTROL RETEST(
        AGAIN(RESET NO_CONTROL) "," AGAIN(RESET NO_CONTROL)));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_AGAIN_DIFFERS));
    assert_false(v.want_again);
    v = verdict_of(
        RESET CONTROL RETEST(AGAIN(RESET NO_CONTROL) "," AGAIN(RESET CONTROL)));
    assert_int_equal(v.state, X_BLOCKED);
}

static void another_sites_failure_confirms_nothing(void **state)
{
    char text[] = AGAIN(RESET CONTROL);
    char keys[8192];
    (void)state;
    for (char *p; (p = strstr(text, "site.test"));) {
        memcpy(p, "else.test", 9);
    }
    snprintf(keys, sizeof(keys), RESET CONTROL ",\"x_retest\":[%s]", text);
    struct verdict v = verdict_of(keys);
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_CONTRADICTS));
    assert_true(
        tells(v.alternatives, v.n_alternatives, rules_name(RULE_TLS_RESET)));
    assert_false(v.want_again);
}

static void what_our_probe_could_not_measure_again_is_no_finding(void **state)
{
    (void)state;
    struct verdict v = verdict_of(RESET CONTROL RETEST(""));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_AGAIN_MISSING));
    assert_true(v.want_again);
}

static void proof_needs_no_second_look(void **state)
{
    (void)state;
    struct verdict v = verdict_of(BOGON);
    assert_int_equal(v.state, X_BLOCKED);
    assert_false(v.want_again);
    v = verdict_of(BOGON RETEST(AGAIN(FINE)));
    assert_int_equal(v.state, X_BLOCKED);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_DNS_BOGON));
}

static void a_page_that_came_is_not_wanted_again(void **state)
{
    (void)state;
    struct verdict v = verdict_of(FINE);
    assert_int_equal(v.state, X_OK);
    assert_false(v.want_again);
    /* nor is it turned into a finding */
    v = verdict_of(FINE RETEST(AGAIN(RESET CONTROL)));
    assert_int_equal(v.state, X_OK);
}

#define LANDING(run) LOOKUP("null", ANSWER("192.168.1.1")) "," run "," CONTROL
#define ALONE(names)                                                           \
    "\"x_run\":{\"others_same_address\":0,\"others_elsewhere\":0,"             \
    "\"addresses\":[{\"ip\":\"192.168.1.1\",\"names\":" names                  \
    ",\"other_networks\":0,\"notices\":0}]}"

/* The resolver of a network where one has to log in first gives one address for
 * every name. Its answer about this one was lost twice, and came when nobody
 * else was asked about any more. */
static void what_comes_late_may_be_for_everybody(void **state)
{
    (void)state;
    struct verdict v =
        verdict_of(SILENT RETEST(AGAIN(SILENT) "," AGAIN(LANDING(ALONE("8")))));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_true(tells(v.reasons, v.n_reasons, "dns_address_for_every_name"));
    /* the twins: nobody else was given it; others were led elsewhere */
    v = verdict_of(SILENT RETEST(AGAIN(SILENT) "," AGAIN(LANDING(ALONE("0")))));
    assert_int_equal(v.state, X_BLOCKED);
    v = verdict_of(SILENT RETEST(AGAIN(SILENT) "," AGAIN(LANDING(OTHERS))));
    assert_int_equal(v.state, X_BLOCKED);
    /* and what was given at first, beside others */
    v = verdict_of(LANDING(OTHERS) RETEST(AGAIN(LANDING(ALONE("8")))));
    assert_int_equal(v.state, X_BLOCKED);
}

static void a_question_that_got_lost_is_asked_again(void **state)
{
    (void)state;
    struct verdict v = verdict_of(SILENT);
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_true(v.want_again);
    assert_true(verdict_of(SILENT_NOW).want_again);
    v = verdict_of(SILENT RETEST(AGAIN(FINE)));
    assert_int_equal(v.state, X_OK);
    assert_false(v.want_again);
    /* what is found then must come twice as well */
    v = verdict_of(SILENT RETEST(AGAIN(RESET CONTROL)));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_true(v.want_again);
    v = verdict_of(
        SILENT RETEST(AGAIN(RESET CONTROL) "," AGAIN(RESET CONTROL)));
    assert_int_equal(v.state, X_BLOCKED);
    assert_string_equal(method_name(v.method), "tls");
    assert_false(v.want_again);
}

#define INSIDE                                                                       \
    FOUND "," CONNECT("null") "," HANDSHAKE(                                         \
        "null") ",\"requests\":[{\"transaction_id\":50001,\"failure\":"              \
                "\"connection_reset\",\"request\":{\"url\":\"https://site.test/\"}," \
                "\"response\":{\"code\":0,\"headers\":{},\"body\":\"\"}}]," CONTROL
#define TRANSFER(named, failure, secured)                                      \
    "{\"named\":" named ",\"connected\":1,\"secured\":" secured                \
    ",\"t\":2,\"status\":200,\"bytes\":1,\"failure\":" failure "}"
#define PAIR                                                                   \
    TRANSFER("true", "\"connection_reset\"", "0")                              \
    "," TRANSFER("false", "null", "1.5")
#define UNHEARD                                                                \
    FOUND "," CONNECT("null") "," HANDSHAKE("\"generic_timeout_error\"") ","
#define SHUT_OUT                                                               \
    "{\"named\":true,\"connected\":1,\"t\":2,"                                 \
    "\"failure\":\"generic_timeout_error\"}," TRANSFER("false", "null", "1.5")
#define OTHER_NAME                                                             \
    "{\"named\":false,\"other_name\":\"www.example.test\",\"connected\":1,"    \
    "\"secured\":1.5,\"t\":2,\"failure\":null}"
#define COMPARE(flag)                                                          \
    "{\"kind\":\"compare\"," flag "\"test_keys\":{\"x_compare\":[" PAIR        \
    "," PAIR "," PAIR "]}}"

/* A reset that is sent to the server comes before the handshake is over, or
 * after it: then a comparison decides, whatever else the line kept silent. */
static void a_reset_inside_tls_is_compared(void **state)
{
    (void)state;
    struct verdict v = verdict_of(RESET CONTROL RETEST(AGAIN(INSIDE)));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_non_null(v.want_compare);
    assert_true(v.want_again);
    v = verdict_of(RESET CONTROL RETEST(AGAIN(INSIDE) "," COMPARE("")));
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_TLS);
    assert_true(tells(v.reasons, v.n_reasons, rules_name(RULE_TLS_CUT_NAMED)));
    v = verdict_of(
        RESET CONTROL RETEST(AGAIN(INSIDE) "," COMPARE("\"silent\":true,")));
    assert_int_equal(v.state, X_BLOCKED);
    v = verdict_of(
        RESET CONTROL RETEST(AGAIN(INSIDE) "," COMPARE("\"residual\":true,")));
    assert_int_equal(v.state, X_INCONCLUSIVE);
}

/* So it is where the comparison came first. */
static void a_reset_inside_tls_after_it_was_compared_is_the_same(void **state)
{
    (void)state;
    static const char compared[] =
        "{\"kind\":\"compare\",\"test_keys\":{\"x_compare\":[" SHUT_OUT
        "," SHUT_OUT "," SHUT_OUT "," OTHER_NAME "]}}";
    struct verdict v = verdict_of(region_printf(region, "%s,\"x_retest\":[%s]",
                                                UNHEARD CONTROL, compared));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    v = verdict_of(region_printf(region, "%s,\"x_retest\":[%s,%s]",
                                 UNHEARD CONTROL, compared, AGAIN(INSIDE)));
    assert_int_equal(v.state, X_BLOCKED);
    assert_int_equal(v.method, METHOD_TLS);
    assert_true(tells(v.reasons, v.n_reasons, rules_name(RULE_TLS_CUT_NAMED)));
    assert_true(tells(v.reasons, v.n_reasons, rules_name(RULE_AGAIN_SAME)));
    /* the twin: not compared, it says nothing of the name */
    v = verdict_of(UNHEARD CONTROL RETEST(AGAIN(INSIDE)));
    assert_int_equal(v.state, X_INCONCLUSIVE);
}

static void it_ends_after_two_further_measurements(void **state)
{
    (void)state;
    struct verdict v = verdict_of(SILENT RETEST(AGAIN(SILENT)));
    assert_true(v.want_again);
    v = verdict_of(SILENT RETEST(AGAIN(SILENT) "," AGAIN(SILENT)));
    assert_false(v.want_again);
    assert_int_equal(v.state, X_INCONCLUSIVE);
}

static void a_fault_of_the_machine_says_nothing(void **state)
{
    (void)state;
    struct verdict v = verdict_of(RESET CONTROL RETEST(
        AGAIN(RESET CONTROL ",\"x_internal_error\":{\"error\":\"memory\"}")));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_AGAIN_UNSURE));
    assert_true(v.want_again);
}

/* With nothing heard the line itself may have been down. */
static void on_a_silent_line_only_success_counts(void **state)
{
    (void)state;
    static const char quiet[] = ",\"x_retest\":[{\"kind\":\"again\","
                                "\"silent\":true,\"test_keys\":{";
    struct verdict v = verdict_of(region_printf(
        region, "%s%s%s", DROPPED CONTROL, quiet, DROPPED CONTROL "}}]"));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_AGAIN_UNSURE));
    assert_true(v.want_again);
    v = verdict_of(
        region_printf(region, "%s%s%s", DROPPED CONTROL, quiet, FINE "}}]"));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_AGAIN_DIFFERS));
    assert_false(v.want_again);
}

/* What is said of how often it was measured is what the record holds. */
static void how_often_it_was_measured_is_told_as_it_was(void **state)
{
    (void)state;
    static const char quiet[] = "{\"kind\":\"again\",\"silent\":true,"
                                "\"test_keys\":{" DROPPED CONTROL "}}";

    struct {
        const char *list;
        enum note note;
    } told[] = {
        {"", NOTE_ONCE_CHANCE},
        {quiet, NOTE_AGAIN_SILENT},
        {region_printf(region, "%s,%s", quiet, quiet), NOTE_AGAIN_SILENT},
        {AGAIN(SILENT), NOTE_AGAIN_UNDECIDED}};

    for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
        assert_non_null(told[i].list);
        struct verdict v = verdict_of(region_printf(
            region, "%s,\"x_retest\":[%s]", DROPPED CONTROL, told[i].list));
        assert_int_equal(v.state, X_INCONCLUSIVE);
        assert_int_equal(v.reasons[0].note, told[i].note);
    }
    /* somebody else's record, and one that was measured again and agrees */
    struct verdict v = verdict_of(DROPPED CONTROL);
    assert_true(tells(v.alternatives, v.n_alternatives, "measured_once"));
    v = verdict_of(DROPPED CONTROL RETEST(AGAIN(DROPPED CONTROL)));
    assert_int_equal(v.state, X_BLOCKED);
    assert_false(tells(v.alternatives, v.n_alternatives, "measured_once"));
}

/* Where another site has just been cut off, everything may be stopped. */
#define MARKED(mark, keys)                                                     \
    "{\"kind\":\"again\",\"" mark "\":true,\"test_keys\":{" keys "}}"

static void what_another_site_set_off_accuses_nobody(void **state)
{
    (void)state;
    struct verdict v =
        verdict_of(DROPPED CONTROL RETEST(MARKED("residual", DROPPED CONTROL)));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_RESIDUAL));
    assert_true(v.want_again);
    v = verdict_of(DROPPED CONTROL RETEST(MARKED(
        "residual", DROPPED CONTROL) "," MARKED("residual", DROPPED CONTROL)));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_RESIDUAL));
    assert_true(
        tells(v.alternatives, v.n_alternatives, rules_name(RULE_IP_TIMEOUT)));
    assert_false(v.want_again);
}

static void once_that_is_over_the_site_is_what_it_is(void **state)
{
    (void)state;
    struct verdict v =
        verdict_of(DROPPED CONTROL RETEST(MARKED("after_residual", FINE)));
    assert_int_equal(v.state, X_OK);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_PAGE_VERIFIED));
    assert_true(
        tells(v.alternatives, v.n_alternatives, rules_name(RULE_RESIDUAL)));
    assert_false(v.want_again);
    v = verdict_of(
        DROPPED CONTROL RETEST(MARKED("residual", DROPPED CONTROL) "," MARKED(
            "after_residual", RESET CONTROL)));
    assert_int_equal(v.state, X_BLOCKED);
    assert_string_equal(method_name(v.method), "ip");
    assert_true(tells(v.reasons, v.n_reasons, rules_name(RULE_AGAIN_SAME)));
    v = verdict_of(DROPPED CONTROL RETEST(MARKED("residual", FINE)));
    assert_int_equal(v.state, X_INCONCLUSIVE); /* well in spite of it */
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_AGAIN_DIFFERS));
}

#define KNOCK(after, secured, failure)                                         \
    "{\"kind\":\"unnamed\",\"after\":" after                                   \
    ",\"test_keys\":{\"x_compare\":[{\"named\":false,\"connected\":1,"         \
    "\"secured\":" secured ",\"t\":2,\"failure\":" failure "}]}}"
#define SHUT(after) KNOCK(after, "0", "\"connection_reset\"")
#define OPEN(after) KNOCK(after, "1.5", "null")
#define CUT_AT(after)                                                          \
    "{\"kind\":\"again\",\"after\":" after                                     \
    ",\"after_residual\":true,\"test_keys\":{" RESET CONTROL "}}"

/* The wait was too short: right before, the address answered nobody. */
static void what_is_shut_to_everybody_accuses_nobody(void **state)
{
    (void)state;
    struct verdict v = verdict_of(
        RESET CONTROL RETEST(SHUT("4") "," SHUT("40") "," CUT_AT("40.1")));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    assert_string_equal(rules_name(rules_of(v.reasons[0].note)),
                        rules_name(RULE_RESIDUAL));
    assert_true(v.want_again);
    /* nor is the next one believed before somebody was answered */
    v = verdict_of(RESET CONTROL RETEST(
        SHUT("4") "," SHUT("40") "," CUT_AT("40.1") "," CUT_AT("60")));
    assert_int_equal(v.state, X_INCONCLUSIVE);
    v = verdict_of(RESET CONTROL RETEST(SHUT("4") "," SHUT("40") "," CUT_AT(
        "40.1") "," OPEN("60") "," CUT_AT("60.1")));
    assert_int_equal(v.state, X_BLOCKED);
    /* answered, or asked long before: that was waited for */
    v = verdict_of(
        RESET CONTROL RETEST(SHUT("4") "," OPEN("40") "," CUT_AT("40.1")));
    assert_int_equal(v.state, X_BLOCKED);
    v = verdict_of(
        RESET CONTROL RETEST(SHUT("4") "," SHUT("20") "," CUT_AT("40")));
    assert_int_equal(v.state, X_BLOCKED);
    v = verdict_of(RESET CONTROL RETEST(SHUT("4") "," CUT_AT("14")));
    assert_int_equal(v.state, X_BLOCKED);
}

static void the_compatible_keys_are_the_first_measurements(void **state)
{
    (void)state;
    struct verdict one = verdict_of(RESET CONTROL);
    struct verdict two = verdict_of(RESET CONTROL RETEST(AGAIN(FINE)));
    assert_string_equal(one.blocking, "http-failure");
    assert_string_equal(two.blocking, one.blocking);
    assert_int_equal(two.x_blocking_flags, one.x_blocking_flags);
}

static void bad(const char *keys, const char *says)
{
    struct verdict v = {.confidence = 42};
    struct diag d = {""};
    assert_int_equal(compute(keys, &v, &d), ERR_PARSE);
    if (!strstr(d.text, says)) {
        fail_msg("\"%s\" does not say \"%s\"", d.text, says);
    }
    assert_true(v.confidence == 42); /* untouched */
}

static void mistyped_entries_are_named(void **state)
{
    (void)state;
    bad(RESET CONTROL ",\"x_retest\":7", "x_retest: want an array");
    bad(RESET CONTROL RETEST("7"), "x_retest[0]: want an object");
    bad(RESET CONTROL RETEST("{\"kind\":7}"),
        "x_retest[0].kind: want a string");
    bad(RESET CONTROL RETEST("{\"kind\":\"again\"}"),
        "x_retest[0].test_keys: want an object");
    bad(RESET CONTROL RETEST("{\"kind\":\"again\",\"residual\":1}"),
        "x_retest[0].residual: want a boolean");
    bad(RESET CONTROL RETEST("{\"kind\":\"again\",\"after_residual\":\"\"}"),
        "x_retest[0].after_residual: want a boolean");
    bad(RESET CONTROL RETEST("{\"kind\":\"later\"}," AGAIN("\"queries\":3")),
        "x_retest[1].test_keys.queries: want an array");
    bad(RESET CONTROL RETEST("{},{},{},{},{},{},{},{},{},{},{},{},{}"),
        "13 entries, at most 12 are read");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_failure_is_wanted_again),
        T(a_failure_that_comes_again_is_confirmed),
        T(a_server_that_turns_some_away_accuses_nobody),
        T(another_failure_of_the_same_site_confirms_too),
        T(a_failure_that_does_not_come_again_is_no_finding),
        T(another_sites_failure_confirms_nothing),
        T(what_our_probe_could_not_measure_again_is_no_finding),
        T(proof_needs_no_second_look),
        T(a_page_that_came_is_not_wanted_again),
        T(what_comes_late_may_be_for_everybody),
        T(a_question_that_got_lost_is_asked_again),
        T(a_reset_inside_tls_after_it_was_compared_is_the_same),
        T(it_ends_after_two_further_measurements),
        T(a_reset_inside_tls_is_compared),
        T(a_fault_of_the_machine_says_nothing),
        T(on_a_silent_line_only_success_counts),
        T(how_often_it_was_measured_is_told_as_it_was),
        T(what_another_site_set_off_accuses_nobody),
        T(once_that_is_over_the_site_is_what_it_is),
        T(what_is_shut_to_everybody_accuses_nobody),
        T(the_compatible_keys_are_the_first_measurements),
        T(mistyped_entries_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
