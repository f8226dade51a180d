// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"
#include "probe/volunteer/consent.h"
#include "probe/volunteer/identity.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char home[64];

static int setup(void **state)
{
    (void)state;
    tmp_path(home, sizeof(home), "test_consent_XXXXXX");
    if (!mkdtemp(home)) {
        return -1;
    }
    return setenv("XDG_STATE_HOME", home, 1);
}

static int teardown(void **state)
{
    (void)state;
    struct diag d;
    return fs_remove_tree(home, &d) == ERR_OK ? 0 : -1;
}

static void without_a_file_there_is_no_consent(void **state)
{
    (void)state;
    struct consent c = {.given = true};
    struct diag d = {""};
    assert_int_equal(consent_load(&c, &d), ERR_OK);
    assert_false(c.given);
}

static void consent_reads_back_and_can_be_revoked(void **state)
{
    (void)state;
    struct consent c = {.given = true,
                        .accepted = {true, true, false, true},
                        .date = "2026-11-24"};
    struct consent back;
    struct diag d = {""};
    char classes[16];
    assert_int_equal(consent_store(&c, &d), ERR_OK);
    assert_int_equal(consent_load(&back, &d), ERR_OK);
    assert_true(back.given);
    consent_format_classes(back.accepted, classes);
    assert_string_equal(classes, "R0,R1,R3");
    assert_string_equal(back.date, "2026-11-24");
    assert_int_equal(consent_revoke(&d), ERR_OK);
    assert_int_equal(consent_load(&back, &d), ERR_OK);
    assert_false(back.given);
    assert_int_equal(consent_revoke(&d), ERR_NOTFOUND);
}

static void damaged_consent_is_never_taken_for_consent(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "accepted = R0\n",
        "version = 1\naccepted = R0\n",
        "version = 1\naccepted = R0,R4\ndate = 2026-11-24\n",
        "version = 1\naccepted = \ndate = 2026-11-24\n",
        "version = x\naccepted = R0\ndate = 2026-11-24\n",
        "version = 1\naccepted = R0\ndate = tomorrow\n",
        "version = 1\naccepted = R0\ndate = 2026-11-24\nall = yes\n",
        "version 1\naccepted = R0\ndate = 2026-11-24\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct consent c = {.given = false};
        struct diag d = {""};
        assert_int_equal(consent_parse(str_c(texts[i]), &c, &d), ERR_PARSE);
        assert_false(c.given);
        assert_true(d.text[0] != '\0');
    }
}

static void consent_to_another_version_of_the_text_does_not_count(void **state)
{
    (void)state;
    struct consent c = {.given = false};
    struct diag d = {""};
    assert_int_equal(
        consent_parse(STR("version = 2\naccepted = R0\ndate = 2026-11-24\n"),
                      &c, &d),
        ERR_NOTFOUND);
    assert_false(c.given);
}

static void classes_are_read_in_any_order_and_case(void **state)
{
    (void)state;
    bool accepted[CONSENT_CLASSES] = {false};
    struct diag d = {""};
    assert_int_equal(consent_parse_classes(STR("r2, R0"), accepted, &d),
                     ERR_OK);
    assert_true(accepted[0] && !accepted[1] && accepted[2] && !accepted[3]);
    assert_int_equal(consent_parse_classes(STR("R0;R1"), accepted, &d),
                     ERR_PARSE);
    assert_true(accepted[0] && accepted[2]);
}

static void the_secret_is_made_once_and_for_its_owner_only(void **state)
{
    (void)state;
    uint8_t one[IDENTITY_SECRET_LEN];
    uint8_t two[IDENTITY_SECRET_LEN];
    char path[128];
    struct diag d = {""};
    struct stat st;
    assert_int_equal(identity_secret(one, &d), ERR_OK);
    assert_int_equal(identity_secret(two, &d), ERR_OK);
    assert_memory_equal(one, two, sizeof(one));
    snprintf(path, sizeof(path), "%s/parallax/device-secret", home);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, IDENTITY_SECRET_LEN);
}

static void a_damaged_secret_is_named_and_not_replaced(void **state)
{
    (void)state;
    uint8_t secret[IDENTITY_SECRET_LEN];
    char path[128];
    struct diag d = {""};
    assert_int_equal(identity_secret(secret, &d), ERR_OK);
    snprintf(path, sizeof(path), "%s/parallax/device-secret", home);
    assert_int_equal(fs_write_atomic(path, STR("short"), 0600, &d), ERR_OK);
    assert_int_equal(identity_secret(secret, &d), ERR_PARSE);
    assert_non_null(strstr(d.text, "device-secret"));
    assert_int_equal(fs_write_atomic(path,
                                     STR("thirty-three bytes are one too ma"),
                                     0600, &d),
                     ERR_OK);
    assert_int_equal(identity_secret(secret, &d), ERR_PARSE);
}

/* Computed with: printf 'XZ|64500|2026-11' |
 * openssl dgst -sha256 -mac hmac -macopt hexkey:000102...1f */
static void x_probe_is_the_hmac_of_country_network_and_month(void **state)
{
    (void)state;
    uint8_t secret[IDENTITY_SECRET_LEN];
    char out[IDENTITY_TEXT];
    char next[IDENTITY_TEXT];
    for (size_t i = 0; i < sizeof(secret); i++) {
        secret[i] = (uint8_t)i;
    }
    assert_int_equal(identity_probe(secret, "XZ", 64500, 1795478400, out),
                     ERR_OK);
    assert_string_equal(out, "536cf141387130b2e491c573d14ac8f6");
    /* last second of the month, first of the next */
    assert_int_equal(identity_probe(secret, "XZ", 64500, 1796083199, next),
                     ERR_OK);
    assert_string_equal(out, next);
    assert_int_equal(identity_probe(secret, "XZ", 64500, 1796083200, next),
                     ERR_OK);
    assert_string_not_equal(out, next);
    assert_int_equal(identity_probe(secret, "XZ", 64501, 1795478400, next),
                     ERR_OK);
    assert_string_not_equal(out, next);
    assert_int_equal(identity_probe(secret, "XY", 64500, 1795478400, next),
                     ERR_OK);
    assert_string_not_equal(out, next);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(without_a_file_there_is_no_consent),
        T(consent_reads_back_and_can_be_revoked),
        T(damaged_consent_is_never_taken_for_consent),
        T(consent_to_another_version_of_the_text_does_not_count),
        T(classes_are_read_in_any_order_and_case),
        T(the_secret_is_made_once_and_for_its_owner_only),
        T(a_damaged_secret_is_named_and_not_replaced),
        T(x_probe_is_the_hmac_of_country_network_and_month),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
