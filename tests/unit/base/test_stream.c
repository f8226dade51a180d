// SPDX-License-Identifier: Apache-2.0
/* Records one after the other in a file, some of them cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../tmp.h"
#include "base/stream.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is read from `text`: each value, or "!LINE" where there is none, with
 * blanks between. */
static const char *read_all(const char *text)
{
    static char said[512];
    char path[64];
    struct stream *s = NULL;
    struct diag d = {""};
    said[0] = '\0';
    tmp_path(path, sizeof(path), "parallax-stream-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    enum err e = stream_open(path, &s, &d);
    unlink(path);
    assert_int_equal(e, ERR_OK);
    for (size_t i = 0; i < 20; i++) {
        struct stream_item item;
        size_t n = strlen(said);
        e = stream_next(s, &item, &d);
        if (e != ERR_OK && e != ERR_PARSE) {
            break;
        }
        if (e == ERR_OK) {
            snprintf(said + n, sizeof(said) - n, STR_FMT " ",
                     STR_ARG(item.text));
        } else {
            assert_true(d.text[0] != '\0');
            snprintf(said + n, sizeof(said) - n, "!%u ", item.line);
        }
    }
    stream_close(s);
    assert_int_equal(e, ERR_NOTFOUND);
    return said;
}

static void a_line_is_a_record(void **state)
{
    (void)state;
    assert_string_equal(read_all("{\"a\":1}\n{\"b\":2}\n"),
                        "{\"a\":1} {\"b\":2} ");
    assert_string_equal(read_all("{\"a\":\n 1}\r\n\n{\"b\":2}"),
                        "{\"a\":\n 1} {\"b\":2} ");
    assert_string_equal(read_all(""), "");
}

/* Wherever a line was cut off, the next one is read by itself. */
static void a_line_that_was_cut_off_takes_no_other(void **state)
{
    static const char whole[] =
        "{\"a\":{\"b\":[1,{\"c\":\"d\"},true]},\"e\":2}";
    char text[256];
    (void)state;
    for (size_t n = 1; n < sizeof(whole) - 1; n++) {
        snprintf(text, sizeof(text), "%.*s\n{\"z\":1}\n", (int)n, whole);
        assert_string_equal(read_all(text), "!1 {\"z\":1} ");
        snprintf(text, sizeof(text), "%.*s\n{\"z\":1}\n{\"y\":2}\n", (int)n,
                 whole);
        assert_string_equal(read_all(text), "!1 {\"z\":1} {\"y\":2} ");
        snprintf(text, sizeof(text), "{\"y\":2}\n%.*s\n%.*s\n{\"z\":1}", (int)n,
                 whole, (int)n, whole);
        assert_string_equal(read_all(text), "{\"y\":2} !2 !3 {\"z\":1} ");
        snprintf(text, sizeof(text), "{\"z\":1}\n%.*s", (int)n, whole);
        assert_string_equal(read_all(text), "{\"z\":1} !2 ");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_a_record),
        cmocka_unit_test(a_line_that_was_cut_off_takes_no_other),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
