// SPDX-License-Identifier: Apache-2.0
/* Watches TLS handshakes made by libcurl: the whole chain the peer showed
 * (also when it is refused), why it was refused, versions, times and the bytes
 * on the wire. The only file that knows OpenSSL.
 *
 * All handshakes of an engine share one store of trusted authorities, because
 * parsing the bundle costs far more than a handshake.
 */
#ifndef PARALLAX_NET_TLS_H
#define PARALLAX_NET_TLS_H

#include "base/diag.h"
#include "base/region.h"
#include "record/failure.h"
#include "wire/ip.h"

struct tls_store;

/* Lets OpenSSL allocate through net/memory, and load what it loads once. For
 * whoever is first to use it in this process (curl_loop_new, tls_store_new);
 * later calls give the same result. ERR_NOMEM: from here on it may lack
 * algorithms, and must not be used to judge a peer. */
MUST_USE enum err tls_setup(void);

/* `ca_file` NULL: SSL_CERT_FILE, else the system's bundle. ERR_NOMEM; or why
 * the file cannot be read, in words in `d`. */
MUST_USE enum err tls_store_new(const char *ca_file, struct tls_store **out,
                                struct diag *d);
void tls_store_free(struct tls_store *s); /* NULL allowed */
/* Is there what tls_store_new(NULL) needs? ERR_NOTFOUND: no, and `d` is a
 * sentence for whoever owns the device; ERR_NOMEM. Cheap. */
MUST_USE enum err tls_store_check(struct diag *d);

/* One handshake. The caller fills the first part; strings and certificates
 * of the second live in `region`. */
struct tls_watch {
    struct region *region;
    const char *host; /* name the certificate must be for; or address text */
    bool host_is_ip;
    bool any_cert; /* accept every chain; `trusted` says whether it is one */
    void (*on_start)(void *arg);
    void (*on_done)(void *arg); /* handshake finished, chain accepted */
    void (*on_io)(void *arg, bool write, size_t bytes);
    /* May it read on now? No: only in the loop's next round. */
    bool (*on_want)(void *arg);
    void *arg;

    bool started, done;
    const char *version; /* "" until known */
    const char *cipher;
    const char *alpn;
    struct str *certs;
    size_t n_certs;
    bool trusted; /* an authority vouches for it, whoever it is for */
    const char *cert_failure;  /* chain refused: one of ssl_* */
    const char *alert_failure; /* the peer sent a fatal alert */
    const char *error;         /* what the library made of the bytes */
    bool eof;                  /* the peer closed its side */
    bool no_memory;
};

/* Hooks a handshake into a fresh SSL_CTX (as libcurl hands it out). Both
 * `store` and `w` must outlive the connection. */
MUST_USE enum err tls_watch_attach(struct tls_store *store, void *ssl_ctx,
                                   struct tls_watch *w);

/* Why a chain was refused, from the code of the verification (X509_V_ERR_* of
 * OpenSSL, which libcurl hands on as CURLINFO_SSL_VERIFYRESULT): another name,
 * no trusted authority behind it, or any other defect (dates first of all).
 * FAILURE_NONE for X509_V_OK. */
enum failure tls_verify_failure(long code);

/* Name and version of the library behind this. */
const char *tls_version(void);

#endif
