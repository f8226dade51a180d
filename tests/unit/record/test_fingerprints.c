// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "record/fingerprints.h"
#include "record/fp_needle.h"
#include "record/fp_regexp.h"
#include "record/fp_search.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OONI_TOO_WEAK 28 /* of its rows */
#define HEADER                                                                 \
    "name,scope,other_names,location_found,pattern_type,pattern,"              \
    "confidence_no_fp,expected_countries,source,exp_url,notes\n"

static char last_bad[512];
static size_t n_bad;

static void on_bad(void *arg, const char *msg)
{
    (void)arg;
    snprintf(last_bad, sizeof(last_bad), "%s", msg);
    n_bad++;
}

static struct fingerprints *load(const char *rows)
{
    struct fingerprints *f = NULL;
    char text[8192];
    n_bad = 0;
    assert_int_equal(fingerprints_builtin(&f), ERR_OK);
    snprintf(text, sizeof(text), HEADER "%s", rows);
    assert_int_equal(
        fingerprints_add_csv(f, "x.csv", str_c(text), NULL, on_bad, NULL),
        ERR_OK);
    return f;
}

static const char *body_name(const struct fingerprints *f, const char *body)
{
    struct fp_match m;
    assert_int_equal(fingerprints_match_body(f, str_c(body), STR("IR"), &m),
                     ERR_OK);
    return m.fp ? m.fp->name : "none";
}

static const char *header_name(const struct fingerprints *f, const char *name,
                               const char *value)
{
    struct fp_match m;
    assert_int_equal(
        fingerprints_match_header(f, str_c(name), str_c(value), STR("IR"), &m),
        ERR_OK);
    return m.fp ? m.fp->name : "none";
}

static void forged_addresses_are_known_in_every_spelling(void **state)
{
    (void)state;
    struct fingerprints *f = load("");
    const struct fingerprint *fp =
        fingerprints_match_dns(f, STR("10.10.34.35"), STR("IR"));
    assert_non_null(fp);
    assert_string_equal(fp->countries, "IR");
    assert_non_null(
        fingerprints_match_dns(f, STR("00d0:0:0:0:0::11"), STR("IR")));
    assert_non_null(
        fingerprints_match_dns(f, STR("Internet-Positif.org."), STR("IR")));
    assert_null(fingerprints_match_dns(f, STR("93.184.216.34"), STR("IR")));
    assert_null(fingerprints_match_dns(f, STR(""), STR("IR")));
    fingerprints_free(f);
}

static void all_four_kinds_match_as_they_should(void **state)
{
    (void)state;
    struct fingerprints *f =
        load("c,isp,,body,contains,deny one,5,IR,,,\n"
             "p,isp,,body,prefix,<denied>,5,XX,,,\n"
             "w,isp,,body,full,whole body,5,XX,,,\n"
             "r,isp,,body,regexp,If you.*http://www\\.x\\.example/,5,XX,,,\n");
    assert_int_equal(n_bad, 0);
    assert_string_equal(body_name(f, "abc deny one def"), "c");
    assert_string_equal(body_name(f, "<denied> of it"), "p");
    assert_string_equal(body_name(f, "not at <denied>"), "none");
    assert_string_equal(body_name(f, "whole body"), "w");
    assert_string_equal(body_name(f, "whole body."), "none");
    assert_string_equal(body_name(f, "If you\n see http://www.x.example/ "),
                        "r");
    assert_string_equal(body_name(f, "If you see http://wwwax.example/ "),
                        "none");
    assert_string_equal(body_name(f, ""), "none");
    fingerprints_free(f);
}

static void headers_match_by_their_own_name_only(void **state)
{
    (void)state;
    struct fingerprints *f =
        load("h,isp,,header.location,prefix,http://block.example/,5,,,,\n"
             "v,inst,,header.via,full,1.1 filter,5,,,,\n");
    assert_string_equal(header_name(f, "Location", "http://block.example/?u=1"),
                        "h");
    assert_string_equal(header_name(f, "Server", "http://block.example/"),
                        "none");
    assert_string_equal(header_name(f, "Via", "1.1 filter2"), "none");
    assert_string_equal(header_name(f, "via", "1.1 filter"), "v");
    fingerprints_free(f);
}

static void harmless_pages_are_told_apart(void **state)
{
    (void)state;
    struct fingerprints *f = load("good,fp,,body,contains,parked here,5,,,,\n"
                                  "evil,nat,,body,contains,is blocked,5,,,,\n");
    struct fp_match m;
    struct str cc = STR("IR");
    assert_int_equal(
        fingerprints_match_body(f, STR("parked here, or is blocked"), cc, &m),
        ERR_OK);
    assert_string_equal(m.fp->name, "evil");
    assert_string_equal(m.harmless->name, "good");
    assert_int_equal(fingerprints_match_body(f, STR("parked here"), cc, &m),
                     ERR_OK);
    assert_null(m.fp);
    assert_string_equal(m.harmless->name, "good");
    assert_int_equal(fingerprints_match_body(f, STR("nothing"), cc, &m),
                     ERR_OK);
    assert_null(m.fp);
    assert_null(m.harmless);
    fingerprints_free(f);
}

static void earliest_row_wins_wherever_it_stands_in_the_page(void **state)
{
    (void)state;
    struct fingerprints *f =
        load("one,isp,,body,contains,qz deny qz,5,,,,\n"
             "two,isp,,body,contains,z deny q,5,,,,\n"
             "three,isp,,body,contains,qz deny qz,5,,,,\n");
    assert_string_equal(body_name(f, "z deny q qz deny qz"), "one");
    assert_string_equal(body_name(f, "xz deny qx"), "two");
    fingerprints_free(f);
}

static void bad_rows_are_named_and_skipped(void **state)
{
    (void)state;

    static const struct {
        const char *row, *says;
    } rows[] = {
        {"a,isp,,body,glob,x*,5,,,,\n", "x.csv:2: unknown pattern_type"},
        {"a,isp,,cookie,full,x,5,,,,\n", "x.csv:2: unknown location_found"},
        {"a,isp,,body,contains,,5,,,,\n", "x.csv:2: empty pattern"},
        {"a,isp,,body,regexp,(((,5,,,,\n",
         "x.csv:2: invalid regular expression: missing closing parenthesis "
         "(byte 3)"},
        {"a,isp,,body,regexp,.*,5,,,,\n",
         "x.csv:2: too weak: 0 letters or digits, and 6 are needed"},
        {"a,isp,,body,regexp,\"(((a{1,90}b){1,90}c){1,90}d)\",5,,,,\n",
         "x.csv:2: invalid regular expression: regular expression is too "
         "large (byte 28)"},
        {"a,isp,,body,regexp,(one|two) or+++,5,,,,\n",
         "x.csv:2: invalid regular expression: quantifier does not follow a "
         "repeatable item (byte 14)"},
        {"a,isp,,body,regexp,(*COMMIT)blocked by,5,,,,\n",
         "x.csv:2: regular expression of an unsupported kind"},
        {"a,isp,,body,regexp,blocked (?R)? by,5,,,,\n",
         "x.csv:2: regular expression of an unsupported kind"},
        {"a,ips,,body,contains,abc,5,,,,\n", "x.csv:2: unknown scope"},
        {",isp,,body,contains,abc,5,,,,\n", "x.csv:2: no name"},
        {"a,isp,,body,contains,abc,12,,,,\n",
         "x.csv:2: confidence_no_fp is not 0 to 10"},
        {"a,isp,,dns,contains,1.2,5,,,,\n",
         "x.csv:2: a DNS pattern must be a full address or name"},
        {"a,isp\n", "x.csv:2: too few columns"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text),
                 "%sok,isp,,body,contains,refused one,5,,,,\n", rows[i].row);
        struct fingerprints *f = load(text);
        assert_int_equal(n_bad, 1);
        assert_string_equal(last_bad, rows[i].says);
        assert_string_equal(body_name(f, "a refused one"), "ok");
        fingerprints_free(f);
    }
}

static void regular_expressions_are_read_whole(void **state)
{
    (void)state;
    struct fingerprints *f =
        load("x,isp,,body,regexp,blocked by (rule|order) [0-9]+,5,,,,\n");
    assert_int_equal(n_bad, 0);
    assert_string_equal(body_name(f, "it is blocked by order 66."), "x");
    assert_string_equal(body_name(f, "it is blocked by nobody"), "none");
    fingerprints_free(f);
}

static enum err regexp_try(struct str pattern, struct str text, bool *found)
{
    struct region *r = region_new(1 << 16);
    struct fp_regexp *x = NULL;
    struct diag d = {""};
    assert_non_null(r);
    assert_int_equal(fp_regexp_new(r, pattern, &x, &d), ERR_OK);
    enum err e = fp_regexp_match(x, text, found);
    region_free(r);
    return e;
}

static bool regexp_matches(const char *pattern, const char *text)
{
    bool found = false;
    assert_int_equal(regexp_try(str_c(pattern), str_c(text), &found), ERR_OK);
    return found;
}

static void plain_regular_expressions_keep_their_meaning(void **state)
{
    (void)state;
    assert_true(regexp_matches("abc.def", "xx abc\ndef"));
    assert_false(regexp_matches("abc.def", "abcdef"));
    assert_true(regexp_matches("^abc", "abcd"));
    assert_false(regexp_matches("^abc", "xabc"));
    assert_true(regexp_matches("abc$", "abcabc"));
    assert_false(regexp_matches("abc$", "abc "));
    assert_true(regexp_matches("^abc$", "abc"));
    assert_false(regexp_matches("^abc$", "abcabc"));
    assert_true(regexp_matches("abc.*abc$", "abc abc"));
    assert_false(regexp_matches("abc.*abc$", "abcbc"));
    assert_true(regexp_matches("aab\\.", "aaab."));
    assert_true(regexp_matches("{\"msg\":.*\"id\":", "{\"msg\":1,\"id\":2}"));
    assert_false(regexp_matches("one.*two", "two one"));
    /* $ is the very end, and a dot is one character of whatever script */
    assert_false(regexp_matches("abc$", "abc\n"));
    assert_true(regexp_matches("don.t", "don\xe2\x80\x99t"));
    assert_true(regexp_matches("^a.c$", "a\xf0"
                                        "c")); /* read as U+FFFD */
    assert_false(regexp_matches("a..c", "a\xe2\x80\x99"
                                        "c"));
    assert_true(regexp_matches("(?i)blocked", "BLOCKED"));
    assert_false(regexp_matches("blocked", "BLOCKED"));
}

/* Exponential ones, and those that go deep, are given up and not "no match". */
static void what_takes_too_long_is_told(void **state)
{
    (void)state;
    static const char *const bombs[] = {"(a+)+b", "(a|a)+b", "(?:a?){40}(a+)+b",
                                        "(.*)(.*)(.*)(.*)-[^b]",
                                        "(a|aa|aaa)+b"};
    static char text[20000];
    memset(text, 'a', sizeof(text));
    memcpy(text + sizeof(text) - 2, "-b", 2);
    for (size_t i = 0; i < sizeof(bombs) / sizeof(*bombs); i++) {
        bool found = true;
        assert_int_equal(regexp_try(str_c(bombs[i]),
                                    (struct str){text, sizeof(text)}, &found),
                         ERR_LIMIT);
        assert_false(found);
    }
    struct fingerprints *f = load("x,isp,,body,regexp,qza(a+)+b denied,5,,,,\n"
                                  "y,isp,,body,contains,known notice,5,,,,\n");
    struct fp_match m;
    assert_int_equal(n_bad, 0);
    memcpy(text, "qz", 2);
    memcpy(text + sizeof(text) - 27, "- b denied and known notice", 27);
    struct str page = {text, sizeof(text)};
    assert_int_equal(fingerprints_match_body(f, page, STR("IR"), &m), ERR_OK);
    assert_true(m.gave_up);
    assert_string_equal(m.fp->name, "y");
    fingerprints_free(f);
}

static void expect_needle(const char *pattern, const char *want)
{
    struct fp_needles got;
    char text[64];
    fp_needle_read(str_c(pattern), &got);
    snprintf(text, sizeof(text), STR_FMT, STR_ARG(got.longest));
    assert_string_equal(text, want);
}

static bool has_needles(const char *pattern, const char *text)
{
    struct fp_needles got;
    fp_needle_read(str_c(pattern), &got);
    return fp_needle_in(&got, str_c(text));
}

/* A page of the first half of a pattern, over and over, is not worth a try:
 * each of them would be tried with all that follows. */
static void needles_stand_one_behind_the_other(void **state)
{
    (void)state;
    assert_true(has_needles("ab.*cd\\.e", "xxabxxcd.e"));
    assert_true(has_needles("ab+cd", "abbbcd"));
    assert_true(has_needles("ab*cd", "acd"));
    assert_true(has_needles("a|b", "c"));
    assert_true(has_needles("(?i)ab.*cd", ""));
    assert_true(has_needles("(a|b)c(d)?", "bc"));
    assert_false(has_needles("ab.*cd\\.e", "cd.e ab ab ab ab ab"));
    assert_false(has_needles("ab.*ab", "ab"));
    assert_false(has_needles("aba.*ba", "aba"));
    assert_true(has_needles("a.b.c.d.e.f.g.h.i.j", "a b c d e f g h"));
}

static void needles_are_what_a_match_cannot_do_without(void **state)
{
    (void)state;
    expect_needle("abcdef", "abcdef");
    expect_needle("abcdef*gh", "abcde");
    expect_needle("abc+defg", "defg");
    expect_needle("abcx+d", "abcx");
    expect_needle("abcd{2,3}ef", "abc");
    expect_needle("abcd{0}", "abc");
    expect_needle("{\"msg\":.*\"id\":", "{\"msg\":");
    expect_needle("http://a\\.x\\.example/", ".example/");
    expect_needle("ab\xc3\xa4*cde", "cde");
    expect_needle("abc\xc3\xa4?", "abc");
    expect_needle("abcd|efgh", "");
    expect_needle("(abcd|efgh)ijk", "ijk");
    expect_needle("(abcd)?ijk", "ijk");
    expect_needle("[abcd]+ijk[]xyz]lm", "ijk");
    expect_needle("(?i)abcd", "");
    expect_needle("abc(?=def)", "");
    expect_needle("\\Qabc\\Eabc", "");
    expect_needle("\\x41bcd", "");
    expect_needle("\\d\\dabc", "abc");
    expect_needle("^abc$", "abc");
    expect_needle("ab.*cd", "");
    expect_needle("abc\\", "");
    expect_needle("(abc", "");
    expect_needle("[abc", "");
}

struct found {
    size_t n;
    uint32_t mask;
};

static void count_hit(void *arg, uint32_t i, size_t end)
{
    struct found *found = arg;
    (void)end;
    found->n++;
    found->mask |= 1u << i;
}

static void search_finds_overlapping_and_nested_patterns(void **state)
{
    (void)state;
    const struct str patterns[] = {STR("he"),   STR("she"), STR("his"),
                                   STR("hers"), STR("s"),   STR("")};
    struct fp_search *s = NULL;
    struct found found = {0};
    assert_int_equal(fp_search_new(patterns, 6, &s), ERR_OK);
    fp_search_run(s, STR("ushers"), count_hit, &found);
    assert_int_equal(found.n, 5); /* s she he hers s */
    assert_int_equal(found.mask, 1 | 2 | 8 | 16);
    fp_search_free(s);
}

static void search_agrees_with_a_naive_one(void **state)
{
    (void)state;
    uint32_t random = 7;
    for (int round = 0; round < 200; round++) {
        char bytes[20][12];
        struct str patterns[20];
        char text[400];
        size_t naive = 0;
        for (size_t i = 0; i < 20; i++) {
            random = random * 1664525u + 1013904223u;
            patterns[i].p = bytes[i];
            patterns[i].len = 1 + (random >> 16) % 11;
            for (size_t k = 0; k < 12; k++) {
                random = random * 1664525u + 1013904223u;
                bytes[i][k] = (char)('a' + (random >> 20) % 2);
            }
        }
        for (size_t i = 0; i < sizeof(text); i++) {
            random = random * 1664525u + 1013904223u;
            text[i] = (char)('a' + (random >> 20) % 2);
        }
        for (size_t i = 0; i < 20; i++) {
            for (size_t k = 0; k + patterns[i].len <= sizeof(text); k++) {
                naive += !memcmp(text + k, bytes[i], patterns[i].len);
            }
        }
        struct fp_search *s = NULL;
        struct found found = {0};
        assert_int_equal(fp_search_new(patterns, 20, &s), ERR_OK);
        fp_search_run(s, (struct str){text, sizeof(text)}, count_hit, &found);
        assert_int_equal(found.n, naive);
        fp_search_free(s);
    }
}

/* ---- OONI's lists -------------------------------------------------------- */

static struct fingerprints *load_shared(void)
{
    static const char *const names[] = {"fingerprints_http.csv",
                                        "fingerprints_dns.csv"};
    const char *shared = getenv("SHARED");
    struct fingerprints *f = NULL;
    n_bad = 0;
    assert_int_equal(fingerprints_builtin(&f), ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        char path[512];
        struct buf text;
        struct diag d;
        snprintf(path, sizeof(path), "%s/data/blocking-fingerprints/%s",
                 shared ? shared : "../shared", names[i]);
        buf_init(&text, (size_t)64 << 20);
        if (fs_read(path, text.max, &text, &d) != ERR_OK) {
            print_message("skipped: %s\n", d.text);
            buf_fini(&text);
            fingerprints_free(f);
            return NULL;
        }
        assert_int_equal(fingerprints_add_csv(f, names[i], buf_str(&text), NULL,
                                              on_bad, NULL),
                         ERR_OK);
        buf_fini(&text);
    }
    return f;
}

static void oonis_lists_load_whole(void **state)
{
    (void)state;
    struct fingerprints *own = load("");
    size_t builtin = fingerprints_count(own);
    fingerprints_free(own);
    struct fingerprints *f = load_shared();
    if (!f) {
        skip();
    }
    /* each was looked at: tests/e2e/fingerprints.t names them */
    assert_int_equal(n_bad, OONI_TOO_WEAK);
    assert_int_equal(fingerprints_count(f),
                     builtin + 1729 + 226 - OONI_TOO_WEAK);
    assert_non_null(fingerprints_match_dns(f, STR("195.175.254.2"), STR("IR")));
    fingerprints_free(f);
}

static void *match_often(void *arg)
{
    const struct fingerprints *f = arg;
    size_t hits = 0;
    for (int i = 0; i < 200; i++) {
        struct fp_match m;
        hits += !fingerprints_match_body(
                    f, STR("x <iframe src=\"http://10.10.34.35:80\">"),
                    STR("IR"), &m) &&
                m.fp;
    }
    return (void *)(uintptr_t)hits;
}

static void threads_may_share_one_set(void **state)
{
    (void)state;
    struct fingerprints *f = load("");
    pthread_t t[2];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&t[i], NULL, match_often, f), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        void *hits;
        assert_int_equal(pthread_join(t[i], &hits), 0);
        assert_int_equal((uintptr_t)hits, 200);
    }
    fingerprints_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forged_addresses_are_known_in_every_spelling),
        cmocka_unit_test(all_four_kinds_match_as_they_should),
        cmocka_unit_test(headers_match_by_their_own_name_only),
        cmocka_unit_test(harmless_pages_are_told_apart),
        cmocka_unit_test(earliest_row_wins_wherever_it_stands_in_the_page),
        cmocka_unit_test(bad_rows_are_named_and_skipped),
        cmocka_unit_test(regular_expressions_are_read_whole),
        cmocka_unit_test(plain_regular_expressions_keep_their_meaning),
        cmocka_unit_test(what_takes_too_long_is_told),
        cmocka_unit_test(needles_stand_one_behind_the_other),
        cmocka_unit_test(needles_are_what_a_match_cannot_do_without),
        cmocka_unit_test(search_finds_overlapping_and_nested_patterns),
        cmocka_unit_test(search_agrees_with_a_naive_one),
        cmocka_unit_test(oonis_lists_load_whole),
        cmocka_unit_test(threads_may_share_one_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
