// SPDX-License-Identifier: Apache-2.0
/* The list of rules: what holds of every entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict/rules.h"
#include <stdbool.h>
#include <string.h>

static void names_are_unique_and_found_again(void **state)
{
    (void)state;
    for (enum rule r = 0; r < RULE_COUNT; r++) {
        const char *name = rules_name(r);
        assert_true(strspn(name, "abcdefghijklmnopqrstuvwxyz_") ==
                    strlen(name));
        assert_int_equal(rules_by_name(name), r);
    }
    assert_int_equal(rules_by_name("rule_of_tomorrow"), RULE_COUNT);
    assert_int_equal(rules_by_name(""), RULE_COUNT);
}

static void who_accuses_says_how_and_how_sure(void **state)
{
    (void)state;
    for (enum rule r = 0; r < RULE_COUNT; r++) {
        double confidence = rules_confidence(r);
        assert_true(confidence == BY_EVIDENCE || confidence == SUPPORTS_ONLY ||
                    (confidence >= 0.5 && confidence <= 1));
        assert_true(rules_method(r) == METHOD_NONE ||
                    confidence != SUPPORTS_ONLY);
    }
}

/* So that `alternatives` of a `blocked` verdict is empty only where the list
 * says that nothing else is known. */
static void who_accuses_says_what_else_it_could_be(void **state)
{
    (void)state;
    for (enum rule r = 0; r < RULE_COUNT; r++) {
        bool accuses = rules_method(r) != METHOD_NONE;
        bool something = rules_else(r, 0) != NOTE_COUNT;
        if (accuses && something == rules_nothing_else(r)) {
            print_error("%s: ELSE or NOTHING_ELSE\n", rules_name(r));
        }
        assert_true(!accuses || something != rules_nothing_else(r));
        for (size_t i = 0; rules_else(r, i) != NOTE_COUNT; i++) {
            assert_true(rules_of(rules_else(r, i)) != r);
        }
    }
}

static void every_rule_says_something(void **state)
{
    (void)state;
    bool said[RULE_COUNT] = {false};
    for (enum note n = 0; n < NOTE_COUNT; n++) {
        const char *text = rules_text(n);
        assert_true(text[0] >= 'A' && text[0] <= 'Z');
        assert_true(text[strlen(text) - 1] == '.');
        assert_true(strlen(text) < 200); /* what a run shows of it */
        said[rules_of(n)] = true;
    }
    for (enum rule r = 0; r < RULE_COUNT; r++) {
        if (!said[r]) {
            print_error("%s has no note\n", rules_name(r));
        }
        assert_true(said[r]);
    }
}

static void methods_have_names_and_are_found_again(void **state)
{
    (void)state;
    for (enum method m = METHOD_NONE + 1; m < METHOD_COUNT; m++) {
        assert_int_equal(method_by_name(method_name(m)), m);
    }
    assert_null(method_name(METHOD_NONE));
    assert_int_equal(method_by_name("something new"), METHOD_NONE);
    assert_int_equal(method_by_name(""), METHOD_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique_and_found_again),
        cmocka_unit_test(who_accuses_says_how_and_how_sure),
        cmocka_unit_test(who_accuses_says_what_else_it_could_be),
        cmocka_unit_test(every_rule_says_something),
        cmocka_unit_test(methods_have_names_and_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
