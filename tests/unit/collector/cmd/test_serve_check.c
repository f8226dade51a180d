// SPDX-License-Identifier: Apache-2.0
/* Settings with which `serve` does not start. */
#include "collector/cmd/serve_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct opt options[] = {
    {.name = "listen", .kind = OPT_STR, .def = "127.0.0.1:0", .help = "x"},
    {.name = "helper",
     .key = "collector.test_helpers",
     .kind = OPT_LIST,
     .help = "x"},
    {.name = "proxy",
     .key = "collector.trusted_proxy",
     .kind = OPT_LIST,
     .help = "x"},
    {.name = "admin-listen", .kind = OPT_STR, .help = "x"},
    {.name = "url",
     .key = "collector.public_url",
     .kind = OPT_STR,
     .help = "x"},
    {.name = "off",
     .key = "collector.tests_off",
     .kind = OPT_LIST,
     .help = "x"},
};
static const struct opt_table table = {.command = "serve",
                                       .synopsis = "serve",
                                       .summary = "x",
                                       .opts = options,
                                       .n_opts = sizeof(options) /
                                                 sizeof(options[0])};

typedef enum err check(const struct opt_set *set, struct region *r,
                       struct diag *d);

/* What it says to one or two options; `part` NULL: nothing. */
static void says(check *fn, const char *a, const char *b, const char *part)
{
    static const struct opt_table *const known[] = {&table, NULL};
    char *argv[] = {"serve", (char *)(uintptr_t)a, (char *)(uintptr_t)b, NULL};
    struct region *r = region_new(1 << 20);
    struct opt_set *set = NULL;
    struct diag d = {{0}};
    bool help = false;
    assert_non_null(r);
    assert_int_equal(
        opt_parse(r, &table, known, b ? 3 : 2, argv, &set, &help, &d), ERR_OK);
    enum err e = fn(set, r, &d);
    if (e != (part ? ERR_INVAL : ERR_OK) || (part && !strstr(d.text, part))) {
        fail_msg("%s %s: %s %s", a, b ? b : "", err_str(e), d.text);
    }
    region_free(r);
}

static void values_that_mean_nothing_are_named(void **state)
{
    (void)state;
    says(serve_check_values, "--url=nope", NULL, "public_url: 'nope'");
    says(serve_check_values, "--url=ftp://a.example/", NULL, "public_url");
    says(serve_check_values, "--url=https://a.example", NULL, NULL);
    says(serve_check_values, "--helper=http://", NULL, "test_helpers");
    says(serve_check_values, "--helper=cloudfront:x", NULL, "test_helpers");
    says(serve_check_values, "--helper=cloudfront:https://a.example/", NULL,
         NULL);
    says(serve_check_values, "--off=torfs", NULL, "no test 'torfs'");
    says(serve_check_values, "--off=torsf", "--off=Tor", "no test 'Tor'");
    says(serve_check_values, "--off=torsf", "--off=openvpn", NULL);
}

static void records_are_given_out_on_this_machine_only(void **state)
{
    static const char *const here[] = {
        "--admin-listen=127.0.0.1:9090", "--admin-listen=[::1]:0",
        "--admin-listen=unix:/run/a", "--admin-listen=none"};
    static const char *const anywhere[] = {
        "--admin-listen=203.0.113.1:9090", "--admin-listen=0.0.0.0:9090",
        "--admin-listen=[::]:1", "--admin-listen=10.0.0.1:9090"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        says(serve_check_values, here[i], NULL, NULL);
        says(serve_check_values, anywhere[i], NULL, "admin_listen");
    }
}

static void a_control_that_only_this_machine_reaches_is_none(void **state)
{
    static const char *const here[] = {
        "http://127.0.0.1:8081",      "http://[::1]/",
        "https://localhost",          "https://LOCALHOST.:1/",
        "https://foo.localhost",      "http://0.0.0.0/",
        "http://127.255.0.9/",        "cloudfront:https://127.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
    };
    static const char *const none[] = {"http://127.1:8081",
                                       "http://2130706433/", "http://0x7f.1/",
                                       "http://0177.0.0.1/", "https://0/"};
    static const char *const there[] = {
        "https://control.example.org", "http://203.0.113.1:8081",
        "https://localhost.example/",  "https://notlocalhost/",
        "https://xlocalhost.example.", "http://192.168.1.1/",
    };
    char helper[100];
    (void)state;
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        snprintf(helper, sizeof(helper), "--helper=%s", here[i]);
        says(serve_check_reach, "--listen=0.0.0.0:80", helper, "cannot reach");
        says(serve_check_reach, "--listen=127.0.0.1:80", helper, NULL);
    }
    for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
        snprintf(helper, sizeof(helper), "--helper=%s", there[i]);
        says(serve_check_reach, "--listen=0.0.0.0:80", helper, NULL);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        snprintf(helper, sizeof(helper), "--helper=%s", none[i]);
        says(serve_check_values, helper, NULL, "is not a URL");
    }
    says(serve_check_reach, "--listen=0.0.0.0:80", NULL, "must name controls");
}

static enum err alone(const struct opt_set *set, struct region *r,
                      struct diag *d)
{
    return serve_check_alone(set, r) ? diag_set(d, ERR_INVAL, "alone") : ERR_OK;
}

/* Loopback is where a proxy finds us: what it brings comes from elsewhere. */
static void behind_a_proxy_a_control_must_be_reached_too(void **state)
{
    static const char proxy[] = "--proxy=127.0.0.1";
    (void)state;
    says(alone, proxy, NULL, "alone");
    says(alone, proxy, "--helper=http://127.0.0.1:8081", "alone");
    says(alone, proxy, "--helper=https://control.example.org", NULL);
    says(alone, "--helper=http://127.0.0.1:8081", NULL, NULL);
    says(serve_check_reach, "--listen=127.0.0.1:80", proxy, NULL);
    says(serve_check_reach, "--listen=0.0.0.0:80", proxy, "must name controls");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_that_mean_nothing_are_named),
        cmocka_unit_test(records_are_given_out_on_this_machine_only),
        cmocka_unit_test(behind_a_proxy_a_control_must_be_reached_too),
        cmocka_unit_test(a_control_that_only_this_machine_reaches_is_none),
    };
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
