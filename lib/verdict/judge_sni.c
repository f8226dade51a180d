// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge_sni.h"
#include "verdict/pagediff.h"
#include "verdict/read/field.h"
#include <stdio.h>

#define MAX_SIDES 64
#define MIN_SIDES 3    /* transfers of each kind: one or two may be chance */
#define MIN_SHUT  2    /* without the name, that get through no handshake */
#define FACTOR    3    /* less than so many times slower may be congestion */
#define SLOW_S    1.0  /* what is done sooner is not slow */
#define SILENT_S  2.0  /* without a byte: it has fallen silent */
#define SPREAD    4096 /* a freeze comes after as many bytes, give or take */

/* One kind of transfer, with the name or without. */
struct side {
    size_t n, ok, cut;
    size_t secured;          /* got through the handshake */
    size_t shut;             /* cut off before it was over */
    size_t unanswered;       /* so, or not even connected */
    size_t reset;            /* of those cut off: not by silence */
    size_t early;            /* by silence before the handshake was over */
    size_t alerted;          /* the handshake was refused by an alert */
    size_t genuine;          /* the certificate that the control was shown */
    size_t silent;           /* of those cut off: nothing came any more */
    int64_t least, most;     /* bytes that these had received */
    size_t untrusted;        /* a certificate of nobody's */
    size_t trusted;          /* of an authority's, whoever it is for */
    int64_t status;          /* of those that have one; -1: not all the same */
    double fastest, slowest; /* bytes a second, of those that ended well */
    double quickest;         /* seconds, of the same */
};

struct transfer {
    struct str address; /* and port */
    bool named;
    struct str other; /* this name stood in the handshake instead */
    bool truncated;   /* by us: it ended well */
    bool trusted;
    struct outcome result;
    double connected, secured, last, t;
    int64_t status, bytes, received, id;
    struct str leaf; /* SHA-256 of the certificate */
};

static enum err read_one(const struct json *n, struct at at,
                         struct transfer *out, struct diag *d)
{
    *out = (struct transfer){.named = false};
    if (!json_is_obj(n)) {
        return field_fail(at, "want an object", d);
    }
#define GET(fn, name, to)                                                      \
    if (!e) {                                                                  \
        at.key = name;                                                         \
        e = fn(json_get(n, name), at, to, d);                                  \
    }
    enum err e = ERR_OK;
    GET(field_str, "address", &out->address)
    GET(field_bool, "named", &out->named)
    GET(field_str, "other_name", &out->other)
    GET(field_outcome, "failure", &out->result)
    GET(field_num, "connected", &out->connected)
    GET(field_num, "secured", &out->secured)
    GET(field_num, "last", &out->last)
    GET(field_num, "t", &out->t)
    GET(field_i64, "status", &out->status)
    GET(field_i64, "bytes", &out->bytes)
    GET(field_i64, "received", &out->received)
    GET(field_str, "certificate", &out->leaf)
    GET(field_bool, "truncated", &out->truncated)
    GET(field_bool, "trusted", &out->trusted)
    GET(field_i64, "transaction_id", &out->id)
#undef GET
    return e;
}

/* The control's page by its length, as far as it was read, and by its status.
 * Who leaves the name out may meet another server behind the same address. */
static bool is_page(const struct transfer *t, const struct vcontrol *control)
{
    double got = (double)t->bytes, all = (double)control->body_length;
    if (got * PAGEDIFF_SAME > all) {
        return false;
    }
    return !outcome_ok(t->result) ||
           (t->status == control->status && t->status / 100 == 2 &&
            (t->truncated || all * PAGEDIFF_SAME <= got));
}

/* An alert, or an answer that is no TLS. An alert that the name is unknown is
 * called like a certificate for another name, but comes without any. */
static bool is_alert(const struct transfer *t)
{
    return failure_is_alert(t->result.failure) ||
           outcome_is(t->result, FAILURE_NO_TLS) ||
           (outcome_is(t->result, FAILURE_BAD_HOST) && t->leaf.len == 0);
}

static bool is_genuine(const struct transfer *t, const struct vcontrol *control)
{
    struct ip ip;
    uint16_t port;
    return t->leaf.len > 0 && ip_endpoint_parse(t->address, &ip, &port) &&
           str_ieq(observations_control_leaf(control, &ip, port), t->leaf);
}

static void add_cut(struct side *s, const struct transfer *t)
{
    s->cut++;
    if (!outcome_is(t->result, FAILURE_TIMEOUT) &&
        !outcome_is(t->result, FAILURE_TIMED_OUT)) {
        s->reset++;
        return;
    }
    s->early += !(t->secured > 0);
    if (t->secured > 0 && t->last > 0 && t->t - t->last >= SILENT_S &&
        t->received > 0) {
        s->least =
            s->silent == 0 || t->received < s->least ? t->received : s->least;
        s->most = t->received > s->most ? t->received : s->most;
        s->silent++;
    }
}

/* Counts a transfer. One that neither ended well nor was cut off counts as
 * neither, and leaves its side undecided. */
static void add(struct side *s, const struct transfer *t,
                const struct vcontrol *control)
{
    double seconds = t->t - t->secured;
    s->n++;
    s->secured += t->secured > 0;
    s->trusted += t->secured > 0 && t->trusted;
    s->untrusted += outcome_is(t->result, FAILURE_BAD_AUTHORITY);
    s->alerted += is_alert(t);
    s->genuine += is_genuine(t, control);
    if (t->status > 0) {
        s->status = s->status == 0 || s->status == t->status ? t->status : -1;
    }
    s->shut += t->connected > 0 && !(t->secured > 0) && t->status == 0 &&
               outcome_is_cut(t->result);
    s->unanswered +=
        !(t->secured > 0) && t->status == 0 &&
        (outcome_is_cut(t->result) || outcome_is(t->result, FAILURE_REFUSED));
    if (!(t->connected > 0) || !is_page(t, control)) {
        return; /* nobody has heard the name yet; not this page */
    }
    if (!outcome_ok(t->result)) {
        if (outcome_is_cut(t->result)) {
            add_cut(s, t);
        }
        return;
    }
    if (!(t->secured > 0) || !(seconds > 0) || t->bytes <= 0) {
        return;
    }
    double rate = (double)t->bytes / seconds;
    s->fastest = s->ok == 0 || rate > s->fastest ? rate : s->fastest;
    s->slowest = s->ok == 0 || rate < s->slowest ? rate : s->slowest;
    s->quickest = s->ok == 0 || seconds < s->quickest ? seconds : s->quickest;
    s->ok++;
}

/* All fell silent, after about as many bytes. */
static bool froze(const struct side *s)
{
    return s->silent == s->n && s->most - s->least <= SPREAD;
}

/* The server shakes hands with whoever does not name the site, and is the
 * site's or takes another name as well. */
static bool takes_others(const struct side *without, const struct side *other)
{
    return without->secured == without->n &&
           (without->genuine == without->n || other->secured > 0);
}

/* What the handshakes alone say. */
static enum compared judge_handshakes(const struct side *with,
                                      const struct side *without,
                                      const struct side *other)
{
    if (with->untrusted == with->n && without->trusted == without->n &&
        with->genuine == 0) {
        return other->secured > other->trusted ? COMPARED_FORGED_ANY
                                               : COMPARED_FORGED;
    }
    if (with->alerted == with->n && takes_others(without, other)) {
        return COMPARED_ALERT;
    }
    if (with->shut == with->n && takes_others(without, other)) {
        return COMPARED_CUT;
    }
    return COMPARED_UNKNOWN;
}

/* Without the name it always came to its end. */
static enum compared judge_ended(const struct side *with,
                                 const struct side *without)
{
    if (with->status != 0 && with->status != without->status) {
        return COMPARED_UNKNOWN; /* the server answers the two differently */
    }
    if (with->ok == 0) {
        return (with->reset + with->early) * 2 > with->n ? COMPARED_CUT
                                                         : COMPARED_STALLS;
    }
    if (with->fastest * FACTOR <= without->slowest &&
        with->quickest >= SLOW_S) {
        return COMPARED_SLOW; /* and those that were cut off are no faster */
    }
    return COMPARED_SAME;
}

/* No name is meant where no handshake at all gets through. A port that takes no
 * connections any more says nothing: a censor may have shut it just now, for
 * the name that was said before. */
static bool is_shut_anyway(const struct side *with, const struct side *without,
                           const struct side *other)
{
    return with->n > 0 && with->shut == with->n && without->n >= MIN_SHUT &&
           without->shut == without->n && other->shut == other->n;
}

static enum compared judge(const struct side *with, const struct side *without,
                           const struct side *other)
{
    if (is_shut_anyway(with, without, other)) {
        return COMPARED_ANYWAY;
    }
    if (with->n < MIN_SIDES || without->n < MIN_SIDES) {
        return COMPARED_UNKNOWN;
    }
    enum compared what = judge_handshakes(with, without, other);
    if (what != COMPARED_UNKNOWN || with->ok + with->cut < with->n ||
        without->ok + without->cut < without->n) {
        return what;
    }
    if (without->ok == without->n) {
        return judge_ended(with, without);
    }
    if (froze(with) && froze(without) &&
        with->least - without->most <= SPREAD &&
        without->least - with->most <= SPREAD) {
        return COMPARED_FROZEN;
    }
    return with->cut > 0 && with->secured > 0 ? COMPARED_SAME
                                              : COMPARED_UNKNOWN;
}

/* Did it go to `ip`? One that does not say where it went is believed. */
static bool is_at(const struct transfer *t, const char *ip)
{
    struct ip want, is;
    uint16_t port;
    return !ip || t->address.len == 0 ||
           (ip_parse(str_c(ip), &want) &&
            ip_endpoint_parse(t->address, &is, &port) && ip_eq(&want, &is));
}

enum err judge_sni(const struct json *list, size_t i, const char *ip,
                   const struct vcontrol *control, struct comparison *out,
                   struct diag *d)
{
    bool elsewhere = false;
    char name[64];
    struct side with = {.n = 0}, without = {.n = 0}, other = {.n = 0};
    snprintf(name, sizeof(name), "test_keys.x_retest[%zu].x_compare", i);
    enum err e = field_arr(list, AT_KEY(name, NULL), MAX_SIDES, d);
    struct comparison c = {.what = COMPARED_UNKNOWN};
    size_t k = 0;
    for (const struct json *n = json_first(list); n && !e;
         n = json_next(n), k++) {
        struct transfer t;
        e = read_one(n, AT_I(name, k, NULL), &t, d);
        if (!e) {
            add(t.other.len > 0 ? &other
                : t.named       ? &with
                                : &without,
                &t, control);
            ids_add(&c.ids, t.id);
            elsewhere = elsewhere || !is_at(&t, ip);
        }
    }
    if (!e) {
        c.what = elsewhere ? COMPARED_UNKNOWN : judge(&with, &without, &other);
        c.reset = with.reset > 0;
        c.secured = !elsewhere && with.n >= MIN_SIDES && with.secured == with.n;
        c.opened = !elsewhere && without.secured > 0;
        c.unanswered =
            !elsewhere && without.n > 0 && without.unanswered == without.n;
        c.mixed = !elsewhere && with.secured > 0 && without.shut > 0;
        c.bytes = froze(&with) ? with.least : 0;
        *out = c;
    }
    return e;
}
