// SPDX-License-Identifier: Apache-2.0
#include "certs.h"

#include "util.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY 86400L

struct ca {
    EVP_PKEY *key;
    X509 *cert;
};

static void must(bool ok)
{
    if (!ok) {
        lab_fail("OpenSSL: %s", ERR_error_string(ERR_get_error(), NULL));
    }
}

static void extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(e && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
}

static void add_name(X509_NAME *n, const char *field, const char *value)
{
    must(X509_NAME_add_entry_by_txt(n, field, MBSTRING_UTF8,
                                    (const unsigned char *)value, -1, -1,
                                    0) == 1);
}

// `from` and `until` in seconds from now.
static X509 *blank(EVP_PKEY *key, const char *name, long from, long until)
{
    X509 *x = X509_new();
    must(x && X509_set_version(x, 2) == 1);
    unsigned char serial[16];
    must(RAND_bytes(serial, sizeof(serial)) == 1);
    serial[0] &= 0x7f;
    BIGNUM *bn = BN_bin2bn(serial, sizeof(serial), NULL);
    must(bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)));
    BN_free(bn);
    time_t now = time(NULL);
    must(X509_time_adj(X509_getm_notBefore(x), from, &now) &&
         X509_time_adj(X509_getm_notAfter(x), until, &now));
    must(X509_set_pubkey(x, key) == 1);
    // A common name may have 64 characters; the name that counts is the
    // subjectAltName.
    char cn[65];
    strncpy(cn, name, 64);
    cn[64] = 0;
    add_name(X509_get_subject_name(x), "CN", cn);
    return x;
}

static struct ca ca_new(const char *name)
{
    struct ca ca = {.key = EVP_EC_gen("P-256")};
    must(ca.key);
    ca.cert = blank(ca.key, name, -DAY * 4000, DAY * 3650);
    add_name(X509_get_subject_name(ca.cert), "O", "Parallax lab");
    must(X509_set_issuer_name(ca.cert, X509_get_subject_name(ca.cert)) == 1);
    extension(ca.cert, ca.cert, NID_basic_constraints, "critical,CA:TRUE");
    extension(ca.cert, ca.cert, NID_key_usage, "critical,keyCertSign,cRLSign");
    extension(ca.cert, ca.cert, NID_subject_key_identifier, "hash");
    must(X509_sign(ca.cert, ca.key, EVP_sha256()) > 0);
    return ca;
}

// `alt` as OpenSSL's configuration has it ("DNS:a,DNS:b"). A NULL `ca`
// makes it sign itself.
static X509 *leaf_new(const struct ca *ca, EVP_PKEY *key, const char *cn,
                      const char *alt, long from, long until)
{
    X509 *x = blank(key, cn, from, until);
    X509 *issuer = ca ? ca->cert : x;
    must(X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1);
    extension(x, issuer, NID_basic_constraints, "critical,CA:FALSE");
    extension(x, issuer, NID_ext_key_usage, "serverAuth");
    extension(x, issuer, NID_subject_alt_name, alt);
    if (ca) {
        extension(x, issuer, NID_authority_key_identifier, "keyid");
    }
    must(X509_sign(x, ca ? ca->key : key, EVP_sha256()) > 0);
    return x;
}

static void write_bio(const char *path, BIO *b)
{
    char *p;
    long n = BIO_get_mem_data(b, &p);
    lab_file_write(path, p, (size_t)n);
    BIO_free(b);
}

static void write_chain(const char *path, X509 *leaf, X509 *ca)
{
    BIO *b = BIO_new(BIO_s_mem());
    must(b && PEM_write_bio_X509(b, leaf) == 1);
    must(!ca || PEM_write_bio_X509(b, ca) == 1);
    write_bio(path, b);
}

static void write_key(const char *path, EVP_PKEY *key)
{
    BIO *b = BIO_new(BIO_s_mem());
    must(b && PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL));
    write_bio(path, b);
}

static char *mitm_path(const char *dir, bool trusted)
{
    return lab_printf("%s/certs/mitm-%s.pem", dir,
                      trusted ? "trusted" : "untrusted");
}

// What an interceptor signs with. One that volunteers trust has been put into
// their store: it stands in ca.pem beside the world's.
static void write_mitm(const struct lab_conf *c, const char *dir,
                       const struct ca *good)
{
    bool wanted[2] = {false, false};
    for (size_t i = 0; i < c->rules; i++) {
        if (c->rule[i].act == LAB_MITM) {
            wanted[c->rule[i].trusted] = true;
        }
    }
    for (int trusted = 0; trusted < 2; trusted++) {
        if (!wanted[trusted]) {
            continue;
        }
        struct ca ca = ca_new(trusted ? "Middlebox CA" : "Middlebox's own CA");
        BIO *b = BIO_new(BIO_s_mem());
        must(b && PEM_write_bio_X509(b, ca.cert) == 1);
        must(PEM_write_bio_PrivateKey(b, ca.key, NULL, NULL, 0, NULL, NULL));
        char *path = mitm_path(dir, trusted);
        write_bio(path, b);
        free(path);
        if (trusted) {
            path = lab_printf("%s/ca.pem", dir);
            write_chain(path, good->cert, ca.cert);
            free(path);
        }
        EVP_PKEY_free(ca.key);
        X509_free(ca.cert);
    }
}

bool lab_certs_forge(const char *dir, bool trusted, const char *name,
                     SSL_CTX *ctx)
{
    char *path = mitm_path(dir, trusted);
    BIO *b = BIO_new_file(path, "r");
    free(path);
    struct ca ca = {0};
    must(b);
    ca.cert = PEM_read_bio_X509(b, NULL, NULL, NULL);
    ca.key = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);
    BIO_free(b);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(ca.cert && ca.key && key);
    unsigned char addr[4];
    bool numeric = inet_pton(AF_INET, name, addr) == 1;
    // A name comes off the wire: it must not be more than a name.
    bool ok =
        name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_")] == 0;
    if (ok) {
        char *alt = lab_printf("%s:%s", numeric ? "IP" : "DNS", name);
        X509 *x = leaf_new(&ca, key, name, alt, -DAY * 30, DAY * 365);
        ok = SSL_CTX_use_certificate(ctx, x) == 1 &&
             SSL_CTX_use_PrivateKey(ctx, key) == 1 &&
             SSL_CTX_add1_chain_cert(ctx, ca.cert) == 1;
        X509_free(x);
        free(alt);
    }
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca.key);
    X509_free(ca.cert);
    return ok;
}

// An untrusted certificate names the other sites too: a server that is asked
// for any of them (badssl.com's for the name of a hijacked site) shows one for
// it, and the authority is all that is wrong.
static void add_others(struct lab_str *alt, const struct lab_conf *c,
                       const struct lab_host *h)
{
    int left = 64;
    for (size_t i = 0; i < c->hosts && left > 0; i++) {
        const struct lab_host *other = &c->host[i];
        if (other != h && other->own && !other->no_dns) {
            lab_str_fmt(alt, ",DNS:%s", other->name);
            left--;
        }
    }
}

static void write_host(const struct lab_conf *c, const struct lab_host *h,
                       const char *dir, EVP_PKEY *key, const struct ca *good,
                       const struct ca *bad)
{
    const char *name = h->name;
    char *wrong = NULL;
    const struct ca *ca = good;
    long from = -DAY * 30;
    long until = DAY * 365;
    if (h->cert == LAB_CERT_EXPIRED) {
        from = -DAY * 3400;
        until = -DAY * 3300;
    } else if (h->cert == LAB_CERT_UNTRUSTED) {
        ca = bad;
    } else if (h->cert == LAB_CERT_SELF_SIGNED) {
        ca = NULL;
    } else if (h->cert == LAB_CERT_WRONG_NAME) {
        // wrong.host.x gets one for wrong-host.x
        wrong = lab_strdup(name);
        char *dot = strchr(wrong, '.');
        if (dot) {
            *dot = '-';
        }
        name = wrong;
    }
    struct lab_str alt = {0};
    lab_str_fmt(&alt, "%s:%s", h->no_dns ? "IP" : "DNS", name);
    if (ca == bad) {
        add_others(&alt, c, h);
    }
    X509 *x = leaf_new(ca, key, name, alt.p, from, until);
    char *path = lab_printf("%s/certs/%s.pem", dir, h->name);
    write_chain(path, x, ca ? ca->cert : NULL);
    X509_free(x);
    free(path);
    lab_str_fini(&alt);
    free(wrong);
}

static void write_doh(const struct lab_conf *c, const char *dir, EVP_PKEY *key,
                      const struct ca *good)
{
    struct lab_str alt = {0};
    for (size_t i = 0; i < c->resolvers; i++) {
        char text[16];
        lab_str_fmt(&alt, "%sIP:%s", alt.len ? "," : "",
                    lab_addr(c->resolver[i].addr, text));
        if (c->resolver[i].doh) {
            lab_str_fmt(&alt, ",DNS:%s", c->resolver[i].doh);
        }
    }
    if (alt.len) {
        X509 *x = leaf_new(good, key, "dns", alt.p, -DAY * 30, DAY * 365);
        char *path = lab_printf("%s/certs/doh.pem", dir);
        write_chain(path, x, good->cert);
        X509_free(x);
        free(path);
    }
    lab_str_fini(&alt);
}

void lab_certs_write(const struct lab_conf *c, const char *dir)
{
    struct ca good = ca_new("Lab CA");
    struct ca bad = ca_new("Nobody's CA");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(key);
    char *path = lab_printf("%s/certs", dir);
    lab_mkdir(path);
    free(path);
    path = lab_printf("%s/certs/leaf.key", dir);
    write_key(path, key);
    free(path);
    path = lab_printf("%s/ca.pem", dir);
    write_chain(path, good.cert, NULL);
    free(path);
    for (size_t i = 0; i < c->hosts; i++) {
        if (lab_host_has_tls(&c->host[i])) {
            write_host(c, &c->host[i], dir, key, &good, &bad);
        }
    }
    write_doh(c, dir, key, &good);
    write_mitm(c, dir, &good);
    EVP_PKEY_free(key);
    EVP_PKEY_free(good.key);
    EVP_PKEY_free(bad.key);
    X509_free(good.cert);
    X509_free(bad.cert);
}
