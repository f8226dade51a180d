// SPDX-License-Identifier: Apache-2.0
/* Every form of what is ours, in every encoding, in every field of a record
 * that a stranger fills, in four situations: none of it is in the record. The
 * forms and encodings are made here, not taken from the product. */
#include "base/base64.h"
#include "base/crypto.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/old_hash.h"
#include "record/keys.h"
#include "record/record.h"
#include "record/scrub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_MAX  512
#define FORMS_MAX 96

struct form {
    char text[TEXT_MAX];
    bool looks; /* like an address: goes also while ours is unknown */
};

struct forms {
    struct form f[FORMS_MAX];
    size_t n;
};

static void add(struct forms *fs, bool looks, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

static void add(struct forms *fs, bool looks, const char *fmt, ...)
{
    va_list ap;

    assert_true(fs->n < FORMS_MAX);
    fs->f[fs->n].looks = looks;
    va_start(ap, fmt);
    vsnprintf(fs->f[fs->n].text, TEXT_MAX, fmt, ap);
    va_end(ap);
    fs->n++;
}

/* 93.45.12.77 */
static void ipv4_forms(struct forms *fs)
{
    add(fs, true, "93.45.12.77");
    add(fs, true, "093.045.012.077");
    add(fs, false, "0135.055.014.0115");
    add(fs, false, "0x5d.0x2d.0xc.0x4d");
    add(fs, false, "0x5D2D0C4D");
    add(fs, false, "5d2d0c4d");
    add(fs, false, "1563233357");
    add(fs, false, "013513206115");
    add(fs, true, "77.12.45.93");
    add(fs, true, "93-45-12-77");
    add(fs, true, "77-12-45-93");
    add(fs, true, "::ffff:93.45.12.77");
    add(fs, false, "::ffff:5d2d:c4d");
    add(fs, false, "2002:5d2d:c4d::1");
    add(fs, false, "64:ff9b::5d2d:c4d");
    add(fs, true, "64:ff9b::93.45.12.77");
    add(fs, false, "93.45.12.0/24");
}

/* 2a02:908:5:7:0:0:0:1f3 */
static void ipv6_forms(struct forms *fs)
{
    add(fs, true, "2a02:908:5:7::1f3");
    add(fs, true, "2A02:908:5:7::1F3");
    add(fs, true, "2a02:0908:0005:0007:0000:0000:0000:01f3");
    add(fs, true, "2a02:908:5:7:0:0:0:1f3");
    add(fs, true, "2a02-908-5-7--1f3");
    add(fs, true, "2a02-908-5-7-0-0-0-1f3");
    add(fs, false, "2a02_908_5_7__1f3");
    add(fs, false, "2A02_0908_0005_0007_0000_0000_0000_01F3");
    add(fs, false, "2a02.908.5.7.0.0.0.1f3");
    add(fs, false,
        "2a020908000500070000000000000"
        "1f3");
    add(fs, false,
        "3.f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.7.0.0.0.5.0.0.0.8.0.9.0."
        "2.0.a.2");
    add(fs, false, "2a02:908:5::/48");
    add(fs, false, "2a02:908:5::/56");
    add(fs, false, "2a02:908:5:7::/64");
}

/* 192.168.178.23, 3c:a6:f6:01:9b:7e, whose EUI-64 is 3ea6:f6ff:fe01:9b7e, and
 * names: known in every situation. */
static void home_forms(struct forms *fs)
{
    add(fs, false, "192.168.178.23");
    add(fs, false, "192.168.178.023");
    add(fs, false, "192-168-178-23");
    add(fs, false, "23.178.168.192");
    add(fs, false, "3232281111");
    add(fs, false, "c0a8b217");
    add(fs, false, "192.168.178.0/24");
    add(fs, false, "3c:a6:f6:01:9b:7e");
    add(fs, false, "3C-A6-F6-01-9B-7E");
    add(fs, false, "3ca6.f601.9b7e");
    add(fs, false, "3ca6f6019b7e");
    add(fs, false, "3ea6:f6ff:fe01:9b7e");
    add(fs, false, "fe80::3ea6:f6ff:fe01:9b7e");
    add(fs, false, "marysbox");
    add(fs, false, "MARYSBOX");
    add(fs, false, "vandermeer");
}

/* ---- encodings ----------------------------------------------------------- */

/* How an escape is written: in base 16 unless `decimal`. */
struct style {
    const char *before, *after;
    int width;
    bool decimal, marks_only;
};

static void each_char(const char *in, const struct style *y, char out[TEXT_MAX])
{
    size_t n = 0;

    for (; *in && n < TEXT_MAX - 16; in++) {
        bool mark = !((*in >= '0' && *in <= '9') ||
                      (*in >= 'a' && *in <= 'z') || (*in >= 'A' && *in <= 'Z'));
        size_t left = TEXT_MAX - n;
        if (y->marks_only && !mark) {
            out[n++] = *in;
        } else if (y->decimal) {
            n += (size_t)snprintf(out + n, left, "%s%d%s", y->before, *in,
                                  y->after);
        } else {
            n += (size_t)snprintf(out + n, left, "%s%0*X%s", y->before,
                                  y->width, (unsigned)*in, y->after);
        }
    }
    out[n] = '\0';
}

/* `lead` other bytes, the text, and three more, in digits of `bits` bits. */
static void digits(const char *in, size_t lead, size_t bits,
                   const char *alphabet, char out[TEXT_MAX])
{
    char text[TEXT_MAX];
    size_t len = (size_t)snprintf(text, sizeof(text), "%.*s%s#~#", (int)lead,
                                  "?&?&?", in);
    size_t n = 0;

    /* only what the text alone determines may not be found again */
    for (size_t at = (8 * lead + bits - 1) / bits * bits;
         at + bits <= 8 * (len - 3); at += bits) {
        unsigned v = 0;

        for (size_t b = at; b < at + bits; b++) {
            v = v << 1 | ((uint8_t)text[b / 8] >> (7 - b % 8) & 1u);
        }
        out[n++] = alphabet[v];
    }
    out[n] = '\0';
}

static void hashed(const char *in, int which, bool base64, char out[TEXT_MAX])
{
    uint8_t h[SHA256_LEN];
    size_t len = which == 0   ? OLD_HASH_MD5_LEN
                 : which == 1 ? OLD_HASH_SHA1_LEN
                              : SHA256_LEN;
    struct buf b;

    if (which == 0) {
        old_hash_md5(str_c(in), h);
    } else if (which == 1) {
        old_hash_sha1(str_c(in), h);
    } else {
        crypto_sha256(str_c(in), h);
    }
    if (!base64) {
        hex_encode(h, len, out);
        return;
    }
    buf_init(&b, 256);
    assert_int_equal(base64_add(&b, (struct str){(const char *)h, len}),
                     ERR_OK);
    snprintf(out, TEXT_MAX, STR_FMT, STR_ARG(buf_str(&b)));
    buf_fini(&b);
}

enum {
    PLAIN,
    PERCENT_MARKS,
    PERCENT_ALL,
    PERCENT_TWICE,
    HTML_DECIMAL,
    HTML_HEX,
    SCRIPT_U,
    SCRIPT_X,
    LOOKS_END, /* so far, what is readable once escapes are undone */
    BASE64 = LOOKS_END,
    BASE32 = BASE64 + 3,
    HEX = BASE32 + 5,
    HASH,
    ENCODINGS = HASH + 6
};

static void encode(const char *in, int how, char out[TEXT_MAX])
{
    static const char b64[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char b32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    static const struct style styles[] = {
        [PERCENT_MARKS] = {"%", "", 2, false, true},
        [PERCENT_ALL] = {"%", "", 2, false, false},
        [PERCENT_TWICE] = {"%25", "", 2, false, false},
        [HTML_DECIMAL] = {"&#", ";", 0, true, false},
        [HTML_HEX] = {"&#x", ";", 2, false, false},
        [SCRIPT_U] = {"\\u", "", 4, false, false},
        [SCRIPT_X] = {"\\x", "", 2, false, false}};

    if (how == PLAIN) {
        snprintf(out, TEXT_MAX, "%s", in);
    } else if (how < LOOKS_END) {
        each_char(in, &styles[how], out);
    } else if (how < BASE32) {
        digits(in, (size_t)(how - BASE64), 6, b64, out);
    } else if (how < HEX) {
        digits(in, (size_t)(how - BASE32), 5, b32, out);
    } else if (how == HEX) {
        hex_encode((const uint8_t *)in, strlen(in), out);
    } else {
        hashed(in, (how - HASH) / 2, (how - HASH) % 2, out);
    }
}

/* ---- a measurement that a stranger filled -------------------------------- */

static struct ip ip(const char *text)
{
    struct ip out;

    assert_true(ip_parse(str_c(text), &out));
    return out;
}

static const char *around(struct measurement *m, const char *before,
                          const char *needle, const char *after)
{
    const char *s = region_printf(m->region, "%s%s%s", before, needle, after);

    assert_non_null(s);
    return s;
}

static void fill_dns(struct measurement *m, const char *t)
{
    struct dns_answer *a = region_calloc(m->region, 1, sizeof(*a));
    struct obs_query *q = measurement_add_query(m);

    assert_non_null(a);
    assert_non_null(q);
    *a = (struct dns_answer){.type = "CNAME", .hostname = t, .org = t};
    *q = (struct obs_query){.engine = "udp",
                            .hostname = t,
                            .query_type = "A",
                            .resolver = "8.8.8.8:53",
                            .failure = around(m, "unknown_failure: ", t, ""),
                            .answers = a,
                            .n_answers = 1,
                            .raw = str_c(t)};
    q->tags.depth = q->tags.fetch_body = -1;
}

static void fill_connections(struct measurement *m, const char *t)
{
    struct str *certs = region_calloc(m->region, 2, sizeof(*certs));
    struct obs_tcp *c = measurement_add_tcp(m);
    struct obs_tls *s = measurement_add_tls(m);
    struct obs_compare *o = measurement_add_compare(m);
    struct obs_event *e = measurement_add_event(m);

    assert_non_null(certs);
    assert_non_null(c);
    assert_non_null(s);
    assert_non_null(o);
    assert_non_null(e);
    certs[0] = STR("good");
    certs[1] = str_c(t);
    c->ip = s->ip = o->ip = e->ip = ip("199.60.1.1");
    c->failure = s->failure = o->failure = e->failure =
        around(m, "unknown_failure: ", t, "");
    s->server_name = s->cipher = s->version = s->alpn = t;
    s->certs = certs;
    s->n_certs = 2;
    o->other = t;
    o->cert = str_c(t);
    e->operation = e->proto = "read";
}

static void fill_page(struct measurement *m, const char *t, bool listed)
{
    struct obs_header *h = region_calloc(m->region, 3, sizeof(*h));
    struct obs_http *o = measurement_add_http(m);

    assert_non_null(h);
    assert_non_null(o);
    h[0] = (struct obs_header){around(m, "X-", t, ""), str_c(t)};
    h[1] = (struct obs_header){
        "Location", str_c(around(m, "http://b.example/?c=", t, "&d=1"))};
    h[2] = (struct obs_header){"Set-Cookie", str_c(around(m, "a=", t, ";b"))};
    o->ip = ip("199.60.1.1");
    o->url = around(m, "http://b.example/", t, "?x");
    o->alpn = t;
    o->failure = around(m, "unknown_failure: ", t, "");
    o->req_headers = o->headers = h;
    o->n_req_headers = o->n_headers = 3;
    o->status = 302;
    o->listed = o->leads_listed = listed;
    o->body = str_c(around(m, "<p>you are \"", t, "\"</p>"));
}

/* A control that was told the same by the site. */
static const char *control_of(struct measurement *m, const char *t)
{
    struct buf b;
    struct jw w;

    buf_init(&b, 1 << 16);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "http_request");
    jw_obj(&w);
    jw_kc(&w, "title", t);
    jw_key(&w, "headers");
    jw_obj(&w);
    jw_kc(&w, around(m, "X-", t, ""), t);
    jw_obj_end(&w);
    jw_obj_end(&w);
    jw_key(&w, "x_parallax");
    jw_obj(&w);
    jw_kc(&w, "final_url", around(m, "http://b.example/?c=", t, ""));
    jw_obj_end(&w);
    jw_obj_end(&w);
    struct str text = region_str(m->region, buf_str(&b));
    assert_non_null(text.p);
    buf_fini(&b);
    return region_strndup(m->region, text.p, text.len);
}

static void fill(struct measurement *m, const char *t, bool listed)
{
    struct obs_packet *p = measurement_add_packet(m);

    assert_non_null(p);
    p->proto = "tcp";
    p->flags = p->why = t;
    p->src = p->dst = ip("199.60.1.1");
    fill_dns(m, t);
    fill_connections(m, t);
    fill_page(m, t, listed);
    measurement_note(m, 0, t);
    m->category = t;
    m->control = str_c(control_of(m, t));
    m->control_url = around(m, "https://0.th.example/", t, "");
    m->control_failure = around(m, "unknown_failure: ", t, "");
    m->internal = ERR_NOMEM;
    m->internal_what = t;
    m->not_followed = "consent";
}

/* ---- the check ----------------------------------------------------------- */

struct world {
    struct scrub scrub;
    bool v4, v6; /* the address is known */
    struct json_doc *doc;
    const char *needle;
};

/* No string of the record holds it, in whatever case. */
static void walk(const struct world *w, const struct json *n, const char *key)
{
    struct str text = json_str(n), data = json_str(json_get(n, "data"));
    struct str needle = str_c(w->needle);
    struct buf b;

    buf_init(&b, 1 << 20);
    if (data.len > 0 && base64_decode(data, &b) == ERR_OK) {
        text = buf_str(&b);
    }
    for (size_t i = 0; i + needle.len <= text.len; i++) {
        if (str_ieq(str_sub(text, i, needle.len), needle)) {
            fail_msg("%s is in %s: " STR_FMT, w->needle, key, STR_ARG(text));
        }
    }
    buf_fini(&b);
    for (const struct json *c = json_first(n); c; c = json_next(c)) {
        struct str name = json_key(c);

        walk(w, c, name.len ? name.p : key);
        for (size_t i = 0; i + needle.len <= name.len; i++) {
            assert_false(str_ieq(str_sub(name, i, needle.len), needle));
        }
    }
}

static void write_and_look(struct world *w, const char *needle, bool listed)
{
    struct measurement m = {.region = region_new(1 << 22),
                            .input = "https://www.example.com/"};
    struct record_env env = {.probe_cc = "IT",
                             .probe_asn = "AS137",
                             .probe_network_name = needle,
                             .resolver_asn = "AS137",
                             .resolver_ip = "127.0.0.2",
                             .resolver_network_name = needle,
                             .report_id = needle,
                             .software_version = "0.1.0",
                             .platform = "linux",
                             .architecture = "amd64",
                             .clock_trust = "ntp",
                             .network_type = needle,
                             .scrub = &w->scrub};
    struct buf obs, out;
    struct diag d;
    struct jw j;

    assert_non_null(m.region);
    w->needle = needle;
    fill(&m, needle, listed);
    buf_init(&obs, 1 << 24);
    buf_init(&out, 1 << 24);
    jw_init(&j, &obs);
    assert_int_equal(keys_write(&j, &m, &env), ERR_OK);
    jw_init(&j, &out);
    assert_int_equal(record_write(&j, &m, &env, buf_str(&obs), STR("")),
                     ERR_OK);
    assert_int_equal(
        json_parse(buf_str(&out), &json_default_limits, &w->doc, &d), ERR_OK);
    walk(w, json_root(w->doc), "");
    json_doc_free(w->doc);
    buf_fini(&obs);
    buf_fini(&out);
    region_free(m.region);
}

/* UTF-16 is bytes: in the body alone. */
static void look_in_utf16(struct world *w, const char *text, bool big_endian)
{
    char wide[2 * TEXT_MAX];
    size_t len = strlen(text);
    struct region *r = region_new(1 << 20);

    assert_non_null(r);
    for (size_t i = 0; i < len; i++) {
        wide[2 * i + big_endian] = text[i];
        wide[2 * i + !big_endian] = '\0';
    }
    struct str in = {wide, 2 * len};
    struct str out = scrub_text(r, &w->scrub, in);
    if (str_find(out, in) != SIZE_MAX) {
        fail_msg("%s is left in UTF-16", text);
    }
    region_free(r);
}

static void assert_gone(struct world *w, const struct forms *fs, bool known)
{
    char text[TEXT_MAX];

    for (size_t i = 0; i < fs->n; i++) {
        const struct form *f = &fs->f[i];

        if (!known && !f->looks) {
            continue;
        }
        for (int how = 0; how < (known ? ENCODINGS : LOOKS_END); how++) {
            encode(f->text, how, text);
            write_and_look(w, text, true);
        }
        look_in_utf16(w, f->text, false);
        look_in_utf16(w, f->text, true);
    }
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    if (!w) {
        return -1;
    }
    struct scrub *s = &w->scrub;
    s->own[s->n_own++] = ip("192.168.178.23");
    s->own[s->n_own++] = ip("fe80::3ea6:f6ff:fe01:9b7e");
    memcpy(s->mac[s->n_macs++], "\x3c\xa6\xf6\x01\x9b\x7e", 6);
    str_copy(s->name[s->n_names++], SCRUB_NAME_MAX, "marysbox");
    str_copy(s->name[s->n_names++], SCRUB_NAME_MAX, "vandermeer");
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    scrub_fini(&w->scrub);
    free(w);
    return 0;
}

static void look_for_all(struct world *w, const char *v4, const char *v6)
{
    struct forms four = {.n = 0}, six = {.n = 0}, home = {.n = 0};
    struct scrub *s = &w->scrub;

    s->known4 = v4;
    s->known6 = v6;
    if (v4) {
        s->own[s->n_own++] = ip(v4);
    }
    if (v6) {
        s->own[s->n_own++] = ip(v6);
    }
    assert_int_equal(scrub_prepare(s), ERR_OK);
    ipv4_forms(&four);
    ipv6_forms(&six);
    home_forms(&home);
    assert_gone(w, &four, s->known4);
    assert_gone(w, &six, s->known6);
    assert_gone(w, &home, true);
}

static void nothing_is_left_when_both_are_known(void **state)
{
    look_for_all(*state, "93.45.12.77", "2a02:908:5:7::1f3");
}

static void nothing_that_can_be_seen_is_left_behind_a_router(void **state)
{
    look_for_all(*state, NULL, NULL);
}

static void nothing_is_left_on_a_line_with_ipv6(void **state)
{
    look_for_all(*state, NULL, "2a02:908:5:7::1f3");
}

/* The check-in told the address of the translator. */
static void nothing_is_left_behind_nat64(void **state)
{
    look_for_all(*state, "93.45.12.77", NULL);
}

static void
what_an_unlisted_host_is_asked_is_not_told_behind_a_router(void **state)
{
    struct world *w = *state;
    struct forms four = {.n = 0};
    char text[TEXT_MAX];

    assert_int_equal(scrub_prepare(&w->scrub), ERR_OK);
    ipv4_forms(&four);
    for (size_t i = 0; i < four.n; i++) {
        for (int how = 0; how < ENCODINGS; how++) {
            struct region *r = region_new(1 << 20);

            assert_non_null(r);
            encode(four.f[i].text, how, text);
            struct obs_header h = {
                "Location", str_c(region_printf(r, "//b.example/deny?c=%s#%s",
                                                text, text))};
            struct measurement m = {.region = r,
                                    .input = "https://www.example.com/"};
            struct obs_http *o = measurement_add_http(&m);
            assert_non_null(o);
            o->url = around(&m, "http://b.example/deny?c=", text, "");
            o->headers = &h;
            o->n_headers = 1;
            struct record_env env = {.scrub = &w->scrub};
            struct buf obs;
            struct jw j;
            buf_init(&obs, 1 << 20);
            jw_init(&j, &obs);
            assert_int_equal(keys_write(&j, &m, &env), ERR_OK);
            if (str_find(buf_str(&obs), str_c(text)) != SIZE_MAX) {
                fail_msg("%s: " STR_FMT, text, STR_ARG(buf_str(&obs)));
            }
            buf_fini(&obs);
            region_free(r);
        }
    }
}

/* In texts of many kinds: names are whole words, of the others only digits
 * beside them would make another number. */
static void look_between(struct world *w, const char *text, bool name)
{
    static const char *const around[][2] = {
        {"z", "z"},
        {"p", ".dip.example"},
        {"%20", "%0A"},
        {"%3D", "%26"},
        {"%09", "%09"},
        {"\\u2013", "\\u0020"},
        {"&nbsp;", "&quot;"},
        {"\\n", "\\n"},
        {"_", "_"},
        {"-", "-"},
        {"\xc3\xa9", "\xc3\xa9"},
        {"\"", "\""},
        {"(", ")"},
        {"/", "/"},
        {"a=", ";"},
        {"[", "]:443"},
        {"x.", ".y"},
        {"@", "@"},
        {"&#61;", "&#38;"},
    };
    for (size_t i = name ? 2 : 0; i < sizeof(around) / sizeof(around[0]); i++) {
        struct region *r = region_new(1 << 20);
        char all[TEXT_MAX + 64];
        assert_non_null(r);
        snprintf(all, sizeof(all), "%s%s%s", around[i][0], text, around[i][1]);
        struct str out = scrub_text(r, &w->scrub, str_c(all));
        if (str_find(out, str_c(text)) != SIZE_MAX) {
            fail_msg("%s is left: " STR_FMT, all, STR_ARG(out));
        }
        region_free(r);
    }
}

static void look_beside(struct world *w, bool known)
{
    struct forms fs = {.n = 0};
    char text[TEXT_MAX];

    assert_int_equal(scrub_prepare(&w->scrub), ERR_OK);
    ipv4_forms(&fs);
    ipv6_forms(&fs);
    size_t addresses = fs.n;
    home_forms(&fs);
    for (size_t i = 0; i < fs.n; i++) {
        bool wholly = known || i >= addresses;
        for (int how = 0; how < (wholly ? ENCODINGS : LOOKS_END) &&
                          (wholly || fs.f[i].looks);
             how++) {
            encode(fs.f[i].text, how, text);
            look_between(w, text, i + 3 >= fs.n);
        }
    }
}

static void nothing_is_left_whatever_stands_beside_it(void **state)
{
    struct world *w = *state;
    struct scrub *s = &w->scrub;

    s->known4 = s->known6 = true;
    s->own[s->n_own++] = ip("93.45.12.77");
    s->own[s->n_own++] = ip("2a02:908:5:7::1f3");
    look_beside(w, true);
}

static void nothing_that_can_be_seen_is_left_beside_anything(void **state)
{
    look_beside(*state, false);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_is_left_when_both_are_known),
        T(nothing_that_can_be_seen_is_left_behind_a_router),
        T(nothing_is_left_on_a_line_with_ipv6),
        T(nothing_is_left_behind_nat64),
        T(nothing_is_left_whatever_stands_beside_it),
        T(nothing_that_can_be_seen_is_left_beside_anything),
        T(what_an_unlisted_host_is_asked_is_not_told_behind_a_router),
    };

    return cmocka_run_group_tests_name("scrub_matrix", tests, NULL, NULL);
}
