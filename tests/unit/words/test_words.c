// SPDX-License-Identifier: Apache-2.0
/* What is told to people: nothing lacks words, and no word is left over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "words/words.h"
#include <string.h>

static bool is_ascii(const char *s)
{
    for (; *s; s++) {
        if (*s < 0x20 || *s > 0x7e) {
            return false;
        }
    }
    return true;
}

static bool is_sentence(const char *s)
{
    return s && strlen(s) >= 15 && strlen(s) < 240 && s[strlen(s) - 1] == '.' &&
           s[0] >= 'A' && s[0] <= 'Z' && is_ascii(s);
}

/* Part of a sentence. */
static bool is_part(const char *s)
{
    return s && strlen(s) >= 10 && strlen(s) < 160 && s[strlen(s) - 1] != '.' &&
           (s[0] < 'A' || s[0] > 'Z') && is_ascii(s);
}

static void every_rule_has_words(void **state)
{
    (void)state;
    for (enum rule r = 0; r < RULE_COUNT; r++) {
        const struct rule_words *w = words_rule(r);
        if (!w->why || guide_step(r) == 0) {
            print_error("lib/words says nothing of %s\n", rules_name(r));
        }
        assert_true(guide_step(r) > 0 && guide_step(r) < STEP_COUNT);
        assert_true(is_sentence(w->why));
        assert_true(!w->other || is_sentence(w->other));
        assert_true(!w->doubt || is_sentence(w->doubt));
        assert_true(!w->brief || is_part(w->brief));
        assert_true(!w->report || is_part(w->report));
        /* who accuses needs no `other`; who leaves undecided says what */
        assert_true(w->other || !w->brief);
        assert_true(w->other || rules_method(r) != METHOD_NONE ||
                    rules_confidence(r) == SUPPORTS_ONLY);
        for (size_t i = 0; rules_else(r, i) != NOTE_COUNT; i++) {
            assert_non_null(words_rule(rules_of(rules_else(r, i)))->other);
        }
    }
}

static void every_state_and_every_rule_has_advice(void **state)
{
    (void)state;
    unsigned used = 0;
    for (int s = X_OK; s <= X_INTERNAL; s++) {
        unsigned todo = guide_state_advice((enum xstate)s);
        assert_true(todo != 0);
        used |= todo;
    }
    for (enum rule r = 0; r < RULE_COUNT; r++) {
        used |= guide_advice(r);
    }
    for (enum advice a = 0; a < ADVICE_COUNT; a++) {
        assert_true(is_sentence(words_advice(a)));
        assert_true(used & (1u << a));
    }
    assert_int_equal(used >> ADVICE_COUNT, 0);
    /* what can be seen by others, or is forbidden somewhere, says so */
    assert_non_null(strstr(words_advice(ADVICE_NETWORK), "can see"));
    assert_non_null(strstr(words_advice(ADVICE_RESOLVER), "forbidden"));
    assert_non_null(strstr(words_advice(ADVICE_FILTER), "learns"));
    assert_non_null(strstr(words_advice(ADVICE_SEND), "safe"));
}

static void every_method_has_words(void **state)
{
    (void)state;
    for (enum method m = 0; m < METHOD_COUNT; m++) {
        const struct method_words *w = words_method(m);
        assert_true(is_part(w->done));
        assert_true(is_part(w->by) && strncmp(w->by, "by ", 3) == 0);
        assert_true(strlen(w->name) > 5 && is_ascii(w->name));
        assert_true(strlen(w->text) > 40 && is_ascii(w->text));
        for (enum method other = 0; other < m; other++) {
            assert_string_not_equal(w->done, words_method(other)->done);
            assert_string_not_equal(w->name, words_method(other)->name);
        }
    }
}

static void every_step_but_none_has_a_title(void **state)
{
    (void)state;
    for (enum guide_step s = STEP_NAME; s < STEP_NONE; s++) {
        assert_true(strlen(words_step(s)) > 3);
    }
    assert_null(words_step(STEP_NONE));
}

static void how_sure_it_is_has_words(void **state)
{
    (void)state;
    assert_string_equal(words_sureness(0.97), "almost certain");
    assert_string_equal(words_sureness(0.85), "very likely");
    assert_string_equal(words_sureness(0.7), "likely");
    assert_string_equal(words_sureness(0.6), "more likely than not");
    assert_string_equal(words_sureness(0), "a guess");
}

/* A few words that a volunteer can read: no string of a record. */
static bool is_few_words(const char *s)
{
    return s && strlen(s) >= 2 && strlen(s) <= 40 && is_ascii(s) &&
           !strpbrk(s, "_%:") && s[strlen(s) - 1] != '.';
}

static void every_failure_has_a_few_words(void **state)
{
    (void)state;
    for (int f = FAILURE_NONE; f < FAILURE_COUNT; f++) {
        const char *text = failure_text((enum failure)f);
        const char *words = words_failure(str_c(text ? text : "errno 71"));
        assert_true(is_few_words(words));
        assert_true(f == FAILURE_NONE || !text || strcmp(words, text) != 0);
    }
    assert_string_equal(words_failure(STR("timed_out")), "no answer");
    assert_string_equal(words_failure(STR("eof_error")),
                        "closed without an answer");
}

static void what_a_library_says_is_told_to_nobody(void **state)
{
    (void)state;
    static const char *const foreign[] = {
        "unknown_failure",
        "unknown_failure: something else",
        "unknown_failure: OpenSSL SSL_connect: SSL_ERROR_SYSCALL",
        "something else",
        "errno_71",
        "ssl_invalid_hostname_or_so",
    };
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        assert_string_equal(words_failure(str_c(foreign[i])),
                            "failed in an unknown way");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_words),
        cmocka_unit_test(every_state_and_every_rule_has_advice),
        cmocka_unit_test(every_method_has_words),
        cmocka_unit_test(every_step_but_none_has_a_title),
        cmocka_unit_test(how_sure_it_is_has_words),
        cmocka_unit_test(every_failure_has_a_few_words),
        cmocka_unit_test(what_a_library_says_is_told_to_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
