// SPDX-License-Identifier: Apache-2.0
/* Read with libcurl's own parser, as targets are. */
#include "net/client_proxy.h"

#include "base/str.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BAD_PROXY                                                              \
    "a proxy is written socks5://HOST:PORT or http://HOST:PORT, with "         \
    "USER:PASSWORD@ before HOST if it wants that"

/* A part that may be missing (`missing`), which leaves "". */
static enum err take(CURLU *u, CURLUPart part, unsigned flags,
                     CURLUcode missing, char out[CLIENT_PROXY_TEXT])
{
    char *text = NULL;
    CURLUcode rc = curl_url_get(u, part, &text, flags);
    enum err e = ERR_OK;
    out[0] = '\0';
    if (rc == CURLUE_OUT_OF_MEMORY) {
        e = ERR_NOMEM;
    } else if (rc != CURLUE_OK) {
        e = rc == missing ? ERR_OK : ERR_INVAL;
    } else if (strlen(text) >= CLIENT_PROXY_TEXT) {
        e = ERR_INVAL;
    } else {
        str_copy(out, CLIENT_PROXY_TEXT, text);
    }
    curl_free(text);
    return e;
}

static void strip_brackets(char *host)
{
    size_t n = strlen(host);
    if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
        memmove(host, host + 1, n - 2);
        host[n - 2] = '\0';
    }
}

static enum err read_parts(CURLU *u, struct client_proxy *out)
{
    char text[CLIENT_PROXY_TEXT];
    enum err e = take(u, CURLUPART_SCHEME, 0, CURLUE_OK, text);
    out->socks = strcmp(text, "socks5") == 0 || strcmp(text, "socks5h") == 0;
    if (e == ERR_OK && !out->socks && strcmp(text, "http") != 0) {
        e = ERR_INVAL;
    }
    if (e == ERR_OK) {
        e = take(u, CURLUPART_HOST, 0, CURLUE_OK, out->host);
        strip_brackets(out->host);
    }
    if (e == ERR_OK) {
        /* none is guessed: proxies are at any */
        e = take(u, CURLUPART_PORT, 0, CURLUE_OK, text);
        out->port = (uint16_t)strtoul(text, NULL, 10);
    }
    if (e == ERR_OK) {
        e = take(u, CURLUPART_PATH, 0, CURLUE_OK, text);
    }
    if (e == ERR_OK && (strcmp(text, "/") != 0 || !out->port)) {
        e = ERR_INVAL;
    }
    if (e == ERR_OK) {
        e = take(u, CURLUPART_USER, CURLU_URLDECODE, CURLUE_NO_USER, out->user);
    }
    return e ? e
             : take(u, CURLUPART_PASSWORD, CURLU_URLDECODE, CURLUE_NO_PASSWORD,
                    out->password);
}

enum err client_proxy_parse(const char *text, struct client_proxy *out,
                            struct diag *d)
{
    struct client_proxy p = {.socks = false};
    CURLU *u = curl_url();
    enum err e = u ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK) {
        CURLUcode rc = strpbrk(text, "?#")
                           ? CURLUE_MALFORMED_INPUT
                           : curl_url_set(u, CURLUPART_URL, text,
                                          CURLU_NON_SUPPORT_SCHEME);
        e = rc == CURLUE_OK              ? ERR_OK
            : rc == CURLUE_OUT_OF_MEMORY ? ERR_NOMEM
                                         : ERR_INVAL;
    }
    if (e == ERR_OK) {
        e = read_parts(u, &p);
    }
    curl_url_cleanup(u);
    if (e == ERR_OK) {
        *out = p;
    }
    return e == ERR_INVAL ? diag_set(d, e, "%s", BAD_PROXY) : e;
}

enum err client_proxy_apply(const struct client_proxy *p, const char *addr,
                            void *easy)
{
    char at[CLIENT_PROXY_TEXT + 32];
    bool v6 = strchr(addr, ':');
    bool ok = true;
    /* "h": the proxy finds the address of the name */
    snprintf(at, sizeof(at), "%s://%s%s%s:%u", p->socks ? "socks5h" : "http",
             v6 ? "[" : "", addr, v6 ? "]" : "", p->port);
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(easy, CURLOPT_SOCKS5_AUTH, (unsigned long)CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_PROXYAUTH, (long)CURLAUTH_BASIC);
    ok = ok && !curl_easy_setopt(easy, CURLOPT_PROXY, at);
    if (p->user[0]) {
        ok = ok && !curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, p->user);
        ok = ok && !curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, p->password);
    }
    return ok ? ERR_OK : ERR_NOMEM;
}
