// SPDX-License-Identifier: Apache-2.0
/* Reading a signed list for its ports. */
#include "collector/cmd/list_ports.h"

#include "base/fs.h"
#include "record/signed_list.h"
#include "record/sitelist.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LIST_MAX    ((size_t)64 << 20)
#define LIST_REGION ((size_t)1024 << 20)

static enum err check(const char *file, const struct minisign_keys *keys,
                      int64_t now_s, struct str list, struct diag *d)
{
    char path[PATH_MAX];
    struct signed_list seal;
    struct diag why = {""};
    struct buf signature;
    buf_init(&signature, MINISIGN_MAX_BYTES);
    enum err e = snprintf(path, sizeof(path), "%s.minisig", file) >= PATH_MAX
                     ? diag_set(d, ERR_LIMIT, "the path is too long")
                     : fs_read(path, MINISIGN_MAX_BYTES, &signature, d);
    if (e == ERR_OK) {
        e = signed_list_check(keys, list, buf_str(&signature), &seal, &why);
        if (e != ERR_OK) {
            diag_set(d, e, "%.150s: %.160s", file,
                     why.text[0] ? why.text : err_str(e));
        }
    }
    if (e == ERR_OK && now_s >= seal.expires_s) {
        e = diag_set(d, ERR_CLOCK, "%.200s has expired", file);
    }
    buf_fini(&signature);
    return e;
}

static bool has(const uint16_t *ports, size_t n, uint16_t port)
{
    for (size_t i = 0; i < n; i++) {
        if (ports[i] == port) {
            return true;
        }
    }
    return false;
}

static enum err take_ports(const char *file, struct str text, uint16_t *ports,
                           size_t *n, size_t max, struct diag *d)
{
    struct region *r = region_new(LIST_REGION);
    struct sitelist list = {.n = 0};
    struct diag why = {""};
    size_t now = *n;
    enum err e =
        r ? sitelist_parse(r, file, text, &list, NULL, NULL, &why) : ERR_NOMEM;
    if (e == ERR_PARSE) {
        diag_set(d, e, "%.120s: %.180s", file, why.text);
    }
    for (size_t i = 0; i < list.n && e == ERR_OK; i++) {
        uint16_t port = list.sites[i].url.port;
        bool usual = port == (list.sites[i].url.https ? 443 : 80);
        if (usual || has(ports, now, port)) {
            continue;
        }
        if (now == max) {
            e = diag_set(d, ERR_LIMIT, "%.180s names more ports than %zu", file,
                         max);
            break;
        }
        ports[now++] = port;
    }
    region_free(r);
    if (e == ERR_OK) {
        *n = now;
    }
    return e;
}

enum err list_ports_add(const char *file, const char *key, int64_t now_s,
                        uint16_t *ports, size_t *n, size_t max, struct diag *d)
{
    struct minisign_keys keys = {.n = 0};
    struct buf text;
    buf_init(&text, LIST_MAX);
    enum err e = minisign_keys_load(key, &keys, d);
    if (e == ERR_OK) {
        e = fs_read(file, LIST_MAX, &text, d);
    }
    if (e == ERR_OK) {
        e = check(file, &keys, now_s, buf_str(&text), d);
    }
    if (e == ERR_OK) {
        e = take_ports(file, buf_str(&text), ports, n, max, d);
    }
    buf_fini(&text);
    return e;
}
