// SPDX-License-Identifier: Apache-2.0
#include "replay.h"

#include "base/clock.h"
#include "wire/dnsmsg.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct words {
    char *w[REPLAY_WORDS];
    size_t n, at;
};

/* ---- words
 * ---------------------------------------------------------------------- */

static bool split(char *line, struct words *out)
{
    *out = (struct words){0};
    for (char *p = line; *p;) {
        if (*p == ' ' || *p == '\t') {
            p++;
            continue;
        }
        if (*p == '#' && (p == line || p[-1] == ' ')) {
            return p == line || out->n > 0;
        }
        if (out->n == REPLAY_WORDS) {
            return false;
        }
        bool quoted = *p == '"';
        p += quoted;
        out->w[out->n++] = p;
        p += strcspn(p, quoted ? "\"" : " \t");
        if (quoted && *p != '"') {
            return false;
        }
        if (*p) {
            *p++ = '\0';
        }
    }
    return true;
}

static const char *next(struct words *w)
{
    return w->at < w->n ? w->w[w->at++] : NULL;
}

static bool take(struct words *w, const char *word)
{
    if (w->at < w->n && strcmp(w->w[w->at], word) == 0) {
        w->at++;
        return true;
    }
    return false;
}

static bool take_time(struct words *w, int64_t *us)
{
    const char *text = next(w);
    char *end;

    if (!text) {
        return false;
    }
    long long n = strtoll(text, &end, 10);
    if (end == text || n < 0) {
        return false;
    }
    if (strcmp(end, "us") == 0) {
        *us = n;
    } else if (strcmp(end, "ms") == 0) {
        *us = n * US_PER_MS;
    } else if (strcmp(end, "s") == 0) {
        *us = n * US_PER_S;
    } else {
        return false;
    }
    return true;
}

static bool take_number(struct words *w, size_t max, size_t *out)
{
    const char *text = next(w);
    char *end;

    if (!text) {
        return false;
    }
    unsigned long n = strtoul(text, &end, 10);
    if (end == text || *end || n > max) {
        return false;
    }
    *out = n;
    return true;
}

static bool take_ending(struct words *w, enum ending *end)
{
    static const struct {
        const char *word;
        enum ending end;
    } table[] = {
        {"ok", END_OK},
        {"reset", END_RESET},
        {"refused", END_REFUSED},
        {"unreachable", END_UNREACHABLE},
        {"eof", END_EOF},
        {"silence", END_SILENCE},
        {"badcert", END_BADCERT},
        {"nxdomain", END_NXDOMAIN},
        {"empty", END_EMPTY},
        {"servfail", END_SERVFAIL},
        {"refuses", END_REFUSES},
        {"garbage", END_GARBAGE},
        {"no-descriptor", END_NO_DESCRIPTOR},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (take(w, table[i].word)) {
            *end = table[i].end;
            return true;
        }
    }
    return false;
}

static bool take_addrs(struct words *w, struct ip *out, size_t *n)
{
    struct str rest = str_c(next(w)), one;

    *n = 0;
    while (str_next(&rest, ',', &one)) {
        if (*n == REPLAY_ADDRS || !ip_parse(one, &out[*n])) {
            return false;
        }
        (*n)++;
    }
    return *n > 0;
}

/* ---- lines
 * ---------------------------------------------------------------------- */

/* dns system|udp|doh [HOST] A|AAAA ADDRS|ENDING [after TIME] */
static bool dns_line(struct world *s, struct words *w)
{
    struct dns_line d = {.via = VIA_SYSTEM, .after = 5 * US_PER_MS};

    if (take(w, "udp")) {
        d.via = VIA_UDP;
    } else if (take(w, "doh")) {
        d.via = VIA_DOH;
    } else if (!take(w, "system")) {
        return false;
    }
    for (int i = 0; i < 2 && !d.type; i++) {
        if (take(w, "A")) {
            d.type = DNS_A;
        } else if (take(w, "AAAA")) {
            d.type = DNS_AAAA;
        } else if (take(w, "HTTPS")) {
            d.type = DNS_HTTPS;
        } else {
            d.host = next(w);
        }
    }
    if (!d.type ||
        (!take_ending(w, &d.end) && !take_addrs(w, d.addrs, &d.n_addrs))) {
        return false;
    }
    if (take(w, "after") && !take_time(w, &d.after)) {
        return false;
    }
    if (s->n_dns == REPLAY_MAX) {
        return false;
    }
    s->dns[s->n_dns++] = d;
    return true;
}

/* flow ADDR:PORT [again] [tcp TIME|ENDING...] [tls TIME|ENDING...] */
static bool flow_line(struct world *s, struct words *w)
{
    struct flow_line f = {.tcp = 10 * US_PER_MS, .tls = 10 * US_PER_MS};

    if (!ip_endpoint_parse(str_c(next(w)), &f.ip, &f.port)) {
        return false;
    }
    f.again = take(w, "again");
    while (w->at < w->n) {
        bool tls = take(w, "tls");
        if (!tls && !take(w, "tcp")) {
            return false;
        }
        if (!take_time(w, tls ? &f.tls : &f.tcp)) {
            return false;
        }
        /* there need be none */
        (void)take_ending(w, tls ? &f.tls_end : &f.tcp_end);
    }
    if (s->n_flows == REPLAY_MAX) {
        return false;
    }
    s->flows[s->n_flows++] = f;
    return true;
}

/* page URL [at ADDR] [once] [after TIME] [status N] [body TEXT] [location URL]
 *      [cookie TEXT] [ENDING] */
static bool page_line(struct world *s, struct words *w)
{
    struct page_line p = {.after = 10 * US_PER_MS};
    size_t n;

    p.url = next(w);
    if (!p.url) {
        return false;
    }
    while (w->at < w->n) {
        bool good = true;
        if (take(w, "at")) {
            good = ip_parse(str_c(next(w)), &p.ip);
        } else if (take(w, "after")) {
            good = take_time(w, &p.after);
        } else if (take(w, "status")) {
            good = take_number(w, 999, &n);
            p.status = good ? (int)n : 0;
        } else if (take(w, "body")) {
            p.body = next(w);
        } else if (take(w, "location")) {
            p.location = next(w);
        } else if (take(w, "once")) {
            p.once = true;
        } else if (take(w, "cookie")) {
            p.header = next(w);
        } else {
            good = take_ending(w, &p.end);
        }
        if (!good) {
            return false;
        }
    }
    if (s->n_pages == REPLAY_MAX) {
        return false;
    }
    s->pages[s->n_pages++] = p;
    return true;
}

/* control N [reached TIME] [after TIME] [ENDING] [blind] [status N] */
static bool control_line(struct world *s, struct words *w)
{
    struct control_line c = {.after = 100 * US_PER_MS, .status = 200};
    size_t n;

    if (!take_number(w, REPLAY_SITES - 1, &c.helper)) {
        return false;
    }
    if ((take(w, "reached") && !take_time(w, &c.reached)) ||
        (take(w, "after") && !take_time(w, &c.after))) {
        return false;
    }
    (void)take_ending(w, &c.end); /* there need be none */
    c.blind = take(w, "blind");
    if (take(w, "status")) {
        if (!take_number(w, 999, &n)) {
            return false;
        }
        c.status = (int)n;
    }
    if (s->n_controls == REPLAY_MAX) {
        return false;
    }
    if (c.helper >= s->n_helpers) {
        s->n_helpers = c.helper + 1;
    }
    s->controls[s->n_controls++] = c;
    return true;
}

/* truth ADDRS|ENDING... [status N] [body TEXT] */
static bool truth_line(struct world *s, struct words *w)
{
    size_t n;

    if (!take_ending(w, &s->truth_end) &&
        !take_addrs(w, s->truth, &s->n_truth)) {
        return false;
    }
    if (w->at < w->n && take_ending(w, &s->truth_end)) {
        return w->at == w->n;
    }
    if (take(w, "status")) {
        if (!take_number(w, 999, &n)) {
            return false;
        }
        s->truth_status = (int)n;
    }
    if (take(w, "body")) {
        s->truth_body = next(w);
    }
    return true;
}

/* expect [site N] PATH VALUE */
static bool expect_line(struct world *s, struct words *w, int line)
{
    struct expect_line e = {.line = line};

    if (take(w, "site") && !take_number(w, REPLAY_SITES, &e.site)) {
        return false;
    }
    if (e.site > 0) {
        e.site--;
    }
    e.path = next(w);
    e.value = next(w);
    if (!e.path || !e.value || s->n_expects == REPLAY_MAX) {
        return false;
    }
    s->expects[s->n_expects++] = e;
    return true;
}

/* cancel N at TIME */
static bool cancel_line(struct world *s, struct words *w)
{
    struct cancel_line c = {0};

    if (!take_number(w, REPLAY_SITES, &c.site) || c.site == 0 ||
        !take(w, "at") || !take_time(w, &c.at) ||
        s->n_cancels == REPLAY_SITES) {
        return false;
    }
    c.site--;
    s->cancels[s->n_cancels++] = c;
    return true;
}

/* pulse at TIME */
static bool pulse_line(struct world *s, struct words *w)
{
    if (s->n_pulses == REPLAY_SITES || !take(w, "at")) {
        return false;
    }
    return take_time(w, &s->pulses[s->n_pulses++]);
}

static bool site_line(struct world *s, struct words *w)
{
    const char *url = next(w);

    if (!url || s->n_sites == REPLAY_SITES) {
        return false;
    }
    s->sites[s->n_sites++] = url;
    return true;
}

/* jobs N | sockets N | bodies N | udp off | doh on | resolvers all | anew on |
 * own-network on | plan control | plan compare ADDR | plan unnamed ADDR |
 * plan page ADDR | plan told ADDR | timeout TIME */
static bool setting_line(struct world *s, const char *word, struct words *w)
{
    size_t n;

    if (strcmp(word, "udp") == 0 && take(w, "off")) {
        s->udp = false;
    } else if (strcmp(word, "doh") == 0 && take(w, "on")) {
        s->doh = true;
    } else if (strcmp(word, "resolvers") == 0 && take(w, "all")) {
        s->all_resolvers = true;
    } else if (strcmp(word, "anew") == 0 && take(w, "on")) {
        s->anew = true;
    } else if (strcmp(word, "own-network") == 0 && take(w, "on")) {
        s->own_network = true;
    } else if (strcmp(word, "plan") == 0 && take(w, "compare")) {
        return ip_parse(str_c(next(w)), &s->compare);
    } else if (strcmp(word, "plan") == 0 && take(w, "unnamed")) {
        return (s->unnamed = ip_parse(str_c(next(w)), &s->compare));
    } else if (strcmp(word, "plan") == 0 && take(w, "page")) {
        return (s->page = ip_parse(str_c(next(w)), &s->compare));
    } else if (strcmp(word, "plan") == 0 && take(w, "told")) {
        s->page = s->only_told = true;
        return ip_parse(str_c(next(w)), &s->compare);
    } else if (strcmp(word, "plan") == 0 && take(w, "control")) {
        s->control_plan = true;
    } else if (strcmp(word, "timeout") == 0) {
        return take_time(w, &s->timeout);
    } else if (!take_number(w, 1000, &n)) {
        return false;
    } else if (strcmp(word, "jobs") == 0) {
        s->jobs = (unsigned)n;
    } else if (strcmp(word, "sockets") == 0) {
        s->sockets = (unsigned)n;
    } else if (strcmp(word, "bodies") == 0) {
        s->bodies = n;
    } else {
        return false;
    }
    return true;
}

static bool one_line(struct world *s, struct words *w, int line)
{
    const char *word = next(w);
    bool good;

    if (strcmp(word, "site") == 0) {
        good = site_line(s, w);
    } else if (strcmp(word, "dns") == 0) {
        good = dns_line(s, w);
    } else if (strcmp(word, "flow") == 0) {
        good = flow_line(s, w);
    } else if (strcmp(word, "page") == 0) {
        good = page_line(s, w);
    } else if (strcmp(word, "control") == 0) {
        good = control_line(s, w);
    } else if (strcmp(word, "truth") == 0) {
        good = truth_line(s, w);
    } else if (strcmp(word, "expect") == 0) {
        good = expect_line(s, w, line);
    } else if (strcmp(word, "cancel") == 0) {
        good = cancel_line(s, w);
    } else if (strcmp(word, "pulse") == 0) {
        good = pulse_line(s, w);
    } else {
        good = setting_line(s, word, w);
    }
    return good && w->at == w->n;
}

/* ---- files
 * ---------------------------------------------------------------------- */

static struct world fresh(const char *file, const char *name)
{
    return (struct world){
        .name = name,
        .file = file,
        .udp = true,
        .jobs = 8,
        .sockets = 256,
        .bodies = 8,
        .n_helpers = 1,
        .truth_status = 200,
        .truth_body = REPLAY_BODY,
    };
}

int scenario_read(const char *file, char *text, void (*each)(struct world *))
{
    static struct world s;
    struct words w;
    int line = 0;
    bool begun = false;

    for (char *p = text; *p;) {
        char *from = p;

        line++;
        p += strcspn(p, "\n");
        if (*p) {
            *p++ = '\0';
        }
        if (!split(from, &w)) {
            return line;
        }
        if (w.n == 0) {
            continue;
        }
        if (take(&w, "replay")) {
            if (begun) {
                each(&s);
            }
            begun = w.n == 2 && next(&w);
            s = fresh(file, w.w[1]);
        } else if (!begun || !one_line(&s, &w, line)) {
            return line;
        }
        if (!begun) {
            return line;
        }
    }
    if (begun) {
        each(&s);
    }
    return 0;
}
