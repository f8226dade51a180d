// SPDX-License-Identifier: Apache-2.0
#include "sitelist.h"

#include "util.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_LIST (64u << 20)

struct site {
    char *host;
    struct lab_port port;
};

struct sites {
    struct site *p;
    size_t n, cap;
    size_t skipped;
};

// Reads one CSV field at `*at`, without its quotes, into `out`. Returns the
// byte that ended it: ',', '\n' or 0.
static char csv_field(const char **at, struct lab_str *out)
{
    const char *p = *at;
    out->len = 0;
    lab_str_puts(out, "");
    bool quoted = *p == '"';
    p += quoted;
    for (; *p; p++) {
        if (quoted && *p == '"') {
            if (p[1] != '"') {
                quoted = false;
                continue;
            }
            p++;
        } else if (!quoted && (*p == ',' || *p == '\n')) {
            break;
        }
        lab_str_add(out, p, 1);
    }
    char end = *p;
    *at = end ? p + 1 : p;
    if (out->len && out->p[out->len - 1] == '\r') {
        out->p[--out->len] = 0;
    }
    return end;
}

static bool plain_host(const char *s)
{
    return *s && *s != '.' && strlen(s) < 254 &&
           !s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-._")];
}

bool lab_url_host(const char *url, size_t len, char host[256],
                  struct lab_port *port)
{
    char text[2048];
    if (len >= sizeof(text)) {
        return false;
    }
    memcpy(text, url, len);
    text[len] = 0;
    char *at;
    if (strncasecmp(text, "http://", 7) == 0) {
        *port = (struct lab_port){80, false};
        at = text + 7;
    } else if (strncasecmp(text, "https://", 8) == 0) {
        *port = (struct lab_port){443, true};
        at = text + 8;
    } else {
        return false;
    }
    at[strcspn(at, "/?#\\")] = 0;
    char *user = strrchr(at, '@');
    at = user ? user + 1 : at;
    char *colon = strchr(at, ':');
    if (colon) {
        char *end;
        unsigned long v = strtoul(colon + 1, &end, 10);
        if (*end || v > 65535 || (end != colon + 1 && !v)) {
            return false;
        }
        port->port = v ? (uint16_t)v : port->port;
        *colon = 0;
    }
    char *ascii = NULL;
    if (idn2_to_ascii_8z(at, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
        IDN2_OK) {
        ascii = lab_strdup(at);
    }
    for (char *p = ascii; *p; p++) {
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
    }
    size_t n = strlen(ascii);
    if (n && ascii[n - 1] == '.') {
        ascii[n - 1] = 0;
    }
    bool ok = plain_host(ascii);
    if (ok) {
        snprintf(host, 256, "%s", ascii);
    }
    free(ascii);
    return ok;
}

static void site_add(struct sites *s, const struct lab_str *url)
{
    char host[256];
    struct lab_port port;
    if (!lab_url_host(url->p, url->len, host, &port)) {
        s->skipped++;
        return;
    }
    s->p = lab_grow(s->p, s->n, &s->cap, sizeof(*s->p));
    s->p[s->n++] = (struct site){lab_strdup(host), port};
}

// Which column is called `url`; -1: none.
static int url_column(const char **at)
{
    struct lab_str field = {0};
    int column = 0;
    int found = -1;
    char end = ',';
    if (strncmp(*at, "\xef\xbb\xbf", 3) == 0) {
        *at += 3;
    }
    for (; end == ','; column++) {
        end = csv_field(at, &field);
        if (found < 0 && strcasecmp(field.p, "url") == 0) {
            found = column;
        }
    }
    lab_str_fini(&field);
    return found;
}

static bool read_list(struct lab_conf *c, const char *path, struct sites *s)
{
    size_t len = 0;
    char *text = lab_file_read(path, MAX_LIST, &len);
    if (!text) {
        snprintf(c->error, sizeof(c->error), "%s: %s", path, lab_file_error());
        return false;
    }
    const char *at = text;
    int want = url_column(&at);
    if (want < 0) {
        snprintf(c->error, sizeof(c->error), "%s:1: no column \"url\"", path);
        free(text);
        return false;
    }
    struct lab_str field = {0};
    while (*at) {
        char end = ',';
        for (int column = 0; end == ','; column++) {
            end = csv_field(&at, &field);
            if (column == want && field.len) {
                site_add(s, &field);
            }
        }
    }
    lab_str_fini(&field);
    free(text);
    return true;
}

static int by_host(const void *a, const void *b)
{
    const struct site *x = a;
    const struct site *y = b;
    int d = strcmp(x->host, y->host);
    return d ? d : (int)x->port.port - (int)y->port.port;
}

static bool has_port(const struct lab_host *h, uint16_t port)
{
    for (int i = 0; i < h->ports; i++) {
        if (h->port[i].port == port) {
            return true;
        }
    }
    return false;
}

static bool private_addr(uint32_t addr)
{
    uint32_t a = ntohl(addr);
    return a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 ||
           a >> 16 == 0xa9fe || lab_addr_wrong(addr);
}

static bool volunteers_own(const struct lab_conf *c, uint32_t addr)
{
    for (int i = 0; i < c->volunteers; i++) {
        if (c->volunteer[i].addr == addr || c->volunteer[i].gateway == addr) {
            return true;
        }
    }
    return false;
}

// The names of an earlier definition, sorted, so that a list of thousands
// of rows is not compared with every host of the world.
static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_host(struct lab_conf *c, const struct site *s)
{
    struct in_addr literal;
    bool is_addr = inet_pton(AF_INET, s->host, &literal) == 1;
    if (is_addr &&
        (private_addr(literal.s_addr) || volunteers_own(c, literal.s_addr))) {
        return true; // a probe refuses it; no server is there
    }
    struct lab_host *h = lab_host_add(c, s->host);
    h->listed = true;
    h->own = false;
    if (is_addr) {
        h->addr[0] = literal.s_addr;
    } else if (c->last == 0x2d40fffe) {
        snprintf(c->error, sizeof(c->error),
                 "more site-list hosts than 45.64.0.0/16 has addresses");
        return false;
    } else {
        h->addr[0] = htonl(++c->last);
    }
    h->addrs = 1;
    h->port[0] = (struct lab_port){80, false};
    h->port[1] = (struct lab_port){443, true};
    h->ports = 2;
    return true;
}

static bool add_all(struct lab_conf *c, struct sites *s)
{
    size_t old = c->hosts;
    char **known = lab_alloc(old, sizeof(*known));
    for (size_t i = 0; i < old; i++) {
        known[i] = c->host[i].name;
    }
    qsort(known, old, sizeof(*known), by_name);
    if (s->n) {
        qsort(s->p, s->n, sizeof(*s->p), by_host);
    }
    bool ok = true;
    for (size_t i = 0; ok && i < s->n; i++) {
        const char *host = s->p[i].host;
        if (bsearch(&host, known, old, sizeof(*known), by_name)) {
            continue;
        }
        if (!i || strcmp(s->p[i - 1].host, host) != 0) {
            ok = add_host(c, &s->p[i]);
        }
        struct lab_host *h = &c->host[c->hosts - 1];
        if (ok && strcmp(h->name, host) == 0 && h->ports < LAB_MAX_ADDRS &&
            !has_port(h, s->p[i].port.port)) {
            h->port[h->ports++] = s->p[i].port;
        }
    }
    free(known);
    return ok;
}

bool lab_sitelist_read(struct lab_conf *c, const char *const *path, size_t n,
                       size_t *skipped)
{
    struct sites s = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        ok = read_list(c, path[i], &s);
    }
    c->origin = 2;
    ok = ok && add_all(c, &s);
    *skipped = s.skipped;
    for (size_t i = 0; i < s.n; i++) {
        free(s.p[i].host);
    }
    free(s.p);
    return ok;
}
