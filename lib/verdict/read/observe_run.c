// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/observe_run.h"
#include "record/scrub.h"
#include "verdict/read/field.h"

#define RUN       "test_keys.x_run"
#define ADDRESSES RUN ".addresses"
#define RESOLVERS RUN ".resolvers"
#define PAGES     RUN ".pages"
#define LED_TO    RUN ".led_to"

#define GET(fn, list, key, out)                                                \
    if (!e) {                                                                  \
        e = fn(json_get(n, key), AT_I(list, i, key), out, d);                  \
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
    int64_t names = 0, other = 0;
    struct ip ip;
    enum err e = field_obj(n, AT_I(ADDRESSES, i, NULL), 64, d);
    GET(field_str, ADDRESSES, "ip", &text)
    GET(field_i64, ADDRESSES, "names", &names)
    GET(field_i64, ADDRESSES, "other_networks", &other)
    if (!e && !ip_parse(text, &ip)) {
        return not_an_address(text, AT_I(ADDRESSES, i, "ip"), d);
    }
    for (size_t k = 0; k < o->n_addrs && !e; k++) {
        if (ip_eq(&o->addrs[k].ip, &ip)) {
            o->addrs[k].run_names = names;
            o->addrs[k].run_other_networks = other;
        }
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
    GET(field_i64, RESOLVERS, "names", &names)
    for (size_t k = 0; k < o->n_queries && !e; k++) {
        if (resolver.len > 0 && str_eq(o->queries[k].resolver, resolver)) {
            o->queries[k].run_names = names;
        }
    }
    return e;
}

static enum err read_page(struct observations *o, const struct json *n,
                          size_t i, struct diag *d)
{
    struct str text = {0};
    int64_t pages = 0;
    struct ip ip;
    uint16_t port = 0;
    enum err e = field_obj(n, AT_I(PAGES, i, NULL), 64, d);
    GET(field_str, PAGES, "address", &text)
    GET(field_i64, PAGES, "pages", &pages)
    if (!e && !ip_endpoint_parse(text, &ip, &port)) {
        return not_an_address(text, AT_I(PAGES, i, "address"), d);
    }
    for (size_t k = 0; k < o->n_ends && !e; k++) {
        if (o->ends[k].port == port &&
            ip_eq(&o->addrs[o->ends[k].addr].ip, &ip)) {
            o->ends[k].run_pages = pages;
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
    GET(field_i64, LED_TO, "names", &names)
    if (!e && depth > 0 && depth < OBS_MAX_LED) {
        o->run_led[depth] = names;
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

enum err observe_run(struct observations *o, const struct json *tk,
                     struct diag *d)
{
    const struct json *run = json_get(tk, "x_run");
    enum err e =
        read_list(o, json_get(run, "addresses"), ADDRESSES, read_address, d);
    if (!e) {
        e = read_list(o, json_get(run, "resolvers"), RESOLVERS, read_resolver,
                      d);
    }
    if (!e) {
        e = read_list(o, json_get(run, "pages"), PAGES, read_page, d);
    }
    return e ? e : read_list(o, json_get(run, "led_to"), LED_TO, read_led, d);
}
