// SPDX-License-Identifier: Apache-2.0
/* Answers of the last minute, for whoever asks for the same page. */
#include "collector/control/control_recent.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "collector/control/control_again.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GOOD    "{\"http_request\":{\"failure\":null,\"status_code\":200}}"
#define REFUSED "{\"http_request\":{\"failure\":null,\"status_code\":403}}"

static struct ip ip(const char *text)
{
    struct ip out;
    assert_true(ip_parse(str_c(text), &out));
    return out;
}

static struct control_request request(const char *url, const char *agent)
{
    return (struct control_request){
        .url = {.text = url},
        .addrs = {ip("203.0.113.1")},
        .n_addrs = 1,
        .headers = {{.name = "User-Agent", .value = str_c(agent)}},
        .n_headers = 1,
        .nonce = "00"};
}

static void an_answer_is_known_for_a_minute(void **state)
{
    (void)state;
    struct control_recent *r = NULL;
    assert_int_equal(control_recent_new(&r), ERR_OK);
    struct ip client = ip("192.0.2.1");
    struct control_request q = request("https://a.example/", "p");
    int64_t now = 1000 * US_PER_S;
    assert_null(control_recent_get(r, &q, now).p);
    control_recent_put(r, &client, &q, STR(GOOD), now);
    q.nonce[0] = '1';
    q.addrs[0] = ip("203.0.113.2"); /* as resolvers say */
    struct str got = control_recent_get(r, &q, now + 59 * US_PER_S);
    if (got.p) { /* there was memory */
        assert_true(str_eq_c(got, GOOD));
    }
    assert_null(control_recent_get(r, &q, now + 61 * US_PER_S).p);
    q.url.text = "https://a.example/x";
    assert_null(control_recent_get(r, &q, now).p);
    control_recent_free(r);
}

/* Other headers: a good page serves, a refusal does not. */
static void a_refusal_is_not_told_to_others(void **state)
{
    (void)state;
    struct control_recent *r = NULL;
    assert_int_equal(control_recent_new(&r), ERR_OK);
    struct ip client = ip("192.0.2.1");
    struct control_request machine = request("https://a.example/", "scanner");
    struct control_request person = request("https://a.example/", "browser");
    int64_t now = 1000 * US_PER_S;
    control_recent_put(r, &client, &machine, STR(REFUSED), now);
    assert_null(control_recent_get(r, &person, now).p);
    control_recent_put(r, &client, &person, STR(GOOD), now + 1);
    control_recent_put(r, &client, &machine, STR(REFUSED), now + 2);
    struct str got = control_recent_get(r, &person, now + 3);
    if (got.p) { /* there was memory */
        assert_true(str_eq_c(got, GOOD));
        got = control_recent_get(r, &machine, now + 3);
        assert_true(!got.p || str_eq_c(got, REFUSED));
        person.headers[0].value = STR("another");
        assert_true(str_eq_c(control_recent_get(r, &person, now + 3), GOOD));
    }
    control_recent_free(r);
}

static void one_client_does_not_push_out_the_others(void **state)
{
    (void)state;
    struct control_recent *r = NULL;
    assert_int_equal(control_recent_new(&r), ERR_OK);
    struct ip good = ip("192.0.2.1"), greedy = ip("2001:db8::1");
    struct control_request q = request("https://a.example/", "p"), other = q;
    int64_t now = 1000 * US_PER_S;
    control_recent_put(r, &good, &q, STR(GOOD), now);
    bool kept = control_recent_get(r, &q, now).p; /* there was memory */
    for (unsigned i = 0; i < 2000; i++) {
        char url[64];
        snprintf(url, sizeof(url), "https://b%u.example/", i);
        other.url.text = url;
        greedy.b[15] = i & 255;
        control_recent_put(r, &greedy, &other, STR(GOOD), now + i);
    }
    assert_true(!kept || control_recent_get(r, &q, now + 2000).p);
    control_recent_free(r);
}

#define ANSWER                                                                  \
    "{\"tcp_connect\":{\"203.0.113.1:443\":{\"status\":true,\"failure\":null}," \
    "\"203.0.113.7:443\":{\"status\":true,\"failure\":null},"                   \
    "\"203.0.113.8:443\":{\"status\":true,\"failure\":null}},"                  \
    "\"http_request\":{\"failure\":null,\"status_code\":200},"                  \
    "\"ip_info\":{\"203.0.113.1\":{\"asn\":1,\"flags\":9},"                     \
    "\"203.0.113.7\":{\"asn\":2,\"flags\":3}},"                                 \
    "\"x_parallax\":{\"certificates\":{\"203.0.113.1:443\":\"00\"}}}"

/* What another's resolver said is not told; what one's own did, is. */
static void an_answer_is_written_for_who_asks(void **state)
{
    (void)state;
    struct control_request q = request("https://a.example/", "p");
    struct buf b;
    buf_init(&b, 4096);
    enum err e = control_again_write(&b, STR(ANSWER), &q, NULL);
    if (e == ERR_OK) {
        assert_true(str_eq_c(
            buf_str(&b),
            "{\"tcp_connect\":{\"203.0.113.1:443\":{\"status\":true,"
            "\"failure\":null},\"203.0.113.7:443\":{\"status\":true,"
            "\"failure\":null},\"203.0.113.8:443\":{\"status\":true,"
            "\"failure\":null}},\"http_request\":{\"failure\":null,"
            "\"status_code\":200},\"ip_info\":{\"203.0.113.1\":{\"asn\":1,"
            "\"flags\":9},\"203.0.113.7\":{\"asn\":2,\"flags\":2}},"
            "\"x_parallax\":{\"certificates\":{\"203.0.113.1:443\":\"00\"}}}"));
    }
    buf_clear(&b);
    q.addrs[0] = ip("10.1.2.3");
    e = control_again_write(&b, STR(ANSWER), &q, NULL);
    if (e == ERR_OK) {
        struct str got = buf_str(&b);
        assert_int_equal(str_find(got, STR("203.0.113.1")), SIZE_MAX);
        assert_true(str_find(got, STR("203.0.113.7:443")) != SIZE_MAX);
        assert_true(
            str_find(got, STR("\"10.1.2.3\":{\"asn\":0,\"flags\":5}")) !=
            SIZE_MAX);
    }
    buf_clear(&b);
    assert_true(control_again_write(&b, STR("{"), &q, NULL) != ERR_OK);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_known_for_a_minute),
        cmocka_unit_test(a_refusal_is_not_told_to_others),
        cmocka_unit_test(one_client_does_not_push_out_the_others),
        cmocka_unit_test(an_answer_is_written_for_who_asks),
    };
    return crypto_setup() == ERR_OK ? cmocka_run_group_tests(tests, NULL, NULL)
                                    : 1;
}
