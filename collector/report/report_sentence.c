// SPDX-License-Identifier: Apache-2.0
/* Writes sentences that can be quoted. */
#include "collector/report/report_sentence.h"
#include "base/clock.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "collector/report/report_text.h"
#include "words/phrase.h"
#include "words/words.h"

#define SITE_IN_SENTENCE 90 /* bytes */
#define NAME_IN_SENTENCE 40
#define NAMED_MAX        3 /* networks */

/* At most `max` bytes of `s`, whole characters, with an ellipsis if cut here or
 * `before`. */
static void add_cut(struct buf *b, struct str s, size_t max, bool before)
{
    struct str cut = utf8_cut(s, max);
    buf_add_str(b, cut);
    buf_add_c(b, before || cut.len < s.len ? "…" : "");
}

/* "www.example.org" */
static void add_site(struct buf *b, const struct aggregate_site *site)
{
    bool cut;
    struct str label = report_text_site(site, &cut);
    add_cut(b, label, SITE_IN_SENTENCE, cut);
}

/* "AS137 GARR" */
static void add_network(struct buf *b, const struct aggregate_network *n)
{
    buf_printf(b, "AS%u", n->asn);
    if (n->name[0] != '\0') {
        buf_add_c(b, " ");
        add_cut(b, str_c(n->name), NAME_IN_SENTENCE, false);
    }
}

static bool is_founded(const struct aggregate_cell *cell)
{
    for (const struct aggregate_finding *f = cell->findings; f;
         f = f->next_in_cell) {
        if (f->founded) {
            return true;
        }
    }
    return false;
}

/* The networks with a finding that have the lowest numbers; returns how many
 * were found. */
static size_t lowest_networks(const struct aggregate_site *site,
                              const struct aggregate_network *out[NAMED_MAX])
{
    size_t n = 0;
    for (struct aggregate_finding *f = site->findings; f; f = f->next_of_site) {
        const struct aggregate_network *net = f->cell->net;
        /* once per network; what one stranger claims names nobody */
        if (f->cell->findings != f ||
            (site->founded_networks > 0 && !is_founded(f->cell))) {
            continue;
        }
        size_t at = n < NAMED_MAX ? n++ : NAMED_MAX;
        for (; at > 0 && out[at - 1]->asn > net->asn; at--) {
            if (at < NAMED_MAX) {
                out[at] = out[at - 1];
            }
        }
        if (at < NAMED_MAX) {
            out[at] = net;
        }
    }
    return n;
}

/* Some by name, the rest as a count. */
static void add_networks(struct buf *b, const struct report_site *s)
{
    const struct aggregate_network *named[NAMED_MAX];
    size_t n = lowest_networks(s->site, named);
    for (size_t i = 0; i < n; i++) {
        bool last = i + 1 == n && s->networks == n;
        buf_add_c(b, i == 0 ? "" : last ? " and " : ", ");
        add_network(b, named[i]);
    }
    if (s->networks > n) {
        buf_printf(b, " and %llu more", (unsigned long long)(s->networks - n));
    }
}

/* In a fixed order, so that the sentence never changes. */
static void add_methods_by(struct buf *b, unsigned methods)
{
    bool any = false;
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        enum method m = report_text_methods[i];
        if ((methods & 1u << m) == 0) {
            continue;
        }
        methods &= ~(1u << m);
        if (any) {
            buf_add_c(b, methods == 0 ? " and " : ", ");
        }
        buf_add_c(b, words_method(m)->by);
        any = true;
    }
}

/* " (news media)": small letters in a sentence, but LGBT as it is. */
static void add_kind(struct buf *b, const struct category *k)
{
    if (!k || k->meaning[0] == '\0') {
        return;
    }
    const char *m = k->meaning;
    bool acronym = m[1] >= 'A' && m[1] <= 'Z';
    buf_add_c(b, " (");
    buf_add_byte(b, (uint8_t)(acronym ? m[0] : ascii_lower(m[0])));
    buf_add_c(b, m + 1);
    buf_add_c(b, ")");
}

/* What is weakly founded must not be quotable as a fact. */
void report_sentence_key(struct buf *b, const struct report *rep,
                         const struct report_site *s)
{
    bool weak = s->confidence <= CONF_CONTESTED;
    buf_add_c(b, s->confidence == CONF_CONTESTED ? "Contested measurements"
                 : weak                          ? "Measurements"
                                                 : "");
    buf_add_c(b,
              weak ? " point to interference with access to " : "Access to ");
    add_site(b, s->site);
    add_kind(b, s->category);
    if (!weak) {
        buf_add_c(b, " was interfered with");
    }
    buf_add_c(b, s->intermittent ? " at times" : "");
    buf_printf(b, " in %s ", rep->country_inline);
    phrase_period(b, s->first_s, s->last_s);
    if (s->tested == 1) {
        buf_add_c(b, " on the only network that tested it (");
    } else {
        buf_printf(b, " on %llu of %llu networks that tested it (",
                   (unsigned long long)s->networks,
                   (unsigned long long)s->tested);
    }
    add_networks(b, s);
    buf_add_c(b, "), ");
    add_methods_by(b, s->methods);
    buf_add_c(b, ".");
}

void report_sentence_contested(struct buf *b, const struct report_finding *rf)
{
    const struct aggregate_finding *f = rf->f;
    report_text_observers(b, f->observers);
    buf_add_c(b, " saw it blocked, and since then ");
    report_text_observers(b, f->ok_observers);
    buf_printf(b, " reached it in %llu measurement%s",
               (unsigned long long)f->ok_since, f->ok_since == 1 ? "" : "s");
    if (f->both > 0) {
        buf_printf(b, ", %u of them had seen it blocked", f->both);
    }
    if (f->ok_vouched == 0) {
        buf_add_c(b, ", for none of which anybody vouches");
    } else {
        buf_printf(b, ", of which somebody vouches for %llu",
                   (unsigned long long)f->ok_vouched);
    }
    buf_add_c(b, ": the interference may have ended or come and go, or one of "
                 "the two sides was made up");
}

void report_sentence_basis(struct buf *b, const struct report_finding *rf)
{
    const struct aggregate_finding *f = rf->f;
    report_text_observers(b, f->observers);
    buf_printf(b, ", %llu round%s", (unsigned long long)f->rounds,
               f->rounds == 1 ? "" : "s");
    int64_t span_h = (f->last_s - f->first_s) / HOUR_S;
    if (f->lone_first_s != f->first_s || f->lone_last_s != f->last_s) {
        buf_add_c(b, ", some of them by one observer alone");
    } else if (span_h < 1) {
        buf_add_c(b, " within one hour");
    } else if (span_h < 48) {
        buf_printf(b, " over %lld hours", (long long)span_h);
    } else {
        buf_printf(b, " over %lld days", (long long)(span_h / 24));
    }
    const struct aggregate_site *site = f->cell->site;
    uint64_t networks = site->founded_networks > 0 ? site->founded_networks
                                                   : site->blocked_networks;
    buf_printf(b, ", %llu network%s and %u method%s for this site",
               (unsigned long long)networks, networks == 1 ? "" : "s",
               f->cell->site->methods, f->cell->site->methods == 1 ? "" : "s");
}
