// SPDX-License-Identifier: Apache-2.0
/* What the judges share while they judge one measurement: what was observed,
 * the reasons so far, and whether it is decided. A judge gives a reason and
 * then decides, which ends the search.
 */
#ifndef PARALLAX_VERDICT_JUDGING_H
#define PARALLAX_VERDICT_JUDGING_H

#include "record/fingerprints.h"
#include "verdict/ids.h"
#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

#define JUDGING_MAX_REASONS 8

struct judging {
    const struct observations *o;
    const struct fingerprints *fps; /* may be NULL */
    struct region *r;
    struct verdict *v;
    int depth; /* redirects before the last step that was observed */
    int at;    /* redirects before the step that is, or was last, judged */
    const struct vendpoint *page; /* the last of the visit; NULL: none came */
    bool page_certain; /* it is the control's: everybody is led to it */
    struct reason reasons[JUDGING_MAX_REASONS];
    size_t n_reasons;
    struct reason alternatives[JUDGING_MAX_REASONS];
    size_t n_alternatives;
    /* the resolver gave no answer, for a reason that is no censor's, or none
     * that is known; but addresses came from others and were tried */
    bool unanswered;
    enum note unanswered_by;
    struct ids unanswered_ids;
    struct ids half_ids; /* of one family alone the answer leads to a place that
                            people choose themselves, too */
    struct ids own_ids; /* the hosts file led to where nothing of the site is */
    /* what is known from fingerprints and proves nothing here (judge_known) */
    struct ids unplaced_page, unplaced_answer, institution_answer;
    bool nomem;
    bool *lacks_memory; /* the same, for who may change nothing else */
    bool decided;
};

/* Gives a reason, once for each rule. `ids` may be NULL. */
void judging_reason(struct judging *j, enum note note, const struct ids *ids);
/* Names what else it could be, once for each rule. `ids` may be NULL. */
void judging_alternative(struct judging *j, enum note note,
                         const struct ids *ids);
/* What was said so far becomes one explanation among others. */
void judging_start_over(struct judging *j);
/* Ends the search. X_BLOCKED takes the method of `rule`. */
void judging_decide(struct judging *j, enum xstate state, enum rule rule,
                    double confidence);
/* Both a reason and the end of the search, as sure as the evidence is ... */
void judging_conclude_by(struct judging *j, enum xstate state, enum note note,
                         const struct ids *ids, double confidence);
/* ... or as rules.def says of a rule that decides alone. */
void judging_conclude(struct judging *j, enum xstate state, enum note note,
                      const struct ids *ids);

/* The name that was visited after `depth` redirects; {NULL,0} if unknown. */
struct str judging_host(const struct judging *j, int depth);
/* The URL that was visited there, NULL if it cannot be told; region. */
const char *judging_url(const struct judging *j, int depth);
/* That URL told the volunteer's address, or may have: it must not be visited
 * again. */
bool judging_stays_away(const struct judging *j, int depth);
/* The control was asked about this very name. */
bool judging_is_control_host(const struct judging *j, struct str host);
/* The control got a page of the site. */
bool judging_control_page(const struct judging *j);
/* It connects for the control, and gives it no page. */
bool judging_site_is_ill(const struct judging *j);
/* It gives the control an error (5xx). */
bool judging_site_errs(const struct judging *j);
/* Nothing is known of that endpoint elsewhere: `down` by the sentence `down` if
 * the control got no page either, else there is nothing to compare with. */
void judging_down_or_unknown(struct judging *j, const struct ids *ids,
                             enum note down);
/* A reset or an end that came from another distance than the server's own
 * packets was not sent by it: the reason is given, and more than `confidence`
 * returned. */
double judging_by_forger(struct judging *j, const struct ids *ids,
                         double confidence);
/* Asks for a comparison of what `end` fetched, with its name and without. */
void judging_want_compare(struct judging *j, const struct vendpoint *end);

#endif
