// SPDX-License-Identifier: Apache-2.0
/* The classes of all sites that any list on this machine has, so that it is
 * known whereto a redirect leads. Reads files, contacts nothing.
 */
#ifndef PARALLAX_PROBE_RUN_KNOWN_SITES_H
#define PARALLAX_PROBE_RUN_KNOWN_SITES_H

#include "base/diag.h"
#include "record/site_classes.h"

#define KNOWN_SITES_MAX_BYTES (64u << 20) /* of one list */

/* Adds the rows of every installed list (paths_lists; files named in small
 * letters, such as `de.csv`). Rows that cannot be read are passed over: `run`
 * names them when it measures that list. A list or directory that cannot be
 * read is an error, since nobody could tell then what was agreed to; `d` names
 * it. */
MUST_USE enum err known_sites_add(struct site_classes *c, struct diag *d);

#endif
