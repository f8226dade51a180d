// SPDX-License-Identifier: Apache-2.0
#include "truth.h"

#include "six.h"
#include "util.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct lab_truth {
    FILE *f;
    int64_t start;
    const struct lab_conf *c;
};

void lab_truth_conf(struct lab_truth *t, const struct lab_conf *c)
{
    t->c = c;
}

struct lab_truth *lab_truth_open(const char *path)
{
    struct lab_truth *t = lab_alloc(1, sizeof(*t));
    t->f = fopen(path, "we");
    if (!t->f) {
        lab_fail("%s: %s", path, strerror(errno));
    }
    t->start = lab_now_us();
    return t;
}

void lab_truth_flush(struct lab_truth *t)
{
    fflush(t->f);
}

void lab_truth_close(struct lab_truth *t)
{
    fclose(t->f);
    free(t);
}

static void put_string(FILE *f, const char *key, const char *s)
{
    fprintf(f, ",\"%s\":\"", key);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            fprintf(f, "\\%c", c);
        } else if (c < 0x20 || c >= 0x7f) {
            fprintf(f, "\\u%04x", c);
        } else {
            fputc(c, f);
        }
    }
    fputc('"', f);
}

static void put_flags(FILE *f, uint8_t flags)
{
    static const char letter[] = "FSRPA";
    char text[6];
    size_t n = 0;
    for (size_t i = 0; i < 5; i++) {
        if (flags & 1u << i) {
            text[n++] = letter[i];
        }
    }
    text[n] = 0;
    put_string(f, "flags", text);
}

// The address of one end as the volunteer knows it.
static void put_end(const struct lab_truth *t, const char *key, uint32_t addr,
                    uint32_t peer)
{
    char text[46];
    uint8_t six[16];
    int i = t->c ? lab_six_shadow(t->c, addr) : -1;
    int other = t->c && i < 0 ? lab_six_shadow(t->c, peer) : -1;
    if (i >= 0) {
        lab_six_text(t->c->volunteer[i].addr6, text);
    } else if (other >= 0) {
        lab_six_server(t->c, other, addr, six);
        lab_six_text(six, text);
    } else {
        lab_addr(addr, text);
    }
    put_string(t->f, key, text);
}

// Ports are TCP's and UDP's; ICMP has a type and a code.
static void put_packet(const struct lab_truth *t, const struct lab_packet *p)
{
    FILE *f = t->f;
    bool icmp = p->proto == IPPROTO_ICMP;
    bool six = t->c && (lab_six_shadow(t->c, p->src) >= 0 ||
                        lab_six_shadow(t->c, p->dst) >= 0);
    uint8_t type = p->type;
    uint8_t code = p->code;
    put_string(f, "proto",
               p->proto == IPPROTO_TCP   ? "tcp"
               : p->proto == IPPROTO_UDP ? "udp"
               : !icmp                   ? "other"
               : six                     ? "icmpv6"
                                         : "icmp");
    put_end(t, "src", p->src, p->dst);
    if (!icmp) {
        fprintf(f, ",\"sport\":%u", p->sport);
    }
    put_end(t, "dst", p->dst, p->src);
    if (!icmp) {
        fprintf(f, ",\"dport\":%u", p->dport);
    } else if (!six || lab_six_error(&type, &code)) {
        fprintf(f, ",\"type\":%u,\"code\":%u", type, code);
    }
    fprintf(f, ",\"ttl\":%u", p->ttl);
    if (p->proto == IPPROTO_TCP) {
        put_flags(f, p->flags);
    }
    fprintf(f, ",\"len\":%zu", p->len);
}

void lab_truth_add(struct lab_truth *t, const char *action,
                   const struct lab_where *where, const char *why,
                   const char *name, const char *to, int volunteer,
                   const struct lab_packet *p)
{
    FILE *f = t->f;
    struct timespec now;
    struct tm tm;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    fprintf(f, "{\"time\":\"%s.%06ldZ\",\"t\":%.6f", text, now.tv_nsec / 1000,
            (double)(lab_now_us() - t->start) / 1e6);
    put_string(f, "action", action);
    if (where) {
        char *at = lab_printf("%s:%d", where->file, where->line);
        put_string(f, "rule", where->text);
        put_string(f, "at", at);
        free(at);
    }
    if (why) {
        put_string(f, "why", why);
    }
    if (name) {
        put_string(f, "name", name);
    }
    if (to) {
        put_string(f, "to", to);
    }
    fprintf(f, ",\"volunteer\":%d", volunteer);
    put_packet(t, p);
    fprintf(f, "}\n");
}
