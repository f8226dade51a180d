// SPDX-License-Identifier: Apache-2.0
/* Where an answer leads by itself, in each way that browsers follow, and what
 * looks like it and is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "verdict/pagediff_title.h"
#include "verdict/read/leads.h"
#include <string.h>

/* The first reference of a page; empty if there is none. */
static struct str first(const char *body)
{
    struct vhttp resp = {.body = str_c(body)};
    struct leads l;
    struct str ref;
    leads_start(&l, &resp);
    return leads_next(&l, &ref) ? ref : STR("");
}

static void each_way_on_is_found(void **state)
{
    static const char *const bodies[] = {
        "<meta http-equiv=\"refresh\" content=\"0; url=http://x/\">",
        "<META content='5;URL= \"http://x/\"' HTTP-EQUIV=Refresh>",
        "<noscript><meta http-equiv=refresh content='0;url=http://x/'>",
        "<meta\nhttp-equiv = refresh\ncontent = \"0;url = http://x/\" />",
        "<iframe src=\"http://x/\" width=100%></iframe>",
        "<IFRAME width=1 SRC=http://x/></IFRAME>",
        "<frame src='http://x/'>",
        "<script>location='http://x/'</script>",
        "<script>window.location = \"http://x/\";</script>",
        "<script>document.location.href=\"http://x/\"</script>",
        "<script>location.replace('http://x/')</script>",
        "<body onload=\"self.location.assign ( 'http://x/' )\">",
        "<!-- <iframe src=http://no/> --><iframe src=http://x/>",
        "<script>if (location == 'http://no/') {location = 'http://x/'}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        assert_true(str_eq_c(first(bodies[i]), "http://x/"));
    }
}

static void what_leads_nowhere_is_left_out(void **state)
{
    static const char *const bodies[] = {
        "",
        "<",
        "<meta http-equiv=refresh content=30>",
        "<meta http-equiv=refresh content='0;url='>",
        "<meta http-equiv=refresh content='0;url",
        "<meta name=description content='0;url=http://x/'>",
        "<iframe data-src=http://x/></iframe>",
        "<iframe src=\"http://x/",
        "<meta name=a <iframe src=http://x/>",
        "<iframe <iframe <iframe <iframe",
        "<!-- <iframe src=http://x/>",
        "<a href=http://x/>location</a>",
        "location",
        "location.href",
        "location.host = 'x'",
        "location(",
        "location = x",
        "location = 'http://x/",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
        assert_int_equal(first(bodies[i]).len, 0);
    }
}

static void headers_come_first_and_the_number_is_limited(void **state)
{
    static const char text[] =
        "{\"Refresh\":\"0; url=b\",\"LOCATION\":\" a \"}";
    static char body[LEADS_MAX * 16 + 1];
    struct json_doc *doc = NULL;
    struct leads l;
    struct str ref;
    size_t n = 0;
    (void)state;
    assert_int_equal(json_parse(STR(text), NULL, &doc, NULL), ERR_OK);
    for (size_t i = 0; i < LEADS_MAX; i++) {
        memcpy(body + i * 16, "<iframe src=c/> ", 16);
    }
    struct vhttp resp = {.headers = json_root(doc), .body = str_c(body)};
    leads_start(&l, &resp);
    assert_true(leads_next(&l, &ref));
    assert_true(str_eq_c(ref, "a"));
    assert_true(leads_next(&l, &ref));
    assert_true(str_eq_c(ref, "b"));
    while (leads_next(&l, &ref)) {
        assert_true(str_eq_c(ref, "c/"));
        n++;
    }
    assert_int_equal(n, LEADS_MAX - 2);
    json_doc_free(doc);
}

static bool shown(const char *body)
{
    struct str text = str_c(body);
    struct str title = pagediff_title(text);
    assert_true(title.len > 0);
    return pagediff_title_shown(text, title);
}

static void titles_are_what_a_visitor_sees(void **state)
{
    (void)state;
    assert_true(shown("<title>x</title>"));
    assert_true(shown("<!-- a --><script>b</script><title>x</title>"));
    assert_false(shown("<!-- <title>x</title> -->"));
    assert_false(shown("<!-- <title>x</title>"));
    assert_false(shown("<SCRIPT>\"<title>x</title>\"</SCRIPT>"));
    assert_true(pagediff_title_same(STR("BBC"), STR(" bbc\n")));
    assert_true(pagediff_title_same(STR("a  b"), STR("a b")));
    assert_true(pagediff_title_same(STR("News - Paper"), STR("paper  News")));
    assert_false(pagediff_title_same(STR("BBC"), STR("CNN")));
    assert_false(pagediff_title_same(STR("BBC"), STR("BBD")));
    assert_false(pagediff_title_same(STR("BBC"), STR("BBC 1")));
    assert_false(pagediff_title_same(STR("Paper"), STR("Notice")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_on_is_found),
        cmocka_unit_test(what_leads_nowhere_is_left_out),
        cmocka_unit_test(headers_come_first_and_the_number_is_limited),
        cmocka_unit_test(titles_are_what_a_visitor_sees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
