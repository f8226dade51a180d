// SPDX-License-Identifier: Apache-2.0
/* OpenSSL: its memory and what it loads once, the trusted authorities, the
 * check of chains, and what a handshake is seen to do.
 */
#include "net/tls.h"
#include "net/memory.h"
#include "record/failure.h"

#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHAIN_MAX       32
#define CHAIN_BYTES_MAX ((size_t)192 * 1024)
#define SYSTEM_BUNDLE   "/etc/ssl/certs/ca-certificates.crt"

struct tls_store {
    X509_STORE *x509;
};

/* ---- memory ------------------------------------------------------------- */

/* OpenSSL's own allocator gives NULL for nothing, which is no failure. */
static void *on_malloc(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return n > 0 ? memory_malloc(n) : NULL;
}

static void *on_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    if (n == 0) {
        free(p);
        return NULL;
    }
    return memory_realloc(p, n);
}

static void on_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

/* OpenSSL loads all algorithms of a kind when the first is asked for. One that
 * finds no memory then is missing for as long as the process lives, and without
 * a word: peers that have it look as if they spoke another protocol. */
static void load_algorithms(void)
{
    EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
    EVP_CIPHER_free(EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL));
    EVP_MAC_free(EVP_MAC_fetch(NULL, "HMAC", NULL));
    EVP_KDF_free(EVP_KDF_fetch(NULL, "HKDF", NULL));
    EVP_RAND_free(EVP_RAND_fetch(NULL, "CTR-DRBG", NULL));
    EVP_KEYMGMT_free(EVP_KEYMGMT_fetch(NULL, "RSA", NULL));
    EVP_KEYEXCH_free(EVP_KEYEXCH_fetch(NULL, "X25519", NULL));
    EVP_SIGNATURE_free(EVP_SIGNATURE_fetch(NULL, "RSA", NULL));
    EVP_ASYM_CIPHER_free(EVP_ASYM_CIPHER_fetch(NULL, "RSA", NULL));
    EVP_KEM_free(EVP_KEM_fetch(NULL, "RSA", NULL));
    OSSL_ENCODER_free(OSSL_ENCODER_fetch(NULL, "RSA", NULL));
    OSSL_DECODER_free(OSSL_DECODER_fetch(NULL, "RSA", NULL));
}

static void load_rest(void)
{
    unsigned char byte;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = ctx ? SSL_new(ctx) : NULL;

    SSL_free(ssl);
    SSL_CTX_free(ctx);
    (void)SSL_get_ex_data_X509_STORE_CTX_idx(); /* made by the first call */
    (void)RAND_bytes(&byte, 1);                 /* seeds */
    ERR_clear_error();
}

enum err tls_setup(void)
{
    static bool done;
    static enum err result;

    if (done) {
        return result;
    }
    done = true;
    if (CRYPTO_set_mem_functions(on_malloc, on_realloc, on_free) != 1) {
        log_debug("tls", "OpenSSL was used before: it keeps its allocator");
    }
    unsigned long memory = memory_failures();
    bool begun = OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS |
                                      OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
                                  NULL) == 1 &&
                 OSSL_LIB_CTX_get0_global_default();
    if (begun && memory_failures() == memory) {
        load_algorithms();
        load_rest();
    }
    if (!begun || memory_failures() != memory) {
        result = ERR_NOMEM;
    }
    return result;
}

/* ---- trusted authorities ------------------------------------------------ */

static enum err why_not_loaded(const char *ca_file, struct diag *d)
{
    int fd = open(ca_file, O_RDONLY | O_CLOEXEC);
    enum err e = fd < 0 ? err_from_errno(errno) : ERR_PARSE;

    if (fd >= 0) {
        close(fd);
    }
    return diag_set(d, e, "%s: cannot read certificate authorities: %s",
                    ca_file, err_str(e));
}

static const char *bundle(const char *ca_file)
{
    if (!ca_file || !*ca_file) {
        ca_file = getenv("SSL_CERT_FILE");
    }
    return ca_file && *ca_file ? ca_file : SYSTEM_BUNDLE;
}

/* Something is in the file that a store can be made of. */
static bool holds_certificate(const char *ca_file)
{
    BIO *file = BIO_new_file(ca_file, "r");
    X509 *cert = file ? PEM_read_bio_X509_AUX(file, NULL, NULL, NULL) : NULL;
    bool any = cert ? true : false;

    X509_free(cert);
    BIO_free(file);
    ERR_clear_error();
    return any;
}

enum err tls_store_check(struct diag *d)
{
    const char *ca_file = bundle(NULL);
    int fd = open(ca_file, O_RDONLY | O_CLOEXEC);
    enum err e = fd < 0 ? err_from_errno(errno) : tls_setup();
    bool given = strcmp(ca_file, SYSTEM_BUNDLE) != 0;

    if (fd >= 0) {
        close(fd);
    }
    if (e == ERR_NOMEM) {
        return e;
    }
    if (e == ERR_OK && holds_certificate(ca_file)) {
        return ERR_OK;
    }
    return diag_set(d, ERR_NOTFOUND,
                    "this device has no certificates to check sites with "
                    "(%.100s: %s), so nothing was contacted; %s",
                    ca_file, e == ERR_OK ? "there is none in it" : err_str(e),
                    given ? "let SSL_CERT_FILE name a file of certificate "
                            "authorities, or unset it"
                          : "install the package ca-certificates, or let "
                            "SSL_CERT_FILE name a file of them");
}

enum err tls_store_new(const char *ca_file, struct tls_store **out,
                       struct diag *d)
{
    ca_file = bundle(ca_file);
    enum err e = tls_setup();
    if (e != ERR_OK) {
        return e;
    }
    unsigned long memory = memory_failures();
    struct tls_store *s = calloc(1, sizeof(*s));
    if (!s) {
        return ERR_NOMEM;
    }
    s->x509 = X509_STORE_new();
    if (!s->x509) {
        free(s);
        return ERR_NOMEM;
    }
    if (X509_STORE_load_file(s->x509, ca_file) != 1) {
        ERR_clear_error();
        tls_store_free(s);
        return why_not_loaded(ca_file, d);
    }
    if (memory_failures() != memory) { /* it may have left out some */
        tls_store_free(s);
        return ERR_NOMEM;
    }
    /* an intermediate in the bundle is a trust anchor too, as in Go */
    X509_STORE_set_flags(s->x509, X509_V_FLAG_PARTIAL_CHAIN);
    *out = s;
    return ERR_OK;
}

void tls_store_free(struct tls_store *s)
{
    if (!s) {
        return;
    }
    X509_STORE_free(s->x509);
    free(s);
}

/* ---- the chain ---------------------------------------------------------- */

static void keep_cert(struct tls_watch *w, const X509 *cert, size_t *total)
{
    int len = i2d_X509(cert, NULL);

    if (len <= 0 || (size_t)len > CHAIN_BYTES_MAX - *total) {
        return;
    }
    unsigned char *p = region_alloc(w->region, (size_t)len);
    if (!p) {
        w->no_memory = true;
        return;
    }
    unsigned char *end = p;
    if (i2d_X509(cert, &end) != len) {
        return;
    }
    *total += (size_t)len;
    w->certs[w->n_certs++] = (struct str){(const char *)p, (size_t)len};
}

static void keep_chain(struct tls_watch *w, STACK_OF(X509) * chain,
                       const X509 *leaf)
{
    int n = sk_X509_num(chain);
    size_t total = 0;

    if (n < 1) {
        n = 1;
    }
    if (n > CHAIN_MAX) {
        n = CHAIN_MAX;
    }
    w->n_certs = 0;
    w->certs = region_calloc(w->region, (size_t)n, sizeof(*w->certs));
    if (!w->certs) {
        w->no_memory = true;
        return;
    }
    if (sk_X509_num(chain) < 1) {
        keep_cert(w, leaf, &total);
        return;
    }
    for (int i = 0; i < n; i++) {
        keep_cert(w, sk_X509_value(chain, i), &total);
    }
}

static bool within_validity(const X509 *cert)
{
    return X509_cmp_current_time(X509_get0_notBefore(cert)) < 0 &&
           X509_cmp_current_time(X509_get0_notAfter(cert)) > 0;
}

static bool is_for_host(const struct tls_watch *w, X509 *cert)
{
    if (w->host_is_ip) {
        return X509_check_ip_asc(cert, w->host, 0) == 1;
    }
    /* the common name has not counted for years in browsers, nor in Go */
    return X509_check_host(cert, w->host, 0,
                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                           NULL) == 1;
}

enum failure tls_verify_failure(long code)
{
    switch (code) {
    case X509_V_OK:
        return FAILURE_NONE;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return FAILURE_BAD_HOST;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
        return FAILURE_BAD_AUTHORITY;
    default:
        return FAILURE_BAD_CERT;
    }
}

static int chain_error(struct tls_watch *w, X509_STORE_CTX *ctx)
{
    int error = X509_V_OK;

    if (X509_verify_cert(ctx) != 1) {
        error = X509_STORE_CTX_get_error(ctx);
        if (error == X509_V_OK) {
            error = X509_V_ERR_UNSPECIFIED;
        }
        if (error == X509_V_ERR_OUT_OF_MEM) {
            w->no_memory = true;
        }
    }
    w->trusted = error == X509_V_OK;
    return error;
}

/* Takes the place of OpenSSL's verification. A chain may be wrong in several
 * ways and only one can be reported: first the leaf's validity period, then
 * its names, then the authority. */
static int on_verify(X509_STORE_CTX *ctx, void *arg)
{
    struct tls_watch *w = arg;
    X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
    unsigned long memory = memory_failures();
    int error = X509_V_OK;

    keep_chain(w, X509_STORE_CTX_get0_untrusted(ctx), leaf);
    if (w->any_cert) {
        if (within_validity(leaf)) {
            /* for what it notes in w; any certificate will do */
            (void)chain_error(w, ctx);
        }
    } else if (!within_validity(leaf)) {
        w->cert_failure = failure_text(FAILURE_BAD_CERT);
        error = X509_V_ERR_CERT_HAS_EXPIRED;
    } else if (!is_for_host(w, leaf)) {
        w->cert_failure = failure_text(FAILURE_BAD_HOST);
        error = X509_V_ERR_HOSTNAME_MISMATCH;
    } else {
        error = chain_error(w, ctx);
        if (error != X509_V_OK) {
            w->cert_failure = failure_text(tls_verify_failure(error));
        }
    }
    if (memory_failures() != memory) {
        w->no_memory = true; /* whatever was found */
    }
    X509_STORE_CTX_set_error(ctx, error);
    return error == X509_V_OK;
}

/* ---- events ------------------------------------------------------------- */

static long on_bio(BIO *bio, int oper, const char *argp, size_t len, int argi,
                   long argl, int ret, size_t *processed)
{
    struct tls_watch *w = (struct tls_watch *)BIO_get_callback_arg(bio);
    size_t n = processed ? *processed : 0;

    (void)argp;
    (void)argi;
    (void)argl;
    if (oper == BIO_CB_READ && !w->on_want(w->arg)) {
        /* OpenSSL reads tickets, key updates and alerts on and on for as long
         * as the peer sends them: one site would stop all others */
        BIO_set_retry_read(bio);
        return -1;
    }
    if (oper == (BIO_CB_READ | BIO_CB_RETURN)) {
        if (ret > 0 && n > 0) {
            w->on_io(w->arg, false, n);
        } else if (ret <= 0 && len > 0 && !BIO_should_retry(bio)) {
            w->eof = true;
        }
    } else if (oper == (BIO_CB_WRITE | BIO_CB_RETURN)) {
        if (ret > 0 && n > 0) {
            w->on_io(w->arg, true, n);
        }
    }
    return ret;
}

static void on_handshake_start(struct tls_watch *w, const SSL *ssl)
{
    BIO *bio = SSL_get_rbio(ssl);

    w->started = true;
    if (bio) {
        BIO_set_callback_arg(bio, (char *)w);
        BIO_set_callback_ex(bio, on_bio);
    }
    w->on_start(w->arg);
}

static void on_handshake_done(struct tls_watch *w, const SSL *ssl)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    const char *name = cipher ? SSL_CIPHER_standard_name(cipher) : NULL;
    const unsigned char *alpn = NULL;
    unsigned alpn_len = 0;

    w->done = true;
    w->version = SSL_get_version(ssl);
    w->cipher = name ? name : "";
    SSL_get0_alpn_selected(ssl, &alpn, &alpn_len);
    if (alpn_len > 0) {
        w->alpn = region_strndup(w->region, (const char *)alpn, alpn_len);
        if (!w->alpn) {
            w->no_memory = true;
        }
    }
    w->on_done(w->arg);
}

/* The error queue is still full here and is emptied by libcurl right after. */
static void note_error(struct tls_watch *w)
{
    unsigned long code = ERR_peek_error();

    if (code == 0 || w->error) {
        return;
    }
    int reason = ERR_GET_REASON(code);
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        w->eof = true;
        return;
    }
    if (ERR_GET_LIB(code) == ERR_LIB_SYS) {
        return;
    }
    if (reason == ERR_R_MALLOC_FAILURE) {
        w->no_memory = true;
        return;
    }
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST) {
        w->error = failure_text(FAILURE_NO_TLS);
        return;
    }
    const char *text = ERR_reason_error_string(code);
    w->error = region_printf(w->region, FAILURE_UNKNOWN_TEXT ": tls: %s",
                             text ? text : "malformed handshake");
}

static void on_info(const SSL *ssl, int where, int ret)
{
    struct tls_watch *w = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if (where == SSL_CB_HANDSHAKE_START && !w->started) {
        on_handshake_start(w, ssl);
    } else if (where == SSL_CB_HANDSHAKE_DONE && !w->done) {
        on_handshake_done(w, ssl);
    } else if (where == SSL_CB_READ_ALERT && (ret >> 8) == SSL3_AL_FATAL) {
        if (!w->alert_failure) {
            w->alert_failure = failure_from_alert(ret & 0xff);
        }
    } else if (where == SSL_CB_CONNECT_EXIT && ret <= 0) {
        note_error(w);
    }
    if (*w->version == '\0' && (where & SSL_CB_CONNECT_LOOP) &&
        SSL_get_current_cipher(ssl)) {
        w->version = SSL_get_version(ssl);
    }
}

enum err tls_watch_attach(struct tls_store *store, void *ssl_ctx,
                          struct tls_watch *w)
{
    SSL_CTX *ctx = ssl_ctx;

    w->version = w->cipher = w->alpn = "";
    if (X509_STORE_up_ref(store->x509) != 1) {
        return ERR_INTERNAL;
    }
    SSL_CTX_set_cert_store(ctx, store->x509);
    SSL_CTX_set_cert_verify_callback(ctx, on_verify, w);
    if (SSL_CTX_set_app_data(ctx, w) != 1) {
        return ERR_NOMEM;
    }
    SSL_CTX_set_info_callback(ctx, on_info);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    /* Go accepts what Debian's stricter default would call a failure of the
     * site: keys of 1024 bits. */
    SSL_CTX_set_security_level(ctx, 1);
    return ERR_OK;
}

const char *tls_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
