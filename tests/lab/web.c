// SPDX-License-Identifier: Apache-2.0
#include "web.h"

#include "six.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Sent with every page: no header may tell one run, or one reply, from
// another by accident.
#define PLAIN "etag off; max_ranges 0; add_header Last-Modified \"\"; "

char *lab_web_page(const char *name, size_t *len)
{
    static const char *const word[] = {
        "river",  "window", "garden",  "letter", "morning", "teacher",
        "street", "colour", "bridge",  "summer", "village", "history",
        "music",  "doctor", "station", "paper"};
    uint64_t state = lab_hash(name, strlen(name));
    size_t want = 2048 + lab_rand(&state) % (38 * 1024);
    struct lab_str s = {0};
    const char *one = word[lab_rand(&state) % 16];
    const char *two = word[lab_rand(&state) % 16];
    lab_str_fmt(&s,
                "<!doctype html>\n<html lang=\"en\">\n<head>\n"
                "<meta charset=\"utf-8\">\n<title>%s: %s and %s</title>\n"
                "</head>\n<body>\n<h1>%s</h1>\n<p>",
                name, one, two, name);
    static const char tail[] = "</p>\n</body>\n</html>\n";
    size_t end = want - (sizeof(tail) - 1);
    while (s.len < end) {
        uint64_t r = lab_rand(&state);
        for (int i = 0; i < 16; i++, r >>= 4) {
            lab_str_puts(&s, word[r & 15]);
            lab_str_add(&s, " ", 1);
        }
        lab_str_puts(&s, "</p>\n<p>");
    }
    s.len = end;
    // The cut may fall inside a tag.
    for (size_t i = end - 8; i < end; i++) {
        s.p[i] = ' ';
    }
    lab_str_add(&s, tail, sizeof(tail) - 1);
    *len = s.len;
    return s.p;
}

static bool path_match(const char *pattern, const char *path)
{
    if (!pattern) {
        return true;
    }
    size_t n = strlen(pattern);
    if (n && pattern[n - 1] == '*') {
        return strncmp(pattern, path, n - 1) == 0;
    }
    return strcmp(pattern, path) == 0;
}

// A host that a given file defines has none of the built-in pages.
static bool is_for(const struct lab_reply *r, const struct lab_host *h)
{
    return !(r->origin == 1 && h->origin == 0) &&
           lab_name_match(r->host, h->name);
}

static const struct lab_reply *pick(const struct lab_conf *c,
                                    const struct lab_host *h, const char *path,
                                    bool client, bool serve)
{
    for (size_t i = 0; i < c->replies; i++) {
        const struct lab_reply *r = &c->reply[i];
        if (r->serve == serve && is_for(r, h) && (!r->to_client || client) &&
            path_match(r->path, path)) {
            return r;
        }
    }
    return NULL;
}

const struct lab_reply *lab_web_pick(const struct lab_conf *c,
                                     const struct lab_host *h, const char *path,
                                     bool client)
{
    const struct lab_reply *r = pick(c, h, path, client, true);
    return r ? r : pick(c, h, path, client, false);
}

static bool has_pages(const struct lab_conf *c, const struct lab_host *h)
{
    for (size_t i = 0; i < c->replies; i++) {
        if (!c->reply[i].serve && is_for(&c->reply[i], h)) {
            return true;
        }
    }
    return false;
}

struct web {
    const struct lab_conf *c;
    const char *dir;
    bool collector;
    struct lab_str out;
    struct lab_str inner; // internal locations of the server block
    const struct lab_host *host;
    int listens; // of this host
};

// Below a path ("/x/*") the program behind sees the rest of it.
static void put_proxy(struct web *w, const struct lab_reply *r)
{
    bool control = r->proxy == LAB_PROXY_CONTROL;
    bool below = r->path && strcmp(r->path, "*") != 0;
    if (!w->collector || (control && w->c->control_down)) {
        lab_str_puts(&w->out, "return 502;");
        return;
    }
    int port = control ? (w->c->control_delay_us ? LAB_CONTROL_PORT + 1000
                                                 : LAB_CONTROL_PORT)
                       : LAB_COLLECTOR_PORT;
    lab_str_fmt(&w->out,
                "client_max_body_size 64m; proxy_http_version 1.1; "
                "proxy_set_header Connection \"\"; "
                "proxy_set_header Host $host; "
                "proxy_set_header X-Forwarded-For $lab_from; "
                "proxy_read_timeout 120s; "
                "proxy_pass http://127.0.0.1:%d%s;",
                port, below ? "/" : "");
}

static void put_odd(struct web *w, const struct lab_reply *r)
{
    const char *word = r->odd == LAB_ODD_ENDLESS       ? "endless"
                       : r->odd == LAB_ODD_CLOSE_EARLY ? "close-early"
                                                       : "headers";
    lab_str_fmt(&w->out,
                "proxy_buffering %s; proxy_http_version 1.0; "
                "proxy_buffer_size %zu; proxy_buffers 8 %zu; "
                "proxy_busy_buffers_size %zu; proxy_read_timeout 3600s; "
                "%s proxy_pass http://unix:%s/odd.sock:/%s/%d/%zu;",
                r->odd == LAB_ODD_HEADERS ? "on" : "off", r->odd_size + 65536,
                r->odd_size + 65536, 2 * (r->odd_size + 65536),
                r->odd == LAB_ODD_HEADERS ? "proxy_max_temp_file_size 0;" : "",
                w->dir, word, r->status ? r->status : 200, r->odd_size);
}

// The file of a reply and the internal location that sends it.
static void put_body(struct web *w, const struct lab_reply *r, int64_t rate)
{
    lab_str_fmt(&w->inner, "  location = /.lab/%d%s { internal; %s", r->id,
                rate ? "s" : "", PLAIN);
    for (size_t i = 0; i < r->headers; i++) {
        lab_str_fmt(&w->inner, "add_header %s always; ", r->header[i]);
    }
    if (rate) {
        lab_str_fmt(&w->inner, "limit_rate %lld; ", (long long)rate);
    }
    lab_str_fmt(&w->inner, "alias %s/bodies/%d; }\n", w->dir, r->id);
}

static void put_own_page(struct web *w, int64_t rate)
{
    lab_str_fmt(&w->inner, "  location = /.lab/own%s { internal; %s",
                rate ? "s" : "", PLAIN);
    if (rate) {
        lab_str_fmt(&w->inner, "limit_rate %lld; ", (long long)rate);
    }
    lab_str_fmt(&w->inner, "alias %s/pages/%s.html; }\n", w->dir,
                w->host->name);
}

// The directives of one location for one reply (NULL: the host's own page).
static void put_reply(struct web *w, const struct lab_reply *r,
                      const char *path)
{
    int64_t rate = r ? r->rate : 0;
    if (r && !r->status && !r->odd && !r->proxy) {
        r = pick(w->c, w->host, path, false, false); // what it slows
    }
    if (!r) {
        if (has_pages(w->c, w->host)) {
            lab_str_puts(&w->out, "return 404;");
        } else {
            lab_str_fmt(&w->out, "rewrite ^ /.lab/own%s last;",
                        rate ? "s" : "");
            if (rate || !strstr(w->inner.p ? w->inner.p : "", "/.lab/own ")) {
                put_own_page(w, rate);
            }
        }
    } else if (r->proxy) {
        put_proxy(w, r);
    } else if (r->odd) {
        put_odd(w, r);
    } else if (r->redirect) {
        for (size_t i = 0; i < r->headers; i++) {
            lab_str_fmt(&w->out, "add_header %s always; ", r->header[i]);
        }
        lab_str_fmt(&w->out, "return %d \"%s\";", r->status, r->redirect);
    } else {
        char tag[32];
        snprintf(tag, sizeof(tag), "/.lab/%d%s ", r->id, rate ? "s" : "");
        if (!strstr(w->inner.p ? w->inner.p : "", tag)) {
            put_body(w, r, rate ? rate : r->rate);
        }
        tag[strlen(tag) - 1] = 0;
        if (r->status == 200) {
            lab_str_fmt(&w->out, "rewrite ^ %s last;", tag);
        } else {
            lab_str_fmt(&w->out, "error_page %d %s; return %d;", r->status, tag,
                        r->status);
        }
    }
}

static void put_location(struct web *w, const char *path)
{
    size_t n = strlen(path);
    char where[512];
    char probe[512]; // a path of those meant
    snprintf(probe, sizeof(probe), "%s", path);
    if (strcmp(path, "*") == 0) {
        snprintf(where, sizeof(where), "/");
        snprintf(probe, sizeof(probe), "/.any");
    } else if (path[n - 1] == '*') {
        snprintf(where, sizeof(where), "^~ %.*s", (int)(n - 1), path);
        snprintf(probe, sizeof(probe), "%.*s.any", (int)(n - 1), path);
    } else {
        snprintf(where, sizeof(where), "= %s", path);
    }
    const struct lab_reply *to_client =
        lab_web_pick(w->c, w->host, probe, true);
    const struct lab_reply *to_other =
        lab_web_pick(w->c, w->host, probe, false);
    lab_str_fmt(&w->out, "  location %s { ", where);
    if (to_client != to_other) {
        lab_str_fmt(&w->out,
                    "if ($lab_client) { rewrite ^ /.lab/client%016llx last; } ",
                    (unsigned long long)lab_hash(path, n));
    }
    put_reply(w, to_other, probe);
    lab_str_puts(&w->out, " }\n");
    if (to_client != to_other) {
        lab_str_fmt(&w->out, "  location = /.lab/client%016llx { internal; ",
                    (unsigned long long)lab_hash(path, n));
        put_reply(w, to_client, probe);
        lab_str_puts(&w->out, " }\n");
    }
}

static void put_locations(struct web *w)
{
    const struct lab_conf *c = w->c;
    put_location(w, "*");
    for (size_t i = 0; i < c->replies; i++) {
        const char *path = c->reply[i].path;
        if (!path || strcmp(path, "*") == 0 ||
            !lab_name_match(c->reply[i].host, w->host->name)) {
            continue;
        }
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++) {
            seen = c->reply[j].path && strcmp(c->reply[j].path, path) == 0 &&
                   lab_name_match(c->reply[j].host, w->host->name);
        }
        if (!seen) {
            put_location(w, path);
        }
    }
}

static void put_listen(struct web *w, const struct lab_host *h, uint32_t addr)
{
    char text[16];
    for (int p = 0; p < h->ports; p++) {
        if (!lab_exec_has(w->c, addr, h->port[p].port)) {
            lab_str_fmt(&w->out, "  listen %s:%u%s;\n", lab_addr(addr, text),
                        h->port[p].port, h->port[p].tls ? " ssl http2" : "");
            w->listens++;
        }
    }
}

// nginx takes no address twice in a block.
static bool is_new_region(const struct lab_host *h, int r)
{
    bool seen = false;
    for (int a = 0; a < h->addrs; a++) {
        seen = seen || h->addr[a] == h->region[r].addr;
    }
    for (int i = 0; i < r; i++) {
        seen = seen || h->region[i].addr == h->region[r].addr;
    }
    return !seen;
}

// A block without any would listen everywhere.
static void put_listens(struct web *w, const struct lab_host *h)
{
    w->listens = 0;
    for (int a = 0; a < h->addrs; a++) {
        put_listen(w, h, h->addr[a]);
    }
    for (int r = 0; r < h->regions; r++) {
        if (is_new_region(h, r)) {
            put_listen(w, h, h->region[r].addr);
        }
    }
    if (!w->listens) {
        lab_str_fmt(&w->out, "  listen unix:%s/nobody.sock;\n", w->dir);
    }
}

static void put_names(struct web *w, const struct lab_host *h)
{
    lab_str_fmt(&w->out, "  server_name %s;\n", h->name);
    if (lab_host_has_tls(h)) {
        lab_str_fmt(&w->out,
                    "  ssl_certificate %s/certs/%s.pem;\n"
                    "  ssl_certificate_key %s/certs/leaf.key;\n",
                    w->dir, h->name, w->dir);
        for (size_t i = 0; i < w->c->tls12s; i++) {
            if (lab_name_match(w->c->tls12[i], h->name)) {
                lab_str_puts(&w->out, "  ssl_protocols TLSv1.2;\n");
                break;
            }
        }
    }
}

static void put_host(struct web *w, const struct lab_host *h)
{
    w->host = h;
    w->inner.len = 0;
    if (w->inner.p) {
        w->inner.p[0] = 0; // put_reply looks for what this host has already
    }
    lab_str_puts(&w->out, "server {\n");
    put_listens(w, h);
    put_names(w, h);
    put_locations(w);
    if (w->inner.len) {
        lab_str_add(&w->out, w->inner.p, w->inner.len);
    }
    lab_str_puts(&w->out, "}\n");
}

// A block per host costs nginx a millisecond when it starts; one for all, with
// the certificate named by a variable, would read it again for each handshake.
static void put_listed(struct web *w, const struct lab_host *h)
{
    lab_str_puts(&w->out, "server {\n");
    put_listens(w, h);
    put_names(w, h);
    lab_str_fmt(&w->out,
                // As most sites do.
                "  gzip on;\n  gzip_vary on;\n"
                "  location / { %s root %s/pages; rewrite ^ /%s.html "
                "break; }\n}\n",
                PLAIN, w->dir, h->name);
}

static void put_head(struct web *w)
{
    char text[16];
    lab_str_fmt(
        &w->out,
        "user root;\ndaemon off;\nmaster_process off;\npid %s/nginx.pid;\n"
        "error_log %s/nginx.log warn;\nworker_rlimit_nofile 65536;\n"
        "events { worker_connections 32768; multi_accept on; }\n"
        "http {\n"
        "  access_log off;\n  default_type \"text/html; "
        "charset=utf-8\";\n  server_tokens off;\n"
        "  absolute_redirect off;\n  sendfile on;\n"
        "  keepalive_timeout 30s;\n  ssl_session_cache off;\n"
        "  ssl_protocols TLSv1.2 TLSv1.3;\n"
        "  ssl_session_tickets off;\n  server_names_hash_max_size 65536;\n"
        "  server_names_hash_bucket_size 512;\n"
        "  client_body_temp_path %s/tmp/body;\n"
        "  proxy_temp_path %s/tmp/proxy;\n"
        "  fastcgi_temp_path %s/tmp/fastcgi;\n"
        "  uwsgi_temp_path %s/tmp/uwsgi;\n"
        "  scgi_temp_path %s/tmp/scgi;\n"
        "  geo $lab_client {\n    default 0;\n",
        w->dir, w->dir, w->dir, w->dir, w->dir, w->dir, w->dir);
    for (int i = 0; i < w->c->volunteers; i++) {
        const struct lab_volunteer *v = &w->c->volunteer[i];
        lab_str_fmt(&w->out, "    %s 1;\n", lab_addr(v->addr, text));
        lab_str_fmt(&w->out, "    %s 1;\n", lab_addr(v->shadow, text));
    }
    lab_str_puts(&w->out, "    " LAB_BEHALF_NET " 1;\n  }\n"
                          "  map $remote_addr $lab_from {\n"
                          "    default $remote_addr;\n");
    for (int i = 0; i < w->c->volunteers; i++) {
        const struct lab_volunteer *v = &w->c->volunteer[i];
        char six[46];
        lab_str_fmt(&w->out, "    127.77.%d.1 %s;\n", i,
                    lab_addr(v->addr, text));
        // Behind NAT64 the world sees the ISP's IPv4.
        lab_str_fmt(&w->out, "    %s ", lab_addr(v->shadow, six));
        lab_str_fmt(&w->out, "\"%s\";\n",
                    v->v6 == LAB_V6_NAT64 ? lab_addr(v->addr, text)
                                          : lab_six_text(v->addr6, six));
    }
    lab_str_puts(&w->out, "  }\n");
}

static void write_part(const char *dir, const char *sub, const char *name,
                       const char *p, size_t len)
{
    char *path = lab_printf("%s/%s/%s", dir, sub, name);
    lab_file_write(path, p, len);
    free(path);
}

static void write_files(const struct web *w)
{
    const struct lab_conf *c = w->c;
    static const char *const sub[] = {"pages", "bodies", "tmp"};
    for (size_t i = 0; i < 3; i++) {
        char *path = lab_printf("%s/%s", w->dir, sub[i]);
        lab_mkdir(path);
        free(path);
    }
    for (size_t i = 0; i < c->hosts; i++) {
        const struct lab_host *h = &c->host[i];
        if (h->listed || !has_pages(c, h)) {
            size_t len = 0;
            char *page = lab_web_page(h->name, &len);
            char *file = lab_printf("%s.html", h->name);
            write_part(w->dir, "pages", file, page, len);
            free(file);
            free(page);
        }
    }
    for (size_t i = 0; i < c->replies; i++) {
        const struct lab_reply *r = &c->reply[i];
        char file[16];
        snprintf(file, sizeof(file), "%d", r->id);
        if (r->body) {
            write_part(w->dir, "bodies", file, r->body, r->body_len);
        } else if (r->status && !r->redirect) {
            char text[128];
            int n = snprintf(text, sizeof(text),
                             "<!doctype html>\n<title>Status %d</title>\n"
                             "<h1>Status %d</h1>\n",
                             r->status, r->status);
            write_part(w->dir, "bodies", file, text, (size_t)n);
        }
    }
}

void lab_web_write(const struct lab_conf *c, const char *dir,
                   bool has_collector)
{
    struct web w = {.c = c, .dir = dir, .collector = has_collector};
    write_files(&w);
    put_head(&w);
    for (size_t i = 0; i < c->hosts; i++) {
        if (c->host[i].own) {
            put_host(&w, &c->host[i]);
        } else {
            put_listed(&w, &c->host[i]);
        }
    }
    lab_str_puts(&w.out, "}\n");
    char *path = lab_printf("%s/nginx.conf", dir);
    lab_file_write(path, w.out.p, w.out.len);
    free(path);
    lab_str_fini(&w.out);
    lab_str_fini(&w.inner);
}
