// SPDX-License-Identifier: Apache-2.0
#include "probe/deliver/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct buf bytes;

static int setup(void **state)
{
    (void)state;
    buf_init(&bytes, FRAME_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&bytes);
    return 0;
}

static struct frame frame(const char *open, const char *body)
{
    return (struct frame){.kind = FRAME_SUBMISSION,
                          .state = FRAME_WAITING,
                          .created_s = 1790000000,
                          .open = str_c(open),
                          .body = str_c(body)};
}

static void a_frame_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct frame in = frame("{\"a\":1}", "body bytes");
    struct frame out;
    struct diag d = {""};
    in.state = FRAME_HELD;
    assert_int_equal(frame_encode(&in, &bytes), ERR_OK);
    assert_int_equal(frame_decode(buf_str(&bytes), &out, &d), ERR_OK);
    assert_int_equal(out.kind, FRAME_SUBMISSION);
    assert_int_equal(out.state, FRAME_HELD);
    assert_int_equal(out.created_s, 1790000000);
    assert_true(str_eq_c(out.open, "{\"a\":1}"));
    assert_true(str_eq_c(out.body, "body bytes"));
}

static void every_cut_and_every_flipped_bit_but_the_state_is_found(void **state)
{
    (void)state;
    struct frame in = frame("open", "body");
    struct frame out;
    struct diag d;
    assert_int_equal(frame_encode(&in, &bytes), ERR_OK);
    for (size_t len = 0; len < bytes.len; len++) {
        struct str cut = {(const char *)bytes.p, len};
        assert_int_equal(frame_decode(cut, &out, &d), ERR_PARSE);
        assert_true(d.text[0] != '\0');
    }
    for (size_t i = 0; i < bytes.len * 8; i++) {
        if (i / 8 == 9) {
            continue;
        }
        bytes.p[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(frame_decode(buf_str(&bytes), &out, &d), ERR_PARSE);
        bytes.p[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    buf_add_byte(&bytes, 0);
    assert_int_equal(frame_decode(buf_str(&bytes), &out, &d), ERR_PARSE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_frame_reads_back_as_it_was_written),
        T(every_cut_and_every_flipped_bit_but_the_state_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
