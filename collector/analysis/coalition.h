// SPDX-License-Identifier: Apache-2.0
/* What the coalition's tables say: who was a member on a date, which
 * commitments apply, which rights a category of sites touches. The tables are
 * files of collector/data compiled in; every answer is for a date. A member is
 * judged by the same rule as anyone else: membership only decides which
 * commitments can be quoted.
 */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_COALITION_H
#define PARALLAX_COLLECTOR_ANALYSIS_COALITION_H

#include "base/region.h"

/* Bits of the four rights the coalition names, and of VOTE. */
enum right {
    RIGHT_EXPR,
    RIGHT_ASSOC,
    RIGHT_ASSEM,
    RIGHT_PRIV,
    RIGHT_VOTE
};

#define RIGHTS_N     5
#define RIGHTS_NAMED 4 /* those the rights map speaks about */

struct right_info {
    const char *code, *name;
    const char *udhr, *iccpr; /* article numbers, "" if not used */
};

extern const struct right_info right_info[RIGHTS_N];

enum membership {
    MEMBERSHIP_NONE,
    MEMBERSHIP_MEMBER,
    MEMBERSHIP_UNCERTAIN, /* the date is too near an imprecise one */
    MEMBERSHIP_FORMER,
    MEMBERSHIP_OBSERVER,
};

struct member {
    const char *iso2, *name, *status;
    const char *joined, *left; /* as written: YYYY, YYYY-MM or YYYY-MM-DD */
    int64_t joined_from_s, joined_by_s; /* earliest and latest reading */
    int64_t left_s;                     /* INT64_MAX: has not left */
    bool date_uncertain;
};

enum commitment_scope {
    SCOPE_MEMBERS,
    SCOPE_ALL,
    SCOPE_PARTIES
};

struct commitment {
    const char *id, *title, *date, *says;
    enum commitment_scope scope;
    unsigned rights;      /* bits */
    int64_t from_s, by_s; /* earliest and latest reading of its date */
};

struct category {
    const char *code, *meaning;
    unsigned primary, secondary; /* bits of rights */
    char presumption;            /* H, M, L, X */
};

struct coalition {
    struct member *members;
    struct commitment *commitments;
    struct category *categories;

    struct {
        const char *iso2, *name;
    } * countries;

    size_t n_members, n_commitments, n_categories, n_countries;
};

/* How one commitment stands for a country on a date. */
enum commitment_state {
    COMMITMENT_NOT, /* not made yet, or not for this country */
    COMMITMENT_APPLIES,
    COMMITMENT_UNCERTAIN,      /* its date, or the membership's, is imprecise */
    COMMITMENT_BEFORE_JOINING, /* taken on by joining later */
    COMMITMENT_NOT_RECORDED,   /* depends on a treaty; status not in our data */
};

/* Reads the tables compiled in. ERR_PARSE: `d` names file and line. */
MUST_USE enum err coalition_load(struct region *r, struct coalition *out,
                                 struct diag *d);
/* Earliest and first-too-late second of YYYY, YYYY-MM or YYYY-MM-DD. */
MUST_USE enum err coalition_date(const char *text, int64_t *from_s,
                                 int64_t *until_s);
enum membership coalition_membership(const struct coalition *c,
                                     const char *iso2, int64_t on_s);
const struct member *coalition_member(const struct coalition *c,
                                      const char *iso2);
/* NULL if the code is not a country's. */
const char *coalition_country(const struct coalition *c, const char *iso2);
/* NULL if the code is unknown. */
const struct category *coalition_category(const struct coalition *c,
                                          const char *code);
enum commitment_state coalition_applies(const struct coalition *c,
                                        const struct commitment *m,
                                        const char *iso2, int64_t on_s);
const char *membership_name(enum membership m);
const char *commitment_state_name(enum commitment_state s);

#endif
