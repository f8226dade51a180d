// SPDX-License-Identifier: Apache-2.0
/* A certificate authority of one run, and certificates good and odd. */
#include "hostile.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN 100

static EVP_PKEY *ca_key, *leaf_key, *odd_key;
static X509 *ca_cert;
static X509 *chain[CHAIN]; /* each signed by the next; the last by the CA */
static EVP_PKEY *chain_key;

static EVP_PKEY *key_on(const char *curve)
{
    return EVP_EC_gen(curve);
}

static bool add_ext(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = ext && X509_add_ext(cert, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return ok;
}

/* An extension nobody knows, of any size. */
static bool add_ballast(X509 *cert, size_t n)
{
    unsigned char *p = malloc(n);
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1);
    X509_EXTENSION *ext = NULL;
    bool ok = p && s && oid;

    if (ok) {
        fill(p, n, 7);
        ok = ASN1_OCTET_STRING_set(s, p, (int)n) == 1;
    }
    if (ok) {
        ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, s);
    }
    ok = ext && X509_add_ext(cert, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    ASN1_OBJECT_free(oid);
    ASN1_OCTET_STRING_free(s);
    free(p);
    return ok;
}

/* subjectAltName `name` NUL `.evil.example`. */
static bool add_nul_name(X509 *cert, const char *name)
{
    char text[300];
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *gn = GENERAL_NAME_new();
    ASN1_IA5STRING *ia5 = ASN1_IA5STRING_new();
    int n = snprintf(text, sizeof(text), "%s%c.evil.example", name, 0);

    ASN1_STRING_set(ia5, text, n);
    GENERAL_NAME_set0_value(gn, GEN_DNS, ia5);
    sk_GENERAL_NAME_push(names, gn);
    bool ok = X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1;
    GENERAL_NAMES_free(names);
    return ok;
}

static X509 *cert_new(const char *cn, EVP_PKEY *key, X509 *issuer,
                      EVP_PKEY *signer, bool authority, enum cert_kind kind)
{
    static long serial = 1000;
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    char san[300];
    bool ok;

    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert),
                     __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED));
    X509_gmtime_adj(X509_getm_notBefore(cert), -86400);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * 30);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)(authority ? cn : "site"),
                               -1, -1, 0);
    X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : name);
    X509_set_pubkey(cert, key);
    if (authority) {
        ok = add_ext(cert, issuer ? issuer : cert, NID_basic_constraints,
                     "critical,CA:TRUE");
    } else if (kind == CERT_NUL_NAME) {
        ok = add_nul_name(cert, cn);
    } else {
        snprintf(san, sizeof(san), "DNS:%s", cn);
        ok = add_ext(cert, issuer, NID_subject_alt_name, san);
    }
    if (kind == CERT_64K) {
        ok = ok && add_ballast(cert, 65536);
    }
    if (kind == CERT_1M) {
        ok = ok && add_ballast(cert, 1000000);
    }
    if (!ok || X509_sign(cert, signer, EVP_sha256()) == 0) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

static bool make_chain(void)
{
    X509 *issuer = ca_cert;
    EVP_PKEY *signer = ca_key;
    char cn[40];

    chain_key = key_on("P-256");
    for (int i = CHAIN - 1; i >= 0; i--) {
        snprintf(cn, sizeof(cn), "Intermediate %d", i);
        chain[i] = cert_new(cn, chain_key, issuer, signer, true, CERT_GOOD);
        if (!chain[i]) {
            return false;
        }
        issuer = chain[i];
        signer = chain_key;
    }
    return true;
}

bool certs_make(const char *ca_file)
{
    FILE *f = fopen(ca_file, "w");
    bool ok = f;

    ca_key = key_on("P-256");
    leaf_key = key_on("P-256");
    odd_key = key_on("secp256k1");
    ca_cert = cert_new("Hostile CA", ca_key, NULL, ca_key, true, CERT_GOOD);
    ok = ok && ca_cert && PEM_write_X509(f, ca_cert) == 1 && make_chain();
    if (f) {
        ok = fclose(f) == 0 && ok;
    }
    return ok;
}

bool cert_use(SSL_CTX *ctx, const char *name, enum cert_kind kind)
{
    X509 *issuer = kind == CERT_CHAIN_100 ? chain[0] : ca_cert;
    EVP_PKEY *signer = kind == CERT_CHAIN_100 ? chain_key : ca_key;
    EVP_PKEY *key = kind == CERT_SECP256K1 ? odd_key : leaf_key;
    X509 *cert = cert_new(name, key, issuer, signer, false, kind);
    bool ok = cert && SSL_CTX_use_certificate(ctx, cert) == 1 &&
              SSL_CTX_use_PrivateKey(ctx, key) == 1;

    X509_free(cert);
    for (int i = 0; ok && kind == CERT_CHAIN_100 && i < CHAIN; i++) {
        ok = SSL_CTX_add1_chain_cert(ctx, chain[i]) == 1;
    }
    return ok;
}

static int on_server_name(SSL *ssl, int *alert, void *arg)
{
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    X509 *cert = cert_new(name ? name : DOMAIN, leaf_key, ca_cert, ca_key,
                          false, CERT_GOOD);
    bool ok = cert && SSL_use_certificate(ssl, cert) == 1 &&
              SSL_use_PrivateKey(ssl, leaf_key) == 1;

    (void)arg;
    X509_free(cert);
    *alert = SSL_AD_INTERNAL_ERROR;
    return ok ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
                   const unsigned char *in, unsigned inlen, void *arg)
{
    const char *want = arg;
    unsigned char *got;

    (void)ssl;
    if (SSL_select_next_proto(&got, outlen, (const unsigned char *)want,
                              (unsigned)strlen(want), in,
                              inlen) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = got;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *tls_context(bool h2)
{
    static char alpn_h2[] = "\x02h2", alpn_h1[] = "\x08http/1.1";
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (!ctx) {
        return NULL;
    }
    SSL_CTX_set_tlsext_servername_callback(ctx, on_server_name);
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, h2 ? alpn_h2 : alpn_h1);
    SSL_CTX_set_security_level(ctx, 0);
    return ctx;
}

bool tls_accept(struct conn *c, SSL_CTX *ctx)
{
    c->ssl = SSL_new(ctx);
    return c->ssl && SSL_set_fd(c->ssl, c->fd) == 1 && SSL_accept(c->ssl) == 1;
}
