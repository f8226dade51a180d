// SPDX-License-Identifier: Apache-2.0
/* Servers that misbehave: HTTP, HTTP/2, TLS and DNS, each misbehaviour under a
 * name of its own (NAME.hostile.example) at an address of its own. One thread
 * per connection, blocking; nothing here lives longer than LIFE_S.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOMAIN  "hostile.example"
#define LIFE_S  20 /* of a connection: longer than any limit of the probe */
#define CUTS    64 /* addresses of one name that cuts handshakes */
#define CUT_MAX 1024

/* Where a misbehaviour sits, and so which scheme reaches it. */
enum layer {
    AT_HTTP,
    AT_HTTPS,
    AT_H2,
    AT_TLS
};

struct conn {
    int fd;
    SSL *ssl;  /* NULL: in the clear */
    bool gone; /* the peer took no more */
    int64_t until_ms;
    unsigned n; /* last two bytes of the address */
    char path[256];
};

struct trick {
    const char *name;
    enum layer layer;
    void (*play)(struct conn *c);
};

/* http.c, h2.c, tls.c: tables ending with a NULL name. */
extern const struct trick http_tricks[];
extern const struct trick h2_tricks[];
extern const struct trick tls_tricks[];

/* conn.c. Writing fails for good once the peer is gone or the time is up. */
int64_t now_ms(void);
void nap_ms(int ms);
bool put(struct conn *c, const void *p, size_t n);
bool put_c(struct conn *c, const char *text);
bool putf(struct conn *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Reads up to the empty line of a request; false if there was none. */
bool take_request(struct conn *c);
/* Some bytes; 0 at the end. */
size_t take(struct conn *c, void *p, size_t n);
/* Closes with a reset. */
void reset(struct conn *c);
/* Waits until the peer closes or the time is up. */
void hold(struct conn *c);
void close_conn(struct conn *c);
/* The behaving server: an empty path leads to a page made from the name. */
void serve_page(struct conn *c);

/* cert.c */
bool certs_make(const char *ca_file);
/* Certificates for whatever name is asked; `h2`: offers HTTP/2 only. */
SSL_CTX *tls_context(bool h2);
/* Takes over the socket; false if no handshake came about. */
bool tls_accept(struct conn *c, SSL_CTX *ctx);

enum cert_kind {
    CERT_GOOD,
    CERT_64K,
    CERT_1M,
    CERT_NUL_NAME,
    CERT_SECP256K1,
    CERT_CHAIN_100
};

bool cert_use(SSL_CTX *ctx, const char *name, enum cert_kind kind);

/* tls.c */
void tls_cut(struct conn *c, bool tls12);
/* Bytes a server sends until the handshake stands. */
size_t tls_flight(bool tls12);

/* dns.c: serves UDP and TCP on port 53 of every address. */
bool dns_start(void);
void dns_list(void);

/* web.c: which trick is behind an address or a name. */
bool web_start(void);
bool web_find(const char *label, uint32_t *addrs, size_t *n);
void web_list(void);

void fill(void *p, size_t n, uint32_t seed);

#endif
