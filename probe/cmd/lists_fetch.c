// SPDX-License-Identifier: Apache-2.0
/* Two requests, one after the other: the signature is small and goes first. */
#include "probe/cmd/lists_fetch.h"

#include "base/clock.h"
#include "net/tls.h"
#include "probe/deliver/backend.h"
#include "probe/volunteer/confine.h"
#include "words/words.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT_US    (120 * US_PER_S)
#define LISTS_URL_MAX 2048
/* Twice what all published lists have together: whoever stands in for the
 * mirror spends no more of a metered line. */
#define LIST_MAX ((size_t)8 << 20)

struct fetching {
    struct loop *loop;
    struct engine *engine;
    struct backend *backend;
    char base[LISTS_URL_MAX]; /* up to the last slash, without it */
    char path[LISTS_URL_MAX]; /* from it on */
    char path_minisig[LISTS_URL_MAX + 8];
    struct buf *list, *signature; /* borrowed */
    bool has_signature;
    enum err e;
    struct diag *d;
};

bool lists_fetch_is_url(const char *text)
{
    return str_starts(str_c(text), "https://") ||
           str_starts(str_c(text), "http://");
}

static void end(struct fetching *f, enum err e)
{
    f->e = e;
    loop_stop(f->loop);
}

static enum err get(struct fetching *f, const char *path, size_t max);

/* What the client says of an answer beyond its limit. */
static const char *words_of(const char *failure)
{
    return strstr(failure, "too large") ? "more came than a list may have"
                                        : words_failure(str_c(failure));
}

static void on_answer(void *arg, const struct backend_answer *a)
{
    struct fetching *f = arg;
    struct buf *out = f->has_signature ? f->list : f->signature;
    const char *path = f->has_signature ? f->path : f->path_minisig;
    if (a->internal) {
        end(f, a->internal);
    } else if (a->failure) {
        end(f, diag_set(f->d, ERR_NET, "%.120s%.60s: %.100s", f->base, path,
                        words_of(a->failure)));
    } else if (a->status != 200) {
        end(f, diag_set(f->d, a->status == 404 ? ERR_NOTFOUND : ERR_NET,
                        "%.120s%.80s: the answer is %d", f->base, path,
                        a->status));
    } else if (buf_add_str(out, a->body) != ERR_OK) {
        end(f, out->failed);
    } else if (f->has_signature) {
        end(f, ERR_OK);
    } else {
        f->has_signature = true;
        enum err e = get(f, f->path, LIST_MAX);
        if (e != ERR_OK) {
            end(f, e);
        }
    }
}

static enum err get(struct fetching *f, const char *path, size_t max)
{
    struct backend_post p = {.path = path,
                             .get = true,
                             .timeout_us = TIMEOUT_US,
                             .max_response = max};
    return backend_post(f->backend, &p, on_answer, f);
}

/* https://host/dir/global.csv is asked of https://host/dir for /global.csv. */
static enum err split(struct fetching *f, const char *url)
{
    const char *slash = strrchr(url, '/');
    const char *host = strstr(url, "://");
    if (strlen(url) >= LISTS_URL_MAX || !slash || !host || slash < host + 3 ||
        strpbrk(url, "?#") || !slash[1]) {
        return diag_set(f->d, ERR_INVAL,
                        "`%.100s` is no URL of a list, such as "
                        "https://lists.example.org/global.csv",
                        url);
    }
    snprintf(f->base, sizeof(f->base), "%.*s", (int)(slash - url), url);
    str_copy(f->path, sizeof(f->path), slash);
    snprintf(f->path_minisig, sizeof(f->path_minisig), "%s.minisig", f->path);
    return ERR_OK;
}

static enum err start(struct fetching *f, const char *url,
                      const struct ways_config *ways)
{
    /* the engine measures nothing here: it finds the host's address */
    struct engine_config cfg = {.limits = {.jobs = 1,
                                           .sockets = 64,
                                           .body_memory = 1u << 20,
                                           .region_bytes = 1u << 20}};
    struct ways_config mirror = {.collector = f->base,
                                 .proxies = ways->proxies,
                                 .n_proxies = ways->n_proxies,
                                 .order = ways->order};
    enum err e = split(f, url);
    if (e == ERR_OK && ways_check_url(f->base, NULL) != ERR_OK) {
        e = diag_set(f->d, ERR_INVAL,
                     "`%.100s`: updates come over https, http only from this "
                     "machine itself",
                     url);
    }
    if (e == ERR_OK) {
        e = tls_store_check(f->d);
    }
    if (e == ERR_OK) {
        e = loop_new(&f->loop);
    }
    if (e == ERR_OK) {
        e = engine_new(f->loop, &cfg, &f->engine);
    }
    if (e == ERR_OK) {
        e = backend_new(f->loop, f->engine, &mirror, &f->backend, f->d);
    }
    return e;
}

enum err lists_fetch(const char *url, const struct ways_config *ways,
                     struct buf *list, struct buf *signature, struct diag *d)
{
    struct fetching f = {.list = list, .signature = signature, .d = d};
    struct sandbox_state st;
    enum err e = start(&f, url, ways);
    if (e == ERR_OK) {
        confine_run(&st);
        e = get(&f, f.path_minisig, signature->max);
    }
    if (e == ERR_OK) {
        e = loop_run(f.loop);
    }
    if (e == ERR_OK) {
        e = f.e;
    }
    if (f.engine) {
        engine_free(f.engine);
    }
    if (f.backend) {
        backend_stop(f.backend);
    }
    backend_free(f.backend);
    if (f.loop) {
        loop_free(f.loop);
    }
    return e;
}
