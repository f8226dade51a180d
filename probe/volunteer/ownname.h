// SPDX-License-Identifier: Apache-2.0
/* Names that tell who the volunteer is: of this machine, of its user, and of
 * its router, so that they can be taken out of what is written. Reads files and
 * the environment, sends nothing.
 */
#ifndef PARALLAX_PROBE_VOLUNTEER_OWNNAME_H
#define PARALLAX_PROBE_VOLUNTEER_OWNNAME_H

#include "base/str.h"
#include "record/scrub_own.h"

/* Adds what this machine calls itself, its user and its router to *s. What
 * cannot be read is not there. */
void ownname_find(struct scrub *s);

/* For tests: adds `name`, and each word in it, if it has six letters or more
 * and is not one that thousands of machines have; each once. */
void ownname_add(struct scrub *s, struct str name);
/* For tests: the names of the router in the text of /etc/resolv.conf: what it
 * calls its own network. A domain of the public Internet is its provider's. */
void ownname_add_domains(struct scrub *s, struct str resolv_conf);
/* For tests: the names of `gateway` in the text of /etc/hosts. */
void ownname_add_hosts(struct scrub *s, struct str hosts,
                       const struct ip *gateway);
/* For tests: the default gateway in the text of /proc/self/net/route; false if
 * there is none. */
bool ownname_gateway(struct str routes, struct ip *out);
/* For tests: the user with this number in the text of /etc/passwd. */
struct str ownname_user(struct str passwd, unsigned uid);

#endif
