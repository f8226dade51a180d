// SPDX-License-Identifier: Apache-2.0
/* Reads Set-Cookie (RFC 6265, 5.2 and 5.3) and chooses what is sent (5.4). */
#include "net/cookies.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/clock.h"
#include "wire/host.h"
#include <stdio.h>
#include <string.h>

struct set_cookie {
    struct str name, value;
    const char *domain; /* NULL: this host only */
    const char *path;   /* NULL: default */
    bool secure, gone;
};

/* ---- dates (RFC 6265 5.1.1, as far as servers write them) ---------------- */

static int month_of(struct str word)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    for (int i = 0; i < 12 && word.len >= 3; i++) {
        if (str_ieq(str_sub(word, 0, 3), (struct str){names + 3 * i, 3})) {
            return i + 1;
        }
    }
    return 0;
}

static bool next_token(struct str *rest, struct str *token)
{
    size_t at = 0, end;

    while (at < rest->len && !ascii_isalnum(rest->p[at])) {
        at++;
    }
    end = at;
    while (end < rest->len &&
           (ascii_isalnum(rest->p[end]) || rest->p[end] == ':')) {
        end++;
    }
    *token = str_sub(*rest, at, end - at);
    *rest = str_sub(*rest, end, rest->len);
    return token->len > 0;
}

static bool parse_date(struct str text, int64_t *unix_s)
{
    struct str token;
    int64_t day = 0, year = -1, v;
    int month = 0;
    char time[9] = "00:00:00", iso[24];

    while (next_token(&text, &token)) {
        if (token.len == 8 && str_find_char(token, ':') == 2) {
            memcpy(time, token.p, 8);
        } else if (month == 0 && month_of(token) != 0) {
            month = month_of(token);
        } else if (str_to_i64(token, 0, 9999, &v) == ERR_OK) {
            if (day == 0 && token.len <= 2) {
                day = v;
            } else if (year < 0) {
                year = v;
            }
        }
    }
    if (year >= 0 && year < 70) {
        year += 2000;
    } else if (year >= 70 && year < 100) {
        year += 1900;
    }
    if (day == 0 || month == 0 || year < 1601) {
        return false;
    }
    snprintf(iso, sizeof(iso), "%04d-%02d-%02d %s", (int)year % 10000, month,
             (int)day % 100, time);
    return clock_parse(iso, unix_s) == ERR_OK;
}

/* ---- Set-Cookie -----------------------------------------------------------
 */

static enum err take_attribute(struct set_cookie *c, struct region *r,
                               struct str name, struct str value,
                               int64_t now_unix, bool *has_max_age)
{
    int64_t v;

    if (str_ieq_c(name, "secure")) {
        c->secure = true;
    } else if (str_ieq_c(name, "domain")) {
        if (value.len > 0 && value.p[0] == '.') {
            value = str_sub(value, 1, value.len);
        }
        if (value.len == 0) {
            return ERR_OK;
        }
        char *d = region_strndup(r, value.p, value.len);
        if (!d) {
            return ERR_NOMEM;
        }
        for (char *p = d; *p; p++) {
            *p = ascii_lower(*p);
        }
        c->domain = d;
    } else if (str_ieq_c(name, "path")) {
        c->path = NULL;
        if (value.len > 0 && value.p[0] == '/') {
            c->path = region_strndup(r, value.p, value.len);
            if (!c->path) {
                return ERR_NOMEM;
            }
        }
    } else if (str_ieq_c(name, "max-age")) {
        if (value.len > 0 && value.p[0] == '-') {
            value = STR("0");
        }
        if (str_to_i64(value, 0, INT64_MAX, &v) == ERR_OK) {
            c->gone = v == 0;
            *has_max_age = true;
        }
    } else if (str_ieq_c(name, "expires") && !*has_max_age) {
        if (parse_date(value, &v)) {
            c->gone = v <= now_unix;
        }
    }
    return ERR_OK;
}

/* ERR_PARSE: not a cookie. */
static enum err parse_set_cookie(struct region *r, struct str text,
                                 int64_t now_unix, struct set_cookie *out)
{
    struct set_cookie c = {0};
    struct str part;
    bool has_max_age = false;

    if (text.len > COOKIE_BYTES_MAX || !str_next(&text, ';', &part)) {
        return ERR_PARSE;
    }
    size_t eq = str_find_char(part, '=');
    if (eq == SIZE_MAX) {
        return ERR_PARSE;
    }
    c.name = region_str(r, str_trim(str_sub(part, 0, eq)));
    c.value = region_str(r, str_trim(str_sub(part, eq + 1, part.len)));
    if (c.name.len == 0) {
        return ERR_PARSE;
    }
    while (str_next(&text, ';', &part)) {
        eq = str_find_char(part, '=');
        struct str name = str_trim(str_sub(part, 0, eq));
        struct str value = {NULL, 0};
        if (eq != SIZE_MAX) {
            value = str_trim(str_sub(part, eq + 1, part.len));
        }
        enum err e = take_attribute(&c, r, name, value, now_unix, &has_max_age);
        if (e != ERR_OK) {
            return e;
        }
    }
    *out = c;
    return ERR_OK;
}

static const char *default_path(struct region *r, const char *target)
{
    size_t end = strcspn(target, "?#"), last = 0;

    for (size_t i = 0; i < end; i++) {
        if (target[i] == '/') {
            last = i;
        }
    }
    return last == 0 ? "/" : region_strndup(r, target, last);
}

static enum err store(struct cookie_jar *jar, struct region *r,
                      const struct set_cookie *c, const struct url *url)
{
    const char *domain = c->domain ? c->domain : url->host;
    const char *path = c->path ? c->path : default_path(r, url->target);
    struct cookie *slot = NULL;

    if (c->domain && !(url->literal.family == 0 &&
                       host_cookie_domain_ok(url->host, c->domain))) {
        return ERR_OK;
    }
    if (c->secure && !url->https) {
        return ERR_OK;
    }
    if (!path) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < jar->n; i++) {
        struct cookie *k = &jar->items[i];
        if (str_eq(k->name, c->name) && strcmp(k->domain, domain) == 0 &&
            strcmp(k->path, path) == 0) {
            slot = k;
        }
    }
    if (c->gone) {
        if (slot) {
            *slot = jar->items[--jar->n];
        }
        return ERR_OK;
    }
    if (!slot) {
        if (jar->n >= COOKIES_MAX) {
            return ERR_OK;
        }
        enum err e = region_grow(r, (void **)&jar->items, &jar->cap, jar->n,
                                 sizeof(*jar->items), COOKIES_MAX);
        if (e != ERR_OK) {
            return e;
        }
        slot = &jar->items[jar->n++];
    }
    *slot =
        (struct cookie){c->name, c->value, domain, path, !c->domain, c->secure};
    return ERR_OK;
}

enum err cookies_take(struct cookie_jar *jar, struct region *r,
                      const struct url *url, const struct obs_header *headers,
                      size_t n, int64_t now_unix)
{
    for (size_t i = 0; i < n; i++) {
        struct set_cookie c;

        if (!str_ieq_c(str_c(headers[i].name), "set-cookie")) {
            continue;
        }
        enum err e = parse_set_cookie(r, headers[i].value, now_unix, &c);
        if (e == ERR_OK) {
            e = store(jar, r, &c, url);
        }
        if (e != ERR_OK && e != ERR_PARSE) {
            return e;
        }
    }
    return ERR_OK;
}

/* ---- Cookie ---------------------------------------------------------------
 */

/* RFC 6265 5.1.4 */
static bool path_match(const char *target, const char *path)
{
    size_t n = strlen(path), end = strcspn(target, "?#");

    if (end < n || strncmp(target, path, n) != 0) {
        return false;
    }
    return end == n || path[n - 1] == '/' || target[n] == '/';
}

const char *cookies_for(const struct cookie_jar *jar, struct region *r,
                        const struct url *url)
{
    const char *text = NULL;
    struct buf b;

    buf_init(&b, COOKIES_SENT_MAX);
    for (size_t i = 0; i < jar->n; i++) {
        const struct cookie *c = &jar->items[i];
        bool host = c->host_only ? strcmp(c->domain, url->host) == 0
                                 : host_domain_match(url->host, c->domain);

        if (!host || (c->secure && !url->https) ||
            !path_match(url->target, c->path)) {
            continue;
        }
        if (b.len + c->name.len + c->value.len + 4 > COOKIES_SENT_MAX) {
            break;
        }
        buf_printf(&b, "%s" STR_FMT "=" STR_FMT, b.len ? "; " : "",
                   STR_ARG(c->name), STR_ARG(c->value));
    }
    if (b.len > 0 && b.failed == ERR_OK) {
        text = region_strndup(r, (const char *)b.p, b.len);
    }
    buf_fini(&b);
    return text;
}
