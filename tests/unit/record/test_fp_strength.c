// SPDX-License-Identifier: Apache-2.0
/* What is too weak to accuse is refused with its reason, and what tells a block
 * page is not; lists that contradict themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record/fingerprints.h"
#include "record/fp_strength.h"
#include "record/fp_worth.h"
#include <stdio.h>
#include <string.h>

static char last_bad[640];
static size_t n_bad;

static void on_bad(void *arg, const char *msg)
{
    (void)arg;
    snprintf(last_bad, sizeof(last_bad), "%s", msg);
    n_bad++;
}

static struct fingerprints *load(struct str rows)
{
    struct fingerprints *f = NULL;
    n_bad = 0;
    last_bad[0] = '\0';
    assert_int_equal(fingerprints_builtin(&f), ERR_OK);
    assert_int_equal(fingerprints_add_csv(f, "l.csv", rows, NULL, on_bad, NULL),
                     ERR_OK);
    return f;
}

/* Is that row taken? */
static bool taken(const char *row)
{
    struct fingerprints *f = load(str_c(row));
    fingerprints_free(f);
    return n_bad == 0;
}

static bool taken_as(const char *scope, const char *where, const char *how,
                     const char *pattern)
{
    char row[512];
    snprintf(row, sizeof(row), "x,%s,,%s,%s,\"%s\",5,,,,\n", scope, where, how,
             pattern);
    return taken(row);
}

struct example {
    const char *where, *how, *pattern;
};

static void weak_rows_are_refused(void **state)
{
    (void)state;
    static const struct example weak[] = {
        {"body", "contains", "e"},
        {"body", "contains", " "},
        {"body", "contains", "          "},
        {"body", "contains", "<html>"},
        {"body", "contains", "<HTML>"},
        {"body", "contains", "com"},
        {"body", "contains", "</body></html>"},
        {"body", "contains", "403 Forbidden"},
        {"body", "contains", "\n<HEAD><TITLE>"},
        {"body", "contains", "text/html; charset=utf-8"},
        {"body", "contains", "https://www."},
        {"body", "contains", "government"},
        {"body", "contains", "Cloudflare Ray ID"},
        {"body", "contains", "--------------------"},
        {"body", "prefix", "<!DOCTYPE html>"},
        {"body", "prefix", "<html><head><title>"},
        {"body", "full", "<html></html>"},
        {"body", "full", "OK"},
        {"body", "regexp", ".*"},
        {"body", "regexp", ".+"},
        {"body", "regexp", "^"},
        {"body", "regexp", "(?:)"},
        {"body", "regexp", "a?b?c?"},
        {"body", "regexp", "<title>.*</title>"},
        {"body", "regexp", "[a-z]{8}"},
        {"body", "regexp", "^<!doctype"},
        {"body", "regexp", ".{4000}"},
        {"body", "regexp", ".{60000}"},
        {"body", "regexp", "(?:[^<]{30000}<){2}"},
        {"body", "regexp", "[\\s\\S]{6}"},
        {"body", "regexp", "(?:e|ministry of truth)"},
        {"body", "regexp", "(?i)<BODY>"},
        {"body", "regexp", "blocked|restricted"},
        {"header.server", "prefix", "n"},
        {"header.server", "prefix", "nginx"},
        {"header.server", "contains", "Apache"},
        {"header.server", "full", "cloudflare"},
        {"header.location", "prefix", "http"},
        {"header.location", "prefix", "https://"},
        {"header.location", "prefix", "/"},
        {"header.location", "contains", "www."},
        {"header.location", "contains", ".com/"},
        {"header.location", "regexp", "^http.*"},
        {"header.x-anything", "contains", "a"},
        {"header.content-type", "prefix", "text/html"},
        {"dns", "full", "8.8.8.8"},
        {"dns", "full", "1.1.1.1"},
        {"dns", "full", "2001:4860:4860::8888"},
        {"dns", "full", "104.16.1.1"},
        {"dns", "full", "151.101.1.1"},
        {"dns", "full", "2606:4700::1"},
        {"dns", "full", "0.0.0.0"},
        {"dns", "full", "127.0.0.1"},
        {"dns", "full", "::"},
        {"dns", "full", "com"},
        {"dns", "full", "co.id."},
        {"dns", "full", "localhost"},
        {"dns", "full", "d1.CloudFront.net"},
        {"dns", "full", "example.com"},
    };
    for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++) {
        const struct example *x = &weak[i];
        if (taken_as("nat", x->where, x->how, x->pattern)) {
            fail_msg("taken: %s %s '%s'", x->where, x->how, x->pattern);
        }
        assert_non_null(strstr(last_bad, "l.csv:1: too weak: "));
        assert_false(taken_as("inst", x->where, x->how, x->pattern));
        /* what decides nothing may be as weak as it likes */
        assert_true(taken_as("fp", x->where, x->how, x->pattern));
        assert_true(taken_as("vbw", x->where, x->how, x->pattern));
    }
}

static void strong_rows_are_taken(void **state)
{
    (void)state;
    static const struct example strong[] = {
        {"body", "contains", "has been blocked"},
        {"body", "contains", "ministry of truth"},
        {"body", "contains", "UA-2468561-43"},
        {"body", "contains", "http://10.10.34.34"},
        {"body", "contains", "\xe6\x8b\xa6\xe6\x88\xaa\xe9\xa1\xb5"},
        {"body", "prefix", "<html><!-- national filter"},
        {"body", "full", "this site is not for you"},
        {"body", "regexp", "If you.*http://www\\.block\\.example/"},
        {"body", "regexp", "blocked by (rule|order) [0-9]+"},
        {"header.server", "prefix", "Protected by WireFilter"},
        {"header.location", "prefix", "http://warning.example/"},
        {"header.location", "contains", "?dpid="},
        {"header.location", "contains", "10.20.30.40"},
        {"header.x-app-url", "contains", "blockpage"},
        {"dns", "full", "10.10.34.34"},
        {"dns", "full", "93.184.216.34"},
        {"dns", "full", "d0::11"},
        {"dns", "full", "blockpage.isp.example"},
        {"dns", "full", "mypage.blocked.bltsel"},
    };
    for (size_t i = 0; i < sizeof(strong) / sizeof(*strong); i++) {
        const struct example *x = &strong[i];
        if (!taken_as("nat", x->where, x->how, x->pattern)) {
            fail_msg("refused: %s", last_bad);
        }
    }
}

static void what_tells_of_no_block_is_refused(void **state)
{
    (void)state;
    static const char *const weak[] = {
        /* frameworks, providers, what sites embed */
        "wp-content", "wp-includes", "/wp-content/themes/",
        "sites/default/files", "cdn.shopify.com", "www.youtube.com",
        "squarespace", "recaptcha", "g-recaptcha", "sedoparking", "cPanel",
        "__NEXT_DATA__", "id=\"\"__NEXT_DATA__\"\"", "data-reactroot",
        "/_next/static/", "Joomla!", "drupalSettings", "csrf-token",
        "googletagmanager.com", "jquery.slim.js", "OneTrust", "display:block",
        /* what they say */
        "Sign in", "<title>Sign in</title>", "Domain for sale", "Loading...",
        "Cookie notice", "We use cookies", "<h1>Benvenuti</h1>",
        "главная страница", "ГЛАВНАЯ СТРАНИЦА", "política de privacidad",
        "Política de Privacidad", "最新消息", "اخبار", "Ana sayfa", "Benvenuti",
        "Willkommen",
        /* words that no list has */
        "Zmluvne", "Mwanzo wa habari", "Слобода", "Hasiera", "framework-x_y",
        "<h1>Hasiera</h1>", "Suivez-nous sur les réseaux sociaux",
        "Zmluvné podmienky", "Подписывайтесь на наш канал", "关于我们联系我们",
        "版权所有翻版必究", "جميع الحقوق محفوظة", "Minden jog fenntartva",
        /* stems of a block, as looks are named and alone */
        "logo.png", "hero.jpg", "warning.png", "violation", "content-filter",
        "block-title", "wp-block-image", "class=\"\"warning\"\"",
        "<div class=\"\"filter", "<div class='notice'>"};
    for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++) {
        if (taken_as("nat", "body", "contains", weak[i])) {
            fail_msg("taken: %s", weak[i]);
        }
        assert_non_null(strstr(last_bad, "l.csv:1: too weak: "));
        assert_true(taken_as("fp", "body", "contains", weak[i]));
    }
    assert_false(taken_as("nat", "body", "regexp", "(?:wp-content|notice 7)"));
    assert_false(taken_as("nat", "body", "regexp", "Benven[u]ti"));
    assert_false(taken_as("nat", "body", "prefix", "Hasiera"));
    static const char *const strong[] = {"<p>blokeret</p>",
                                         "<body id=\"\"blockpage\"\">",
                                         "/webadmin/deny/",
                                         "bloqueo.png",
                                         "http://www.x.example/",
                                         "Pi-hole: A black hole",
                                         "<title>POTAL PEKON</title>",
                                         "BLOQUEADA</h1>",
                                         "UA-2468561-43",
                                         "GTM-NBL6CQ",
                                         "//t2rkn.com/",
                                         "warning.or.kr",
                                         "10.10.34.35",
                                         "iframe src=\"\"http://10.10",
                                         "&dpruleid=",
                                         "mdes.jpg",
                                         "Guardian DNS",
                                         "SO! Safe Browsing",
                                         "<title>Mercusuar</title>",
                                         "您正在访问恶意网页",
                                         "ПРИСТУП ЗАБРАЊЕН",
                                         "Доступ заблокирован",
                                         "internetsehatdanamanfastnet.html"};
    for (size_t i = 0; i < sizeof(strong) / sizeof(*strong); i++) {
        if (!taken_as("nat", "body", "contains", strong[i])) {
            fail_msg("refused: %s", last_bad);
        }
    }
    assert_true(taken_as("nat", "body", "regexp", "URL .* Sp.*er Gate"));
}

static void what_is_built_in_is_strong(void **state)
{
    (void)state;
    struct fingerprints *f = load(STR(""));
    struct region *r = region_new(1 << 20);
    struct fp_strength *s = NULL;
    assert_non_null(r);
    assert_int_equal(fp_strength_new(r, &s), ERR_OK);
    for (size_t i = 0; i < fingerprints_count(f); i++) {
        const struct fingerprint *fp = fingerprints_get(f, i);
        struct diag d = {""};
        if (fp_strength_check(s, fp, NULL, &d) != ERR_OK) {
            fail_msg("%s: %s", fp->name, d.text);
        }
    }
    region_free(r);
    fingerprints_free(f);
}

/* ---- lists that contradict themselves ------------------------------------ */

static const char *countries_of(const char *column)
{
    static char found[64];
    char row[256];
    snprintf(row, sizeof(row),
             "x,nat,,body,contains,ministry of truth,5,%s,,,\n", column);
    struct fingerprints *f = load(str_c(row));
    size_t n = fingerprints_count(f);
    snprintf(found, sizeof(found), "%s",
             n_bad ? "refused" : fingerprints_get(f, n - 1)->countries);
    fingerprints_free(f);
    return found;
}

static void countries_are_codes_or_nothing(void **state)
{
    (void)state;
    assert_string_equal(countries_of(""), "");
    assert_string_equal(countries_of("  "), "");
    assert_string_equal(countries_of("\"\""), "");
    assert_string_equal(countries_of("IN"), "IN");
    assert_string_equal(countries_of("in"), "IN");
    assert_string_equal(countries_of(" In "), "IN");
    assert_string_equal(countries_of("\"IT, IR\""), "IT,IR");
    assert_string_equal(countries_of("\"it,ir\""), "IT,IR");
    assert_string_equal(countries_of("\"ZZ,IN\""), "ZZ,IN");
    static const char *const none[] = {
        "*",       "IND",       "I",         "India",        "1N",
        "--",      "\"IT;IR\"", "\"IT IR\"", "\"IT,,IR\"",   "\",\"",
        "\"IT,\"", "\"'IT'\"",  "\xc3\xa4",  "\"IT,India\"", "\"*,IT\""};
    for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
        if (strcmp(countries_of(none[i]), "refused") != 0) {
            fail_msg("taken: %s", none[i]);
        }
        assert_non_null(strstr(last_bad, "l.csv:1: expected_countries: "));
    }
}

static void rows_of_one_name_are_rows_of_their_own(void **state)
{
    (void)state;
    struct fingerprints *f =
        load(STR("x,nat,,body,contains,ministry of truth,5,IN,,,\n"
                 "x,nat,,body,contains,ministry of truth,9,RU,,,\n"
                 "x,fp,,body,contains,a quotation,5,,,,\n"));
    struct fp_match m;
    struct str page = STR("ministry of truth");
    assert_int_equal(n_bad, 0);
    assert_int_equal(fingerprints_match_body(f, page, STR("RU"), &m), ERR_OK);
    assert_int_equal(fp_worth_of(m.fp, STR("RU")), FP_WORTH_PROOF);
    assert_int_equal(m.fp->confidence, 9);
    assert_int_equal(fingerprints_match_body(f, page, STR("IN"), &m), ERR_OK);
    assert_int_equal(fp_worth_of(m.fp, STR("IN")), FP_WORTH_PROOF);
    assert_int_equal(m.fp->confidence, 5);
    assert_int_equal(fingerprints_match_body(f, page, STR("IR"), &m), ERR_OK);
    assert_int_equal(fp_worth_of(m.fp, STR("IR")), FP_WORTH_ELSEWHERE);
    fingerprints_free(f);
}

static void an_address_both_forged_and_harmless_is_harmless(void **state)
{
    (void)state;
    struct fingerprints *f = load(STR("x,nat,,dns,full,192.0.2.7,5,IN,,,\n"
                                      "y,isp,,dns,full,192.0.2.7,9,RU,,,\n"));
    const struct fingerprint *fp =
        fingerprints_match_dns(f, STR("192.0.2.7"), STR("RU"));
    assert_non_null(fp);
    assert_string_equal(fp->name, "y");
    fp = fingerprints_match_dns(f, STR("192.0.2.7"), STR("IN"));
    assert_non_null(fp);
    assert_string_equal(fp->name, "x");
    fingerprints_free(f);
    f = load(STR("x,nat,,dns,full,192.0.2.7,5,IN,,,\n"
                 "y,fp,,dns,full,192.0.2.7,9,,,,\n"));
    assert_null(fingerprints_match_dns(f, STR("192.0.2.7"), STR("IN")));
    fingerprints_free(f);
}

static void rows_of_no_clear_meaning_are_refused(void **state)
{
    (void)state;
    static const char nul[] = "x,nat,,body,contains,ministry\0of truth,5,,,,\n";
    struct fingerprints *f = load((struct str){nul, sizeof(nul) - 1});
    fingerprints_free(f);
    assert_string_equal(last_bad, "l.csv:1: a zero byte");
    assert_false(taken("x,nat,,body,contains,ministry \xff truth,5,,,,\n"));
    assert_string_equal(last_bad, "l.csv:1: column 6 is not UTF-8");
    assert_false(taken("x\xc3,nat,,body,contains,ministry of truth,5,,,,\n"));
    assert_false(taken("x,,,body,contains,ministry of truth,5,,,,\n"));
    assert_string_equal(last_bad, "l.csv:1: unknown scope");
    assert_false(taken("x,NAT,,body,contains,ministry of truth,5,,,,\n"));
    assert_false(taken("x,nat,,body,Contains,ministry of truth,5,,,,\n"));
    assert_false(taken("x,nat,,header.,contains,ministry of truth,5,,,,\n"));
    assert_false(taken("x,nat,,body,contains,ministry of truth,-1,,,,\n"));
    assert_false(taken("x,nat,,body,contains,ministry of truth,5.5,,,,\n"));
    assert_false(taken("x,nat,,dns,regexp,10\\.10\\..*,5,,,,\n"));
    assert_false(taken("x,nat,,dns,prefix,10.10.,5,,,,\n"));
    assert_false(taken("x,nat,,dns,full,192.0.2.0/24,5,,,,\n"));
    assert_false(taken("x,nat,,dns,full,192.0.2.256,5,,,,\n"));
    assert_false(taken("x,nat,,dns,full,192.0.2.07,5,,,,\n"));
    assert_false(taken("x,nat,,dns,full,notice of.example,5,,,,\n"));
    assert_true(taken("x,nat,,dns,full,notice_1.isp.example,5,,,,\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_rows_are_refused),
        cmocka_unit_test(strong_rows_are_taken),
        cmocka_unit_test(what_tells_of_no_block_is_refused),
        cmocka_unit_test(what_is_built_in_is_strong),
        cmocka_unit_test(countries_are_codes_or_nothing),
        cmocka_unit_test(rows_of_one_name_are_rows_of_their_own),
        cmocka_unit_test(an_address_both_forged_and_harmless_is_harmless),
        cmocka_unit_test(rows_of_no_clear_meaning_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
