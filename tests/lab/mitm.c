// SPDX-License-Identifier: Apache-2.0
#include "mitm.h"

#include "certs.h"
#include "six.h"
#include "sni.h"
#include "util.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HELLO_MAX 16384
#define IDLE_MS   60000

// One direction. A side without TLS has no SSL.
struct half {
    int from, to;
    SSL *tls_from, *tls_to;
    char buf[16384];
    size_t len, off;
    bool ended;
};

// The first bytes stay where they are: both ways of going on need them.
static enum lab_sni peek_name(int fd, char name[256])
{
    static uint8_t buf[HELLO_MAX];
    size_t before = 0;
    for (int i = 0; i < 5000; i++) {
        ssize_t n = recv(fd, buf, sizeof(buf), MSG_PEEK);
        if (n <= 0) {
            return LAB_SNI_NONE;
        }
        if ((size_t)n != before) {
            enum lab_sni s = lab_sni_find(buf, (size_t)n, name);
            if (s != LAB_SNI_MORE) {
                return s;
            }
        }
        before = (size_t)n;
        poll(NULL, 0, 2);
    }
    return LAB_SNI_NONE;
}

// The first line that means a name decides, also when it is no `mitm`.
static const struct lab_rule *rule_of(const struct lab_conf *c,
                                      enum lab_sni found, const char *name)
{
    for (size_t i = 0; i < c->rules; i++) {
        const struct lab_rule *r = &c->rule[i];
        if (r->on == LAB_ON_SNI &&
            (found == LAB_SNI_FOUND
                 ? lab_name_match(r->name, name)
                 : r->act == LAB_MITM && strcmp(r->name, "*") == 0)) {
            return r->act == LAB_MITM ? r : NULL;
        }
    }
    return NULL;
}

// From 127.77.N.1, by which the servers know volunteer N.
static int connect_for(const struct lab_conf *c, int fd,
                       const struct sockaddr_in *to)
{
    struct sockaddr_in peer = {0};
    socklen_t len = sizeof(peer);
    int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (out < 0) {
        return -1;
    }
    bool ok = true;
    getpeername(fd, (struct sockaddr *)&peer, &len);
    for (int i = 0; i < c->volunteers; i++) {
        const struct lab_volunteer *v = &c->volunteer[i];
        if (v->addr == peer.sin_addr.s_addr ||
            v->shadow == peer.sin_addr.s_addr) {
            struct sockaddr_in from = {.sin_family = AF_INET};
            from.sin_addr.s_addr = htonl(0x7f4d0001u + (uint32_t)i * 256);
            ok = bind(out, (struct sockaddr *)&from, sizeof(from)) == 0;
        }
    }
    if (!ok || connect(out, (const struct sockaddr *)to, sizeof(*to)) != 0) {
        close(out);
        return -1;
    }
    return out;
}

// h2 or http/1.1, whichever the client names first.
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
                   const unsigned char *in, unsigned int inlen, void *arg)
{
    (void)ssl;
    (void)arg;
    for (unsigned i = 0; i < inlen && i + 1 + in[i] <= inlen; i += 1u + in[i]) {
        const char *p = (const char *)in + i + 1;
        if ((in[i] == 2 && memcmp(p, "h2", 2) == 0) ||
            (in[i] == 8 && memcmp(p, "http/1.1", 8) == 0)) {
            *out = in + i + 1;
            *outlen = in[i];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

static SSL *accept_tls(const char *dir, bool trusted, const char *name, int fd)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx || !lab_certs_forge(dir, trusted, name, ctx)) {
        return NULL;
    }
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
    SSL *ssl = SSL_new(ctx);
    if (!ssl || SSL_set_fd(ssl, fd) != 1 || SSL_accept(ssl) != 1) {
        return NULL; // it did not believe us
    }
    return ssl;
}

static SSL *connect_tls(const SSL *client, const char *name, int fd)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = ctx ? SSL_new(ctx) : NULL;
    const unsigned char *alpn = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(client, &alpn, &len);
    unsigned char list[16];
    if (!ssl || SSL_set_fd(ssl, fd) != 1) {
        return NULL;
    }
    if (len && len < sizeof(list)) {
        list[0] = (unsigned char)len;
        memcpy(list + 1, alpn, len);
        SSL_set_alpn_protos(ssl, list, len + 1);
    }
    if (name) {
        SSL_set_tlsext_host_name(ssl, name);
    }
    return SSL_connect(ssl) == 1 ? ssl : NULL;
}

// Bytes, 0 at the end, -1: not now.
static int get(struct half *h)
{
    if (!h->tls_from) {
        ssize_t n = recv(h->from, h->buf, sizeof(h->buf), 0);
        return n >= 0 ? (int)n : errno == EAGAIN ? -1 : 0;
    }
    int n = SSL_read(h->tls_from, h->buf, sizeof(h->buf));
    int why = n > 0 ? 0 : SSL_get_error(h->tls_from, n);
    return n > 0 ? n : why == SSL_ERROR_WANT_READ ? -1 : 0;
}

static int put(struct half *h)
{
    if (!h->tls_to) {
        ssize_t n = send(h->to, h->buf + h->off, h->len - h->off, MSG_NOSIGNAL);
        return n >= 0 ? (int)n : errno == EAGAIN ? -1 : 0;
    }
    int n = SSL_write(h->tls_to, h->buf + h->off, (int)(h->len - h->off));
    int why = n > 0 ? 0 : SSL_get_error(h->tls_to, n);
    return n > 0 ? n : why == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

static void half_end(struct half *h)
{
    h->ended = true;
    if (h->tls_to) {
        SSL_shutdown(h->tls_to);
    }
    shutdown(h->to, SHUT_WR);
}

// true: something moved.
static bool half_step(struct half *h)
{
    if (h->ended) {
        return false;
    }
    if (h->off == h->len) {
        int n = get(h);
        if (n == 0) {
            half_end(h);
        }
        h->off = 0;
        h->len = n > 0 ? (size_t)n : 0;
        return n >= 0;
    }
    int n = put(h);
    if (n == 0) {
        half_end(h);
    }
    h->off += n > 0 ? (size_t)n : 0;
    return n >= 0;
}

static void pass_on(int a, SSL *ta, int b, SSL *tb)
{
    static struct half h[2];
    h[0] = (struct half){.from = a, .to = b, .tls_from = ta, .tls_to = tb};
    h[1] = (struct half){.from = b, .to = a, .tls_from = tb, .tls_to = ta};
    fcntl(a, F_SETFL, O_NONBLOCK);
    fcntl(b, F_SETFL, O_NONBLOCK);
    while (!h[0].ended || !h[1].ended) {
        bool first = half_step(&h[0]);
        if (half_step(&h[1]) || first) {
            continue;
        }
        // One without events would wake us for its end, again and again.
        struct pollfd fd[2] = {{-1, 0, 0}, {-1, 0, 0}};
        for (int i = 0; i < 2; i++) {
            bool full = h[i].off < h[i].len;
            if (!h[i].ended) {
                struct pollfd *p = &fd[full ? 1 - i : i];
                p->fd = full ? h[i].to : h[i].from;
                p->events |= full ? POLLOUT : POLLIN;
            }
        }
        if (poll(fd, 2, IDLE_MS) <= 0) {
            return;
        }
    }
}

void lab_mitm(const struct lab_conf *c, const char *dir, int fd)
{
    char name[256] = "";
    struct sockaddr_in to = {0};
    socklen_t len = sizeof(to);
    if (getsockopt(fd, SOL_IP, SO_ORIGINAL_DST, &to, &len) != 0) {
        return;
    }
    enum lab_sni found = peek_name(fd, name);
    for (char *p = name; *p; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    const struct lab_rule *r = rule_of(c, found, name);
    int out = connect_for(c, fd, &to);
    if (out < 0) {
        return;
    }
    if (!r) {
        pass_on(fd, NULL, out, NULL);
        return;
    }
    char addr[16];
    lab_addr(to.sin_addr.s_addr, addr);
    bool named = found == LAB_SNI_FOUND;
    SSL *client = accept_tls(dir, r->trusted, named ? name : addr, fd);
    SSL *server = client ? connect_tls(client, named ? name : NULL, out) : NULL;
    if (server) {
        pass_on(fd, client, out, server);
    }
}
