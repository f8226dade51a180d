// SPDX-License-Identifier: Apache-2.0
/* Pages in cleartext by their words, where the control says which its page has,
 * and by their length where it does not. Each forger has an innocent twin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/hex.h"
#include "base/sketch.h"
#include "verdict_record.h"
#include <stdio.h>
#include <string.h>

#define PLAIN                                                                  \
    "\"Date\":\"x\",\"Server\":\"nginx\",\"Content-Type\":\"text/html\""
#define TITLE "Open data of the observatory"

/* Some 1090 and 870 bytes, of two texts. */
#define TIMES8(s) s s s s s s s s
#define SENTENCE                                                               \
    "<p>Daily values of all stations, checked twice by hand, with the "        \
    "water of every river and the wind above each of the hills.</p>"
#define SITE                                                                   \
    TIMES8(SENTENCE)                                                           \
    "<p>Nothing is missing here since spring.</p>"
#define OTHER_TEXT                                                             \
    TIMES8("<p>Bu sayfa mahkeme karari ile durdurulmustur, sorunuz icin "      \
           "kuruma yazili olarak basvurabilirsiniz efendim.</p>")
#define TITLED(page) "<title>" TITLE "</title>" page

static void again(void **state)
{
    teardown(state);
    assert_int_equal(setup(state), 0);
}

/* The page came from `addr`, and the site has it at RIGHT. */
static void came(const char *addr, const char *headers, const char *body)
{
    system_dns(addr);
    http_flows(addr);
    request(40001, input, NULL, 200, headers, body);
}

/* The control's page. It says what is on it if `ours`. */
static void control_of(const char *title, const char *body, bool ours)
{
    struct sketch s;
    char sketch[SKETCH_TEXT], hash[2 * SHA256_LEN + 1];
    uint8_t bytes[SHA256_LEN];
    control_dns(RIGHT);
    control_endpoint(RIGHT ":80", NULL, NULL);
    sketch_make(str_c(body), &s);
    sketch_text(&s, sketch);
    crypto_sha256(str_c(body), bytes);
    hex_encode(bytes, sizeof(bytes), hash);
    put(CTL_HTTP,
        "\"failure\":null,\"status_code\":200,\"body_length\":%zu,"
        "\"title\":\"%s\",\"headers\":{" PLAIN "}",
        strlen(body), title);
    if (ours) {
        buf_printf(&rec.part[CTL_HTTP],
                   "},\"x_parallax\":{\"body_sha256\":\"%s\",\"body_hashed\":"
                   "%zu,\"body_sketch\":\"%s\"",
                   hash, strlen(body), sketch);
    }
}

static double confidence(void)
{
    return verdict_now().confidence;
}

static void
a_page_of_other_words_is_not_the_sites_however_long_it_is(void **state)
{
    /* at an address that only this resolver gives, with and without a title */
    came(WRONG, PLAIN, OTHER_TEXT);
    control_of("", SITE, true);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    came(WRONG, PLAIN, TITLED(OTHER_TEXT));
    control_of(TITLE, TITLED(SITE), true);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* at the site's own address: a proxy on the way put it there */
    came(RIGHT, PLAIN, OTHER_TEXT);
    control_of("", SITE, true);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* without any header: nobody's server sends that */
    came(RIGHT, "", OTHER_TEXT);
    control_of("", SITE, true);
    expect(X_BLOCKED, "http", "page_forged_in_transit");
}

static void a_page_of_the_same_words_is_the_sites_wherever_it_is(void **state)
{
    static const char *const from[] = {RIGHT, WRONG};
    for (size_t i = 0; i < 2; i++) {
        /* shorter, with other numbers and a title of today */
        came(from[i], PLAIN, "<title>14:05 (3)</title>" SITE);
        control_of("14:02", SITE SITE "<!-- 7 -->", true);
        expect(X_OK, "-", "page_same_as_control");
        assert_true(confidence() >= 0.9);
        again(state);
        /* a proxy strips the headers, or adds a script */
        came(from[i], "", SITE "<script src=ads.js></script>");
        control_of("", SITE, true);
        expect(X_OK, "-", "page_same_as_control");
        again(state);
        /* to the byte, of few words */
        came(from[i], PLAIN, "{7: 11}");
        control_of("", "{7: 11}", true);
        expect(X_OK, "-", "page_same_as_control");
        assert_true(confidence() >= 0.99);
        again(state);
    }
}

/* A page that changes with every visit keeps its title; so does a forger who
 * has seen it. */
static void a_title_over_other_words_is_less_sure(void **state)
{
    (void)state;
    came(RIGHT, PLAIN, TITLED(OTHER_TEXT));
    control_of(TITLE, TITLED(SITE), true);
    expect(X_OK, "-", "page_same_as_control");
    assert_true(confidence() <= 0.8);
    assert_true(verdict_now().n_alternatives > 0);
}

static void a_length_alone_is_said_to_be_no_more(void **state)
{
    /* the control does not say what is on its page */
    came(RIGHT, PLAIN, OTHER_TEXT);
    control_of("", SITE, false);
    expect(X_OK, "-", "page_of_same_length");
    assert_true(confidence() <= 0.8);
    again(state);
    came(RIGHT, PLAIN, TITLED(OTHER_TEXT));
    control_of(TITLE, TITLED(SITE), false);
    expect(X_OK, "-", "page_same_as_control");
    again(state);
    /* no proof at an address that only this resolver gives */
    came(WRONG, PLAIN, OTHER_TEXT);
    control_of("", SITE, false);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    came(WRONG, PLAIN, TITLED(OTHER_TEXT));
    control_of(TITLE, TITLED(SITE), false);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    /* with the title, nearly as long: a region's edge has it so, too */
    came(WRONG, PLAIN, TITLED(SITE));
    control_of(TITLE, TITLED(SITE) "7", false);
    expect(X_OK, "-", "page_same_as_control");
    assert_true(confidence() <= 0.8);
    again(state);
    /* a translator's address for the site's is the site's */
    came("64:ff9b::c629:4", PLAIN, SITE);
    control_of("", SITE "7", false);
    expect(X_OK, "-", "page_of_same_length");
}

/* ---- pages made from the site's ------------------------------------------ */

#define BARE  ""
#define TERSE "\"Content-Type\":\"text/html\",\"Connection\":\"close\""
#define DENIED                                                                 \
    "<p>Access to this resource is limited by order of the ministry, law "     \
    "149, register of forbidden sites, ask your provider for more.</p>"

/* `n` words of a text that never repeats itself, after `title`. */
static const char *news(const char *title, unsigned n)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_printf(&text, "<title>%s</title>", title);
    for (unsigned i = 0; i < n; i++) {
        buf_printf(&text, "%c%c%c%c ", 'a' + i * 7 % 26, 'a' + i / 26 % 26,
                   'a' + i % 26, 'a' + i * 11 % 26);
    }
    const char *all = region_printf(region, STR_FMT, STR_ARG(buf_str(&text)));
    buf_fini(&text);
    assert_non_null(all);
    return all;
}

/* The page of 600 words, of which so many came, with a notice. */
static void came_with(const char *addr, const char *headers, const char *title,
                      unsigned n, const char *notice)
{
    const char *body = region_printf(region, "%s%s", news(title, n), notice);
    assert_non_null(body);
    came(addr, headers, body);
    control_of(TITLE, news(TITLE, 600), true);
}

static void the_sites_words_under_another_title_are_doubtful(void **state)
{
    came_with(RIGHT, PLAIN, "Access denied", 600, "");
    expect(X_INCONCLUSIVE, "-", "page_of_controls_words_altered");
    assert_true(verdict_now().n_alternatives > 0);
    again(state);
    /* nor does it make a notice server of an address that only this resolver
     * gives: it may be the site's own for this region */
    came_with(WRONG, PLAIN, "Access denied", 600, "");
    expect(X_INCONCLUSIVE, "-", "page_of_controls_words_altered");
    assert_false(verdict_now().notice.foreign);
    again(state);
    /* without a header that the site's server sends it is forged */
    came_with(RIGHT, BARE, "Access denied", 600, "");
    expect(X_BLOCKED, "http", "page_without_headers");
    again(state);
    /* the twin: today's title of the same paper */
    came_with(RIGHT, PLAIN, "Closed data of the observatory", 600, "");
    expect(X_OK, "-", "page_same_as_control");
    assert_true(confidence() <= 0.9);
}

/* Where it comes with all that the site's server says nobody can tell. */
static void a_notice_in_the_sites_page_is_doubtful(void **state)
{
    static const struct {
        const char *addr, *headers;
    } forged[] = {{RIGHT, BARE}, {RIGHT, TERSE}, {WRONG, PLAIN}};

    for (size_t i = 0; i < 3; i++) {
        came_with(forged[i].addr, forged[i].headers, TITLE, 500, DENIED);
        expect(X_INCONCLUSIVE, "-", "page_of_controls_words_altered");
        again(state);
        /* the twins: a proxy adds a script, strips the page */
        came_with(forged[i].addr, forged[i].headers, TITLE, 600,
                  "<script src=ads.js></script>");
        expect(X_OK, "-", "page_same_as_control");
        assert_true(confidence() <= 0.9);
        again(state);
        came_with(forged[i].addr, forged[i].headers, TITLE, 600, "");
        expect(X_OK, "-", "page_same_as_control");
        assert_true(confidence() >= 0.99);
        again(state);
    }
    /* other articles, on the site's own server */
    came_with(RIGHT, PLAIN, TITLE, 500, DENIED);
    expect(X_OK, "-", "page_same_as_control");
    assert_true(confidence() <= 0.9);
    assert_true(verdict_now().n_alternatives > 0);
}

static void cleartext_where_the_control_met_tls_is_doubtful(void **state)
{
    static const char *const urls[] = {"https://" HOST "/x",
                                       "http://" HOST "/x"};
    for (size_t i = 0; i < 2; i++) {
        came_with(RIGHT, PLAIN, TITLE, 590, DENIED);
        buf_printf(&rec.part[CTL_HTTP], ",\"final_url\":\"%s\"", urls[i]);
        expect(i ? X_OK : X_INCONCLUSIVE, "-",
               i ? "page_same_as_control" : "page_of_controls_words_altered");
        again(state);
    }
    /* the very page, by way of somebody who takes the TLS away */
    came_with(RIGHT, PLAIN, TITLE, 600, "");
    buf_printf(&rec.part[CTL_HTTP], ",\"final_url\":\"%s\"", urls[0]);
    expect(X_OK, "-", "page_same_as_control");
}

/* One sentence over and over has the same few words, however much of it came.
 */
static void words_that_repeat_count_by_their_length(void **state)
{
    came(RIGHT, BARE, TITLED("<p>Ask your provider.</p>" SENTENCE SENTENCE));
    control_of(TITLE, TITLED(SITE), true);
    expect(X_INCONCLUSIVE, "-", "page_differs");
    again(state);
    came(RIGHT, PLAIN, TITLED(SENTENCE SENTENCE));
    control_of(TITLE, TITLED(SITE), true);
    expect(X_OK, "-", "page_same_as_control");
    assert_true(confidence() <= 0.8);
    again(state);
    came(RIGHT, PLAIN, SENTENCE SENTENCE);
    control_of("", SITE, true);
    expect(X_INCONCLUSIVE, "-", "page_differs");
}

/* Who stops a page in cleartext in the middle, a server or somebody on the way,
 * nobody can tell: after how many bytes it was is said. */
static void a_page_that_stalls_says_after_how_many_bytes(void **state)
{
    (void)state;
    system_dns(RIGHT);
    http_flows(RIGHT);
    put(REQUESTS,
        "{\"transaction_id\":40001,\"failure\":\"generic_timeout_error\","
        "\"x_received\":700,\"request\":{\"url\":\"%s\"},\"response\":{"
        "\"code\":200,\"headers\":{" PLAIN "},\"body\":\"<html>\","
        "\"body_is_truncated\":false}}",
        input);
    control_of(TITLE, TITLED(SITE), true);
    expect(X_INCONCLUSIVE, "-", "page_incomplete_or_slow");
    struct verdict v = verdict_now();
    assert_int_equal(v.reasons[0].bytes, 700);
    assert_int_equal(v.n_alternatives, 1);
    assert_string_equal(rule_of(v.alternatives[0]),
                        "page_cut_off_control_succeeds");
}

static void the_compatible_keys_look_at_lengths_alone(void **state)
{
    (void)state;
    came(RIGHT, PLAIN, OTHER_TEXT);
    control_of("", SITE, true);
    struct verdict v = verdict_now();
    assert_int_equal(v.body_length_match, OPT_TRUE);
    assert_string_equal(v.blocking, "false");
    assert_int_equal(v.accessible, OPT_TRUE);
}

static void what_is_no_sketch_says_nothing(void **state)
{
    (void)state;
    came(RIGHT, PLAIN, OTHER_TEXT);
    control_of("", SITE, false);
    buf_printf(&rec.part[CTL_HTTP],
               "},\"x_parallax\":{\"body_sha256\":\"x\",\"body_hashed\":5,"
               "\"body_sketch\":\"0000000200000001\"");
    expect(X_OK, "-", "page_of_same_length");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_page_of_other_words_is_not_the_sites_however_long_it_is),
        CASE(a_page_of_the_same_words_is_the_sites_wherever_it_is),
        CASE(a_title_over_other_words_is_less_sure),
        CASE(a_length_alone_is_said_to_be_no_more),
        CASE(the_sites_words_under_another_title_are_doubtful),
        CASE(a_notice_in_the_sites_page_is_doubtful),
        CASE(cleartext_where_the_control_met_tls_is_doubtful),
        CASE(words_that_repeat_count_by_their_length),
        CASE(a_page_that_stalls_says_after_how_many_bytes),
        CASE(the_compatible_keys_look_at_lengths_alone),
        CASE(what_is_no_sketch_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
