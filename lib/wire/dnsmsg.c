// SPDX-License-Identifier: Apache-2.0
/* DNS queries written, DNS messages read. */
#include "wire/dnsmsg.h"

#include "base/ascii.h"
#include "base/cur.h"
#include <stdio.h>
#include <string.h>

#define HEADER_LEN   12
#define NAME_TEXT    (DNS_NAME_MAX * 4 + 1) /* every byte escaped as \DDD */
#define QUERY_MAX    1024
#define FLAG_RD      0x0100u
#define FLAG_CD      0x0010u
#define EDNS_SIZE    4096
#define EDNS_DO      0x8000u
#define EDNS_SUBNET  8  /* RFC 7871 */
#define EDNS_PADDING 12 /* RFC 7830 */
#define CLASS_IN     1

/* ---- writing ------------------------------------------------------------- */

/* One byte of a name in text form, with \DDD and \X escapes. */
static bool name_byte(struct str *rest, uint8_t *byte, bool *dot)
{
    uint8_t c = (uint8_t)rest->p[0];
    size_t used = 1;
    *dot = c == '.';
    if (c == '\\') {
        if (rest->len >= 4 && ascii_isdigit(rest->p[1])) {
            int64_t v;
            if (str_to_i64(str_sub(*rest, 1, 3), 0, 255, &v) != ERR_OK) {
                return false;
            }
            c = (uint8_t)v;
            used = 4;
        } else if (rest->len >= 2 && !ascii_isdigit(rest->p[1])) {
            c = (uint8_t)rest->p[1];
            used = 2;
        } else {
            return false;
        }
    } else if (c <= ' ' || c >= 0x7f) {
        return false;
    }
    *byte = c;
    *rest = str_sub(*rest, used, rest->len);
    return true;
}

/* Encodes `name` at `out`; 0 if it cannot be. */
static size_t encode_name(const char *name, uint8_t out[DNS_NAME_MAX])
{
    struct str rest = str_c(name);
    size_t pos = 1, label = 0; /* out[label] holds the length of the label */
    if (str_eq_c(rest, ".")) {
        out[0] = 0;
        return 1;
    }
    if (rest.len == 0) {
        return 0;
    }
    while (rest.len > 0) {
        uint8_t c;
        bool dot;
        if (!name_byte(&rest, &c, &dot)) {
            return 0;
        }
        if (pos >= DNS_NAME_MAX) {
            return 0; /* no room for this byte and the root label */
        }
        if (!dot) {
            if (pos - label > 63) {
                return 0;
            }
            out[pos++] = c;
            continue;
        }
        if (pos - label == 1) {
            return 0; /* empty label */
        }
        out[label] = (uint8_t)(pos - label - 1);
        label = pos++;
    }
    if (pos - label > 1) { /* no trailing dot: close the last label */
        if (pos >= DNS_NAME_MAX) {
            return 0;
        }
        out[label] = (uint8_t)(pos - label - 1);
        label = pos++;
    }
    out[label] = 0;
    return pos;
}

static void add_no_subnet(struct buf *b, const struct dns_query_opts *o)
{
    if (o->no_subnet) {
        buf_add_u16(b, EDNS_SUBNET);
        buf_add_u16(b, 4);
        buf_add_u16(b, 1); /* IPv4 */
        buf_add_u16(b, 0); /* of which no bit is told */
    }
}

static void add_opt(struct buf *b, const struct dns_query_opts *o)
{
    size_t pad = 0, subnet = o->no_subnet ? 8 : 0;
    buf_add_byte(b, 0);
    buf_add_u16(b, DNS_OPT);
    buf_add_u16(b, EDNS_SIZE);
    buf_add_u32(b, o->dnssec_ok ? EDNS_DO : 0);
    if (o->pad_to == 0) {
        buf_add_u16(b, (uint16_t)subnet);
        add_no_subnet(b, o);
        return;
    }
    /* rdlength and the headers of the options */
    size_t bare = b->len + 2 + subnet + 4;
    if (bare % o->pad_to != 0) {
        pad = o->pad_to - bare % o->pad_to;
    }
    buf_add_u16(b, (uint16_t)(subnet + pad + 4));
    add_no_subnet(b, o);
    buf_add_u16(b, EDNS_PADDING);
    buf_add_u16(b, (uint16_t)pad);
    for (size_t i = 0; i < pad; i++) {
        buf_add_byte(b, 0);
    }
}

enum err dnsmsg_query(struct buf *out, uint16_t id, const char *name,
                      uint16_t type, const struct dns_query_opts *o)
{
    static const struct dns_query_opts plain = {0};
    uint8_t wire[DNS_NAME_MAX];
    struct buf b;
    size_t name_len = encode_name(name, wire);
    if (!o) {
        o = &plain;
    }
    if (name_len == 0 || o->pad_to > 512) {
        return ERR_INVAL;
    }
    bool edns = o->edns || o->dnssec_ok || o->no_subnet || o->pad_to > 0;
    buf_init(&b, QUERY_MAX);
    buf_add_u16(&b, id);
    buf_add_u16(&b, (uint16_t)(FLAG_RD | (o->unchecked ? FLAG_CD : 0)));
    buf_add_u16(&b, 1);
    buf_add_u16(&b, 0);
    buf_add_u16(&b, 0);
    buf_add_u16(&b, edns ? 1 : 0);
    buf_add(&b, wire, name_len);
    buf_add_u16(&b, type);
    buf_add_u16(&b, CLASS_IN);
    if (edns) {
        add_opt(&b, o);
    }
    enum err e = b.failed;
    if (!e) {
        e = buf_add(out, b.p, b.len);
    }
    buf_fini(&b);
    return e;
}

/* ---- reading ------------------------------------------------------------- */

static size_t put_byte(char *text, size_t n, uint8_t c)
{
    if (c > ' ' && c < 0x7f && c != '.' && c != '\\') {
        text[n] = ascii_lower((char)c);
        return n + 1;
    }
    text[n] = '\\';
    text[n + 1] = (char)('0' + c / 100);
    text[n + 2] = (char)('0' + c / 10 % 10);
    text[n + 3] = (char)('0' + c % 10);
    return n + 4;
}

/* Reads the name at c->pos (which moves past it) into `text`. Pointers must
 * lead to before the part that holds them, so a loop cannot be built. */
static bool read_name(struct cur *c, char text[NAME_TEXT], size_t *text_len)
{
    struct cur at = *c;
    size_t wire_len = 1, n = 0, part_start = c->pos;
    unsigned hops = 0;
    for (;;) {
        uint8_t len = cur_u8(&at);
        if (at.bad) {
            return false;
        }
        if (len == 0) {
            break;
        }
        if ((len & 0xc0) == 0xc0) {
            size_t target = (size_t)(len & 0x3f) << 8 | cur_u8(&at);
            if (at.bad || target >= part_start || ++hops > DNSMSG_MAX_HOPS) {
                return false;
            }
            if (hops == 1) {
                c->pos = at.pos;
            }
            at.pos = part_start = target;
            continue;
        }
        if (len & 0xc0) {
            return false;
        }
        struct str label = cur_bytes(&at, len);
        wire_len += (size_t)len + 1;
        if (at.bad || wire_len > DNS_NAME_MAX) {
            return false;
        }
        if (n > 0) {
            text[n++] = '.';
        }
        for (size_t i = 0; i < label.len; i++) {
            n = put_byte(text, n, (uint8_t)label.p[i]);
        }
    }
    if (hops == 0) {
        c->pos = at.pos;
    }
    text[n] = '\0';
    *text_len = n;
    return true;
}

struct parser {
    struct region *r;
    struct cur c;
    struct dns_msg m;
    struct diag *d;
    uint16_t rcode_ext;
};

static enum err fail(struct parser *p, size_t at, const char *what)
{
    return diag_set(p->d, ERR_PARSE, "DNS message: %s at byte %zu", what, at);
}

static enum err take_name(struct parser *p, struct cur *c, const char **out)
{
    char text[NAME_TEXT];
    size_t len, at = c->pos;
    if (!read_name(c, text, &len)) {
        return fail(p, at, "bad name");
    }
    *out = region_strndup(p->r, text, len);
    return *out ? ERR_OK : ERR_NOMEM;
}

static enum err read_questions(struct parser *p)
{
    p->m.qname = "";
    for (unsigned i = 0; i < p->m.qdcount; i++) {
        const char *name = "";
        enum err e = take_name(p, &p->c, &name);
        if (e) {
            return e;
        }
        uint16_t type = cur_u16(&p->c), cls = cur_u16(&p->c);
        if (p->c.bad) {
            return fail(p, p->c.pos, "question is cut short");
        }
        if (i == 0) {
            p->m.qname = name;
            p->m.qtype = type;
            p->m.qclass = cls;
        }
    }
    return ERR_OK;
}

static enum err read_rdata(struct parser *p, struct dns_rr *rr, size_t at)
{
    if (rr->cls != CLASS_IN) {
        return ERR_OK;
    }
    if (rr->type == DNS_A || rr->type == DNS_AAAA) {
        size_t want = rr->type == DNS_A ? 4 : 16;
        if (rr->rdata.len != want) {
            return fail(p, at, "address of a wrong length");
        }
        rr->ip.family = rr->type == DNS_A ? 4 : 6;
        memcpy(rr->ip.b, rr->rdata.p, want);
    } else if (rr->type == DNS_CNAME || rr->type == DNS_NS) {
        /* The cursor sees the whole message: names may point backwards. */
        struct cur c = cur_of(p->c.p, p->c.len);
        c.pos = at;
        enum err e = take_name(p, &c, &rr->target);
        if (e) {
            return e;
        }
        if (c.pos != at + rr->rdata.len) {
            return fail(p, at, "name does not fill its record");
        }
    }
    return ERR_OK;
}

static void read_edns(struct parser *p, const struct dns_rr *rr)
{
    if (p->m.edns) {
        return;
    }
    p->m.edns = true;
    p->m.edns_size = rr->cls;
    p->rcode_ext = (uint16_t)(rr->ttl >> 24);
}

static enum err read_rr(struct parser *p, struct dns_rr *rr, bool answer)
{
    size_t start = p->c.pos;
    char text[NAME_TEXT];
    size_t len;
    memset(rr, 0, sizeof(*rr));
    if (!read_name(&p->c, text, &len)) {
        return fail(p, start, "bad name");
    }
    rr->type = cur_u16(&p->c);
    rr->cls = cur_u16(&p->c);
    rr->ttl = cur_u32(&p->c);
    uint16_t rdlength = cur_u16(&p->c);
    size_t at = p->c.pos;
    rr->rdata = cur_bytes(&p->c, rdlength);
    if (p->c.bad) {
        return fail(p, start, "record is cut short");
    }
    if (!answer) {
        if (rr->type == DNS_OPT && len == 0) {
            read_edns(p, rr);
        }
        return ERR_OK;
    }
    rr->name = region_strndup(p->r, text, len);
    return rr->name ? read_rdata(p, rr, at) : ERR_NOMEM;
}

static enum err read_sections(struct parser *p, uint16_t an, unsigned others)
{
    if (an > DNSMSG_MAX_RRS) {
        return diag_set(p->d, ERR_LIMIT,
                        "DNS message: %u answers, at most %d are read", an,
                        DNSMSG_MAX_RRS);
    }
    /* A record takes at least 11 bytes: never allocate for a mere claim. */
    size_t room = cur_left(&p->c) / 11;
    if (an > 0 && room > 0) {
        p->m.answers =
            region_calloc(p->r, an < room ? an : room, sizeof(*p->m.answers));
        if (!p->m.answers) {
            return ERR_NOMEM;
        }
    }
    for (unsigned i = 0; i < an; i++) {
        /* What a truncated answer lacks is asked for again over TCP. */
        if (p->m.tc && cur_left(&p->c) == 0) {
            return ERR_OK;
        }
        if (i >= room) {
            return fail(p, p->c.pos, "record is cut short");
        }
        enum err e = read_rr(p, &p->m.answers[i], true);
        if (e) {
            return e;
        }
        p->m.n_answers++;
    }
    for (unsigned i = 0; i < others; i++) {
        struct dns_rr rr;
        if (p->m.tc && cur_left(&p->c) == 0) {
            return ERR_OK;
        }
        enum err e = read_rr(p, &rr, false);
        if (e) {
            return e;
        }
    }
    return ERR_OK;
}

enum err dnsmsg_parse(struct region *r, struct str msg, struct dns_msg *out,
                      struct diag *d)
{
    struct parser p = {.r = r, .c = cur_of(msg.p, msg.len), .d = d};
    p.m.id = cur_u16(&p.c);
    uint16_t flags = cur_u16(&p.c);
    p.m.qdcount = cur_u16(&p.c);
    uint16_t an = cur_u16(&p.c);
    unsigned others = cur_u16(&p.c);
    others += cur_u16(&p.c);
    if (p.c.bad) {
        return diag_set(d, ERR_PARSE,
                        "DNS message: %zu bytes, the header alone has %d",
                        msg.len, HEADER_LEN);
    }
    p.m.qr = flags & 0x8000;
    p.m.opcode = (uint8_t)(flags >> 11 & 15);
    p.m.aa = flags & 0x0400;
    p.m.tc = flags & 0x0200;
    p.m.rd = flags & 0x0100;
    p.m.ra = flags & 0x0080;
    p.m.ad = flags & 0x0020;
    enum err e = read_questions(&p);
    if (!e) {
        e = read_sections(&p, an, others);
    }
    if (e) {
        return e;
    }
    p.m.rcode = (uint16_t)(p.rcode_ext << 4 | (flags & 15));
    *out = p.m;
    return ERR_OK;
}

const char *dnsmsg_type_name(uint16_t type)
{
    static _Thread_local char other[12];
    switch (type) {
    case DNS_A:
        return "A";
    case DNS_NS:
        return "NS";
    case DNS_CNAME:
        return "CNAME";
    case DNS_SOA:
        return "SOA";
    case DNS_TXT:
        return "TXT";
    case DNS_AAAA:
        return "AAAA";
    case DNS_OPT:
        return "OPT";
    case DNS_HTTPS:
        return "HTTPS";
    case DNS_ANY:
        return "ANY";
    default:
        snprintf(other, sizeof(other), "TYPE%u", type);
        return other;
    }
}
