// SPDX-License-Identifier: Apache-2.0
/* What a record tells of one name: who was asked, and what each of them said. A
 * judge of the name gathers it once and accuses by it.
 */
#ifndef PARALLAX_VERDICT_NAME_EVIDENCE_H
#define PARALLAX_VERDICT_NAME_EVIDENCE_H

#include "verdict/judging.h"

/* What lookups by one other way than the system's say of the name. */
struct name_said {
    bool asked;
    bool addrs;        /* an address of the site */
    bool leads;        /* encrypted: to a public address that answers */
    bool a_denied;     /* no such name, or no address of the old kind */
    bool newer_denied; /* "no such name" to AAAA, and nothing else to it */
    bool newer_told;   /* to AAAA addresses, or that there are none */
    bool newer_asked;
    bool a_addrs;  /* addresses to A, as far as is known the site's */
    bool failed;   /* the resolver could not find out, or refused */
    bool answered; /* any of that */
    bool silent;   /* nothing came */
    bool alive;    /* it answers other names */
    bool dead;     /* it answers nothing else either */
};

struct name_evidence {
    struct str host;
    int depth;
    bool verified;     /* by our own handshake, at some address */
    bool control;      /* the control resolved the name and connects */
    bool control_none; /* the control found no address */
    struct name_said udp, doh;
    bool two_answers; /* one query, two answers that contradict */
    /* so is what the system's resolver said of either family */
    bool two_answers_4, two_answers_6;
    bool early;       /* sooner than the resolver answers others */
    bool early_twice; /* and so did another resolver, with the same address */
    struct ids ids;
    struct ids forged; /* lookups whose further answer contradicts */
};

/* Gathers what is known of the host after `depth` redirects; `system` is what
 * the system's resolver said. Memory that lacks is noted in `j`. */
void name_evidence_gather(struct judging *j, const struct vquery *system,
                          int depth, struct name_evidence *ev);
/* The lookup is one of that name. */
bool name_evidence_is_of(const struct name_evidence *ev,
                         const struct vquery *q);
/* No control could be asked, but an encrypted lookup knows the name, and
 * something answers where it leads. */
bool name_evidence_stands_alone(const struct judging *j,
                                const struct name_evidence *ev);
/* The control knows an address for the site that a public site can have. */
bool name_evidence_control_public(const struct judging *j);
/* It knows one that no public site can have. */
bool name_evidence_control_bogon(const struct judging *j);
/* The resolver gives an address of `q` for other names, too. */
bool name_evidence_for_all(const struct judging *j, const struct vquery *q);
/* Accuses by the rule of `note`, unless no network had a part in it; what
 * supports it makes it surer than `confidence`. */
void name_evidence_accuse_by(struct judging *j, const struct name_evidence *ev,
                             enum note note, double confidence);
/* The same by what is known of the answer: no surer than that row of a list. */
void name_evidence_accuse_known(struct judging *j,
                                const struct name_evidence *ev, enum note note,
                                const struct fingerprint *fp, double at_most);
/* The same where the rule alone says how sure it is. */
void name_evidence_accuse(struct judging *j, const struct name_evidence *ev,
                          enum note note);

#endif
