// SPDX-License-Identifier: Apache-2.0
#include "wire/dnsmsg.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct region *r;
    struct buf b;
    struct dns_msg m;
    struct diag d;
};

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.r = region_new(1 << 20);
    buf_init(&f.b, 65535);
    *state = &f;
    return f.r ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    region_free(f->r);
    buf_fini(&f->b);
    return 0;
}

static enum err parse(struct fixture *f)
{
    return dnsmsg_parse(f->r, buf_str(&f->b), &f->m, &f->d);
}

/* A response header with one question for a.example, A. */
static void start(struct fixture *f, uint16_t flags, uint16_t an, uint16_t ar)
{
    buf_clear(&f->b);
    buf_add_u16(&f->b, 0x1234);
    buf_add_u16(&f->b, flags);
    buf_add_u16(&f->b, 1);
    buf_add_u16(&f->b, an);
    buf_add_u16(&f->b, 0);
    buf_add_u16(&f->b, ar);
    assert_int_equal(buf_add(&f->b, "\1A\7Example\0\0\1\0\1", 15), ERR_OK);
}

static void rr(struct fixture *f, uint16_t type, const void *rdata, size_t len)
{
    buf_add_u16(&f->b, 0xc00c); /* the name of the question */
    buf_add_u16(&f->b, type);
    buf_add_u16(&f->b, 1);
    buf_add_u32(&f->b, 300);
    buf_add_u16(&f->b, (uint16_t)len);
    assert_int_equal(buf_add(&f->b, rdata, len), ERR_OK);
}

static void a_query_is_what_every_resolver_expects(void **state)
{
    struct fixture *f = *state;
    static const char want[] = "\x12\x34\x01\x00\0\1\0\0\0\0\0\0"
                               "\3www\7example\3com\0\0\x1c\0\1";
    assert_int_equal(
        dnsmsg_query(&f->b, 0x1234, "www.example.com", DNS_AAAA, NULL), ERR_OK);
    assert_int_equal(f->b.len, sizeof(want) - 1);
    assert_memory_equal(f->b.p, want, sizeof(want) - 1);
    assert_int_equal(parse(f), ERR_OK);
    assert_string_equal(f->m.qname, "www.example.com");
    assert_int_equal(f->m.qtype, DNS_AAAA);
    assert_true(f->m.rd);
    assert_false(f->m.qr || f->m.edns);
}

static void a_trailing_dot_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct buf other;
    buf_init(&other, 512);
    assert_int_equal(dnsmsg_query(&f->b, 1, "example.com", DNS_A, NULL),
                     ERR_OK);
    assert_int_equal(dnsmsg_query(&other, 1, "example.com.", DNS_A, NULL),
                     ERR_OK);
    assert_int_equal(f->b.len, other.len);
    assert_memory_equal(f->b.p, other.p, other.len);
    buf_fini(&other);
}

static void padding_fills_the_block(void **state)
{
    struct fixture *f = *state;
    const struct dns_query_opts o = {
        .edns = true, .dnssec_ok = true, .pad_to = 128};
    for (size_t n = 1; n < 60; n++) {
        char name[64];
        memset(name, 'a', n);
        name[n] = '\0';
        buf_clear(&f->b);
        assert_int_equal(dnsmsg_query(&f->b, 7, name, DNS_A, &o), ERR_OK);
        assert_int_equal(f->b.len % 128, 0);
        assert_int_equal(parse(f), ERR_OK);
        assert_true(f->m.edns);
        assert_int_equal(f->m.edns_size, 4096);
    }
}

/* The question that Firefox 153 sends for plain.example, from a capture. */
static void a_question_over_https_is_a_browsers(void **state)
{
    static const uint8_t seen[] = {
        0,   0,   1,   0,   0, 1,    0,    0,   0,   0,   0,   1,   5, 'p',
        'l', 'a', 'i', 'n', 7, 'e',  'x',  'a', 'm', 'p', 'l', 'e', 0, 0,
        1,   0,   1,   0,   0, 0x29, 0x10, 0,   0,   0,   0,   0,   0, 0x56,
        0,   8,   0,   4,   0, 1,    0,    0,   0,   12,  0,   0x4a};
    const struct dns_query_opts o = {.no_subnet = true, .pad_to = 128};
    struct fixture *f = *state;
    assert_int_equal(dnsmsg_query(&f->b, 0, "plain.example", DNS_A, &o),
                     ERR_OK);
    assert_int_equal(f->b.len, 128);
    assert_memory_equal(f->b.p, seen, sizeof(seen));
    for (size_t i = sizeof(seen); i < f->b.len; i++) {
        assert_int_equal(f->b.p[i], 0);
    }
}

static void names_that_cannot_travel_are_refused(void **state)
{
    struct fixture *f = *state;
    char long_label[66], long_name[300];
    memset(long_label, 'a', 64);
    long_label[64] = '\0';
    for (size_t i = 0; i < 255; i++) {
        long_name[i] = i % 2 ? '.' : 'a';
    }
    long_name[255] = '\0';
    const char *bad[] = {"",     "..",      ".a", "a..b", long_label, "a b",
                         "a\tb", long_name, "\\", "a\\2", "\\999.a",  "\\25x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (dnsmsg_query(&f->b, 1, bad[i], DNS_A, NULL) != ERR_INVAL) {
            fail_msg("%s is not refused", bad[i]);
        }
    }
    assert_int_equal(f->b.len, 0);
    long_name[strlen(long_name) - 2] = '\0'; /* 127 labels: exactly 255 */
    assert_int_equal(dnsmsg_query(&f->b, 1, long_name, DNS_A, NULL), ERR_OK);
    assert_int_equal(parse(f), ERR_OK);
    assert_string_equal(f->m.qname, long_name);
    long_label[63] = '\0';
    buf_clear(&f->b);
    assert_int_equal(dnsmsg_query(&f->b, 1, long_label, DNS_A, NULL), ERR_OK);
}

static void strange_bytes_in_names_survive_a_round_trip(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        dnsmsg_query(&f->b, 1, "a\\046b.\\000\\255\\032.x", DNS_A, NULL),
        ERR_OK);
    assert_int_equal(parse(f), ERR_OK);
    assert_string_equal(f->m.qname, "a\\046b.\\000\\255\\032.x");
}

static void a_full_queue_leaves_the_output_untouched(void **state)
{
    struct fixture *f = *state;
    struct buf small;
    buf_init(&small, 20);
    assert_int_equal(dnsmsg_query(&small, 1, "example.com", DNS_A, NULL),
                     ERR_LIMIT);
    assert_int_equal(small.len, 0);
    buf_fini(&small);
    (void)f;
}

static void answers_of_all_kinds_are_read(void **state)
{
    struct fixture *f = *state;
    static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 9};
    start(f, 0x8580, 4, 0);
    rr(f, DNS_CNAME, "\3CDN\xc0\x0e", 6);
    rr(f, DNS_A, "\x0a\x0a\x22\x24", 4);
    rr(f, DNS_AAAA, v6, 16);
    rr(f, DNS_TXT, "\5hello", 6);
    assert_int_equal(parse(f), ERR_OK);
    assert_int_equal(f->m.id, 0x1234);
    assert_true(f->m.qr && f->m.aa && f->m.rd && f->m.ra);
    assert_string_equal(f->m.qname, "a.example");
    assert_int_equal(f->m.n_answers, 4);
    assert_string_equal(f->m.answers[0].name, "a.example");
    assert_string_equal(f->m.answers[0].target, "cdn.example");
    assert_int_equal(f->m.answers[1].ip.family, 4);
    assert_int_equal(f->m.answers[1].ip.b[2], 0x22);
    assert_int_equal(f->m.answers[1].ttl, 300);
    assert_int_equal(f->m.answers[2].ip.family, 6);
    assert_true(str_eq_c(f->m.answers[3].rdata, "\5hello"));
}

static void the_extended_rcode_comes_with_edns(void **state)
{
    struct fixture *f = *state;
    start(f, 0x8183, 0, 1);
    buf_add(&f->b, "\0\0\x29\x10\0\1\0\0\0\0\0", 11);
    assert_int_equal(parse(f), ERR_OK);
    assert_int_equal(f->m.rcode, 1 << 4 | 3);
    assert_int_equal(f->m.edns_size, 4096);
}

static void every_cut_of_a_message_is_an_error_or_whole(void **state)
{
    struct fixture *f = *state;
    start(f, 0x8180, 2, 0);
    rr(f, DNS_CNAME, "\3cdn\xc0\x0e", 6);
    rr(f, DNS_A, "\1\2\3\4", 4);
    struct str all = buf_str(&f->b);
    for (size_t n = 0; n < all.len; n++) {
        struct diag d = {""};
        assert_int_equal(dnsmsg_parse(f->r, str_sub(all, 0, n), &f->m, &d),
                         ERR_PARSE);
        assert_non_null(strstr(d.text, "byte"));
    }
    assert_int_equal(f->m.n_answers, 0); /* untouched on failure */
    assert_int_equal(parse(f), ERR_OK);
}

static void a_truncated_answer_is_read_as_far_as_it_goes(void **state)
{
    struct fixture *f = *state;
    start(f, 0x8380, 9, 0);
    rr(f, DNS_A, "\1\2\3\4", 4);
    assert_int_equal(parse(f), ERR_OK);
    assert_true(f->m.tc);
    assert_int_equal(f->m.n_answers, 1);
}

static void pointers_that_loop_or_lead_forward_are_refused(void **state)
{
    struct fixture *f = *state;
    static const uint16_t pointers[] = {0xc01b, 0xc01c, 0xc0ff, 0xffff};
    for (size_t i = 0; i < 4; i++) {
        start(f, 0x8180, 1, 0);
        assert_int_equal(f->b.len, 0x1b);
        buf_add_u16(&f->b, pointers[i]);
        buf_add(&f->b, "\0\1\0\1\0\0\0\0\0\4\1\2\3\4", 14);
        assert_int_equal(parse(f), ERR_PARSE);
        assert_non_null(strstr(f->d.text, "bad name"));
    }
}

static void a_long_chain_of_pointers_ends(void **state)
{
    struct fixture *f = *state;
    start(f, 0x8180, 1, 0);
    rr(f, DNS_TXT, "", 0);
    size_t rdlen_at = f->b.len - 2;
    uint16_t target = 12;
    for (int i = 0; i < 100; i++) { /* each pointer leads to the one before */
        uint16_t here = (uint16_t)f->b.len;
        buf_add_u16(&f->b, (uint16_t)(0xc000 | target));
        target = here;
    }
    assert_int_equal(f->b.failed, ERR_OK);
    f->b.p[rdlen_at + 1] = 200;
    f->b.p[11] = 1; /* one additional record, owned by the end of the chain */
    buf_add_u16(&f->b, (uint16_t)(0xc000 | target));
    buf_add(&f->b, "\0\1\0\1\0\0\0\0\0\4\1\2\3\4", 14);
    assert_int_equal(parse(f), ERR_PARSE);
}

static void addresses_of_a_wrong_length_are_named(void **state)
{
    struct fixture *f = *state;
    start(f, 0x8180, 1, 0);
    rr(f, DNS_A, "\1\2\3", 3);
    assert_int_equal(parse(f), ERR_PARSE);
    assert_non_null(strstr(f->d.text, "wrong length"));
    start(f, 0x8180, 1, 0);
    rr(f, DNS_CNAME, "\1a\0\0\0", 5);
    assert_int_equal(parse(f), ERR_PARSE);
}

static void a_claim_of_many_records_is_not_believed(void **state)
{
    struct fixture *f = *state;
    start(f, 0x8180, 512, 0);
    assert_int_equal(parse(f), ERR_PARSE);
    start(f, 0x8180, 513, 0);
    assert_int_equal(parse(f), ERR_LIMIT);
    assert_true(region_used(f->r) < 4096);
}

static void a_message_without_question_has_an_empty_one(void **state)
{
    struct fixture *f = *state;
    buf_add(&f->b, "\0\1\x81\x85\0\0\0\0\0\0\0\0", 12);
    assert_int_equal(parse(f), ERR_OK);
    assert_string_equal(f->m.qname, "");
    assert_int_equal(f->m.qdcount, 0);
    assert_int_equal(f->m.rcode, DNS_REFUSED);
}

static void the_root_can_be_asked_for(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(dnsmsg_query(&f->b, 1, ".", DNS_NS, NULL), ERR_OK);
    assert_int_equal(f->b.len, 12 + 5);
    assert_int_equal(parse(f), ERR_OK);
    assert_string_equal(f->m.qname, "");
    assert_int_equal(f->m.qtype, DNS_NS);
}

static void an_escaped_dot_does_not_end_a_label(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(dnsmsg_query(&f->b, 1, "a\\.b.c", DNS_A, NULL), ERR_OK);
    assert_memory_equal(f->b.p + 12, "\3a.b\1c", 7);
}

static void edns_without_padding_is_eleven_bytes(void **state)
{
    struct fixture *f = *state;
    const struct dns_query_opts o = {.edns = true};
    assert_int_equal(dnsmsg_query(&f->b, 1, "a", DNS_A, &o), ERR_OK);
    assert_int_equal(f->b.len, 12 + 3 + 4 + 11);
    assert_memory_equal(f->b.p + 19, "\0\0\x29\x10\0\0\0\0\0\0\0", 11);
}

static void only_the_first_opt_and_class_in_count(void **state)
{
    struct fixture *f = *state;
    start(f, 0x8180, 1, 2);
    rr(f, DNS_A, "version", 7);
    f->b.p[0x1b + 5] = 3; /* class CH: whatever that is, no address */
    buf_add(&f->b, "\0\0\x29\x10\0\0\0\0\0\0\0", 11);
    buf_add(&f->b, "\0\0\x29\2\0\1\0\0\0\0\0", 11);
    assert_int_equal(parse(f), ERR_OK);
    assert_int_equal(f->m.answers[0].ip.family, 0);
    assert_int_equal(f->m.edns_size, 4096);
    assert_int_equal(f->m.rcode, 0);
}

static void a_name_that_grows_too_long_through_pointers_is_refused(void **state)
{
    struct fixture *f = *state;
    char label[64];
    label[0] = 62;
    memset(label + 1, 'x', 62);
    start(f, 0x8180, 1, 0);
    rr(f, DNS_TXT, "", 0);
    f->b.p[f->b.len - 1] = 65 * 3;
    uint16_t target = 12;
    for (int i = 0; i < 3; i++) {
        uint16_t here = (uint16_t)f->b.len;
        buf_add(&f->b, label, 63);
        buf_add_u16(&f->b, (uint16_t)(0xc000 | target));
        target = here;
    }
    assert_int_equal(f->b.failed, ERR_OK);
    f->b.p[11] = 1;
    size_t owner = f->b.len;
    buf_add(&f->b, label, 63); /* 4 * 63 + 11 bytes */
    buf_add_u16(&f->b, (uint16_t)(0xc000 | target));
    buf_add(&f->b, "\0\x10\0\1\0\0\0\0\0\0", 10);
    assert_int_equal(parse(f), ERR_PARSE);
    f->b.p[owner + 64] = 12; /* straight to the question's name: fits */
    f->b.p[owner + 63] = 0xc0;
    assert_int_equal(parse(f), ERR_OK);
}

static void want_of_memory_is_told_from_bad_input(void **state)
{
    struct fixture *f = *state;
    start(f, 0x8180, 2, 0);
    rr(f, DNS_CNAME, "\3cdn\xc0\x0e", 6);
    rr(f, DNS_A, "\1\2\3\4", 4);
    size_t refused = 0;
    for (size_t max = 0; max < 400; max++) {
        struct region *r = region_new(max);
        enum err e = dnsmsg_parse(r, buf_str(&f->b), &f->m, &f->d);
        assert_true(e == ERR_NOMEM || e == ERR_OK);
        refused += e == ERR_NOMEM;
        region_free(r);
    }
    assert_true(refused > 0 && refused < 400);
}

static void types_have_names(void **state)
{
    (void)state;

    static const struct {
        uint16_t type;
        const char *name;
    } rows[] = {{1, "A"},       {2, "NS"},           {5, "CNAME"},
                {6, "SOA"},     {16, "TXT"},         {28, "AAAA"},
                {41, "OPT"},    {65, "HTTPS"},       {255, "ANY"},
                {99, "TYPE99"}, {65280, "TYPE65280"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(dnsmsg_type_name(rows[i].type), rows[i].name);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_query_is_what_every_resolver_expects),
        TEST(a_trailing_dot_changes_nothing),
        TEST(padding_fills_the_block),
        TEST(a_question_over_https_is_a_browsers),
        TEST(names_that_cannot_travel_are_refused),
        TEST(strange_bytes_in_names_survive_a_round_trip),
        TEST(a_full_queue_leaves_the_output_untouched),
        TEST(answers_of_all_kinds_are_read),
        TEST(the_extended_rcode_comes_with_edns),
        TEST(every_cut_of_a_message_is_an_error_or_whole),
        TEST(a_truncated_answer_is_read_as_far_as_it_goes),
        TEST(pointers_that_loop_or_lead_forward_are_refused),
        TEST(a_long_chain_of_pointers_ends),
        TEST(addresses_of_a_wrong_length_are_named),
        TEST(a_claim_of_many_records_is_not_believed),
        TEST(a_message_without_question_has_an_empty_one),
        TEST(the_root_can_be_asked_for),
        TEST(an_escaped_dot_does_not_end_a_label),
        TEST(edns_without_padding_is_eleven_bytes),
        TEST(only_the_first_opt_and_class_in_count),
        TEST(a_name_that_grows_too_long_through_pointers_is_refused),
        TEST(want_of_memory_is_told_from_bad_input),
        TEST(types_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
