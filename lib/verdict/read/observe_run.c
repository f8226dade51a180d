// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/observe_run.h"
#include "record/scrub.h"
#include "verdict/read/field.h"

#define RUN       "test_keys.x_run"
#define ADDRESSES RUN ".addresses"
#define RESOLVERS RUN ".resolvers"
#define PAGES     RUN ".pages"
#define LED_TO    RUN ".led_to"
#define CLEARTEXT RUN ".cleartext"

#define GET(fn, list, key, out)                                                \
    if (!e) {                                                                  \
        e = fn(json_get(n, key), AT_I(list, i, key), out, d);                  \
    }

/* What probes write for so many or more. */
#define MANY 8

static enum err read_count(const struct json *n, struct at at, int64_t *out,
                           struct diag *d)
{
    enum err e = field_i64(n, at, out, d);
    if (!e && (*out < 0 || *out > MANY)) {
        return field_fail(at, "want 0 to 8", d);
    }
    return e;
}

/* Lays a count beside what it is about. Of one thing a probe says it once. */
static void say(struct observations *o, int64_t *where, int64_t count)
{
    o->run_doubtful = o->run_doubtful || (*where > 0 && count != *where);
    *where = count;
}

/* A text that was scrubbed is nobody's address. */
static enum err not_an_address(struct str text, struct at at, struct diag *d)
{
    return str_starts(text, SCRUBBED) ? ERR_OK
                                      : field_fail(at, "not an address", d);
}

static enum err read_address(struct observations *o, const struct json *n,
                             size_t i, struct diag *d)
{
    struct str text = {0};
    int64_t names = 0, other = 0, notices = 0, ill = 0;
    struct ip ip;
    enum err e = field_obj(n, AT_I(ADDRESSES, i, NULL), 64, d);
    GET(field_str, ADDRESSES, "ip", &text)
    GET(read_count, ADDRESSES, "names", &names)
    GET(read_count, ADDRESSES, "other_networks", &other)
    GET(read_count, ADDRESSES, "notices", &notices)
    GET(read_count, ADDRESSES, "ill", &ill)
    if (!e && !ip_parse(text, &ip)) {
        return not_an_address(text, AT_I(ADDRESSES, i, "ip"), d);
    }
    o->run_doubtful =
        o->run_doubtful || other > names || notices > names || ill > names;
    uint32_t index = 0;
    if (!e) {
        e = observations_addr(o, &ip, &index, d);
    }
    if (!e) {
        say(o, &o->addrs[index].run_names, names);
        o->addrs[index].run_other_networks = other;
        o->addrs[index].run_notices = notices;
        o->addrs[index].run_ill = ill;
    }
    return e;
}

static enum err read_resolver(struct observations *o, const struct json *n,
                              size_t i, struct diag *d)
{
    struct str resolver = {0};
    int64_t names = 0;
    enum err e = field_obj(n, AT_I(RESOLVERS, i, NULL), 64, d);
    GET(field_str, RESOLVERS, "resolver_address", &resolver)
    GET(read_count, RESOLVERS, "names", &names)
    /* many may have become the same text */
    bool named = resolver.len > 0 && !str_starts(resolver, SCRUBBED);
    for (size_t k = 0; k < o->n_queries && !e; k++) {
        if (named && str_eq(o->queries[k].resolver, resolver)) {
            say(o, &o->queries[k].run_names, names);
        }
    }
    return e;
}

static enum err read_page(struct observations *o, const struct json *n,
                          size_t i, struct diag *d)
{
    struct str text = {0};
    int64_t pages = 0, others = 0;
    struct ip ip;
    uint16_t port = 0;
    enum err e = field_obj(n, AT_I(PAGES, i, NULL), 64, d);
    GET(field_str, PAGES, "address", &text)
    GET(read_count, PAGES, "pages", &pages)
    GET(read_count, PAGES, "others", &others)
    if (!e && !ip_endpoint_parse(text, &ip, &port)) {
        return not_an_address(text, AT_I(PAGES, i, "address"), d);
    }
    for (size_t k = 0; k < o->n_ends && !e; k++) {
        if (o->ends[k].port == port &&
            ip_eq(&o->addrs[o->ends[k].addr].ip, &ip)) {
            say(o, &o->ends[k].run_pages, pages);
            say(o, &o->ends[k].run_others, others);
        }
    }
    return e;
}

static enum err read_led(struct observations *o, const struct json *n, size_t i,
                         struct diag *d)
{
    int64_t depth = 0, names = 0;
    enum err e = field_obj(n, AT_I(LED_TO, i, NULL), 64, d);
    GET(field_i64, LED_TO, "depth", &depth)
    GET(read_count, LED_TO, "names", &names)
    if (!e && depth > 0 && depth < OBS_MAX_LED) {
        say(o, &o->run_led[depth], names);
    }
    return e;
}

static enum err
read_list(struct observations *o, const struct json *list, const char *name,
          enum err (*fn)(struct observations *, const struct json *, size_t,
                         struct diag *),
          struct diag *d)
{
    enum err e = field_arr(list, AT_KEY(name, NULL), OBS_MAX_TAGS, d);
    size_t i = 0;
    for (const struct json *n = json_first(list); n && !e; n = json_next(n)) {
        e = fn(o, n, i++, d);
    }
    return e;
}

/* Other names' pages in cleartext. */
static enum err read_cleartext(struct observations *o, const struct json *n,
                               struct diag *d)
{
    enum err e = field_obj(n, AT_KEY(CLEARTEXT, NULL), 64, d);
    if (!e) {
        e = read_count(json_get(n, "same"), AT_KEY(CLEARTEXT, "same"),
                       &o->run_same, d);
    }
    if (!e) {
        e = read_count(json_get(n, "own"), AT_KEY(CLEARTEXT, "own"),
                       &o->run_own, d);
    }
    return e;
}

/* What the system's resolver did with other names. */
static enum err read_others(struct observations *o, const struct json *run,
                            struct diag *d)
{
    int64_t same = 0, elsewhere = 0;
    enum err e = field_obj(run, AT_KEY(RUN, NULL), 64, d);
    if (!e) {
        e = read_count(json_get(run, "others_same_address"),
                       AT_KEY(RUN, "others_same_address"), &same, d);
    }
    if (!e) {
        e = read_count(json_get(run, "others_elsewhere"),
                       AT_KEY(RUN, "others_elsewhere"), &elsewhere, d);
    }
    o->others_answered = same > 0 || elsewhere > 0;
    o->same_for_others = same > 0 && elsewhere == 0;
    return e;
}

enum err observe_run(struct observations *o, const struct json *tk,
                     struct diag *d)
{
    const struct json *run = json_get(tk, "x_run");
    enum err e = read_others(o, run, d);
    if (!e) {
        e = read_list(o, json_get(run, "addresses"), ADDRESSES, read_address,
                      d);
    }
    if (!e) {
        e = read_list(o, json_get(run, "resolvers"), RESOLVERS, read_resolver,
                      d);
    }
    if (!e) {
        e = read_list(o, json_get(run, "pages"), PAGES, read_page, d);
    }
    if (!e) {
        e = read_cleartext(o, json_get(run, "cleartext"), d);
    }
    return e ? e : read_list(o, json_get(run, "led_to"), LED_TO, read_led, d);
}
