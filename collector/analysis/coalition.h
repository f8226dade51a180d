// SPDX-License-Identifier: Apache-2.0
/* What the coalition's tables say: who was a member on a date, which
 * commitments apply, which rights a category of sites touches. The tables are
 * files of collector/data compiled in; every answer is for a date. A member is
 * judged by the same rule as anyone else: membership only decides which
 * commitments can be quoted.
 */
#ifndef PARALLAX_COLLECTOR_ANALYSIS_COALITION_H
#define PARALLAX_COLLECTOR_ANALYSIS_COALITION_H

#include "base/diag.h"
#include "base/region.h"

/* The four rights the coalition names, and VOTE. Sets of rights are bits,
 * 1u << RIGHT_EXPR and so on. */
enum right {
    RIGHT_EXPR,
    RIGHT_ASSOC,
    RIGHT_ASSEM,
    RIGHT_PRIV,
    RIGHT_VOTE
};

#define RIGHTS_N     5
#define RIGHTS_NAMED 4 /* those the rights map speaks about */

struct coalition_right {
    const char *code, *name;
    const char *udhr, *iccpr; /* number of the article in each */
};

/* By enum right. */
extern const struct coalition_right coalition_rights[RIGHTS_N];

enum membership {
    MEMBERSHIP_NONE,
    MEMBERSHIP_MEMBER,
    MEMBERSHIP_UNCERTAIN, /* the date is too near an imprecise one */
    MEMBERSHIP_FORMER,
    MEMBERSHIP_OBSERVER,
};

/* Dates are as the table has them, YYYY, YYYY-MM or YYYY-MM-DD, and as the
 * first second they can mean (from) and the first they cannot (by). */
struct member {
    const char *iso2, *name;
    bool observer;      /* takes part without being a member */
    const char *joined; /* "": not known */
    int64_t joined_from_s, joined_by_s;
    bool joined_exact; /* a day is named */
    const char *left;  /* "": has not left */
    int64_t left_s;    /* INT64_MAX: has not left */
    bool date_uncertain;
};

enum commitment_scope {
    SCOPE_MEMBERS,
    SCOPE_ALL,
    SCOPE_PARTIES
};

struct commitment {
    const char *id, *title, *says;
    enum commitment_scope scope;
    unsigned rights; /* bits */
    const char *date;
    int64_t from_s, by_s;
    bool date_exact; /* a day is named */
};

/* A kind of sites: a category of the Citizen Lab's lists. */
struct category {
    const char *code, *meaning;
    unsigned primary, secondary; /* bits of rights */
    char presumption;            /* how far protected: H, M, L; X: none */
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

/* Reads the tables compiled in; everything lives in `r`. ERR_PARSE: `d` names
 * file and line. */
MUST_USE enum err coalition_load(struct region *r, struct coalition *out,
                                 struct diag *d);
/* What a country (ISO 3166, two capital letters) was at a time. */
enum membership coalition_membership(const struct coalition *c,
                                     const char *iso2, int64_t on_s);
/* The country's row, whenever it was a member or observer; NULL: never. */
const struct member *coalition_member(const struct coalition *c,
                                      const char *iso2);
/* The country's name; NULL if the code is not a country's. */
const char *coalition_country(const struct coalition *c, const char *iso2);
/* NULL if the code is unknown. */
const struct category *coalition_category(const struct coalition *c,
                                          const char *code);
/* How commitment `m` stands for a country at a time. */
enum commitment_state coalition_applies(const struct coalition *c,
                                        const struct commitment *m,
                                        const char *iso2, int64_t on_s);
/* "not a member", "member" and so on, for report.json and its readers. */
const char *coalition_membership_name(enum membership m);
/* "does not apply", "applies" and so on. */
const char *coalition_state_name(enum commitment_state s);

#endif
